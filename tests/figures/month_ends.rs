//! What an account keeps of the ends of months: the answers that counted then, and what it paid.
//!
//! How they are summed over accounts is compared in `main.rs`.

use std::collections::BTreeMap;
use std::sync::Arc;

use customer_pulse::engine::account::feed::Memory;
use customer_pulse::engine::decode::{Decoded, Decoder, Record};
use customer_pulse::engine::event::Topic;
use customer_pulse::engine::id::IdKey;
use customer_pulse::engine::model::Model;
use customer_pulse::engine::output::OutputBody;
use customer_pulse::engine::output::work::AccountWork;
use customer_pulse::engine::time::{HOUR_MS, Timestamp};
use customer_pulse::engine::{Engine, Origin};
use serde_json::json;

/// The last record of the account's work at `until`, after these answers; what came before
/// `quiet_until` is a history that is only read.
fn work_after(answers: &[(&str, &str, u8)], quiet_until: &str, until: &str) -> AccountWork {
    let mut engine =
        Engine::new(Arc::new(Model::default()), IdKey::from_secret("figures"), Memory::Bounded);
    let attends_at = Timestamp::parse(quiet_until).unwrap();
    engine.keep_quiet();
    let (decoder, mut work) = (Decoder::new(), None);
    let mut now = Timestamp::parse("2026-01-10").unwrap();
    let mut answers = (0_i64..).zip(answers).peekable();
    while now < Timestamp::parse(until).unwrap() {
        now = now.plus_millis(HOUR_MS);
        let is_due = |it: &(i64, &(&str, &str, u8))| Timestamp::parse(it.1.0).unwrap() < now;
        while let Some((offset, (at, who, score))) = answers.next_if(is_due) {
            let value = json!({
                "event_id": format!("e-{offset}"), "account_id": "acme", "type": "nps", "ts": at,
                "score": score, "respondent_id": who,
            });
            let (value, broker_at) = (value.to_string(), Timestamp::parse(at).unwrap());
            let topic = Topic::Feedback;
            let (key, value) = (Some(&b"acme"[..]), Some(value.as_bytes()));
            let record = Record { topic, key, value, headers: &[], broker_at };
            let Ok(Decoded::Event(event)) = decoder.decode(&record) else { panic!("{record:?}") };
            engine.apply(&event, Origin { offset, broker_at });
        }
        if now == attends_at {
            engine.attend(now, 1);
        }
        while engine.finish_step(now, 500) {}
        engine.take_changes(|_| {});
        for output in engine.take_outputs() {
            if let OutputBody::Work(it) = output.body {
                work = Some(*it);
            }
        }
    }
    work.expect("it was published")
}

#[test]
fn answers_count_at_the_ends_of_their_months() {
    let answers = [
        ("2026-01-20T10:00:00Z", "ann", 9),
        ("2026-01-30T23:30:00Z", "bob", 3),
        // Before the account's look at the month that is over, but not of it.
        ("2026-02-01T00:10:00Z", "cem", 10),
        ("2026-02-14T10:00:00Z", "ann", 7),
    ];
    // It is the same for a history that is only read, and for one that was lived.
    for quiet_until in ["2026-01-10T01:00:00Z", "2026-05-18"] {
        check(&work_after(&answers, quiet_until, "2026-05-20"));
    }
}

fn check(work: &AccountWork) {
    let ends: BTreeMap<_, _> = work
        .nps_month_ends
        .iter()
        .map(|(end, it)| (end.as_str(), [it.promoters, it.passives, it.detractors]))
        .collect();
    // An answer counts for 90 days: bob's does not any more at the end of April.
    let wanted = [
        ("2026-01-31", [1, 0, 1]),
        ("2026-02-28", [1, 1, 1]),
        ("2026-03-31", [1, 1, 1]),
        ("2026-04-30", [1, 1, 0]),
    ];
    assert_eq!(ends, BTreeMap::from(wanted));
    assert_eq!(work.nps.passives + work.nps.promoters + work.nps.detractors, 0);
    assert!(work.arr_month_ends.is_empty(), "nobody said what it pays");
}
