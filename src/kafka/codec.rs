//! Outputs and dead letters to records: topic, key, value, headers.
//!
//! What is published is said in `engine::output`; state records are made in `changelog.rs`.

use rdkafka::message::{Header, OwnedHeaders};
use uuid::Uuid;

use super::held::Held;
use crate::engine::decode::error::DecodeError;
use crate::engine::event::Topic;
use crate::engine::output::{Output, OutputBody, OutputTopic};

/// Namespace of `ce_id`: UUIDv5 of topic, key and value.
const RECORD_NAMESPACE: Uuid = Uuid::from_u128(0x1b0c_38f3_77f5_5d0b_9c1b_51a1_2f5c_8a02);
/// `ce_source` of everything that this service publishes.
const SOURCE: &str = "/pulse";
/// Prefix of Kafka Connect's headers of a dead letter.
const CONNECT: &str = "__connect.errors";
/// Largest value of an output, in bytes: what a broker takes by default, less key and headers. A
/// larger one becomes a dead letter, of which as much is kept, and which says so.
pub const VALUE_BYTES_MAX: usize = 900 * 1024;

/// An output as a record, without topic and partition.
#[derive(Debug)]
pub struct Record {
    /// Which topic it goes to.
    pub topic: OutputTopic,
    /// Its key; a dead letter may have none.
    pub key: Option<Vec<u8>>,
    /// Its value; nothing erases the key.
    pub value: Option<Vec<u8>>,
    /// CloudEvents headers, or those of a dead letter.
    pub headers: OwnedHeaders,
}

/// Where a dead letter was found, and by whom.
#[derive(Clone, Copy, Debug)]
pub struct Found<'a> {
    /// Name of the topic.
    pub topic_name: &'a str,
    /// The facet's topic.
    pub topic: Topic,
    /// The partition number.
    pub partition: i32,
    /// Name and worker number of this instance.
    pub task: &'a str,
}

/// The topic, type and value of an output.
pub fn published(output: &Output) -> (OutputTopic, &'static str, Option<Vec<u8>>) {
    match &output.body {
        OutputBody::Health(health) => {
            (OutputTopic::AccountHealth, "account_health", Some(json(health)))
        }
        OutputBody::HealthErased => (OutputTopic::AccountHealth, "account_erased", None),
        OutputBody::Work(work) => (OutputTopic::AccountWork, "account_work", Some(json(work))),
        OutputBody::WorkErased => (OutputTopic::AccountWork, "account_erased", None),
        OutputBody::Alert(alert) => (OutputTopic::Alerts, "alert", Some(json(alert))),
        OutputBody::Run(run) => (OutputTopic::Playbooks, "playbook_run", Some(json(run))),
        OutputBody::Opportunity(it) => (OutputTopic::Opportunities, "opportunity", Some(json(it))),
        OutputBody::Deliverable(it) => (OutputTopic::Deliverables, "deliverable", Some(json(it))),
        OutputBody::Insight(it) => (OutputTopic::Insights, "insight", Some(json(it))),
    }
}

fn json<T: serde::Serialize>(value: &T) -> Vec<u8> {
    serde_json::to_vec(value).expect("outputs have string keys and finite numbers")
}

/// The record of an output, with CloudEvents headers in binary mode.
pub fn record(output: &Output) -> Record {
    let (topic, kind, value) = published(output);
    let mut identity = Vec::with_capacity(256);
    identity.extend_from_slice(topic.name().as_bytes());
    identity.push(0);
    identity.extend_from_slice(output.account_id.as_bytes());
    identity.push(0);
    identity.extend_from_slice(output.at.to_string().as_bytes());
    identity.push(0);
    identity.extend_from_slice(value.as_deref().unwrap_or_default());
    let id = Uuid::new_v5(&RECORD_NAMESPACE, &identity).to_string();
    let at = output.at.to_string();
    let headers = [
        ("ce_specversion", "1.0"),
        ("ce_id", &id),
        ("ce_source", SOURCE),
        ("ce_type", kind),
        ("ce_subject", &output.account_id),
        ("ce_time", &at),
        ("content-type", "application/json"),
    ]
    .into_iter()
    .fold(OwnedHeaders::new_with_capacity(7), |headers, (key, value)| {
        headers.insert(Header { key, value: Some(value) })
    });
    let key = Some(output.account_id.as_bytes().to_vec());
    Record { topic, key, value, headers }
}

