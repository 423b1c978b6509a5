//! What folding an event may find worth a decision of its own.
//!
//! What is decided on it stands in `decide.rs`; a restore, which only folds, drops facts.

use compact_str::CompactString;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::feedback::Survey;
use super::order::Order;
use crate::engine::stamp::{Moment, Stamp};
use crate::engine::time::Timestamp;

mod told;

/// Something that happened, as opposed to something that is the case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fact {
    /// What it is called; some have a second, narrower name.
    pub kinds: FactKinds,
    /// When it happened, and the event that told it.
    pub stamp: Stamp,
    /// What else there is to know.
    pub detail: Detail,
}

/// What a fact tells beyond its name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Detail {
    /// Nothing.
    Nothing,
    /// An answer to an NPS survey.
    Answer(Answer),
    /// An expansion, as the CRM calls it.
    Expansion {
        /// The CRM's id.
        opportunity_id: Option<CompactString>,
        /// Its annual value, in cents of the account's currency.
        amount_cents: Option<i64>,
    },
    /// A contract that was signed or renewed.
    Contract {
        /// When it ends.
        ends_at: Option<Timestamp>,
        /// The new annual recurring revenue, in cents of the account's currency.
        arr_cents: Option<i64>,
    },
    /// When a business review will be.
    Appointment(Timestamp),
    /// What somebody asked for.
    Order(Box<Order>),
}

/// An answer to an NPS survey.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// 0 to 10.
    pub score: u8,
    /// Who, under the service's key.
    pub respondent: Option<u64>,
    /// Who, in plain: leaves the process only in the run that needs it, and is never kept.
    #[serde(skip)]
    pub respondent_id: Option<CompactString>,
    /// Which survey.
    pub survey: Option<Survey>,
}

/// Declares the kinds of fact with the names that a model file calls them by.
macro_rules! fact_kinds {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)+) => {
        /// The kinds of fact that playbooks and alert rules may wait for.
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
            JsonSchema,
        )]
        pub enum FactKind {
            $($(#[$doc])* #[serde(rename = $name)] $variant,)+
        }

        impl FactKind {
            /// All kinds.
            pub const ALL: &'static [FactKind] = &[$(FactKind::$variant),+];

            /// The name, as in the model file.
            pub const fn name(self) -> &'static str {
                match self {
                    $(FactKind::$variant => $name,)+
                }
            }
        }
    };
}

