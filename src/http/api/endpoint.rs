//! What an endpoint is: one row that the router, the checks of a request and the document share.
//!
//! The rows stand in the files of their resources; what becomes of a request is `call.rs`.

use std::pin::Pin;

use axum::response::Response;
use schemars::{JsonSchema, Schema, SchemaGenerator};

use super::call::Call;
use crate::http::problem::Problem;

/// How a request ends.
pub(super) type Outcome = Result<Response, Problem>;
/// An answer that has to be waited for.
pub(super) type Waiting = Pin<Box<dyn Future<Output = Outcome> + Send>>;
/// Makes a schema, and leaves those that it refers to in the generator.
pub(super) type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// Where every path begins.
pub(super) const BASE: &str = "/api/v1";
/// Rows of a page that does not say how many.
pub(super) const LIMIT_DEFAULT: usize = 50;

/// A method at a path.
#[derive(Clone, Copy)]
pub(super) struct Endpoint {
    pub method: Verb,
    /// Below [`BASE`]; `{id}` is the only thing that varies.
    pub path: &'static str,
    /// Names it in generated clients.
    pub name: &'static str,
    pub summary: &'static str,
    /// All that may stand in the query.
    pub parameters: &'static [Parameter],
    /// Headers that it heeds, besides those of tags, and what they say.
    pub headers: &'static [(&'static str, &'static str)],
    pub body: Option<Body>,
    /// What it answers when nothing is wrong.
    pub answer: Answer,
    /// What may be wrong besides what the row shows.
    pub refusals: &'static [Refusal],
    pub run: Run,
}

/// The methods in use; `HEAD` is `GET` without its body.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    Get,
    Post,
    Put,
}

/// Who answers.
#[derive(Clone, Copy)]
pub(super) enum Run {
    /// Reads the view, on a thread where that may take a while.
    Reads(fn(&Call) -> Outcome),
    /// Waits for others.
    Waits(fn(Call) -> Waiting),
}

/// A parameter of the query.
#[derive(Clone, Copy)]
pub(super) struct Parameter {
    pub name: &'static str,
    pub form: Form,
    pub about: &'static str,
}

/// What a parameter may be.
#[derive(Clone, Copy)]
pub(super) enum Form {
    /// One of these words, or several: the parameter is repeated.
    Words(&'static [&'static str]),
    /// One of these words.
    Word(&'static [&'static str]),
    Text,
    /// A whole number from 0 to this.
    Whole(u16),
    /// `true` or `false`.
    Flag,
    /// Rows of a page, from 1 to [`crate::view::list::PAGE_MAX`].
    Limit,
    /// Where a page begins, as the page before said it.
    Cursor,
}

/// What a request carries.
#[derive(Clone, Copy)]
pub(super) struct Body {
    pub media: &'static [&'static str],
    pub bytes_max: usize,
    pub schema: SchemaOf,
}

/// What is answered.
#[derive(Clone, Copy)]
pub(super) struct Answer {
    pub status: u16,
    pub about: &'static str,
    pub media: &'static str,
    pub schema: SchemaOf,
    /// It has a tag: who knows it already is told so.
    pub is_tagged: bool,
}

/// A status that stands for something that is wrong, and what that is.
pub(super) type Refusal = (u16, &'static str);

impl Verb {
    /// As it stands in a request.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Verb::Get => "GET",
            Verb::Post => "POST",
            Verb::Put => "PUT",
        }
    }
}

impl Answer {
    /// JSON with a tag.
    pub(super) const fn json(about: &'static str, schema: SchemaOf) -> Self {
        Self { status: 200, about, media: "application/json", schema, is_tagged: true }
    }
}

impl Endpoint {
    /// A row that reads the view.
    pub(super) const fn get(
        path: &'static str,
        name: &'static str,
        summary: &'static str,
        answer: Answer,
        run: fn(&Call) -> Outcome,
    ) -> Self {
        Self {
            method: Verb::Get,
            path,
            name,
            summary,
            parameters: &[],
            headers: &[],
            body: None,
            answer,
            refusals: &[],
            run: Run::Reads(run),
        }
    }

    /// The same with parameters.
    pub(super) const fn with(self, parameters: &'static [Parameter]) -> Self {
        Self { parameters, ..self }
    }

    /// Whether its path names one thing.
    pub(super) fn has_id(&self) -> bool {
        self.path.contains("{id}")
    }
}

/// The schema of a type.
pub(super) fn schema_of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

/// Anything: YAML, which validators read as the thing that it says.
pub(super) fn schema_of_anything(_: &mut SchemaGenerator) -> Schema {
    Schema::from(true)
}

/// Any text.
pub(super) fn schema_of_text(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<String>()
}
