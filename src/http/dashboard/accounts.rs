//! `/accounts`: the list, filtered and sorted by its address.
//!
//! Filters, orders and pages are `view/list.rs`; the same list for programs is in `api/`.

use askama::Template;
use axum::Extension;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;

use super::chart::Svg;
use super::chart::sparkline::sparkline;
use super::{Choice, Frame, csm_choices, currency, given, page, rendered, scope, words};
use crate::engine::account::profile::Segment;
use crate::engine::assess::lifecycle::Phase;
use crate::engine::model::churn::ChurnBand;
use crate::engine::model::health::HealthBand;
use crate::engine::time::Timestamp;
use crate::http::access::Viewer;
use crate::http::api::paging;
use crate::http::site::Site;
use crate::view::account::Account;
use crate::view::list::{self, Cursor, Filter, Sort};
use crate::view::snapshot::Snapshot;

/// Rows of a page.
const ROWS: usize = 50;
/// The windows of renewal that one may choose, in days.
const WINDOWS: [&str; 3] = ["30", "60", "90"];

/// What the address asks for; what is not known asks for nothing.
#[derive(Clone, Deserialize)]
pub(super) struct Asked {
    q: Option<String>,
    band: Option<String>,
    churn: Option<String>,
    segment: Option<String>,
    csm: Option<String>,
    phase: Option<String>,
    renewal: Option<String>,
    parent: Option<String>,
    sort: Option<String>,
    cursor: Option<String>,
    from: Option<u32>,
}

#[derive(Template)]
#[template(path = "pages/accounts.html")]
struct Page {
    frame: Frame,
    total: String,
    search: String,
    filters: Vec<Select>,
    sort: String,
    is_filtered: bool,
    parent: String,
    parent_name: String,
    columns: Vec<Column>,
    rows: Vec<Row>,
    shown: String,
    first: String,
    next: String,
}

struct Select {
    title: &'static str,
    name: &'static str,
    /// What nothing chosen means.
    all: &'static str,
    choices: Vec<Choice>,
}

impl Select {
    fn is_chosen(&self) -> bool {
        self.choices.iter().any(|choice| choice.is_chosen)
    }
}

struct Column {
    title: &'static str,
    href: String,
    sorted: &'static str,
    is_number: bool,
}

struct Row {
    id: String,
    href: String,
    name: String,
    segment: String,
    phase: String,
    health: String,
    band: &'static str,
    band_word: &'static str,
    flags: String,
    spark: Svg,
    change: String,
    direction: &'static str,
    churn: String,
    churn_band: &'static str,
    arr: String,
    renewal: String,
    renewal_days: String,
    severity: &'static str,
    reason: String,
    more: String,
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
    let (sort, is_descending) = order(given(asked.sort.as_ref()));
    let query = list::Query {
        filter: filter(asked, scope(viewer)),
        sort,
        is_descending,
        after: given(asked.cursor.as_ref()).and_then(paging::parse::<Cursor>),
        limit: ROWS,
    };
    let found = view.list(&query);
    let is_filtered = !Filter { left: None, ..query.filter.clone() }.is_whole_scope();
    let money = currency(view);
    let parent = given(asked.parent.as_ref()).unwrap_or_default();
    // For reading only: rows come and go while one turns pages.
    let from = asked.from.unwrap_or(1).max(1) as usize;
    let then = (from + found.accounts.len()).to_string();
    let next = found.next.as_ref().and_then(|cursor| paging::write(cursor).ok());
    rendered(&Page {
        total: match is_filtered {
            true => words::plural(found.n_total, "account matches", "accounts match"),
            false => words::plural(found.n_total, "account", "accounts"),
        },
        search: asked.q.clone().unwrap_or_default(),
        filters: selects(asked, view, viewer),
        sort: asked.sort.clone().unwrap_or_default(),
        is_filtered,
        parent: parent.to_owned(),
        parent_name: named(view, viewer, parent),
        columns: columns(asked, sort, is_descending),
        rows: found.accounts.iter().map(|account| row(account, money, now)).collect(),
        shown: shown(from, found.accounts.len(), found.n_total),
        first: asked.cursor.as_ref().map(|_| address(asked, &[])).unwrap_or_default(),
        next: next
            .map(|cursor| address(asked, &[("cursor", &cursor), ("from", &then)]))
            .unwrap_or_default(),
        frame: Frame::new("Accounts", "Accounts", "accounts", viewer, view, now),
    })
}

