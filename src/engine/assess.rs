//! `assess`: everything believed of an account at an instant, from its state and the model.
//!
//! What is said about it, and when, is decided in `decide.rs`.

use super::account::Account;
use super::account::profile::Segment;
use super::event::Topic;
use super::metric::{CATALOGUE, COMPONENTS, Component, METRICS, MetricId};
use super::model::Model;
use super::model::health::{HealthBand, HealthModel};
use super::silence::Silences;
use super::time::Timestamp;
use churn::{Churn, Circumstances};
use lifecycle::activation;

pub mod churn;
pub mod lifecycle;
pub mod texts;

/// The health score of an account of which no metric exists.
pub const NO_DATA_SCORE: f64 = 75.0;

/// Everything believed of an account.
#[derive(Clone, Debug, PartialEq)]
pub struct Assessment {
    /// As of when.
    pub at: Timestamp,
    /// The health score before rounding, 0 to 100: the sum of `contributions`.
    pub health: f64,
    /// The same, rounded to 1 decimal.
    pub health_score: f64,
    /// No metric exists, or none that weighs anything: the score is [`NO_DATA_SCORE`].
    pub is_no_data: bool,
    /// The band of `health_score`, not damped.
    pub health_band: HealthBand,
    /// How much of the picture is known: 0 to 1, rounded to 3 decimals.
    pub confidence: f64,
    /// The score of each component, 0 to 100, before rounding; see [`Assessment::component`].
    pub components: [Option<f64>; COMPONENTS],
    /// The score of each metric, 0 to 100; see [`Assessment::metric`].
    pub metrics: [Option<f64>; METRICS],
    /// The points that each metric gives to `health`.
    pub contributions: [Option<f64>; METRICS],
    /// How likely it is to leave, and what says so.
    pub churn: Churn,
    /// Which kind of customer it is.
    pub segment: Segment,
    /// Who uses the product.
    pub usage: UsageFigures,
    /// When each topic last spoke of the account, in the order of [`Topic::ALL`].
    pub freshness: [Option<Timestamp>; Topic::ALL.len()],
}

/// Who uses the product.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct UsageFigures {
    /// Distinct users since yesterday's midnight, W(1).
    pub daily_active_users: u64,
    /// Distinct users of W(7).
    pub weekly_active_users: u64,
    /// Distinct users of W(30).
    pub monthly_active_users: u64,
    /// Licensed seats.
    pub seats: Option<u32>,
    /// Distinct users ever active over seats.
    pub activation: Option<f64>,
}

impl Assessment {
    /// The score of a metric, unless it does not exist.
    pub const fn metric(&self, metric: MetricId) -> Option<f64> {
        self.metrics[metric.index()]
    }

    /// The score of a component as published, rounded to 1 decimal.
    pub fn component(&self, component: Component) -> Option<f64> {
        self.components[component.index()].map(|score| round_half_up(score, 1))
    }
}

/// Assesses an account; the same arguments give the same bits.
///
/// A facet whose feed stopped is assessed as of the last record of it.
pub fn assess(model: &Model, silences: &Silences, account: &Account, now: Timestamp) -> Assessment {
    let said = account.profile.said();
    let segment = model.segment(said);
    let of_segment = model.of(segment);
    let health_model = &of_segment.health;
    let metrics = score_metrics(health_model, silences, account, now);
    let parts = Parts::of(health_model, &metrics);
    let is_no_data = parts.component_weight <= 0.0;
    let health = if is_no_data { NO_DATA_SCORE } else { parts.health };
    let health_score = round_half_up(health, 1);
    let confidence = round_half_up(parts.confidence, 3);
    let (position, signals) = churn::signals(of_segment, silences, account, now);
    let circumstances = Circumstances { segment, position, health_score, confidence };
    let use_as_of = silences.as_of(Topic::Usage, now);
    let active_users = |days| account.usage.active_users(use_as_of, days).round() as u64;
    Assessment {
        at: now,
        health,
        health_score,
        is_no_data,
        health_band: health_model.band(health_score),
        confidence,
        components: parts.components,
        metrics,
        contributions: parts.contributions,
        churn: Churn::weigh(&of_segment.churn, &circumstances, signals),
        segment,
        usage: UsageFigures {
            daily_active_users: active_users(1),
            weekly_active_users: active_users(7),
            monthly_active_users: active_users(30),
            seats: said.and_then(|said| said.seats),
            activation: activation(account),
        },
        freshness: Topic::ALL.map(|topic| account.feed(topic).last_at()),
    }
}

