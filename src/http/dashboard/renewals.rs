//! `/renewals`: the contracts that end within 90 days, and where each stands.
//!
//! Opportunities and runs are published by the engine; figures are summed in `view/figures/`.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;

use super::chart::Chart;
use super::chart::pipeline::{Week, pipeline};
use super::figure::{Shown, number, value_text};
use super::{Choice, Frame, csm_choices, currency, given, page, rendered, scope, words};
use crate::engine::model::health::HealthBand;
use crate::engine::output::opportunity::{OpportunityKind, Stage};
use crate::engine::time::Timestamp;
use crate::http::access::Viewer;
use crate::http::site::Site;
use crate::view::account::Account;
use crate::view::figures::Figures;
use crate::view::figures::definitions::Unit;
use crate::view::figures::sums::Tally;
use crate::view::list::Filter;
use crate::view::snapshot::Snapshot;

/// How far ahead the pipeline looks, in days.
const DAYS: u16 = 90;
/// Weeks of the pipeline.
const WEEKS: i64 = 13;
/// Most rows of a window; the list of accounts has them all.
const ROWS_MAX: usize = 40;

#[derive(Deserialize)]
pub(super) struct Asked {
    csm: Option<String>,
}

#[derive(Template)]
#[template(path = "pages/renewals.html")]
struct Page {
    frame: Frame,
    lead: String,
    csms: Vec<Choice>,
    csm_query: String,
    book: Vec<Shown>,
    chart: Chart,
    windows: Vec<Window>,
}

struct Window {
    id: &'static str,
    title: &'static str,
    sum: String,
    rows: Vec<Row>,
    more: String,
}

struct Row {
    id: String,
    href: String,
    name: String,
    sub: String,
    ends: String,
    days: String,
    arr: String,
    health: String,
    band: &'static str,
    band_word: &'static str,
    churn: String,
    stage: &'static str,
    next: String,
    is_late: bool,
    csm: String,
}

pub(super) async fn show(
    State(site): State<Site>,
    Extension(viewer): Extension<Viewer>,
    Query(asked): Query<Asked>,
) -> Response {
    page(site, move |view, now| make(view, now, &viewer, &asked)).await
}

fn make(view: &Snapshot, now: Timestamp, viewer: &Viewer, asked: &Asked) -> Response {
    let csm = given(asked.csm.as_ref());
    let all = Filter { csm: csm.map(Into::into), ..scope(viewer) };
    let figures = view.figures(&all);
    let filter = Filter { renewal_within_days: Some(DAYS), ..all };
    let mut due: Vec<_> = view
        .filtered(&filter)
        .filter_map(|account| Some((account.health.contract_end?, account)))
        .collect();
    due.sort_by(|a, b| a.0.cmp(&b.0).then_with(|| a.1.id().cmp(b.1.id())));
    let money = currency(view);
    let sum: i64 = due.iter().filter_map(|(_, account)| account.health.arr_cents).sum();
    let lead = format!(
        "{} of {} end within {DAYS} days.",
        words::plural(due.len(), "contract", "contracts"),
        words::money_short(sum, money)
    );
    rendered(&Page {
        csms: csm_choices(view, viewer, csm),
        csm_query: csm.map(|csm| format!("&csm={}", words::encoded(csm))).unwrap_or_default(),
        book: book(&figures, money),
        chart: pipeline(&weeks(&due, now), &|units| {
            words::money_short((units * 100.0) as i64, money)
        }),
        windows: windows(&due, money, now),
        lead,
        frame: Frame::new("Renewals", "Renewals", "renewals", viewer, view, now),
    })
}

fn book(figures: &Figures, currency: &str) -> Vec<Shown> {
    let (renewals, outcomes) = (&figures.portfolio.renewals, &figures.outcomes);
    let due = |title: &str, tally: &Tally| {
        let arr = words::money_short(tally.arr_cents, currency);
        let shown = Shown::new("renewals", Some(number(tally.accounts)), arr).titled(title);
        Shown { id: format!("renewals-{}", title.replace(' ', "-")), ..shown }
    };
    let rate = |id, value: Option<f64>, unit, n| {
        let text = value.map(|value| value_text(value, unit));
        Shown::new(id, text, format!("of {} renewals in a year", number(n)))
    };
    let (gross, net) = (&outcomes.gross_retention_due, &outcomes.net_retention_due);
    let (expansion, cycle) = (&outcomes.expansion_rate, &outcomes.renewal_cycle_days);
    vec![
        due("Within 30 days", &renewals.within_30),
        due("31 to 60 days", &renewals.within_60),
        due("61 to 90 days", &renewals.within_90),
        due("Past their end", &renewals.overdue),
        rate("gross_retention_due", gross.value, Unit::Share, gross.n),
        rate("net_retention_due", net.value, Unit::Share, net.n),
        rate("expansion_rate", expansion.value, Unit::Share, expansion.n),
        rate("renewal_cycle_days", cycle.value, Unit::Days, cycle.n),
    ]
}

