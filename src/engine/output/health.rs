//! The record of `cs.account-health`: the whole assessment of an account.
//!
//! When it is published and what it is filled with is decided in `decide/health.rs`.

use std::collections::BTreeMap;

use compact_str::CompactString;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::AccountId;
use super::texts::{EscalationPattern, TextFigures};
use crate::engine::account::profile::Segment;
use crate::engine::assess::lifecycle::Phase;
use crate::engine::model::churn::{ChurnBand, ContractPosition};
use crate::engine::model::csm::{AssignedBy, Touch};
use crate::engine::model::health::HealthBand;
use crate::engine::time::Timestamp;

/// The whole assessment of an account, as `cs.account-health` carries it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AccountHealth {
    /// Whose it is.
    #[schemars(with = "String")]
    pub account_id: AccountId,
    /// As of when.
    pub at: Timestamp,
    /// The model that it was computed with.
    #[schemars(with = "String")]
    pub model_version: CompactString,
    /// Computed health, 0 to 100, one decimal.
    pub health_score: f64,
    /// Band of the computed health, undamped.
    pub health_band: HealthBand,
    /// What to show: the computed health unless somebody overrode it.
    pub displayed_health_score: f64,
    /// Band of the displayed health, damped.
    pub displayed_health_band: HealthBand,
    /// What a person says the health is, while that is in force.
    #[serde(rename = "override")]
    pub health_override: Option<OverrideFigures>,
    /// True when nothing at all is known and the score is the neutral one.
    pub no_data: bool,
    /// Share of the picture that is known, 0 to 1.
    pub confidence: f64,
    /// Component scores, one decimal; those that exist.
    #[schemars(with = "BTreeMap<String, f64>")]
    pub components: BTreeMap<CompactString, f64>,
    /// Metric scores; those that exist.
    #[schemars(with = "BTreeMap<String, f64>")]
    pub metrics: BTreeMap<CompactString, f64>,
    /// Points of health that each metric brings, with three decimals: its effective weight × its
    /// score. They add up to `health_score`; nothing is in it when `no_data`.
    #[schemars(with = "BTreeMap<String, f64>")]
    pub metric_contributions: BTreeMap<CompactString, f64>,
    /// How strongly each churn signal is given, 0 to 1; those that exist.
    #[schemars(with = "BTreeMap<String, f64>")]
    pub signals: BTreeMap<CompactString, f64>,
    /// P(churn within 90 days), four decimals.
    pub churn_probability: f64,
    /// Its band.
    pub churn_band: ChurnBand,
    /// The risk at the next renewal, whenever that is, four decimals.
    pub renewal_risk: f64,
    /// The log-odds of the probability: `base` and the `contributions` together.
    pub logit: f64,
    /// The log-odds of the prior.
    pub base: f64,
    /// What health and signals say together, in log-odds, before calibration.
    pub evidence: f64,
    /// What `health` and each signal add to the log-odds, by size.
    #[schemars(with = "Vec<(String, f64)>")]
    pub contributions: Vec<(CompactString, f64)>,
    /// The same as a factor of the odds, with what it was computed from.
    #[schemars(with = "BTreeMap<String, ContributionFacts>")]
    pub contribution_facts: BTreeMap<CompactString, ContributionFacts>,
    /// Where the account stands in its contract.
    pub contract_position: ContractPosition,
    /// The segment that the account is judged in.
    pub segment: Segment,
    /// Where the account stands in its life; null while nothing is known of it.
    pub phase: Option<Phase>,
    /// The goals of onboarding, by name; empty once it lies far back.
    #[schemars(with = "BTreeMap<String, GoalFigures>")]
    pub onboarding: BTreeMap<CompactString, GoalFigures>,
    /// Active users and meters.
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
    /// Health and churn probability by day, at most 90, oldest first; the last is this record's.
    pub trend: Vec<TrendEntry>,
    /// What would reach the next band: the fewest metrics, then the fewest points of their scores.
    /// Empty when the band is green, or when no such change reaches it.
    pub to_next_band: Vec<Step>,
    /// By topic, when the account's last event of it happened, and whether its feed stopped.
    #[schemars(with = "BTreeMap<String, Freshness>")]
    pub freshness: BTreeMap<CompactString, Freshness>,
    /// Who looks after it.
    pub csm: CsmFigures,
    /// Who the account is.
    pub profile: ProfileFigures,
}

impl AccountHealth {
    /// Whether anything is known of the account, or a person said its health: else the score is the
    /// neutral one, and the account counts in no band.
    pub fn is_known(&self) -> bool {
        !self.no_data || self.health_override.is_some()
    }
}

/// What fed a contribution to the churn probability.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ContributionFacts {
    /// By how much it multiplies the odds.
    pub odds: f64,
    /// How much such a signal says: strong, moderate or early; nothing for health.
    #[schemars(with = "Option<String>")]
    pub tier: Option<CompactString>,
    /// Figures, counts and instants by name, units included.
    #[schemars(with = "BTreeMap<String, FactValue>")]
    pub facts: BTreeMap<CompactString, FactValue>,
}

/// A figure, a count or an instant.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum FactValue {
    /// How many.
    Count(u64),
    /// How much.
    Number(f64),
    /// When.
    At(Timestamp),
}

/// A person's word against the score.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OverrideFigures {
    /// The health to display, 0 to 100.
    pub value: f64,
    /// Why.
    pub note: String,
    /// Who says so.
    #[schemars(with = "String")]
    pub by: CompactString,
    /// When it ends by itself.
    pub expires_at: Timestamp,
}

