//! Pages: rows in order, from a cursor on, with the cursor of the page that follows.
//!
//! Accounts are paged by the view itself (`view/list.rs`); here are the other lists, and how
//! cursors are written.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::call::Call;
use super::endpoint::{Form, Parameter};
use super::errors;
use super::given::Given;
use crate::engine::time::Timestamp;
use crate::http::problem::Problem;
use crate::view::first::First;

/// Most bytes of a page.
pub(super) const PAGE_BYTES_MAX: usize = 100_000;

/// How many rows.
pub(super) const LIMIT: Parameter =
    Parameter { name: "limit", form: Form::Limit, about: "Rows of a page; 50 if it is not said." };
/// Where to go on.
pub(super) const CURSOR: Parameter = Parameter {
    name: "cursor",
    form: Form::Cursor,
    about: "Where the page begins: `next_cursor` of the page before.",
};

/// A page of a list.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "{T}Page")]
pub(super) struct Page<T> {
    /// Its rows.
    pub items: Vec<T>,
    /// Where the next page begins; null on the last.
    pub next_cursor: Option<String>,
    /// How many rows all pages have together.
    pub total: usize,
    /// The newest instant that a record speaks of; null before the first record.
    pub as_of: Option<Timestamp>,
    /// The version of the view, counted up.
    pub version: u64,
}

impl<T> Page<T> {
    /// Of these rows.
    pub(super) fn new(call: &Call, items: Vec<T>, next: Option<String>, total: usize) -> Self {
        let snapshot = &call.snapshot;
        let (as_of, version) = (snapshot.as_of, snapshot.version);
        Self { items, next_cursor: next, total, as_of, version }
    }
}

/// Writes a cursor.
pub(in crate::http) fn write<T: Serialize>(cursor: &T) -> Result<String, Problem> {
    let bytes = postcard::to_stdvec(cursor).map_err(|error| {
        tracing::error!(%error, "a cursor could not be written");
        errors::internal()
    })?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// Reads the cursor of a request.
///
/// # Errors
/// When it is none of ours.
pub(super) fn read<T: DeserializeOwned>(given: &Given) -> Result<Option<T>, Problem> {
    let text = given.text(CURSOR.name);
    text.map(|text| parse(text).ok_or_else(unreadable)).transpose()
}

/// Reads a cursor; nothing of one that is none of ours.
pub(in crate::http) fn parse<T: DeserializeOwned>(text: &str) -> Option<T> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    match postcard::take_from_bytes(&bytes) {
        Ok((cursor, [])) => Some(cursor),
        _ => None,
    }
}

/// The cursor of a request is not one of its list.
pub(super) fn unreadable() -> Problem {
    let what = "is not a `next_cursor` of this list: leave it out to begin anew";
    errors::parameter(CURSOR.name, what, &[])
}

/// The first rows after the cursor of a request, as many as it asks for.
///
/// # Errors
/// When the cursor is none of ours.
pub(super) fn first<K, R>(call: &Call) -> Result<First<K, R>, Problem>
where
    K: Ord + DeserializeOwned,
{
    Ok(First::new(read(&call.given)?, call.given.limit()))
}

/// A page of what `of` makes of the first rows; `total` is of all pages.
///
/// # Errors
/// When the cursor of the next one cannot be written.
pub(super) fn page<K, R, T>(
    call: &Call,
    first: First<K, R>,
    total: usize,
    of: impl Fn(R) -> T,
) -> Result<Page<T>, Problem>
where
    K: Ord + Serialize,
{
    let (rows, is_more) = first.into_rows();
    let last = rows.last().filter(|_| is_more);
    let next = last.map(|(key, _)| write(key)).transpose()?;
    let items = rows.into_iter().map(|(_, row)| of(row)).collect();
    Ok(Page::new(call, items, next, total))
}