/// Rounds half up at `decimals`: `floor(v * 10^k + 0.5) / 10^k` (`scoring.md` §1).
pub fn round_half_up(value: f64, decimals: i32) -> f64 {
    let scale = 10_f64.powi(decimals);
    (value * scale + 0.5).floor() / scale
}

fn score_metrics(
    health: &HealthModel,
    silences: &Silences,
    account: &Account,
    now: Timestamp,
) -> [Option<f64>; METRICS] {
    let mut scores = [None; METRICS];
    for row in CATALOGUE.iter().copied().flatten() {
        if row.topic.is_none_or(|topic| account.feed(topic).is_live()) {
            let as_of = silences.as_of_all(row.id.feeds(), now);
            scores[row.id.index()] = (row.score)(account, health, as_of);
        }
    }
    scores
}

/// Health and what it is made of.
struct Parts {
    components: [Option<f64>; COMPONENTS],
    contributions: [Option<f64>; METRICS],
    /// Of the components that exist.
    component_weight: f64,
    health: f64,
    confidence: f64,
}

impl Parts {
    fn of(model: &HealthModel, metrics: &[Option<f64>; METRICS]) -> Self {
        let mut parts = Self {
            components: [None; COMPONENTS],
            contributions: [None; METRICS],
            component_weight: 0.0,
            health: 0.0,
            confidence: 0.0,
        };
        let mut known_weights = [0.0; COMPONENTS];
        let mut every_component = 0.0;
        for component in Component::ALL {
            let weight = model.component_weight(component);
            let (mut known, mut total, mut points) = (0.0, 0.0, 0.0);
            for metric in component.metrics() {
                let metric_weight = model.metric_weight(*metric);
                total += metric_weight;
                if let Some(score) = metrics[metric.index()] {
                    known += metric_weight;
                    points += metric_weight * score;
                }
            }
            every_component += weight;
            if known > 0.0 {
                let score = points / known;
                known_weights[component.index()] = known;
                parts.components[component.index()] = Some(score);
                parts.component_weight += weight;
                parts.health += weight * score;
                parts.confidence += weight * (known / total);
            }
        }
        if parts.component_weight > 0.0 {
            parts.health /= parts.component_weight;
        }
        if every_component > 0.0 {
            parts.confidence /= every_component;
        }
        parts.contribute(model, metrics, &known_weights);
        parts
    }

    /// Shares health out among the metrics.
    fn contribute(
        &mut self,
        model: &HealthModel,
        metrics: &[Option<f64>; METRICS],
        known_weights: &[f64; COMPONENTS],
    ) {
        for metric in MetricId::ALL {
            let component = metric.component();
            let known = known_weights[component.index()];
            if let Some(score) = metrics[metric.index()]
                && known > 0.0
                && self.component_weight > 0.0
            {
                let of_component = model.metric_weight(metric) / known;
                let of_health = model.component_weight(component) / self.component_weight;
                self.contributions[metric.index()] = Some(of_health * of_component * score);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn a_metric_that_rises_never_lowers_health(
            metrics in prop::collection::vec(prop::option::of(0.0..=100.0_f64), METRICS),
            which in 0..METRICS,
            by in 0.0..=100.0_f64,
        ) {
            let model = Model::default();
            let health = &model.of(Segment::Smb).health;
            let mut scores = [None; METRICS];
            scores.copy_from_slice(&metrics);
            let before = Parts::of(health, &scores);
            scores[which] = scores[which].map(|score| (score + by).min(100.0));
            let after = Parts::of(health, &scores);
            prop_assert!(after.health >= before.health - 1e-9);
            prop_assert!((after.confidence - before.confidence).abs() < 1e-12);
        }
    }
}
