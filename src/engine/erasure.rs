//! An account that is erased: the gravestone in its place, and what is said of it.
//!
//! How its records of state go is said in `state.rs`.

use super::output::{AccountId, Output, OutputBody};
use super::state::Watched;
use super::time::Timestamp;
use super::{Engine, Origin};

/// Days after which the gravestone of an erased account may go.
const GRAVESTONE_DAYS: i64 = 7;

impl Engine {
    /// Forgets an account at its tombstone, after its timers that were due by then; a gravestone
    /// keeps older events from raising it again.
    pub fn erase(&mut self, account_id: &str, origin: Origin) {
        let id = AccountId::from(account_id);
        let as_of = origin.broker_at.max(self.now);
        self.run_timers(&id, as_of);
        let before = self.accounts.get(&id);
        let is_health_said = before.is_some_and(|watched| watched.said.is_some());
        let is_work_said = before.is_some_and(|watched| watched.workflow.is_work_said());
        self.end_all_of(&id, as_of);
        if let Some(before) = self.accounts.get(&id) {
            self.timers.remove(&id, before);
        }
        let mut watched = Watched::erased(&id, self.memory, origin.broker_at);
        watched.look_again_at = origin.broker_at.plus_days(GRAVESTONE_DAYS);
        watched.note_model(&self.model);
        self.timers.set(&id, &mut watched);
        self.accounts.insert(id.clone(), watched);
        self.touched.retain(|touched| *touched != id);
        for (is_said, body) in
            [(is_health_said, OutputBody::HealthErased), (is_work_said, OutputBody::WorkErased)]
        {
            if is_said {
                self.outputs.push(Output { account_id: id.clone(), at: as_of, body });
            }
        }
        self.changed.insert(id);
    }

    /// Forgets the gravestone of an account at `due_at` when its time is over; says whether it was.
    pub(super) fn clear_grave(&mut self, id: &AccountId, due_at: Timestamp) -> bool {
        let is_over = self.accounts.get(id).is_some_and(|watched| {
            let is_old = |at: Timestamp| due_at >= at.plus_days(GRAVESTONE_DAYS);
            watched.gravestone.is_some_and(|stone| is_old(stone.at)) && watched.account.is_empty()
        });
        if is_over {
            self.accounts.remove(id);
            self.changed.insert(id.clone());
        }
        is_over
    }
}
