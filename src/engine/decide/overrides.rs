//! Overrides of health: when one begins, and that it ends by itself.
//!
//! Which command counts is said in `account/workflow/overrides.rs`.

use super::Looks;
use crate::engine::account::fact::{Detail, Fact};
use crate::engine::account::order::Wish;
use crate::engine::account::workflow::Workflow;
use crate::engine::assess::Assessment;
use crate::engine::time::Timestamp;

/// What became of the override.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Noted {
    /// Nothing.
    Same,
    /// One was taken; it may be over already.
    Taken,
    /// It ended.
    Ended,
}

/// Takes overrides from `facts` and ends the one that is over.
pub(super) fn note(
    facts: &[Fact],
    workflow: &mut Workflow,
    now: Timestamp,
    look: &mut Looks,
) -> Noted {
    let mut noted = Noted::Same;
    for fact in facts {
        if let Detail::Order(order) = &fact.detail
            && let Wish::OverrideHealth(Some(said)) = &order.wish
            && workflow.overrides.take(said)
        {
            noted = Noted::Taken;
        }
    }
    if workflow.overrides.expire(now) {
        noted = Noted::Ended;
    }
    if let Some(it) = workflow.overrides.in_force() {
        look.at(it.expires_at);
    }
    noted
}

/// The score to show: the computed one unless somebody overrode it, with one decimal.
pub(super) fn displayed_score(assessment: &Assessment, workflow: &Workflow) -> f64 {
    workflow
        .overrides
        .in_force()
        .map_or(assessment.health_score, |it| crate::engine::assess::round_half_up(it.value, 1))
}
