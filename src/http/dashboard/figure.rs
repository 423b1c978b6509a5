//! Figures with their titles, notes and definitions, as strips and tables show them.
//!
//! What they mean is in `view/figures/definitions.rs`, how numbers are written in `words.rs`.

use askama::Template;
use axum::Extension;
use axum::extract::State;
use axum::response::Response;

use super::chart::Svg;
use super::chart::bullet::bullet;
use super::{Frame, page, rendered, words};
use crate::engine::time::Timestamp;
use crate::http::access::Viewer;
use crate::http::site::Site;
use crate::view::figures::Figures;
use crate::view::figures::definitions::{DEFINITIONS, Target, Unit, definition};
use crate::view::figures::sums::{Figure, Tally};
use crate::view::snapshot::Snapshot;

/// A figure of a strip.
pub(super) struct Shown {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) value: Option<String>,
    /// What stands where there is no value.
    pub(super) missing: &'static str,
    pub(super) note: String,
    pub(super) definition: &'static str,
    pub(super) target: String,
}

/// A figure against its target.
pub(super) struct Goal {
    pub(super) id: String,
    pub(super) title: &'static str,
    pub(super) value: String,
    pub(super) target: String,
    pub(super) chart: Svg,
    pub(super) class: &'static str,
    pub(super) status: &'static str,
    pub(super) note: String,
    pub(super) definition: &'static str,
}

/// A row of the page of definitions.
struct Row {
    id: &'static str,
    title: &'static str,
    text: &'static str,
    unit: &'static str,
    target: String,
}

#[derive(Template)]
#[template(path = "pages/definitions.html")]
struct Page {
    frame: Frame,
    rows: Vec<Row>,
}

pub(super) async fn show_definitions(
    State(site): State<Site>,
    Extension(viewer): Extension<Viewer>,
) -> Response {
    page(site, move |view, now| definitions(view, now, &viewer)).await
}

fn definitions(view: &Snapshot, now: Timestamp, viewer: &Viewer) -> Response {
    let rows = DEFINITIONS.iter().map(|it| Row {
        id: it.id,
        title: it.title,
        text: it.text,
        unit: unit_name(it.unit),
        target: it.target.map(|target| target_text(target, it.unit)).unwrap_or_default(),
    });
    let frame = Frame::new("Definitions", "", "", viewer, view, now);
    rendered(&Page { frame, rows: rows.collect() })
}

impl Shown {
    /// A figure whose definition is that of `id`.
    pub(super) fn new(id: &'static str, value: Option<String>, note: String) -> Self {
        let known = definition(id);
        Self {
            id: id.to_owned(),
            title: known.map_or_else(|| words::title(id), |it| it.title.to_owned()),
            value,
            missing: "not known yet",
            note,
            definition: known.map_or("", |it| it.text),
            target: known.and_then(|it| Some(target_text(it.target?, it.unit))).unwrap_or_default(),
        }
    }

    /// The same under another title.
    pub(super) fn titled(self, title: &str) -> Self {
        Self { title: title.to_owned(), ..self }
    }
}

/// The strip of a book of accounts.
pub(super) fn book(figures: &Figures, currency: &str) -> Vec<Shown> {
    let portfolio = &figures.portfolio;
    let tally = |it: &Tally| words::money_short(it.arr_cents, currency);
    let arr = &portfolio.arr;
    let without = match arr.accounts_without {
        0 => String::new(),
        n => format!("{n} without"),
    };
    let points = |figure: &Figure| figure.value.map(|value| format!("{value:.1}"));
    let load = &portfolio.load;
    let overloaded = match load.overloaded {
        0 => format!("{} CSMs", load.csms),
        n => format!("{n} of {} CSMs above", load.csms),
    };
    vec![
        Shown::new("arr", Some(words::money_short(arr.cents, currency)), without),
        Shown::new("accounts", Some(number(portfolio.accounts)), String::new()),
        Shown::new("health_mean", points(&portfolio.health_mean), String::new()),
        Shown::new("health_by_arr", points(&portfolio.health_by_arr), String::new()),
        Shown::new("at_risk", Some(number(portfolio.at_risk.accounts)), tally(&portfolio.at_risk)),
        Shown::new(
            "critical",
            Some(number(portfolio.critical.accounts)),
            tally(&portfolio.critical),
        ),
        Shown::new(
            "renewals",
            Some(number(portfolio.renewals.due.accounts)),
            tally(&portfolio.renewals.due),
        ),
        Shown::new("load", load.mean.map(|mean| words::percent(mean, 0)), overloaded),
    ]
}

/// The figures that a board asks for first, with their targets.
pub(super) fn headline(figures: &Figures, currency: &str) -> Vec<Shown> {
    let (portfolio, outcomes) = (&figures.portfolio, &figures.outcomes);
    let figure = |id, figure: &Figure, unit, counted: &str| {
        let shown = Shown::new(id, figure.value.map(|it| value_text(it, unit)), String::new());
        let note = format!("target {}, of {} {counted}", shown.target, number(figure.n));
        Shown { note, ..shown }
    };
    // Nobody knows yet what was paid a year ago: what is known of renewals is said instead.
    let retention = |id, year: &Figure, due: &Figure| {
        let shown = figure(id, year, Unit::Share, "accounts");
        let known = due.value.filter(|_| year.value.is_none());
        let note =
            known.map(|it| format!("{} over {} renewals due", value_text(it, Unit::Share), due.n));
        Shown { note: note.unwrap_or(shown.note), ..shown }
    };
    let stake = portfolio.at_risk.arr_cents + portfolio.critical.arr_cents;
    let at_stake = format!("{} not green", words::money_short(stake, currency));
    vec![
        retention("gross_retention", &outcomes.gross_retention, &outcomes.gross_retention_due),
        retention("net_retention", &outcomes.net_retention, &outcomes.net_retention_due),
        figure("nps", &outcomes.nps, Unit::Nps, "answers"),
        figure("expansion_rate", &outcomes.expansion_rate, Unit::Share, "renewals"),
        Shown::new("arr", Some(words::money_short(portfolio.arr.cents, currency)), at_stake),
        Shown::new(
            "health_by_arr",
            portfolio.health_by_arr.value.map(|value| format!("{value:.1}")),
            portfolio.health_mean.value.map_or_else(String::new, |it| format!("{it:.1} plain")),
        ),
    ]
}