/// Revenue by week and band.
fn weeks(due: &[(Timestamp, &Arc<Account>)], now: Timestamp) -> Vec<Week> {
    let mut weeks: Vec<_> = (0_i64..WEEKS)
        .map(|week| Week {
            from: words::day_of_year(now.plus_days(week * 7)),
            n_accounts: 0,
            amounts: [0.0; HealthBand::ALL.len() + 1],
        })
        .collect();
    for (end, account) in due {
        let n = (end.days_since(now) / 7.0) as usize;
        let last = weeks.len() - 1;
        let week = &mut weeks[n.min(last)];
        week.n_accounts += 1;
        let cents = account.health.arr_cents.unwrap_or_default().max(0);
        let row = &account.health;
        let band = if row.is_known { row.band as usize } else { HealthBand::ALL.len() };
        week.amounts[band] += cents as f64 / 100.0;
    }
    weeks
}

fn windows(due: &[(Timestamp, &Arc<Account>)], currency: &str, now: Timestamp) -> Vec<Window> {
    let window = |id, title, from: i32, to: i32| {
        let is_in = |end: &Timestamp| (from..=to).contains(&days_until(*end, now));
        let inside: Vec<_> = due.iter().filter(|(end, _)| is_in(end)).collect();
        let sum: i64 = inside.iter().filter_map(|(_, account)| account.health.arr_cents).sum();
        let arr = words::money_short(sum, currency);
        let rows = inside.iter().take(ROWS_MAX).map(|(end, it)| row(*end, it, currency, now));
        Window {
            id,
            title,
            sum: format!("{}, {arr}", words::plural(inside.len(), "contract", "contracts")),
            rows: rows.collect(),
            more: match inside.len().saturating_sub(ROWS_MAX) {
                0 => String::new(),
                n => format!("and {n} more"),
            },
        }
    };
    vec![
        window("within-30", "Within 30 days", 0, 30),
        window("within-60", "In 31 to 60 days", 31, 60),
        window("within-90", "In 61 to 90 days", 61, i32::from(DAYS)),
    ]
}

/// Whole days, as figures count them.
fn days_until(end: Timestamp, now: Timestamp) -> i32 {
    end.day().number() - now.day().number()
}

fn row(end: Timestamp, account: &Account, currency: &str, now: Timestamp) -> Row {
    let row = &account.health;
    let renewal = account.opportunities().iter().find(|it| it.kind == OpportunityKind::Renewal);
    let runs = account.runs().iter().filter(|run| run.playbook.starts_with("renewal_"));
    let run = runs.max_by_key(|run| (run.started_at, run.run_id));
    let next = run.and_then(|run| {
        let (step, due) = run.next_step.as_ref()?;
        let due = due.map(|due| format!(", {}", words::from_now(due, now))).unwrap_or_default();
        Some(format!("{}{due}", words::title(step)))
    });
    Row {
        id: row.account_id.to_string(),
        href: words::account_href(&row.account_id),
        name: row.name.to_string(),
        sub: words::title(row.segment.name()),
        ends: words::day(end, now),
        days: format!(
            "in {}",
            words::plural(days_until(end, now).unsigned_abs() as usize, "day", "days")
        ),
        arr: words::money_or_none(row.arr_cents, currency),
        health: format!("{:.1}", row.health),
        band: words::band_of(row.band, row.is_known).0,
        band_word: words::band_of(row.band, row.is_known).1,
        churn: words::percent(row.churn_probability, 0),
        stage: renewal.map_or("not begun", |it| stage(it.stage)),
        next: next.unwrap_or_else(|| words::NONE.to_owned()),
        is_late: run.is_some_and(|run| run.n_overdue > 0),
        csm: row.csm.to_string(),
    }
}

/// Where an opportunity stands, in words.
pub(super) fn stage(stage: Stage) -> &'static str {
    match stage {
        Stage::Open => "open",
        Stage::HandedOver => "with sales",
        Stage::Won => "won",
        Stage::Lost => "lost",
    }
}
