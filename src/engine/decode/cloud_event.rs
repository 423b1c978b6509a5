//! CloudEvents: the envelope in headers (binary mode) or around `data` (structured mode).
//!
//! Our own envelope and the choice between the two belong to `decode.rs`.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::error::DecodeError;
use super::{Body, Envelope, Header, json_object, read_json};
use crate::engine::field::{Id, Str};
use crate::engine::time::{TimeError, Timestamp};

/// A CloudEvent in structured mode; `data` is absent where the type has no fields.
#[derive(Deserialize)]
struct Structured<'a> {
    #[serde(borrow)]
    id: Id<'a>,
    subject: Id<'a>,
    #[serde(rename = "type")]
    type_name: Str<'a>,
    time: Timestamp,
    source: Option<Str<'a>>,
    data: Option<&'a RawValue>,
}

/// Reads a JSON object that names its `specversion`.
pub(super) fn structured<'a>(text: &'a str) -> Result<(Envelope<'a>, Body<'a>), DecodeError> {
    let event: Structured<'a> = read_json(text)?;
    let envelope = Envelope {
        event_id: event.id,
        account_id: event.subject,
        type_name: event.type_name,
        ts: event.time,
        source: event.source,
    };
    let body = event.data.map_or("{}", RawValue::get);
    Ok((envelope, Body::Json(json_object(body)?)))
}

/// The text of the header `name`, the last one if there are several.
pub(super) fn header<'a>(
    headers: &[Header<'a>],
    name: &'static str,
) -> Result<Option<&'a str>, DecodeError> {
    match headers.iter().rev().find(|(key, _)| *key == name) {
        Some((_, Some(bytes))) => {
            std::str::from_utf8(bytes).map(Some).map_err(|_| DecodeError::NotUtf8 { part: name })
        }
        Some((_, None)) | None => Ok(None),
    }
}

/// The envelope of binary mode; nothing when the headers do not say that this is one.
pub(super) fn binary<'a>(headers: &[Header<'a>]) -> Result<Option<Envelope<'a>>, DecodeError> {
    if headers.is_empty()
        || (header(headers, "ce_id")?.is_none() && header(headers, "ce_specversion")?.is_none())
    {
        return Ok(None);
    }
    let required = |name: &'static str| {
        header(headers, name)?.ok_or(DecodeError::MissingField { field: name.to_owned() })
    };
    let id = |name| {
        Id::new(Str::borrowed(required(name)?)).map_err(|what| invalid(name, what.to_owned()))
    };
    let time = instant(required("ce_time")?);
    Ok(Some(Envelope {
        event_id: id("ce_id")?,
        account_id: id("ce_subject")?,
        type_name: Str::borrowed(required("ce_type")?),
        ts: time.map_err(|error| invalid("ce_time", error.to_string()))?,
        source: header(headers, "ce_source")?.map(Str::borrowed),
    }))
}

fn instant(text: &str) -> Result<Timestamp, TimeError> {
    match text.parse() {
        Ok(ms) => Timestamp::from_millis(ms).in_input_range(),
        Err(_) => Timestamp::parse(text),
    }
}

fn invalid(field: &'static str, what: String) -> DecodeError {
    DecodeError::InvalidField { field: field.to_owned(), what }
}
