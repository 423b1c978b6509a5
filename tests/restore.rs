//! A restart anywhere: an engine made from the records written so far goes on like the uncut one.
//!
//! What is and is not the same under other cuts into steps: the state of the accounts always;
//! what is said, as long as steps with records end at the same instants. Steps without records
//! may be put in anywhere, and timers may run late: each account still says the same.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use customer_pulse::engine::account::feed::Memory;
use customer_pulse::engine::decode::{Decoded, Decoder, Record};
use customer_pulse::engine::event::Topic;
use customer_pulse::engine::id::IdKey;
use customer_pulse::engine::model::{DEFAULT_TEXT, Model};
use customer_pulse::engine::output::Output;
use customer_pulse::engine::state::{StateChange, StateKind, Watched};
use customer_pulse::engine::time::{HOUR_MS, MINUTE_MS, Timestamp};
use customer_pulse::engine::{Engine, Origin};
use customer_pulse::generate::world::{Generated, Settings, World};
use customer_pulse::kafka::changelog::{Key, decode, encode};
use customer_pulse::kafka::codec::published;
use proptest::prelude::*;
use proptest::sample::Index;

/// The records of a compacted changelog: of each key the last, in the order of their offsets.
#[derive(Default)]
struct Changelog {
    next_offset: usize,
    records: BTreeMap<Vec<u8>, (usize, Option<Vec<u8>>)>,
}

/// A record of an input topic; without a value it is a tombstone.
struct Laid {
    topic: Topic,
    account_id: String,
    broker_at: Timestamp,
    value: Option<Vec<u8>>,
}

/// What is applied between two commits, and the clock at its end.
struct Step {
    records: Vec<Laid>,
    now: Timestamp,
}

/// An engine and what a partition knows besides.
struct Run {
    engine: Engine,
    decoder: Decoder,
    offsets: [i64; Topic::ALL.len()],
    said: Vec<Output>,
}

impl Changelog {
    fn put(&mut self, key: Key<'_>, value: Option<Vec<u8>>) {
        self.records.insert(key.encode(), (self.next_offset, value));
        self.next_offset += 1;
    }

    /// Writes what changed, in the order of `kafka/commit.rs`.
    fn write(&mut self, engine: &mut Engine) {
        engine.take_changes(|change| {
            let id = change.account_id;
            let mut put = |kind, value| self.put(Key::State(kind, id), value);
            match &change.state {
                StateChange::Usage(it) => put(StateKind::Usage, Some(encode(it, Vec::new()))),
                StateChange::Rest(it) => put(StateKind::Rest, Some(encode(it, Vec::new()))),
                StateChange::Said(it) => put(StateKind::Said, Some(encode(it, Vec::new()))),
                StateChange::Erased(it) => {
                    put(StateKind::Rest, Some(encode(it, Vec::new())));
                    put(StateKind::Usage, None);
                    put(StateKind::Said, None);
                }
                StateChange::Gone => StateKind::ALL.into_iter().for_each(|kind| put(kind, None)),
            }
        });
    }

    /// An engine from these records; its restore is yet to be finished.
    fn restored(&self) -> Engine {
        let mut engine = engine();
        let mut records: Vec<_> = self.records.iter().collect();
        records.sort_by_key(|(_, (offset, _))| *offset);
        for (key, (_, value)) in records {
            let Ok(Key::State(kind, id)) = Key::decode(key) else { panic!("no other is written") };
            let Some(value) = value else {
                engine.restore_gone(id, kind);
                continue;
            };
            let watched = engine.restored(id);
            match kind {
                StateKind::Usage => watched.restore_usage(decode(value).expect("usage")),
                StateKind::Rest => watched.restore_rest(decode(value).expect("rest")),
                StateKind::Said => watched.said = Some(decode(value).expect("said")),
            }
        }
        engine
    }
}

/// An engine whose bands lie and move so that the generated accounts raise many alerts.
fn engine() -> Engine {
    let changed = [("yellow: 70", "yellow: 86"), ("dwell_hours: 6", "dwell_hours: 1")];
    let text = changed.iter().fold(DEFAULT_TEXT.to_owned(), |text, (was, is)| {
        assert!(text.contains(was));
        text.replace(was, is)
    });
    let model = Arc::new(Model::parse(&text).expect("a model"));
    Engine::new(model, IdKey::from_secret("restore"), Memory::Bounded)
}

