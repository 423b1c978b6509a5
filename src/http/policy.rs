//! Which role each route needs and what its bodies may weigh: what has no row here is refused.
//!
//! Who has which role is found in `access/`; what the routes answer is in `dashboard/` and `api/`.

use axum::http::Method;

use crate::config::http::{Http, Role};

/// What a route needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// Nothing: who logs in has no role yet.
    Nothing,
    /// At least this role.
    Role(Role),
}

/// Bytes of a model file: more than the topic of models takes (`kafka/model_record.rs`).
pub const MODEL_BYTES_MAX: usize = 1024 * 1024;

const OPEN: Need = Need::Nothing;
const VIEWER: Need = Need::Role(Role::Viewer);
const OPERATOR: Need = Need::Role(Role::Operator);
const ADMIN: Need = Need::Role(Role::Admin);

/// Every route: method, path as routed, need.
pub static POLICY: [(Method, &str, Need); 36] = [
    (Method::GET, "/login", OPEN),
    (Method::POST, "/login", OPEN),
    (Method::POST, "/logout", OPEN),
    (Method::GET, "/static/style.css", OPEN),
    (Method::GET, "/static/pulse.js", OPEN),
    (Method::GET, "/static/icon.svg", OPEN),
    (Method::GET, "/", VIEWER),
    (Method::GET, "/executive", VIEWER),
    (Method::GET, "/accounts", VIEWER),
    (Method::GET, "/accounts/{id}", VIEWER),
    (Method::GET, "/renewals", VIEWER),
    (Method::GET, "/definitions", VIEWER),
    (Method::POST, "/commands", OPERATOR),
    (Method::GET, "/api/v1/openapi.json", VIEWER),
    (Method::GET, "/api/v1/accounts", VIEWER),
    (Method::GET, "/api/v1/accounts/{id}", VIEWER),
    (Method::GET, "/api/v1/accounts/{id}/timeline", VIEWER),
    (Method::GET, "/api/v1/accounts/{id}/explanation", VIEWER),
    (Method::GET, "/api/v1/accounts/{id}/history", VIEWER),
    (Method::GET, "/api/v1/alerts", VIEWER),
    (Method::GET, "/api/v1/alerts/{id}", VIEWER),
    (Method::GET, "/api/v1/runs", VIEWER),
    (Method::GET, "/api/v1/runs/{id}", VIEWER),
    (Method::GET, "/api/v1/opportunities", VIEWER),
    (Method::GET, "/api/v1/portfolio", VIEWER),
    (Method::GET, "/api/v1/portfolio/executive", VIEWER),
    (Method::GET, "/api/v1/portfolio/accounts", VIEWER),
    (Method::GET, "/api/v1/portfolio/renewals", VIEWER),
    (Method::GET, "/api/v1/renewals", VIEWER),
    (Method::GET, "/api/v1/definitions", VIEWER),
    (Method::GET, "/api/v1/model", VIEWER),
    (Method::GET, "/api/v1/commands/{id}", VIEWER),
    (Method::GET, "/api/v1/changes", VIEWER),
    (Method::POST, "/api/v1/accounts/{id}/commands", OPERATOR),
    (Method::POST, "/api/v1/model/check", OPERATOR),
    (Method::PUT, "/api/v1/model", ADMIN),
];

/// What a route needs; nothing when it has no row.
pub fn need(method: &Method, path: &str) -> Option<Need> {
    let method = if method == Method::HEAD { &Method::GET } else { method };
    let row = POLICY.iter().find(|(known, route, _)| known == method && *route == path)?;
    Some(row.2)
}

/// The methods that a path has rules for.
pub fn methods(path: &str) -> Vec<&'static str> {
    let rows = POLICY.iter().filter(|(_, route, _)| *route == path);
    rows.map(|(method, ..)| method.as_str()).collect()
}

/// Bytes that the body of a request to a path may have: models are larger than all else.
pub fn body_bytes_max(path: &str, settings: &Http) -> usize {
    if path.starts_with("/api/v1/model") { MODEL_BYTES_MAX } else { settings.body_bytes_max }
}
