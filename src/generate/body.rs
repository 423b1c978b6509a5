//! What generated events say besides their envelope, as `contract.md` §0 spells it.
//!
//! The engine's own reading of the same types is `engine::account`; the two are written apart so
//! that a slip in one of them shows. The envelope is written in `outbox.rs`.

use serde::Serialize;

use crate::engine::account::commercial::{Budget, Intent};
use crate::engine::account::feedback::Survey;
use crate::engine::account::profile::Segment;
use crate::engine::account::relationship::{AdvocacyKind, ReviewKind};
use crate::engine::event::Topic;
use crate::engine::time::Timestamp;

/// The body of one event; the variant's name in snake case is the `type`.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Body<'a> {
    AccountUpdated(Profile<'a>),

    Session {
        user_id: &'a str,
        duration_s: u32,
        features: &'a [&'static str],
    },
    Login {
        user_id: &'a str,
    },
    FeatureUsed {
        feature: &'a str,
        user_id: &'a str,
        count: u32,
    },
    ApiCall {
        count: u32,
        errors: u32,
    },
    PlanUsage {
        meter: &'a str,
        used: f64,
        limit: f64,
    },

    TicketOpened {
        ticket_id: &'a str,
        severity: u8,
        subject: &'a str,
        body: &'a str,
        feature: &'a str,
    },
    TicketUpdated {
        ticket_id: &'a str,
        body: &'a str,
    },
    TicketEscalated {
        ticket_id: &'a str,
    },
    TicketResolved {
        ticket_id: &'a str,
    },
    TicketReopened {
        ticket_id: &'a str,
    },
    Csat {
        score: u8,
        ticket_id: &'a str,
    },
    SelfService {
        kind: &'a str,
    },

    Nps {
        score: u8,
        respondent_id: &'a str,
        survey: Survey,
        #[serde(skip_serializing_if = "Option::is_none")]
        comment: Option<&'a str>,
    },
    SurveySent {
        respondent_id: &'a str,
        survey: Survey,
    },

    SponsorAssigned {
        sponsor: &'a str,
    },
    SponsorEngaged {
        kind: &'a str,
    },
    SponsorDeparted,
    StakeholderChanged {
        role: &'a str,
        person: &'a str,
    },
    BusinessReview {
        status: Attendance,
        kind: ReviewKind,
        participants: &'a [&'a str],
    },
    BusinessReviewScheduled {
        at: Timestamp,
        kind: ReviewKind,
    },
    OutreachSent {
        outreach_id: &'a str,
    },
    OutreachReplied {
        outreach_id: &'a str,
    },
    Meeting {
        status: Attendance,
        #[serde(skip_serializing_if = "Option::is_none")]
        at: Option<Timestamp>,
    },
    ActionItem {
        item_id: &'a str,
        status: ItemStatus,
        title: &'a str,
        owner: &'a str,
        due: Timestamp,
    },
    Advocacy {
        kind: AdvocacyKind,
    },
    Community {
        kind: &'a str,
    },
    OrgChange {
        kind: &'a str,
    },
    TrainingCompleted {
        course: &'a str,
    },
    KickoffHeld,
    Note {
        channel: &'a str,
        text: &'a str,
    },

    RoiReported {
        realized: f64,
        target: f64,
    },
    Kpi {
        kpi_id: &'a str,
        actual: f64,
        target: f64,
    },
    FirstValue,
    UseCaseActivated {
        use_case: &'a str,
    },
    UseCaseRetired {
        use_case: &'a str,
    },
    IntegrationDeployed {
        integration: &'a str,
    },
    MilestonePlanned {
        milestone_id: &'a str,
        due: Timestamp,
    },
    MilestoneCompleted {
        milestone_id: &'a str,
    },
    ProjectDelayed {
        milestone_id: &'a str,
    },
    ObjectiveSet {
        objective_id: &'a str,
        title: &'a str,
    },
    OutcomeDocumented {
        summary: &'a str,
    },
    SuccessPlanUpdated {
        plan_id: &'a str,
    },

    InvoiceIssued {
        invoice_id: &'a str,
        due: Timestamp,
        amount_cents: i64,
    },
    PaymentReceived {
        invoice_id: &'a str,
        amount_cents: i64,
    },
    PaymentFailed {
        invoice_id: &'a str,
        amount_cents: i64,
    },
    RenewalTouch {
        step: &'a str,
    },
    RenewalReply {
        step: &'a str,
    },
    RenewalIntent {
        intent: Intent,
    },
    ExpansionOpened {
        opportunity_id: &'a str,
        amount_cents: i64,
    },
    ExpansionWon {
        opportunity_id: &'a str,
        amount_cents: i64,
    },
    ExpansionLost {
        opportunity_id: &'a str,
        amount_cents: i64,
    },
    BudgetStatus {
        status: Budget,
    },
    BudgetConcern,
    CompetitorMention {
        competitor: &'a str,
    },
    ContractSigned {
        contract_end: Timestamp,
    },
    ContractRenewed {
        contract_end: Timestamp,
        arr_cents: i64,
    },
    ContractChurned {
        reason: &'a str,
    },
}

