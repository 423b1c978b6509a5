//! What the service fills in by itself: the figures of a step that nobody has to look up.
//!
//! Which steps these are is said in the model file (`model/playbooks/step.rs`).

use compact_str::CompactString;
use serde_json::{Value, json};

use super::{Context, Situation};
use crate::engine::account::usage::metrics;
use crate::engine::assess::round_half_up;
use crate::engine::decide::next_band::effective_weights;
use crate::engine::event::Topic;
use crate::engine::id::name_hash;
use crate::engine::metric::{Component, MetricId};
use crate::engine::model::playbooks::step::Fill;
use crate::engine::time::Day;
use crate::engine::window;

/// Most metrics that are named as causes.
const CAUSES_MAX: usize = 5;
/// Days of answers that are compared with those before.
const NPS_DAYS: i32 = 90;

/// The figures that a step is filled in with.
pub(super) fn fill(situation: &Situation<'_>, fill: Fill) -> Context {
    let mut context = Context::new();
    let mut add = |key: &'static str, value: Value| {
        context.insert(CompactString::const_new(key), value);
    };
    match fill {
        Fill::RootCause => {
            add("components", components(situation));
            add("causes", causes(situation));
        }
        Fill::HealthAssessment => {
            let churn = &situation.assessment.churn;
            add("health_score", json!(situation.displayed_score));
            add("components", components(situation));
            add("churn_probability", json!(round_half_up(churn.probability, 4)));
            add("churn_band", json!(churn.band.name()));
            add("causes", causes(situation));
        }
        Fill::UsageTrend => {
            let usage = situation.assessment.usage;
            add("weekly_active_users", json!(usage.weekly_active_users));
            add("monthly_active_users", json!(usage.monthly_active_users));
            add("active_user_days", active_user_days(situation));
        }
        Fill::UsageInsights => {
            let usage = situation.assessment.usage;
            add("monthly_active_users", json!(usage.monthly_active_users));
            add("seats", json!(usage.seats));
            add("activation", json!(usage.activation.map(|share| round_half_up(share, 3))));
            add("core_features", core_features(situation));
            add("core_feature_share", json!(adoption(situation)));
        }
        Fill::RecommendFeature => {
            let peers =
                situation.fleet.peers_of(situation.model, situation.account, situation.assessment);
            add("feature", json!(peers.unused_features.first().map(|it| &it.feature)));
            add("unused_features", json!(peers.unused_features));
        }
        Fill::NpsTrend => add("nps", nps(situation)),
    }
    context
}

/// The score of each component that exists.
fn components(situation: &Situation<'_>) -> Value {
    let scores = Component::ALL.into_iter().filter_map(|component| {
        let score = situation.assessment.component(component)?;
        Some((component.name().to_owned(), json!(score)))
    });
    Value::Object(scores.collect())
}

/// What costs the most health: the metrics that miss the most points of what they could give.
fn causes(situation: &Situation<'_>) -> Value {
    let assessment = situation.assessment;
    let health = &situation.model.of(assessment.segment).health;
    let weights = effective_weights(health, &assessment.metrics);
    let mut missed: Vec<(f64, MetricId)> = MetricId::ALL
        .into_iter()
        .filter_map(|metric| {
            let score = assessment.metric(metric)?;
            Some((weights[metric.index()] * (100.0 - score), metric))
        })
        .filter(|(points, _)| *points > 0.0)
        .collect();
    missed.sort_by(|a, b| b.0.total_cmp(&a.0));
    missed.truncate(CAUSES_MAX);
    let causes = missed.into_iter().map(|(points, metric)| {
        json!({
            "metric": metric.name(),
            "name": metric.row().name,
            "component": metric.component().name(),
            "points": -round_half_up(points, 1),
        })
    });
    Value::Array(causes.collect())
}

/// Active user-days of the last 28 days, and of the 28 before.
fn active_user_days(situation: &Situation<'_>) -> Value {
    let (today, usage) = (situation.now.day(), &situation.account.usage);
    let sum = |from: Day, to: Day| usage.user_days.between(from, to);
    json!({
        "last_28_days": sum(today.plus(-27), today.plus(1)),
        "28_days_before": sum(today.plus(-55), today.plus(-27)),
    })
}

/// The core features that have names, and whether each was used within the window of P2.
fn core_features(situation: &Situation<'_>) -> Value {
    let health = &situation.model.of(situation.assessment.segment).health;
    let own = situation.account.profile.said().map_or(&[][..], |said| &said.core_features);
    let core = if own.is_empty() { &health.core_features[..] } else { own };
    let as_of = situation.fleet.silences.as_of(Topic::Usage, situation.now);
    let start = window::since(as_of, health.metrics.p2.window_days);
    let used = situation.model.features.iter().filter_map(|feature| {
        let hash = name_hash(&feature.name);
        let is_used = situation.account.usage.features.is_seen_since(hash, start);
        core.contains(&hash).then(|| (feature.name.clone(), json!(is_used)))
    });
    Value::Object(used.collect())
}

/// The share of the core features in use.
fn adoption(situation: &Situation<'_>) -> Option<f64> {
    let health = &situation.model.of(situation.assessment.segment).health;
    let as_of = situation.fleet.silences.as_of(Topic::Usage, situation.now);
    metrics::adoption(situation.account, health, as_of).map(|share| round_half_up(share, 3))
}

/// The NPS of the last 90 days, and of those before.
fn nps(situation: &Situation<'_>) -> Value {
    let (today, feedback) = (situation.now.day(), &situation.account.feedback);
    let of = |from: Day, to: Day| {
        let answers = feedback.answers.between(from, to);
        let promoters = f64::from(feedback.promoters.between(from, to));
        let detractors = f64::from(feedback.detractors.between(from, to));
        let score = (promoters - detractors) * 100.0 / f64::from(answers);
        let score = (answers > 0).then(|| round_half_up(score, 1));
        json!({ "answers": answers, "score": score })
    };
    json!({
        "last_90_days": of(today.plus(1 - NPS_DAYS), today.plus(1)),
        "90_days_before": of(today.plus(1 - 2 * NPS_DAYS), today.plus(1 - NPS_DAYS)),
    })
}