/// The untouched record with Kafka Connect's ten headers; its own headers are kept.
///
/// A value that is too large for the broker is cut, with its length and hash in two more headers.
pub fn dead_letter(held: &Held, found: &Found<'_>, error: &DecodeError) -> Record {
    let mut headers = OwnedHeaders::new();
    for (key, value) in &held.headers {
        headers = headers.insert(Header { key, value: value.as_deref() });
    }
    let class = format!("pulse.{}", error.reason());
    let message = error.to_string();
    let connect = [
        ("topic", found.topic_name),
        ("partition", &found.partition.to_string()),
        ("offset", &held.offset.to_string()),
        ("connector.name", "pulse"),
        ("task.id", found.task),
        ("stage", error.stage()),
        ("class.name", found.topic.name()),
        ("exception.class.name", &class),
        ("exception.message", &message),
        ("exception.stacktrace", &message),
    ];
    for (name, value) in connect {
        let key = format!("{CONNECT}.{name}");
        if !held.headers.iter().any(|(held, _)| **held == *key) {
            headers = headers.insert(Header { key: &key, value: Some(value) });
        }
    }
    let mut value = held.value.as_deref().map(<[u8]>::to_vec);
    if let Some(bytes) = value.as_mut() {
        headers = cut(bytes, headers);
    }
    let key = held.key.as_deref().map(<[u8]>::to_vec);
    Record { topic: OutputTopic::DeadLetters, key, value, headers }
}

/// What is published in place of a record that no broker takes: the dead letter of an output.
///
/// Nothing of a record that is small enough.
pub fn too_large(record: &Record, topic_name: &str, partition: i32, task: &str) -> Option<Record> {
    let mut value = record.value.clone().filter(|bytes| bytes.len() > VALUE_BYTES_MAX)?;
    let message = format!("the output has {} bytes: at most {VALUE_BYTES_MAX} fit", value.len());
    let connect = [
        ("topic", topic_name),
        ("partition", &partition.to_string()),
        ("offset", "-1"),
        ("connector.name", "pulse"),
        ("task.id", task),
        ("stage", "VALUE_CONVERTER"),
        ("class.name", record.topic.name()),
        ("exception.class.name", "pulse.output_too_large"),
        ("exception.message", &message),
        ("exception.stacktrace", &message),
    ];
    let headers = connect.into_iter().fold(OwnedHeaders::new(), |headers, (name, value)| {
        headers.insert(Header { key: &format!("{CONNECT}.{name}"), value: Some(value) })
    });
    let headers = cut(&mut value, headers);
    let key = record.key.clone();
    Some(Record { topic: OutputTopic::DeadLetters, key, value: Some(value), headers })
}

/// Cuts a value that is too large for the broker, and keeps its length and its hash in headers.
fn cut(bytes: &mut Vec<u8>, headers: OwnedHeaders) -> OwnedHeaders {
    if bytes.len() <= VALUE_BYTES_MAX {
        return headers;
    }
    let hash = Uuid::new_v5(&RECORD_NAMESPACE, bytes).to_string();
    let length = bytes.len().to_string();
    bytes.truncate(VALUE_BYTES_MAX);
    [("pulse.value.bytes", &length), ("pulse.value.uuid", &hash)]
        .into_iter()
        .fold(headers, |headers, (key, value)| headers.insert(Header { key, value: Some(value) }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rdkafka::message::Headers as _;

    #[test]
    fn an_output_that_no_broker_takes_becomes_a_dead_letter() {
        let record = |bytes: usize| Record {
            topic: OutputTopic::AccountWork,
            key: Some(b"acme".to_vec()),
            value: Some(vec![b'x'; bytes]),
            headers: OwnedHeaders::new(),
        };
        assert!(too_large(&record(VALUE_BYTES_MAX), "work", 3, "pulse-0").is_none());
        let letter = too_large(&record(VALUE_BYTES_MAX + 1), "work", 3, "pulse-0").unwrap();
        assert_eq!(letter.topic, OutputTopic::DeadLetters);
        assert_eq!(letter.key.as_deref(), Some(&b"acme"[..]));
        assert_eq!(letter.value.map(|bytes| bytes.len()), Some(VALUE_BYTES_MAX));
        let names: Vec<_> = letter.headers.iter().map(|header| header.key).collect();
        assert_eq!(names.len(), 12);
        assert!(names.contains(&"pulse.value.uuid"), "{names:?}");
    }
}
