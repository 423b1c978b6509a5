//! One line of an export: which topic it belongs to, when it was said, and whether it is an event.
//!
//! What an event may hold is checked by the service's own decoder; files are opened and refused
//! lines kept in `cli/replay`.

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::engine::decode::error::DecodeError;
use crate::engine::decode::{Decoded, Decoder, Record};
use crate::engine::event::Topic;
use crate::engine::time::Timestamp;

/// What a line says.
#[derive(Debug)]
pub struct Said<'a> {
    /// The record that Kafka would hold.
    pub record: Record<'a>,
    /// What it says.
    pub decoded: Decoded<'a>,
}

/// Why a line cannot be used. The text never holds a value of the line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is no record that the service would take either.
    #[error(transparent)]
    Record(#[from] DecodeError),
    /// `topic` is none of the input topics.
    #[error("`topic` is no input topic: leave it out, the type tells it")]
    UnknownTopic,
    /// No topic carries this type.
    #[error("unknown event type: the types are in schemas/")]
    UnknownType,
}

impl Refusal {
    /// The reason in one word, as dead letters say it.
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Record(error) => error.reason(),
            Self::UnknownTopic => "unknown_topic",
            Self::UnknownType => "unknown_type",
        }
    }
}

/// What stands at the top of a line. An event has a `type`; a record of a topic has a `key` and a
/// `value` that holds the event or, as a tombstone, null.
#[derive(Deserialize)]
struct Head<'a> {
    #[serde(default, borrow, deserialize_with = "raw")]
    topic: Option<&'a RawValue>,
    #[serde(default, borrow, rename = "type", deserialize_with = "raw")]
    type_name: Option<&'a RawValue>,
    #[serde(default, borrow, deserialize_with = "raw")]
    ts: Option<&'a RawValue>,
    #[serde(default, borrow, deserialize_with = "raw")]
    time: Option<&'a RawValue>,
    #[serde(default, borrow, deserialize_with = "raw")]
    specversion: Option<&'a RawValue>,
    #[serde(default, borrow, deserialize_with = "raw")]
    account_id: Option<&'a RawValue>,
    #[serde(default, borrow, deserialize_with = "raw")]
    subject: Option<&'a RawValue>,
    #[serde(default, borrow, deserialize_with = "raw")]
    request_id: Option<&'a RawValue>,
    #[serde(default, borrow, deserialize_with = "raw")]
    key: Option<&'a RawValue>,
    #[serde(default, borrow, deserialize_with = "raw")]
    value: Option<&'a RawValue>,
}

/// Reads lines.
#[derive(Clone, Copy)]
pub struct Reader<'n> {
    decoder: Decoder,
    /// Other names of the input topics, in the order of [`Topic::ALL`].
    names: &'n [String; Topic::ALL.len()],
}

impl<'n> Reader<'n> {
    /// A reader that knows the topics by these names too, in the order of [`Topic::ALL`].
    pub fn new(decoder: Decoder, names: &'n [String; Topic::ALL.len()]) -> Self {
        Self { decoder, names }
    }

