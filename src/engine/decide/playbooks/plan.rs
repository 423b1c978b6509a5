//! A run as it begins: the steps of its playbook with their due times, which it keeps.
//!
//! What begins it is decided in `start.rs`.

use std::collections::BTreeMap;

use compact_str::CompactString;
use serde_json::{Value, json};

use super::advance::Progress;
use super::{Context, Word, after, owner, run_id, say, title};
use crate::engine::account::fact::{Answer, Detail, Fact};
use crate::engine::account::workflow::Workflow;
use crate::engine::account::workflow::held::Held;
use crate::engine::account::workflow::runs::{Again, Cause, RUNS_MAX, Run, RunStep};
use crate::engine::decide::{Looks, Situation};
use crate::engine::message::{self, Message, MessageFacts};
use crate::engine::model::playbooks::Playbook;
use crate::engine::model::playbooks::start::{CadenceOf, DateOf};
use crate::engine::model::playbooks::step::{CountedFrom, Step};
use crate::engine::output::Output;
use crate::engine::output::playbook::{RunTransition, StepPlan};
use crate::engine::output::work::{RunStatus, StepStatus};
use crate::engine::time::Timestamp;

/// What begins a run.
pub(super) struct Beginning<'f> {
    /// What tells this start from all others of the playbook: the same one gives the same id.
    pub(super) key: String,
    pub(super) cause: Cause,
    /// The event that did, if one did.
    pub(super) fact: Option<&'f Fact>,
    /// The day that it is about.
    pub(super) anchor_at: Option<Timestamp>,
    /// The date of the account that this day is.
    pub(super) anchor: Option<DateOf>,
    /// What takes place on it.
    pub(super) cadence: Option<CadenceOf>,
    pub(super) reason: String,
    /// The feature that it is about.
    pub(super) feature: Option<&'f str>,
    /// What was reached.
    pub(super) milestone: Option<&'f str>,
}

impl Beginning<'_> {
    /// A beginning of which nothing more is known; whoever uses it says what the cause is.
    pub(super) fn new(key: String, reason: impl Into<String>) -> Self {
        Self {
            key,
            cause: Cause::Condition { what: CompactString::default(), value: None },
            fact: None,
            anchor_at: None,
            anchor: None,
            cadence: None,
            reason: reason.into(),
            feature: None,
            milestone: None,
        }
    }
}

/// What a look at the playbooks may change.
pub(super) struct Changing<'a> {
    pub(super) workflow: &'a mut Workflow,
    pub(super) held: &'a mut Held,
    pub(super) look: &'a mut Looks,
    pub(super) outputs: &'a mut Vec<Output>,
}

/// Begins a run and lets it go on as far as it can; says whether there was room for it.
pub(super) fn begin(
    situation: &Situation<'_>,
    (id, playbook): (&str, &Playbook),
    beginning: &Beginning<'_>,
    changing: &mut Changing<'_>,
) -> bool {
    let runs = &mut changing.workflow.runs;
    let past = runs.past_mut(id);
    past.started_at = Some(situation.now);
    past.anchor_at = beginning.anchor_at.or(past.anchor_at);
    if runs.open().count() >= RUNS_MAX {
        runs.refused = runs.refused.saturating_add(1);
        return false;
    }
    let mut run = planned(situation, id, playbook, beginning);
    let now = situation.now;
    let word = Word {
        context: context(situation, playbook, beginning),
        steps: Some(plans(situation, &run)),
        ..Word::new(RunTransition::Started, now, beginning.reason.clone())
    };
    say(situation, &mut run, None, word, changing.outputs);
    runs.runs.push(run);
    let place = runs.runs.len() - 1;
    let Changing { workflow, held, look, outputs } = changing;
    let mut progress =
        Progress { situation, workflow, held, look, outputs, place, is_changed: true };
    progress.go(beginning.fact.map_or(&[], std::slice::from_ref));
    true
}

fn planned(
    situation: &Situation<'_>,
    id: &str,
    playbook: &Playbook,
    beginning: &Beginning<'_>,
) -> Run {
    let run_id = run_id(situation, id, &beginning.key);
    let salt = run_id.as_u64_pair().0;
    let steps = playbook.steps.iter().filter(|(_, step)| step.enabled);
    let mut run = Run {
        run_id,
        playbook: id.into(),
        version: playbook.version().into(),
        started_at: situation.now,
        since: beginning.fact.map_or(situation.now, |fact| fact.stamp.at.min(situation.now)),
        cause: beginning.cause.clone(),
        anchor_at: beginning.anchor_at,
        anchor: beginning.anchor,
        cadence: beginning.cadence,
        health_at_start_tenths: (situation.displayed_score * 10.0).round() as u16,
        sequence: 0,
        status: RunStatus::Open,
        ended_at: None,
        for_churned: playbook.for_churned,
        cancel_when: playbook.cancel_when.as_ref().map(|it| it.node.salted(salt)),
        cancel_on: playbook.cancel_on,
        clock: playbook.clock,
        steps: steps.map(|(id, step)| planned_step(id, step, salt)).collect(),
    };
    let by_due: BTreeMap<CompactString, Timestamp> = run
        .steps
        .iter()
        .map(|step| (step.id.clone(), expected_at(situation, &run, step)))
        .collect();
    run.steps.sort_by(|a, b| (by_due[&a.id], &a.id).cmp(&(by_due[&b.id], &b.id)));
    run
}

