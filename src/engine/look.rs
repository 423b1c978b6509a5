//! Looks at accounts: at those that were touched, when a timer is due, when something happened.
//!
//! What a look says is decided in `decide/`; when the next one is, in `timers.rs`.

use super::Engine;
use super::account::fact::Fact;
use super::assess::{Assessment, assess};
use super::decide::everyone::decide_everyone;
use super::decide::{Situation, decide, end_all};
use super::fleet::FLEET_ID;
use super::output::AccountId;
use super::state::Watched;
use super::time::Timestamp;

/// Which look at an account it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// One of many.
    Plain,
    /// The one in which it may raise what waits.
    Allotted,
    /// The last one, before it is erased.
    Last,
}

impl Engine {
    /// Decides the touched accounts as of `now`, by id.
    pub(super) fn look_at_touched(&mut self, now: Timestamp) {
        for id in self.take_touched() {
            self.run_timers(&id, now);
            self.decide_as_of(&id, now, &[]);
        }
    }

    /// Runs the timers of one account that are due by `until`, each as of its due instant.
    pub(super) fn run_timers(&mut self, id: &AccountId, until: Timestamp) {
        while let Some(watched) = self.accounts.get(id).filter(|it| it.due_at <= until) {
            let due_at = watched.due_at;
            self.timers.remove(id, watched);
            self.run_timer(id, due_at);
        }
    }

    /// Runs one timer that was taken from the index, as of its due instant.
    pub(super) fn run_timer(&mut self, id: &AccountId, due_at: Timestamp) {
        if self.clear_grave(id, due_at) {
            return;
        }
        if let Some(assessment) = self.decide_as_of(id, due_at, &[]) {
            self.tally(id, due_at, &assessment);
        }
        if let Some(watched) = self.accounts.get_mut(id) {
            watched.dirty.rest = true;
        }
    }

    pub(super) fn decide_as_of(
        &mut self,
        id: &AccountId,
        now: Timestamp,
        facts: &[Fact],
    ) -> Option<Assessment> {
        self.look_safely(id, now, facts, Turn::Plain)
    }

    /// The look in which an account may raise what waits.
    pub(super) fn decide_allotted(&mut self, id: &AccountId, now: Timestamp) {
        self.look_safely(id, now, &[], Turn::Allotted);
    }

    /// The last look at an account that is about to be erased.
    pub(super) fn end_all_of(&mut self, id: &AccountId, now: Timestamp) {
        self.look_safely(id, now, &[], Turn::Last);
    }

    pub(super) fn look(
        &mut self,
        id: &AccountId,
        now: Timestamp,
        facts: &[Fact],
        turn: Turn,
    ) -> Option<Assessment> {
        let watched = self.accounts.get_mut(id)?;
        let silences = &self.fleet.silences;
        let assessment = assess(&self.model, silences, &watched.account, now);
        let mut situation = Situation {
            account_id: id,
            account: &watched.account,
            assessment: &assessment,
            model: &self.model,
            fleet: &self.fleet,
            now,
            wall: self.wall.max(now),
            displayed_score: assessment.health_score,
            look_ms: watched.look_ms,
            attention: self.first_day.attention(),
            erased_at: watched.gravestone.map(|stone| stone.at),
            late: watched.late.take(),
        };
        if turn == Turn::Last {
            end_all(&situation, &mut watched.workflow, &mut self.outputs);
            return None;
        }
        if turn == Turn::Allotted {
            situation.attention = self.first_day.allotted(&situation);
        }
        let decided = if self.is_fleet_watched && id == FLEET_ID {
            let Watched { workflow, .. } = watched;
            decide_everyone(&situation, workflow, &mut self.outputs, &mut self.suppressed)
        } else {
            let Watched { workflow, said, .. } = watched;
            decide(&situation, facts, workflow, said, &mut self.outputs, &mut self.suppressed)
        };
        // A look that changes nothing else moves the timer, which a restart must find there.
        let is_moved = watched.look_again_at != decided.look_again_at && !watched.dirty.usage;
        watched.dirty.rest |= decided.is_workflow_changed || is_moved;
        watched.dirty.said |= decided.is_published;
        watched.look_again_at = decided.look_again_at;
        watched.note_model(&self.model);
        self.timers.set(id, watched);
        self.changed.insert(id.clone());
        Some(assessment)
    }
}
