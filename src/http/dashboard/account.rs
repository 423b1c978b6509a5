//! `/accounts/{id}`: one account, from its score to what is to be done.
//!
//! Its parts are put into words in `account_parts.rs`; the published records say everything.

use askama::Template;
use axum::Extension;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::account_parts::{
    AlertPart, GoalPart, MetricPart, MomentPart, OpportunityPart, RunPart, SHOWN, alerts,
    components, contributions, facts, freshness, goals, marks, metrics, opportunities, peers, runs,
    timeline, to_next_band, usage, waterfall_bars,
};
use super::accounts::direction;
use super::{Frame, chart, currency, message, rendered, words};
use crate::engine::output::health::AccountHealth;
use crate::engine::time::Timestamp;
use crate::http::access::Viewer;
use crate::http::site::Site;
use crate::view::account::Account;
use crate::view::list::is_in_scope;

/// Where bands begin in the model that ships; a model that differs shows in the bands themselves.
const BOUNDS: (f64, f64) = (70.0, 90.0);

#[derive(Template)]
#[template(path = "pages/account.html")]
struct Page {
    frame: Frame,
    id: String,
    name: String,
    facts: Vec<(&'static str, String)>,
    at: String,
    model_version: String,
    confidence: String,
    health: String,
    band: &'static str,
    change: String,
    direction: &'static str,
    overridden: String,
    stale: String,
    components: Vec<(String, String)>,
    peers: String,
    trend: String,
    days: Vec<(String, String, String)>,
    cause: String,
    waterfall: String,
    to_next_band: Vec<String>,
    churn: String,
    churn_band: String,
    renewal_risk: String,
    contributions: String,
    alerts: Vec<AlertPart>,
    runs: Vec<RunPart>,
    metrics: Vec<MetricPart>,
    usage: Vec<(String, String)>,
    goals: Vec<GoalPart>,
    opportunities: Vec<OpportunityPart>,
    freshness: Vec<(String, String, &'static str)>,
    timeline: Vec<MomentPart>,
}

pub(super) async fn show(
    State(site): State<Site>,
    Extension(viewer): Extension<Viewer>,
    Path(id): Path<String>,
) -> Response {
    let view = site.view.latest();
    let now = site.now(&view);
    let account = view.account(&id);
    let seen = account.filter(|it| is_in_scope(viewer.csms.as_deref(), &it.health.csm));
    let Some(account) = seen else {
        let text = "No account of this id was published, or it is not one of yours.";
        return message::page(StatusCode::NOT_FOUND, text);
    };
    let frame = Frame::new(&account.health.name, "Accounts", "account", &viewer, &view, now);
    rendered(&page(frame, account, currency(&view), now))
}

fn page(frame: Frame, account: &Account, currency: &str, now: Timestamp) -> Page {
    let (row, health) = (&account.health, account.health.record());
    let work = account.work.as_ref().map(|work| work.record());
    let cause = &health.cause;
    let change = cause.health_before.map(|before| cause.health_after - before);
    let points: Vec<_> = health.trend.iter().map(|day| day.1).collect();
    let ends = [health.trend.first(), health.trend.last()]
        .map(|day| day.map_or_else(String::new, |day| day.0.to_string()));
    let days = health
        .trend
        .iter()
        .rev()
        .map(|day| (day.0.to_string(), format!("{:.1}", day.1), words::percent(day.2, 1)));
    Page {
        frame,
        id: row.account_id.to_string(),
        name: row.name.to_string(),
        facts: facts(&health, currency, now),
        at: words::instant(health.at, now),
        model_version: health.model_version.to_string(),
        confidence: words::percent(health.confidence, 0),
        health: format!("{:.1}", health.displayed_health_score),
        band: health.displayed_health_band.name(),
        change: change.map_or_else(String::new, |points| words::signed(points, 1)),
        direction: direction(change),
        overridden: overridden(&health, now),
        stale: stale(&health),
        components: components(&health),
        peers: peers(&health),
        trend: chart::trend(&points, &ends[0], &ends[1], BOUNDS, &marks(&health, account, now)),
        days: days.collect(),
        cause: row.cause.to_string(),
        waterfall: chart::waterfall(
            cause.health_before.unwrap_or(cause.health_after),
            &waterfall_bars(&health),
            cause.health_after,
        ),
        to_next_band: to_next_band(&health),
        churn: words::percent(health.churn_probability, 1),
        churn_band: words::title(health.churn_band.name()),
        renewal_risk: words::percent(health.renewal_risk, 1),
        contributions: contributions(&health),
        alerts: work.as_ref().map(|work| alerts(work, now)).unwrap_or_default(),
        runs: work.as_ref().map(|work| runs(work, now)).unwrap_or_default(),
        metrics: metrics(&health),
        usage: usage(&health),
        goals: goals(&health, now),
        opportunities: work.as_ref().map(|work| opportunities(work, now)).unwrap_or_default(),
        freshness: freshness(&health, now),
        timeline: timeline(account, now),
    }
}

fn overridden(health: &AccountHealth, now: Timestamp) -> String {
    health.health_override.as_ref().map_or_else(String::new, |it| {
        let until = words::day(it.expires_at, now);
        let computed = health.health_score;
        format!("Set by {} until {until}: {} (computed {computed:.1})", it.by, it.note)
    })
}

fn stale(health: &AccountHealth) -> String {
    let feeds = health.freshness.iter().filter(|(_, feed)| feed.stale);
    let names: Vec<_> = feeds.map(|(topic, _)| topic.as_str()).collect();
    match names.is_empty() {
        true => String::new(),
        false => format!("As of the last record of {}: the feed stopped", names.join(", ")),
    }
}
