//! The metrics of the commercial component, C1 to C5: `scoring.md` §2.
//!
//! The state that they read is kept in `commercial.rs`, their numbers in the model.

use crate::engine::account::Account;
use crate::engine::event::Topic;
use crate::engine::metric::{Metric, MetricId};
use crate::engine::model::churn::ContractPosition;
use crate::engine::model::health::HealthModel;
use crate::engine::model::health::commercial::Payments;
use crate::engine::time::Timestamp;
use crate::engine::window;

use super::invoices::Invoice;

/// The rows of the catalogue.
pub static METRICS: [Metric; 5] = [
    Metric {
        id: MetricId::C1,
        name: "payments",
        unit: "days late",
        help: "Whether invoices are paid, and when.",
        topic: Some(Topic::Commercial),
        window: "issued in 400 days, due in 180; failed in 90",
        formula: "mean over invoices of pwl(days late), less 15 points a failed payment",
        score: payments,
    },
    Metric {
        id: MetricId::C2,
        name: "renewal",
        unit: "share",
        help: "What the customer means to do about the renewal, or whether they talk of it.",
        topic: Some(Topic::Commercial),
        window: "intent of 90 days; else the last 90 days of the contract",
        formula: "points of the intent; else replies / touches",
        score: renewal,
    },
    Metric {
        id: MetricId::C3,
        name: "expansion",
        unit: "expansions",
        help: "Whether the customer thinks of buying more.",
        topic: Some(Topic::Commercial),
        window: "180 days",
        formula: "expansions opened",
        score: expansion,
    },
    Metric {
        id: MetricId::C4,
        name: "budget",
        unit: "points",
        help: "Whether there is money for it, by status or by what texts say.",
        topic: None,
        window: "200 days",
        formula: "points of the last status; at most 40 after a concern",
        score: budget,
    },
    Metric {
        id: MetricId::C5,
        name: "competition",
        unit: "mentions",
        help: "Whether others are spoken of, in events or texts.",
        topic: None,
        window: "180 days",
        formula: "sum over mentions of 2^(-age in days / 30)",
        score: competition,
    },
];

fn payments(account: &Account, health: &HealthModel, now: Timestamp) -> Option<f64> {
    let (invoices, model) = (&account.commercial.invoices, &health.metrics.c1);
    let (mut due, mut points) = (0_u32, 0.0);
    for invoice in invoices.by_id.values() {
        if let Some(days) = days_late(invoice, model, now) {
            due += 1;
            points += model.anchors.at(days);
        }
    }
    let start = window::since(now, model.failed_window_days).start();
    let failures = invoices.failures.as_slice();
    let failed = failures.len() - failures.partition_point(|failure| failure.stamp.at < start);
    if due == 0 && failed == 0 {
        return None;
    }
    let mean = if due > 0 { points / f64::from(due) } else { 100.0 };
    Some((mean - model.failed_points * failed as f64).max(0.0))
}

/// How late an invoice was paid, or is; nothing when it does not count.
fn days_late(invoice: &Invoice, model: &Payments, now: Timestamp) -> Option<f64> {
    let issued_from = window::since(now, model.issued_window_days).start();
    invoice.issued_at.filter(|issued_at| *issued_at >= issued_from)?;
    let due_from = window::since(now, model.due_window_days).start();
    let due_at = invoice.due_at().filter(|due_at| (due_from..now).contains(due_at))?;
    Some(invoice.paid_at.unwrap_or(now).days_since(due_at).max(0.0))
}

fn renewal(account: &Account, health: &HealthModel, now: Timestamp) -> Option<f64> {
    let (talks, model) = (&account.commercial.renewal, &health.metrics.c2);
    let intent_from = window::since(now, model.intent_window_days).start();
    if let Some(intent) = talks.intent.get()
        && talks.intent.at().is_some_and(|at| at >= intent_from)
    {
        return Some(model.intents.of(*intent));
    }
    if health.position.of(account, now) != ContractPosition::Renewal {
        return None;
    }
    let talk_from = account.contract_end()?.plus_days(-i64::from(model.talk_days));
    let touches = talks.touches_between(talk_from, now.plus_days(-i64::from(model.reply_days)));
    let replies = talks.replies.between(talk_from, now);
    let share = (replies.len() as f64 / touches.len() as f64).min(1.0);
    (!touches.is_empty()).then(|| model.anchors.at(share))
}

fn expansion(account: &Account, health: &HealthModel, now: Timestamp) -> Option<f64> {
    let (opened, model) = (&account.commercial.expansions_opened, &health.metrics.c3);
    let opened = opened.since(window::since(now, model.window_days));
    Some(model.anchors.at(opened.len() as f64))
}

fn budget(account: &Account, health: &HealthModel, now: Timestamp) -> Option<f64> {
    let (budget, model) = (&account.commercial.budget, &health.metrics.c4);
    let start = window::since(now, model.window_days).start();
    let status = budget.status().filter(|(told, _)| told.at >= start);
    let concern = account.last_budget_concern().filter(|told| told.at >= start);
    match (status, concern) {
        (Some((told, status)), Some(concern)) if concern > told => {
            Some(model.of(status).min(model.concern_max))
        }
        (Some((_, status)), _) => Some(model.of(status)),
        (None, Some(_)) => Some(model.concern_max),
        (None, None) => None,
    }
}

fn competition(account: &Account, health: &HealthModel, now: Timestamp) -> Option<f64> {
    let model = &health.metrics.c5;
    let start = window::since(now, model.window_days);
    let mentions = || account.competitor_mentions_decayed(now, start, model.half_life_days);
    account.is_competition_known().then(|| model.anchors.at(mentions()))
}
