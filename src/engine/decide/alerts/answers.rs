//! What people answer to alerts: acknowledged, snoozed, resolved.
//!
//! How the command is read and answered is said in `decide/orders.rs`.

use super::record;
use crate::engine::account::workflow::Workflow;
use crate::engine::account::workflow::episodes::{
    Answer, Episode, Phase, RESPONSES_MAX, Raised, Response, Snooze,
};
use crate::engine::decide::{Looks, Situation};
use crate::engine::output::Output;
use crate::engine::output::alert::{Resolution, Transition};
use crate::engine::output::deliverable::Refusal;
use crate::engine::time::{DAY_MS, SECOND_MS, Timestamp};

/// What somebody wants of an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine::decide) enum Asked {
    /// They look after it.
    Acknowledge,
    /// It is to be quiet.
    Snooze {
        /// Until when.
        until: Timestamp,
    },
    /// It is done with.
    Resolve,
}

/// Does what somebody wants of an alert.
///
/// # Errors
/// Why it is refused; nothing changed then.
pub(in crate::engine::decide) fn answer(
    situation: &Situation<'_>,
    workflow: &mut Workflow,
    (alert_id, asked): (&str, Asked),
    look: &mut Looks,
    outputs: &mut Vec<Output>,
) -> Result<(), Refusal> {
    let is_it = |episode: &Episode| {
        let raised = episode.raised();
        raised.is_some_and(|it| record::alert_id(situation, episode, it).to_string() == alert_id)
    };
    let Some(place) = workflow.episodes.iter().position(is_it) else {
        let message = "no alert with this id is open: it may have ended, see cs.account-work";
        return Err(refusal("unknown_alert", "alert_id", message));
    };
    let episode = workflow.episodes[place].clone();
    let Phase::Raised(mut raised) = episode.phase.clone() else { return Ok(()) };
    let transition = match asked {
        Asked::Resolve => {
            let how = Resolution::Manual;
            outputs.push(record::resolved(situation, workflow, (&episode, &raised), how));
            let rule = situation.model.alerts.rule(&episode.rule);
            let days = rule.map_or(0, |rule| i64::from(rule.reopen_after_days));
            let until = situation.now.plus_millis(days * DAY_MS);
            look.at(until);
            workflow.episodes[place].phase = Phase::Dismissed { until, is_counted: false };
            return Ok(());
        }
        Asked::Snooze { until } if until <= situation.now => {
            return Err(refusal("in_the_past", "until", "must lie ahead"));
        }
        Asked::Snooze { until } => {
            look.at(until);
            let is_acknowledged = raised.is_acknowledged();
            raised.answer = Answer::Snoozed(Snooze { until, is_acknowledged, is_counted: false });
            Transition::Snoozed
        }
        Asked::Acknowledge if raised.answer == Answer::Acknowledged => {
            let message = "somebody acknowledged it already: nothing to do";
            return Err(refusal("already_acknowledged", "alert_id", message));
        }
        Asked::Acknowledge => {
            if !raised.is_acknowledged() {
                note_response(situation, workflow, &episode, &raised);
            }
            raised.answer = Answer::Acknowledged;
            Transition::Acknowledged
        }
    };
    raised.sequence += 1;
    let rule = situation.model.alerts.rule(&episode.rule);
    let observed = rule.and_then(|rule| record::first_figure(situation, workflow, rule));
    raised.observed = observed.map(|(value, _)| value).or(raised.observed);
    outputs.push(record::said(situation, workflow, (&episode, &raised), transition));
    workflow.episodes[place].phase = Phase::Raised(raised);
    Ok(())
}

fn note_response(
    situation: &Situation<'_>,
    workflow: &mut Workflow,
    episode: &Episode,
    raised: &Raised,
) {
    if workflow.responses.len() == RESPONSES_MAX {
        workflow.responses.remove(0);
    }
    let ms = situation.now.millis_since(raised.raised_at).max(0);
    let secs = (ms / SECOND_MS).unsigned_abs();
    let alert_id = record::alert_id(situation, episode, raised);
    workflow.responses.push(Response { alert_id, secs });
}

fn refusal(code: &'static str, field: &'static str, message: &str) -> Refusal {
    Refusal { code: code.into(), field: Some(field.into()), message: message.to_owned() }
}
