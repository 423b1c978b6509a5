//! The metrics of the relationship component, R1 to R5: `scoring.md` §2.
//!
//! The state that they read is kept in `relationship.rs`, their numbers in the model.

use crate::engine::account::Account;
use crate::engine::event::Topic;
use crate::engine::metric::{Metric, MetricId};
use crate::engine::model::health::HealthModel;
use crate::engine::time::Timestamp;
use crate::engine::window;

/// The rows of the catalogue.
pub static METRICS: [Metric; 5] = [
    Metric {
        id: MetricId::R1,
        name: "sponsor",
        unit: "days",
        help: "Whether somebody at the customer stands up for the product.",
        topic: Some(Topic::Relationship),
        window: "since the sponsor was last heard of",
        formula: "days since the last engagement or assignment; 0 points while vacant",
        score: sponsor,
    },
    Metric {
        id: MetricId::R2,
        name: "business reviews",
        unit: "share",
        help: "Whether the customer comes to the reviews of what was reached.",
        topic: Some(Topic::Relationship),
        window: "200 days",
        formula: "attended / (attended + missed)",
        score: business_reviews,
    },
    Metric {
        id: MetricId::R3,
        name: "replies",
        unit: "share",
        help: "Whether people answer when they are written to.",
        topic: Some(Topic::Relationship),
        window: "60 days, the last 3 left out",
        formula: "outreach replied / outreach sent, from 2 sent on",
        score: replies,
    },
    Metric {
        id: MetricId::R4,
        name: "advocacy",
        unit: "times",
        help: "How often the customer spoke for us.",
        topic: Some(Topic::Relationship),
        window: "180 days",
        formula: "references, reviews, case studies and talks",
        score: advocacy,
    },
    Metric {
        id: MetricId::R5,
        name: "community",
        unit: "times",
        help: "How often the customer took part in the community.",
        topic: Some(Topic::Relationship),
        window: "90 days",
        formula: "acts in the community",
        score: community,
    },
];

fn sponsor(account: &Account, health: &HealthModel, now: Timestamp) -> Option<f64> {
    let sponsor = &account.relationship.sponsor;
    if !sponsor.is_known() {
        return None;
    }
    let present_at = sponsor.last_present_at().filter(|_| !sponsor.is_vacant());
    Some(present_at.map_or(0.0, |at| health.metrics.r1.anchors.at(now.days_since(at))))
}

fn business_reviews(account: &Account, health: &HealthModel, now: Timestamp) -> Option<f64> {
    let (attendance, model) = (&account.relationship.reviews.attendance, &health.metrics.r2);
    let start = window::since(now, model.window_days);
    let attended = f64::from(attendance.attended.since(start));
    let invited = attended + f64::from(attendance.missed.since(start));
    (invited > 0.0).then(|| model.anchors.at(attended / invited))
}

fn replies(account: &Account, health: &HealthModel, now: Timestamp) -> Option<f64> {
    let (outreach, model) = (&account.relationship.outreach, &health.metrics.r3);
    let start = window::since(now, model.window_days).start();
    let answered = outreach.between(start, now.plus_days(-i64::from(model.reply_days)));
    let share = f64::from(answered.replied) / f64::from(answered.sent);
    (answered.sent >= model.sent_min).then(|| model.anchors.at(share))
}

fn advocacy(account: &Account, health: &HealthModel, now: Timestamp) -> Option<f64> {
    let (given, model) = (&account.relationship.advocacy.given, &health.metrics.r4);
    let times = given.since(window::since(now, model.window_days));
    Some(model.anchors.at(f64::from(times)))
}

fn community(account: &Account, health: &HealthModel, now: Timestamp) -> Option<f64> {
    let (community, model) = (&account.relationship.community, &health.metrics.r5);
    let times = community.since(window::since(now, model.window_days));
    Some(model.anchors.at(f64::from(times)))
}
