//! The published language: what the world hears about an account (`contract.md` §1).
//!
//! When something is said is decided in `decide.rs`; records, keys and headers are made in
//! `kafka/codec.rs`.

use alert::Alert;
use compact_str::CompactString;
use deliverable::Deliverable;
use health::AccountHealth;
use insight::InsightRecord;
use opportunity::OpportunityRecord;
use playbook::RunRecord;
use work::AccountWork;

use super::time::Timestamp;

pub mod alert;
pub mod deliverable;
pub mod health;
pub mod insight;
pub mod opportunity;
pub mod playbook;
pub mod schema;
pub mod texts;
pub mod work;

/// An account id, as the records are keyed.
pub type AccountId = CompactString;

/// The output topics (`contract.md` §1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OutputTopic {
    /// `cs.account-health` (compacted).
    AccountHealth,
    /// `cs.account-work` (compacted).
    AccountWork,
    /// `cs.alerts`.
    Alerts,
    /// `cs.playbooks`.
    Playbooks,
    /// `cs.opportunities`.
    Opportunities,
    /// `cs.deliverables`.
    Deliverables,
    /// `cs.insights`.
    Insights,
    /// `cs.dead-letters`.
    DeadLetters,
}

impl OutputTopic {
    /// All output topics.
    pub const ALL: [OutputTopic; 8] = [
        OutputTopic::AccountHealth,
        OutputTopic::AccountWork,
        OutputTopic::Alerts,
        OutputTopic::Playbooks,
        OutputTopic::Opportunities,
        OutputTopic::Deliverables,
        OutputTopic::Insights,
        OutputTopic::DeadLetters,
    ];

    /// The topic's default name.
    pub const fn name(self) -> &'static str {
        match self {
            OutputTopic::AccountHealth => "cs.account-health",
            OutputTopic::AccountWork => "cs.account-work",
            OutputTopic::Alerts => "cs.alerts",
            OutputTopic::Playbooks => "cs.playbooks",
            OutputTopic::Opportunities => "cs.opportunities",
            OutputTopic::Deliverables => "cs.deliverables",
            OutputTopic::Insights => "cs.insights",
            OutputTopic::DeadLetters => "cs.dead-letters",
        }
    }

    /// The position in [`OutputTopic::ALL`].
    pub const fn index(self) -> usize {
        self as usize
    }
}

/// One record for one of the output topics.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    /// The account that it is about: the record's key.
    pub account_id: AccountId,
    /// The logical instant: of the event, or when the timer was due.
    pub at: Timestamp,
    /// What is said.
    pub body: OutputBody,
}

/// What is said, by topic.
#[derive(Clone, Debug, PartialEq)]
pub enum OutputBody {
    /// To `cs.account-health`.
    Health(Box<AccountHealth>),
    /// To `cs.account-health`: the account was erased.
    HealthErased,
    /// To `cs.account-work`.
    Work(Box<AccountWork>),
    /// To `cs.account-work`: the account was erased.
    WorkErased,
    /// To `cs.alerts`.
    Alert(Box<Alert>),
    /// To `cs.playbooks`.
    Run(Box<RunRecord>),
    /// To `cs.opportunities`.
    Opportunity(Box<OpportunityRecord>),
    /// To `cs.deliverables`.
    Deliverable(Box<Deliverable>),
    /// To `cs.insights`.
    Insight(Box<InsightRecord>),
}
