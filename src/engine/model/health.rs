//! The health part of the model file: weights, bands, and the numbers of each metric.
//!
//! What the metrics compute with them stands in the facets; reading the file in `model/mod.rs`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::anchors::Anchors;
use super::movable::Movable;
use super::problems::Problems;
use crate::engine::account::usage::SESSION_DAYS;
use crate::engine::metric::{COMPONENTS, Component, METRICS, MetricId};
use crate::engine::window::WINDOW_DAYS_MAX;

/// Longest window on sessions and API errors, which are remembered for less long than the rest.
pub const SESSION_WINDOW_DAYS_MAX: u16 = SESSION_DAYS as u16 - 4;

/// A colour for the health score.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
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
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
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
}

/// What each component weighs; NaN where the file says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(from = "BTreeMap<Component, f64>")]
pub struct ComponentWeights([f64; COMPONENTS]);

/// What each metric weighs; NaN where the file says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(from = "BTreeMap<MetricId, f64>")]
pub struct MetricWeights([f64; METRICS]);

/// The bounds of the bands and how changes of band are damped.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bands {
    /// Least health score that is green.
    pub green: f64,
    /// Least health score that is yellow.
    pub yellow: f64,
    /// How far beyond a bound the score must be for the displayed band to change.
    pub hysteresis_points: f64,
    /// How long a band is displayed at least.
    pub dwell_hours: f64,
}

/// The numbers of each metric.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "UPPERCASE")]
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
}

/// P1.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActiveUsers {
    /// The users of how many days count.
    pub window_days: u16,
    /// Without seats: the users of how many days they are compared with.
    pub fallback_window_days: u16,
    /// The share counts as at most this.
    pub share_max: f64,
    /// From the share to points.
    pub anchors: Anchors,
}

/// P2.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeatureAdoption {
    /// The features of how many days count.
    pub window_days: u16,
    /// Without core features: the features of how many days they are compared with.
    pub breadth_window_days: u16,
    /// From the share to points.
    pub anchors: Anchors,
}

/// P3.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoginFrequency {
    /// The sessions and logins of how many days count.
    pub window_days: u16,
    /// From sessions and logins per user and week to points.
    pub anchors: Anchors,
}

/// P4.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionLength {
    /// The sessions of how many days count.
    pub window_days: u16,
    /// From mean minutes to points.
    pub anchors: Anchors,
}

/// P5.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApiPattern {
    /// The calls of how many days count.
    pub window_days: u16,
    /// How many days before that they are compared with.
    pub baseline_days: u16,
    /// What the volume weighs, 0 to 1; errors weigh the rest.
    pub volume_share: f64,
    /// What the ratio counts as when there were no calls before.
    pub ratio_without_baseline: f64,
    /// From calls a day now over calls a day before to points.
    pub volume_anchors: Anchors,
    /// From the share of failed calls to points.
    pub error_anchors: Anchors,
}

/// S1.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TicketTrend {
    /// The tickets of how many days count.
    pub window_days: u16,
    /// How many days before that they are compared with.
    pub baseline_days: u16,
    /// Tickets added to the window, so that few say little.
    pub prior_tickets: f64,
    /// Tickets added to the days before, more than 0.
    pub baseline_prior_tickets: f64,
    /// A younger account has no trend.
    pub age_min_days: f64,
    /// From tickets a day now over tickets a day before to points.
    pub anchors: Anchors,
}

/// S2.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimeToResolve {
    /// Tickets opened in how many days count.
    pub opened_window_days: u16,
    /// Those resolved count if they were in how many days.
    pub resolved_window_days: u16,
    /// The service level by severity, 1 first.
    pub sla_hours: [f64; 4],
    /// A ticket counts as at most this many service levels.
    pub ratio_max: f64,
    /// From mean service levels to points.
    pub anchors: Anchors,
}

/// S3.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Satisfaction {
    /// The grades of how many days count.
    pub csat_window_days: u16,
    /// The answers of how many days count.
    pub nps_window_days: u16,
    /// From the mean grade to points.
    pub csat_anchors: Anchors,
    /// From NPS, -100 to 100, to points.
    pub nps_anchors: Anchors,
}

/// S4.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EscalationRate {
    /// The escalations and tickets of how many days count.
    pub window_days: u16,
    /// Tickets added, so that few say little; more than 0.
    pub prior_tickets: f64,
    /// From escalations per ticket to points.
    pub anchors: Anchors,
}