/// The whole profile of an account, as the CRM publishes it.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Profile<'a> {
    pub(super) name: &'a str,
    pub(super) segment: Segment,
    pub(super) strategic: bool,
    pub(super) arr_cents: i64,
    pub(super) currency: &'a str,
    pub(super) seats: u32,
    pub(super) plan: &'a str,
    pub(super) products: &'a [&'a str],
    pub(super) core_features: &'a [&'static str],
    pub(super) csm: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sponsor: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) parent: Option<&'a str>,
    pub(super) timezone: &'a str,
    pub(super) created_at: Timestamp,
    pub(super) contract_start: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) contract_end: Option<Timestamp>,
    pub(super) notice_days: u16,
    pub(super) term_months: u16,
}

/// What became of a meeting or a review.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Attendance {
    Scheduled,
    Attended,
    Missed,
}

/// Whether an action item is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ItemStatus {
    Opened,
    Done,
}

impl Body<'_> {
    /// The topic that carries this type.
    #[rustfmt::skip] // one line a topic reads as the contract's table does
    pub(super) const fn topic(&self) -> Topic {
        use Body as B;
        match self {
            B::AccountUpdated(_) => Topic::Accounts,
            B::Session { .. } | B::Login { .. } | B::FeatureUsed { .. } | B::ApiCall { .. }
            | B::PlanUsage { .. } => Topic::Usage,
            B::TicketOpened { .. } | B::TicketUpdated { .. } | B::TicketEscalated { .. }
            | B::TicketResolved { .. } | B::TicketReopened { .. } | B::Csat { .. }
            | B::SelfService { .. } => Topic::Support,
            B::Nps { .. } | B::SurveySent { .. } => Topic::Feedback,
            B::SponsorAssigned { .. } | B::SponsorEngaged { .. } | B::SponsorDeparted
            | B::StakeholderChanged { .. } | B::BusinessReview { .. }
            | B::BusinessReviewScheduled { .. } | B::OutreachSent { .. }
            | B::OutreachReplied { .. } | B::Meeting { .. } | B::ActionItem { .. }
            | B::Advocacy { .. } | B::Community { .. } | B::OrgChange { .. }
            | B::TrainingCompleted { .. } | B::KickoffHeld | B::Note { .. } => Topic::Relationship,
            B::RoiReported { .. } | B::Kpi { .. } | B::FirstValue | B::UseCaseActivated { .. }
            | B::UseCaseRetired { .. } | B::IntegrationDeployed { .. }
            | B::MilestonePlanned { .. } | B::MilestoneCompleted { .. }
            | B::ProjectDelayed { .. } | B::ObjectiveSet { .. } | B::OutcomeDocumented { .. }
            | B::SuccessPlanUpdated { .. } => Topic::Outcomes,
            B::InvoiceIssued { .. } | B::PaymentReceived { .. } | B::PaymentFailed { .. }
            | B::RenewalTouch { .. } | B::RenewalReply { .. } | B::RenewalIntent { .. }
            | B::ExpansionOpened { .. } | B::ExpansionWon { .. } | B::ExpansionLost { .. }
            | B::BudgetStatus { .. } | B::BudgetConcern | B::CompetitorMention { .. }
            | B::ContractSigned { .. } | B::ContractRenewed { .. }
            | B::ContractChurned { .. } => Topic::Commercial,
        }
    }
}
