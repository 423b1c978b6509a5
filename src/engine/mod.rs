//! The engine: the accounts of one partition and their timers, pure and synchronous.
//!
//! No clock, no network, no disk, no thread and no chance: those belong to `kafka/` and `cli/`.
//! The contract of the loop that drives it: one mutation ([`Engine::apply`], [`Engine::erase`],
//! [`Engine::finish_step`]), then drain what it said and what it changed.

pub mod time;

pub mod id;

pub mod stamp;

pub mod window;

pub mod field;

pub mod event;

pub mod text;

pub mod command;

pub mod decode;

pub mod account;

pub mod message;
pub mod metric;

pub mod model;

pub mod signal;

pub mod silence;

pub mod figure;

pub mod fleet;

pub mod assess;

pub mod output;

pub mod decide;

pub mod state;

pub mod first_day;

mod erasure;

mod look;

mod quarantine;

mod timers;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use account::fact::{Fact, Facts, Folded};
use account::feed::{Late, Memory};
use account::workflow::episodes::Suppressed;
use event::{Event, Topic};
use first_day::FirstDay;
use fleet::{Fleet, FleetPart, Heard};
use foldhash::fast::FixedState;
use id::IdKey;
use model::Model;
use output::{AccountId, Output};
use smallvec::SmallVec;
use state::{Change, StateKind, Watched};
use time::{DAY_MS, Timestamp};
use timers::Timers;

/// The accounts of one partition and the timer of each.
pub struct Engine {
    model: Arc<Model>,
    id_key: IdKey,
    memory: Memory,
    fleet: Arc<Fleet>,
    part: FleetPart,
    heard: Heard,
    /// The clock at the end of the last step: nothing is decided as of an earlier instant.
    now: Timestamp,
    accounts: HashMap<AccountId, Watched, FixedState>,
    /// The wall clock at the beginning of the step; earlier than any clock where none is told.
    wall: Timestamp,
    timers: Timers,
    first_day: FirstDay,
    touched: Vec<AccountId>,
    changed: BTreeSet<AccountId>,
    outputs: Vec<Output>,
    suppressed: Suppressed,
    is_fleet_watched: bool,
}

/// Where a record came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Its offset in its topic.
    pub offset: i64,
    /// Its broker time.
    pub broker_at: Timestamp,
}

/// What became of an event; each event has exactly one outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is part of the account now.
    Applied,
    /// It was applied before.
    Duplicate,
    /// It is older than the longest window: known, but kept out of the windows.
    Late,
    /// It belongs to an account that was erased after it.
    Erased,
}

impl Engine {
    /// An engine without accounts, whose first day is over.
    pub fn new(model: Arc<Model>, id_key: IdKey, memory: Memory) -> Self {
        Self {
            timers: Timers::new(&model),
            model,
            id_key,
            memory,
            fleet: Arc::default(),
            part: FleetPart::default(),
            heard: Heard::default(),
            now: Timestamp::default(),
            wall: Timestamp::default(),
            first_day: FirstDay::over(),
            accounts: HashMap::default(),
            touched: Vec::new(),
            changed: BTreeSet::new(),
            outputs: Vec::new(),
            suppressed: Suppressed::default(),
            is_fleet_watched: false,
        }
    }

    /// From now on accounts are decided with `model`, in force in this partition since `since`.
    ///
    /// Those that were decided with another one are looked at again within its `relook_minutes`.
    pub fn set_model(&mut self, model: Arc<Model>, since: Timestamp) {
        self.timers.take_model(&model, since, self.accounts.iter_mut());
        self.model = model;
    }

    /// Begins a step after one that ended at the partition's clock `now`, at this wall clock.
    ///
    /// What is decided in the step as of an instant earlier than `wall` says how late it is; where
    /// this is not called nothing is ever late. A step in which nothing happened leaves no mark:
    /// its clock is forgotten, so that what is said follows from the marks alone.
    pub fn begin_step(&mut self, now: Timestamp, wall: Timestamp) {
        self.now = now;
        self.wall = wall;
    }

    /// Folds one event, after the timers of its account that were due by its broker time.
    ///
    /// An event that leaves a fact is decided on at once, as of its broker time; as of the clock
    /// when that has passed it.
    pub fn apply(&mut self, event: &Event<'_>, origin: Origin) -> Outcome {
        let (outcome, facts) = self.fold(event, origin, true);
        if facts != Facts::NONE {
            let facts: SmallVec<[Fact; 2]> = facts.into_each().collect();
            let as_of = origin.broker_at.max(self.now);
            self.decide_as_of(&AccountId::from(&*event.account_id), as_of, &facts);
        }
        outcome
    }

    /// Folds one event of a restore: no timer runs and nothing is decided.
    ///
    /// Usage events that the account's usage record has already are skipped.
    pub fn refold(&mut self, event: &Event<'_>, origin: Origin) {
        let known = self.accounts.get(&*event.account_id);
        if known.is_none_or(|watched| origin.offset > watched.usage_offset) {
            self.fold(event, origin, false);
        }
    }