    /// Hands what a line says to `take`.
    ///
    /// # Errors
    /// [`Refusal`]: the line cannot be used.
    pub fn read<T>(&self, line: &[u8], take: impl FnOnce(&Said<'_>) -> T) -> Result<T, Refusal> {
        let text =
            std::str::from_utf8(line).map_err(|_| DecodeError::NotUtf8 { part: "the line" })?;
        let Ok(head) = serde_json::from_str::<Head<'_>>(text) else {
            // The decoder finds the same and words it.
            return Err(self.refused(Topic::Accounts, text));
        };
        let inner = match head.value {
            Some(value) if head.type_name.is_none() => value.get(),
            Some(_) | None => return self.read_event(&head, text, None, take),
        };
        let key = head.key.ok_or(DecodeError::KeyMissing)?;
        let key: String = serde_json::from_str(key.get())
            .map_err(|_| DecodeError::KeyInvalid("it is not a text"))?;
        if inner == "null" {
            let topic = self.topic(&head, None)?;
            let broker_at = head.instant().ok_or_else(|| missing("ts"))?;
            return self.decode(topic, Some(&key), None, broker_at, take);
        }
        let Ok(event) = serde_json::from_str::<Head<'_>>(inner) else {
            return Err(self.refused(Topic::Accounts, inner));
        };
        let outer = Head { topic: head.topic.or(event.topic), ..event };
        let outer =
            if head.ts.is_some() { Head { ts: head.ts, time: head.ts, ..outer } } else { outer };
        self.read_event(&outer, inner, Some(&key), take)
    }

    fn read_event<T>(
        &self,
        head: &Head<'_>,
        text: &str,
        key: Option<&str>,
        take: impl FnOnce(&Said<'_>) -> T,
    ) -> Result<T, Refusal> {
        let topic = self.topic(head, head.type_name.and_then(plain))?;
        let Some(broker_at) = head.instant() else { return Err(self.refused(topic, text)) };
        let account_id = if head.is_cloud_event() { head.subject } else { head.account_id };
        let own_key: String;
        let key = match (key, account_id) {
            (Some(key), _) => Some(key),
            (None, Some(id)) => match plain(id) {
                Some(id) => Some(id),
                None => {
                    own_key = serde_json::from_str(id.get()).unwrap_or_default();
                    Some(own_key.as_str())
                }
            },
            (None, None) => return Err(self.refused(topic, text)),
        };
        self.decode(topic, key, Some(text.as_bytes()), broker_at, take)
    }

    fn decode<T>(
        &self,
        topic: Topic,
        key: Option<&str>,
        value: Option<&[u8]>,
        broker_at: Timestamp,
        take: impl FnOnce(&Said<'_>) -> T,
    ) -> Result<T, Refusal> {
        let key = key.map(str::as_bytes);
        let record = Record { topic, key, value, headers: &[], broker_at };
        let decoded = self.decoder.decode(&record)?;
        Ok(take(&Said { record, decoded }))
    }

    /// What the decoder says of a value whose envelope cannot be read.
    fn refused(&self, topic: Topic, text: &str) -> Refusal {
        let (key, value) = (Some(b"?".as_slice()), Some(text.as_bytes()));
        let broker_at = Timestamp::from_millis(LATE_MS);
        match self.decoder.decode(&Record { topic, key, value, headers: &[], broker_at }) {
            Err(DecodeError::KeyMismatch) | Ok(_) => {
                DecodeError::Malformed("its envelope says something twice".to_owned()).into()
            }
            Err(error) => error.into(),
        }
    }

    fn topic(&self, head: &Head<'_>, type_name: Option<&str>) -> Result<Topic, Refusal> {
        let has_name =
            |topic: Topic, name: &str| topic.name() == name || self.names[topic.index()] == name;
        match (head.topic.filter(|it| it.get() != "null"), type_name) {
            (Some(given), _) => {
                let given = plain(given).ok_or(Refusal::UnknownTopic)?;
                let found = Topic::ALL.into_iter().find(|topic| has_name(*topic, given));
                found.ok_or(Refusal::UnknownTopic)
            }
            (None, Some(type_name)) => {
                topic_of(type_name, head.request_id.is_some()).ok_or(Refusal::UnknownType)
            }
            (None, None) if head.type_name.is_some() => Err(Refusal::UnknownType),
            // A tombstone, or an event whose type is missing, which the decoder says.
            (None, None) => Ok(Topic::Accounts),
        }
    }
}

/// The topic that carries a type of event. A review that was held and the request to prepare one
/// have the same name.
pub(super) fn topic_of(type_name: &str, has_request_id: bool) -> Option<Topic> {
    let carries = |topic: &Topic| topic.types().contains(&type_name);
    let command = Some(Topic::Commands).filter(|topic| has_request_id && carries(topic));
    command.or_else(|| Topic::ALL.into_iter().find(carries))
}

/// An instant that no event lies far ahead of.
const LATE_MS: i64 = 4_102_444_799_999;

impl Head<'_> {
    fn is_cloud_event(&self) -> bool {
        self.specversion.is_some_and(|it| it.get() != "null")
    }

    fn instant(&self) -> Option<Timestamp> {
        let text = if self.is_cloud_event() { self.time } else { self.ts };
        serde_json::from_str(text?.get()).ok()
    }
}

/// The content of a JSON text without escapes; names that we know need none.
fn plain(value: &RawValue) -> Option<&str> {
    let text = value.get().strip_prefix('"')?.strip_suffix('"')?;
    (!text.contains('\\')).then_some(text)
}

fn missing(field: &str) -> DecodeError {
    DecodeError::MissingField { field: field.to_owned() }
}

