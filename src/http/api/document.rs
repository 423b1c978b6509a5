//! The OpenAPI document, made from the rows that the router is made of.
//!
//! `docs/openapi.json` is its copy for readers; a test holds the two together.

use std::sync::LazyLock;

use axum::http::StatusCode;
use schemars::Schema;
use schemars::generate::{SchemaGenerator, SchemaSettings};
use serde_json::{Map, Value, json};

use super::answer;
use super::call::Call;
use super::endpoint::{
    Answer, BASE, Body, Endpoint, Form, LIMIT_DEFAULT, Outcome, Parameter, schema_of,
};
use crate::http::access::sessions::COOKIE;
use crate::http::problem::Problem;
use crate::view::list::PAGE_MAX;

/// Where schemas stand in the document.
const SCHEMAS: &str = "/components/schemas";

/// The rows of this file.
pub(super) const ENDPOINTS: &[Endpoint] = &[Endpoint::get(
    "/openapi.json",
    "getOpenApi",
    "This document",
    Answer::json("An OpenAPI 3.1 document.", schema_of::<Map<String, Value>>),
    run,
)];

/// What is wrong with any request that is wrong in this way.
const OF_ALL: [(u16, &str); 5] = [
    (400, "A parameter is unknown or has a value that it may not have."),
    (401, "Nobody is signed in."),
    (403, "The one who is signed in may not do this."),
    (408, "The answer took too long."),
    (429, "Too many requests a second; `Retry-After` says when to ask again."),
];

fn run(call: &Call) -> Outcome {
    static DOCUMENT: LazyLock<Value> = LazyLock::new(document);
    answer::of_record(call, &*DOCUMENT)
}

/// The document.
pub fn document() -> Value {
    let settings =
        |settings: SchemaSettings| settings.with(|it| it.definitions_path = SCHEMAS.into());
    let draft = || settings(SchemaSettings::draft2020_12());
    let mut said = draft().for_serialize().into_generator();
    let mut heard = draft().for_deserialize().into_generator();
    let mut paths = Map::new();
    for endpoint in super::endpoints() {
        let path = paths.entry(format!("{BASE}{}", endpoint.path)).or_insert_with(|| json!({}));
        let method = endpoint.method.name().to_lowercase();
        path[method] = operation(endpoint, &mut said, &mut heard);
    }
    let problem = said.subschema_for::<Problem>();
    let mut schemas = heard.take_definitions(true);
    schemas.append(&mut said.take_definitions(true));
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Customer Pulse",
            "version": env!("CARGO_PKG_VERSION"),
            "description": env!("CARGO_PKG_DESCRIPTION"),
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "security": [{ "key": [] }, { "session": [] }],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "key": {
                    "type": "http", "scheme": "bearer",
                    "description": "An access key, as `pulse key` makes them.",
                },
                "session": {
                    "type": "apiKey", "in": "cookie", "name": COOKIE,
                    "description": "Of a browser that logged in at `/login`; a change needs the \
                                    header `X-CSRF-Token`, too.",
                },
            },
            "schemas": schemas,
            "responses": {
                "Problem": {
                    "description": "What is wrong, with the remedy (RFC 9457).",
                    "content": { "application/problem+json": { "schema": problem } },
                },
            },
        },
    })
}

fn operation(
    endpoint: &Endpoint,
    said: &mut SchemaGenerator,
    heard: &mut SchemaGenerator,
) -> Value {
    let mut parameters: Vec<Value> = Vec::new();
    if endpoint.has_id() {
        parameters.push(json!({
            "name": "id", "in": "path", "required": true,
            "schema": { "type": "string", "minLength": 1 },
        }));
    }
    parameters.extend(endpoint.parameters.iter().map(parameter));
    if endpoint.answer.is_tagged {
        parameters.push(header("If-None-Match", "The tag of the answer that is known already."));
    }
    parameters.extend(endpoint.headers.iter().map(|(name, about)| header(name, about)));
    let mut operation = json!({
        "operationId": endpoint.name,
        "summary": endpoint.summary,
        "parameters": parameters,
        "responses": responses(endpoint, said),
    });
    if let Some(body) = &endpoint.body {
        operation["requestBody"] = body_of(body, heard);
    }
    operation
}

fn header(name: &str, about: &str) -> Value {
    json!({ "name": name, "in": "header", "description": about, "schema": { "type": "string" } })
}

fn parameter(parameter: &Parameter) -> Value {
    let schema = match parameter.form {
        Form::Words(words) => {
            json!({ "type": "array", "items": { "type": "string", "enum": words } })
        }
        Form::Word(words) => json!({ "type": "string", "enum": words }),
        Form::Text | Form::Cursor => {
            json!({ "type": "string", "minLength": 1, "maxLength": parameter.form.chars_max() })
        }
        Form::Whole(most) => json!({ "type": "integer", "minimum": 0, "maximum": most }),
        Form::Flag => json!({ "type": "boolean" }),
        Form::Limit => json!({
            "type": "integer", "minimum": 1, "maximum": PAGE_MAX, "default": LIMIT_DEFAULT,
        }),
    };
    json!({
        "name": parameter.name, "in": "query", "description": parameter.about, "schema": schema,
    })
}

fn body_of(body: &Body, heard: &mut SchemaGenerator) -> Value {
    let schema = (body.schema)(heard);
    let content = body.media.iter().map(|media| ((*media).to_owned(), json!({ "schema": schema })));
    json!({ "required": true, "content": content.collect::<Map<_, _>>() })
}

fn responses(endpoint: &Endpoint, said: &mut SchemaGenerator) -> Value {
    let answer = &endpoint.answer;
    let schema: Schema = (answer.schema)(said);
    let mut good = json!({
        "description": answer.about,
        "content": { answer.media: { "schema": schema } },
    });
    let mut responses = Map::new();
    if answer.is_tagged {
        good["headers"] = json!({
            "ETag": { "description": "Names this answer.", "schema": { "type": "string" } },
        });
        let description = "The answer is the one that `If-None-Match` names.";
        responses.insert("304".to_owned(), json!({ "description": description }));
    }
    responses.insert(answer.status.to_string(), good);
    let mut refusals = OF_ALL.to_vec();
    if endpoint.has_id() {
        refusals.push((404, "There is no such thing, or none that one may see."));
        refusals.push((503, "No such thing is known yet: what was published is still read."));
    }
    if endpoint.body.is_some() {
        refusals.push((413, "The body is too large."));
        refusals.push((415, "The body has another form."));
    }
    refusals.extend(endpoint.refusals);
    for (status, about) in refusals {
        let mut refusal = json!({ "$ref": "#/components/responses/Problem" });
        refusal["description"] = about.into();
        responses.insert(status.to_string(), refusal);
    }
    let unexpected = StatusCode::INTERNAL_SERVER_ERROR.as_str().to_owned();
    // The connection itself says so, without a body.
    let too_long = json!({ "description": "The address is too long." });
    responses.insert(StatusCode::URI_TOO_LONG.as_str().to_owned(), too_long);
    responses.insert(unexpected, json!({ "$ref": "#/components/responses/Problem" }));
    Value::Object(responses)
}
