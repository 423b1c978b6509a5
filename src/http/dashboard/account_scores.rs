//! What an account's scores are made of, put into words: components, the last change, the risk.
//!
//! What is to be done there is `account_work.rs`; where the parts stand, `account.rs` and its
//! template.

use crate::engine::metric::{CATALOGUE, Component, Metric};
use crate::engine::output::health::{
    AccountHealth, CauseKind, ContributionFacts, Delta, FactValue,
};
use crate::engine::signal;
use crate::engine::time::Timestamp;
use crate::view::account::Account;
use crate::view::timeline::{MomentKind, STEP_OVERDUE};

use super::account_work::moment_text;
use super::chart::Svg;
use super::chart::bullet::meter;
use super::chart::contributions::contributions;
use super::chart::trend::{DayOf, Mark};
use super::chart::waterfall::{Fall, Moved, waterfall};
use super::words;

/// Contributions below this, in log-odds, are not told.
const LOG_ODDS_MIN: f64 = 0.005;
/// Facts that stand beside a contribution.
const FACTS_MAX: usize = 3;

/// A component of health with its metrics.
pub(super) struct ComponentPart {
    pub(super) title: String,
    pub(super) score: String,
    pub(super) points: String,
    pub(super) meter: Svg,
    pub(super) metrics: Vec<MetricPart>,
}

/// A metric, and what it brings.
pub(super) struct MetricPart {
    pub(super) id: &'static str,
    pub(super) title: String,
    pub(super) help: &'static str,
    pub(super) formula: &'static str,
    pub(super) window: &'static str,
    pub(super) score: String,
    pub(super) points: String,
    pub(super) meter: Svg,
}

/// Something that makes leaving more or less likely.
pub(super) struct ReasonPart {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) help: &'static str,
    pub(super) tier: String,
    pub(super) facts: String,
    pub(super) odds: String,
    pub(super) log_odds: String,
    pub(super) bar: Svg,
}

/// A metric that would have to change for the next band.
pub(super) struct NextPart {
    pub(super) title: String,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) points: String,
}

/// All components, those that are not known too.
pub(super) fn components(health: &AccountHealth) -> Vec<ComponentPart> {
    let part = |component: Component| {
        let metrics = CATALOGUE[component.index()].iter().map(|row| metric(health, row));
        let score = health.components.get(component.name());
        let points: f64 = component
            .metrics()
            .iter()
            .filter_map(|metric| health.metric_contributions.get(metric.name()))
            .sum();
        ComponentPart {
            title: words::title(component.name()),
            score: score_text(score.copied()),
            points: score.map_or_else(|| words::NONE.to_owned(), |_| format!("{points:.1}")),
            meter: meter(score.map_or(0.0, |score| score / 100.0), ""),
            metrics: metrics.collect(),
        }
    };
    Component::ALL.map(part).into()
}

fn metric(health: &AccountHealth, row: &'static Metric) -> MetricPart {
    let id = row.id.name();
    let score = health.metrics.get(id).copied();
    let points = health.metric_contributions.get(id);
    MetricPart {
        id,
        title: words::title(row.name),
        help: row.help,
        formula: row.formula,
        window: row.window,
        score: score_text(score),
        points: points.map_or_else(|| words::NONE.to_owned(), |points| format!("{points:.1}")),
        meter: meter(score.map_or(0.0, |score| score / 100.0), ""),
    }
}

/// The beginnings of what is open, where the timeline does not reach back to them.
fn open_marks(account: &Account, now: Timestamp) -> Vec<Mark> {
    let is_told = |id| {
        let begins = ["raised", "started"];
        let mut moments = account.timeline.iter();
        moments.any(|it| it.id == Some(id) && begins.contains(&it.transition))
    };
    let mark = |at: Timestamp, class, text: String| Mark {
        day: at.day().to_string(),
        class,
        text: format!("{}: {text}", words::day(at, now)),
    };
    let alerts = account.alerts().iter().filter(|it| it.rule != STEP_OVERDUE);
    let alerts = alerts.filter(|it| !is_told(it.alert_id)).map(|it| {
        let title = words::lower(&words::title(&it.rule));
        mark(it.raised_at, it.severity.name(), format!("Alert {title}: raised"))
    });
    let runs = account.runs().iter().filter(|it| !is_told(it.run_id)).map(|it| {
        let title = words::lower(&words::title(&it.playbook));
        mark(it.started_at, "run", format!("Playbook {title}: started"))
    });
    alerts.chain(runs).collect()
}

fn score_text(score: Option<f64>) -> String {
    score.map_or_else(|| words::NONE.to_owned(), |score| format!("{score:.1}"))
}

