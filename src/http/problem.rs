//! Errors as `application/problem+json` (RFC 9457).
//!
//! Stands in until the branch `access` brings its own; what is wrong is said where it is found.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;

/// What is wrong with a request.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Problem {
    /// The status once more.
    status: u16,
    /// The status in words.
    title: String,
    /// What is wrong, with the remedy.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// The parameter or field that is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    /// What it may be, where that can be listed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    allowed: Vec<String>,
    #[serde(skip)]
    retry_after: Option<u64>,
}

impl Problem {
    /// A problem that is but a status.
    pub fn new(status: StatusCode) -> Self {
        let title = status.canonical_reason().unwrap_or("error").to_owned();
        let (detail, field, allowed, retry_after) = (None, None, Vec::new(), None);
        Self { status: status.as_u16(), title, detail, field, allowed, retry_after }
    }

    /// What is wrong.
    #[must_use]
    pub fn detail(self, detail: impl Into<String>) -> Self {
        Self { detail: Some(detail.into()), ..self }
    }

    /// What is wrong, if more is known than the status says.
    pub fn what(&self) -> Option<&str> {
        self.detail.as_deref()
    }

    /// Where it is.
    #[must_use]
    pub fn field(self, name: &str) -> Self {
        Self { field: Some(name.to_owned()), ..self }
    }

    /// What would be right.
    #[must_use]
    pub fn allowed(self, words: &[&str]) -> Self {
        Self { allowed: words.iter().map(|word| (*word).to_owned()).collect(), ..self }
    }

    /// When to try again, in seconds.
    #[must_use]
    pub fn retry_after(self, seconds: u64) -> Self {
        Self { retry_after: Some(seconds), ..self }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::BAD_REQUEST);
        let mut response = (status, axum::Json(&self)).into_response();
        let headers = response.headers_mut();
        let media = HeaderValue::from_static("application/problem+json");
        headers.insert(header::CONTENT_TYPE, media);
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        // Who makes a page of it need not read the JSON again.
        response.extensions_mut().insert(self);
        response
    }
}
