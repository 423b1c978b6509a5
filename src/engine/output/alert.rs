//! The record of `cs.alerts`: one transition of an alert.
//!
//! When an alert is raised and ends is decided in `decide/alerts.rs`.

use compact_str::CompactString;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::AccountId;
use super::playbook::Role;
use crate::engine::time::Timestamp;

/// The subject of an alert about the whole fleet.
pub const FLEET: &str = "fleet";
/// What the subject of an alert about a feed begins with; the topic follows.
pub const FEED: &str = "feed:";

/// One transition of an alert, as `cs.alerts` carries it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Alert {
    /// Whose it is.
    #[schemars(with = "String")]
    pub account_id: AccountId,
    /// When the transition happened.
    pub at: Timestamp,
    /// The model that decided it.
    #[schemars(with = "String")]
    pub model_version: CompactString,
    /// UUIDv5 of account, rule and episode start.
    #[schemars(with = "String")]
    pub alert_id: uuid::Uuid,
    /// `RULE:ACCOUNT`.
    #[schemars(with = "String")]
    pub dedup_key: CompactString,
    /// Which rule.
    #[schemars(with = "String")]
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
    #[schemars(with = "Option<String>")]
    pub owner: Option<CompactString>,
    /// To whom it was handed up, once nobody looked after it in time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub escalated_to: Option<Role>,
    /// Until when it is to be quiet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snoozed_until: Option<Timestamp>,
    /// By when somebody should have looked after it.
    pub due_at: Timestamp,
    /// The accounts that are meant, of an alert about all of them; at most 100.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<String>")]
    pub accounts: Vec<AccountId>,
    /// Where to read on.
    pub links: Vec<Link>,
    /// Its condition held before anything was published: one of the first day.
    #[serde(default)]
    pub baseline: bool,
}

impl Alert {
    /// Whether it is about no single account: then its subject stands in place of one.
    pub fn is_about_all(&self) -> bool {
        self.account_id == FLEET || self.account_id.starts_with(FEED)
    }
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Transition {
    /// The episode began.
    Raised,
    /// Its figures moved, or it is no longer to be quiet.
    Updated,
    /// Somebody looks after it.
    Acknowledged,
    /// It is to be quiet for a while.
    Snoozed,
    /// Nobody looked after it in time: it was handed up.
    Escalated,
    /// It ended.
    Resolved,
}

impl Transition {
    /// The name as published.
    pub const fn name(self) -> &'static str {
        match self {
            Transition::Raised => "raised",
            Transition::Updated => "updated",
            Transition::Acknowledged => "acknowledged",
            Transition::Snoozed => "snoozed",
            Transition::Escalated => "escalated",
            Transition::Resolved => "resolved",
        }
    }
}

/// Where an alert stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AlertStatus {
    /// Raised and not looked after.
    Open,
    /// Somebody looks after it.
    Acknowledged,
    /// It is to be quiet for a while.
    Snoozed,
    /// Over.
    Resolved,
}

/// How an episode ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Resolution {
    /// The condition was clear for the hold time.
    Cleared,
    /// Somebody said so.
    Manual,
    /// Late events showed that it was wrong.
    LateData,
    /// A graver alert speaks for it now.
    Superseded,
    /// The customer left.
    Churned,
}

/// One figure behind an alert.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Evidence {
    /// Which metric, score, signal or count.
    #[schemars(with = "String")]
    pub metric: CompactString,
    /// The stretch of time that it is about, where it has one.
    pub window: Option<String>,
    /// Its value.
    pub observed: f64,
    /// What it was before, where that is known.
    pub baseline: Option<f64>,
    /// The bound that it passed, where there is one.
    pub threshold: Option<f64>,
    /// What it adds to the log-odds of leaving, for a churn signal.
    pub contribution: Option<f64>,
    /// As of when.
    pub at: Timestamp,
    /// The day (UTC) that the figure points to, for days until something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub on: Option<CompactString>,
}

/// Where to read on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Link {
    /// Relative to the dashboard.
    pub href: String,
    /// What it shows.
    pub text: String,
}
