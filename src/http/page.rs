//! The plain page with the table of accounts, until the dashboard comes.
//!
//! Figures come from `view/`; probes and series are served by `ops.rs` on their own address.

use std::time::Duration;

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use axum::{Router, http};
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::TimeoutLayer;

use crate::engine::output::alert::Alert;
use crate::view::View;
use crate::view::account::Account;

/// Most accounts on the page: those that changed last come first.
const ACCOUNTS_MAX: usize = 200;
/// Most alert transitions on the page.
const ALERTS_MAX: usize = 12;
/// A page that takes longer is given up.
const REQUEST_LIMIT: Duration = Duration::from_secs(10);

/// Headers of every answer, errors included.
const HEADERS: [(HeaderName, &str); 5] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (header::CACHE_CONTROL, "no-store"),
];

#[derive(Template)]
#[template(path = "accounts.html")]
struct Page {
    as_of: String,
    n_accounts: usize,
    n_red: usize,
    n_yellow: usize,
    n_green: usize,
    n_published: u64,
    n_alerts: u64,
    rows: Vec<Row>,
    alerts: Vec<AlertRow>,
}

/// One account as the page shows it.
struct Row {
    name: String,
    account_id: String,
    segment: &'static str,
    health: String,
    band: &'static str,
    change: String,
    why: String,
    confidence_percent: String,
    csm: String,
    at: String,
}

struct AlertRow {
    at: String,
    account_id: String,
    rule: String,
    transition: &'static str,
    reason: String,
}

/// The routes of `http.listen`.
pub fn router(view: View) -> Router {
    let router = Router::new()
        .route("/", get(accounts))
        .route("/style.css", get(style))
        .fallback(not_found)
        .with_state(view);
    HEADERS
        .into_iter()
        .fold(router, |router, (name, value)| {
            let value = HeaderValue::from_static(value);
            router.layer(SetResponseHeaderLayer::overriding(name, value))
        })
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, REQUEST_LIMIT))
}

async fn accounts(State(view): State<View>) -> Response {
    let view = view.latest();
    let [n_red, n_yellow, n_green] = view.bands();
    let (n_published, n_alerts) = (view.n_published, view.n_alerts);
    let page = Page {
        as_of: view.as_of.map_or_else(|| "nothing yet".to_owned(), |at| at.to_string()),
        n_accounts: n_red + n_yellow + n_green,
        n_red,
        n_yellow,
        n_green,
        n_published,
        n_alerts,
        rows: view.newest_accounts(ACCOUNTS_MAX).into_iter().map(|it| row(it)).collect(),
        alerts: view.newest_alerts().take(ALERTS_MAX).map(|it| alert_row(it)).collect(),
    };
    match page.render() {
        Ok(text) => Html(text).into_response(),
        Err(error) => {
            tracing::error!(%error, "the page could not be rendered");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

async fn style() -> impl IntoResponse {
    let kind = HeaderValue::from_static("text/css; charset=utf-8");
    ([(http::header::CONTENT_TYPE, kind)], include_str!("../../templates/style.css"))
}

async fn not_found() -> (StatusCode, &'static str) {
    (StatusCode::NOT_FOUND, "there is no such page; the accounts are at /\n")
}

fn row(account: &Account) -> Row {
    let row = &account.health;
    Row {
        name: row.name.to_string(),
        account_id: row.account_id.to_string(),
        segment: row.segment.name(),
        health: format!("{:.1}", row.health),
        band: row.band.name(),
        change: row.change.map_or_else(String::new, |points| format!("{points:+.1}")),
        why: row.cause.to_string(),
        confidence_percent: format!("{:.0}", row.confidence * 100.0),
        csm: row.csm.to_string(),
        at: minute(&row.at.to_string()),
    }
}

fn alert_row(alert: &Alert) -> AlertRow {
    AlertRow {
        at: minute(&alert.at.to_string()),
        account_id: alert.account_id.to_string(),
        rule: alert.rule.to_string(),
        transition: alert.transition.name(),
        reason: alert.reason.clone(),
    }
}

/// `2026-01-31T08:00:00.000Z` as `01-31 08:00`.
fn minute(instant: &str) -> String {
    instant.get(5..16).unwrap_or(instant).replace('T', " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::output::OutputTopic;
    use crate::engine::time::Timestamp;
    use crate::view::writer::{Record, Writer};
    use axum::body::{Body, to_bytes};
    use axum::http::Request;
    use tower::ServiceExt;

    async fn get_page(view: View, path: &str) -> (http::response::Parts, String) {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let (head, body) = router(view).oneshot(request).await.unwrap().into_parts();
        let bytes = to_bytes(body, 1 << 20).await.unwrap();
        (head, String::from_utf8(bytes.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn hostile_names_stay_text_and_every_answer_has_the_headers() {
        let golden = include_str!("../../tests/golden/account-health.json");
        let hostile = golden.replace("Acme", "<script>alert(1)</script>");
        let (mut writer, view) = Writer::new(1);
        let (topic, value) = (OutputTopic::AccountHealth, Some(hostile.as_bytes()));
        writer.take(&Record { topic, partition: 0, key: "acme", value }).unwrap();
        writer.publish(Timestamp::from_millis(0));
        for (path, status) in [("/", 200), ("/style.css", 200), ("/nowhere", 404)] {
            let (head, body) = get_page(view.clone(), path).await;
            assert_eq!(head.status, status, "{path}");
            assert!(!body.contains("<script>"), "{path}");
            for (name, value) in HEADERS {
                assert_eq!(head.headers[&name], value, "{path} {name}");
            }
        }
        let (_, body) = get_page(view, "/").await;
        assert!(body.contains("alert(1)"), "the name is shown as text");
    }
}
