//! Commands: carried out or refused, and answered each with a `command_result`.
//!
//! What a command about a run does is said in `playbooks/orders.rs`, about an alert in
//! `alerts/answers.rs`; operations are answered with their deliverable, not here.

use compact_str::CompactString;

use super::alerts::{self, Asked};
use super::{Looks, Situation, insights, playbooks};
use crate::engine::account::fact::{Detail, Fact};
use crate::engine::account::order::{Order, Wish};
use crate::engine::account::workflow::Workflow;
use crate::engine::account::workflow::episodes::Hold;
use crate::engine::output::deliverable::{AnswerStatus, COMMAND_RESULT, Deliverable, Refusal};
use crate::engine::output::{Output, OutputBody};
use crate::engine::stamp::Stamp;

/// Carries out the commands among `facts` and answers each; says whether there was any.
pub(super) fn carry_out(
    situation: &Situation<'_>,
    facts: &[Fact],
    workflow: &mut Workflow,
    look: &mut Looks,
    outputs: &mut Vec<Output>,
) -> bool {
    let mut any = false;
    for fact in facts {
        let Detail::Order(order) = &fact.detail else { continue };
        let Some(command) = command(&order.wish) else { continue };
        any = true;
        let done = carry(situation, workflow, (order, &fact.stamp), look, outputs);
        let status = if done.is_ok() { AnswerStatus::Applied } else { AnswerStatus::Refused };
        let answer = Deliverable {
            account_id: situation.account_id.clone(),
            at: situation.now,
            model_version: situation.model.version().into(),
            request_id: fact.stamp.event_id.clone(),
            operation: CompactString::const_new(COMMAND_RESULT),
            command: Some(CompactString::const_new(command)),
            actor: Some(order.actor.clone()),
            status,
            error: done.err(),
        };
        outputs.push(situation.output(OutputBody::Deliverable(Box::new(answer))));
    }
    any
}

/// The command's type; nothing for an operation.
const fn command(wish: &Wish) -> Option<&'static str> {
    Some(match wish {
        Wish::AcknowledgeAlert { .. } => "acknowledge_alert",
        Wish::SnoozeAlert { .. } => "snooze_alert",
        Wish::ResolveAlert { .. } => "resolve_alert",
        Wish::CompleteStep(_) => "complete_step",
        Wish::SkipStep(_) => "skip_step",
        Wish::CancelRun { .. } => "cancel_run",
        Wish::StartPlaybook { .. } => "start_playbook",
        Wish::OverrideHealth(_) => "override_health",
        Wish::LogTouchpoint => "log_touchpoint",
        Wish::HoldAccount { .. } => "hold_account",
        Wish::ErasePerson => "erase_person",
        Wish::Operation { .. } => return None,
    })
}

fn carry(
    situation: &Situation<'_>,
    workflow: &mut Workflow,
    (order, stamp): (&Order, &Stamp),
    look: &mut Looks,
    outputs: &mut Vec<Output>,
) -> Result<(), Refusal> {
    if situation.account.first_event_at().is_none() {
        let message = "nothing is known of this account: an event of it must come first";
        return Err(refusal("unknown_account", "account_id", message));
    }
    match &order.wish {
        Wish::AcknowledgeAlert { alert_id } => {
            let asked = (alert_id.as_str(), Asked::Acknowledge);
            alerts::answer(situation, workflow, asked, look, outputs)
        }
        Wish::SnoozeAlert { alert_id, until, .. } => {
            let asked = (alert_id.as_str(), Asked::Snooze { until: *until });
            alerts::answer(situation, workflow, asked, look, outputs)
        }
        Wish::ResolveAlert { alert_id, .. } => {
            let asked = (alert_id.as_str(), Asked::Resolve);
            alerts::answer(situation, workflow, asked, look, outputs)
        }
        Wish::CompleteStep(_)
        | Wish::SkipStep(_)
        | Wish::CancelRun { .. }
        | Wish::StartPlaybook { .. } => {
            playbooks::order(situation, workflow, (order, stamp), look, outputs)
        }
        Wish::OverrideHealth(None) => {
            Err(refusal("in_the_past", "expires_at", "must be later than the command's own ts"))
        }
        Wish::OverrideHealth(Some(said)) if !workflow.overrides.is_last(said) => {
            let message = "a later override was said already: say this one again to have it";
            Err(refusal("superseded", "ts", message))
        }
        Wish::HoldAccount { until, .. } if *until <= situation.now => {
            Err(refusal("in_the_past", "until", "must lie ahead"))
        }
        Wish::HoldAccount { until, reason, features } => {
            workflow.hold = Some(Hold { until: *until });
            look.at(*until);
            outputs.push(insights::impact(situation, reason, features, *until));
            Ok(())
        }
        Wish::OverrideHealth(Some(_))
        | Wish::LogTouchpoint
        | Wish::ErasePerson
        | Wish::Operation { .. } => Ok(()),
    }
}

fn refusal(code: &'static str, field: &'static str, message: &str) -> Refusal {
    Refusal { code: code.into(), field: Some(field.into()), message: message.to_owned() }
}
