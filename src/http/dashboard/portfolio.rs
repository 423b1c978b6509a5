//! `/`: a manager's portfolio, what needs attention today first.
//!
//! What needs attention is ranked in `view/attention.rs`; figures are summed in `view/figures/`.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;
use uuid::Uuid;

use super::attention::{self, AttentionRow};
use super::chart::Svg;
use super::chart::stack::{Part, stack};
use super::figure::{self, Shown, number};
use super::{Choice, Frame, csm_choices, currency, given, page, rendered, scope, words};
use crate::engine::account::profile::Segment;
use crate::engine::model::health::HealthBand;
use crate::engine::time::Timestamp;
use crate::http::access::Viewer;
use crate::http::site::Site;
use crate::view::account::{Account, RunRow};
use crate::view::attention::WORKABLE_MAX;
use crate::view::figures::Figures;
use crate::view::figures::portfolio::Portfolio;
use crate::view::figures::sums::Tally;
use crate::view::first::First;
use crate::view::list::{Filter, is_in_scope};
use crate::view::snapshot::Snapshot;

/// Most steps that are shown.
const STEPS_MAX: usize = 12;
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
    bands_chart: Svg,
    bands: Vec<BandRow>,
    band_query: String,
    activity: Vec<Shown>,
    segment_query: String,
    steps: Vec<StepRow>,
    n_steps: String,
    load: Vec<LoadRow>,
}

/// A band with its accounts.
struct BandRow {
    band: &'static str,
    word: &'static str,
    accounts: String,
    share: String,
    arr: String,
}

/// A step that is to be done.
struct StepRow {
    id: String,
    run_id: String,
    title: String,
    playbook: String,
    account_id: String,
    account: String,
    csm: String,
    href: String,
    due: String,
    is_late: bool,
}

/// What a manager has to look after.
struct LoadRow {
    name: String,
    query: String,
    accounts: String,
    load: String,
    is_over: bool,
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
    let chosen = given(asked.segment.as_ref());
    let segment = Segment::ALL.into_iter().find(|it| Some(it.name()) == chosen);
    let filter = Filter {
        csm: csm.map(Into::into),
        segments: segment.into_iter().collect(),
        ..scope(viewer)
    };
    let figures = view.figures(&filter);
    let attention = view.attention(&filter, now, WORKABLE_MAX);
    let csm_query = csm.map(|csm| format!("&csm={}", words::encoded(csm))).unwrap_or_default();
    let segment_query = segment.map(|it| format!("&segment={}", it.name())).unwrap_or_default();
    let money = currency(view);
    let portfolio = &figures.portfolio;
    let (bands, bands_chart) = bands(portfolio, money);
    let (steps, n_steps) = steps(view, &filter, now);
    let rows = attention.iter().enumerate().map(|(n, it)| attention::row(n + 1, it, money, now));
    rendered(&Page {
        heading: csm.map_or_else(|| "Portfolio".to_owned(), |csm| format!("Portfolio of {csm}")),
        lead: lead(&figures, money),
        csms: csm_choices(view, viewer, csm),
        segments: segments(segment),
        n_attention: match attention.len() {
            0 => String::new(),
            n => format!("the {n} with most at stake"),
        },
        attention: rows.collect(),
        book: figure::book(&figures, money),
        n_accounts: number(portfolio.accounts),
        bands_chart,
        bands,
        band_query: csm_query + &segment_query,
        segment_query,
        activity: activity(&figures),
        steps,
        n_steps: words::plural(n_steps, "playbook", "playbooks"),
        load: load(view, viewer, csm),
        frame: Frame::new("Portfolio", "Portfolio", "portfolio", viewer, view, now),
    })
}

