//! `/accounts/{id}`: one account, from its score to what is to be done.
//!
//! Its parts are put into words in `account_scores.rs`, `account_work.rs` and `account_facts.rs`;
//! the published records say everything.

use askama::Template;
use axum::Extension;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::account_facts::{
    AccountFact, GoalPart, MeterPart, facts, freshness, goals, meters, peers, texts, usage,
};
use super::account_scores::{
    ComponentPart, NextPart, ReasonPart, cause_text, components, days, falls, reasons, to_next_band,
};
use super::account_work::{
    AlertParts, MomentPart, OpportunityPart, RunPart, alerts, opportunities, runs, timeline,
};
use super::accounts::{direction, named};
use super::chart::Chart;
use super::chart::trend::trend;
use super::chart::waterfall::Fall;
use super::{Frame, currency, message, page, rendered, words};
use crate::engine::assess::lifecycle::Phase;
use crate::engine::metric::Component;
use crate::engine::model::by_segment::SegmentModel;
use crate::engine::model::churn::ChurnModel;
use crate::engine::model::health::{HealthBand, HealthModel};
use crate::engine::output::health::AccountHealth;
use crate::engine::signal::SignalId;
use crate::engine::time::Timestamp;
use crate::http::access::Viewer;
use crate::http::site::Site;
use crate::view::account::Account;

