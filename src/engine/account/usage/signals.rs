//! The churn signals of the usage facet: `scoring.md` §3.
//!
//! The state that they read is kept in `usage.rs`, their numbers in the model file.

use smallvec::smallvec;

use crate::engine::event::Topic;
use crate::engine::model::signals::{Span, UsageDrop};
use crate::engine::signal::{Case, Observation, Observations, Signal, SignalId, Tier};
use crate::engine::time::Day;
use crate::engine::window;

use super::Usage;

/// The rows of the catalogue.
pub static SIGNALS: [Signal; 3] = [
    Signal {
        id: SignalId::UsageDrop,
        tier: Tier::Strong,
        help: "The product is used less than it used to be, or no longer.",
        topic: Some(Topic::Usage),
        window: "14 days against the 28 before, and 28 against the 90 before",
        formula: "the larger of 1 - use a day now / use a day before; 1 when unused for 30 days",
        x: usage_drop,
        observed: observe_usage_drop,
    },
    Signal {
        id: SignalId::FeatureDecline,
        tier: Tier::Moderate,
        help: "They use fewer features than they used to.",
        topic: Some(Topic::Usage),
        window: "30 days against the 30 before",
        formula: "(features before - features now) / features before, at least 3",
        x: feature_decline,
        observed: observe_feature_decline,
    },
    Signal {
        id: SignalId::IrregularUsage,
        tier: Tier::Early,
        help: "They use the product in fits and starts.",
        topic: Some(Topic::Usage),
        window: "8 whole weeks",
        formula: "deviation of weekly use beyond chance, sqrt(variance - mean) / mean",
        x: irregular_usage,
        observed: observe_irregular_usage,
    },
];

impl Usage {
    /// Use since a day: active user-days, or API calls of an account that never had a user.
    pub fn use_since(&self, start: Day) -> f64 {
        if self.users.is_any_ever() {
            f64::from(self.user_days.since(start)) * self.users.scale()
        } else {
            self.calls.since(start) as f64
        }
    }

    /// The same for the days `from..to`.
    pub fn use_between(&self, from: Day, to: Day) -> f64 {
        if self.users.is_any_ever() {
            f64::from(self.user_days.between(from, to)) * self.users.scale()
        } else {
            self.calls.between(from, to) as f64
        }
    }

    /// The last day with use, as far as is remembered.
    pub fn last_used_on(&self) -> Option<Day> {
        let is_by_users = self.users.is_any_ever();
        if is_by_users { self.user_days.newest() } else { self.calls.newest() }
    }
}

fn usage_drop(case: &Case<'_>) -> Option<f64> {
    let model = &case.churn.signals.usage_drop;
    if is_unused(case, model) {
        return Some(1.0);
    }
    let drops = model.spans.iter().filter_map(|span| Pace::of(case, model, *span));
    Some(model.curve.at(drops.map(|pace| pace.drop()).fold(0.0, f64::max)))
}

fn is_unused(case: &Case<'_>, model: &UsageDrop) -> bool {
    let start = window::since(case.as_of, model.silence_days);
    case.age_days() > f64::from(model.silence_days) && case.account.usage.use_since(start) <= 0.0
}

/// How much less use a day there is in 14 days than in the 28 before: drop(14, 28) of
/// `scoring.md` §3; 0 for an account that is too young to tell.
pub fn drop_of_two_weeks(case: &Case<'_>) -> f64 {
    let span = Span { window_days: 14, baseline_days: 28 };
    let pace = Pace::of(case, &case.churn.signals.usage_drop, span);
    pace.map_or(0.0, |pace| pace.drop())
}

/// Use a day now and before, each with its prior.
#[derive(Clone, Copy)]
struct Pace {
    span: Span,
    now: f64,
    before: f64,
}

