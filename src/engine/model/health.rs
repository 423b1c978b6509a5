//! The health part of the model file: weights, bands, and the numbers of each metric.
//!
//! What the metrics compute with them stands in the facets; reading the file in `model/mod.rs`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};

use super::anchors::Anchors;
use super::churn::PositionRule;
use super::movable::Movable;
use super::problems::Problems;
use super::schema;
use crate::engine::account::usage::SESSION_DAYS;
use crate::engine::metric::{COMPONENTS, Component, METRICS, MetricId};
use crate::engine::window::WINDOW_DAYS_MAX;

pub mod commercial;
pub mod outcomes;
pub mod relationship;

/// Longest window on sessions and API errors, which are remembered for less long than the rest.
pub const SESSION_WINDOW_DAYS_MAX: u16 = SESSION_DAYS as u16 - 4;

/// Most that anything weighs.
const WEIGHT_MAX: f64 = 1e6;

/// A colour for the health score.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum HealthBand {
    /// Critical: at once.
    Red,
    /// At risk.
    Yellow,
    /// Healthy.
    Green,
}

impl HealthBand {
    /// All bands, worst first.
    pub const ALL: [HealthBand; 3] = [HealthBand::Red, HealthBand::Yellow, HealthBand::Green];

    /// The name as published.
    pub const fn name(self) -> &'static str {
        match self {
            HealthBand::Red => "red",
            HealthBand::Yellow => "yellow",
            HealthBand::Green => "green",
        }
    }
}

/// How health is computed.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct HealthModel {
    /// What each component weighs, at least 0.
    pub component_weights: ComponentWeights,
    /// What each metric weighs in its component, at least 0.
    pub metric_weights: MetricWeights,
    /// Which metrics somebody can move who looks after the account.
    pub movable: Movable,
    /// The bounds of the bands and how changes of band are damped.
    pub bands: Bands,
    /// The numbers of each metric.
    pub metrics: Metrics,
    /// Hashes of the catalogue's core features, in order; from `features` of the model file.
    #[serde(skip)]
    pub core_features: Vec<u64>,
    /// When an account decides whether to stay; from `churn` of the model file.
    #[serde(skip)]
    pub position: PositionRule,
}

/// What each component weighs.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(from = "BTreeMap<Component, f64>")]
pub struct ComponentWeights([f64; COMPONENTS]);

/// What each metric weighs.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(from = "BTreeMap<MetricId, f64>")]
pub struct MetricWeights([f64; METRICS]);

/// The bounds of the bands and how changes of band are damped.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct Bands {
    /// Least health score that is green.
    #[schemars(range(min = 0, max = 100))]
    pub green: f64,
    /// Least health score that is yellow.
    #[schemars(range(min = 0, max = 100))]
    pub yellow: f64,
    /// How far beyond a bound the score must be for the displayed band to change.
    #[schemars(range(min = 0, max = 100))]
    pub hysteresis_points: f64,
    /// How long a band is displayed at least.
    #[schemars(range(min = 0, max = 24 * 365))]
    pub dwell_hours: f64,
}

/// The numbers of each metric.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
#[allow(missing_docs)] // each type says which metric it is
pub struct Metrics {
    pub p1: ActiveUsers,
    pub p2: FeatureAdoption,
    pub p3: LoginFrequency,
    pub p4: SessionLength,
    pub p5: ApiPattern,
    pub s1: TicketTrend,
    pub s2: TimeToResolve,
    pub s3: Satisfaction,
    pub s4: EscalationRate,
    pub s5: SelfService,
    pub r1: relationship::SponsorPresence,
    pub r2: relationship::BusinessReviews,
    pub r3: relationship::Replies,
    pub r4: relationship::Advocacy,
    pub r5: relationship::Community,
    pub o1: outcomes::Roi,
    pub o2: outcomes::Kpis,
    pub o3: outcomes::TimeToValue,
    pub o4: outcomes::UseCases,
    pub o5: outcomes::Milestones,
    pub c1: commercial::Payments,
    pub c2: commercial::RenewalOutlook,
    pub c3: commercial::Expansion,
    pub c4: commercial::BudgetOutlook,
    pub c5: commercial::Competition,
}

