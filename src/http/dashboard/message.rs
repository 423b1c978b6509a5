//! Pages that say what is wrong: not found, not allowed, broken.
//!
//! Errors of the API are problems (`http/problem.rs`).

use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};

use super::rendered;

#[derive(Template)]
#[template(path = "pages/message.html")]
struct Page<'a> {
    title: &'a str,
    text: &'a str,
    href: &'static str,
    link: &'static str,
}

/// A page about an error.
pub fn page(status: StatusCode, detail: &str) -> Response {
    let title = match status {
        StatusCode::NOT_FOUND => "There is no such page",
        StatusCode::FORBIDDEN => "You may not do this",
        StatusCode::UNAUTHORIZED => "Log in first",
        StatusCode::TOO_MANY_REQUESTS => "Too fast",
        _ => status.canonical_reason().unwrap_or("That did not work"),
    };
    let (href, link) = match status {
        StatusCode::UNAUTHORIZED => ("/login", "Log in"),
        _ => ("/", "To the portfolio"),
    };
    (status, rendered(&Page { title, text: detail, href, link })).into_response()
}
