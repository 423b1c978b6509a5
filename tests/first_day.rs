//! The first day of a service that is pointed at months of history: nothing but health is said
//! until it was read, then a few baseline alerts a day.
//!
//! When a partition has read its input is tested in `merge.rs`; the loop itself in `kafka/`.

use std::collections::BTreeMap;
use std::sync::Arc;

use customer_pulse::engine::account::feed::Memory;
use customer_pulse::engine::decode::{Decoded, Decoder, Record};
use customer_pulse::engine::first_day::Baseline;
use customer_pulse::engine::id::IdKey;
use customer_pulse::engine::model::{DEFAULT_TEXT, Model};
use customer_pulse::engine::output::alert::{Alert, Transition};
use customer_pulse::engine::output::{Output, OutputBody};
use customer_pulse::engine::state::{StateChange, StateKind};
use customer_pulse::engine::time::{HOUR_MS, MINUTE_MS, Timestamp};
use customer_pulse::engine::{Engine, Origin};
use customer_pulse::generate::world::{Generated, Settings, World};
use customer_pulse::kafka::changelog::{Key, decode, encode};
use customer_pulse::kafka::codec::published;
use proptest::prelude::*;

/// Days of history, and days that are watched after it.
const PAST_DAYS: i64 = 30;
const WATCHED_DAYS: i64 = 6;
const PARTITIONS: u32 = 5;
/// What a customer-success manager may have of ten a day on one of five partitions.
const EACH_MAX: usize = 2;

/// The records of one partition, and what a restart needs of them.
struct Partition {
    engine: Engine,
    offset: i64,
    attending_since: Option<Timestamp>,
    /// Of each key the last, with its place in the changelog.
    records: BTreeMap<Vec<u8>, (usize, Vec<u8>)>,
    written: usize,
    said: Vec<Output>,
}

impl Partition {
    fn new() -> Self {
        let mut engine = engine();
        engine.keep_quiet();
        let (records, said) = (BTreeMap::new(), Vec::new());
        Self { engine, offset: 0, attending_since: None, records, written: 0, said }
    }

    /// Takes these records and ends the step at `now`; at its end all was read if it `attends`.
    fn step(&mut self, records: impl Iterator<Item = Generated>, now: Timestamp, attends: bool) {
        let decoder = Decoder::new();
        for it in records {
            let record = Record {
                topic: it.topic,
                key: Some(it.account_id.as_bytes()),
                value: Some(&it.value),
                headers: &[],
                broker_at: it.broker_at,
            };
            let Decoded::Event(event) = decoder.decode(&record).expect("a valid record") else {
                panic!("a world has no tombstones");
            };
            let origin = Origin { offset: self.offset, broker_at: it.broker_at };
            self.offset += 1;
            self.engine.apply(&event, origin);
        }
        if attends {
            self.attending_since = Some(now);
            self.engine.attend(now, PARTITIONS);
        }
        while self.engine.finish_step(now, 7) {}
        self.said.extend(self.engine.take_outputs());
        let (records, written) = (&mut self.records, &mut self.written);
        self.engine.take_changes(|change| {
            let (kind, value) = match &change.state {
                StateChange::Usage(it) => (StateKind::Usage, encode(it, Vec::new())),
                StateChange::Rest(it) => (StateKind::Rest, encode(it, Vec::new())),
                StateChange::Said(it) => (StateKind::Said, encode(it, Vec::new())),
                StateChange::Gone | StateChange::Erased(_) => panic!("nothing is erased"),
            };
            *written += 1;
            records.insert(Key::State(kind, change.account_id).encode(), (*written, value));
        });
    }

    /// Goes on with an engine made from the records.
    fn restart(&mut self, now: Timestamp) {
        let baseline: Baseline = decode(&encode(self.engine.baseline(), Vec::new())).expect("it");
        let mut engine = engine();
        let mut records: Vec<_> = self.records.iter().collect();
        records.sort_by_key(|(_, (place, _))| *place);
        for (key, (_, value)) in records {
            let Ok(Key::State(kind, id)) = Key::decode(key) else { panic!("no other is written") };
            let watched = engine.restored(id);
            match kind {
                StateKind::Usage => watched.restore_usage(decode(value).expect("usage")),
                StateKind::Rest => watched.restore_rest(decode(value).expect("rest")),
                StateKind::Said => watched.said = Some(decode(value).expect("said")),
            }
        }
        match self.attending_since {
            Some(since) => engine.restore_attention(since, PARTITIONS, baseline),
            None => engine.keep_quiet(),
        }
        engine.finish_restore(now);
        self.engine = engine;
    }
}

/// An engine whose bands lie so that many accounts are red or yellow.
fn engine() -> Engine {
    let text = DEFAULT_TEXT.replace("yellow: 70", "yellow: 86");
    assert_ne!(text, DEFAULT_TEXT);
    let model = Arc::new(Model::parse(&text).expect("a model"));
    Engine::new(model, IdKey::from_secret("first day"), Memory::Bounded)
}

