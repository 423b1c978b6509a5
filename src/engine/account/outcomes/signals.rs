//! The churn signal of the outcomes facet: `scoring.md` §3.
//!
//! The state that it reads is kept in `outcomes.rs`, its numbers in the model file.

use crate::engine::event::Topic;
use crate::engine::signal::{Case, Observation, Observations, Signal, SignalId, Tier};
use crate::engine::time::Timestamp;
use crate::engine::window;

/// The rows of the catalogue.
pub static SIGNALS: [Signal; 1] = [Signal {
    id: SignalId::ProjectDelay,
    tier: Tier::Early,
    help: "Their project runs late.",
    topic: Some(Topic::Outcomes),
    window: "delays of 365 days, half-life 60 days; milestones due in 180 days",
    formula: "the larger of the sum over delays of 2^(-age / half-life) and the milestones missed \
              by more than 14 days",
    x: project_delay,
    observed: observe_project_delay,
}];

/// When the milestones were due that are missed.
fn missed<'a>(case: &'a Case<'_>) -> impl Iterator<Item = Timestamp> + use<'a> {
    let model = &case.churn.signals.project_delay;
    let start = window::since(case.as_of, model.due_window_days).start();
    let milestones = case.account.outcomes.milestones.values();
    let open = milestones.filter(|milestone| milestone.completed_at.is_none());
    open.filter_map(|milestone| milestone.due_at()).filter(move |due_at| {
        *due_at >= start && case.as_of.days_since(*due_at) > model.overdue_above_days
    })
}

fn project_delay(case: &Case<'_>) -> Option<f64> {
    let model = &case.churn.signals.project_delay;
    let start = window::since(case.as_of, model.window_days);
    let delays = &case.account.outcomes.project_delays;
    let told = delays.decayed(case.as_of, start, model.half_life_days);
    Some(model.curve.at(told.max(missed(case).count() as f64)))
}

fn observe_project_delay(case: &Case<'_>) -> Observations {
    let start = window::since(case.as_of, case.churn.signals.project_delay.window_days);
    let delays = case.account.outcomes.project_delays.since(start);
    let mut observed = Observations::new();
    observed.push(Observation::count("delays", delays.len()));
    observed.extend(Observation::instant("last_delayed_at", delays.last().copied()));
    observed.push(Observation::count("milestones_missed", missed(case).count()));
    observed.extend(Observation::instant("first_missed_due_at", missed(case).min()));
    observed
}