/// S5.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SelfService {
    /// The tickets and acts of self-service of how many days count.
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
        for component in Component::ALL {
            let path = ["health", "component_weights", component.name()];
            problems.weight(&path, self.component_weight(component));
        }
        for metric in MetricId::ALL {
            let path = ["health", "metric_weights", metric.name()];
            problems.weight(&path, self.metric_weight(metric));
        }
        let weighs = |component: &Component| {
            let metrics = component.metrics();
            self.component_weight(*component) > 0.0
                && metrics.iter().any(|metric| self.metric_weight(*metric) > 0.0)
        };
        if !Component::ALL.iter().any(weighs) {
            let problem = "at least one component with a metric must weigh more than 0";
            problems.say(&["health", "component_weights"], problem);
        }
        self.movable.check(problems);
        self.bands.check(problems);
        self.metrics.check(problems);
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
        let Self { green, yellow, hysteresis_points, dwell_hours } = *self;
        problems.range(&["health", "bands", "green"], green, 0.0, 100.0);
        problems.range(&["health", "bands", "yellow"], yellow, 0.0, 100.0);
        problems.range(&["health", "bands", "hysteresis_points"], hysteresis_points, 0.0, 100.0);
        problems.range(&["health", "bands", "dwell_hours"], dwell_hours, 0.0, 24.0 * 365.0);
        if green <= yellow {
            problems.say(&["health", "bands", "green"], "must be more than yellow");
        }
    }
}

impl Metrics {
    fn check(&self, problems: &mut Problems) {
        let Self { p1, p2, p3, p4, p5, s1, s2, s3, s4, s5 } = self;
        let windows = [
            ("P1", "window_days", p1.window_days, WINDOW_DAYS_MAX),
            ("P1", "fallback_window_days", p1.fallback_window_days, WINDOW_DAYS_MAX),
            ("P2", "window_days", p2.window_days, WINDOW_DAYS_MAX),
            ("P2", "breadth_window_days", p2.breadth_window_days, WINDOW_DAYS_MAX),
            ("P3", "window_days", p3.window_days, SESSION_WINDOW_DAYS_MAX),
            ("P4", "window_days", p4.window_days, SESSION_WINDOW_DAYS_MAX),
            ("P5", "window_days", p5.window_days, SESSION_WINDOW_DAYS_MAX),
            ("P5", "baseline_days", p5.baseline_days, WINDOW_DAYS_MAX - SESSION_WINDOW_DAYS_MAX),
            ("S1", "window_days", s1.window_days, WINDOW_DAYS_MAX / 2),
            ("S1", "baseline_days", s1.baseline_days, WINDOW_DAYS_MAX / 2),
            ("S2", "opened_window_days", s2.opened_window_days, WINDOW_DAYS_MAX),
            ("S2", "resolved_window_days", s2.resolved_window_days, WINDOW_DAYS_MAX),
            ("S3", "csat_window_days", s3.csat_window_days, WINDOW_DAYS_MAX),
            ("S3", "nps_window_days", s3.nps_window_days, WINDOW_DAYS_MAX),
            ("S4", "window_days", s4.window_days, WINDOW_DAYS_MAX),
            ("S5", "window_days", s5.window_days, WINDOW_DAYS_MAX),
        ];
        for (metric, field, days, max) in windows {
            problems.window(&["health", "metrics", metric, field], days, max);
        }
        let curves = [
            ("P1", "anchors", &p1.anchors),
            ("P2", "anchors", &p2.anchors),
            ("P3", "anchors", &p3.anchors),
            ("P4", "anchors", &p4.anchors),
            ("P5", "volume_anchors", &p5.volume_anchors),
            ("P5", "error_anchors", &p5.error_anchors),
            ("S1", "anchors", &s1.anchors),
            ("S2", "anchors", &s2.anchors),
            ("S3", "csat_anchors", &s3.csat_anchors),
            ("S3", "nps_anchors", &s3.nps_anchors),
            ("S4", "anchors", &s4.anchors),
            ("S5", "anchors", &s5.anchors),
        ];
        for (metric, field, anchors) in curves {
            if let Some(problem) = anchors.problem(100.0) {
                problems.say(&["health", "metrics", metric, field], problem);
            }
        }
        let ranges = [
            ("P1", "share_max", p1.share_max, 0.0, 1e6),
            ("P5", "volume_share", p5.volume_share, 0.0, 1.0),
            ("P5", "ratio_without_baseline", p5.ratio_without_baseline, 0.0, 1e6),
            ("S1", "prior_tickets", s1.prior_tickets, 0.0, 1e6),
            ("S1", "baseline_prior_tickets", s1.baseline_prior_tickets, 0.01, 1e6),
            ("S1", "age_min_days", s1.age_min_days, 0.0, 1e6),
            ("S2", "ratio_max", s2.ratio_max, 0.0, 1e6),
            ("S4", "prior_tickets", s4.prior_tickets, 0.01, 1e6),
        ];
        for (metric, field, number, min, max) in ranges {
            problems.range(&["health", "metrics", metric, field], number, min, max);
        }
        for hours in s2.sla_hours {
            problems.range(&["health", "metrics", "S2", "sla_hours"], hours, 0.01, 1e6);
        }
    }
}