fn shown(from: usize, n: usize, n_total: usize) -> String {
    let to = (from + n).saturating_sub(1).min(n_total);
    format!("{}–{} of {}", words::count(from.min(to)), words::count(to), words::count(n_total))
}

/// The name of an account that one may see, else its id.
pub(super) fn named(view: &Snapshot, viewer: &Viewer, id: &str) -> String {
    let account = view.seen_account(id, viewer.csms.as_deref());
    account.map_or_else(|| id.to_owned(), |account| account.health.name.to_string())
}

fn filter(asked: &Asked, scope: Filter) -> Filter {
    let one = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
    let named = |text: &Option<String>| one(text).unwrap_or_default();
    let of = |text: &Option<String>, name: &'static str| named(text) == name;
    Filter {
        bands: HealthBand::ALL.into_iter().filter(|it| of(&asked.band, it.name())).collect(),
        known: of(&asked.band, words::NO_DATA).then_some(false),
        churn_bands: ChurnBand::ALL.into_iter().filter(|it| of(&asked.churn, it.name())).collect(),
        segments: Segment::ALL.into_iter().filter(|it| of(&asked.segment, it.name())).collect(),
        phases: Phase::ALL.into_iter().filter(|it| of(&asked.phase, it.name())).collect(),
        // Who left stands in no one's way, but is found by name.
        left: (one(&asked.phase).is_none() && one(&asked.q).is_none()).then_some(false),
        csm: one(&asked.csm).map(Into::into),
        parent: one(&asked.parent).map(Into::into),
        renewal_within_days: one(&asked.renewal).and_then(|days| days.parse().ok()),
        search: one(&asked.q).map(|text| text.chars().take(100).collect()),
        ..scope
    }
}

/// `health` or `-health`: the minus puts the largest first.
fn order(text: Option<&str>) -> (Sort, bool) {
    let text = text.unwrap_or("-churn");
    let (name, is_descending) = match text.strip_prefix('-') {
        Some(name) => (name, true),
        None => (text, false),
    };
    let known = Sort::ALL.into_iter().find(|(_, known)| *known == name);
    known.map_or((Sort::Churn, true), |(sort, _)| (sort, is_descending))
}

/// The address of the same list, changed; without a cursor it begins anew.
fn address(asked: &Asked, changes: &[(&str, &str)]) -> String {
    let all = [
        ("q", &asked.q),
        ("band", &asked.band),
        ("churn", &asked.churn),
        ("segment", &asked.segment),
        ("csm", &asked.csm),
        ("phase", &asked.phase),
        ("renewal", &asked.renewal),
        ("parent", &asked.parent),
        ("sort", &asked.sort),
    ];
    let kept = all.into_iter().filter_map(|(name, value)| {
        let is_changed = changes.iter().any(|(changed, _)| *changed == name);
        let value = given(value.as_ref())?;
        (!is_changed).then_some((name, value))
    });
    let pairs: Vec<_> = kept
        .chain(changes.iter().copied())
        .map(|(name, value)| format!("{name}={}", words::encoded(value)))
        .collect();
    if pairs.is_empty() { "/accounts".to_owned() } else { format!("/accounts?{}", pairs.join("&")) }
}

fn selects(asked: &Asked, view: &Snapshot, viewer: &Viewer) -> Vec<Select> {
    let choices = |names: &[&str], chosen: &Option<String>, suffix: &str| {
        let choice = |name: &&str| Choice {
            name: (*name).to_owned(),
            title: format!("{}{suffix}", words::title(name)),
            is_chosen: chosen.as_deref() == Some(name),
        };
        names.iter().map(choice).collect::<Vec<_>>()
    };
    let churn = ChurnBand::ALL.map(ChurnBand::name);
    let segments = Segment::ALL.map(Segment::name);
    let phases = Phase::ALL.map(Phase::name);
    let select = |title, name, choices| Select { title, name, all: "All", choices };
    let phases = Select {
        all: "All that stay",
        ..select("Phase", "phase", choices(&phases, &asked.phase, ""))
    };
    let band_choice = |band: HealthBand| Choice {
        name: band.name().to_owned(),
        title: words::band(band).to_owned(),
        is_chosen: asked.band.as_deref() == Some(band.name()),
    };
    let unknown = Choice {
        name: words::NO_DATA.to_owned(),
        title: "No data yet".to_owned(),
        is_chosen: asked.band.as_deref() == Some(words::NO_DATA),
    };
    let bands = HealthBand::ALL.map(band_choice).into_iter().chain([unknown]);
    vec![
        select("Health", "band", bands.collect()),
        select("Churn risk", "churn", choices(&churn, &asked.churn, "")),
        select("Segment", "segment", choices(&segments, &asked.segment, "")),
        phases,
        select("CSM", "csm", csm_choices(view, viewer, asked.csm.as_deref())),
        select("Renews within", "renewal", choices(&WINDOWS, &asked.renewal, " days")),
    ]
}

