//! Why a record cannot be used: a closed set of reasons, told without any value of the record.
//!
//! What becomes of such a record, and its headers as a dead letter, belong to `kafka/`.

use std::collections::BTreeMap;

use serde_json::error::Category;
use serde_json::value::RawValue;

use crate::engine::event::{AHEAD_MS_MAX, JSON_DEPTH_MAX, Topic, VALUE_BYTES_MAX};
use crate::engine::time::HOUR_MS;

/// Why a record cannot be used. The text names the place and never holds a value of the record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The record has no key.
    #[error("the record has no key: key each record by its account id")]
    KeyMissing,
    /// The key of a tombstone is no account id.
    #[error("the key of a tombstone must be an account id: {0}")]
    KeyInvalid(&'static str),
    /// The key is another than the account id of the event.
    #[error("the key is not the event's account id: key each record by its account id")]
    KeyMismatch,
    /// The record has no value, on a topic where that does not mean erasure.
    #[error("the record has no value: that erases an account, but only on cs.accounts")]
    NullValue,
    /// The value is larger than [`VALUE_BYTES_MAX`].
    #[error("the value has {bytes} bytes: at most {VALUE_BYTES_MAX} are read")]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// The JSON nests deeper than [`JSON_DEPTH_MAX`].
    #[error("the JSON nests deeper than {JSON_DEPTH_MAX} levels")]
    TooDeep,
    /// Value or header is not UTF-8.
    #[error("{part} is not UTF-8")]
    NotUtf8 {
        /// What is not.
        part: &'static str,
    },
    /// The value is not a JSON object, or says something twice.
    #[error("not a readable JSON object: {0}")]
    Malformed(String),
    /// The value is not what the Avro schema of its type describes.
    #[error("not readable with schemas/{}/{type_name}.avsc: {what}", topic.name())]
    AvroMalformed {
        /// Where the record lies.
        topic: Topic,
        /// The type whose schema was used.
        type_name: &'static str,
        /// What is wrong.
        what: &'static str,
    },
    /// Nothing says which schema an Avro value was written with.
    #[error(
        "an Avro value on {} needs the header `ce_type`: the topic has several types and the \
         schema id of the value is not looked up in a registry",
        topic.name()
    )]
    AvroTypeMissing {
        /// Where the record lies.
        topic: Topic,
    },
    /// A required field of the envelope or of the type is missing.
    #[error("the required field `{field}` is missing")]
    MissingField {
        /// Its name.
        field: String,
    },
    /// A field holds what it may not hold.
    #[error("the field `{field}` is not valid: {what}")]
    InvalidField {
        /// Its name.
        field: String,
        /// What was expected, and where.
        what: String,
    },
    /// The `type` is none of the topic's.
    #[error("unknown event type: the types of {0} are in schemas/{0}", topic.name())]
    UnknownType {
        /// Where the record lies.
        topic: Topic,
    },
    /// The event's time lies further ahead of the record's than [`AHEAD_MS_MAX`].
    #[error("`ts` lies more than {} h ahead of the record's own time", AHEAD_MS_MAX / HOUR_MS)]
    FutureDated,
    /// The record's own time is no time that an input may name.
    #[error("the record's own time lies outside 2000 to 2100: have its producer set it")]
    RecordTime,
    /// The record lies in another partition than its key belongs to.
    #[error(
        "the record lies in the wrong partition, its key belongs to {expected}: have all \
         producers use the configured `partitioner`; `pulse check` names the one that it finds"
    )]
    WrongPartition {
        /// Where it belongs.
        expected: i32,
    },
    /// Folding it ended in a defect of the engine.
    #[error("the engine failed on this record: please report it with the version of pulse")]
    Panicked,
}

impl DecodeError {
    /// All that [`DecodeError::reason`] can answer, for metrics that begin at 0.
    pub const REASONS: [&str; 17] = [
        "key_missing",
        "key_invalid",
        "key_mismatch",
        "null_value",
        "too_large",
        "too_deep",
        "not_utf8",
        "malformed",
        "avro_malformed",
        "avro_type_missing",
        "missing_field",
        "invalid_field",
        "unknown_type",
        "future_dated",
        "record_time",
        "wrong_partition",
        "panicked",
    ];