/// How fast and how reliably things are done.
pub(super) fn operations(figures: &Figures) -> Vec<Shown> {
    let operations = &figures.operations;
    let response = &operations.response;
    let median = response.median_secs.map(|secs| words::span(secs as f64));
    let p90 =
        response.p90_secs.map(|secs| format!("nine of ten within {}", words::span(secs as f64)));
    let share = |figure: &Figure| figure.value.map(|share| words::percent(share, 1));
    let of = |n: u64, what: &str| format!("of {} {what}", number(n));
    vec![
        Shown::new("response", median, p90.unwrap_or_default()),
        Shown::new(
            "adherence",
            share(&operations.adherence),
            of(operations.adherence.n, "steps due"),
        ),
        Shown::new(
            "csat",
            operations.csat.value.map(|grade| format!("{grade:.2}")),
            of(operations.csat.n, "grades, 1 to 5"),
        ),
        Shown::new("advocacy", Some(number(operations.advocacy)), "in 30 days".to_owned()),
        Shown::new(
            "lifetime_value_cents",
            figures.outcomes.lifetime_value_cents.value.map(|cents| {
                let currency = figures.portfolio.arr.currency.as_deref().unwrap_or_default();
                words::money_short(cents as i64, currency)
            }),
            "mean ARR over the share lost in a year".to_owned(),
        ),
        Shown {
            missing: "not yet",
            ..Shown::new("churn_accuracy", None, "comes with the backtest".to_owned())
        },
    ]
}

/// The figures that have targets.
pub(super) fn goals(figures: &Figures) -> Vec<Goal> {
    figures
        .outcomes
        .goals
        .iter()
        .filter_map(|goal| {
            let known = definition(goal.figure)?;
            let (class, status) = match goal.met {
                Some(true) => ("met", "on target"),
                Some(false) => ("missed", "off target"),
                None => ("", "not known yet"),
            };
            let bound = bound_of(goal.target);
            let is_met = goal.met == Some(true);
            let chart = match known.unit {
                // Its scale begins at −100.
                Unit::Nps => bullet(goal.value.map(|it| it + 100.0), bound + 100.0, 200.0, is_met),
                _ => {
                    bullet(goal.value, bound, (bound * 1.4).max(goal.value.unwrap_or(0.0)), is_met)
                }
            };
            Some(Goal {
                id: goal.figure.to_owned(),
                title: known.title,
                value: goal
                    .value
                    .map_or_else(|| words::NONE.to_owned(), |it| value_text(it, known.unit)),
                target: target_text(goal.target, known.unit),
                chart,
                class,
                status,
                note: counted(goal.figure, goal.n),
                definition: known.text,
            })
        })
        .collect()
}

/// What a goal's `n` counts.
fn counted(figure: &str, n: u64) -> String {
    let (one, several) = match figure {
        "nps" => ("answer", "answers"),
        "gross_retention_due" | "net_retention_due" | "expansion_rate" | "renewal_cycle_days" => {
            ("renewal", "renewals")
        }
        _ => ("account", "accounts"),
    };
    words::plural(usize::try_from(n).unwrap_or(usize::MAX), one, several)
}

/// A count of figures.
pub(super) fn number(n: u64) -> String {
    words::grouped(i64::try_from(n).unwrap_or(i64::MAX))
}

/// A figure in its unit.
pub(super) fn value_text(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Share => words::percent(value, 1),
        Unit::Days => format!("{value:.1} d"),
        Unit::Nps => words::signed(value, 0),
        Unit::Seconds => words::span(value),
        Unit::Load => words::percent(value, 0),
        Unit::Points | Unit::Grade => format!("{value:.1}"),
        Unit::Accounts | Unit::Cents | Unit::Times | Unit::Several => format!("{value:.0}"),
    }
}

pub(super) fn bound_of(target: Target) -> f64 {
    match target {
        Target::Above(bound) | Target::AtLeast(bound) | Target::Below(bound) => bound,
    }
}

fn target_text(target: Target, unit: Unit) -> String {
    let bound = match unit {
        Unit::Share => format!("{:.0} %", bound_of(target) * 100.0),
        Unit::Days => format!("{:.0} d", bound_of(target)),
        _ => format!("{:.0}", bound_of(target)),
    };
    match target {
        Target::Above(_) => format!("> {bound}"),
        Target::AtLeast(_) => format!("≥ {bound}"),
        Target::Below(_) => format!("< {bound}"),
    }
}

fn unit_name(unit: Unit) -> &'static str {
    match unit {
        Unit::Accounts => "accounts, with their ARR",
        Unit::Cents => "reporting currency",
        Unit::Points => "points, 0 to 100",
        Unit::Times => "times",
        Unit::Share => "share",
        Unit::Nps => "−100 to 100",
        Unit::Grade => "grade, 1 to 5",
        Unit::Days => "days",
        Unit::Seconds => "seconds",
        Unit::Load => "share of the ratio",
        Unit::Several => "several",
    }
}
