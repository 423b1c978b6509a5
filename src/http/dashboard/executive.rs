//! `/executive`: retention, outcomes and reliability against the targets of the programme.
//!
//! How figures are summed is `view/figures/`; who is scoped sees those of their own accounts.

use askama::Template;
use axum::Extension;
use axum::extract::State;
use axum::response::Response;

use super::figure::{self, Goal, Shown, number, value_text};
use super::{Frame, currency, rendered, scope, words};
use crate::engine::account::profile::Segment;
use crate::http::access::Viewer;
use crate::http::site::Site;
use crate::view::figures::Figures;
use crate::view::figures::definitions::Unit;
use crate::view::figures::sums::Figure;
use crate::view::list::Filter;
use crate::view::snapshot::Snapshot;

/// Most parents that are shown: those with the most revenue.
const PARENTS_MAX: usize = 15;

/// The segments, the largest accounts first.
const BY_SIZE: [Segment; 4] =
    [Segment::Strategic, Segment::Enterprise, Segment::MidMarket, Segment::Smb];

#[derive(Template)]
#[template(path = "pages/executive.html")]
struct Page {
    frame: Frame,
    book: Vec<Shown>,
    goals: Vec<Goal>,
    operations: Vec<Shown>,
    segments: Vec<SegmentRow>,
    parents: Vec<ParentRow>,
}

struct SegmentRow {
    name: String,
    query: &'static str,
    cells: Vec<(&'static str, String)>,
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
    let view = site.view.latest();
    let now = site.now(&view);
    let figures = view.figures(&scope(&viewer));
    let money = currency(&view);
    let segments = BY_SIZE.into_iter().map(|segment| {
        let filter = Filter { segments: vec![segment], ..scope(&viewer) };
        segment_row(segment, &view.figures(&filter), money)
    });
    let page = Page {
        book: figure::book(&figures, money),
        goals: figure::goals(&figures),
        operations: figure::operations(&figures),
        segments: segments.collect(),
        parents: parents(&view, &viewer, money),
        frame: Frame::new("Executive", "Executive", "executive", &viewer, &view, now),
    };
    rendered(&page)
}

fn points(figure: &Figure) -> String {
    figure.value.map_or_else(|| words::NONE.to_owned(), |value| format!("{value:.1}"))
}

fn segment_row(segment: Segment, figures: &Figures, currency: &str) -> SegmentRow {
    let (portfolio, outcomes) = (&figures.portfolio, &figures.outcomes);
    let share = |figure: &Figure, unit| {
        figure.value.map_or_else(|| words::NONE.to_owned(), |value| value_text(value, unit))
    };
    SegmentRow {
        name: words::title(segment.name()),
        query: segment.name(),
        cells: vec![
            ("Accounts", number(portfolio.accounts)),
            ("ARR", words::money_short(portfolio.arr.cents, currency)),
            ("Health", points(&portfolio.health_mean)),
            ("by ARR", points(&portfolio.health_by_arr)),
            ("At risk", number(portfolio.at_risk.accounts)),
            ("Critical", number(portfolio.critical.accounts)),
            ("GRR", share(&outcomes.gross_retention, Unit::Share)),
            ("NRR", share(&outcomes.net_retention, Unit::Share)),
            ("NPS", share(&outcomes.nps, Unit::Nps)),
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
