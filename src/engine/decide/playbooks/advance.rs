//! Runs that are open go on: they are cancelled when their reason is gone, and end when nothing is
//! left to do.
//!
//! What becomes of each step stands in `steps.rs`; how runs begin, in `start.rs`.

use super::{Situation, Word, after, dates, is_silent, say};
use crate::engine::account::fact::Fact;
use crate::engine::account::workflow::Workflow;
use crate::engine::account::workflow::held::Held;
use crate::engine::account::workflow::runs::{ENDED_MS, Run};
use crate::engine::decide::Looks;
use crate::engine::figure::Known;
use crate::engine::model::condition::Node;
use crate::engine::model::playbooks::step::CountedFrom;
use crate::engine::output::Output;
use crate::engine::output::playbook::RunTransition;
use crate::engine::output::work::{RunStatus, StepStatus};

/// One run on its way.
pub(super) struct Progress<'a, 's> {
    pub(super) situation: &'a Situation<'s>,
    pub(super) workflow: &'a mut Workflow,
    pub(super) held: &'a mut Held,
    pub(super) look: &'a mut Looks,
    pub(super) outputs: &'a mut Vec<Output>,
    /// The place of the run.
    pub(super) place: usize,
    /// Something that is kept changed, be it said or not.
    pub(super) is_changed: bool,
}

/// Lets every open run go on; says whether anything that is kept changed.
pub(in crate::engine::decide) fn advance(
    situation: &Situation<'_>,
    facts: &[Fact],
    workflow: &mut Workflow,
    look: &mut Looks,
    outputs: &mut Vec<Output>,
) -> bool {
    if workflow.runs.runs.is_empty() {
        return false;
    }
    let mut changed = workflow.runs.forget_ended(situation.now);
    let mut held = std::mem::take(&mut workflow.held);
    for place in 0..workflow.runs.runs.len() {
        let held = &mut held;
        let mut progress =
            Progress { situation, workflow, held, look, outputs, place, is_changed: false };
        progress.go(facts);
        changed |= progress.is_changed;
    }
    workflow.held = held;
    changed
}

/// Cancels every open run.
pub(in crate::engine::decide) fn cancel_all(
    situation: &Situation<'_>,
    workflow: &mut Workflow,
    look: &mut Looks,
    outputs: &mut Vec<Output>,
    reason: &str,
) {
    let mut held = std::mem::take(&mut workflow.held);
    for place in 0..workflow.runs.runs.len() {
        let held = &mut held;
        let mut progress =
            Progress { situation, workflow, held, look, outputs, place, is_changed: false };
        if progress.run().is_open() {
            progress.end(RunStatus::Cancelled, reason);
        }
    }
    workflow.held = held;
}

impl Progress<'_, '_> {
    /// Lets the run go on as of now.
    pub(super) fn go(&mut self, facts: &[Fact]) {
        if self.run().is_open() {
            if let Some(reason) = self.cancel_reason(facts) {
                self.end(RunStatus::Cancelled, reason);
            } else {
                self.follow_appointment();
                // What began the run may have done a step of it already.
                for nth in 0..self.run().steps.len() {
                    self.open(nth);
                }
                self.take_facts(facts);
                self.settle();
                if self.run().steps.iter().all(|step| step.is_over()) {
                    self.end(RunStatus::Completed, "all steps are over");
                }
            }
        }
        if let Some(ended_at) = self.run().ended_at {
            self.look.at(ended_at.plus_millis(ENDED_MS));
        }
    }

    pub(super) fn run(&self) -> &Run {
        &self.workflow.runs.runs[self.place]
    }

    pub(super) fn run_mut(&mut self) -> &mut Run {
        self.is_changed = true;
        &mut self.workflow.runs.runs[self.place]
    }

    /// Whether a condition of the run holds; nothing where there is none, or none that can be told.
    pub(super) fn asks(&mut self, pick: impl Fn(&Run) -> Option<&Node>) -> Option<bool> {
        let workflow: &Workflow = self.workflow;
        let run = &workflow.runs.runs[self.place];
        let node = pick(run).filter(|node| !is_silent(self.situation, node))?;
        let known = Known { situation: self.situation, workflow, run: Some(run) };
        Some(node.holds(&known, self.held, self.look))
    }

    /// Says what happened to the run or one of its steps.
    pub(super) fn say(&mut self, step: Option<usize>, word: Word) {
        self.is_changed = true;
        let run = &mut self.workflow.runs.runs[self.place];
        say(self.situation, run, step, word, self.outputs);
    }

    fn cancel_reason(&mut self, facts: &[Fact]) -> Option<String> {
        let run = self.run();
        if self.workflow.churned_at.is_some() && !run.for_churned {
            return Some("churned".to_owned());
        }
        let counts = |fact: &&Fact| fact.stamp.at >= run.since && fact.is_any(run.cancel_on);
        if let Some(fact) = facts.iter().find(counts) {
            let kind = fact.kinds.iter().find(|kind| run.cancel_on.contains(*kind));
            return Some(kind.map_or("an event", |kind| kind.name()).to_owned());
        }
        if let (Some(of), Some(anchor_at)) = (run.anchor, run.anchor_at)
            && !dates::is_still(self.situation, of, anchor_at)
        {
            return Some("the contract changed".to_owned());
        }
        let is_gone = self.asks(|run| run.cancel_when.as_ref()) == Some(true);
        is_gone.then(|| "its reason is gone".to_owned())
    }

    /// Moves the steps with the day that they are counted from, when another one was announced
    /// before it came.
    fn follow_appointment(&mut self) {
        let (run, now) = (self.run(), self.situation.now);
        let Some((of, anchor_at)) = run.cadence.zip(run.anchor_at) else { return };
        let Some(at) = dates::announced(self.situation, of) else { return };
        if anchor_at <= now || at.day() == anchor_at.day() {
            return;
        }
        let situation = self.situation;
        let run = self.run_mut();
        run.anchor_at = Some(at);
        let (clock, playbook) = (run.clock, run.playbook.clone());
        for step in run.steps.iter_mut().filter(|step| step.from == CountedFrom::Anchor) {
            if step.due_at.is_some() && !step.is_over() {
                let due_at = after(situation, at, step.due, clock);
                step.due_at = Some(due_at);
                if due_at > now {
                    step.status = StepStatus::Open;
                    step.escalate_at = None;
                }
            }
        }
        self.workflow.runs.past_mut(&playbook).anchor_at = Some(at);
    }

    /// Ends the run, and forgets what it waited for.
    pub(super) fn end(&mut self, status: RunStatus, reason: impl Into<String>) {
        let now = self.situation.now;
        let transition = match status {
            RunStatus::Cancelled => RunTransition::Cancelled,
            RunStatus::Completed | RunStatus::Open => RunTransition::Completed,
        };
        let run = &mut self.workflow.runs.runs[self.place];
        run.status = status;
        run.ended_at = Some(now);
        let mut nodes: Vec<Node> = run.cancel_when.take().into_iter().collect();
        for step in &mut run.steps {
            nodes.extend(step.done_when.take());
            nodes.extend(step.only_if.take());
            nodes.extend(step.again.take().map(|again| again.until));
            step.escalate_at = None;
        }
        nodes.iter().for_each(|node| node.forget(self.held));
        self.say(None, Word::new(transition, now, reason));
    }
}
