//! The metrics of the support component, S1 to S5: `scoring.md` §2.
//!
//! The state that they read is kept in `support.rs` and `feedback.rs`, their numbers in the model.

use crate::engine::account::Account;
use crate::engine::event::Topic;
use crate::engine::metric::{Metric, MetricId};
use crate::engine::model::health::{HealthModel, TimeToResolve};
use crate::engine::time::Timestamp;
use crate::engine::window;

use super::TicketState;

/// The rows of the catalogue.
pub static METRICS: [Metric; 5] = [
    Metric {
        id: MetricId::S1,
        name: "ticket trend",
        unit: "ratio",
        help: "Whether the account asks for more help than it used to.",
        topic: Some(Topic::Support),
        window: "30 days against the 90 before",
        formula: "((tickets + 1) / days) / ((tickets before + 3) / 90)",
        score: ticket_trend,
    },
    Metric {
        id: MetricId::S2,
        name: "time to resolve",
        unit: "service levels",
        help: "How long tickets take, measured by what was promised.",
        topic: Some(Topic::Support),
        window: "resolved in 60 days or open, of those opened in 180",
        formula: "mean hours / service level of the severity, each at most 5",
        score: time_to_resolve,
    },
    Metric {
        id: MetricId::S3,
        name: "satisfaction",
        unit: "points",
        help: "What people answer when they are asked.",
        topic: None,
        window: "90 days (CSAT), 120 days (NPS)",
        formula: "mean of pwl(mean CSAT) and pwl(100 (promoters - detractors) / answers)",
        score: satisfaction,
    },
    Metric {
        id: MetricId::S4,
        name: "escalation rate",
        unit: "escalations per ticket",
        help: "How often help did not suffice.",
        topic: Some(Topic::Support),
        window: "90 days",
        formula: "escalated / (opened + 2)",
        score: escalation_rate,
    },
    Metric {
        id: MetricId::S5,
        name: "self-service",
        unit: "share",
        help: "How often people help themselves.",
        topic: Some(Topic::Support),
        window: "90 days",
        formula: "self-service / (self-service + opened)",
        score: self_service,
    },
];

/// Tickets a day now over tickets a day before: the x of S1.
pub fn ticket_ratio(account: &Account, health: &HealthModel, now: Timestamp) -> Option<f64> {
    let (opened, model) = (&account.support.opened, &health.metrics.s1);
    if account.age_days(now) < model.age_min_days {
        return None;
    }
    let (from, to) = window::before(now, model.window_days, model.baseline_days);
    let tickets = f64::from(opened.since(to)) + model.prior_tickets;
    let before = f64::from(opened.between(from, to)) + model.baseline_prior_tickets;
    let a_day = tickets / window::length_days(now, model.window_days);
    Some(a_day / (before / f64::from(model.baseline_days)))
}

fn ticket_trend(account: &Account, health: &HealthModel, now: Timestamp) -> Option<f64> {
    Some(health.metrics.s1.anchors.at(ticket_ratio(account, health, now)?))
}

fn time_to_resolve(account: &Account, health: &HealthModel, now: Timestamp) -> Option<f64> {
    let model = &health.metrics.s2;
    let (mut tickets, mut ratios) = (0_u32, 0.0);
    for ticket in account.support.tickets.values() {
        if let Some(ratio) = service_levels(ticket, model, now) {
            tickets += 1;
            ratios += ratio.min(model.ratio_max);
        }
    }
    (tickets > 0).then(|| model.anchors.at(ratios / f64::from(tickets)))
}

/// How many service levels a ticket took, or takes already; nothing when it does not count.
fn service_levels(ticket: &TicketState, model: &TimeToResolve, now: Timestamp) -> Option<f64> {
    let opened_at = ticket.opened.at()?;
    if opened_at.day() < window::since(now, model.opened_window_days) {
        return None;
    }
    let severity = usize::from(ticket.opened.get()?.severity);
    let sla_hours = model.sla_hours[severity.clamp(1, 4) - 1];
    if let Some(resolved_at) = ticket.resolved_at() {
        let is_counted = resolved_at.day() >= window::since(now, model.resolved_window_days);
        is_counted.then(|| resolved_at.hours_since(opened_at) / sla_hours)
    } else {
        let ratio = now.hours_since(opened_at) / sla_hours;
        (ratio > 1.0).then_some(ratio)
    }
}

fn satisfaction(account: &Account, health: &HealthModel, now: Timestamp) -> Option<f64> {
    let (support, model) = (&account.support, &health.metrics.s3);
    let start = window::since(now, model.csat_window_days);
    let grades = f64::from(support.grades.since(start));
    let csat = (grades > 0.0)
        .then(|| model.csat_anchors.at(f64::from(support.grade_points.since(start)) / grades));
    let nps = nps(account, health, now).map(|nps| model.nps_anchors.at(nps));
    match (csat, nps) {
        (Some(csat), Some(nps)) => Some((csat + nps) / 2.0),
        (one, other) => one.or(other),
    }
}

/// The net promoter score of the window of S3, -100 to 100.
pub fn nps(account: &Account, health: &HealthModel, now: Timestamp) -> Option<f64> {
    let feedback = &account.feedback;
    let start = window::since(now, health.metrics.s3.nps_window_days);
    let answers = f64::from(feedback.answers.since(start));
    (answers > 0.0).then(|| {
        let promoters = f64::from(feedback.promoters.since(start));
        let detractors = f64::from(feedback.detractors.since(start));
        100.0 * (promoters / answers - detractors / answers)
    })
}

fn escalation_rate(account: &Account, health: &HealthModel, now: Timestamp) -> Option<f64> {
    let (support, model) = (&account.support, &health.metrics.s4);
    let start = window::since(now, model.window_days);
    let escalated = f64::from(support.escalated.since(start));
    let opened = f64::from(support.opened.since(start));
    Some(model.anchors.at(escalated / (opened + model.prior_tickets)))
}

fn self_service(account: &Account, health: &HealthModel, now: Timestamp) -> Option<f64> {
    let (support, model) = (&account.support, &health.metrics.s5);
    let start = window::since(now, model.window_days);
    let helped_themselves = f64::from(support.self_service.since(start));
    let asked = helped_themselves + f64::from(support.opened.since(start));
    (asked > 0.0).then(|| model.anchors.at(helped_themselves / asked))
}
