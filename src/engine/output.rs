//! The published language: what the world hears about an account (`contract.md` §1).
//!
//! When something is said is decided in `decide.rs`; records, keys and headers are made in
//! `kafka/codec.rs`.

use std::collections::BTreeMap;

use compact_str::CompactString;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::account::profile::Segment;
use super::model::health::HealthBand;
use super::time::Timestamp;

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
    /// To `cs.alerts`.
    Alert(Box<Alert>),
}

/// The whole assessment of an account, as `cs.account-health` carries it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AccountHealth {
    /// Whose it is.
    pub account_id: AccountId,
    /// As of when.
    pub at: Timestamp,
    /// The model that it was computed with.
    pub model_version: CompactString,
    /// Computed health, 0 to 100, one decimal.
    pub health_score: f64,
    /// Band of the computed health, undamped.
    pub health_band: HealthBand,
    /// What to show: the computed health unless somebody overrode it.
    pub displayed_health_score: f64,
    /// Band of the displayed health, damped.
    pub displayed_health_band: HealthBand,
    /// True when nothing at all is known and the score is the neutral one.
    pub no_data: bool,
    /// Share of the picture that is known, 0 to 1.
    pub confidence: f64,
    /// Component scores, one decimal; those that exist.
    pub components: BTreeMap<CompactString, f64>,
    /// Metric scores; those that exist.
    pub metrics: BTreeMap<CompactString, f64>,
    /// The segment that the account is judged in.
    pub segment: Segment,
    /// Active users.
    pub usage: UsageFigures,
    /// Why health changed since the last publication.
    pub cause: Cause,
    /// By topic, when the account's last event of it happened.
    pub freshness: BTreeMap<CompactString, Freshness>,
    /// Who the account is.
    pub profile: ProfileFigures,
}

/// Active users of an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageFigures {
    /// Distinct users today and yesterday (UTC days): W(1).
    pub dau: u64,
    /// Distinct users in W(7).
    pub wau: u64,
    /// Distinct users in W(30).
    pub mau: u64,
    /// Licensed seats.
    pub seats: Option<u32>,
}

/// When a topic last told something about the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Freshness {
    /// When its last event happened.
    pub last_event_at: Timestamp,
}

/// Who the account is, as its profile says.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ProfileFigures {
    /// Display name.
    pub name: Option<CompactString>,
    /// The customer-success manager.
    pub csm: Option<CompactString>,
    /// Annual recurring revenue in cents of `currency`.
    pub arr_cents: Option<i64>,
    /// ISO 4217 code.
    pub currency: Option<CompactString>,
    /// Licensed seats.
    pub seats: Option<u32>,
    /// The parent account.
    pub parent: Option<CompactString>,
    /// When the account began.
    pub created_at: Option<Timestamp>,
    /// When the contract ends.
    pub contract_end: Option<Timestamp>,
    /// Name of the plan.
    pub plan: Option<CompactString>,
}

/// Why health changed since the last publication.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cause {
    /// What moved the largest part.
    pub kind: CauseKind,
    /// The last event of the facet that moved the largest part.
    pub event_id: Option<CompactString>,
    /// Its type.
    pub event_type: Option<CompactString>,
    /// Health when last published.
    pub health_before: Option<f64>,
    /// Health now.
    pub health_after: f64,
    /// What each metric did, largest first.
    pub deltas: Vec<Delta>,
}

/// What kind of thing changed a score.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CauseKind {
    /// An event arrived.
    Event,
    /// Nothing happened: windows moved on.
    Time,
    /// An event arrived long after it happened.
    LateEvent,
    /// Another model is in force.
    Model,
}

/// What one metric did to health.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Delta {
    /// Which metric.
    pub metric: CompactString,
    /// Its score when last published; absent when it did not exist.
    pub before: Option<f64>,
    /// Its score now; absent when it no longer exists.
    pub after: Option<f64>,
    /// Points of health that it brought (positive) or cost.
    pub points: f64,
}

/// One transition of an alert, as `cs.alerts` carries it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    /// Whose it is.
    pub account_id: AccountId,
    /// When the transition happened.
    pub at: Timestamp,
    /// The model that decided it.
    pub model_version: CompactString,
    /// UUIDv5 of account, rule and episode start.
    pub alert_id: uuid::Uuid,
    /// `RULE:ACCOUNT`.
    pub dedup_key: CompactString,
    /// Which rule.
    pub rule: CompactString,
    /// How bad it is.
    pub severity: Severity,
    /// What happened to the alert.
    pub transition: Transition,
    /// Where that leaves it.
    pub status: AlertStatus,
    /// 1 for the raise, then counted up.
    pub sequence: u32,
    /// When the episode was raised.
    pub raised_at: Timestamp,
    /// When it ended.
    pub resolved_at: Option<Timestamp>,
    /// How it ended.
    pub resolution: Option<Resolution>,
    /// One line without personal data.
    pub summary: String,
    /// Why, in figures.
    pub reason: String,
    /// What was seen.
    pub evidence: Vec<Evidence>,
    /// What to do.
    pub actions: Vec<String>,
    /// The customer-success manager.
    pub owner: Option<CompactString>,
    /// By when somebody should have looked after it.
    pub due_at: Timestamp,
    /// Where to read on.
    pub links: Vec<Link>,
}

/// PagerDuty's four severities.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Act now.
    Critical,
    /// Act today.
    Error,
    /// Look at it.
    Warning,
    /// Know it.
    Info,
}

impl Severity {
    /// All severities, the gravest first.
    pub const ALL: [Severity; 4] =
        [Severity::Critical, Severity::Error, Severity::Warning, Severity::Info];

    /// The name as published.
    pub const fn name(self) -> &'static str {
        match self {
            Severity::Critical => "critical",
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "info",
        }
    }
}

/// What happened to an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Transition {
    /// The episode began.
    Raised,
    /// Its figures moved.
    Updated,
    /// It ended.
    Resolved,
}

impl Transition {
    /// The name as published.
    pub const fn name(self) -> &'static str {
        match self {
            Transition::Raised => "raised",
            Transition::Updated => "updated",
            Transition::Resolved => "resolved",
        }
    }
}

/// Where an alert stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertStatus {
    /// Raised and not looked after.
    Open,
    /// Over.
    Resolved,
}

/// How an episode ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Resolution {
    /// The condition was clear for the hold time.
    Cleared,
    /// A graver alert speaks for it now.
    Superseded,
    /// The customer left.
    Churned,
}

/// One figure behind an alert.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// Which metric or score.
    pub metric: CompactString,
    /// Its value.
    pub observed: f64,
    /// The bound that it passed.
    pub threshold: f64,
    /// As of when.
    pub at: Timestamp,
}

/// Where to read on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Link {
    /// Relative to the dashboard.
    pub href: String,
    /// What it shows.
    pub text: String,
}
