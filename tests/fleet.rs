//! All accounts together: a feed that stopped costs nobody health, and peers are told apart.
//!
//! The rhythm of one feed is tested where it is kept (`src/engine/fleet/rhythm.rs`); what several
//! processes make of it, on a real broker, in `kafka/recount.rs`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use customer_pulse::engine::account::feed::Memory;
use customer_pulse::engine::account::profile::Segment;
use customer_pulse::engine::decode::{Decoded, Decoder, Record};
use customer_pulse::engine::event::Topic;
use customer_pulse::engine::fleet::feedback::{FeedbackCount, SNAPSHOT_MAX, TALLY_MAX};
use customer_pulse::engine::fleet::rhythm::Rhythm;
use customer_pulse::engine::fleet::tally::{DayCount, DayTally, FeatureUse, Group};
use customer_pulse::engine::fleet::tally::{FEATURES_MAX, GROUPS_MAX, Tally};
use customer_pulse::engine::fleet::{Fleet, FleetPart, GROUP_FEATURES_MAX};
use customer_pulse::engine::id::{IdKey, name_hash};
use customer_pulse::engine::metric::MetricId;
use customer_pulse::engine::model::{DEFAULT_TEXT, Model};
use customer_pulse::engine::output::OutputBody;
use customer_pulse::engine::output::health::AccountHealth;
use customer_pulse::engine::silence::Silences;
use customer_pulse::engine::state::StateChange;
use customer_pulse::engine::time::{DAY_MS, Day, HOUR_MS, Timestamp};
use customer_pulse::engine::{Engine, Origin};
use customer_pulse::generate::world::{Settings, World};
use customer_pulse::kafka::changelog::{decode, encode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

/// Accounts of a world whose feeds all speak often.
const ACCOUNTS: u32 = 80;
/// The feed is cut after so many days of so many.
const CUT_DAYS: i64 = 40;
const DAYS: i64 = 54;

fn start() -> Timestamp {
    Timestamp::parse("2025-02-01").expect("a date")
}

fn engine(model: Model) -> Engine {
    Engine::new(Arc::new(model), IdKey::from_secret("fleet"), Memory::Bounded)
}

fn apply(engine: &mut Engine, topic: Topic, key: &str, value: &[u8], broker_at: Timestamp) {
    let record =
        Record { topic, key: Some(key.as_bytes()), value: Some(value), headers: &[], broker_at };
    let Decoded::Event(event) = Decoder::new().decode(&record).expect("valid") else {
        panic!("nothing is erased")
    };
    engine.apply(&event, Origin { offset: 0, broker_at });
}

fn heard(engine: &mut Engine) -> impl Iterator<Item = AccountHealth> {
    engine.take_outputs().into_iter().filter_map(|output| match output.body {
        OutputBody::Health(health) => Some(*health),
        _ => None,
    })
}

/// What is published of a world whose feed `cut` stops, by account.
fn publications(cut: Topic, looks_at_fleet: bool) -> BTreeMap<String, Vec<AccountHealth>> {
    let mut engine = engine(Model::default());
    let settings = Settings::new(7, ACCOUNTS, start(), start().plus_days(DAYS));
    let cut_at = start().plus_days(CUT_DAYS);
    let mut records =
        World::new(settings).filter(|it| it.topic != cut || it.broker_at < cut_at).peekable();
    let mut said = BTreeMap::<String, Vec<AccountHealth>>::new();
    for hour in 1..=DAYS * 24 {
        let now = start().plus_millis(hour * HOUR_MS);
        while let Some(it) = records.next_if(|it| it.broker_at <= now) {
            apply(&mut engine, it.topic, &it.account_id, &it.value, it.broker_at);
        }
        assert!(!engine.finish_step(now, usize::MAX));
        if looks_at_fleet {
            engine.look_at_fleet(now);
        }
        for health in heard(&mut engine) {
            said.entry(health.account_id.to_string()).or_default().push(health);
        }
    }
    said
}

/// By how much the signal of a usage drop rose from the first to the last publication after `from`.
fn usage_drop_rises(said: &[AccountHealth], from: Timestamp) -> Option<f64> {
    let mut late = said.iter().filter(|health| health.at >= from);
    let (first, last) = (late.next()?, late.next_back()?);
    let signal = |health: &AccountHealth| health.signals.get("usage_drop").copied();
    Some(signal(last).unwrap_or(0.0) - signal(first).unwrap_or(0.0))
}

/// By how much metrics moved that `cut` feeds, from the first to the last publication after `from`.
fn moves(cut: Topic, said: &[AccountHealth], from: Timestamp) -> Vec<f64> {
    let mut late = said.iter().filter(|health| health.at >= from);
    let (Some(first), Some(last)) = (late.next(), late.next_back()) else { return Vec::new() };
    let fed = MetricId::ALL.into_iter().filter(|metric| metric.feeds() == [cut]);
    let moved = fed.map(|metric| {
        let score = |health: &AccountHealth| health.metrics.get(metric.name()).copied();
        score(last).unwrap_or(0.0) - score(first).unwrap_or(0.0)
    });
    moved.collect()
}

#[test]
fn a_feed_that_is_cut_for_all_costs_nobody_health() {
    for cut in [Topic::Usage, Topic::Support] {
        // By then the silence is known: nights and weekends are not, and it took four of them.
        let (mut known_at, mut compared) = (start().plus_days(DAYS), 0);
        let said = publications(cut, true);
        for health in said.values().flatten() {
            let is_stale = health.freshness.get(cut.name()).is_some_and(|feed| feed.stale);
            assert!(
                !is_stale || health.at > start().plus_days(CUT_DAYS),
                "{cut:?} at {}",
                health.at
            );
            let others = health.freshness.iter().filter(|(topic, _)| **topic != cut.name());
            assert!(others.into_iter().all(|(_, feed)| !feed.stale), "{health:?}");
            known_at = if is_stale { known_at.min(health.at) } else { known_at };
        }
        assert!(known_at < start().plus_days(CUT_DAYS + 7), "{cut:?} is silent from {known_at}");
        known_at = known_at.plus_days(1);
        for publications in said.values() {
            let moves = moves(cut, publications, known_at);
            compared += moves.len();
            assert!(moves.iter().all(|points| points.abs() <= 0.0), "{cut:?}: {moves:?}");
            let rises = usage_drop_rises(publications, known_at);
            assert!(cut != Topic::Usage || rises.is_none_or(|rise| rise <= 0.0), "{rises:?}");
        }
        assert!(compared > 50, "few were compared");
        let unaware = publications(cut, false);
        let moved = unaware.values().flat_map(|said| moves(cut, said, known_at));
        let moved = moved
            .filter(|points| if cut == Topic::Usage { *points < -5.0 } else { points.abs() > 1.0 });
        assert!(moved.count() > 10, "{cut:?}: nothing would move");
        let rises = unaware.values().filter_map(|said| usage_drop_rises(said, known_at));
        assert!(cut != Topic::Usage || rises.filter(|rise| *rise > 0.5).count() > 10);
    }
}

/// A part whose usage spoke in every hour up to `spoke_hours` and that read on to `now_hours`.
fn part(spoke_hours: std::ops::Range<i64>, now_hours: i64) -> FleetPart {
    let mut part = FleetPart { now: hours(now_hours), ..FleetPart::default() };
    for topic in [Topic::Accounts, Topic::Usage, Topic::Commands] {
        spoke_hours.clone().for_each(|hour| part.rhythms[topic.index()].note(hours(hour)));
    }
    part
}

fn hours(hours: i64) -> Timestamp {
    start().plus_millis(hours * HOUR_MS)
}

#[test]
fn a_feed_is_silent_when_no_partition_heard_of_it() {
    let rule = Model::default().silence;
    let silences = |parts: &[FleetPart]| Fleet::of(&rule, parts).silences;
    assert_eq!(silences(&[]), Silences::NONE);
    let mut usage = Silences::NONE;
    usage.note(Topic::Usage, hours(299));
    let quiet = part(0..300, 306);
    // Profiles and commands are never judged, however long they pause.
    assert_eq!(silences(std::slice::from_ref(&quiet)), usage);
    assert_eq!(silences(&[part(0..300, 305)]), Silences::NONE, "six hours are no silence");
    assert_eq!(silences(&[quiet.clone(), part(0..301, 306)]), Silences::NONE, "one heard of it");
    assert_eq!(silences(&[quiet.clone(), part(0..0, 305)]), Silences::NONE, "one lags behind");
    assert_eq!(silences(&[quiet.clone(), part(0..0, 306)]), usage, "one has no such account");
    assert_eq!(silences(&[part(0..100, 306), part(100..300, 306)]), usage, "they took turns");
}

#[test]
fn a_record_of_the_far_future_keeps_no_feed_alive() {
    let mut engine = engine(Model::default());
    let login = |engine: &mut Engine, at: Timestamp, broker_at| {
        let event = json!({ "event_id": at.to_string(), "account_id": "acme", "type": "login",
            "user_id": "u", "ts": at.to_string() });
        apply(engine, Topic::Usage, "acme", event.to_string().as_bytes(), broker_at);
    };
    for hour in 0..240 {
        login(&mut engine, hours(hour), hours(hour));
        engine.finish_step(hours(hour), usize::MAX);
    }
    login(&mut engine, hours(240), hours(90_000));
    engine.finish_step(hours(240), usize::MAX);
    engine.look_at_fleet(hours(247));
    assert_eq!(engine.fleet().silences.since(Topic::Usage), Some(hours(240)));
}

#[test]
fn drops_are_counted_by_day() {
    let mut engine = engine(Model::default());
    for day in 0..60 {
        for account in ["stays", "leaves", "never"] {
            let ends = [("stays", 60), ("leaves", 40), ("never", 0)];
            let is_used = ends.iter().any(|(id, end)| *id == account && day < *end);
            let type_name = if is_used { "login" } else { "plan_usage" };
            let at = hours(day * 24);
            let event = json!({ "event_id": format!("{day}"), "account_id": account, "ts": at,
                "type": type_name, "user_id": "u", "meter": "m", "used": 1, "limit": 9 });
            apply(&mut engine, Topic::Usage, account, event.to_string().as_bytes(), at);
        }
        engine.finish_step(hours(day * 24 + 23), usize::MAX);
        engine.look_at_fleet(hours(day * 24 + 23));
    }
    let (days, last) = (&engine.fleet().days, start().plus_days(59).day());
    assert_eq!(days.last(), Some(&DayCount { day: last, accounts: 3, dropped: 1 }));
    assert_eq!(engine.fleet().dropped, ["leaves"]);
    let before = days.iter().filter(|count| count.day < start().plus_days(40).day());
    assert!(before.clone().count() > 5 && before.clone().all(|count| count.dropped == 0));
}

#[test]
fn peers_are_healthy_accounts_of_the_same_segment_and_plan() {
    let catalogue = "features: [{ name: search, core: true }, { name: export, core: false },
        { name: audit, core: false }]";
    let text = DEFAULT_TEXT.replace("features: []", catalogue);
    let mut engine = engine(Model::parse(&text).expect("a model"));
    let mut tell = |account: &str, mut event: serde_json::Value, topic, at: Timestamp| {
        event["event_id"] = json!(format!("{event}{at}"));
        event["account_id"] = json!(account);
        event["ts"] = json!(at.to_string());
        apply(&mut engine, topic, account, event.to_string().as_bytes(), at);
    };
    for number in 0..12 {
        let account = format!("a{number:02}");
        let plan = if number == 11 { "basic" } else { "pro" };
        let profile =
            json!({ "type": "account_updated", "seats": 1, "plan": plan, "segment": "smb" });
        tell(&account, profile, Topic::Accounts, start());
        // Nine of the eleven use export, three audit; the last two of them neither.
        for (feature, users) in [("search", 12), ("export", 9), ("audit", 3)] {
            if number < users {
                let used = json!({ "type": "feature_used", "user_id": "u", "feature": feature });
                tell(&account, used, Topic::Usage, start().plus_millis(number));
            }
        }
    }
    let said: Vec<AccountHealth> = (1..=73)
        .flat_map(|hour| {
            engine.finish_step(hours(hour), usize::MAX);
            engine.look_at_fleet(hours(hour));
            heard(&mut engine).collect::<Vec<_>>()
        })
        .collect();
    let peers = |account: &str| {
        let last = said.iter().rfind(|health| health.account_id == account).expect("published");
        assert!(last.at > hours(48), "{} comes before the first whole day is over", last.at);
        &last.peers
    };
    let unused = &peers("a10").unused_features;
    assert_eq!(unused.len(), 1, "audit is used by few: {unused:?}");
    assert_eq!((&*unused[0].feature, (unused[0].share * 1000.0) as u32), ("export", 818));
    assert!(peers("a08").unused_features.is_empty());
    assert!(peers("a11").unused_features.is_empty(), "nobody else has its plan");
    assert_eq!(peers("a11").health_percentile, Some(50.0), "all twelve have the same health");
}