#[derive(Template)]
#[template(path = "pages/account.html")]
struct Page {
    frame: Frame,
    id: String,
    name: String,
    facts: Vec<AccountFact>,
    at: String,
    model_version: String,
    confidence: String,
    health: String,
    band: &'static str,
    band_word: &'static str,
    change: String,
    direction: &'static str,
    overridden: String,
    stale: String,
    has_left: bool,
    components: Vec<ComponentPart>,
    peers: String,
    trend: Chart,
    cause: String,
    falls: Vec<Fall>,
    next_band: &'static str,
    to_next_band: Vec<NextPart>,
    churn: String,
    churn_band: String,
    renewal_risk: String,
    reasons: Vec<ReasonPart>,
    alerts: AlertParts,
    runs: Vec<RunPart>,
    usage: Vec<(&'static str, String)>,
    meters: Vec<MeterPart>,
    goals: Vec<GoalPart>,
    texts: Vec<(String, String, String)>,
    opportunities: Vec<OpportunityPart>,
    freshness: Vec<(String, String, bool)>,
    timeline: Vec<MomentPart>,
    playbooks: Vec<(String, String)>,
    health_text: String,
    churn_text: String,
}

pub(super) async fn show(
    State(site): State<Site>,
    Extension(viewer): Extension<Viewer>,
    Path(id): Path<String>,
) -> Response {
    let model = site.models.model();
    page(site, move |view, now| {
        let Some(account) = view.seen_account(&id, viewer.csms.as_deref()) else {
            let text = "No account of this id was published, or it is not one of yours.";
            return message::page(StatusCode::NOT_FOUND, text);
        };
        let frame = Frame::new(&account.health.name, "Accounts", "account", &viewer, view, now);
        let model = model.of(account.health.segment);
        let parent = account.health.parent.as_deref().unwrap_or_default();
        let parent_name = named(view, &viewer, parent);
        rendered(&told(frame, account, parent_name, model, currency(view), now))
    })
    .await
}

fn told(
    frame: Frame,
    account: &Account,
    parent_name: String,
    model: &SegmentModel,
    currency: &str,
    now: Timestamp,
) -> Page {
    let (row, health) = (&account.health, account.health.record());
    let work = account.work.as_ref().map(|work| work.record());
    let cause = &health.cause;
    let change = cause.health_before.map(|before| cause.health_after - before);
    let (days, marks) = days(&health, account, now);
    Page {
        frame,
        id: row.account_id.to_string(),
        name: row.name.to_string(),
        facts: facts(&health, parent_name, currency, now),
        at: words::instant(health.at, now),
        model_version: health.model_version.to_string(),
        confidence: words::percent(health.confidence, 0),
        health: format!("{:.1}", health.displayed_health_score),
        band: words::band_of(health.displayed_health_band, health.is_known()).0,
        band_word: words::band_of(health.displayed_health_band, health.is_known()).1,
        change: change.map_or_else(String::new, |points| words::signed(points, 1)),
        direction: direction(change),
        overridden: overridden(&health, now),
        stale: stale(&health),
        has_left: health.phase == Some(Phase::Churned),
        components: components(&health),
        peers: peers(&health),
        trend: trend(&days, &marks, &model.health.bands),
        cause: cause_text(&health),
        falls: falls(&health),
        next_band: match health.health_band {
            HealthBand::Red => words::band(HealthBand::Yellow),
            HealthBand::Yellow | HealthBand::Green => words::band(HealthBand::Green),
        },
        to_next_band: to_next_band(&health),
        churn: words::percent(health.churn_probability, 1),
        churn_band: health.churn_band.name().to_owned(),
        renewal_risk: words::percent(health.renewal_risk, 1),
        reasons: reasons(&health, now),
        alerts: work.as_ref().map(|work| alerts(work, now)).unwrap_or_default(),
        runs: work.as_ref().map(|work| runs(work, now)).unwrap_or_default(),
        usage: usage(&health),
        meters: meters(&health, now),
        goals: goals(&health, now),
        texts: texts(&health, now),
        opportunities: work.as_ref().map(|work| opportunities(work, now)).unwrap_or_default(),
        freshness: freshness(&health, now),
        timeline: timeline(account, now),
        playbooks: playbooks(model),
        health_text: health_text(&model.health),
        churn_text: churn_text(&model.churn),
    }
}

/// The playbooks that one may start.
fn playbooks(model: &SegmentModel) -> Vec<(String, String)> {
    let ids = model.playbooks.ids().into_iter();
    ids.map(|id| (id.to_owned(), words::title(id))).collect()
}

/// What health is, by the model in force.
fn health_text(model: &HealthModel) -> String {
    let weight = |component: &Component| model.component_weight(*component);
    let total: f64 = Component::ALL.iter().map(weight).sum();
    let part = |component: &Component| {
        let share = words::percent(weight(component) / total, 0);
        format!("{} {share}", words::lower(&words::title(component.name())))
    };
    let parts = Component::ALL.iter().map(part).collect::<Vec<_>>().join(", ");
    let bands = &model.bands;
    let bounds = [bands.green, bands.yellow].map(words::rounded);
    format!(
        "0 to 100, by weight: {parts}. Healthy from {}, at risk from {}, critical below; changes \
         of band are damped.",
        bounds[0], bounds[1]
    )
}

/// What the risk of leaving is, by the model in force.
fn churn_text(model: &ChurnModel) -> String {
    let bands = &model.bands;
    let [critical, high, moderate] = [bands.critical_above, bands.high_from, bands.moderate_from]
        .map(|it| words::percent(it, 0));
    format!(
        "The probability that the account leaves within 90 days, from its health and {} signals: \
         above {critical} critical, from {high} high, from {moderate} moderate, low below. Every \
         reason is listed under Churn.",
        SignalId::ALL.len()
    )
}

fn overridden(health: &AccountHealth, now: Timestamp) -> String {
    health.health_override.as_ref().map_or_else(String::new, |it| {
        let until = words::day(it.expires_at, now);
        let computed = health.health_score;
        format!("Set by {} until {until}: {} Computed: {computed:.1}.", it.by, it.note)
    })
}

fn stale(health: &AccountHealth) -> String {
    let feeds = health.freshness.iter().filter(|(_, feed)| feed.stale);
    let names: Vec<_> = feeds.map(|(topic, _)| topic.as_str()).collect();
    match names.is_empty() {
        true => String::new(),
        false => format!("As of the last record of {}: the feed stopped.", names.join(", ")),
    }
}
