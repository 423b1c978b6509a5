//! `/login` and `/logout`: a browser exchanges an access key for a session.
//!
//! Keys and sessions themselves are `access/`'s business.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use serde::Deserialize;

use super::access::{Access, Connection};
use super::dashboard::rendered;
use crate::kafka::clock::Clock;

/// What logging in needs.
#[derive(Clone)]
struct Door {
    access: Arc<Access>,
    clock: Clock,
}

#[derive(Template)]
#[template(path = "pages/login.html")]
struct Page {
    error: String,
    next: String,
}

#[derive(Deserialize)]
struct Wanted {
    #[serde(default)]
    next: String,
}

#[derive(Deserialize)]
struct Shown {
    key: String,
    #[serde(default)]
    next: String,
}

/// The routes.
pub fn router(access: Arc<Access>, clock: Clock) -> Router {
    Router::new()
        .route("/login", get(show).post(enter))
        .route("/logout", post(leave))
        .with_state(Door { access, clock })
}

async fn show(Query(Wanted { next }): Query<Wanted>) -> Response {
    rendered(&Page { error: String::new(), next })
}

async fn enter(
    State(door): State<Door>,
    Extension(connection): Extension<Connection>,
    headers: HeaderMap,
    axum::Form(Shown { key, next }): axum::Form<Shown>,
) -> Response {
    let again = |status: StatusCode, error: &str| {
        let page = Page { error: error.to_owned(), next: next.clone() };
        (status, rendered(&page)).into_response()
    };
    let client = connection.client;
    if !door.access.limit.login_passes(client) {
        let mut answer = again(
            StatusCode::TOO_MANY_REQUESTS,
            "too many attempts: wait a minute, then try again",
        );
        answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
        return answer;
    }
    let Ok(viewer) = door.access.by_key(key.trim()) else {
        tracing::warn!(%client, "an access key that is not known was shown at /login");
        return again(StatusCode::UNAUTHORIZED, "this key is not known");
    };
    // Whoever was logged in before is not any longer: an id is never taken over.
    door.access.sessions.end(&headers);
    match door.access.sessions.begin(&viewer, connection.is_encrypted, door.clock.now()) {
        Ok(cookie) => ([(header::SET_COOKIE, cookie)], Redirect::to(local(&next))).into_response(),
        Err(error) => {
            tracing::error!(%error, "a session could not begin");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

async fn leave(State(door): State<Door>, headers: HeaderMap) -> Response {
    let mut answer = Redirect::to("/login").into_response();
    for cookie in door.access.sessions.end(&headers) {
        if let Ok(value) = HeaderValue::from_str(&cookie) {
            answer.headers_mut().append(header::SET_COOKIE, value);
        }
    }
    answer
}

/// Where to go after logging in: a page of ours, whatever the address says.
fn local(next: &str) -> &str {
    let is_path = next.starts_with('/') && !next.starts_with("//");
    let is_plain = next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if is_path && is_plain { next } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_led_to_pages_of_ours_only() {
        assert_eq!(local("/accounts?band=red"), "/accounts?band=red");
        for foreign in
            ["", "accounts", "//evil.example", "/\\evil.example", "https://evil.example", "/a\r\nb"]
        {
            assert_eq!(local(foreign), "/", "{foreign}");
        }
    }
}
