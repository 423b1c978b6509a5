//! Records that come after the clock has passed them: what is said never goes back in time.
//!
//! How the clock of a partition is found is tested in `merge.rs`.

use std::sync::Arc;

use customer_pulse::engine::account::feed::Memory;
use customer_pulse::engine::decode::{Decoded, Decoder, Record};
use customer_pulse::engine::event::Topic;
use customer_pulse::engine::id::IdKey;
use customer_pulse::engine::model::Model;
use customer_pulse::engine::time::{DAY_MS, HOUR_MS, SECOND_MS, Timestamp};
use customer_pulse::engine::{Engine, Origin};

fn engine() -> Engine {
    Engine::new(Arc::new(Model::default()), IdKey::from_secret("clock"), Memory::Bounded)
}

/// Applies an answer, or a tombstone where there is none.
fn apply(engine: &mut Engine, offset: i64, broker_at: Timestamp, nps: Option<u8>) {
    let value = nps.map(|score| {
        let head = format!(r#"{{"event_id":"{offset}","account_id":"acme","ts":"{broker_at}""#);
        format!(r#"{head},"type":"nps","score":{score}}}"#)
    });
    let topic = if nps.is_some() { Topic::Feedback } else { Topic::Accounts };
    let value = value.as_deref().map(str::as_bytes);
    let record = Record { topic, key: Some(b"acme"), value, headers: &[], broker_at };
    let origin = Origin { offset, broker_at };
    match Decoder::new().decode(&record).expect("a valid record") {
        Decoded::Event(event) => drop(engine.apply(&event, origin)),
        Decoded::Erase { account_id } => engine.erase(&account_id, origin),
    }
}

/// When each output is said to have happened, for an account whose last record comes late.
fn said_at(late: Option<u8>, is_restored: bool) -> Vec<Timestamp> {
    let mut engine = engine();
    let start = Timestamp::parse("2025-03-01").expect("a date");
    apply(&mut engine, 0, start, Some(9));
    engine.finish_step(start, 500);
    let daily_at = engine.next_due_at().expect("there is a daily look");
    engine.finish_step(daily_at.plus_millis(SECOND_MS), 500);
    if is_restored {
        engine.finish_restore(daily_at.plus_millis(SECOND_MS));
    }
    apply(&mut engine, 1, daily_at.plus_millis(-SECOND_MS), late);
    engine.finish_step(daily_at.plus_millis(HOUR_MS), 500);
    assert!(engine.next_due_at().is_some_and(|at| at.millis_since(daily_at) >= HOUR_MS));
    assert!(daily_at.millis_since(start) <= DAY_MS);
    engine.take_outputs().into_iter().map(|output| output.at).collect()
}

#[test]
fn what_comes_late_is_decided_when_it_comes() {
    for is_restored in [false, true] {
        for late in [Some(0), None] {
            let said_at = said_at(late, is_restored);
            assert!(said_at.len() >= 3 && said_at.is_sorted(), "{said_at:?}");
        }
    }
}
