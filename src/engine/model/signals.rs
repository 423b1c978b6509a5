//! The churn part of the model file: the numbers of each signal.
//!
//! What the signals compute with them stands in the facets (`account/*/signals.rs`); what signals
//! weigh, in `churn.rs`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::anchors::Anchors;
use crate::engine::signal::{SignalId, Tier};
use crate::engine::window::WINDOW_DAYS_MAX;

/// From what is measured to how strongly a signal is given, 0 to 1.
pub type Curve = Anchors<1>;

/// Longest of two windows, one before the other.
const HALF_WINDOW_DAYS_MAX: u16 = WINDOW_DAYS_MAX / 2;

/// The numbers of each signal.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[allow(missing_docs)] // each type says which signal it is
pub struct Signals {
    pub usage_drop: UsageDrop,
    pub sponsor_departed: SponsorDeparted,
    pub payment_issue: PaymentIssue,
    pub escalations: Recurring,
    pub competitor: Recurring,
    pub renewal_ghosting: RenewalGhosting,
    pub feature_decline: FeatureDecline,
    pub response_decline: ResponseDecline,
    pub ticket_increase: TicketIncrease,
    pub nps_decline: NpsDecline,
    pub budget_concern: BudgetConcern,
    pub irregular_usage: IrregularUsage,
    pub no_expansion: NoExpansion,
    pub project_delay: ProjectDelay,
    pub org_change: Recurring,
    pub meeting_decline: MeetingDecline,
}

/// Something that happens at times: the sum over it of 2^(-age / half-life).
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct Recurring {
    /// How much it says.
    pub tier: Tier,
    /// How far back it counts.
    #[schemars(range(min = 1, max = WINDOW_DAYS_MAX))]
    pub window_days: u16,
    /// After so many days it counts half.
    #[schemars(range(min = 0.1, max = 3650))]
    pub half_life_days: f64,
    /// From the sum to the signal.
    pub curve: Curve,
}

/// `usage_drop`.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct UsageDrop {
    /// How much it says.
    pub tier: Tier,
    /// The days that are compared with those before; the larger drop counts.
    #[schemars(length(min = 1, max = 4))]
    pub spans: Vec<Span>,
    /// No drop is seen in an account that is not older than a window by so many days.
    #[schemars(range(min = 0, max = 3650))]
    pub settling_days: u16,
    /// User-days added to a window, and as many a day to those before: few say little.
    #[schemars(range(min = 0.01, max = 1e6))]
    pub prior_user_days: f64,
    /// The same for an account that only programs use.
    #[schemars(range(min = 0.01, max = 1e6))]
    pub prior_calls: f64,
    /// An account that is older than so many days and was not used in them is gone: 1.
    #[schemars(range(min = 1, max = WINDOW_DAYS_MAX))]
    pub silence_days: u16,
    /// From the drop, 1 for all, to the signal.
    pub curve: Curve,
}

/// Days that are compared with those before.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct Span {
    /// The days.
    #[schemars(range(min = 1, max = HALF_WINDOW_DAYS_MAX))]
    pub window_days: u16,
    /// Those before.
    #[schemars(range(min = 1, max = HALF_WINDOW_DAYS_MAX))]
    pub baseline_days: u16,
}

/// `sponsor_departed`.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct SponsorDeparted {
    /// How much it says.
    pub tier: Tier,
    /// After so many days it counts half.
    #[schemars(range(min = 0.1, max = 3650))]
    pub half_life_days: f64,
    /// What is left of it once somebody else was assigned.
    #[schemars(range(min = 0, max = 1))]
    pub replaced_share: f64,
}

/// `payment_issue`.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct PaymentIssue {
    /// How much it says.
    pub tier: Tier,
    /// From the days that the oldest unpaid invoice is overdue to the signal.
    pub overdue_curve: Curve,
    /// Payments that failed in how many days count.
    #[schemars(range(min = 1, max = WINDOW_DAYS_MAX))]
    pub failed_window_days: u16,
    /// After so many days one counts half.
    #[schemars(range(min = 0.1, max = 3650))]
    pub failed_half_life_days: f64,
    /// What is left of one once its invoice was paid.
    #[schemars(range(min = 0, max = 1))]
    pub settled_share: f64,
}

