//! Tests of decoding: `decode` rejects and reads, `schemas` walks `schemas/` in both directions.
//!
//! What events do to an account is tested beside the facets.
#![allow(clippy::unwrap_used)]

mod decode;
mod schemas;

use customer_pulse::engine::decode::error::DecodeError;
use customer_pulse::engine::decode::{Decoded, Decoder, Header, Record};
use customer_pulse::engine::event::{Event, Topic};
use customer_pulse::engine::time::Timestamp;

/// The broker time of the records here; the examples in `schemas/` are from the same day.
const BROKER_AT: &str = "2026-03-02T10:00:00Z";

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

/// A record of the account `acme`.
fn record<'a>(topic: Topic, value: &'a [u8], headers: &'a [Header<'a>]) -> Record<'a> {
    Record { topic, key: Some(b"acme"), value: Some(value), headers, broker_at: at(BROKER_AT) }
}

fn read<'a>(
    topic: Topic,
    value: &'a [u8],
    headers: &'a [Header<'a>],
) -> Result<Event<'a>, DecodeError> {
    match Decoder::new().decode(&record(topic, value, headers))? {
        Decoded::Event(event) => Ok(event),
        Decoded::Erase { .. } => panic!("a value erases nothing"),
    }
}
