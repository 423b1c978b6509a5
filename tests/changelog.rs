//! Records of the changelog as version 1 wrote them: read for as long as there is version 1.
//!
//! Marks have their golden file too, beside the code (`src/kafka/changelog.rs`).
//! `UPDATE_GOLDEN=1 cargo test --test changelog` writes the files anew: only for a new format.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use compact_str::CompactString;
use customer_pulse::engine::account::feed::Memory;
use customer_pulse::engine::account::workflow::said::Said;
use customer_pulse::engine::decode::{Decoded, Decoder, Record};
use customer_pulse::engine::event::Topic;
use customer_pulse::engine::id::IdKey;
use customer_pulse::engine::model::Model;
use customer_pulse::engine::state::{RestRecord, StateChange, UsageRecord};
use customer_pulse::engine::time::Timestamp;
use customer_pulse::engine::{Engine, Origin};
use customer_pulse::kafka::changelog::{Fence, decode, encode};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The records of an account that had one event of every type.
struct Written {
    engine: Engine,
    usage: Vec<u8>,
    rest: Vec<u8>,
    said: Vec<u8>,
}

#[test]
fn an_account_of_format_1_is_read() {
    let written = written();
    let golden_usage = golden("changelog-1-usage.bin", &written.usage);
    let golden_rest = golden("changelog-1-rest.bin", &written.rest);
    let golden_said = golden("changelog-1-said.bin", &written.said);
    let mut engine = engine();
    let restored = engine.restored("acme");
    restored.restore_usage(read_back::<UsageRecord>(&golden_usage));
    restored.restore_rest(read_back::<RestRecord>(&golden_rest));
    restored.said = Some(read_back::<Said>(&golden_said));
    let wanted = written.engine.account("acme").expect("it had events");
    // What is decided depends on the model, and is compared by its form only.
    assert_eq!(restored.account, wanted.account);
    assert_eq!(restored.usage_offset, wanted.usage_offset);
    assert_eq!(restored.gravestone, None);
    assert!(restored.workflow.band.is_some());
}

#[test]
fn records_written_now_are_read_as_they_were_written() {
    let Written { engine: written, usage, rest, said } = written();
    let mut engine = engine();
    let restored = engine.restored("acme");
    restored.restore_usage(read_back(&usage));
    restored.restore_rest(read_back(&rest));
    restored.said = Some(read_back(&said));
    let wanted = written.account("acme").expect("it had events");
    assert_eq!(restored.account, wanted.account);
    assert_eq!(restored.workflow, wanted.workflow);
    assert_eq!(restored.said, wanted.said);
    assert_eq!(restored.look_again_at, wanted.look_again_at);
}

#[test]
fn a_fence_of_format_1_is_read() {
    let fence = Fence { instance: CompactString::const_new("pulse-0"), nonce: 1 << 40 };
    let bytes = encode(&fence, Vec::new());
    let golden = golden("changelog-1-fence.bin", &bytes);
    assert_eq!(read_back::<Fence>(&golden), fence);
    assert_eq!(bytes, golden);
}

/// Reads a record; what was read, written again, is the same record.
fn read_back<T: Serialize + DeserializeOwned>(bytes: &[u8]) -> T {
    let content: T = decode(bytes).expect("format 1 is known");
    assert!(encode(&content, Vec::new()) == bytes, "the present form is another one");
    content
}

fn golden(name: &str, present: &[u8]) -> Vec<u8> {
    let path = directory().join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, present).expect("writable");
    }
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

fn engine() -> Engine {
    Engine::new(Arc::new(Model::default()), IdKey::from_secret("golden"), Memory::Bounded)
}

fn written() -> Written {
    let mut engine = engine();
    let text = fs::read_to_string(directory().join("changelog-1-account.jsonl")).expect("there");
    let decoder = Decoder::new();
    let broker_at = Timestamp::parse("2026-03-20").expect("a date");
    for (offset, line) in text.lines().enumerate() {
        let value: serde_json::Value = serde_json::from_str(line).expect("JSON");
        let topic = Topic::ALL.into_iter().find(|topic| value["topic"] == topic.name());
        let record = Record {
            topic: topic.expect("a known topic"),
            key: Some(b"acme"),
            value: Some(line.as_bytes()),
            headers: &[],
            broker_at,
        };
        let Decoded::Event(event) = decoder.decode(&record).expect("a valid event") else {
            panic!("no line is a tombstone");
        };
        engine.apply(&event, Origin { offset: offset as i64, broker_at });
    }
    engine.finish_step(broker_at, 0);
    let (mut usage, mut rest, mut said) = (Vec::new(), Vec::new(), Vec::new());
    engine.take_changes(|change| match &change.state {
        StateChange::Usage(content) => usage = encode(content, Vec::new()),
        StateChange::Rest(content) => rest = encode(content, Vec::new()),
        StateChange::Said(content) => said = encode(content, Vec::new()),
        StateChange::Gone | StateChange::Erased(_) => panic!("nothing was erased"),
    });
    Written { engine, usage, rest, said }
}