fn columns(asked: &Asked, sort: Sort, is_descending: bool) -> Vec<Column> {
    let column = |title, by: Option<Sort>, is_number| {
        let name = by.and_then(|by| Sort::ALL.into_iter().find(|it| it.0 == by));
        let is_sorted = by == Some(sort);
        // The first click sorts as one would look: names upwards, figures downwards.
        let is_down = if is_sorted { !is_descending } else { is_number };
        let order = name.map(|(_, name)| format!("{}{name}", if is_down { "-" } else { "" }));
        let sorted = match (is_sorted, is_descending) {
            (false, _) => "",
            (true, true) => "descending",
            (true, false) => "ascending",
        };
        let href = order.map(|order| address(asked, &[("sort", &order)])).unwrap_or_default();
        Column { title, href, sorted, is_number }
    };
    vec![
        column("Account", Some(Sort::Name), false),
        column("Segment", None, false),
        column("Phase", None, false),
        column("Health", Some(Sort::Health), false),
        column("30 days", None, false),
        column("Last change", Some(Sort::Change), true),
        column("Churn risk", Some(Sort::Churn), true),
        column("ARR", Some(Sort::Arr), true),
        column("Renewal", Some(Sort::Renewal), true),
        column("Main reason", None, false),
        column("CSM", Some(Sort::Csm), false),
    ]
}

fn row(account: &Account, currency: &str, now: Timestamp) -> Row {
    let row = &account.health;
    let mut flags = Vec::new();
    flags.extend(row.is_overridden.then_some("overridden"));
    flags.extend(row.is_stale.then_some("stale feed"));
    let alerts = account.alerts();
    let gravest = alerts.iter().min_by_key(|alert| (alert.severity, alert.due_at));
    let more = match alerts.len() {
        0 | 1 => String::new(),
        n => format!("+{}", n - 1),
    };
    let days = row.contract_end.map(|end| end.days_since(now)).filter(|days| *days >= 0.0);
    let left = days.map_or_else(String::new, |days| format!("{days:.0} d"));
    let none = || words::NONE.to_owned();
    Row {
        id: row.account_id.to_string(),
        href: words::account_href(&row.account_id),
        name: row.name.to_string(),
        segment: words::title(row.segment.name()),
        phase: row.phase.map_or_else(none, |phase| words::title(phase.name())),
        health: format!("{:.1}", row.health),
        band: words::band_of(row.band, row.is_known).0,
        band_word: words::band_of(row.band, row.is_known).1,
        flags: flags.join(", "),
        spark: sparkline(&row.trend),
        change: row.change.map_or_else(none, |points| words::signed(points, 1)),
        direction: direction(row.change),
        churn: words::percent(row.churn_probability, 0),
        churn_band: row.churn_band.name(),
        arr: words::money_or_none(row.arr_cents, currency),
        renewal: row.contract_end.map_or_else(none, |end| words::day(end, now)),
        renewal_days: left,
        severity: gravest.map_or("", |alert| alert.severity.name()),
        reason: gravest.map_or_else(none, |alert| words::title(&alert.rule)),
        more,
        csm: row.csm.to_string(),
    }
}

/// The class of a change.
pub(super) fn direction(change: Option<f64>) -> &'static str {
    match change {
        Some(points) if points <= -0.05 => "down",
        Some(points) if points >= 0.05 => "up",
        _ => "quiet",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_reads_back_from_the_address() {
        assert_eq!(order(Some("arr")), (Sort::Arr, false));
        assert_eq!(order(Some("-health")), (Sort::Health, true));
        for unknown in [None, Some("colour"), Some("--arr"), Some("")] {
            assert_eq!(order(unknown), (Sort::Churn, true));
        }
    }

    #[test]
    fn addresses_keep_what_was_asked() {
        let text = r#"{ "q": "a&b", "band": "red", "sort": "-arr", "cursor": "x" }"#;
        let asked: Asked = serde_json::from_str(text).unwrap();
        assert_eq!(address(&asked, &[]), "/accounts?q=a%26b&band=red&sort=-arr");
        let changed = address(&asked, &[("sort", "name")]);
        assert_eq!(changed, "/accounts?q=a%26b&band=red&sort=name");
    }
}
