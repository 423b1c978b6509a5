//! Figures of the work at an account: goals, alerts, runs.
//!
//! What was said and done is kept in `account/workflow/`.

use super::{Figure, Known, Value};
use crate::engine::assess::lifecycle::Onboarding;

pub(super) static FIGURES: [Figure; 3] = [
    Figure {
        name: "onboarding_goals_behind",
        unit: "goals",
        help: "Goals of onboarding that are past their due time and not met.",
        topics: &[],
        value: Value::Of(onboarding_goals_behind),
    },
    Figure {
        name: "open_alerts",
        unit: "alerts",
        help: "Alerts that are open.",
        topics: &[],
        value: Value::Of(|known| Some(known.workflow.open_alerts() as f64)),
    },
    Figure {
        name: "renewal_steps_left_behind",
        unit: "steps",
        help: "Open steps of a stage of the renewal while a later one has begun.",
        topics: &[],
        value: Value::Of(renewal_steps_left_behind),
    },
];

fn onboarding_goals_behind(known: &Known<'_>) -> Option<f64> {
    let situation = known.situation;
    let model = situation.model.of(situation.assessment.segment);
    let onboarding = Onboarding::of(model, situation.account, situation.now)?;
    let goals = onboarding.goals();
    let behind = goals.iter().filter(|(_, goal)| !goal.is_met && goal.due_at <= situation.now);
    Some(behind.count() as f64)
}

fn renewal_steps_left_behind(known: &Known<'_>) -> Option<f64> {
    Some(f64::from(known.workflow.renewal_steps_left_behind()))
}
