//! The signal catalogue: which signs of churn there are, what they mean, and who computes them.
//!
//! The functions stand in the facets (`account/*/signals.rs`), their numbers in the model file; how
//! signals become a probability is the business of `assess/churn.rs`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::account::{Account, commercial, feedback, outcomes, relationship, support, usage};
use super::event::Topic;
use super::model::churn::{ChurnModel, ContractPosition};
use super::model::health::HealthModel;
use super::time::Timestamp;

/// A sign of churn (`scoring.md` §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)] // the catalogue says what each means
pub enum SignalId {
    UsageDrop,
    SponsorDeparted,
    PaymentIssue,
    Escalations,
    Competitor,
    RenewalGhosting,
    FeatureDecline,
    ResponseDecline,
    TicketIncrease,
    NpsDecline,
    BudgetConcern,
    IrregularUsage,
    NoExpansion,
    ProjectDelay,
    OrgChange,
    MeetingDecline,
}

/// How much a signal says, before anything was learned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// Says most.
    Strong,
    /// Says half as much, by default.
    Moderate,
    /// Says a quarter as much, by default, and says it early.
    Early,
}

/// How many signals there are.
pub const SIGNALS: usize = SignalId::ALL.len();

/// An account as of an instant, and what it is judged by.
#[derive(Clone, Copy)]
pub struct Case<'a> {
    /// The account.
    pub account: &'a Account,
    /// What is believed about health: `ticket_increase` shares the ratio of S1.
    pub health: &'a HealthModel,
    /// What is believed about churn.
    pub churn: &'a ChurnModel,
    /// Where it stands in its contract.
    pub position: ContractPosition,
    /// As of when; earlier than now for a signal whose feed stopped.
    pub as_of: Timestamp,
}

/// Something that a signal was computed from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Observation {
    /// What it is, in `snake_case`, units included.
    pub name: &'static str,
    /// How much, how many, or when.
    pub value: Observed,
}

/// How much, how many, or when.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Observed {
    /// How much, in the unit that the name tells.
    Number(f64),
    /// How many.
    Count(u64),
    /// When.
    At(Timestamp),
}

/// What a signal was computed from.
pub type Observations = SmallVec<[Observation; 4]>;

/// One row of the catalogue.
pub struct Signal {
    /// Its name.
    pub id: SignalId,
    /// How much it says in the model that ships.
    pub tier: Tier,
    /// What it tells a customer-success manager.
    pub help: &'static str,
    /// The topic that must be live for it to exist, if any.
    pub topic: Option<Topic>,
    /// Which stretch of time it looks at, by default.
    pub window: &'static str,
    /// How it is computed, by default.
    pub formula: &'static str,
    /// How strongly it is given, 0 to 1, or nothing when it does not exist (its topic is live
    /// already).
    pub x: fn(&Case<'_>) -> Option<f64>,
    /// What that was computed from; asked for only when it is published.
    pub observed: fn(&Case<'_>) -> Observations,
}

/// All signals, by facet.
pub static CATALOGUE: [&[Signal]; 6] = [
    &usage::signals::SIGNALS,
    &support::signals::SIGNALS,
    &feedback::signals::SIGNALS,
    &relationship::signals::SIGNALS,
    &outcomes::signals::SIGNALS,
    &commercial::signals::SIGNALS,
];

impl SignalId {
    /// All signals, the strongest tier first.
    pub const ALL: [SignalId; 16] = [
        SignalId::UsageDrop,
        SignalId::SponsorDeparted,
        SignalId::PaymentIssue,
        SignalId::Escalations,
        SignalId::Competitor,
        SignalId::RenewalGhosting,
        SignalId::FeatureDecline,
        SignalId::ResponseDecline,
        SignalId::TicketIncrease,
        SignalId::NpsDecline,
        SignalId::BudgetConcern,
        SignalId::IrregularUsage,
        SignalId::NoExpansion,
        SignalId::ProjectDelay,
        SignalId::OrgChange,
        SignalId::MeetingDecline,
    ];

    /// The name as published.
    pub const fn name(self) -> &'static str {
        const NAMES: [&str; SIGNALS] = [
            "usage_drop",
            "sponsor_departed",
            "payment_issue",
            "escalations",
            "competitor",
            "renewal_ghosting",
            "feature_decline",
            "response_decline",
            "ticket_increase",
            "nps_decline",
            "budget_concern",
            "irregular_usage",
            "no_expansion",
            "project_delay",
            "org_change",
            "meeting_decline",
        ];
        NAMES[self.index()]
    }

    /// The position in [`SignalId::ALL`].
    pub const fn index(self) -> usize {
        self as usize
    }

    /// The topics whose silence says nothing about it.
    pub const fn feeds(self) -> &'static [Topic] {
        match self {
            Self::UsageDrop | Self::FeatureDecline | Self::IrregularUsage => &[Topic::Usage],
            Self::Escalations | Self::TicketIncrease => &[Topic::Support],
            Self::NpsDecline => &[Topic::Feedback],
            Self::SponsorDeparted
            | Self::ResponseDecline
            | Self::OrgChange
            | Self::MeetingDecline => &[Topic::Relationship],
            Self::ProjectDelay => &[Topic::Outcomes],
            Self::NoExpansion => &[Topic::Commercial, Topic::Outcomes],
            Self::PaymentIssue | Self::Competitor | Self::RenewalGhosting | Self::BudgetConcern => {
                &[Topic::Commercial]
            }
        }
    }

