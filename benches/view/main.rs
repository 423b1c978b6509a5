//! The view of a large book: memory an account, and how long lists, pages and snapshots take.
//!
//! `PULSE_VIEW_ACCOUNTS` (100,000) says how many accounts at least: copies of the book of
//! `book.rs`. What is shown is tested in `src/view/` and `src/http/`.

#![allow(clippy::print_stdout)] // a bench prints what it found

mod book;
mod pages;

use std::collections::BTreeSet;
use std::hint::black_box;
use std::time::{Duration, Instant};

use customer_pulse::engine::output::OutputTopic;
use customer_pulse::engine::time::Timestamp;
use customer_pulse::view::list::{Filter, Query, Sort};
use customer_pulse::view::writer::{Record as Published, Writer};

use book::{BOOK, book, renamed};

const ROUNDS: usize = 200;

fn resident_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}

/// Median and 99th of a hundred of how long something takes.
fn time(name: &str, mut work: impl FnMut()) {
    let taken = (0..ROUNDS).map(|_| {
        let start = now();
        work();
        start.elapsed()
    });
    println!("{name}: {}", spread(taken.collect()));
}

fn spread(mut taken: Vec<Duration>) -> String {
    taken.sort();
    format!("median {:.1?}, p99 {:.1?}", taken[taken.len() / 2], taken[taken.len() * 99 / 100])
}

fn now() -> Instant {
    #[allow(clippy::disallowed_methods)] // a bench measures time
    Instant::now()
}

fn main() {
    let accounts = std::env::var("PULSE_VIEW_ACCOUNTS").ok().and_then(|it| it.parse().ok());
    let to = Timestamp::from_millis(1_767_225_600_000);
    let book = book(to);
    let ids: BTreeSet<_> = book
        .iter()
        .filter(|told| told.0 == OutputTopic::AccountHealth)
        .map(|told| &told.1)
        .collect();
    let copies = accounts.unwrap_or(100_000_usize).div_ceil(ids.len()) as u32;
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
    pages::measure(&view);
    let told = renamed(book.last().expect("a book has records"), 3);
    time("a record taken in and published", || {
        let (topic, key, value) = (told.0, &told.1, Some(&told.2[..]));
        writer.take(&Published { topic, partition: 0, key, value }).expect("as before");
        writer.publish(to);
    });
}