/// `renewal_ghosting`.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct RenewalGhosting {
    /// How much it says.
    pub tier: Tier,
    /// Who said in so many days what they will do ghosts nobody.
    #[schemars(range(min = 1, max = WINDOW_DAYS_MAX))]
    pub intent_window_days: u16,
    /// Touches count from so many days before the end of the contract on.
    #[schemars(range(min = 1, max = WINDOW_DAYS_MAX))]
    pub touch_days_before_end: u16,
    /// So long nobody need answer.
    #[schemars(range(min = 0, max = 365))]
    pub grace_days: u16,
    /// From touches since the last reply to the signal.
    pub curve: Curve,
}

/// `feature_decline`.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct FeatureDecline {
    /// How much it says.
    pub tier: Tier,
    /// A younger account is only trying things.
    #[schemars(range(min = 0, max = 3650))]
    pub age_above_days: f64,
    /// The features of how many days count.
    #[schemars(range(min = 1, max = HALF_WINDOW_DAYS_MAX))]
    pub window_days: u16,
    /// How many days before that they are compared with.
    #[schemars(range(min = 1, max = HALF_WINDOW_DAYS_MAX))]
    pub baseline_days: u16,
    /// The features before count as at least so many.
    #[schemars(range(min = 1, max = 1e6))]
    pub features_min: f64,
    /// From the share that is gone to the signal.
    pub curve: Curve,
}

/// `response_decline`.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct ResponseDecline {
    /// How much it says.
    pub tier: Tier,
    /// So long nobody need answer.
    #[schemars(range(min = 0, max = 30))]
    pub grace_days: u16,
    /// What was sent in how many days before that counts.
    #[schemars(range(min = 1, max = 170))]
    pub window_days: u16,
    /// How many days before that it is compared with.
    #[schemars(range(min = 1, max = 170))]
    pub baseline_days: u16,
    /// Replies added to each, and twice as many messages: few say little.
    #[schemars(range(min = 0.01, max = 1e6))]
    pub prior_replies: f64,
    /// From the fall of the share that was answered to the signal.
    pub curve: Curve,
    /// From so many messages on hardly any answer says something by itself.
    #[schemars(range(min = 1, max = 1000))]
    pub ignored_from_sent: u32,
    /// Hardly any: less than this share.
    #[schemars(range(min = 0, max = 1))]
    pub ignored_below_share: f64,
    /// What it says at least.
    #[schemars(range(min = 0, max = 1))]
    pub ignored_at_least: f64,
}

/// `ticket_increase`: its windows are those of S1.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct TicketIncrease {
    /// How much it says.
    pub tier: Tier,
    /// From tickets a day now over tickets a day before to the signal.
    pub curve: Curve,
}

/// `nps_decline`.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct NpsDecline {
    /// How much it says.
    pub tier: Tier,
    /// The answers of how many days count.
    #[schemars(range(min = 1, max = HALF_WINDOW_DAYS_MAX))]
    pub window_days: u16,
    /// How many days before that they are compared with.
    #[schemars(range(min = 1, max = HALF_WINDOW_DAYS_MAX))]
    pub baseline_days: u16,
    /// From the mean answer, 0 to 10, to the signal; the larger of both counts.
    pub score_curve: Curve,
    /// From its fall to the signal.
    pub fall_curve: Curve,
}

/// `budget_concern`.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct BudgetConcern {
    /// How much it says.
    pub tier: Tier,
    /// How far back a concern, a risk or a cut counts.
    #[schemars(range(min = 1, max = WINDOW_DAYS_MAX))]
    pub window_days: u16,
    /// After so many days it counts half.
    #[schemars(range(min = 0.1, max = 3650))]
    pub half_life_days: f64,
    /// What is left of it once the budget was confirmed.
    #[schemars(range(min = 0, max = 1))]
    pub confirmed_share: f64,
}

