//! A new model in a running engine: every account is looked at again, spread over minutes, and a
//! restart on the way changes nothing of it.
//!
//! How a model reaches the partitions is tested on a real Kafka (`tests/kafka/model.rs`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use customer_pulse::engine::account::feed::Memory;
use customer_pulse::engine::decode::{Decoded, Decoder, Record};
use customer_pulse::engine::event::Topic;
use customer_pulse::engine::id::IdKey;
use customer_pulse::engine::model::{DEFAULT_TEXT, Model};
use customer_pulse::engine::output::health::{AccountHealth, CauseKind};
use customer_pulse::engine::output::{Output, OutputBody};
use customer_pulse::engine::state::{StateChange, StateKind};
use customer_pulse::engine::time::{MINUTE_MS, SECOND_MS, Timestamp};
use customer_pulse::engine::{Engine, Origin};
use customer_pulse::kafka::changelog::{decode, encode};
use customer_pulse::kafka::codec::published;

/// Accounts of the partition.
const ACCOUNTS: usize = 1_000;
/// From one end of a step to the next.
const STEP_MS: i64 = SECOND_MS;
/// Most due accounts of a step, as in service.
const DUE_MAX: usize = 500;

/// What happens between two steps.
#[derive(Clone, Copy)]
enum Turn {
    Takes(&'static str),
    Restarts,
}

/// A partition: its engine, the records that it wrote, and what its mark says of the model.
struct Partition {
    engine: Engine,
    decoder: Decoder,
    /// Of each key the last, with its place in the order of writing.
    records: BTreeMap<(String, StateKind), (usize, Vec<u8>)>,
    written: usize,
    now: Timestamp,
    taken: (&'static str, Timestamp),
    said: Vec<Output>,
    most_in_a_step: usize,
}

fn model(version: &str) -> Arc<Model> {
    let text = format!("version: {version}\n{DEFAULT_TEXT}");
    Arc::new(Model::parse(&text).expect("only its name differs"))
}

fn engine(version: &str) -> Engine {
    Engine::new(model(version), IdKey::from_secret("test"), Memory::Bounded)
}

impl Partition {
    /// Accounts that were all published with the model `first`.
    fn new() -> Self {
        let now = Timestamp::parse("2026-03-02T03:00:00Z").expect("an instant");
        let taken = ("first", Timestamp::default());
        let mut partition = Self {
            engine: engine("first"),
            decoder: Decoder::new(),
            records: BTreeMap::new(),
            written: 0,
            now,
            taken,
            said: Vec::new(),
            most_in_a_step: 0,
        };
        for n in 0..ACCOUNTS {
            partition.login(n);
        }
        partition.step();
        assert_eq!(partition.healths().count(), ACCOUNTS);
        partition.said.clear();
        partition.most_in_a_step = 0;
        partition
    }

    fn login(&mut self, n: usize) {
        let (account, ts) = (format!("account-{n}"), self.now);
        let value = format!(
            r#"{{"event_id":"{n}-{ts}","account_id":"{account}","type":"login","ts":"{ts}",
                "user_id":"u"}}"#
        );
        let record = Record {
            topic: Topic::Usage,
            key: Some(account.as_bytes()),
            value: Some(value.as_bytes()),
            headers: &[],
            broker_at: self.now,
        };
        let Ok(Decoded::Event(event)) = self.decoder.decode(&record) else {
            panic!("a valid login")
        };
        self.engine.apply(&event, Origin { offset: 1, broker_at: self.now });
    }

    fn step(&mut self) {
        self.now = self.now.plus_millis(STEP_MS);
        self.engine.finish_step(self.now, DUE_MAX);
        let mut said = self.engine.take_outputs();
        self.most_in_a_step = self.most_in_a_step.max(said.len());
        self.said.append(&mut said);
        let (records, written) = (&mut self.records, &mut self.written);
        self.engine.take_changes(|change| {
            let (kind, value) = match &change.state {
                StateChange::Usage(it) => (StateKind::Usage, encode(it, Vec::new())),
                StateChange::Rest(it) => (StateKind::Rest, encode(it, Vec::new())),
                StateChange::Said(it) => (StateKind::Said, encode(it, Vec::new())),
                StateChange::Gone | StateChange::Erased(_) => panic!("nothing is erased"),
            };
            *written += 1;
            records.insert((change.account_id.to_owned(), kind), (*written, value));
        });
    }

