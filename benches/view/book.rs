//! A generated book as the output topics hold it, and copies of it under other ids.
//!
//! What is measured with it is in `main.rs`.

use std::collections::BTreeMap;
use std::sync::Arc;

use customer_pulse::engine::account::feed::Memory;
use customer_pulse::engine::decode::{Decoded, Decoder, Record};
use customer_pulse::engine::id::IdKey;
use customer_pulse::engine::model::Model;
use customer_pulse::engine::output::{OutputBody, OutputTopic};
use customer_pulse::engine::time::{HOUR_MS, Timestamp};
use customer_pulse::engine::{Engine, Origin};
use customer_pulse::generate::world::{Settings, World};
use customer_pulse::kafka::codec;

/// Accounts that are generated; some end before the last day.
pub(crate) const BOOK: u32 = 200;
const DAYS: i64 = 120;
/// Transitions of alerts and runs of an account.
const MOMENTS_MAX: usize = 20;

/// A record to be: topic, account and value.
pub(crate) type Told = (OutputTopic, String, Vec<u8>);

/// The last records of each account of a small book, and what happened to its alerts and runs.
pub(crate) fn book(to: Timestamp) -> Vec<Told> {
    let from = to.plus_days(-DAYS);
    let mut world = World::new(Settings::new(1, BOOK, from, to)).peekable();
    let model = Arc::new(Model::default());
    let mut engine = Engine::new(model, IdKey::new(*b"sixteen bytes ok"), Memory::Bounded);
    let (decoder, mut offset, mut now) = (Decoder::new(), 0, from);
    let mut last = BTreeMap::new();
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
    let mut kept = BTreeMap::<String, usize>::new();
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
pub(crate) fn renamed(told: &Told, copy: u32) -> Told {
    let (topic, id, value) = told;
    let other = format!("{id}-{copy}");
    let text = String::from_utf8_lossy(value);
    let text = text.replace(&format!("\"{id}\""), &format!("\"{other}\""));
    (*topic, other, text.into_bytes())
}