/// What customers write about is told once a day, by whoever has read its input, and not again
/// after a restart; a category that the model does not have is left out.
#[test]
fn what_customers_write_about_is_told_once_a_day() {
    let fleet = |day: i64, dropped: &str| {
        let count = |category| FeedbackCount {
            category: name_hash(category),
            feature: None,
            texts: 2,
            texts_before: 1,
            accounts: 1,
            arr_reporting_cents: 5,
        };
        let mut fleet = Fleet { dropped: vec![dropped.into()], ..Fleet::default() };
        fleet.peers.day = hours(24 * day).day();
        fleet.peers.feedback = vec![count("bug"), count("not of the model")];
        Arc::new(fleet)
    };
    let told = |engine: &mut Engine, hour, fleet| {
        engine.set_fleet(fleet);
        engine.finish_step(hours(hour), 500);
        let ids = engine.take_outputs().into_iter().map(|output| output.account_id.to_string());
        ids.collect::<Vec<_>>()
    };
    let [mut written, mut restored] = [(); 2].map(|()| engine(Model::default()));
    written.watch_fleet();
    written.keep_quiet();
    assert_eq!(told(&mut written, 24, fleet(0, "a")), [""; 0]);
    written.attend(hours(24), 1);
    assert_eq!(told(&mut written, 25, fleet(0, "b")), ["feedback:bug"]);
    written.take_changes(|change| {
        if let StateChange::Rest(content) = &change.state {
            let record = encode(content, Vec::new());
            restored.restored(change.account_id).restore_rest(decode(&record).expect("read"));
        }
    });
    restored.watch_fleet();
    restored.finish_restore(hours(25));
    for engine in [&mut written, &mut restored] {
        assert_eq!(told(engine, 26, fleet(0, "c")), [""; 0]);
        assert_eq!(told(engine, 48, fleet(1, "c")), ["feedback:bug"]);
    }
}