    fn turn(&mut self, turn: Turn) {
        match turn {
            Turn::Takes(version) => {
                self.taken = (version, self.now);
                self.engine.set_model(model(version), self.now);
            }
            Turn::Restarts => self.restart(),
        }
    }

    /// Begins again from the records and the mark.
    fn restart(&mut self) {
        let (version, since) = self.taken;
        self.engine = engine("of the process's file");
        let mut records: Vec<_> = self.records.iter().collect();
        records.sort_by_key(|(_, (written, _))| *written);
        for ((id, kind), (_, value)) in records {
            let watched = self.engine.restored(id);
            match kind {
                StateKind::Usage => watched.restore_usage(decode(value).expect("a usage record")),
                StateKind::Rest => watched.restore_rest(decode(value).expect("a rest record")),
                StateKind::Said => watched.said = Some(decode(value).expect("a said record")),
            }
        }
        self.engine.set_model(model(version), since);
        self.engine.finish_restore(self.now);
    }

    /// Steps for 12 minutes with these turns, each before the step of this number.
    fn live(turns: &[(i64, Turn)]) -> Self {
        let mut partition = Self::new();
        for step in 0..12 * MINUTE_MS / STEP_MS {
            for (_, turn) in turns.iter().filter(|(at, _)| *at == step) {
                partition.turn(*turn);
            }
            // Some accounts have events meanwhile.
            partition.login(usize::try_from(step).expect("not negative"));
            partition.step();
        }
        partition
    }

    fn healths(&self) -> impl Iterator<Item = &AccountHealth> {
        self.said.iter().filter_map(|output| match &output.body {
            OutputBody::Health(health) => Some(&**health),
            _ => None,
        })
    }

    /// What was said, in the form in which it is published.
    fn values(&self) -> Vec<(String, Option<Vec<u8>>)> {
        self.said.iter().map(|it| (it.account_id.to_string(), published(it).2)).collect()
    }
}

#[test]
fn every_account_is_published_again_and_never_many_at_once() {
    let partition = Partition::live(&[(30, Turn::Takes("second"))]);
    let since = partition.taken.1;
    let by_model: Vec<_> =
        partition.healths().filter(|it| it.cause.kind == CauseKind::Model).collect();
    let accounts: BTreeSet<_> = by_model.iter().map(|it| it.account_id.as_str()).collect();
    assert_eq!((accounts.len(), by_model.len()), (ACCOUNTS, ACCOUNTS));
    let spread_ms = model("second").publication.relook_ms();
    for health in &by_model {
        let after_ms = health.at.millis_since(since);
        assert!((0..=spread_ms).contains(&after_ms), "{} after {after_ms} ms", health.account_id);
    }
    // Evenly it would be two a step of a second.
    assert!(partition.most_in_a_step <= 15, "{} in one step", partition.most_in_a_step);
    let old = partition.healths().filter(|it| it.at > since && it.model_version != "second");
    assert_eq!(old.count(), 0);
}

#[test]
fn a_restart_on_the_way_changes_nothing() {
    use Turn::{Restarts, Takes};
    let switches = [
        // One model.
        vec![(30, Takes("second"))],
        // One more while accounts still wait for their look at the one before.
        vec![(30, Takes("second")), (200, Takes("third"))],
        // Back to the one that most accounts were decided with.
        vec![(30, Takes("second")), (200, Takes("first"))],
    ];
    for switches in switches {
        let uncut = Partition::live(&switches).values();
        assert!(uncut.len() > ACCOUNTS / 4);
        for cut in [31, 200, 201, 400] {
            let mut turns = switches.clone();
            turns.push((cut, Restarts));
            assert!(Partition::live(&turns).values() == uncut, "cut before step {cut}");
        }
    }
}
