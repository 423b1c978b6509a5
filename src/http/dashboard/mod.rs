//! The dashboard: pages rendered here, live by the stream of changes, useful without scripts.
//!
//! A page is a struct of texts and a template; figures come from `view/`, what people do goes
//! through `api/commands.rs`. Who may see a page is decided in `access/`.

use askama::Template;
use axum::Router;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};

use super::access::{Proof, Viewer};
use super::site::Site;
use crate::config::http::Role;
use crate::engine::time::{HOUR_MS, Timestamp};
use crate::view::list::{Filter, is_in_scope};
use crate::view::snapshot::Snapshot;

mod account;
mod account_facts;
mod account_scores;
mod account_work;
mod accounts;
mod act;
mod attention;
pub mod chart;
mod executive;
mod figure;
pub mod message;
mod portfolio;
mod renewals;
mod words;

/// From how many output records that are not read yet a page says that it is behind.
const LAG_TOLD: u64 = 5_000;
/// How long the newest assessment may lie back before a page says so: each account is published
/// at least daily.
const STALE_MS: i64 = 26 * HOUR_MS;

/// The views: where they are, and their names.
const VIEWS: [(&str, &str); 4] = [
    ("/", "Portfolio"),
    ("/executive", "Executive"),
    ("/accounts", "Accounts"),
    ("/renewals", "Renewals"),
];

/// What stands around every page.
struct Frame {
    title: String,
    /// The name of the view that it belongs to.
    active: &'static str,
    /// Which kind of page it is, for the script.
    live: &'static str,
    who: String,
    can_act: bool,
    has_session: bool,
    csrf: String,
    as_of: String,
    as_of_iso: String,
    notice: Option<Notice>,
}

/// Something to know before one reads on.
struct Notice {
    text: String,
    is_bad: bool,
}

impl Frame {
    fn new(
        title: &str,
        active: &'static str,
        live: &'static str,
        viewer: &Viewer,
        view: &Snapshot,
        now: Timestamp,
    ) -> Self {
        let role = viewer.role.name();
        Self {
            title: title.to_owned(),
            active,
            live,
            who: format!("{} · {role}", viewer.name),
            can_act: viewer.may(Role::Operator),
            has_session: matches!(viewer.proof, Proof::Session(_)),
            csrf: viewer.csrf().to_owned(),
            as_of: view.as_of.map_or_else(|| "–".to_owned(), |at| words::instant(at, now)),
            as_of_iso: view.as_of.map(|at| at.to_string()).unwrap_or_default(),
            notice: notice(view, now),
        }
    }

    fn views(&self) -> &'static [(&'static str, &'static str)] {
        &VIEWS
    }
}

fn notice(view: &Snapshot, now: Timestamp) -> Option<Notice> {
    let silent = view.fleet_alerts().iter().find(|alert| alert.rule == "source_silent");
    let records = words::count(usize::try_from(view.lag).unwrap_or(usize::MAX));
    let since = view.as_of.map(|at| (words::from_now(at, now), now.millis_since(at)));
    let (text, is_bad) = match (view.is_ready, silent, since) {
        (false, _, None) => {
            ("Reading what was published: figures appear in a moment.".to_owned(), false)
        }
        (false, ..) => ("Catching up: figures are not those of today yet.".to_owned(), false),
        (true, ..) if view.lag > LAG_TOLD => {
            (format!("Behind: {records} published records are not read yet."), false)
        }
        (true, Some(alert), _) => {
            (format!("{}: {}", words::title(&alert.rule), alert.reason), true)
        }
        (true, None, Some((since, ms))) if ms > STALE_MS => {
            (format!("Nothing was published since {since}: figures may be out of date."), true)
        }
        _ => return None,
    };
    Some(Notice { text, is_bad })
}

/// The pages, their files, and where their forms go.
pub fn router(site: Site) -> Router {
    Router::new()
        .route("/", get(portfolio::show))
        .route("/executive", get(executive::show))
        .route("/accounts", get(accounts::show))
        .route("/accounts/{id}", get(account::show))
        .route("/renewals", get(renewals::show))
        .route("/definitions", get(figure::show_definitions))
        .route("/commands", post(act::act))
        .with_state(site)
        .route("/static/style.css", get(|| file(CSS, include_str!("../../../templates/style.css"))))
        .route("/static/pulse.js", get(|| file(JS, include_str!("../../../templates/pulse.js"))))
        .route("/static/icon.svg", get(|| file(SVG, include_str!("../../../templates/icon.svg"))))
}

const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

async fn file(kind: &'static str, text: &'static str) -> impl IntoResponse {
    let header = |value| HeaderValue::from_static(value);
    let headers =
        [(header::CONTENT_TYPE, header(kind)), (header::CACHE_CONTROL, header("max-age=300"))];
    (headers, text)
}

/// Answers with a page of the newest snapshot, made where others need not wait for it.
async fn page(
    site: Site,
    make: impl FnOnce(&Snapshot, Timestamp) -> Response + Send + 'static,
) -> Response {
    let made = tokio::task::spawn_blocking(move || {
        let view = site.view.latest();
        make(&view, site.now(&view))
    });
    made.await.unwrap_or_else(|error| {
        tracing::error!(%error, "a page ended in a defect");
        StatusCode::INTERNAL_SERVER_ERROR.into_response()
    })
}

/// A page as an answer.
pub fn rendered(page: &impl Template) -> Response {
    match page.render() {
        Ok(text) => Html(text).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page could not be rendered");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// A choice of a filter.
struct Choice {
    name: String,
    title: String,
    is_chosen: bool,
}

/// The managers that one may choose from.
fn csm_choices(view: &Snapshot, viewer: &Viewer, chosen: Option<&str>) -> Vec<Choice> {
    let names = view.figures.by_csm.keys();
    let seen = names.filter(|name| is_in_scope(viewer.csms.as_deref(), name));
    seen.map(|name| Choice {
        name: name.to_string(),
        title: name.to_string(),
        is_chosen: chosen == Some(name),
    })
    .collect()
}

/// All that one may see.
fn scope(viewer: &Viewer) -> Filter {
    Filter { scope: viewer.csms.clone(), ..Filter::default() }
}

/// A text of a form or an address, unless it is empty.
fn given(text: Option<&String>) -> Option<&str> {
    text.map(|text| text.trim()).filter(|text| !text.is_empty())
}

/// The reporting currency.
fn currency(view: &Snapshot) -> &str {
    view.figures.all.portfolio.arr.currency.as_deref().unwrap_or_default()
}
