//! Commands about runs: a step is done or not needed, a run is not needed, a playbook is to begin.
//!
//! Commands about alerts and the answers to all of them are the business of `decide/orders.rs`.

use super::advance::Progress;
use super::plan::{Beginning, Changing, begin};
use super::{Situation, Word, dates, playbook};
use crate::engine::account::order::{Order, StepOrder, Wish};
use crate::engine::account::workflow::Workflow;
use crate::engine::account::workflow::runs::{Cause, RUNS_MAX};
use crate::engine::decide::Looks;
use crate::engine::output::Output;
use crate::engine::output::deliverable::Refusal;
use crate::engine::output::playbook::RunTransition;
use crate::engine::output::work::{RunStatus, StepStatus};
use crate::engine::stamp::Stamp;

/// Carries a command about runs out.
///
/// # Errors
/// Why it is refused, for whoever asked; nothing changed then.
pub(in crate::engine::decide) fn order(
    situation: &Situation<'_>,
    workflow: &mut Workflow,
    (order, stamp): (&Order, &Stamp),
    look: &mut Looks,
    outputs: &mut Vec<Output>,
) -> Result<(), Refusal> {
    let mut held = std::mem::take(&mut workflow.held);
    let changing = &mut Changing { workflow, held: &mut held, look, outputs };
    let done = match &order.wish {
        Wish::CompleteStep(step) => close_step(situation, changing, step, order, StepStatus::Done),
        Wish::SkipStep(step) => close_step(situation, changing, step, order, StepStatus::Skipped),
        Wish::CancelRun { run_id, reason } => cancel(situation, changing, run_id, reason),
        Wish::StartPlaybook { playbook } => {
            start_playbook(situation, changing, playbook, order, stamp)
        }
        _ => Ok(()),
    };
    workflow.held = held;
    done
}

fn close_step(
    situation: &Situation<'_>,
    changing: &mut Changing<'_>,
    wanted: &StepOrder,
    order: &Order,
    status: StepStatus,
) -> Result<(), Refusal> {
    let mut progress = run_of(situation, changing, &wanted.run_id)?;
    let run = progress.run();
    let Some(nth) = run.place_of(&wanted.step) else {
        let ids: Vec<&str> = run.steps.iter().map(|step| step.id.as_str()).collect();
        let message = format!("the run has no such step; it has {}", ids.join(", "));
        return Err(refusal("unknown_step", "step", message));
    };
    if run.steps[nth].is_over() {
        return Err(refusal("step_done", "step", "the step is over already: nothing to do"));
    }
    let reason = format!("reported by {}", order.actor);
    if status == StepStatus::Done {
        progress.finish_time(nth, &reason);
    } else {
        let word = Word::new(RunTransition::StepSkipped, situation.now, reason);
        progress.finish(nth, status, word);
    }
    progress.go(&[]);
    Ok(())
}

fn cancel(
    situation: &Situation<'_>,
    changing: &mut Changing<'_>,
    run_id: &str,
    reason: &str,
) -> Result<(), Refusal> {
    run_of(situation, changing, run_id)?.end(RunStatus::Cancelled, reason);
    Ok(())
}

/// The open run of this id.
fn run_of<'a, 's>(
    situation: &'a Situation<'s>,
    changing: &'a mut Changing<'_>,
    run_id: &str,
) -> Result<Progress<'a, 's>, Refusal> {
    let id = run_id.parse::<uuid::Uuid>().ok();
    let place = changing.workflow.runs.runs.iter().position(|run| Some(run.run_id) == id);
    let Some(place) = place else {
        let message = "the account has no such run, or it ended more than a day ago";
        return Err(refusal("unknown_run", "run_id", message));
    };
    if !changing.workflow.runs.runs[place].is_open() {
        return Err(refusal("run_ended", "run_id", "the run ended: start its playbook anew"));
    }
    let Changing { workflow, held, look, outputs } = changing;
    Ok(Progress { situation, workflow, held, look, outputs, place, is_changed: true })
}

fn start_playbook(
    situation: &Situation<'_>,
    changing: &mut Changing<'_>,
    id: &str,
    order: &Order,
    stamp: &Stamp,
) -> Result<(), Refusal> {
    let refuse = |code, message: &str| Err(refusal(code, "playbook", message));
    let Some(playbook) = playbook(situation, id) else {
        return refuse("unknown_playbook", "the model has no such playbook");
    };
    if !playbook.enabled {
        return refuse("playbook_disabled", "the model leaves it out for this segment");
    }
    if changing.workflow.churned_at.is_some() != playbook.for_churned {
        return refuse("not_applicable", "it is not for customers that left, or only for them");
    }
    let runs = &changing.workflow.runs;
    if runs.open_of(id).count() >= playbook.parallel_max as usize {
        return refuse("already_running", "a run of it is open: wait for its end or cancel it");
    }
    if runs.open().count() >= RUNS_MAX {
        return refuse("too_many_runs", "the account has as many open runs as it may have");
    }
    let anchor = playbook.start.date.map(|date| date.of);
    let anchor_at = anchor.and_then(|of| dates::date(situation, of));
    let lead_days = playbook.start.every.map(|cadence| i64::from(cadence.lead_days));
    let beginning = Beginning {
        cause: Cause::Command { event_id: stamp.event_id.clone(), actor: order.actor.clone() },
        anchor_at: anchor_at.or_else(|| Some(situation.now.plus_days(lead_days?))),
        anchor: anchor_at.and(anchor),
        cadence: playbook.start.every.map(|cadence| cadence.of),
        ..Beginning::new(
            format!("command {}", stamp.event_id),
            format!("asked for by {}", order.actor),
        )
    };
    begin(situation, (id, playbook), &beginning, changing);
    Ok(())
}

fn refusal(code: &'static str, field: &'static str, message: impl Into<String>) -> Refusal {
    Refusal { code: code.into(), field: Some(field.into()), message: message.into() }
}
