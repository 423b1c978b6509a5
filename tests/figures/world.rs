//! A book after a year: a generated world lived through by an engine, its last records kept.
//!
//! What the world leaves out, because it has no people who press buttons, is dressed on at the end.

use std::collections::BTreeMap;
use std::sync::Arc;

use compact_str::CompactString;
use customer_pulse::engine::account::feed::Memory;
use customer_pulse::engine::assess::lifecycle::Phase;
use customer_pulse::engine::decode::{Decoded, Decoder, Record};
use customer_pulse::engine::id::IdKey;
use customer_pulse::engine::model::Model;
use customer_pulse::engine::model::csm::AssignedBy;
use customer_pulse::engine::output::OutputBody;
use customer_pulse::engine::output::health::AccountHealth;
use customer_pulse::engine::output::work::AccountWork;
use customer_pulse::engine::time::{DAY_MS, Day, Timestamp};
use customer_pulse::engine::{Engine, Origin};
use customer_pulse::generate::world::{Settings, World};

use super::records::Records;

const ACCOUNTS: u32 = 32;
const DAYS: i64 = 400;

#[derive(Default)]
struct Last {
    health: BTreeMap<CompactString, AccountHealth>,
    work: BTreeMap<CompactString, AccountWork>,
}

impl Last {
    fn hear(&mut self, engine: &mut Engine) {
        engine.take_changes(|_| {});
        for output in engine.take_outputs() {
            match output.body {
                OutputBody::Health(health) => {
                    self.health.insert(output.account_id, *health);
                }
                OutputBody::Work(work) => {
                    self.work.insert(output.account_id, *work);
                }
                _ => {}
            }
        }
    }
}

/// The last records of each account, in the order of their ids, and the day after.
pub(crate) fn lived() -> (Vec<Records>, Day) {
    let from = Timestamp::parse("2025-01-01").unwrap();
    let until = from.plus_days(DAYS);
    let settings = Settings { events_scale: 0.1, ..Settings::new(11, ACCOUNTS, from, until) };
    let mut engine =
        Engine::new(Arc::new(Model::default()), IdKey::from_secret("figures"), Memory::Bounded);
    let (decoder, mut last, mut step_at) = (Decoder::new(), Last::default(), from);
    for (offset, it) in World::new(settings).enumerate() {
        while it.broker_at >= step_at.plus_millis(DAY_MS) {
            step_at = step_at.plus_millis(DAY_MS);
            while engine.finish_step(step_at, 500) {}
            last.hear(&mut engine);
        }
        let record = Record {
            topic: it.topic,
            key: Some(it.account_id.as_bytes()),
            value: Some(&it.value),
            headers: &[],
            broker_at: it.broker_at,
        };
        if let Ok(Decoded::Event(event)) = decoder.decode(&record) {
            engine.apply(&event, Origin { offset: offset as i64, broker_at: it.broker_at });
        }
    }
    while engine.finish_step(until, 500) {}
    last.hear(&mut engine);
    let Last { health, mut work } = last;
    let records = health.into_values().enumerate().map(|(number, health)| {
        let work = work.remove(&health.account_id);
        dressed(number, Records { health, work })
    });
    (records.collect(), until.day())
}

/// Answers to alerts, praise, larger families, and accounts of which little is known.
fn dressed(number: usize, mut records: Records) -> Records {
    let health = &mut records.health;
    if number.is_multiple_of(4) {
        health.profile.parent = Some(format!("family-{}", number % 3).into());
    }
    if number.is_multiple_of(13) {
        health.profile.parent = Some(health.account_id.clone());
    }
    if number % 10 == 3 {
        health.no_data = true;
    }
    if number % 11 == 4 {
        (health.profile.arr_cents, health.profile.arr_reporting_cents) = (None, None);
        health.profile.reporting_currency = None;
    }
    if number % 17 == 5 {
        health.csm.assigned_by = AssignedBy::Nobody;
    }
    if number % 19 == 6 {
        health.phase = Some(Phase::Churned);
    }
    if let Some(work) = &mut records.work {
        for n in 0..number * 7 % 50 {
            let secs = (number * 977 + n * 3_600) % 90_000;
            work.responses.insert(format!("{number}-{n}").into(), secs as u64);
        }
        work.activity.values_mut().for_each(|it| it.advocacy += 1);
    }
    if number % 23 == 7 {
        records.work = None;
    }
    records
}