/// Keeps null apart from what is not there.
fn raw<'de: 'a, 'a, D: Deserializer<'de>>(from: D) -> Result<Option<&'a RawValue>, D::Error> {
    <&RawValue>::deserialize(from).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<(Topic, String, i64, bool), Refusal> {
        let names = Topic::ALL.map(|topic| format!("our-{}", topic.name()));
        Reader::new(Decoder::new(), &names).read(line.as_bytes(), |said| {
            let record = &said.record;
            let key = String::from_utf8(record.key.unwrap().to_vec()).unwrap();
            let at = record.broker_at.as_millis() - 1_700_000_000_000;
            (record.topic, key, at, matches!(said.decoded, Decoded::Erase { .. }))
        })
    }

    #[test]
    fn lines_are_events_cloud_events_records_and_tombstones() {
        let nps = (Topic::Feedback, "a".to_owned(), 7, false);
        for line in [
            r#"{"event_id":"e","account_id":"a","type":"nps","ts":1700000000007,"score":9}"#,
            r#"{"topic":"cs.nps-responses","event_id":"e","account_id":"a","type":"nps",
                "ts":"2023-11-14T22:13:20.007Z","score":9}"#,
            r#"{"topic":"our-cs.nps-responses","event_id":"e","account_id":"\u0061","type":"nps",
                "ts":1700000000007,"score":9}"#,
            r#"{"specversion":"1.0","id":"e","subject":"a","type":"nps",
                "time":"2023-11-14T22:13:20.007Z","data":{"score":9}}"#,
            r#"{"key":"a","value":{"event_id":"e","account_id":"a","type":"nps",
                "ts":1700000000007,"score":9}}"#,
            r#"{"key":"a","ts":1700000000007,"value":{"event_id":"e","account_id":"a",
                "type":"nps","ts":1700000000001,"score":9}}"#,
        ] {
            assert_eq!(read(line).unwrap(), nps, "{line}");
        }
        let tombstone = r#"{"topic":"cs.accounts","key":"a","ts":1700000000007,"value":null}"#;
        assert_eq!(read(tombstone).unwrap(), (Topic::Accounts, "a".to_owned(), 7, true));
    }

    #[test]
    fn a_value_of_an_event_is_no_record() {
        let line = r#"{"event_id":"e","account_id":"a","type":"override_health","ts":1700000000007,
            "actor":"ann","value":50,"note":"n","expires_at":"2023-12-01"}"#;
        assert_eq!(read(line).unwrap().0, Topic::Commands);
    }

    #[test]
    fn refusals_have_the_reasons_of_dead_letters_and_no_values() {
        for (line, reason) in [
            ("{", "malformed"),
            ("[]", "malformed"),
            (r#"{"type":"nps","type":"nps"}"#, "malformed"),
            (
                r#"{"event_id":"e","account_id":"a","type":"nps","ts":1700000000007,"score":9,
                "topic":"cs.nps-responses","topic":"cs.nps-responses"}"#,
                "malformed",
            ),
            (r#"{"event_id":"e","account_id":"a","ts":1700000000007}"#, "missing_field"),
            (r#"{"event_id":"e","account_id":"a","type":"nps","score":9}"#, "missing_field"),
            (r#"{"event_id":"e","type":"nps","ts":1700000000007,"score":9}"#, "missing_field"),
            (r#"{"event_id":"e","account_id":"a","type":"nps","ts":"secret"}"#, "invalid_field"),
            (r#"{"event_id":"e","account_id":7,"type":"nps","ts":1700000000007}"#, "invalid_field"),
            (r#"{"type":"secret"}"#, "unknown_type"),
            (
                r#"{"topic":"cs.accounts","type":"nps","event_id":"e","account_id":"a",
                "ts":1700000000007}"#,
                "unknown_type",
            ),
            (r#"{"topic":"secret","type":"nps"}"#, "unknown_topic"),
            (r#"{"value":null}"#, "key_missing"),
            (r#"{"key":"a","value":null}"#, "missing_field"),
            (r#"{"key":"a","topic":"cs.outcomes","ts":1700000000007,"value":null}"#, "null_value"),
            (
                r#"{"key":"b","value":{"event_id":"e","account_id":"a","type":"nps",
                "ts":1700000000007,"score":9}}"#,
                "key_mismatch",
            ),
        ] {
            let refusal = read(line).unwrap_err();
            assert_eq!(refusal.reason(), reason, "{line}: {refusal}");
            assert!(!refusal.to_string().contains("secret"), "{refusal}");
        }
    }

    #[test]
    fn a_type_tells_its_topic_and_a_request_is_a_command() {
        let mut types: Vec<_> = Topic::ALL.into_iter().flat_map(Topic::types).collect();
        types.sort();
        let twice = types.windows(2).filter(|pair| pair[0] == pair[1]);
        let twice: Vec<&str> = twice.map(|pair| *pair[0]).collect();
        assert_eq!(twice, ["business_review"]);
        let held = r#"{"event_id":"e","account_id":"a","type":"business_review","status":"missed",
            "ts":1700000000007}"#;
        assert_eq!(read(held).unwrap().0, Topic::Relationship);
        let asked = r#"{"event_id":"e","account_id":"a","type":"business_review","actor":"ann",
            "request_id":"r","customer_id":"a","ts":1700000000007}"#;
        assert_eq!(read(asked).unwrap().0, Topic::Commands);
    }
}