impl Pace {
    /// Nothing when the account is too young to tell.
    fn of(case: &Case<'_>, model: &UsageDrop, span: Span) -> Option<Self> {
        let Span { window_days, baseline_days } = span;
        if case.age_days() < f64::from(window_days) + f64::from(model.settling_days) {
            return None;
        }
        let usage = &case.account.usage;
        let is_by_users = usage.users.is_any_ever();
        let prior = if is_by_users { model.prior_user_days } else { model.prior_calls };
        let (from, to) = window::before(case.as_of, window_days, baseline_days);
        let first_at = case.account.created_at().map_or(from.start(), |at| at.max(from.start()));
        let known_days = to.start().days_since(first_at).max(1.0).min(f64::from(baseline_days));
        let used = usage.use_since(to) + prior;
        let prior_before = prior * known_days / f64::from(window_days);
        let used_before = usage.use_between(from, to) + prior_before;
        Some(Self {
            span,
            now: used / window::length_days(case.as_of, window_days),
            before: used_before / known_days,
        })
    }

    fn drop(&self) -> f64 {
        1.0 - self.now / self.before
    }
}

fn observe_usage_drop(case: &Case<'_>) -> Observations {
    let (usage, model) = (&case.account.usage, &case.churn.signals.usage_drop);
    let paces = model.spans.iter().filter_map(|span| Pace::of(case, model, *span));
    let worst = paces.max_by(|a, b| a.drop().total_cmp(&b.drop()));
    let mut observed = Observations::new();
    if let Some(Pace { span, now, before }) = worst {
        observed.push(Observation::count("window_days", span.window_days));
        observed.push(Observation::number("use_per_day", now));
        observed.push(Observation::number("use_per_day_before", before));
    }
    let last_used_at = usage.last_used_on().map(Day::start);
    observed.extend(Observation::instant("last_used_on", last_used_at));
    observed
}

/// Distinct features before and now.
fn features(case: &Case<'_>) -> (f64, f64) {
    let model = &case.churn.signals.feature_decline;
    let (from, to) = window::before(case.as_of, model.window_days, model.baseline_days);
    let features = &case.account.usage.features;
    (features.between(from, to), features.since(to))
}

fn feature_decline(case: &Case<'_>) -> Option<f64> {
    let model = &case.churn.signals.feature_decline;
    if !case.account.usage.features.is_any_ever() || case.age_days() <= model.age_above_days {
        return None;
    }
    let (before, now) = features(case);
    Some(model.curve.at((before - now) / before.max(model.features_min)))
}

fn observe_feature_decline(case: &Case<'_>) -> Observations {
    let (before, now) = features(case);
    smallvec![Observation::number("features", now), Observation::number("features_before", before),]
}

/// Mean and sample variance of use in the last whole weeks.
fn weekly_use(case: &Case<'_>) -> (f64, f64) {
    let n_weeks = i32::from(case.churn.signals.irregular_usage.weeks);
    let first = case.as_of.day().plus(-7 * n_weeks);
    let (mut mean, mut squares) = (0.0, 0.0);
    let mut used = case.account.usage.use_since(first);
    for n in 1..=n_weeks {
        let used_after = case.account.usage.use_since(first.plus(7 * n));
        let deviation = used - used_after - mean;
        mean += deviation / f64::from(n);
        squares += deviation * (used - used_after - mean);
        used = used_after;
    }
    (mean, squares / f64::from(n_weeks - 1))
}

fn irregular_usage(case: &Case<'_>) -> Option<f64> {
    let model = &case.churn.signals.irregular_usage;
    if case.age_days() <= model.age_above_days {
        return None;
    }
    let (mean, variance) = weekly_use(case);
    (mean >= model.weekly_use_min).then(|| model.curve.at((variance - mean).max(0.0).sqrt() / mean))
}

fn observe_irregular_usage(case: &Case<'_>) -> Observations {
    let (mean, variance) = weekly_use(case);
    smallvec![
        Observation::number("mean_weekly_use", mean),
        Observation::number("standard_deviation", variance.sqrt()),
    ]
}
