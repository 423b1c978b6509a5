//! Answers: JSON with a tag, or the news that nothing changed.
//!
//! What is in them stands in the files of the resources; errors are `errors.rs`.

use std::hash::Hasher as _;

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use siphasher::sip::SipHasher13;
use siphasher::sip128::{Hasher128 as _, SipHasher13 as SipHasher128};
use std::borrow::Cow;
use std::marker::PhantomData;

use super::call::Call;
use super::endpoint::Outcome;
use super::errors;
use crate::http::problem::Problem;

/// Caches keep what they are told, for one person, and ask each time whether it still holds.
const CACHE: HeaderValue = HeaderValue::from_static("private, no-cache");

/// What an answer is known by.
pub(super) struct Tag(String);

impl Tag {
    /// Of what depends on the whole view, and on who asks.
    pub(super) fn of_view(call: &Call) -> Self {
        let mut hasher = SipHasher13::new();
        for csm in call.viewer.csms.iter().flat_map(|csms| csms.iter()) {
            hasher.write(csm.as_bytes());
            hasher.write_u8(0xff);
        }
        let scope = if call.viewer.csms.is_some() { hasher.finish() } else { 0 };
        Self(format!("W/\"{:x}-{}-{scope:x}\"", call.snapshot.epoch, call.snapshot.version))
    }

    /// Of these very bytes.
    pub(super) fn of_bytes(bytes: &[u8]) -> Self {
        let mut hasher = SipHasher128::new();
        hasher.write(bytes);
        Self(format!("\"{:032x}\"", hasher.finish128().as_u128()))
    }

    /// Of what has a version of its own.
    pub(super) fn of_version(version: &str) -> Self {
        // Other signs would end the tag, or the header.
        let is_plain = |byte: u8| byte.is_ascii_graphic() && byte != b'"';
        if version.bytes().all(is_plain) && !version.is_empty() {
            Self(format!("\"{version}\""))
        } else {
            Self::of_bytes(version.as_bytes())
        }
    }

    /// Whether a header with a list of tags names this one.
    pub(super) fn is_in(&self, list: &HeaderValue) -> bool {
        let strong = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
        let own = strong(&self.0);
        let list = list.to_str().unwrap_or_default();
        list.trim() == "*" || list.split(',').any(|tag| strong(tag) == own)
    }

    /// The news that nothing changed, to who has what is known by this.
    pub(super) fn unchanged(&self, headers: &HeaderMap) -> Option<Response> {
        let known = headers.get_all(header::IF_NONE_MATCH).iter().any(|list| self.is_in(list));
        known.then(|| (StatusCode::NOT_MODIFIED, self.headers()).into_response())
    }

    /// The headers of an answer that has this tag.
    pub(super) fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        if let Ok(tag) = HeaderValue::from_str(&self.0) {
            headers.insert(header::ETAG, tag);
        }
        headers.insert(header::CACHE_CONTROL, CACHE);
        headers
    }
}

/// An answer that depends on the whole view; it is not made for who has it already.
pub(super) fn of_view<T: Serialize>(
    call: &Call,
    make: impl FnOnce() -> Result<T, Problem>,
) -> Outcome {
    let tag = Tag::of_view(call);
    match tag.unchanged(&call.headers) {
        Some(unchanged) => Ok(unchanged),
        None => Ok(json(StatusCode::OK, tag.headers(), bytes(&make()?)?)),
    }
}

/// An answer that is known by what it says.
pub(super) fn of_record<T: Serialize>(call: &Call, value: &T) -> Outcome {
    let bytes = bytes(value)?;
    let tag = Tag::of_bytes(&bytes);
    let unchanged = tag.unchanged(&call.headers);
    Ok(unchanged.unwrap_or_else(|| json(StatusCode::OK, tag.headers(), bytes)))
}

/// JSON.
pub(super) fn json(status: StatusCode, headers: HeaderMap, bytes: Vec<u8>) -> Response {
    let media = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
    (status, headers, media, bytes).into_response()
}

/// A value as JSON.
pub(super) fn bytes<T: Serialize>(value: &T) -> Result<Vec<u8>, Problem> {
    serde_json::to_vec(value).map_err(|error| {
        tracing::error!(%error, "an answer could not be written");
        errors::internal()
    })
}

/// Runs what may take some milliseconds without keeping others waiting.
pub(super) async fn on_its_own_thread<T, F>(run: F) -> Result<T, Problem>
where
    T: Send + 'static,
    F: FnOnce() -> Result<T, Problem> + Send + 'static,
{
    tokio::task::spawn_blocking(run).await.unwrap_or_else(|error| {
        tracing::error!(%error, "a request ended in a defect");
        Err(errors::internal())
    })
}

/// A record as it was published, passed on without being read.
pub(super) struct Published<T> {
    json: Box<RawValue>,
    of: PhantomData<T>,
}

impl<T> Published<T> {
    /// Of JSON.
    pub(super) fn new(json: Vec<u8>) -> Result<Self, Problem> {
        let text = String::from_utf8(json).map_err(|_| errors::internal())?;
        let json = RawValue::from_string(text).map_err(|error| {
            tracing::error!(%error, "a published record is no JSON");
            errors::internal()
        })?;
        Ok(Self { json, of: PhantomData })
    }

    /// A part of one.
    pub(super) fn part(json: &RawValue) -> Self {
        Self { json: json.to_owned(), of: PhantomData }
    }
}

impl<T> Serialize for Published<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.json.serialize(serializer)
    }
}

impl<T: JsonSchema> JsonSchema for Published<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}
