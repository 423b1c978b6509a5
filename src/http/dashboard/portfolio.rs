//! `/`: a manager's portfolio, what needs attention today first.
//!
//! What needs attention is ranked in `view/attention.rs`; figures are summed in `view/figures/`.

use askama::Template;
use axum::Extension;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;

use super::figure::{self, Shown, number};
use super::{Choice, Frame, chart, csm_choices, currency, given, rendered, scope, words};
use crate::engine::account::profile::Segment;
use crate::engine::model::health::HealthBand;
use crate::engine::time::Timestamp;
use crate::http::access::Viewer;
use crate::http::site::Site;
use crate::view::account::Account;
use crate::view::attention::{Attention, Reason, WORKABLE_MAX};
use crate::view::figures::Figures;
use crate::view::list::Filter;
use crate::view::snapshot::Snapshot;

/// Most steps that are shown.
const STEPS_MAX: usize = 12;
/// Most reasons besides the first.
const REASONS_MAX: usize = 2;
/// Most managers whose load is shown.
const CSMS_MAX: usize = 15;

#[derive(Deserialize)]
pub(super) struct Asked {
    csm: Option<String>,
    segment: Option<String>,
}

#[derive(Template)]
#[template(path = "pages/portfolio.html")]
struct Page {
    frame: Frame,
    heading: String,
    lead: String,
    csms: Vec<Choice>,
    segments: Vec<Choice>,
    attention: Vec<AttentionRow>,
    n_attention: String,
    book: Vec<Shown>,
    n_accounts: String,
    bands_chart: String,
    bands: Vec<(&'static str, String, String)>,
    band_query: String,
    activity: Vec<(&'static str, String)>,
    steps: Vec<StepRow>,
    n_steps: String,
    load: Vec<LoadRow>,
}

/// An account that needs attention.
struct AttentionRow {
    rank: usize,
    id: String,
    href: String,
    name: String,
    sub: String,
    arr: String,
    health: String,
    band: &'static str,
    churn: String,
    why: String,
    more: String,
    due: String,
    is_late: bool,
    alert_id: Option<String>,
}

struct StepRow {
    title: String,
    playbook: String,
    account_id: String,
    account: String,
    href: String,
    due: String,
    is_late: bool,
}

struct LoadRow {
    name: String,
    query: String,
    accounts: String,
    arr: String,
    at_risk: String,
    load: String,
    is_over: bool,
}

pub(super) async fn show(
    State(site): State<Site>,
    Extension(viewer): Extension<Viewer>,
    Query(asked): Query<Asked>,
) -> Response {
    let view = site.view.latest();
    let now = site.now(&view);
    let csm = given(asked.csm.as_ref());
    let chosen = given(asked.segment.as_ref());
    let segment = Segment::ALL.into_iter().find(|it| Some(it.name()) == chosen);
    let filter = Filter {
        csm: csm.map(Into::into),
        segments: segment.into_iter().collect(),
        ..scope(&viewer)
    };
    let figures = view.figures(&filter);
    let attention = view.attention(&filter, now, WORKABLE_MAX);
    let money = currency(&view);
    let portfolio = &figures.portfolio;
    let tallies = [
        (HealthBand::Red, &portfolio.critical),
        (HealthBand::Yellow, &portfolio.at_risk),
        (HealthBand::Green, &portfolio.healthy),
    ];
    let counts = tallies.map(|(_, it)| usize::try_from(it.accounts).unwrap_or(usize::MAX));
    let bands = tallies.map(|(band, it)| {
        (band.name(), number(it.accounts), words::money_short(it.arr_cents, money))
    });
    let (steps, n_steps) = steps(&view, &filter, now);
    let rows = attention.iter().enumerate().map(|(n, it)| attention_row(n + 1, it, money, now));
    let page = Page {
        heading: csm.map_or_else(|| "Portfolio".to_owned(), |csm| format!("Portfolio of {csm}")),
        lead: lead(&figures, money),
        csms: csm_choices(&view, &viewer, csm),
        segments: segments(segment),
        n_attention: match attention.len() {
            0 => String::new(),
            n => format!("the {n} with most at stake"),
        },
        attention: rows.collect(),
        book: figure::book(&figures, money),
        n_accounts: number(portfolio.accounts),
        bands_chart: chart::bands(counts),
        bands: bands.into(),
        band_query: csm.map(|csm| format!("&csm={}", words::encoded(csm))).unwrap_or_default(),
        activity: activity(&figures),
        steps,
        n_steps: words::plural(n_steps, "step", "steps"),
        load: load(&view, &viewer, csm, money),
        frame: Frame::new("Portfolio", "Portfolio", "portfolio", &viewer, &view, now),
    };
    rendered(&page)
}

fn segments(chosen: Option<Segment>) -> Vec<Choice> {
    let choice = |it: Segment| Choice {
        name: it.name().to_owned(),
        title: words::title(it.name()),
        is_chosen: chosen == Some(it),
    };
    Segment::ALL.into_iter().map(choice).collect()
}

fn lead(figures: &Figures, currency: &str) -> String {
    let portfolio = &figures.portfolio;
    let stake = portfolio.at_risk.arr_cents + portfolio.critical.arr_cents;
    format!(
        "{} accounts, {} of annual revenue; {} of it with accounts that are not green.",
        number(portfolio.accounts),
        words::money_short(portfolio.arr.cents, currency),
        words::money_short(stake, currency)
    )
}

fn attention_row(rank: usize, it: &Attention, currency: &str, now: Timestamp) -> AttentionRow {
    let row = &it.account.health;
    let due = it.reasons.first().and_then(|reason| told(reason, now).1);
    let mut texts = grouped(it.reasons.iter().map(|reason| told(reason, now).0));
    let why = if texts.is_empty() { String::new() } else { texts.remove(0) };
    let n_hidden = texts.len().saturating_sub(REASONS_MAX);
    texts.truncate(REASONS_MAX);
    texts.extend((n_hidden > 0).then(|| format!("{n_hidden} more")));
    let more = texts.join(" · ");
    let alert = it.reasons.iter().find_map(|reason| match reason {
        Reason::Alert(alert) => Some(alert),
        Reason::Overdue(_) | Reason::Renewal(_) => None,
    });
    AttentionRow {
        rank,
        id: row.account_id.to_string(),
        href: words::account_href(&row.account_id),
        name: row.name.to_string(),
        sub: format!("{} · {}", words::title(row.segment.name()), row.csm),
        arr: words::money_or_none(row.arr_cents, currency),
        health: format!("{:.1}", row.health),
        band: row.band.name(),
        churn: words::percent(row.churn_probability, 1),
        why,
        more,
        due: due.map_or_else(|| words::NONE.to_owned(), |due| words::from_now(due, now)),
        is_late: due.is_some_and(|due| due < now),
        alert_id: alert.map(|alert| alert.alert_id.to_string()),
    }
}

/// Each text once, with how often it came.
fn grouped(texts: impl Iterator<Item = String>) -> Vec<String> {
    let mut counts: Vec<(String, usize)> = Vec::new();
    for text in texts {
        match counts.iter_mut().find(|(known, _)| *known == text) {
            Some((_, n)) => *n += 1,
            None => counts.push((text, 1)),
        }
    }
    let told = |(text, n)| if n > 1 { format!("{text} × {n}") } else { text };
    counts.into_iter().map(told).collect()
}

/// A reason in words, and when it is due.
fn told(reason: &Reason, now: Timestamp) -> (String, Option<Timestamp>) {
    match reason {
        Reason::Alert(alert) => (words::title(&alert.rule), Some(alert.due_at)),
        Reason::Overdue(run) => {
            let steps = words::plural(run.n_overdue.into(), "step", "steps");
            let due = run.next_step.as_ref().and_then(|(_, due)| *due);
            (format!("{}: {steps} overdue", words::title(&run.playbook)), due)
        }
        Reason::Renewal(days) => {
            let end = now.plus_millis((days * 86_400_000.0) as i64);
            (format!("Contract ends {}", words::day(end, now)), Some(end))
        }
    }
}

/// The steps that are to be done, the most overdue first; and how many there are.
fn steps(view: &Snapshot, filter: &Filter, now: Timestamp) -> (Vec<StepRow>, usize) {
    let mut open: Vec<_> = view
        .filtered(filter)
        .flat_map(|account| account.runs().iter().map(move |run| (account, run)))
        .filter_map(|(account, run)| {
            let (step, due) = run.next_step.as_ref()?;
            Some(((*due)?, account, run, step))
        })
        .collect();
    let n = open.len();
    let key = |it: &(Timestamp, &std::sync::Arc<Account>, _, _)| (it.0, it.1.id().clone());
    if n > STEPS_MAX {
        open.select_nth_unstable_by_key(STEPS_MAX - 1, key);
        open.truncate(STEPS_MAX);
    }
    open.sort_by_key(key);
    let row = |(due, account, run, step): (Timestamp, &std::sync::Arc<Account>, _, _)| {
        let run: &crate::view::account::RunRow = run;
        let step: &compact_str::CompactString = step;
        StepRow {
            title: words::title(step),
            playbook: words::title(&run.playbook),
            account_id: account.id().to_string(),
            account: account.health.name.to_string(),
            href: words::account_href(account.id()),
            due: words::from_now(due, now),
            is_late: due < now,
        }
    };
    (open.into_iter().map(row).collect(), n)
}

fn activity(figures: &Figures) -> Vec<(&'static str, String)> {
    let it = &figures.activity;
    vec![
        ("Touchpoints, 7 days", number(it.touchpoints_week)),
        ("Touchpoints, 30 days", number(it.touchpoints_month)),
        ("Business reviews, 30 days", number(it.reviews)),
        ("Success plans made or updated, 30 days", number(it.plans_updated)),
        ("Expansion opportunities identified, 30 days", number(it.expansions)),
        ("Risk mitigations under way", number(it.mitigations_open)),
    ]
}

/// The managers with the most to look after.
fn load(view: &Snapshot, viewer: &Viewer, csm: Option<&str>, currency: &str) -> Vec<LoadRow> {
    let is_seen = |name: &str| {
        crate::view::list::is_in_scope(viewer.csms.as_deref(), name)
            && csm.is_none_or(|csm| csm == name)
    };
    let mut csms: Vec<_> = view.figures.by_csm.iter().filter(|it| is_seen(it.0)).collect();
    let load = |figures: &Figures| figures.portfolio.load.mean.unwrap_or_default();
    csms.sort_by(|a, b| load(b.1).total_cmp(&load(a.1)).then_with(|| a.0.cmp(b.0)));
    let rows = csms.into_iter().take(CSMS_MAX).map(|(name, figures)| {
        let portfolio = &figures.portfolio;
        LoadRow {
            name: name.to_string(),
            query: words::encoded(name),
            accounts: number(portfolio.accounts),
            arr: words::money_short(portfolio.arr.cents, currency),
            at_risk: number(portfolio.at_risk.accounts + portfolio.critical.accounts),
            load: words::percent(load(figures), 0),
            is_over: load(figures) > 1.0,
        }
    });
    rows.collect()
}
