//! A record of `cs.account-health` as `pulse explain` reads it: whatever of it is there.
//!
//! The record itself is declared in `engine/output/health.rs`. Here nothing is required that came
//! later than the score: a compacted topic holds what older versions wrote.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::engine::metric::{Component, MetricId};
use crate::engine::model::health::HealthBand;
use crate::engine::time::Timestamp;

/// What was published of an account.
#[derive(Clone, Debug, Deserialize)]
pub struct Record {
    pub(super) account_id: String,
    pub(super) at: Timestamp,
    pub(super) model_version: String,
    pub(super) health_score: f64,
    pub(super) health_band: HealthBand,
    pub(super) displayed_health_band: HealthBand,
    #[serde(rename = "override")]
    pub(super) health_override: Option<Override>,
    #[serde(default)]
    pub(super) no_data: bool,
    pub(super) confidence: f64,
    #[serde(default)]
    pub(super) components: BTreeMap<Component, f64>,
    #[serde(default)]
    pub(super) metrics: BTreeMap<MetricId, f64>,
    #[serde(default)]
    pub(super) metric_contributions: BTreeMap<MetricId, f64>,
    pub(super) segment: String,
    pub(super) phase: Option<String>,
    pub(super) churn_probability: Option<f64>,
    pub(super) churn_band: Option<String>,
    pub(super) renewal_risk: Option<f64>,
    pub(super) contract_position: Option<String>,
    #[serde(default)]
    pub(super) contributions: Vec<(String, f64)>,
    #[serde(default)]
    pub(super) contribution_facts: BTreeMap<String, Facts>,
    pub(super) cause: Cause,
    #[serde(default)]
    pub(super) to_next_band: Vec<Step>,
    #[serde(default)]
    pub(super) freshness: BTreeMap<String, Freshness>,
    #[serde(default)]
    pub(super) profile: Profile,
}

/// What a contribution was computed from.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Facts {
    #[serde(default)]
    pub(super) facts: BTreeMap<String, Value>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Override {
    pub(super) value: f64,
    pub(super) note: String,
    pub(super) by: String,
    pub(super) expires_at: Timestamp,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Cause {
    pub(super) kind: String,
    pub(super) event_id: Option<String>,
    pub(super) event_type: Option<String>,
    pub(super) health_before: Option<f64>,
    pub(super) health_after: f64,
    #[serde(default)]
    pub(super) deltas: Vec<Delta>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Delta {
    pub(super) metric: String,
    pub(super) before: Option<f64>,
    pub(super) after: Option<f64>,
    pub(super) points: f64,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Step {
    pub(super) metric: MetricId,
    pub(super) from: f64,
    pub(super) to: f64,
    pub(super) points: f64,
}

#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct Freshness {
    pub(super) last_event_at: Timestamp,
    #[serde(default)]
    pub(super) stale: bool,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Profile {
    pub(super) name: Option<String>,
    pub(super) csm: Option<String>,
}

impl Record {
    /// How many points of health each metric takes from the 100 that were possible, most first.
    ///
    /// The effective weight of a metric is the points that it brings by its score; of metrics
    /// with a score of 0 only the weight of all together is known, and shared evenly.
    pub(super) fn costs(&self) -> Vec<(MetricId, f64)> {
        let weight = |metric: &MetricId, score: f64| {
            let points = self.metric_contributions.get(metric).copied()?;
            (score > 0.0).then(|| points / score)
        };
        let known: f64 = self.metrics.iter().filter_map(|(metric, it)| weight(metric, *it)).sum();
        let n_zero = self.metrics.values().filter(|score| **score <= 0.0).count().max(1);
        let of_zero = (1.0 - known).max(0.0) / n_zero as f64;
        let cost = |(metric, score): (&MetricId, &f64)| {
            self.metric_contributions.get(metric)?;
            let weight = weight(metric, *score).unwrap_or(of_zero);
            Some((*metric, weight * (100.0 - score)))
        };
        let mut costs: Vec<_> = self.metrics.iter().filter_map(cost).collect();
        costs.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        costs
    }
}