impl Run {
    fn new(engine: Engine) -> Self {
        let offsets = [0; Topic::ALL.len()];
        Self { engine, decoder: Decoder::new(), offsets, said: Vec::new() }
    }

    fn apply(&mut self, laid: &Laid) {
        let offset = &mut self.offsets[laid.topic.index()];
        let origin = Origin { offset: *offset, broker_at: laid.broker_at };
        *offset += 1;
        match self.decoder.decode(&laid.record()).expect("a valid record") {
            Decoded::Event(event) => drop(self.engine.apply(&event, origin)),
            Decoded::Erase { account_id } => self.engine.erase(&account_id, origin),
        }
    }

    fn step(&mut self, step: &Step, due_max: usize) {
        step.records.iter().for_each(|laid| self.apply(laid));
        self.engine.finish_step(step.now, due_max);
        self.said.extend(self.engine.take_outputs());
    }

    /// All that was said, as it is published.
    fn published(&self) -> Vec<(String, String)> {
        let text = |it: &Output| {
            published(it).2.map(|bytes| String::from_utf8(bytes).expect("JSON is UTF-8"))
        };
        let said = self.said.iter();
        said.map(|it| (it.account_id.to_string(), text(it).unwrap_or_default())).collect()
    }

    fn published_by_account(&self) -> BTreeMap<String, Vec<String>> {
        let mut said = BTreeMap::<_, Vec<_>>::new();
        for (account_id, text) in self.published() {
            said.entry(account_id).or_default().push(text);
        }
        said
    }
}

impl Laid {
    fn record(&self) -> Record<'_> {
        Record {
            topic: self.topic,
            key: Some(self.account_id.as_bytes()),
            value: self.value.as_deref(),
            headers: &[],
            broker_at: self.broker_at,
        }
    }
}

/// When each account wants to be looked at again, and where its alerts and runs stand.
fn whens(engine: &Engine) -> BTreeMap<String, (Timestamp, String)> {
    let when = |watched: &Watched| (watched.look_again_at, format!("{:?}", watched.workflow));
    engine.accounts().map(|(id, watched)| (id.to_string(), when(watched))).collect()
}

type Said = BTreeMap<String, Vec<String>>;

/// The first output of an account that is another one.
fn first_difference(found: &Said, wanted: &Said) -> Option<String> {
    let accounts: BTreeSet<&String> = found.keys().chain(wanted.keys()).collect();
    let of = |said: &Said, id: &String, place: usize| {
        said.get(id).and_then(|texts| texts.get(place)).cloned()
    };
    accounts.into_iter().find_map(|id| {
        let length = found.get(id).map_or(0, Vec::len).max(wanted.get(id).map_or(0, Vec::len));
        let place = (0..length).find(|it| of(found, id, *it) != of(wanted, id, *it))?;
        Some(format!("{:#?}\nnot\n{:#?}", of(found, id, place), of(wanted, id, place)))
    })
}

fn settings(seed: u64) -> Settings {
    let from = Timestamp::parse("2025-01-01").expect("a date");
    let settings = Settings::new(seed, 4, from, from.plus_days(50));
    Settings { events_scale: 0.3, late_share: 0.1, duplicate_share: 0.05, ..settings }
}

/// The records of a small world with tombstones in it, cut into steps of up to `lengths` minutes.
fn history(settings: Settings, erasures: &[Index], lengths: &[u16]) -> Vec<Step> {
    let laid = |it: Generated| {
        let value = Some(it.value);
        Laid { topic: it.topic, account_id: it.account_id, broker_at: it.broker_at, value }
    };
    let mut records: Vec<Laid> = World::new(settings).map(laid).collect();
    for erasure in erasures {
        let place = erasure.index(records.len());
        let (account_id, broker_at) = (records[place].account_id.clone(), records[place].broker_at);
        records.insert(place, Laid { topic: Topic::Accounts, account_id, broker_at, value: None });
    }
    let (mut steps, mut turn, mut now) = (Vec::new(), 0, settings.from);
    let mut records = records.into_iter().peekable();
    while records.peek().is_some() {
        now = now.plus_millis(i64::from(lengths[turn % lengths.len()]) * MINUTE_MS);
        turn += 1;
        let records = std::iter::from_fn(|| records.next_if(|it| it.broker_at <= now)).collect();
        steps.push(Step { records, now });
    }
    steps
}

