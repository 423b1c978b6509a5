//! The view of a large book: memory an account, and how long lists, attention and snapshots take.
//!
//! `PULSE_VIEW_ACCOUNTS` (100,000) says how many accounts. Their records are those of a generated
//! book of 200, under other ids. What is shown is tested in `src/view/`.

#![allow(clippy::print_stdout)] // a bench prints what it found

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use customer_pulse::engine::account::feed::Memory;
use customer_pulse::engine::decode::{Decoded, Decoder, Record};
use customer_pulse::engine::id::IdKey;
use customer_pulse::engine::model::Model;
use customer_pulse::engine::output::{OutputBody, OutputTopic};
use customer_pulse::engine::time::{HOUR_MS, Timestamp};
use customer_pulse::engine::{Engine, Origin};
use customer_pulse::generate::world::{Settings, World};
use customer_pulse::kafka::codec;
use customer_pulse::view::list::{Filter, Query, Sort};
use customer_pulse::view::writer::{Record as Published, Writer};

const BOOK: u32 = 200;
const DAYS: i64 = 120;
const ROUNDS: usize = 200;
/// Transitions of alerts and runs of an account.
const MOMENTS_MAX: usize = 20;

/// A record to be: topic, account and value.
type Told = (OutputTopic, String, Vec<u8>);

/// The last records of each account of a small book, and what happened to its alerts and runs.
fn book(to: Timestamp) -> Vec<Told> {
    let from = to.plus_days(-DAYS);
    let mut world = World::new(Settings::new(1, BOOK, from, to)).peekable();
    let model = Arc::new(Model::default());
    let mut engine = Engine::new(model, IdKey::new(*b"sixteen bytes ok"), Memory::Bounded);
    let (decoder, mut offset, mut now) = (Decoder::new(), 0, from);
    let mut last = std::collections::BTreeMap::new();
    let mut told = Vec::new();
    while now < to {
        now = now.plus_millis(HOUR_MS).min(to);
        while let Some(event) = world.next_if(|event| event.broker_at < now) {
            let (topic, broker_at) = (event.topic, event.broker_at);
            let (key, value) = (Some(event.account_id.as_bytes()), Some(&event.value[..]));
            let record = Record { topic, key, value, headers: &[], broker_at };
            if let Ok(Decoded::Event(event)) = decoder.decode(&record) {
                engine.apply(&event, Origin { offset, broker_at });
            }
            offset += 1;
        }
        while engine.finish_step(now, 500) {}
        engine.take_changes(|_| {});
        for output in engine.take_outputs() {
            let (topic, _, Some(value)) = codec::published(&output) else { continue };
            let id = output.account_id.to_string();
            match output.body {
                OutputBody::Health(_) | OutputBody::Work(_) => {
                    last.insert((topic, id), value);
                }
                OutputBody::Alert(_) | OutputBody::Run(_) => told.push((topic, id, value)),
                _ => {}
            }
        }
    }
    // Of what happened as much as is kept.
    let mut kept = std::collections::BTreeMap::<String, usize>::new();
    told.reverse();
    told.retain(|(_, id, _)| {
        let n = kept.entry(id.clone()).or_default();
        *n += 1;
        *n <= MOMENTS_MAX
    });
    told.reverse();
    told.extend(last.into_iter().map(|((topic, id), value)| (topic, id, value)));
    told
}

/// The same record as another account's.
fn renamed(told: &Told, copy: u32) -> Told {
    let (topic, id, value) = told;
    let other = format!("{id}-{copy}");
    let text = String::from_utf8_lossy(value);
    let text = text.replace(&format!("\"{id}\""), &format!("\"{other}\""));
    (*topic, other, text.into_bytes())
}

fn resident_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}

/// Median and 99th of a hundred of how long something takes.
fn time(name: &str, mut work: impl FnMut()) {
    let mut taken: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let start = now();
            work();
            start.elapsed()
        })
        .collect();
    taken.sort();
    println!("{name}: median {:?}, p99 {:?}", taken[ROUNDS / 2], taken[ROUNDS * 99 / 100]);
}

fn now() -> Instant {
    #[allow(clippy::disallowed_methods)] // a bench measures time
    Instant::now()
}

fn main() {
    let accounts = std::env::var("PULSE_VIEW_ACCOUNTS").ok().and_then(|it| it.parse().ok());
    let copies = accounts.unwrap_or(100_000_u32).div_ceil(BOOK);
    let to = Timestamp::from_millis(1_767_225_600_000);
    let book = book(to);
    let bytes: usize = book.iter().map(|told| told.2.len()).sum();
    println!("{} records of {BOOK} accounts, {bytes} bytes", book.len());
    let (mut writer, view) = Writer::new(1);
    writer.note_progress(true, 0);
    let (before_kb, start) = (resident_kb(), now());
    for copy in 0..copies {
        for told in &book {
            let (topic, key, value) = renamed(told, copy);
            let record = Published { topic, partition: 0, key: &key, value: Some(&value) };
            writer.take(&record).expect("the engine's own record");
        }
        if copy % 20 == 0 {
            writer.publish(to);
        }
    }
    writer.publish(to);
    let snapshot = view.latest();
    let n = snapshot.accounts().len();
    let each = (resident_kb() - before_kb) as f64 * 1024.0 / n as f64;
    println!("{n} accounts read in {:?}: {each:.0} bytes resident an account", start.elapsed());
    let (health, work) = snapshot.accounts().iter().fold((0, 0), |(health, work), account| {
        (health + account.health.bytes(), work + account.work.as_ref().map_or(0, |it| it.bytes()))
    });
    println!("  of it health {} and work {} bytes", health / n, work / n);
    for (sort, name) in Sort::ALL {
        let query = Query { sort, is_descending: true, limit: 50, ..Query::default() };
        time(&format!("list by {name}"), || drop(black_box(snapshot.list(&query))));
    }
    let search = Filter { search: Some("umbra".to_owned()), ..Filter::default() };
    let query = Query { filter: search, limit: 50, ..Query::default() };
    time("search", || drop(black_box(snapshot.list(&query))));
    time("attention", || {
        drop(black_box(snapshot.attention(&Filter::default(), to, 20)));
    });
    time("one account unpacked and read", || {
        drop(black_box(snapshot.accounts()[n / 2].health.record()));
    });
    let told = renamed(book.last().expect("a book has records"), 3);
    time("a record taken in and published", || {
        let (topic, key, value) = (told.0, &told.1, Some(&told.2[..]));
        writer.take(&Published { topic, partition: 0, key, value }).expect("as before");
        writer.publish(to);
    });
}