    /// The reason as metrics and dead letters say it; stable.
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::KeyMissing => "key_missing",
            Self::KeyInvalid(_) => "key_invalid",
            Self::KeyMismatch => "key_mismatch",
            Self::NullValue => "null_value",
            Self::TooLarge { .. } => "too_large",
            Self::TooDeep => "too_deep",
            Self::NotUtf8 { .. } => "not_utf8",
            Self::Malformed(_) => "malformed",
            Self::AvroMalformed { .. } => "avro_malformed",
            Self::AvroTypeMissing { .. } => "avro_type_missing",
            Self::MissingField { .. } => "missing_field",
            Self::InvalidField { .. } => "invalid_field",
            Self::UnknownType { .. } => "unknown_type",
            Self::FutureDated => "future_dated",
            Self::RecordTime => "record_time",
            Self::WrongPartition { .. } => "wrong_partition",
            Self::Panicked => "panicked",
        }
    }

    /// Where in Kafka Connect's pipeline a connector would have failed: its `Stage`.
    pub const fn stage(&self) -> &'static str {
        match self {
            Self::KeyMissing | Self::KeyInvalid(_) | Self::KeyMismatch => "KEY_CONVERTER",
            Self::NullValue
            | Self::TooLarge { .. }
            | Self::TooDeep
            | Self::NotUtf8 { .. }
            | Self::Malformed(_)
            | Self::AvroMalformed { .. }
            | Self::AvroTypeMissing { .. } => "VALUE_CONVERTER",
            Self::MissingField { .. }
            | Self::InvalidField { .. }
            | Self::UnknownType { .. }
            | Self::FutureDated
            | Self::RecordTime
            | Self::WrongPartition { .. } => "TRANSFORMATION",
            Self::Panicked => "TASK_PUT",
        }
    }

    /// What serde found in `text`, with the field that it found it in and without its value.
    pub(super) fn from_json(error: &serde_json::Error, text: &str) -> Self {
        let place = format!(" at line {} column {}", error.line(), error.column());
        let message = error.to_string();
        let message = message.strip_suffix(&place).unwrap_or(&message);
        if let Some(field) = message.strip_prefix("missing field `") {
            return Self::MissingField { field: field.trim_end_matches('`').to_owned() };
        }
        let what = without_value(message) + &place;
        match error.classify() {
            Category::Data if !message.starts_with("duplicate field `") => {
                match field_at(text, error.line(), error.column()) {
                    Some(field) => Self::InvalidField { field, what },
                    None => Self::Malformed(what),
                }
            }
            Category::Data | Category::Io | Category::Syntax | Category::Eof => {
                Self::Malformed(what)
            }
        }
    }
}

/// The message of a serde error without what it quotes of the input.
///
/// Serde quotes in `invalid type: string "…", expected X`, in `invalid value: …, expected X` and
/// in ``unknown variant `…`, expected X``. X is ours; as it comes last, no value can pose as it.
fn without_value(message: &str) -> String {
    let expected = message.rfind(", expected ").map_or("", |at| &message[at..]);
    for kind in ["invalid type: ", "invalid value: "] {
        if let Some(found) = message.strip_prefix(kind) {
            let found = found.split([' ', ',']).next().unwrap_or_default();
            return format!("{kind}{found}{expected}");
        }
    }
    if message.starts_with("unknown variant `") {
        return format!("unknown word{expected}");
    }
    message.to_owned()
}

/// The name of the outermost field whose value holds or ends at the place of a data error.
///
/// Only values of known fields can be at fault there (unknown ones are skipped unread), so the
/// name is one of ours and never personal data.
fn field_at(text: &str, line: usize, column: usize) -> Option<String> {
    let line_start: usize =
        text.split_inclusive('\n').take(line.checked_sub(1)?).map(str::len).sum();
    let place = line_start + column;
    let fields: BTreeMap<String, &RawValue> = serde_json::from_str(text).ok()?;
    let is_there = |value: &RawValue| {
        let start = value.get().as_ptr().addr() - text.as_ptr().addr();
        (start..=start + value.get().len() + 1).contains(&place)
    };
    fields.into_iter().find(|(_, value)| is_there(value)).map(|(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_lose_what_they_quote() {
        for (message, told) in [
            (
                r#"invalid type: string "secret, expected x", expected u8"#,
                "invalid type: string, expected u8",
            ),
            (
                "invalid type: floating point `4711.5`, expected u32",
                "invalid type: floating, expected u32",
            ),
            (
                "invalid value: integer `-4711`, expected u32",
                "invalid value: integer, expected u32",
            ),
            ("invalid type: null, expected a string", "invalid type: null, expected a string"),
            (
                "unknown variant `secret`, expected one of `smb`, `strategic`",
                "unknown word, expected one of `smb`, `strategic`",
            ),
            ("expected `,` or `}`", "expected `,` or `}`"),
            (
                "instants must lie between 2000-01-01 and 2100-01-01",
                "instants must lie between 2000-01-01 and 2100-01-01",
            ),
        ] {
            assert_eq!(without_value(message), told);
        }
    }
}
