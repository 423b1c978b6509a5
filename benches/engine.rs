//! What folding and assessing cost per event, without Kafka.
//!
//! Throughput from Kafka to committed outputs is measured in `pipeline/`, instructions in
//! `instructions.rs`. `PULSE_BENCH_ACCOUNTS=1000000` takes that many accounts instead (10 GB).

use std::hint::black_box;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use customer_pulse::engine::account::Account;
use customer_pulse::engine::assess::assess;
use customer_pulse::engine::id::IdKey;
use customer_pulse::engine::model::Model;
use customer_pulse::engine::silence::Silences;
use customer_pulse::engine::text::Labels;
use customer_pulse::engine::time::MINUTE_MS;

mod history;

/// So many accounts fit into no cache.
const ACCOUNTS: usize = 10_000;
/// So many different pasts there are; the other accounts are copies of these.
const PASTS: usize = 1_000;
const USERS: usize = 20;

/// As many accounts as asked for, each in a memory of its own.
fn accounts(sessions: &[String], key: &IdKey) -> Vec<Account> {
    let wanted = std::env::var("PULSE_BENCH_ACCOUNTS").ok();
    let wanted = wanted.map_or(ACCOUNTS, |number| number.parse().expect("a number of accounts"));
    let pasts: Vec<Account> =
        (0..PASTS).map(|number| history::account(number, sessions, key)).collect();
    (0..wanted).map(|number| pasts[number % PASTS].clone()).collect()
}

#[allow(clippy::print_stdout)] // a size is no duration
fn engine(criterion: &mut Criterion) {
    let (model, key) = (Model::default(), IdKey::from_secret("bench"));
    let bodies = history::sessions(USERS);
    let mut accounts = accounts(&bodies, &key);
    let count = accounts.len();
    let now = history::START.plus_days(history::DAYS);
    println!("{count} accounts of {} bytes when written", written_bytes(&accounts[..100]));
    let mut turn = 0_usize;
    let mut next = move || {
        turn += 1;
        // a stride that is prime to the number of accounts visits them all, out of cache
        (turn, turn * 7919 % count)
    };
    criterion.bench_function("assess, in cache", |bench| {
        bench.iter(|| assess(&model, &Silences::NONE, black_box(&accounts[0]), now));
    });
    criterion.bench_function("assess, out of cache", |bench| {
        bench.iter(|| assess(&model, &Silences::NONE, &accounts[next().1], now));
    });
    let mut fold = |is_assessed: bool, is_cached: bool, bench: &mut criterion::Bencher<'_>| {
        bench.iter_batched(
            || {
                let (turn, place) = next();
                (format!("e{turn}"), turn, if is_cached { 0 } else { place })
            },
            |(id, turn, place)| {
                let at = now.plus_millis(turn as i64 % (10 * MINUTE_MS));
                let event = history::session(&id, &bodies[turn % USERS], at);
                let account = &mut accounts[place];
                black_box(account.fold(&event, at, &key, &Labels::NONE));
                if is_assessed {
                    black_box(assess(&model, &Silences::NONE, account, at));
                }
            },
            BatchSize::SmallInput,
        );
    };
    criterion.bench_function("labels of a text", |bench| {
        let text = "The nightly sync has failed three times this week, reports show stale data.";
        bench.iter(|| model.texts.labels(black_box(text)));
    });
    criterion.bench_function("read body", |bench| {
        bench.iter(|| history::session("e", black_box(&bodies[3]), now));
    });
    for (name, is_assessed, is_cached) in [
        ("read body + fold, in cache", false, true),
        ("read body + fold + assess, in cache", true, true),
        ("read body + fold, out of cache", false, false),
        ("read body + fold + assess, out of cache", true, false),
    ] {
        criterion.bench_function(name, |bench| fold(is_assessed, is_cached, bench));
    }
}

/// What one of these accounts takes in a record, on average.
fn written_bytes(accounts: &[Account]) -> usize {
    let bytes = accounts.iter().filter_map(|account| postcard::to_allocvec(account).ok());
    bytes.map(|bytes| bytes.len()).sum::<usize>() / accounts.len()
}

criterion_group!(benches, engine);
criterion_main!(benches);