/// P1.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct ActiveUsers {
    /// The users of how many days count.
    #[schemars(range(min = 1, max = WINDOW_DAYS_MAX))]
    pub window_days: u16,
    /// Without seats: the users of how many days they are compared with.
    #[schemars(range(min = 1, max = WINDOW_DAYS_MAX))]
    pub fallback_window_days: u16,
    /// The share counts as at most this.
    #[schemars(range(min = 0, max = 1e6))]
    pub share_max: f64,
    /// From the share to points.
    pub anchors: Anchors,
}

/// P2.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct FeatureAdoption {
    /// The features of how many days count.
    #[schemars(range(min = 1, max = WINDOW_DAYS_MAX))]
    pub window_days: u16,
    /// Without core features: the features of how many days they are compared with.
    #[schemars(range(min = 1, max = WINDOW_DAYS_MAX))]
    pub breadth_window_days: u16,
    /// From the share to points.
    pub anchors: Anchors,
}

/// P3.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct LoginFrequency {
    /// The sessions and logins of how many days count.
    #[schemars(range(min = 1, max = SESSION_WINDOW_DAYS_MAX))]
    pub window_days: u16,
    /// From sessions and logins per user and week to points.
    pub anchors: Anchors,
}

/// P4.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct SessionLength {
    /// The sessions of how many days count.
    #[schemars(range(min = 1, max = SESSION_WINDOW_DAYS_MAX))]
    pub window_days: u16,
    /// From mean minutes to points.
    pub anchors: Anchors,
}

/// P5.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct ApiPattern {
    /// The calls of how many days count.
    #[schemars(range(min = 1, max = SESSION_WINDOW_DAYS_MAX))]
    pub window_days: u16,
    /// How many days before that they are compared with.
    #[schemars(range(min = 1, max = WINDOW_DAYS_MAX - SESSION_WINDOW_DAYS_MAX))]
    pub baseline_days: u16,
    /// What the volume weighs, 0 to 1; errors weigh the rest.
    #[schemars(range(min = 0, max = 1))]
    pub volume_share: f64,
    /// What the ratio counts as when there were no calls before.
    #[schemars(range(min = 0, max = 1e6))]
    pub ratio_without_baseline: f64,
    /// From calls a day now over calls a day before to points.
    pub volume_anchors: Anchors,
    /// From the share of failed calls to points.
    pub error_anchors: Anchors,
}

/// S1.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct TicketTrend {
    /// The tickets of how many days count.
    #[schemars(range(min = 1, max = WINDOW_DAYS_MAX / 2))]
    pub window_days: u16,
    /// How many days before that they are compared with.
    #[schemars(range(min = 1, max = WINDOW_DAYS_MAX / 2))]
    pub baseline_days: u16,
    /// Tickets added to the window, so that few say little.
    #[schemars(range(min = 0, max = 1e6))]
    pub prior_tickets: f64,
    /// Tickets added to the days before, more than 0.
    #[schemars(range(min = 0.01, max = 1e6))]
    pub baseline_prior_tickets: f64,
    /// A younger account has no trend.
    #[schemars(range(min = 0, max = 1e6))]
    pub age_min_days: f64,
    /// From tickets a day now over tickets a day before to points.
    pub anchors: Anchors,
}

/// S2.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct TimeToResolve {
    /// Tickets opened in how many days count.
    #[schemars(range(min = 1, max = WINDOW_DAYS_MAX))]
    pub opened_window_days: u16,
    /// Those resolved count if they were in how many days.
    #[schemars(range(min = 1, max = WINDOW_DAYS_MAX))]
    pub resolved_window_days: u16,
    /// The service level by severity, 1 first.
    #[schemars(inner(range(min = 0.01, max = 1e6)))]
    pub sla_hours: [f64; 4],
    /// A ticket counts as at most this many service levels.
    #[schemars(range(min = 0, max = 1e6))]
    pub ratio_max: f64,
    /// From mean service levels to points.
    pub anchors: Anchors,
}