/// The accounts by band, the worst first.
fn bands(portfolio: &Portfolio, currency: &str) -> (Vec<BandRow>, Svg) {
    let tallies = [&portfolio.critical, &portfolio.at_risk, &portfolio.healthy];
    let total: u64 = tallies.iter().map(|it| it.accounts).sum();
    let row = |(band, it): (HealthBand, &Tally)| BandRow {
        band: band.name(),
        word: words::band(band),
        accounts: number(it.accounts),
        share: words::percent(it.accounts as f64 / total.max(1) as f64, 0),
        arr: words::money_short(it.arr_cents, currency),
    };
    let rows: Vec<_> = HealthBand::ALL.into_iter().zip(tallies).map(row).collect();
    let part = |(row, it): (&'_ BandRow, &Tally)| Part {
        class: row.band,
        name: row.word,
        amount: it.accounts as f64,
    };
    let parts: Vec<_> = rows.iter().zip(tallies).map(part).collect();
    let chart = stack("Accounts by band", &parts);
    let unknown = (portfolio.no_data.accounts > 0).then(|| BandRow {
        band: words::NO_DATA,
        word: "No data yet",
        accounts: number(portfolio.no_data.accounts),
        share: "in no band".to_owned(),
        arr: words::money_short(portfolio.no_data.arr_cents, currency),
    });
    (rows.into_iter().chain(unknown).collect(), chart)
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

/// The next steps of playbooks, the most overdue first; and how many playbooks have one.
fn steps(view: &Snapshot, filter: &Filter, now: Timestamp) -> (Vec<StepRow>, usize) {
    let mut first = First::new(None, STEPS_MAX);
    let mut n = 0;
    for account in view.filtered(filter) {
        n += usize::from(account.pressing.n_steps);
        // Of most accounts no step is among the first, and none needs a look.
        let due_at = account.pressing.step_due_at;
        if due_at.is_some_and(|due_at| first.wants(&(due_at, Uuid::nil()))) {
            let due = account.runs().iter().take(account.pressing.n_steps.into());
            first.put_sorted(due, |run| run.rank(), |run| (account, run));
        }
    }
    let row = |((due, _), (account, run)): ((Timestamp, Uuid), (&Arc<Account>, &RunRow))| {
        let (step, _) = run.next_step.as_ref()?;
        Some(StepRow {
            id: step.to_string(),
            run_id: run.run_id.to_string(),
            title: words::title(step),
            playbook: words::title(&run.playbook),
            account_id: account.id().to_string(),
            account: account.health.name.to_string(),
            csm: account.health.csm.to_string(),
            href: words::account_href(account.id()),
            due: words::from_now(due, now),
            is_late: due < now,
        })
    };
    (first.into_rows().0.into_iter().filter_map(row).collect(), n)
}

fn activity(figures: &Figures) -> Vec<Shown> {
    let it = &figures.activity;
    let shown = |id, n, days: &str| Shown::new(id, Some(number(n)), days.to_owned());
    vec![
        shown("touchpoints_week", it.touchpoints_week, "7 days"),
        shown("touchpoints_month", it.touchpoints_month, "30 days"),
        shown("reviews", it.reviews, "30 days"),
        shown("plans_updated", it.plans_updated, "30 days"),
        shown("expansions", it.expansions, "30 days"),
        shown("mitigations_open", it.mitigations_open, "now"),
    ]
}

/// The managers with the most to look after.
fn load(view: &Snapshot, viewer: &Viewer, csm: Option<&str>) -> Vec<LoadRow> {
    let is_seen =
        |name: &str| is_in_scope(viewer.csms.as_deref(), name) && csm.is_none_or(|csm| csm == name);
    let mut csms: Vec<_> = view.figures.by_csm.iter().filter(|it| is_seen(it.0)).collect();
    let load = |figures: &Figures| figures.portfolio.load.mean.unwrap_or_default();
    csms.sort_by(|a, b| load(b.1).total_cmp(&load(a.1)).then_with(|| a.0.cmp(b.0)));
    let rows = csms.into_iter().take(CSMS_MAX).map(|(name, figures)| {
        let portfolio = &figures.portfolio;
        LoadRow {
            name: name.to_string(),
            query: words::encoded(name),
            accounts: number(portfolio.accounts),
            load: words::percent(load(figures), 0),
            is_over: load(figures) > 1.0,
        }
    });
    rows.collect()
}
