//! `/executive`: retention, outcomes and reliability against the targets of the programme.
//!
//! How figures are summed is `view/figures/`; who is scoped sees those of their own accounts.

use askama::Template;
use axum::Extension;
use axum::extract::State;
use axum::response::Response;

use super::chart::Chart;
use super::chart::nps::{Point, nps};
use super::figure::{self, Goal, Shown, number, value_text};
use super::{Frame, currency, page, rendered, scope, words};
use crate::engine::account::profile::Segment;
use crate::engine::time::Timestamp;
use crate::http::access::Viewer;
use crate::http::site::Site;
use crate::view::figures::Figures;
use crate::view::figures::definitions::{Unit, definition};
use crate::view::figures::outcomes::NpsPoint;
use crate::view::figures::sums::Figure;
use crate::view::list::{Filter, is_in_scope};
use crate::view::snapshot::Snapshot;

/// Most parents that are shown: those with the most revenue.
const PARENTS_MAX: usize = 15;

/// The segments, the largest accounts first.
const BY_SIZE: [Segment; 4] =
    [Segment::Strategic, Segment::Enterprise, Segment::MidMarket, Segment::Smb];

/// What is said of a segment or a manager, and the figure that it is.
const COLUMNS: [(&str, &str); 13] = [
    ("Accounts", "accounts"),
    ("ARR", "arr"),
    ("Health", "health_mean"),
    ("by ARR", "health_by_arr"),
    ("At risk", "at_risk"),
    ("Critical", "critical"),
    ("Load", "load"),
    ("GRR", "gross_retention"),
    ("NRR", "net_retention"),
    ("NPS", "nps"),
    ("CSAT", "csat"),
    ("Response", "response"),
    ("Adherence", "adherence"),
];

#[derive(Template)]
#[template(path = "pages/executive.html")]
struct Page {
    frame: Frame,
    headline: Vec<Shown>,
    goals: Vec<Goal>,
    nps: Option<Chart>,
    nps_text: &'static str,
    operations: Vec<Shown>,
    segments: Vec<GroupRow>,
    csms: Vec<GroupRow>,
    columns: Vec<Shown>,
    parents: Vec<ParentRow>,
}

/// A segment or a manager.
struct GroupRow {
    name: String,
    href: String,
    cells: Vec<String>,
}

struct ParentRow {
    name: String,
    query: String,
    accounts: String,
    arr: String,
    mean: String,
    weighted: String,
    worst: String,
    worst_href: String,
}

pub(super) async fn show(
    State(site): State<Site>,
    Extension(viewer): Extension<Viewer>,
) -> Response {
    page(site, move |view, now| make(view, now, &viewer)).await
}

fn make(view: &Snapshot, now: Timestamp, viewer: &Viewer) -> Response {
    let figures = view.figures(&scope(viewer));
    let money = currency(view);
    let segments = BY_SIZE.into_iter().map(|segment| {
        let filter = Filter { segments: vec![segment], ..scope(viewer) };
        let href = format!("/accounts?segment={}", segment.name());
        group_row(words::title(segment.name()), href, &view.figures(&filter), money)
    });
    let seen = |name: &str| is_in_scope(viewer.csms.as_deref(), name);
    let csms = view.figures.by_csm.iter().filter(|it| seen(it.0)).map(|(name, figures)| {
        let href = format!("/?csm={}", words::encoded(name));
        group_row(name.to_string(), href, figures, money)
    });
    let csms: Vec<_> = csms.collect();
    let segments: Vec<_> = segments.collect();
    rendered(&Page {
        headline: figure::headline(&figures, money),
        goals: figure::goals(&figures),
        nps: nps_chart(&figures),
        nps_text: definition("nps_trend").map_or("", |it| it.text),
        operations: figure::operations(&figures),
        columns: COLUMNS.map(column).into(),
        segments,
        csms,
        parents: parents(view, viewer, money),
        frame: Frame::new("Executive", "Executive", "executive", viewer, view, now),
    })
}

/// NPS at the month ends and now; nothing before the first answer.
fn nps_chart(figures: &Figures) -> Option<Chart> {
    let outcomes = &figures.outcomes;
    let month = |it: &NpsPoint| Point { when: words::month(&it.day), value: it.value, n: it.n };
    let now = outcomes.nps.value;
    let now = now.map(|value| Point { when: "now".to_owned(), value, n: outcomes.nps.n });
    let points: Vec<_> = outcomes.nps_trend.iter().map(month).chain(now).collect();
    let target = figure::bound_of(definition("nps")?.target?);
    (!points.is_empty()).then(|| nps(&points, target))
}

fn column((title, id): (&str, &'static str)) -> Shown {
    let shown = Shown::new(id, None, String::new()).titled(title);
    Shown { id: format!("column-{id}"), ..shown }
}

fn points(figure: &Figure) -> String {
    figure.value.map_or_else(|| words::NONE.to_owned(), |value| format!("{value:.1}"))
}

fn group_row(name: String, href: String, figures: &Figures, currency: &str) -> GroupRow {
    let (portfolio, outcomes) = (&figures.portfolio, &figures.outcomes);
    let operations = &figures.operations;
    let none = || words::NONE.to_owned();
    let value =
        |figure: &Figure, unit| figure.value.map_or_else(none, |value| value_text(value, unit));
    let median = operations.response.median_secs;
    GroupRow {
        name,
        href,
        cells: vec![
            number(portfolio.accounts),
            words::money_short(portfolio.arr.cents, currency),
            points(&portfolio.health_mean),
            points(&portfolio.health_by_arr),
            number(portfolio.at_risk.accounts),
            number(portfolio.critical.accounts),
            portfolio.load.mean.map_or_else(none, |it| words::percent(it, 0)),
            value(&outcomes.gross_retention, Unit::Share),
            value(&outcomes.net_retention, Unit::Share),
            value(&outcomes.nps, Unit::Nps),
            value(&operations.csat, Unit::Grade),
            median.map_or_else(none, |secs| words::span(secs as f64)),
            value(&operations.adherence, Unit::Share),
        ],
    }
}

/// Parents with all their accounts; whose children one may not all see is not shown at all.
fn parents(view: &Snapshot, viewer: &Viewer, currency: &str) -> Vec<ParentRow> {
    if viewer.csms.is_some() {
        return Vec::new();
    }
    let mut parents: Vec<_> = view.figures.parents.iter().collect();
    parents.sort_by_key(|(name, figures)| (-figures.arr.cents, (*name).clone()));
    let named = |id: &str| {
        view.account(id).map_or_else(|| id.to_owned(), |account| account.health.name.to_string())
    };
    let rows = parents.into_iter().take(PARENTS_MAX).map(|(id, figures)| {
        let worst = figures.worst.as_ref();
        ParentRow {
            name: named(id),
            query: words::encoded(id),
            accounts: number(figures.children),
            arr: words::money_short(figures.arr.cents, currency),
            mean: points(&figures.health_mean),
            weighted: points(&figures.health_by_arr),
            worst: worst
                .map(|it| format!("{} {:.1}", named(&it.account_id), it.health))
                .unwrap_or_default(),
            worst_href: worst
                .map(|it| words::account_href(&it.account_id.as_str().into()))
                .unwrap_or_default(),
        }
    });
    rows.collect()
}