/// S3.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct Satisfaction {
    /// The grades of how many days count.
    #[schemars(range(min = 1, max = WINDOW_DAYS_MAX))]
    pub csat_window_days: u16,
    /// The answers of how many days count.
    #[schemars(range(min = 1, max = WINDOW_DAYS_MAX))]
    pub nps_window_days: u16,
    /// From the mean grade to points.
    pub csat_anchors: Anchors,
    /// From NPS, -100 to 100, to points.
    pub nps_anchors: Anchors,
}

/// S4.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct EscalationRate {
    /// The escalations and tickets of how many days count.
    #[schemars(range(min = 1, max = WINDOW_DAYS_MAX))]
    pub window_days: u16,
    /// Tickets added, so that few say little; more than 0.
    #[schemars(range(min = 0.01, max = 1e6))]
    pub prior_tickets: f64,
    /// From escalations per ticket to points.
    pub anchors: Anchors,
}

/// S5.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct SelfService {
    /// The tickets and acts of self-service of how many days count.
    #[schemars(range(min = 1, max = WINDOW_DAYS_MAX))]
    pub window_days: u16,
    /// From the share of self-service to points.
    pub anchors: Anchors,
}

impl From<BTreeMap<Component, f64>> for ComponentWeights {
    fn from(given: BTreeMap<Component, f64>) -> Self {
        Self(Component::ALL.map(|component| given.get(&component).copied().unwrap_or(f64::NAN)))
    }
}

impl From<BTreeMap<MetricId, f64>> for MetricWeights {
    fn from(given: BTreeMap<MetricId, f64>) -> Self {
        Self(MetricId::ALL.map(|metric| given.get(&metric).copied().unwrap_or(f64::NAN)))
    }
}

impl JsonSchema for ComponentWeights {
    fn schema_name() -> Cow<'static, str> {
        "ComponentWeights".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        schema::each_of(Component::ALL.map(Component::name), &schema::number(0.0, WEIGHT_MAX))
    }
}

impl JsonSchema for MetricWeights {
    fn schema_name() -> Cow<'static, str> {
        "MetricWeights".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        schema::each_of(MetricId::ALL.map(MetricId::name), &schema::number(0.0, WEIGHT_MAX))
    }
}

impl HealthModel {
    /// The weight of a component.
    pub const fn component_weight(&self, component: Component) -> f64 {
        self.component_weights.0[component.index()]
    }

    /// The weight of a metric in its component.
    pub const fn metric_weight(&self, metric: MetricId) -> f64 {
        self.metric_weights.0[metric.index()]
    }

    /// The band of a rounded health score.
    pub fn band(&self, health_score: f64) -> HealthBand {
        self.bands.of(health_score)
    }

    /// Says everything that reads well and means nothing.
    pub(super) fn check(&self, problems: &mut Problems) {
        let weighs = |component: &Component| {
            let metrics = component.metrics();
            self.component_weight(*component) > 0.0
                && metrics.iter().any(|metric| self.metric_weight(*metric) > 0.0)
        };
        if !Component::ALL.iter().any(weighs) {
            let problem = "at least one component with a metric must weigh more than 0";
            problems.say(&["health", "component_weights"], problem);
        }
        self.bands.check(problems);
    }
}

impl Bands {
    /// The band of a health score, not damped.
    pub fn of(&self, health_score: f64) -> HealthBand {
        match health_score {
            score if score >= self.green => HealthBand::Green,
            score if score >= self.yellow => HealthBand::Yellow,
            _ => HealthBand::Red,
        }
    }

    /// The dwell time in milliseconds.
    pub fn dwell_ms(&self) -> i64 {
        (self.dwell_hours * crate::engine::time::HOUR_MS as f64) as i64
    }

    fn check(&self, problems: &mut Problems) {
        if self.green <= self.yellow {
            problems.say(&["health", "bands", "green"], "must be more than yellow");
        }
    }
}
