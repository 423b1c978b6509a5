//! Bytes to [`Event`]: JSON, CloudEvents and Avro, with every limit and reason of rejection.
//!
//! The event types stand in the facets; what becomes of a rejected record is said in `kafka/`.

mod avro;
mod cloud_event;
pub mod error;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::event::{AHEAD_MS_MAX, Event, EventBody, JSON_DEPTH_MAX, Topic, VALUE_BYTES_MAX};
use super::field::{Id, Str};
use super::time::Timestamp;
use error::DecodeError;

/// A header of a record: its name, and its value unless that is null.
pub type Header<'a> = (&'a str, Option<&'a [u8]>);

/// A record as Kafka holds it.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// Where it lies.
    pub topic: Topic,
    /// Its key, the account id.
    pub key: Option<&'a [u8]>,
    /// Its value; nothing for a tombstone.
    pub value: Option<&'a [u8]>,
    /// Its headers, of which only those named `ce_…` are read.
    pub headers: &'a [Header<'a>],
    /// Its own time: the producer's or the broker's, as the topic is configured.
    pub broker_at: Timestamp,
}

/// What a record says.
#[derive(Clone, Debug, PartialEq)]
#[allow(clippy::large_enum_variant)] // lives on the stack for one fold; a box would allocate
pub enum Decoded<'a> {
    /// Something happened.
    Event(Event<'a>),
    /// The account is to be forgotten: a tombstone on `cs.accounts`.
    Erase {
        /// Which account.
        account_id: Id<'a>,
    },
}

/// Reads records; the Avro schemas are parsed when the first one is made.
#[derive(Clone, Copy)]
pub struct Decoder {
    readers: &'static avro::Readers,
}

/// The body of a record: where a type's fields are read from.
pub enum Body<'a> {
    /// A JSON object.
    Json(&'a str),
    /// An Avro record.
    Avro(apache_avro::types::Value),
}

/// What every event says besides its fields.
struct Envelope<'a> {
    event_id: Id<'a>,
    account_id: Id<'a>,
    type_name: Str<'a>,
    ts: Timestamp,
    source: Option<Str<'a>>,
}

/// The envelope as it stands among the fields. All may be missing, as in structured mode
/// (`specversion`) they are others.
#[derive(Deserialize)]
struct FlatEnvelope<'a> {
    #[serde(borrow)]
    event_id: Option<Id<'a>>,
    account_id: Option<Id<'a>>,
    #[serde(rename = "type")]
    type_name: Option<Str<'a>>,
    ts: Option<Timestamp>,
    source: Option<Str<'a>>,
    specversion: Option<IgnoredAny>,
}

impl Default for Decoder {
    fn default() -> Self {
        Self::new()
    }
}

impl Decoder {
    /// A decoder of all types in `schemas/`.
    pub fn new() -> Self {
        Self { readers: avro::readers() }
    }

    /// Reads one record. Nothing is allocated for JSON whose texts hold no escapes.
    ///
    /// # Errors
    /// [`DecodeError`]: the record is a dead letter.
    pub fn decode<'a>(&self, record: &Record<'a>) -> Result<Decoded<'a>, DecodeError> {
        if record.broker_at.in_input_range().is_err() {
            return Err(DecodeError::RecordTime);
        }
        let key = record.key.ok_or(DecodeError::KeyMissing)?;
        let Some(value) = record.value else { return erase(record.topic, key) };
        if value.len() > VALUE_BYTES_MAX {
            return Err(DecodeError::TooLarge { bytes: value.len() });
        }
        let (envelope, body) = match value {
            [0, framed @ ..] => self.read_avro(record, framed)?,
            _ => read_flat_or_cloud_event(record, value)?,
        };
        if key != envelope.account_id.as_bytes() {
            return Err(DecodeError::KeyMismatch);
        }
        if envelope.account_id.starts_with('~') {
            return Err(DecodeError::InvalidField {
                field: "account_id".to_owned(),
                what: "an id that begins with ~ is reserved".to_owned(),
            });
        }
        if envelope.ts.millis_since(record.broker_at) > AHEAD_MS_MAX {
            return Err(DecodeError::FutureDated);
        }
        Ok(Decoded::Event(Event {
            body: EventBody::read(record.topic, &envelope.type_name, &body)?,
            event_id: envelope.event_id,
            account_id: envelope.account_id,
            at: envelope.ts.min(record.broker_at),
            source: envelope.source,
        }))
    }

    /// Reads what follows the 0 of the Confluent wire format: four bytes of schema id, not looked
    /// up, and the Avro record, written with the schema in `schemas/` of the type that the header
    /// `ce_type` names or that is the topic's only one.
    fn read_avro<'a>(
        &self,
        record: &Record<'a>,
        framed: &[u8],
    ) -> Result<(Envelope<'a>, Body<'a>), DecodeError> {
        let topic = record.topic;
        let types = topic.types();
        let index = match cloud_event::header(record.headers, "ce_type")? {
            Some(name) => types.iter().position(|known| *known == name),
            None if types.len() == 1 => Some(0),
            None => return Err(DecodeError::AvroTypeMissing { topic }),
        };
        let index = index.ok_or(DecodeError::UnknownType { topic })?;
        let malformed = |what| DecodeError::AvroMalformed { topic, type_name: types[index], what };
        let bytes = framed.get(4..).ok_or_else(|| malformed("it ends in the schema id"))?;
        let value = avro::read(&self.readers[topic.index()][index], bytes).map_err(malformed)?;
        let envelope = match cloud_event::binary(record.headers)? {
            Some(envelope) => envelope,
            None => avro::fields::<FlatEnvelope<'a>>(&value)?.complete()?,
        };
        if &*envelope.type_name != types[index] {
            let what = "it is not the type of the schema that the value was read with".to_owned();
            return Err(DecodeError::InvalidField { field: "type".to_owned(), what });
        }
        Ok((envelope, Body::Avro(value)))
    }
}