/// A part and its snapshot with so many groups of so many features, and feedback about so many
/// things, else as large as can be.
fn large(groups: usize, features: usize, things: usize) -> (FleetPart, Fleet) {
    let feature = |n: usize| FeatureUse { hash: name_hash(&n.to_string()), accounts: 100_000 };
    let mut features: Vec<FeatureUse> = (0..features).map(feature).collect();
    features.sort_by_key(|feature| feature.hash);
    let group = |n: usize| {
        let (segment, features) = (Segment::ALL[n * 4 / groups], features.clone());
        Group { segment, plan: Some(format!("plan {n:02}").into()), accounts: 200_000, features }
    };
    let feedback = |n: usize| FeedbackCount {
        category: name_hash("bug"),
        feature: Some(format!("feature {n:03}").into()),
        texts: 1_000_000 + n as u32,
        texts_before: 1_000_000,
        accounts: 200_000,
        arr_reporting_cents: 1 << 50,
    };
    let mut day = DayTally { groups: (0..groups).map(group).collect(), ..DayTally::default() };
    day.feedback = (0..things).map(feedback).collect();
    for scores in &mut day.scores {
        (0..=100).for_each(|score| scores.note(f64::from(score)));
    }
    let first = start().day();
    let at = |days| Day::from_number(first.number() + days);
    let days = (0..29).map(|n| DayCount { day: at(n), accounts: 1_000_000, dropped: 20_000 });
    let peers = [27, 28].map(|days| DayTally { day: at(days), ..day.clone() }).into();
    let dropped = (0..100).map(|n| format!("account {n:03}").into()).collect();
    let mut part = part(0..720, 28 * 24 + 7);
    part.rhythms[Topic::Usage.index()] = Rhythm::default();
    (0..600).for_each(|hour| part.rhythms[Topic::Usage.index()].note(hours(hour)));
    part.tally = Tally { days: days.collect(), dropped, peers };
    let fleet = Fleet::of(&Model::default().silence, [&part, &part]);
    (part, fleet)
}