fn planned_step(id: &str, step: &Step, salt: u64) -> RunStep {
    let times = u8::try_from(step.done_times).unwrap_or(u8::MAX);
    let again = step.every_days.zip(step.until.as_ref());
    RunStep {
        id: id.into(),
        role: step.role,
        status: StepStatus::Waiting,
        due_at: None,
        due: step.due,
        from: step.counted_from(),
        after: step.after.as_ref().map(CompactString::from),
        done_on: step.done_on,
        times_left: times,
        done_when: step.done_when.as_ref().map(|it| it.node.salted(salt)),
        only_if: step.only_if.as_ref().map(|it| it.node.salted(salt)),
        fills: step.fills,
        again: again.map(|(every_days, until)| Again {
            every_days,
            times,
            until: until.node.salted(salt),
        }),
        rule: step.rule().into(),
        escalate_to: step.escalate_to,
        escalate_after: step.escalate_after,
        escalate_at: None,
    }
}

/// When a step will be due if those before it are done in time.
fn expected_at(situation: &Situation<'_>, run: &Run, step: &RunStep) -> Timestamp {
    let from = match (step.from, run.anchor_at, &step.after) {
        (CountedFrom::Anchor, Some(anchor_at), _) => anchor_at,
        (CountedFrom::Step, _, Some(before)) => {
            let before = run.steps.iter().find(|it| it.id == *before);
            before.map_or(run.started_at, |before| expected_at(situation, run, before))
        }
        _ => run.started_at,
    };
    after(situation, from, step.due, run.clock)
}

/// The steps as they are published: those that wait for another have no due time yet.
fn plans(situation: &Situation<'_>, run: &Run) -> Vec<StepPlan> {
    let plan = |step: &RunStep| StepPlan {
        step: step.id.clone(),
        title: title(situation, run, step),
        owner_role: step.role,
        owner: owner(situation, step.role),
        due_at: step.after.is_none().then(|| expected_at(situation, run, step)),
    };
    run.steps.iter().map(plan).collect()
}

fn context(situation: &Situation<'_>, playbook: &Playbook, beginning: &Beginning<'_>) -> Context {
    let mut context = Context::new();
    let mut add = |key: &'static str, value: Value| {
        context.insert(CompactString::const_new(key), value);
    };
    add("title", json!(playbook.title));
    add("health_score", json!(situation.displayed_score));
    if let Some(anchor_at) = beginning.anchor_at {
        add("date", json!(anchor_at));
    }
    if let Some(kind) = playbook.opportunity {
        add("opportunity", json!(kind));
    }
    if !playbook.participants.is_empty() {
        add("participants", json!(playbook.participants));
    }
    if let Some(Detail::Answer(answer)) = beginning.fact.map(|fact| &fact.detail) {
        let Answer { score, respondent_id, survey, .. } = answer;
        add("score", json!(score));
        if let Some(respondent_id) = respondent_id {
            add("respondent_id", json!(respondent_id));
        }
        if let Some(survey) = survey {
            add("survey", json!(survey));
        }
    }
    let messages = messages(situation, playbook, beginning);
    if !messages.is_empty() {
        add("messages", json!(messages));
    }
    context
}

/// The texts for the customer, by the steps that suggest them.
fn messages<'a>(
    situation: &Situation<'_>,
    playbook: &'a Playbook,
    beginning: &Beginning<'_>,
) -> BTreeMap<&'a str, Message> {
    let steps = playbook.steps.iter().filter(|(_, step)| step.enabled);
    let mut steps = steps.filter_map(|(id, step)| Some((id, step.message.as_deref()?))).peekable();
    if steps.peek().is_none() {
        return BTreeMap::new();
    }
    let said = situation.account.profile.said();
    let owned = |text: Option<&CompactString>| text.map(ToString::to_string);
    let facts = MessageFacts {
        account_name: owned(said.and_then(|said| said.name.as_ref())),
        csm: owned(Some(situation.owner().0)),
        plan: owned(said.and_then(|said| said.plan.as_ref())),
        seats: said.and_then(|said| said.seats),
        contract_end: said.and_then(|said| Some(said.contract_end?.day().to_string())),
        feature: beginning.feature.map(str::to_owned).or_else(|| missed_feature(situation)),
        milestone: beginning.milestone.map(str::to_owned),
    };
    steps.filter_map(|(id, text)| Some((id.as_str(), message::render(text, &facts)?))).collect()
}

/// The feature that most healthy accounts like this one use, and it does not.
fn missed_feature(situation: &Situation<'_>) -> Option<String> {
    let Situation { fleet, model, account, assessment, .. } = situation;
    let peers = fleet.peers_of(model, account, assessment);
    peers.unused_features.into_iter().next().map(|it| it.feature.to_string())
}