/// Health by day, and what happened on these days.
pub(super) fn days(
    health: &AccountHealth,
    account: &Account,
    now: Timestamp,
) -> (Vec<DayOf>, Vec<Mark>) {
    let day = |entry: &crate::engine::output::health::TrendEntry| DayOf {
        day: entry.0.to_string(),
        short: words::day_of_date(&entry.0),
        health: entry.1,
        churn: words::percent(entry.2, 1),
    };
    let mark = |moment: &crate::view::timeline::Moment| {
        let class = match (moment.kind, moment.transition) {
            (MomentKind::Alert, "raised") => moment.severity.map_or("info", |it| it.name()),
            (MomentKind::Run, "started") => "run",
            (MomentKind::Command, "applied") => "command",
            _ => return None,
        };
        let text = format!("{}: {}", words::day(moment.at, now), moment_text(moment));
        Some(Mark { day: moment.at.day().to_string(), class, text })
    };
    let mut marks: Vec<_> = account.timeline.iter().filter_map(mark).collect();
    marks.extend(open_marks(account, now));
    (health.trend.iter().map(day).collect(), marks)
}

/// How health came from what was published last to what it is.
pub(super) fn falls(health: &AccountHealth) -> Vec<Fall> {
    let cause = &health.cause;
    let Some(before) = cause.health_before else { return Vec::new() };
    let moved: Vec<_> = cause.deltas.iter().map(moved).collect();
    waterfall(before, &moved, cause.health_after)
}

fn moved(delta: &Delta) -> Moved {
    let note = match (delta.before, delta.after) {
        (Some(before), Some(after)) => format!("{before:.0} → {after:.0}"),
        (None, Some(after)) => format!("new, {after:.0}"),
        (Some(before), None) => format!("{before:.0}, no longer known"),
        (None, None) => String::new(),
    };
    Moved { name: metric_title(&delta.metric), note, points: delta.points }
}

/// What changed health last.
pub(super) fn cause_text(health: &AccountHealth) -> String {
    let event = health.cause.event_type.as_deref().map(words::title);
    let event = event.map_or_else(|| "an event".to_owned(), |it| words::lower(&it));
    match health.cause.kind {
        CauseKind::Event => format!("by {event}"),
        CauseKind::LateEvent => format!("by {event} that came late"),
        CauseKind::Time => "by time: windows moved on".to_owned(),
        CauseKind::SourceOutage => "by a feed that stopped or speaks again".to_owned(),
        CauseKind::Model => "by another model".to_owned(),
        CauseKind::Override => "by an override".to_owned(),
    }
}

/// The smallest changes that reach the next band.
pub(super) fn to_next_band(health: &AccountHealth) -> Vec<NextPart> {
    let steps = health.to_next_band.iter().map(|step| NextPart {
        title: metric_title(&step.metric),
        from: format!("{:.0}", step.from),
        to: format!("{:.0}", step.to),
        points: words::signed(step.points, 1),
    });
    steps.collect()
}

/// What makes leaving more or less likely, by size.
pub(super) fn reasons(health: &AccountHealth, now: Timestamp) -> Vec<ReasonPart> {
    let told = health.contributions.iter().filter(|(_, it)| it.abs() >= LOG_ODDS_MIN);
    let told: Vec<_> = told.collect();
    let bars = contributions(&told.iter().map(|(_, log_odds)| *log_odds).collect::<Vec<_>>());
    let part = |((term, log_odds), bar): (&&(compact_str::CompactString, f64), Svg)| {
        let known = health.contribution_facts.get(term);
        let odds = known.map_or(log_odds.exp(), |it| it.odds);
        ReasonPart {
            id: term.to_string(),
            title: words::title(term),
            help: signal_help(term),
            tier: known.and_then(|it| it.tier.as_deref()).unwrap_or_default().to_owned(),
            facts: known.map(|known| facts_text(known, now)).unwrap_or_default(),
            odds: format!("× {odds:.2}"),
            log_odds: words::signed(*log_odds, 2),
            bar,
        }
    };
    told.iter().zip(bars).map(part).collect()
}

fn signal_help(term: &str) -> &'static str {
    let mut rows = signal::CATALOGUE.iter().copied().flatten();
    let row = rows.find(|row| row.id.name() == term);
    row.map_or("How healthy the account is as a whole.", |row| row.help)
}

fn facts_text(known: &ContributionFacts, now: Timestamp) -> String {
    let fact = |(name, value): (&compact_str::CompactString, &FactValue)| {
        let value = match value {
            FactValue::Count(n) => words::grouped(i64::try_from(*n).unwrap_or(i64::MAX)),
            FactValue::Number(number) => words::rounded(*number),
            FactValue::At(at) => words::from_now(*at, now),
        };
        format!("{} {value}", words::title(name).to_lowercase())
    };
    known.facts.iter().take(FACTS_MAX).map(fact).collect::<Vec<_>>().join(" · ")
}

/// A metric's name where it is one, else the words of its id.
pub(super) fn metric_title(id: &str) -> String {
    let mut rows = CATALOGUE.iter().copied().flatten();
    words::title(rows.find(|row| row.id.name() == id).map_or(id, |row| row.name))
}
