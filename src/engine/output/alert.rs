//! The record of `cs.alerts`: one transition of an alert.
//!
//! When an alert is raised and ends is decided in `decide/alerts.rs`.

use compact_str::CompactString;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::AccountId;
use crate::engine::time::Timestamp;

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
    /// Its condition held before anything was published: one of the first day.
    #[serde(default)]
    pub baseline: bool,
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
