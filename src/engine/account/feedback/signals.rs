//! The churn signal of the feedback facet: `scoring.md` §3.
//!
//! The state that it reads is kept in `feedback.rs`, its numbers in the model file.

use crate::engine::event::Topic;
use crate::engine::signal::{Case, Observation, Observations, Signal, SignalId, Tier};
use crate::engine::window;

/// The rows of the catalogue.
pub static SIGNALS: [Signal; 1] = [Signal {
    id: SignalId::NpsDecline,
    tier: Tier::Moderate,
    help: "They would recommend us less, or hardly.",
    topic: Some(Topic::Feedback),
    window: "100 days against the 100 before",
    formula: "the larger of pwl(mean answer) and pwl(mean answer before - now)",
    x: nps_decline,
    observed: observe_nps_decline,
}];

/// The mean answer now and before, 0 to 10, each where there is one.
fn mean_answers(case: &Case<'_>) -> (Option<f64>, Option<f64>) {
    let (feedback, model) = (&case.account.feedback, &case.churn.signals.nps_decline);
    let (from, to) = window::before(case.as_of, model.window_days, model.baseline_days);
    let mean = |sum: u32, answers: u32| (answers > 0).then(|| f64::from(sum) / f64::from(answers));
    (
        mean(feedback.scores.since(to), feedback.answers.since(to)),
        mean(feedback.scores.between(from, to), feedback.answers.between(from, to)),
    )
}

fn nps_decline(case: &Case<'_>) -> Option<f64> {
    let model = &case.churn.signals.nps_decline;
    let (now, before) = mean_answers(case);
    let now = now?;
    let fall = before.map_or(0.0, |before| model.fall_curve.at(before - now));
    Some(model.score_curve.at(now).max(fall))
}

fn observe_nps_decline(case: &Case<'_>) -> Observations {
    let (now, before) = mean_answers(case);
    let now = now.map(|mean| Observation::number("mean_answer", mean));
    let before = before.map(|mean| Observation::number("mean_answer_before", mean));
    now.into_iter().chain(before).collect()
}
