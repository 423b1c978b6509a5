//! What folding and assessing cost per event, without Kafka.
//!
//! Throughput from Kafka to committed outputs is measured elsewhere in `benches/`.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use customer_pulse::engine::account::Account;
use customer_pulse::engine::assess::assess;
use customer_pulse::engine::id::IdKey;
use customer_pulse::engine::model::Model;
use customer_pulse::engine::silence::Silences;
use customer_pulse::engine::time::MINUTE_MS;

mod history;

const ACCOUNTS: usize = 10_000;
const USERS: usize = 20;
#[allow(clippy::print_stdout)] // a size is no duration
fn engine(criterion: &mut Criterion) {
    let (model, key, bodies) =
        (Model::default(), IdKey::from_secret("bench"), history::sessions(USERS));
    let mut accounts: Vec<Account> =
        (0..ACCOUNTS).map(|number| history::account(number, &bodies, &key)).collect();
    let now = history::START.plus_days(history::DAYS);
    let bytes: usize = accounts[..100]
        .iter()
        .filter_map(|account| postcard::to_allocvec(&account.usage).ok())
        .map(|bytes| bytes.len())
        .sum();
    println!("usage facet: {} bytes each when written", bytes / 100);
    let mut turn = 0_usize;
    let mut next = move || {
        turn += 1;
        // a stride that is prime to the number of accounts visits them all, out of cache
        (turn, turn * 7919 % ACCOUNTS)
    };
    criterion.bench_function("assess, 10 k accounts", |bench| {
        bench.iter(|| assess(&model, &Silences::NONE, &accounts[next().1], now));
    });
    let mut fold = |is_assessed: bool, bench: &mut criterion::Bencher<'_>| {
        bench.iter_batched(
            || {
                let (turn, place) = next();
                (format!("e{turn}"), turn, place)
            },
            |(id, turn, place)| {
                let at = now.plus_millis(turn as i64 % (10 * MINUTE_MS));
                let event = history::session(&id, &bodies[turn % USERS], at);
                let account = &mut accounts[place];
                black_box(account.fold(&event, at, &key));
                if is_assessed {
                    black_box(assess(&model, &Silences::NONE, account, at));
                }
            },
            BatchSize::SmallInput,
        );
    };
    criterion.bench_function("read body", |bench| {
        bench.iter(|| history::session("e", black_box(&bodies[3]), now));
    });
    criterion.bench_function("read body + fold, 10 k accounts", |bench| fold(false, bench));
    criterion.bench_function("read body + fold + assess, 10 k accounts", |bench| fold(true, bench));
}

criterion_group!(benches, engine);
criterion_main!(benches);
