//! The metrics of the usage facet, P1 to P5: `scoring.md` §2.
//!
//! The state that they read is kept in `usage.rs`, their numbers in the model file.

use crate::engine::account::Account;
use crate::engine::event::Topic;
use crate::engine::metric::{Metric, MetricId};
use crate::engine::model::health::HealthModel;
use crate::engine::time::Timestamp;
use crate::engine::window;

use super::Usage;

/// The rows of the catalogue.
pub static METRICS: [Metric; 5] = [
    Metric {
        id: MetricId::P1,
        name: "active users",
        unit: "share of seats",
        help: "How many of those who could use the product do.",
        topic: Some(Topic::Usage),
        window: "7 days",
        formula: "distinct users / seats, at most 1.5; without seats / distinct users of 90 days",
        score: active_users,
    },
    Metric {
        id: MetricId::P2,
        name: "feature adoption",
        unit: "share of core features",
        help: "How much of what they bought the product for they use.",
        topic: Some(Topic::Usage),
        window: "30 days",
        formula: "core features used / core features; without a list: features of 30 days / 365",
        score: feature_adoption,
    },
    Metric {
        id: MetricId::P3,
        name: "login frequency",
        unit: "sessions per user and week",
        help: "How often an active user comes back.",
        topic: Some(Topic::Usage),
        window: "28 days",
        formula: "(sessions + logins) / distinct users / weeks",
        score: login_frequency,
    },
    Metric {
        id: MetricId::P4,
        name: "session length",
        unit: "minutes",
        help: "How long people work with the product at a time.",
        topic: Some(Topic::Usage),
        window: "28 days",
        formula: "mean of the sessions whose length is known, each at most 2 hours",
        score: session_length,
    },
    Metric {
        id: MetricId::P5,
        name: "API pattern",
        unit: "points",
        help: "Whether programs call as much as before, and without errors.",
        topic: Some(Topic::Usage),
        window: "14 days against the 28 before",
        formula: "0.7 pwl(calls a day now / before) + 0.3 pwl(errors / calls)",
        score: api_pattern,
    },
];

impl Usage {
    /// Distinct users of W(days).
    pub fn active_users(&self, now: Timestamp, days: u16) -> f64 {
        self.users.since(window::since(now, days))
    }

    /// Active user-days of W(days).
    pub fn active_user_days(&self, now: Timestamp, days: u16) -> f64 {
        f64::from(self.user_days.since(window::since(now, days))) * self.users.scale()
    }
}

fn active_users(account: &Account, health: &HealthModel, now: Timestamp) -> Option<f64> {
    let (usage, model) = (&account.usage, &health.metrics.p1);
    if !usage.users.is_any_ever() {
        return None;
    }
    let could = match account.profile.said().and_then(|said| said.seats) {
        Some(seats) => f64::from(seats),
        None => usage.active_users(now, model.fallback_window_days),
    };
    let share = usage.active_users(now, model.window_days) / could;
    (could > 0.0).then(|| model.anchors.at(share.min(model.share_max)))
}

fn feature_adoption(account: &Account, health: &HealthModel, now: Timestamp) -> Option<f64> {
    Some(health.metrics.p2.anchors.at(adoption(account, health, now)?))
}

/// Share of the core features in use: the x of P2.
pub fn adoption(account: &Account, health: &HealthModel, now: Timestamp) -> Option<f64> {
    let (features, model) = (&account.usage.features, &health.metrics.p2);
    if !features.is_any_ever() {
        return None;
    }
    let start = window::since(now, model.window_days);
    let own = account.profile.said().map_or(&[][..], |said| &said.core_features);
    let core = if own.is_empty() { &health.core_features[..] } else { own };
    Some(if core.is_empty() {
        let known = features.since(window::since(now, model.breadth_window_days));
        if known > 0.0 { features.since(start) / known } else { 0.0 }
    } else {
        let used = core.iter().filter(|feature| features.is_seen_since(**feature, start)).count();
        used as f64 / core.len() as f64
    })
}

fn login_frequency(account: &Account, health: &HealthModel, now: Timestamp) -> Option<f64> {
    let (usage, model) = (&account.usage, &health.metrics.p3);
    if !usage.is_any_session_ever {
        return None;
    }
    let users = usage.active_users(now, model.window_days);
    if users <= 0.0 {
        return Some(0.0);
    }
    let sessions = usage.sessions.since(window::since(now, model.window_days));
    let weeks = window::length_days(now, model.window_days) / 7.0;
    Some(model.anchors.at(f64::from(sessions.count) / users / weeks))
}

fn session_length(account: &Account, health: &HealthModel, now: Timestamp) -> Option<f64> {
    let (usage, model) = (&account.usage, &health.metrics.p4);
    let sessions = usage.sessions.since(window::since(now, model.window_days));
    let mean_secs = sessions.secs as f64 / f64::from(sessions.timed);
    (sessions.timed > 0).then(|| model.anchors.at(mean_secs / 60.0))
}

fn api_pattern(account: &Account, health: &HealthModel, now: Timestamp) -> Option<f64> {
    let (usage, model) = (&account.usage, &health.metrics.p5);
    let start = window::since(now, model.window_days);
    let (from, to) = window::before(now, model.window_days, model.baseline_days);
    let calls = usage.calls.since(start) as f64;
    let calls_before = usage.calls.between(from, to) as f64;
    if calls <= 0.0 && calls_before <= 0.0 {
        return None;
    }
    let ratio = if calls_before > 0.0 {
        let a_day_before = calls_before / f64::from(model.baseline_days);
        calls / window::length_days(now, model.window_days) / a_day_before
    } else {
        model.ratio_without_baseline
    };
    let quality = if calls > 0.0 {
        model.error_anchors.at(usage.errors.since(start) as f64 / calls)
    } else {
        0.0
    };
    Some(model.volume_share * model.volume_anchors.at(ratio) + (1.0 - model.volume_share) * quality)
}