/// `irregular_usage`.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct IrregularUsage {
    /// How much it says.
    pub tier: Tier,
    /// A younger account has no rhythm.
    #[schemars(range(min = 0, max = 3650))]
    pub age_above_days: f64,
    /// How many whole weeks are compared.
    #[schemars(range(min = 2, max = 52))]
    pub weeks: u16,
    /// An account with less use a week has no rhythm either.
    #[schemars(range(min = 0.01, max = 1e6))]
    pub weekly_use_min: f64,
    /// From the deviation beyond chance, as a share of the mean, to the signal.
    pub curve: Curve,
}

/// `no_expansion`.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct NoExpansion {
    /// How much it says.
    pub tier: Tier,
    /// A younger account need not grow.
    #[schemars(range(min = 0, max = 3650))]
    pub age_above_days: f64,
    /// Expansions opened in how many days count.
    #[schemars(range(min = 1, max = WINDOW_DAYS_MAX))]
    pub expansion_window_days: u16,
    /// Use cases activated in how many days count.
    #[schemars(range(min = 1, max = WINDOW_DAYS_MAX))]
    pub use_case_window_days: u16,
}

/// `project_delay`.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct ProjectDelay {
    /// How much it says.
    pub tier: Tier,
    /// How far back a delay that was told counts.
    #[schemars(range(min = 1, max = WINDOW_DAYS_MAX))]
    pub window_days: u16,
    /// After so many days it counts half.
    #[schemars(range(min = 0.1, max = 3650))]
    pub half_life_days: f64,
    /// Milestones that were due in how many days count.
    #[schemars(range(min = 1, max = WINDOW_DAYS_MAX))]
    pub due_window_days: u16,
    /// More days than this after it was due a milestone counts as missed.
    #[schemars(range(min = 0, max = 3650))]
    pub overdue_above_days: f64,
    /// From the sum of delays, or the number of milestones missed, to the signal.
    pub curve: Curve,
}

/// `meeting_decline`.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct MeetingDecline {
    /// How much it says.
    pub tier: Tier,
    /// The meetings of how many days count.
    #[schemars(range(min = 1, max = HALF_WINDOW_DAYS_MAX))]
    pub window_days: u16,
    /// How many days before that they are compared with.
    #[schemars(range(min = 1, max = HALF_WINDOW_DAYS_MAX))]
    pub baseline_days: u16,
    /// Attended meetings added to each, and twice as many arranged: few say little.
    #[schemars(range(min = 0.01, max = 1e6))]
    pub prior_attended: f64,
    /// From the fall of the share that took place to the signal.
    pub curve: Curve,
}

impl Signals {
    /// How much a signal says.
    pub const fn tier(&self, signal: SignalId) -> Tier {
        match signal {
            SignalId::UsageDrop => self.usage_drop.tier,
            SignalId::SponsorDeparted => self.sponsor_departed.tier,
            SignalId::PaymentIssue => self.payment_issue.tier,
            SignalId::Escalations => self.escalations.tier,
            SignalId::Competitor => self.competitor.tier,
            SignalId::RenewalGhosting => self.renewal_ghosting.tier,
            SignalId::FeatureDecline => self.feature_decline.tier,
            SignalId::ResponseDecline => self.response_decline.tier,
            SignalId::TicketIncrease => self.ticket_increase.tier,
            SignalId::NpsDecline => self.nps_decline.tier,
            SignalId::BudgetConcern => self.budget_concern.tier,
            SignalId::IrregularUsage => self.irregular_usage.tier,
            SignalId::NoExpansion => self.no_expansion.tier,
            SignalId::ProjectDelay => self.project_delay.tier,
            SignalId::OrgChange => self.org_change.tier,
            SignalId::MeetingDecline => self.meeting_decline.tier,
        }
    }
}