    /// Its row of the catalogue.
    pub fn row(self) -> &'static Signal {
        let row = CATALOGUE.iter().copied().flatten().find(|row| row.id == self);
        row.expect("each signal has a row: a test looks for it")
    }
}

impl Tier {
    /// All tiers, the strongest first.
    pub const ALL: [Tier; 3] = [Tier::Strong, Tier::Moderate, Tier::Early];

    /// The name as written in the model file.
    pub const fn name(self) -> &'static str {
        match self {
            Tier::Strong => "strong",
            Tier::Moderate => "moderate",
            Tier::Early => "early",
        }
    }
}

impl Case<'_> {
    /// How old the account is, in days.
    pub fn age_days(&self) -> f64 {
        self.account.age_days(self.as_of)
    }

    /// What is left of something after a time: 1 at once, half after a half-life. What is ahead of
    /// the clock counts as just now.
    pub fn decay(&self, at: Timestamp, half_life_days: f64) -> f64 {
        (-self.as_of.days_since(at).max(0.0) / half_life_days).exp2()
    }
}

impl Observation {
    /// How much of something.
    pub const fn number(name: &'static str, number: f64) -> Self {
        Self { name, value: Observed::Number(number) }
    }

    /// How many of something.
    pub fn count(name: &'static str, count: impl TryInto<u64>) -> Self {
        Self { name, value: Observed::Count(count.try_into().unwrap_or(u64::MAX)) }
    }

    /// When something was, if it was.
    pub fn instant(name: &'static str, at: Option<Timestamp>) -> Option<Self> {
        Some(Self { name, value: Observed::At(at?) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::model::Model;

    #[test]
    fn each_signal_has_a_name_and_one_row_that_says_what_it_means() {
        for (index, id) in SignalId::ALL.into_iter().enumerate() {
            assert_eq!(id.index(), index);
            assert_eq!(serde_json::to_value(id).unwrap(), id.name());
            let rows = CATALOGUE.iter().copied().flatten().filter(|row| row.id == id).count();
            assert_eq!(rows, 1, "{id:?}");
            let row = id.row();
            assert!(row.help.ends_with('.') && !row.formula.is_empty() && !row.window.is_empty());
            assert!(row.topic.is_none_or(|topic| id.feeds().contains(&topic)), "{id:?}");
        }
    }

    #[test]
    fn the_model_that_ships_has_the_tiers_of_the_catalogue() {
        let model = Model::default();
        for segment in crate::engine::account::profile::Segment::ALL {
            for id in SignalId::ALL {
                assert_eq!(model.of(segment).churn.signals.tier(id), id.row().tier, "{id:?}");
            }
        }
    }
}
