//! The record of `cs.account-health`: the whole assessment of an account.
//!
//! When it is published and what it is filled with is decided in `decide/health.rs`.

use std::collections::BTreeMap;

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use super::AccountId;
use super::texts::{EscalationPattern, TextFigures};
use crate::engine::account::profile::Segment;
use crate::engine::model::health::HealthBand;
use crate::engine::time::Timestamp;

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
    /// How it stands among its peers.
    pub peers: Peers,
    /// What tickets, survey comments and notes say.
    #[serde(default)]
    pub texts: TextFigures,
    /// What escalations have in common, if that is a pattern.
    #[serde(default)]
    pub escalation_pattern: Option<EscalationPattern>,
    /// Why health changed since the last publication.
    pub cause: Cause,
    /// By topic, when the account's last event of it happened, and whether its feed stopped.
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

/// How an account stands among those of its segment, and the healthy ones of its plan.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Peers {
    /// How many of a hundred accounts of its segment have less health; those within the same
    /// point count half. Absent while there are too few.
    pub health_percentile: Option<f64>,
    /// Features that many healthy accounts of its segment and plan use and it does not, the most
    /// used first; at most 5.
    pub unused_features: Vec<UnusedFeature>,
}

/// A feature that others use.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UnusedFeature {
    /// Its name, as in the catalogue.
    pub feature: CompactString,
    /// The share of healthy peers that use it, 0 to 1.
    pub share: f64,
}

/// When a topic last told something about the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Freshness {
    /// When its last event happened.
    pub last_event_at: Timestamp,
    /// Whether the feed stopped for all accounts: what it feeds is as of its last record.
    pub stale: bool,
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
    /// A feed stopped for all accounts, or speaks again.
    SourceOutage,
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