/// Reads the history of a world, and watches it for some days more, in steps of six hours.
///
/// After each of the steps `restarts` the partition goes on from its records.
fn first_days(seed: u64, restarts: &[usize]) -> (Partition, Timestamp) {
    let from = Timestamp::parse("2025-01-01").expect("a date");
    let until = from.plus_days(PAST_DAYS + WATCHED_DAYS);
    let settings = Settings { events_scale: 0.1, ..Settings::new(seed, 40, from, until) };
    let mut world = World::new(settings).peekable();
    let mut partition = Partition::new();
    let begin = from.plus_days(PAST_DAYS);
    let mut now = from;
    for step in 0.. {
        now = if step < 3 {
            from.plus_days(PAST_DAYS * (step + 1) / 3)
        } else {
            now.plus_millis(6 * HOUR_MS + MINUTE_MS)
        };
        if now > until {
            break;
        }
        let until_now = std::iter::from_fn(|| world.next_if(|it| it.broker_at <= now));
        partition.step(until_now, now, step == 2);
        if restarts.contains(&usize::try_from(step).expect("few steps")) {
            partition.restart(now);
        }
    }
    (partition, begin)
}

fn alerts(said: &[Output]) -> impl Iterator<Item = &Alert> {
    said.iter().filter_map(|output| match &output.body {
        OutputBody::Alert(alert) => Some(&**alert),
        _ => None,
    })
}

/// What may be raised on the first day: baseline alerts, and what somebody answered lately.
fn is_expected_at_once(alert: &Alert) -> bool {
    alert.baseline || alert.rule == "detractor"
}

#[test]
fn only_health_is_said_until_the_history_was_read() {
    let (partition, begin) = first_days(3, &[]);
    let before = partition.said.iter().filter(|output| output.at < begin);
    let is_health = |output: &Output| matches!(output.body, OutputBody::Health(_));
    assert!(before.clone().count() > 500);
    assert_eq!(before.filter(|output| !is_health(output)).count(), 0);
    assert!(alerts(&partition.said).count() > 20);
}

#[test]
fn a_history_that_is_read_in_one_step_is_history() {
    let from = Timestamp::parse("2025-01-01").expect("a date");
    let until = from.plus_days(20);
    let settings = Settings { events_scale: 0.1, ..Settings::new(5, 30, from, until) };
    let mut partition = Partition::new();
    partition.step(World::new(settings), until, true);
    assert!(partition.said.iter().all(|output| output.at >= from));
    assert!(alerts(&partition.said).count() > 0);
    assert_eq!(alerts(&partition.said).find(|alert| !is_expected_at_once(alert)), None);
}

#[test]
fn what_was_already_so_is_said_in_small_portions_the_sickest_first() {
    let (partition, begin) = first_days(3, &[]);
    let raised = || alerts(&partition.said).filter(|it| it.transition == Transition::Raised);
    let mut at_once = raised().filter(|it| it.at == begin);
    assert_eq!(at_once.find(|alert| !is_expected_at_once(alert)), None);
    let mut by_day = BTreeMap::<_, Vec<&Alert>>::new();
    for alert in raised().filter(|alert| alert.baseline) {
        by_day.entry((alert.at.day(), alert.owner.clone())).or_default().push(alert);
    }
    assert!(by_day.len() > 3, "{} days and owners", by_day.len());
    let mut health = BTreeMap::new();
    for output in partition.said.iter().filter(|output| output.at <= begin) {
        if let OutputBody::Health(it) = &output.body {
            health.insert(output.account_id.clone(), (it.displayed_health_score * 10.0) as i64);
        }
    }
    for ((day, owner), alerts) in &by_day {
        assert!(alerts.len() <= EACH_MAX, "{} on {day:?} for {owner:?}", alerts.len());
        let is_first = *day == begin.day();
        let places = alerts.iter().map(|it| (health[&it.account_id], &it.account_id));
        assert!(!is_first || places.is_sorted(), "the sickest accounts come first");
    }
}

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 3,
        max_shrink_iters: 0,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_restart_on_the_first_day_changes_nothing(
        seed in any::<u64>(), restarts in prop::collection::vec(0..20_usize, 1..6),
    ) {
        let (uncut, _) = first_days(seed, &[]);
        let (resumed, _) = first_days(seed, &restarts);
        let texts = |partition: &Partition| {
            partition.said.iter().map(|it| published(it).2).collect::<Vec<_>>()
        };
        let (wanted, found) = (texts(&uncut), texts(&resumed));
        let place = wanted.iter().zip(&found).position(|(a, b)| a != b);
        let text = |texts: &[Option<Vec<u8>>], place: usize| {
            String::from_utf8_lossy(texts[place].as_deref().unwrap_or_default()).into_owned()
        };
        prop_assert_eq!(place.map(|it| text(&found, it)), place.map(|it| text(&wanted, it)));
        prop_assert_eq!(found.len(), wanted.len());
    }
}