impl<'a> FlatEnvelope<'a> {
    fn complete(self) -> Result<Envelope<'a>, DecodeError> {
        let missing = |name: &str| DecodeError::MissingField { field: name.to_owned() };
        Ok(Envelope {
            event_id: self.event_id.ok_or_else(|| missing("event_id"))?,
            account_id: self.account_id.ok_or_else(|| missing("account_id"))?,
            type_name: self.type_name.ok_or_else(|| missing("type"))?,
            ts: self.ts.ok_or_else(|| missing("ts"))?,
            source: self.source,
        })
    }
}

impl<'a> Body<'a> {
    /// Reads the fields of one type; unknown fields are ignored.
    ///
    /// # Errors
    /// [`DecodeError`] with the field, the place and what was expected there.
    pub(in crate::engine) fn read<T: Deserialize<'a>>(&self) -> Result<T, DecodeError> {
        match self {
            Self::Json(text) => read_json(text),
            Self::Avro(value) => avro::fields(value),
        }
    }
}

fn erase(topic: Topic, key: &[u8]) -> Result<Decoded<'_>, DecodeError> {
    if topic != Topic::Accounts {
        return Err(DecodeError::NullValue);
    }
    let text = std::str::from_utf8(key).map_err(|_| DecodeError::KeyInvalid("it is not UTF-8"))?;
    let account_id = Id::new(Str::borrowed(text)).map_err(DecodeError::KeyInvalid)?;
    Ok(Decoded::Erase { account_id })
}

fn read_flat_or_cloud_event<'a>(
    record: &Record<'a>,
    value: &'a [u8],
) -> Result<(Envelope<'a>, Body<'a>), DecodeError> {
    let text = std::str::from_utf8(value).map_err(|_| DecodeError::NotUtf8 { part: "value" })?;
    let text = json_object(text)?;
    if is_too_deep(value) {
        return Err(DecodeError::TooDeep);
    }
    if let Some(envelope) = cloud_event::binary(record.headers)? {
        return Ok((envelope, Body::Json(text)));
    }
    let flat: FlatEnvelope<'a> = read_json(text)?;
    if flat.specversion.is_some() {
        return cloud_event::structured(text);
    }
    Ok((flat.complete()?, Body::Json(text)))
}

/// Refuses what is not an object: serde would read an array as the fields in their order.
fn json_object(text: &str) -> Result<&str, DecodeError> {
    if text.trim_ascii_start().starts_with('{') {
        Ok(text)
    } else {
        Err(DecodeError::Malformed("it does not begin with `{`".to_owned()))
    }
}

fn read_json<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, DecodeError> {
    serde_json::from_str(text).map_err(|error| DecodeError::from_json(&error, text))
}

/// Whether JSON nests deeper than [`JSON_DEPTH_MAX`]; brackets in strings do not count.
fn is_too_deep(json: &[u8]) -> bool {
    let opens = |byte: &&u8| matches!(**byte, b'{' | b'[');
    if json.iter().filter(opens).count() <= JSON_DEPTH_MAX {
        return false;
    }
    let (mut depth, mut is_string, mut is_escaped) = (0_usize, false, false);
    for byte in json {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_string => is_escaped = true,
            b'"' => is_string = !is_string,
            b'{' | b'[' if !is_string => depth += 1,
            b'}' | b']' if !is_string => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > JSON_DEPTH_MAX {
            return true;
        }
    }
    false
}
