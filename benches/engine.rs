//! What folding and assessing cost per event, without Kafka.
//!
//! Throughput from Kafka to committed outputs is measured elsewhere in `benches/`.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use customer_pulse::engine::account::Account;
use customer_pulse::engine::account::feed::Memory;
use customer_pulse::engine::assess::assess;
use customer_pulse::engine::decode::Body;
use customer_pulse::engine::event::{Event, EventBody, Topic};
use customer_pulse::engine::field::{Id, Str};
use customer_pulse::engine::id::IdKey;
use customer_pulse::engine::model::Model;
use customer_pulse::engine::silence::Silences;
use customer_pulse::engine::text::Labels;
use customer_pulse::engine::time::{MINUTE_MS, Timestamp};

const ACCOUNTS: usize = 10_000;
const USERS: u64 = 20;
const HISTORY_DAYS: i64 = 90;

/// 2024-01-01.
const START: Timestamp = Timestamp::from_millis(1_704_067_200_000);

/// A session of one of the account's users, borrowed from `body`.
fn session<'a>(event_id: &'a str, body: &'a str, at: Timestamp) -> Event<'a> {
    let body = EventBody::read(Topic::Usage, "session", &Body::Json(body));
    Event {
        event_id: Id::new(Str::borrowed(event_id)).expect("an id"),
        account_id: Id::new(Str::borrowed("acme")).expect("an id"),
        at,
        source: None,
        body: body.expect("a session"),
    }
}

/// An account with a quarter of history: each user worked every other day, some tickets.
fn account(number: usize, bodies: &[String], key: &IdKey) -> Account {
    let mut account = Account::new(Memory::Bounded);
    for day in 0..HISTORY_DAYS {
        let at = START.plus_days(day);
        for user in (0..USERS).filter(|user| (user + day as u64).is_multiple_of(2)) {
            let id = format!("{number}-{day}-{user}");
            let event = session(&id, &bodies[user as usize], at);
            account.fold(&event, at, key, &Labels::NONE);
        }
        if day % 9 == 0 {
            let body = format!(r#"{{"ticket_id":"t{day}","severity":2}}"#);
            let body = EventBody::read(Topic::Support, "ticket_opened", &Body::Json(&body))
                .expect("a ticket");
            let event = Event { body, ..session("s", &bodies[0], at) };
            account.fold(&event, at, key, &Labels::NONE);
        }
    }
    account
}

fn bodies() -> Vec<String> {
    let features = |user: u64| format!(r#"["search","f{}","report"]"#, user % 7);
    (0..USERS)
        .map(|user| {
            format!(r#"{{"user_id":"user-{user}","duration_s":600,"features":{}}}"#, features(user))
        })
        .collect()
}

#[allow(clippy::print_stdout)] // a size is no duration
fn engine(criterion: &mut Criterion) {
    let (model, key, bodies) = (Model::default(), IdKey::from_secret("bench"), bodies());
    let mut accounts: Vec<Account> =
        (0..ACCOUNTS).map(|number| account(number, &bodies, &key)).collect();
    let now = START.plus_days(HISTORY_DAYS);
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
                let event = session(&id, &bodies[turn % USERS as usize], at);
                let account = &mut accounts[place];
                black_box(account.fold(&event, at, &key, &model.labels(&event.body)));
                if is_assessed {
                    black_box(assess(&model, &Silences::NONE, account, at));
                }
            },
            BatchSize::SmallInput,
        );
    };
    criterion.bench_function("read body", |bench| {
        bench.iter(|| session("e", black_box(&bodies[3]), now));
    });
    criterion.bench_function("read body + fold, 10 k accounts", |bench| fold(false, bench));
    criterion.bench_function("read body + fold + assess, 10 k accounts", |bench| fold(true, bench));
}

criterion_group!(benches, engine);
criterion_main!(benches);