fn histories() -> impl Strategy<Value = Vec<Step>> {
    let lengths = prop::collection::vec(prop_oneof![1..90_u16, 200..4000_u16], 1..20);
    let erasures = prop::collection::vec(any::<Index>(), 0..4);
    (any::<u64>(), erasures, lengths)
        .prop_filter("accounts that all sign later", |(seed, ..)| {
            World::new(settings(*seed)).nth(100).is_some()
        })
        .prop_map(|(seed, erasures, lengths)| history(settings(seed), &erasures, &lengths))
}

impl std::fmt::Debug for Step {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{} records until {}", self.records.len(), self.now)
    }
}

fn config() -> ProptestConfig {
    ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_restart_after_any_step_changes_no_output(
        steps in histories(), cuts in prop::collection::vec(any::<Index>(), 1..4),
        due_max in prop_oneof![Just(1_usize), Just(500)],
    ) {
        let mut uncut = Run::new(engine());
        steps.iter().for_each(|step| uncut.step(step, due_max));
        let cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(steps.len())).collect();
        let (mut resumed, mut changelog) = (Run::new(engine()), Changelog::default());
        for (number, step) in steps.iter().enumerate() {
            resumed.step(step, due_max);
            changelog.write(&mut resumed.engine);
            if cuts.contains(&number) {
                let mut restored = changelog.restored();
                restored.finish_restore(step.now);
                prop_assert_eq!(whens(&restored), whens(&resumed.engine));
                resumed.engine = restored;
            }
        }
        prop_assume!(uncut.said.len() > 50, "few outputs say little");
        prop_assert_eq!(resumed.published(), uncut.published());
    }

    #[test]
    fn usage_written_lazily_is_folded_again(
        seed in any::<u64>(), every in 1..12_usize, cut in any::<Index>(),
    ) {
        // Without copies: how many were ignored is counted, and no reason to write a record.
        let settings = Settings { duplicate_share: 0.0, ..settings(seed) };
        let steps = history(settings, &[], &[600, 47, 1440]);
        prop_assume!(!steps.is_empty());
        let cut = cut.index(steps.len());
        let (mut uncut, mut eager) = (Run::new(engine()), Changelog::default());
        let (mut written, mut low_water) = (BTreeMap::new(), 0);
        for (number, step) in steps[..=cut].iter().enumerate() {
            uncut.step(step, 500);
            eager.write(&mut uncut.engine);
            if number % every == 0 {
                let usage = eager.records.iter().filter(|(key, _)| key.starts_with(b"u"));
                written = usage.map(|(key, value)| (key.clone(), value.clone())).collect();
                low_water = uncut.offsets[Topic::Usage.index()];
            }
        }
        let mut lazy = Changelog::default();
        lazy.records.extend(eager.records.into_iter().filter(|(key, _)| !key.starts_with(b"u")));
        lazy.records.extend(written);
        let mut restored = lazy.restored();
        let usage = steps[..=cut].iter().flat_map(|step| &step.records);
        let usage = usage.filter(|laid| laid.topic == Topic::Usage).zip(0..);
        for (laid, offset) in usage.filter(|(_, offset)| *offset >= low_water) {
            let Decoded::Event(event) = uncut.decoder.decode(&laid.record()).unwrap() else {
                panic!("usage has no tombstones")
            };
            restored.refold(&event, Origin { offset, broker_at: laid.broker_at });
        }
        restored.finish_restore(steps[cut].now);
        prop_assert_eq!(restored.accounts().count(), uncut.engine.accounts().count());
        for (id, wanted) in uncut.engine.accounts() {
            let found = restored.account(id).expect("an account as before");
            prop_assert_eq!(&found.account, &wanted.account);
            prop_assert_eq!((&found.workflow, &found.said), (&wanted.workflow, &wanted.said));
            prop_assert_eq!(found.usage_offset, wanted.usage_offset);
        }
    }

    #[test]
    fn timers_may_run_late_or_in_steps_of_their_own(
        steps in histories(), due_max in 0..3_usize,
    ) {
        let (mut plain, mut late) = (Run::new(engine()), Run::new(engine()));
        let mut idle = Run::new(engine());
        for step in &steps {
            plain.step(step, 500);
            late.step(step, due_max);
            if let Some(first) = step.records.first() {
                let now = first.broker_at.plus_millis(-1);
                idle.step(&Step { records: Vec::new(), now }, 500);
            }
            idle.step(step, 500);
        }
        late.step(&Step { records: Vec::new(), now: steps[steps.len() - 1].now }, usize::MAX);
        let plain = plain.published_by_account();
        prop_assert_eq!(first_difference(&late.published_by_account(), &plain), None);
        prop_assert_eq!(first_difference(&idle.published_by_account(), &plain), None);
    }

    #[test]
    fn any_cut_gives_the_same_accounts(
        seed in any::<u64>(), one in 1..3000_u16, other in 1..3000_u16,
    ) {
        let folded = |length| {
            let mut run = Run::new(engine());
            history(settings(seed), &[], &[length]).iter().for_each(|step| run.step(step, 500));
            run.engine
        };
        let (one, other) = (folded(one), folded(other));
        for (id, watched) in one.accounts() {
            let found = other.account(id).expect("the same accounts");
            prop_assert_eq!(&found.account, &watched.account);
        }
    }
}