/// A day (`2026-01-31`, UTC), the health and the churn probability last published on it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TrendEntry(#[schemars(with = "String")] pub CompactString, pub f64, pub f64);

/// One metric of those that would reach the next band.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Step {
    /// Which metric.
    #[schemars(with = "String")]
    pub metric: CompactString,
    /// Its score now.
    pub from: f64,
    /// The score that it would need, with two decimals.
    pub to: f64,
    /// Points of health that this brings.
    pub points: f64,
}

/// A goal of onboarding.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GoalFigures {
    /// The figure, as far as it is known.
    pub value: Option<f64>,
    /// The figure to beat.
    pub target: f64,
    /// Whether it is beaten.
    pub met: bool,
    /// By when it is to be.
    pub due_at: Timestamp,
}

/// Who looks after an account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CsmFigures {
    /// The customer-success manager; never empty.
    #[schemars(with = "String")]
    pub name: CompactString,
    /// Who said so.
    pub assigned_by: AssignedBy,
    /// How many accounts of this kind one manager looks after.
    pub accounts_per_csm: u32,
    /// How closely.
    pub touch: Touch,
}

/// Active users of an account, and how much of its plan it uses.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UsageFigures {
    /// Distinct users today and yesterday (UTC days): W(1).
    pub dau: u64,
    /// Distinct users in W(7).
    pub wau: u64,
    /// Distinct users in W(30).
    pub mau: u64,
    /// Licensed seats.
    pub seats: Option<u32>,
    /// Distinct users ever active over seats.
    pub activation: Option<f64>,
    /// Metered limits of the plan, by name.
    #[schemars(with = "BTreeMap<String, MeterFigures>")]
    pub meters: BTreeMap<CompactString, MeterFigures>,
}

/// How much of a metered limit is used.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MeterFigures {
    /// Used at the last reading, in the meter's unit.
    pub used: f64,
    /// The limit, in the same unit.
    pub limit: f64,
    /// The day (UTC) on which the limit is reached at the present slope, or was; nothing when use
    /// does not rise.
    #[schemars(with = "Option<String>")]
    pub reached_on: Option<CompactString>,
}

/// How an account stands among those of its segment, and the healthy ones of its plan.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Peers {
    /// How many of a hundred accounts of its segment have less health; those within the same
    /// point count half. Absent while there are too few.
    pub health_percentile: Option<f64>,
    /// Features that many healthy accounts of its segment and plan use and it does not, the most
    /// used first; at most 5.
    pub unused_features: Vec<UnusedFeature>,
}

/// A feature that others use.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UnusedFeature {
    /// Its name, as in the catalogue.
    #[schemars(with = "String")]
    pub feature: CompactString,
    /// The share of healthy peers that use it, 0 to 1.
    pub share: f64,
}

/// When a topic last told something about the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Freshness {
    /// When its last event happened.
    pub last_event_at: Timestamp,
    /// Whether the feed stopped for all accounts: what it feeds is as of its last record.
    pub stale: bool,
}

/// Who the account is, as its profile says.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProfileFigures {
    /// Display name.
    #[schemars(with = "Option<String>")]
    pub name: Option<CompactString>,
    /// The customer-success manager: of the profile, else of the roster.
    #[schemars(with = "Option<String>")]
    pub csm: Option<CompactString>,
    /// Annual recurring revenue in cents of `currency`.
    pub arr_cents: Option<i64>,
    /// ISO 4217 code.
    #[schemars(with = "Option<String>")]
    pub currency: Option<CompactString>,
    /// The same revenue in cents of the reporting currency, by the model's rates.
    pub arr_reporting_cents: Option<i64>,
    /// ISO 4217 code of the reporting currency.
    #[schemars(with = "Option<String>")]
    pub reporting_currency: Option<CompactString>,
    /// Licensed seats.
    pub seats: Option<u32>,
    /// The parent account.
    #[schemars(with = "Option<String>")]
    pub parent: Option<CompactString>,
    /// When the account began.
    pub created_at: Option<Timestamp>,
    /// When the contract ends.
    pub contract_end: Option<Timestamp>,
    /// Name of the plan.
    #[schemars(with = "Option<String>")]
    pub plan: Option<CompactString>,
}

/// Why health changed since the last publication.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Cause {
    /// What moved the largest part.
    pub kind: CauseKind,
    /// The last event of the facet that moved the largest part.
    #[schemars(with = "Option<String>")]
    pub event_id: Option<CompactString>,
    /// Its type.
    #[schemars(with = "Option<String>")]
    pub event_type: Option<CompactString>,
    /// Health when last published.
    pub health_before: Option<f64>,
    /// Health now.
    pub health_after: f64,
    /// What each metric did, largest first; they add up to the change exactly. The neutral score
    /// of an account without data comes last, as `no_data`.
    pub deltas: Vec<Delta>,
}

/// What kind of thing changed a score.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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
    /// An override began, changed or ended.
    Override,
}

/// What one metric did to health.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Delta {
    /// Which metric, or `no_data`.
    #[schemars(with = "String")]
    pub metric: CompactString,
    /// Its score when last published, with two decimals; absent when it did not exist.
    pub before: Option<f64>,
    /// Its score now; absent when it no longer exists.
    pub after: Option<f64>,
    /// Points of health that it brought (positive) or cost, with three decimals.
    pub points: f64,
}
