//! Playbooks: runs that begin, go on and end.
//!
//! What a playbook says is written in the model file (`model/playbooks.rs`); what is kept of a run
//! stands in `account/workflow/runs.rs`.

use std::collections::BTreeMap;

use compact_str::CompactString;
use serde_json::Value;
use uuid::Uuid;

use super::Situation;
use crate::engine::account::workflow::runs::{Cause, Run, RunStep};
use crate::engine::event::Topic;
use crate::engine::model::condition::Node;
use crate::engine::model::playbooks::step::Span;
use crate::engine::model::playbooks::{Clock, Playbook};
use crate::engine::output::playbook::{
    Role, RunRecord, RunTransition, StepPlan, Trigger, TriggerKind,
};
use crate::engine::output::{Output, OutputBody};
use crate::engine::time::{SECOND_MS, Timestamp};

mod advance;
mod dates;
mod fills;
mod orders;
mod plan;
mod start;
mod steps;

pub(super) use advance::{advance, cancel_all};
pub(super) use orders::order;
pub(super) use start::start;

/// Namespace of run ids.
const RUN_NAMESPACE: Uuid = Uuid::from_u128(0x1b0e_77d4_52c9_5d0f_9b43_8c1d_2a6e_90f7);

/// What one needs to know to act.
type Context = BTreeMap<CompactString, Value>;

/// What is said of a run.
struct Word {
    transition: RunTransition,
    /// When it happened, or was due.
    at: Timestamp,
    reason: String,
    context: Context,
    steps: Option<Vec<StepPlan>>,
}

impl Word {
    fn new(transition: RunTransition, at: Timestamp, reason: impl Into<String>) -> Self {
        Self { transition, at, reason: reason.into(), context: Context::new(), steps: None }
    }
}

/// The id of the run that `what` began: of equal starts it is the same one.
fn run_id(situation: &Situation<'_>, playbook: &str, what: &str) -> Uuid {
    let identity = situation.identity(&format!("{playbook}\0{what}"));
    Uuid::new_v5(&RUN_NAMESPACE, identity.as_bytes())
}

/// Says what happened to a run, or to one of its steps.
fn say(
    situation: &Situation<'_>,
    run: &mut Run,
    step: Option<usize>,
    word: Word,
    outputs: &mut Vec<Output>,
) {
    run.sequence += 1;
    let step = step.map(|place| &run.steps[place]);
    let escalated = word.transition == RunTransition::StepEscalated;
    let role = step.map(|step| if escalated { step.escalate_to } else { step.role });
    let late_ms = situation.wall.millis_since(word.at).max(0);
    let record = RunRecord {
        account_id: situation.account_id.clone(),
        at: word.at,
        model_version: situation.model.version().into(),
        run_id: run.run_id,
        playbook: run.playbook.clone(),
        playbook_version: run.version.clone(),
        transition: word.transition,
        sequence: run.sequence,
        step: step.map(|step| step.id.clone()),
        owner_role: role,
        owner: role.and_then(|role| owner(situation, role)),
        due_at: step.and_then(|step| step.due_at),
        late_by_seconds: (late_ms / SECOND_MS).unsigned_abs(),
        trigger: trigger(&run.cause),
        reason: word.reason,
        context: word.context,
        steps: word.steps,
    };
    outputs.push(situation.output(OutputBody::Run(Box::new(record))));
}

/// Who that is, as far as one is known.
fn owner(situation: &Situation<'_>, role: Role) -> Option<CompactString> {
    (role == Role::Csm).then(|| situation.owner().0.clone())
}

/// What began a run, as it is published.
pub(in crate::engine) fn trigger(cause: &Cause) -> Trigger {
    let (kind, metric, event_id, value) = match cause {
        Cause::Condition { what, value } => {
            (TriggerKind::Condition, Some(what), None, value.map(Value::from))
        }
        Cause::Event { event_id, what } => (TriggerKind::Event, Some(what), Some(event_id), None),
        Cause::Date { what, at } => {
            (TriggerKind::Date, Some(what), None, Some(Value::from(at.to_string())))
        }
        Cause::Command { event_id, .. } => (TriggerKind::Command, None, Some(event_id), None),
    };
    Trigger { kind, metric: metric.cloned(), event_id: event_id.cloned(), value }
}

/// What a step of a run is called: as the model in force says, else its id.
pub(in crate::engine) fn title(situation: &Situation<'_>, run: &Run, step: &RunStep) -> String {
    let playbook = playbook(situation, &run.playbook);
    let known = playbook.and_then(|playbook| playbook.steps.get(step.id.as_str()));
    known.map_or_else(|| step.id.to_string(), |known| known.title.clone())
}

/// The playbook of this id for the account's segment.
fn playbook<'a>(situation: &Situation<'a>, id: &str) -> Option<&'a Playbook> {
    situation.model.of(situation.assessment.segment).playbooks.get(id)
}

/// A span later, by a clock.
fn after(situation: &Situation<'_>, from: Timestamp, span: Span, clock: Clock) -> Timestamp {
    let timezone = situation.account.profile.said().and_then(|said| said.timezone.as_deref());
    let calendar = &situation.model.of(situation.assessment.segment).calendar;
    calendar.due_at(clock, from, span, timezone)
}

/// Whether a condition cannot be told because a feed stopped.
fn is_silent(situation: &Situation<'_>, node: &Node) -> bool {
    node.reads_any(&|topic: Topic| situation.fleet.silences.since(topic).is_some())
}
