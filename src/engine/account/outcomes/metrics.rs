//! The metrics of the outcomes component, O1 to O5: `scoring.md` §2.
//!
//! The state that they read is kept in `outcomes.rs`, their numbers in the model.

use crate::engine::account::Account;
use crate::engine::account::outcomes::MilestoneState;
use crate::engine::event::Topic;
use crate::engine::metric::{Metric, MetricId};
use crate::engine::model::health::HealthModel;
use crate::engine::model::health::outcomes::Milestones;
use crate::engine::time::Timestamp;
use crate::engine::window;

/// The rows of the catalogue.
pub static METRICS: [Metric; 5] = [
    Metric {
        id: MetricId::O1,
        name: "ROI",
        unit: "ratio",
        help: "Whether the investment brought what it was to bring.",
        topic: Some(Topic::Outcomes),
        window: "the last report of 370 days",
        formula: "realized / target",
        score: roi,
    },
    Metric {
        id: MetricId::O2,
        name: "KPIs",
        unit: "ratio",
        help: "Whether the customer's key figures are where they were to be.",
        topic: Some(Topic::Outcomes),
        window: "the last measurement of each within 100 days",
        formula: "mean of actual / target, each 0 to 1.5",
        score: kpis,
    },
    Metric {
        id: MetricId::O3,
        name: "time to value",
        unit: "days",
        help: "How long the customer waited for the first benefit, or waits.",
        topic: Some(Topic::Outcomes),
        window: "the first year",
        formula: "days from the beginning to the first value; while there is none, the age",
        score: time_to_value,
    },
    Metric {
        id: MetricId::O4,
        name: "use cases",
        unit: "use cases",
        help: "Whether the product is put to more uses or to fewer.",
        topic: Some(Topic::Outcomes),
        window: "180 days",
        formula: "activated - retired",
        score: use_cases,
    },
    Metric {
        id: MetricId::O5,
        name: "milestones",
        unit: "share",
        help: "Whether what was planned is reached in time.",
        topic: Some(Topic::Outcomes),
        window: "due in 180 days",
        formula: "mean of 1 in time (7 days of grace), 0.5 later, 0 missing",
        score: milestones,
    },
];

fn roi(account: &Account, health: &HealthModel, now: Timestamp) -> Option<f64> {
    let (roi, model) = (&account.outcomes.roi, &health.metrics.o1);
    let start = window::since(now, model.window_days).start();
    let reported = roi.get().filter(|_| roi.at().is_some_and(|at| at >= start))?;
    Some(model.anchors.at(reported.ratio()))
}

fn kpis(account: &Account, health: &HealthModel, now: Timestamp) -> Option<f64> {
    let model = &health.metrics.o2;
    let start = window::since(now, model.window_days).start();
    let (mut measured, mut ratios) = (0_u32, 0.0);
    for kpi in account.outcomes.kpis.values() {
        if let Some(last) = kpi.get()
            && kpi.at().is_some_and(|at| at >= start)
        {
            measured += 1;
            ratios += last.ratio().clamp(0.0, model.ratio_max);
        }
    }
    (measured > 0).then(|| model.anchors.at(ratios / f64::from(measured)))
}

fn time_to_value(account: &Account, health: &HealthModel, now: Timestamp) -> Option<f64> {
    let model = &health.metrics.o3;
    let age_days = account.age_days(now);
    if age_days > model.age_max_days {
        return None;
    }
    let days = match account.outcomes.first_value_at {
        Some(first_at) => first_at.days_since(account.created_at()?),
        None if age_days > model.waiting_from_days => age_days,
        None => return None,
    };
    Some(model.anchors.at(days))
}

fn use_cases(account: &Account, health: &HealthModel, now: Timestamp) -> Option<f64> {
    let (outcomes, model) = (&account.outcomes, &health.metrics.o4);
    let start = window::since(now, model.window_days);
    let activated = outcomes.use_cases_activated.since(start).len() as f64;
    let retired = outcomes.use_cases_retired.since(start).len() as f64;
    Some(model.anchors.at(activated - retired))
}

fn milestones(account: &Account, health: &HealthModel, now: Timestamp) -> Option<f64> {
    let model = &health.metrics.o5;
    let (mut due, mut reached) = (0_u32, 0.0);
    for milestone in account.outcomes.milestones.values() {
        if let Some(share) = milestone_share(milestone, model, now) {
            due += 1;
            reached += share;
        }
    }
    (due > 0).then(|| model.anchors.at(reached / f64::from(due)))
}

/// What a milestone counts, 0 to 1; nothing when it was not due in the window.
pub fn milestone_share(
    milestone: &MilestoneState,
    model: &Milestones,
    now: Timestamp,
) -> Option<f64> {
    let start = window::since(now, model.window_days).start();
    let due_at = milestone.due_at().filter(|due_at| (start..now).contains(due_at))?;
    let in_time_until = due_at.plus_days(i64::from(model.grace_days));
    Some(match milestone.completed_at {
        Some(completed_at) if completed_at <= in_time_until => 1.0,
        _ if now <= in_time_until => 1.0,
        Some(_) => model.late_share,
        None => 0.0,
    })
}