fact_kinds! {
    /// The profile was told anew.
    AccountUpdated = "account_updated",
    /// A ticket was escalated.
    TicketEscalated = "ticket_escalated",
    /// A ticket was resolved.
    TicketResolved = "ticket_resolved",
    /// A resolved ticket was opened again.
    TicketReopened = "ticket_reopened",
    /// Somebody answered how likely they are to recommend.
    Nps = "nps",
    /// The same, with 9 or 10.
    NpsPromoter = "nps_promoter",
    /// The same, with 7 or 8.
    NpsPassive = "nps_passive",
    /// The same, with 0 to 6.
    NpsDetractor = "nps_detractor",
    /// Somebody was asked.
    SurveySent = "survey_sent",
    /// Somebody became the sponsor.
    SponsorAssigned = "sponsor_assigned",
    /// The sponsor took part in something.
    SponsorEngaged = "sponsor_engaged",
    /// The sponsor left.
    SponsorDeparted = "sponsor_departed",
    /// A role at the customer has a new holder.
    StakeholderChanged = "stakeholder_changed",
    /// The same, and the role is that of the sponsor.
    SponsorReplaced = "sponsor_replaced",
    /// A business review took place.
    BusinessReviewAttended = "business_review_attended",
    /// The same, with leaders of both sides.
    ExecutiveReviewAttended = "executive_review_attended",
    /// The same, with the people who work with the product.
    OperationalReviewAttended = "operational_review_attended",
    /// The customer missed a business review.
    BusinessReviewMissed = "business_review_missed",
    /// A business review has a date.
    BusinessReviewScheduled = "business_review_scheduled",
    /// We wrote to the customer.
    OutreachSent = "outreach_sent",
    /// The customer answered.
    OutreachReplied = "outreach_replied",
    /// A meeting was arranged.
    MeetingScheduled = "meeting_scheduled",
    /// A meeting took place.
    MeetingAttended = "meeting_attended",
    /// The customer missed a meeting.
    MeetingMissed = "meeting_missed",
    /// Somebody promised something.
    ActionItemOpened = "action_item_opened",
    /// What was promised was done.
    ActionItemDone = "action_item_done",
    /// The customer answers other customers' questions.
    AdvocacyReference = "advocacy_reference",
    /// The customer wrote a public review.
    AdvocacyReview = "advocacy_review",
    /// The customer let us write about them.
    AdvocacyCaseStudy = "advocacy_case_study",
    /// The customer spoke in public.
    AdvocacyTalk = "advocacy_talk",
    /// The customer took part in the community.
    Community = "community",
    /// The customer's organisation changed.
    OrgChange = "org_change",
    /// A course was finished.
    TrainingCompleted = "training_completed",
    /// The kickoff took place.
    KickoffHeld = "kickoff_held",
    /// Somebody wrote a note.
    Note = "note",
    /// The return on the investment was measured.
    RoiReported = "roi_reported",
    /// The same, and it is at its target.
    RoiAtTarget = "roi_at_target",
    /// A key figure of the customer was measured.
    Kpi = "kpi",
    /// The customer had a first benefit.
    FirstValue = "first_value",
    /// A use case went live.
    UseCaseActivated = "use_case_activated",
    /// A use case was given up.
    UseCaseRetired = "use_case_retired",
    /// An integration went live.
    IntegrationDeployed = "integration_deployed",
    /// A milestone has a date.
    MilestonePlanned = "milestone_planned",
    /// A milestone was reached.
    MilestoneCompleted = "milestone_completed",
    /// A project is late.
    ProjectDelayed = "project_delayed",
    /// The customer set an objective.
    ObjectiveSet = "objective_set",
    /// A result was written down.
    OutcomeDocumented = "outcome_documented",
    /// The success plan changed.
    SuccessPlanUpdated = "success_plan_updated",
    /// An invoice was paid.
    PaymentReceived = "payment_received",
    /// A payment did not go through.
    PaymentFailed = "payment_failed",
    /// We spoke of the renewal.
    RenewalTouch = "renewal_touch",
    /// The customer answered about the renewal.
    RenewalReply = "renewal_reply",
    /// The customer said what they mean to do about the renewal.
    RenewalIntent = "renewal_intent",
    /// An expansion is being discussed.
    ExpansionOpened = "expansion_opened",
    /// An expansion was bought.
    ExpansionWon = "expansion_won",
    /// An expansion was declined.
    ExpansionLost = "expansion_lost",
    /// What became of the customer's budget.
    BudgetStatus = "budget_status",
    /// The customer worries about the budget.
    BudgetConcern = "budget_concern",
    /// A competitor was named, by an event or in a text.
    CompetitorMention = "competitor_mention",
    /// A first contract was signed.
    ContractSigned = "contract_signed",
    /// The contract was renewed.
    ContractRenewed = "contract_renewed",
    /// The contract was given up.
    ContractChurned = "contract_churned",
    /// A person knows better than the score.
    HealthOverridden = "override_health",
    /// Somebody looks after an alert.
    AlertAcknowledged = "acknowledge_alert",
    /// Somebody was in touch with the customer.
    TouchpointLogged = "log_touchpoint",
    /// A health report was asked for.
    HealthAssessed = "assess_health",
    /// A success plan was asked for.
    SuccessPlanCreated = "create_success_plan",
    /// Expansion opportunities were asked for.
    ExpansionIdentified = "identify_expansion",
    /// A retention forecast was asked for.
    ChurnRiskAnalyzed = "analyze_churn_risk",
    /// A business review deck was asked for.
    DeckRequested = "business_review_deck",
    /// Any other command.
    Ordered = "command",
}

/// A set of kinds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FactKinds(u128);

/// The facts of one event: its own, and what its text says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts([Option<Fact>; 2]);

/// What became of an event.
#[derive(Clone, Debug, PartialEq)]
pub enum Folded {
    /// It is part of the state, and may have left facts.
    Applied(Facts),
    /// A copy of an event that was applied; nothing changed.
    Duplicate,
    /// Older than every window: part of the state as far as that reaches, without a fact.
    Late,
}

impl Fact {
    /// A fact of one kind that tells nothing but its name.
    pub fn plain(kind: FactKind, moment: Moment<'_>) -> Self {
        Self { kinds: FactKinds::of([kind]), stamp: moment.stamp(), detail: Detail::Nothing }
    }

    /// Whether it is of this kind.
    pub const fn is(&self, kind: FactKind) -> bool {
        self.kinds.contains(kind)
    }

    /// Whether it is of any of these kinds.
    pub const fn is_any(&self, kinds: FactKinds) -> bool {
        self.kinds.0 & kinds.0 != 0
    }
}

impl FactKinds {
    /// A set of these kinds.
    pub fn of(kinds: impl IntoIterator<Item = FactKind>) -> Self {
        Self(kinds.into_iter().fold(0, |set, kind| set | 1 << kind as u8))
    }

    /// Whether the kind is one of them.
    pub const fn contains(self, kind: FactKind) -> bool {
        self.0 & 1 << kind as u8 != 0
    }

    /// Whether there is none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Each of them.
    pub fn iter(self) -> impl Iterator<Item = FactKind> {
        FactKind::ALL.iter().copied().filter(move |kind| self.contains(*kind))
    }
}

impl Facts {
    /// Nothing worth a decision of its own.
    pub const NONE: Self = Self([None, None]);

    /// The fact of the event, and what its text says.
    pub const fn new(own: Option<Fact>, of_text: Option<Fact>) -> Self {
        Self([own, of_text])
    }

    /// Each of them.
    pub fn into_each(self) -> impl Iterator<Item = Fact> {
        self.0.into_iter().flatten()
    }
}
