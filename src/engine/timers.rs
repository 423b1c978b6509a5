//! When each account of a partition is looked at next; a new model has all of them looked at again.
//!
//! What a look decides, and when an account itself wants the next one, is said in `decide/`.

use std::collections::BTreeSet;

use compact_str::CompactString;

use super::id::name_hash;
use super::model::Model;
use super::output::AccountId;
use super::state::Watched;
use super::time::Timestamp;

/// One timer an account, in the order in which they are due.
pub(super) struct Timers {
    index: BTreeSet<(Timestamp, AccountId)>,
    relook: Relook,
    /// When everything began to be published: accounts that were only looked at quietly are due.
    attend_at: Option<Timestamp>,
}

/// The looks that a new model asks for, besides those that the accounts want themselves.
///
/// They depend on nothing but the model, since when it is in force, and the account's id, and are
/// part of no record of state: a restart puts each account where it was.
struct Relook {
    model_version: CompactString,
    since: Timestamp,
    spread_ms: u64,
}

impl Relook {
    fn new(model: &Model, since: Timestamp) -> Self {
        Self {
            model_version: CompactString::from(model.version()),
            since,
            spread_ms: model.publication.relook_ms().unsigned_abs().max(1),
        }
    }

    /// When an account is due: when it wants to be, and while it was not decided with this model
    /// at its place in the spread, if that is earlier. Of an empty account there is nothing to say.
    fn due_at(&self, id: &AccountId, watched: &Watched) -> Timestamp {
        if watched.model_version == self.model_version || watched.account.is_empty() {
            return watched.look_again_at;
        }
        let place_ms = i64::try_from(name_hash(id) % self.spread_ms)
            .expect("the spread was a positive number of milliseconds");
        watched.look_again_at.min(self.since.plus_millis(place_ms))
    }
}

impl Timers {
    /// No timer yet.
    pub(super) fn new(model: &Model) -> Self {
        let relook = Relook::new(model, Timestamp::default());
        Self { index: BTreeSet::new(), relook, attend_at: None }
    }

    /// From `since` on this model is in force: accounts that were decided with another one are
    /// due within its `relook_minutes`, each at a place of its own.
    pub(super) fn take_model<'w>(
        &mut self,
        model: &Model,
        since: Timestamp,
        accounts: impl Iterator<Item = (&'w AccountId, &'w mut Watched)>,
    ) {
        self.relook = Relook::new(model, since);
        self.begin(accounts);
    }

    /// Forgets all timers and sets those of `accounts`.
    pub(super) fn begin<'w>(
        &mut self,
        accounts: impl Iterator<Item = (&'w AccountId, &'w mut Watched)>,
    ) {
        let timer = |(id, watched): (&AccountId, &mut Watched)| {
            watched.due_at = self.due_at(id, watched);
            (watched.due_at, id.clone())
        };
        self.index = accounts.map(timer).collect();
    }

    /// From `at` on accounts are due that were only looked at quietly, once their timer is set.
    pub(super) fn attend_since(&mut self, at: Timestamp) {
        self.attend_at = Some(at);
    }

    fn due_at(&self, id: &AccountId, watched: &Watched) -> Timestamp {
        let due_at = self.relook.due_at(id, watched);
        match self.attend_at.filter(|_| watched.workflow.backlog.is_some()) {
            Some(attend_at) => due_at.min(attend_at),
            None => due_at,
        }
    }

    /// Sets the timer of an account in place of the one it has, after a look at it.
    pub(super) fn set(&mut self, id: &AccountId, watched: &mut Watched) {
        self.remove(id, watched);
        watched.due_at = self.due_at(id, watched);
        self.index.insert((watched.due_at, id.clone()));
    }

    /// Takes the timer of an account away.
    pub(super) fn remove(&mut self, id: &AccountId, watched: &Watched) {
        self.index.remove(&(watched.due_at, id.clone()));
    }

    /// Takes the earliest timer away, if it is due by `now`.
    pub(super) fn pop_due(&mut self, now: Timestamp) -> Option<(Timestamp, AccountId)> {
        if self.next_due_at()? > now {
            return None;
        }
        self.index.pop_first()
    }

    /// When the earliest timer is due.
    pub(super) fn next_due_at(&self) -> Option<Timestamp> {
        self.index.first().map(|(due_at, _)| *due_at)
    }
}