    fn fold(&mut self, event: &Event<'_>, origin: Origin, live: bool) -> (Outcome, Facts) {
        let id: &str = &event.account_id;
        let as_of = origin.broker_at.max(self.now);
        if live && self.accounts.get(id).is_some_and(|it| it.due_at <= as_of) {
            self.run_timers(&AccountId::from(id), as_of);
        }
        if !self.accounts.contains_key(id) {
            let account_id = AccountId::from(id);
            let watched = Watched::unwritten(&account_id, self.memory);
            self.accounts.insert(account_id, watched);
        }
        let watched = self.accounts.get_mut(id).expect("inserted above");
        if watched.gravestone.is_some_and(|gravestone| origin.broker_at <= gravestone.at) {
            return (Outcome::Erased, Facts::NONE);
        }
        let topic = event.body.topic();
        if topic == Topic::Usage {
            watched.usage_offset = origin.offset;
        }
        let labels = self.model.labels(&event.body);
        let folded = watched.account.fold(event, origin.broker_at, &self.id_key, &labels);
        let (outcome, facts) = match folded {
            Folded::Applied(facts) => (Outcome::Applied, facts),
            Folded::Late => (Outcome::Late, Facts::NONE),
            Folded::Duplicate => return (Outcome::Duplicate, Facts::NONE),
        };
        watched.dirty.note(topic);
        // What is folded again was looked at before the restart.
        if live && outcome == Outcome::Applied {
            Late::note(&mut watched.late, event, origin.broker_at);
        }
        self.heard.note(topic, origin.broker_at);
        if !std::mem::replace(&mut watched.touched, true) {
            self.touched.push(AccountId::from(id));
        }
        (outcome, facts)
    }

    /// Takes the deletion of one record of an account, as a restore reads it.
    pub fn restore_gone(&mut self, account_id: &str, kind: StateKind) {
        let memory = self.memory;
        match (kind, self.accounts.get_mut(account_id)) {
            (StateKind::Usage, Some(watched)) => watched.forget_usage(memory),
            (StateKind::Said, Some(watched)) => watched.said = None,
            (StateKind::Rest, _) => drop(self.accounts.remove(account_id)),
            (StateKind::Usage | StateKind::Said, None) => {}
        }
    }

    /// Ends a step at the partition's clock `now`: decides the touched accounts in the order of
    /// their ids, then at most `due_max` accounts whose timer is due, oldest first.
    ///
    /// Answers whether more are due.
    pub fn finish_step(&mut self, now: Timestamp, due_max: usize) -> bool {
        self.now = self.now.max(now);
        self.note_heard(now);
        self.look_at_touched(now);
        for _ in 0..due_max {
            let Some((due_at, id)) = self.timers.pop_due(now) else { break };
            self.run_timer(&id, due_at);
        }
        self.allot(now);
        self.timers.next_due_at().is_some_and(|due_at| due_at <= now)
    }

    /// When the next timer is due.
    pub fn next_due_at(&self) -> Option<Timestamp> {
        self.timers.next_due_at()
    }

    /// Takes what was said since the last call, in order.
    pub fn take_outputs(&mut self) -> Vec<Output> {
        std::mem::take(&mut self.outputs)
    }

    /// Takes how often alerts were suppressed since the last call, by reason.
    pub fn take_suppressed(&mut self) -> Suppressed {
        std::mem::take(&mut self.suppressed)
    }

    /// Whether state changed since it was last taken.
    pub fn has_changes(&self) -> bool {
        !self.changed.is_empty()
    }

    /// Hands each record of state that changed since the last call to `write`, by account id.
    pub fn take_changes(&mut self, mut write: impl FnMut(Change<'_>)) {
        for id in std::mem::take(&mut self.changed) {
            match self.accounts.get_mut(&id) {
                Some(watched) => {
                    let dirty = std::mem::take(&mut watched.dirty);
                    watched.changes(&id, dirty, &mut write);
                }
                None => write(Change::gone(&id)),
            }
        }
    }

    /// The accounts of the partition, in no particular order.
    pub fn accounts(&self) -> impl Iterator<Item = (&AccountId, &Watched)> {
        self.accounts.iter()
    }

    /// One account.
    pub fn account(&self, account_id: &str) -> Option<&Watched> {
        self.accounts.get(account_id)
    }

    /// The account with this id, made if there is none yet: where a restore puts its records.
    pub fn restored(&mut self, account_id: &str) -> &mut Watched {
        let id = AccountId::from(account_id);
        let memory = self.memory;
        self.accounts.entry(id.clone()).or_insert_with(|| Watched::new(&id, memory))
    }

    /// Ends a restore: accounts refolded since are due at `now`, all others when they said, those
    /// that were decided with another model than the one in force as after its coming.
    pub fn finish_restore(&mut self, now: Timestamp) {
        self.now = now;
        self.heard = Heard::default();
        self.restore_rhythms(now);
        for id in self.take_touched() {
            if let Some(watched) = self.accounts.get_mut(&id) {
                watched.look_again_at = now;
            }
        }
        self.timers.begin(self.accounts.iter_mut());
    }

    /// The accounts that events were folded into since the last call, by id.
    fn take_touched(&mut self) -> Vec<AccountId> {
        let mut touched = std::mem::take(&mut self.touched);
        touched.sort_unstable();
        for id in &touched {
            if let Some(watched) = self.accounts.get_mut(id) {
                watched.touched = false;
            }
        }
        touched
    }
}

/// The milliseconds after midnight at which an account has its daily look, spread by its id.
fn look_ms(account_id: &str) -> i64 {
    let spread = id::name_hash(account_id) % DAY_MS as u64;
    i64::try_from(spread).expect("less than a day")
}
