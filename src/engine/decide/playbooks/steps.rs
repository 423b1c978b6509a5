//! The steps of a run: they open, are done, fall due, and are handed up.
//!
//! What a step waits for is said in the model file (`model/playbooks/step.rs`).

use super::advance::Progress;
use super::{Word, after, fills};
use crate::engine::account::fact::Fact;
use crate::engine::account::workflow::runs::{Run, RunStep};
use crate::engine::decide::Situation;
use crate::engine::model::playbooks::STEPS_MAX;
use crate::engine::model::playbooks::step::CountedFrom;
use crate::engine::output::playbook::RunTransition;
use crate::engine::output::work::StepStatus;
use crate::engine::time::Timestamp;

/// Days for a step whose turn comes when it should have been done already.
const LATE_DAYS: i64 = 2;

impl Progress<'_, '_> {
    /// Lets facts show what was done; one that happened before the run began shows nothing.
    pub(super) fn take_facts(&mut self, facts: &[Fact]) {
        for fact in facts {
            for nth in 0..self.run().steps.len() {
                let (since, step) = (self.run().since, &self.run().steps[nth]);
                let counts = fact.stamp.at >= since && fact.is_any(step.done_on);
                if !counts || !is_open(step) {
                    continue;
                }
                let done_on = step.done_on;
                let step = &mut self.run_mut().steps[nth];
                step.times_left = step.times_left.saturating_sub(1);
                if step.times_left == 0 {
                    let kind = fact.kinds.iter().find(|kind| done_on.contains(*kind));
                    self.finish_time(nth, kind.map_or("an event", |kind| kind.name()));
                }
            }
        }
    }

    /// Brings all steps to where they stand as of now, one after the other until nothing moves.
    pub(super) fn settle(&mut self) {
        // Each round opens the steps that waited for those of the round before.
        for _ in 0..=STEPS_MAX {
            let mut moved = false;
            for nth in 0..self.run().steps.len() {
                moved |= self.open(nth) | self.close(nth) | self.fall_due(nth);
            }
            if !moved {
                return;
            }
        }
    }

    /// Opens a step whose turn it is.
    pub(super) fn open(&mut self, nth: usize) -> bool {
        let run = self.run();
        let step = &run.steps[nth];
        let is_over = |id: &str| run.place_of(id).is_none_or(|at| run.steps[at].is_over());
        if step.status != StepStatus::Waiting || !step.after.as_deref().is_none_or(is_over) {
            return false;
        }
        let due_at = due_at(self.situation, run, step);
        let step = &mut self.run_mut().steps[nth];
        step.status = StepStatus::Open;
        step.due_at = Some(due_at);
        true
    }

    /// Closes an open step that was done.
    fn close(&mut self, nth: usize) -> bool {
        if !is_open(&self.run().steps[nth]) {
            return false;
        }
        if let Some(fill) = self.run().steps[nth].fills {
            let context = fills::fill(self.situation, fill);
            let now = self.situation.now;
            let word = Word::new(RunTransition::StepDone, now, "filled in");
            self.finish(nth, StepStatus::Done, Word { context, ..word });
            return true;
        }
        let is_done = self.asks(|run| run.steps[nth].done_when.as_ref()) == Some(true)
            || self.asks(|run| Some(&run.steps[nth].again.as_ref()?.until)) == Some(true);
        if is_done {
            let now = self.situation.now;
            let word = Word::new(RunTransition::StepDone, now, "what it waited for is the case");
            self.finish(nth, StepStatus::Done, word);
        }
        is_done
    }

    /// Says that an open step is past due, and when it stays so that it is handed up.
    fn fall_due(&mut self, nth: usize) -> bool {
        let now = self.situation.now;
        let clock = self.run().clock;
        let step = &self.run().steps[nth];
        let escalate_after = step.escalate_after;
        match (step.status, step.due_at, step.escalate_at) {
            (StepStatus::Open, Some(due_at), _) if due_at <= now => {
                if self.asks(|run| run.steps[nth].only_if.as_ref()) == Some(false) {
                    let word = Word::new(RunTransition::StepSkipped, due_at, "not needed");
                    self.finish(nth, StepStatus::Skipped, word);
                    return true;
                }
                let escalate_at = after(self.situation, due_at, escalate_after, clock);
                let step = &mut self.run_mut().steps[nth];
                step.status = StepStatus::Overdue;
                step.escalate_at = Some(escalate_at);
                self.say(
                    Some(nth),
                    Word::new(RunTransition::StepOverdue, due_at, "not done in time"),
                );
                true
            }
            (StepStatus::Overdue, _, Some(escalate_at)) if escalate_at <= now => {
                self.run_mut().steps[nth].escalate_at = None;
                let word = Word::new(RunTransition::StepEscalated, escalate_at, "still not done");
                self.say(Some(nth), word);
                true
            }
            (StepStatus::Open, Some(at), _) | (StepStatus::Overdue, _, Some(at)) => {
                self.look.at(at);
                false
            }
            _ => false,
        }
    }

    /// A step was done; one that comes again is to be done again.
    pub(super) fn finish_time(&mut self, nth: usize, reason: &str) {
        let now = self.situation.now;
        let word = Word::new(RunTransition::StepDone, now, reason);
        let step = &self.run().steps[nth];
        let Some(again) = &step.again else {
            return self.finish(nth, StepStatus::Done, word);
        };
        let (every_days, times) = (i64::from(again.every_days), again.times);
        let mut next_at = step.due_at.unwrap_or(now).plus_days(every_days);
        while next_at <= now {
            next_at = next_at.plus_days(every_days);
        }
        self.say(Some(nth), word);
        let step = &mut self.run_mut().steps[nth];
        step.status = StepStatus::Open;
        step.due_at = Some(next_at);
        step.times_left = times;
        step.escalate_at = None;
    }

    /// A step is over.
    pub(super) fn finish(&mut self, nth: usize, status: StepStatus, word: Word) {
        let step = &mut self.run_mut().steps[nth];
        step.status = status;
        step.escalate_at = None;
        self.say(Some(nth), word);
    }
}

const fn is_open(step: &RunStep) -> bool {
    matches!(step.status, StepStatus::Open | StepStatus::Overdue)
}

/// When a step is due that opens now: one that waited for another until it was too late gets a few
/// days.
fn due_at(situation: &Situation<'_>, run: &Run, step: &RunStep) -> Timestamp {
    let now = situation.now;
    let due_at = match (step.from, run.anchor_at) {
        (CountedFrom::Anchor, Some(anchor_at)) => after(situation, anchor_at, step.due, run.clock),
        (CountedFrom::Start, _) => after(situation, run.started_at, step.due, run.clock),
        (CountedFrom::Anchor | CountedFrom::Step, _) => after(situation, now, step.due, run.clock),
    };
    let waited = step.after.is_some() && step.from != CountedFrom::Step;
    if waited { due_at.max(now.plus_days(LATE_DAYS)) } else { due_at }
}