/// A tombstone and what begins anew after it, in one step.
#[test]
fn an_account_that_starts_anew_in_the_step_of_its_erasure_has_no_past() {
    let at = |hours: i64| settings(0).from.plus_millis(hours * HOUR_MS);
    let laid = |topic, hours: i64, rest: &str| Laid {
        topic,
        account_id: "acme".to_owned(),
        broker_at: at(hours),
        value: (!rest.is_empty()).then(|| {
            let ts = at(hours);
            let head = format!(r#"{{"event_id":"{hours}","account_id":"acme","ts":"{ts}""#);
            format!(r#"{head},"type":{rest}}}"#).into_bytes()
        }),
    };
    let used = laid(Topic::Usage, 1, r#""login","user_id":"ann""#);
    let erased = || laid(Topic::Accounts, 3, "");
    let afterwards = [
        laid(Topic::Accounts, 4, r#""account_updated","seats":3"#),
        laid(Topic::Commands, 4, r#""log_touchpoint","actor":"bob""#),
    ];
    for after in afterwards {
        let (mut run, mut changelog) = (Run::new(engine()), Changelog::default());
        let [used, erased] = [&used, &erased()];
        for (records, now) in [(vec![used], at(2)), (vec![erased, &after], at(5))] {
            records.into_iter().for_each(|laid| run.apply(laid));
            run.engine.finish_step(now, 500);
            changelog.write(&mut run.engine);
        }
        let restored = changelog.restored();
        let (found, wanted) =
            (restored.account("acme").unwrap(), run.engine.account("acme").unwrap());
        assert_eq!(found.account, wanted.account);
        assert_eq!((&found.said, found.gravestone), (&wanted.said, wanted.gravestone));
    }
}

/// Two steps that publish at one instant: the second publication counts.
#[test]
fn what_was_said_twice_in_an_instant_is_kept() {
    let at = settings(0).from.plus_millis(30 * HOUR_MS);
    let event = |event_id: u32, rest: &str| {
        let head = format!(r#"{{"event_id":"{event_id}","account_id":"acme","ts":"{at}""#);
        let topic = if rest.contains("nps") { Topic::Feedback } else { Topic::Commercial };
        let value = Some(format!(r#"{head},"type":{rest}}}"#).into_bytes());
        Laid { topic, account_id: "acme".to_owned(), broker_at: at, value }
    };
    let (mut run, mut changelog) = (Run::new(engine()), Changelog::default());
    run.step(&Step { records: vec![event(1, r#""nps","score":0"#)], now: at }, 500);
    changelog.write(&mut run.engine);
    let nps = event(2, r#""nps","score":10"#);
    run.step(&Step { records: vec![nps, event(3, r#""contract_churned""#)], now: at }, 500);
    changelog.write(&mut run.engine);
    let restored = changelog.restored();
    let wanted = run.engine.account("acme").unwrap();
    assert_eq!(restored.account("acme").unwrap().said, wanted.said);
    assert_eq!(run.said.iter().filter(|it| it.at == at).count(), run.said.len());
}