#[test]
fn records_of_the_fleet_are_bounded() {
    let (part, fleet) = large(GROUPS_MAX, FEATURES_MAX, TALLY_MAX);
    assert_eq!(fleet.silences.since(Topic::Usage), Some(hours(599)));
    assert_eq!(fleet.peers.groups[0].accounts, 400_000);
    assert_eq!(fleet.peers.groups[0].features.len(), GROUP_FEATURES_MAX);
    assert_eq!(fleet.days.last().map(|it| it.dropped), Some(40_000));
    assert!(fleet.days.iter().all(|day| day.day.start().millis_since(start()) < 29 * DAY_MS));
    let told = &fleet.peers.feedback;
    assert_eq!(told.len(), SNAPSHOT_MAX);
    assert_eq!((told[0].texts, told[0].accounts), (2 * (1_000_000 + 128), 400_000));
    // Longer names of plans and features come on top, at most 0.4 MB; topics take 1 MiB.
    assert!(encode(&part, Vec::new()).len() < 300_000);
    assert!(encode(&fleet, Vec::new()).len() < 60_000);
}

#[test]
fn records_of_the_fleet_of_format_1_are_read_for_ever() {
    let (part, fleet) = large(4, 3, 2);
    read_for_ever("fleet-1-part.bin", &part);
    read_for_ever("changelog-1-fleet.bin", &fleet);
}

fn read_for_ever<T: Serialize + DeserializeOwned + PartialEq>(name: &str, known: &T) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    let bytes = encode(known, Vec::new());
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, &bytes).expect("writable");
    }
    let golden = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert!(decode::<T>(&golden).expect("format 1 is known") == *known, "{name}: another content");
    assert!(bytes == golden, "{name} is written otherwise");
}

/// A snapshot about which there is nothing to say moves the next look: a restart must find it.
#[test]
fn a_look_at_all_accounts_is_written_though_nothing_is_said() {
    let mut engine = engine(Model::default());
    engine.watch_fleet();
    for hours in [0, 5] {
        let dropped = vec![format!("account {hours}").into()];
        engine.set_fleet(Arc::new(Fleet { dropped, ..Fleet::default() }));
        engine.finish_step(start().plus_millis(hours * HOUR_MS), 500);
        let mut written = Vec::new();
        engine.take_changes(|change| written.push(change.account_id.to_owned()));
        assert_eq!(written, ["~fleet"]);
    }
}
