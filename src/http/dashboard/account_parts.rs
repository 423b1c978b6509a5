//! The parts of an account's page, put into words.
//!
//! Which parts there are, and where, is `account.rs` and its template.

use crate::engine::metric::CATALOGUE;
use crate::engine::output::alert::{AlertStatus, Evidence};
use crate::engine::output::health::AccountHealth;
use crate::engine::output::opportunity::OpportunityKind;
use crate::engine::output::work::{AccountWork, RunFigures, RunStatus, StepStatus};
use crate::engine::time::Timestamp;
use crate::view::account::Account;
use crate::view::timeline::{Moment, MomentKind};

use super::chart::{self, Bar, Mark};
use super::renewals::stage;
use super::words;

/// Most bars of a waterfall; what is left is one bar.
const BARS_MAX: usize = 8;

/// How many alerts and runs are shown at once; the others are a click away.
pub(super) const SHOWN: usize = 5;

/// An open alert.
pub(super) struct AlertPart {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) severity: &'static str,
    pub(super) status: String,
    pub(super) is_open: bool,
    pub(super) reason: String,
    pub(super) evidence: Vec<String>,
    pub(super) actions: Vec<String>,
}

/// A run that goes on.
pub(super) struct RunPart {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) since: String,
    pub(super) steps: Vec<StepPart>,
}

/// A step of a run.
pub(super) struct StepPart {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) owner: String,
    pub(super) status: &'static str,
    pub(super) class: &'static str,
    pub(super) due: String,
    pub(super) can_close: bool,
}

/// A metric, and what it brings.
pub(super) struct MetricPart {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) score: String,
    pub(super) points: String,
}

/// A moment of the timeline.
pub(super) struct MomentPart {
    pub(super) iso: String,
    pub(super) at: String,
    pub(super) text: String,
    pub(super) tag: &'static str,
}

/// A goal: title, figures, class and status.
pub(super) type GoalPart = (String, String, &'static str, String);
/// An opportunity: kind, stage, amount and due day.
pub(super) type OpportunityPart = (&'static str, &'static str, String, String);

pub(super) fn facts(
    health: &AccountHealth,
    currency: &str,
    now: Timestamp,
) -> Vec<(&'static str, String)> {
    let profile = &health.profile;
    let mut facts = vec![
        ("ARR", words::money_or_none(profile.arr_reporting_cents, currency)),
        ("CSM", health.csm.name.to_string()),
        ("Segment", words::title(health.segment.name())),
    ];
    facts.extend(health.phase.map(|phase| ("Phase", words::title(phase.name()))));
    facts.extend(profile.contract_end.map(|end| {
        ("Renewal", format!("{} ({})", words::day(end, now), words::from_now(end, now)))
    }));
    facts.extend(profile.plan.as_ref().map(|plan| ("Plan", plan.to_string())));
    facts.extend(profile.parent.as_ref().map(|parent| ("Parent", parent.to_string())));
    facts.push(("As of", words::instant(health.at, now)));
    facts
}

pub(super) fn components(health: &AccountHealth) -> Vec<(String, String)> {
    let named = health.components.iter();
    named.map(|(name, score)| (words::title(name), format!("{score:.1}"))).collect()
}

pub(super) fn peers(health: &AccountHealth) -> String {
    let percentile = health.peers.health_percentile.map(|it| {
        let segment = words::title(health.segment.name());
        format!("Healthier than {it:.0} of 100 {segment} accounts.")
    });
    let unused: Vec<_> = health
        .peers
        .unused_features
        .iter()
        .map(|it| format!("{} ({})", it.feature, words::percent(it.share, 0)))
        .collect();
    let unused =
        (!unused.is_empty()).then(|| format!("Healthy peers also use {}.", unused.join(", ")));
    [percentile, unused].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// Alerts on the line of health, by days before the last one of the line.
pub(super) fn marks(health: &AccountHealth, account: &Account, now: Timestamp) -> Vec<Mark> {
    let n = health.trend.len();
    let last = health.at.day().number();
    let mark = |moment: &Moment| {
        let back = usize::try_from(last - moment.at.day().number()).ok()?;
        let told = matches!(moment.transition, "raised" | "resolved");
        (moment.kind == MomentKind::Alert && told).then_some(())?;
        Some(Mark {
            day: n.checked_sub(1 + back)?,
            text: format!("{}: {}", words::day(moment.at, now), moment_text(moment)),
            is_bad: moment.transition == "raised",
        })
    };
    account.timeline.iter().filter_map(mark).collect()
}

/// The deltas of the last change, the smaller ones as one.
pub(super) fn waterfall_bars(health: &AccountHealth) -> Vec<Bar> {
    let bar =
        |name: String, points: f64| Bar { name, value: points, text: words::signed(points, 2) };
    let deltas = &health.cause.deltas;
    let shown = if deltas.len() > BARS_MAX { BARS_MAX - 1 } else { deltas.len() };
    let mut bars: Vec<_> =
        deltas[..shown].iter().map(|it| bar(metric_title(&it.metric), it.points)).collect();
    if shown < deltas.len() {
        let rest = deltas[shown..].iter().map(|it| it.points).sum();
        bars.push(bar(format!("{} others", deltas.len() - shown), rest));
    }
    bars
}

pub(super) fn to_next_band(health: &AccountHealth) -> Vec<String> {
    let steps = health.to_next_band.iter().map(|step| {
        format!(
            "{} from {:.0} to {:.0} (+{:.1} points of health)",
            metric_title(&step.metric),
            step.from,
            step.to,
            step.points
        )
    });
    steps.collect()
}

pub(super) fn contributions(health: &AccountHealth) -> String {
    let bars: Vec<_> = health
        .contributions
        .iter()
        .filter(|(_, log_odds)| log_odds.abs() >= 0.005)
        .take(BARS_MAX)
        .map(|(term, log_odds)| {
            let odds = health.contribution_facts.get(term).map_or(log_odds.exp(), |it| it.odds);
            Bar { name: words::title(term), value: *log_odds, text: format!("× {odds:.2}") }
        })
        .collect();
    if bars.is_empty() {
        return String::new();
    }
    chart::contributions("what makes leaving more or less likely, as factors of the odds", &bars)
}

pub(super) fn alerts(work: &AccountWork, now: Timestamp) -> Vec<AlertPart> {
    let part = |alert: &crate::engine::output::alert::Alert| {
        let status = match alert.status {
            AlertStatus::Open => format!("due {}", words::from_now(alert.due_at, now)),
            AlertStatus::Acknowledged => "acknowledged".to_owned(),
            AlertStatus::Snoozed => alert.snoozed_until.map_or_else(
                || "snoozed".to_owned(),
                |until| format!("snoozed until {}", words::day(until, now)),
            ),
            AlertStatus::Resolved => "resolved".to_owned(),
        };
        AlertPart {
            id: alert.alert_id.to_string(),
            title: alert.summary.clone(),
            severity: alert.severity.name(),
            status: format!("{status} · since {}", words::day(alert.raised_at, now)),
            is_open: alert.status == AlertStatus::Open,
            reason: alert.reason.clone(),
            evidence: alert.evidence.iter().map(evidence).collect(),
            actions: alert.actions.clone(),
        }
    };
    let mut alerts: Vec<_> = work.alerts.iter().collect();
    // What is told of steps stands with their playbooks, too: it comes last.
    alerts.sort_by_key(|it| (it.rule == "step_overdue", it.severity, it.raised_at));
    alerts.into_iter().map(part).collect()
}

fn evidence(it: &Evidence) -> String {
    let mut text = format!("{} {}", metric_title(&it.metric), rounded(it.observed));
    for (name, value) in [("was", it.baseline), ("bound", it.threshold)] {
        if let Some(value) = value {
            text += &format!(", {name} {}", rounded(value));
        }
    }
    if let Some(window) = &it.window {
        text += &format!(" ({window})");
    }
    text
}

fn rounded(number: f64) -> String {
    let text = format!("{number:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

pub(super) fn runs(work: &AccountWork, now: Timestamp) -> Vec<RunPart> {
    let open = work.runs.iter().filter(|run| run.status == RunStatus::Open);
    let part = |run: &RunFigures| {
        let steps = run.steps.iter().map(|step| {
            let (status, class) = match step.status {
                StepStatus::Waiting => ("waiting", ""),
                StepStatus::Open => ("to do", ""),
                StepStatus::Overdue => ("overdue", "overdue"),
                StepStatus::Done => ("done", "done"),
                StepStatus::Skipped => ("skipped", ""),
            };
            StepPart {
                id: step.step.to_string(),
                title: step.title.clone(),
                owner: words::title(step.owner_role.name()),
                status,
                class,
                due: match (step.status, step.due_at) {
                    (StepStatus::Done | StepStatus::Skipped, _) | (_, None) => String::new(),
                    (_, Some(due)) => words::from_now(due, now),
                },
                can_close: matches!(step.status, StepStatus::Open | StepStatus::Overdue),
            }
        });
        RunPart {
            id: run.run_id.to_string(),
            title: words::title(&run.playbook),
            since: format!("since {}", words::day(run.started_at, now)),
            steps: steps.collect(),
        }
    };
    let mut runs: Vec<_> = open.collect();
    let n_overdue = |run: &RunFigures| {
        run.steps.iter().filter(|step| step.status == StepStatus::Overdue).count()
    };
    runs.sort_by_key(|run| (std::cmp::Reverse(n_overdue(run)), run.started_at));
    runs.into_iter().map(part).collect()
}

pub(super) fn metrics(health: &AccountHealth) -> Vec<MetricPart> {
    let known = health.metrics.iter();
    let part = known.map(|(id, score)| MetricPart {
        id: id.to_string(),
        title: metric_title(id),
        score: format!("{score:.1}"),
        points: health
            .metric_contributions
            .get(id)
            .map_or_else(|| words::NONE.to_owned(), |points| format!("{points:.1}")),
    });
    part.collect()
}

pub(super) fn usage(health: &AccountHealth) -> Vec<(String, String)> {
    let it = &health.usage;
    let number = |n: u64| words::grouped(i64::try_from(n).unwrap_or(i64::MAX));
    let mut rows = vec![
        ("Active users, today and yesterday".to_owned(), number(it.dau)),
        ("Active users, 7 days".to_owned(), number(it.wau)),
        ("Active users, 30 days".to_owned(), number(it.mau)),
    ];
    rows.extend(it.seats.map(|seats| ("Seats".to_owned(), number(seats.into()))));
    rows.extend(it.activation.map(|share| ("Activation".to_owned(), words::percent(share, 0))));
    for (name, meter) in &it.meters {
        let share = words::percent(meter.used / meter.limit, 0);
        let reached = meter.reached_on.as_ref().map(|day| format!(", full on {day}"));
        rows.push((
            words::title(name),
            format!("{share} of {}{}", rounded(meter.limit), reached.unwrap_or_default()),
        ));
    }
    rows
}

pub(super) fn goals(health: &AccountHealth, now: Timestamp) -> Vec<GoalPart> {
    let part = health.onboarding.iter().map(|(name, goal)| {
        let value = goal.value.map_or_else(|| words::NONE.to_owned(), rounded);
        let (class, status) = if goal.met {
            ("met", "met".to_owned())
        } else if goal.due_at < now {
            ("missed", "not met".to_owned())
        } else {
            ("", words::from_now(goal.due_at, now))
        };
        (words::title(name), format!("{value} of {}", rounded(goal.target)), class, status)
    });
    part.collect()
}

pub(super) fn opportunities(work: &AccountWork, now: Timestamp) -> Vec<OpportunityPart> {
    let part = work.opportunities.iter().map(|it| {
        let kind = match it.kind {
            OpportunityKind::Renewal => "Renewal",
            OpportunityKind::Expansion => "Expansion",
        };
        let currency = it.currency.as_deref().unwrap_or_default();
        let due = it.due_at.map_or_else(String::new, |due| words::day(due, now));
        (kind, stage(it.stage), words::money_or_none(it.amount_cents, currency), due)
    });
    part.collect()
}

pub(super) fn freshness(
    health: &AccountHealth,
    now: Timestamp,
) -> Vec<(String, String, &'static str)> {
    let part = health.freshness.iter().map(|(topic, feed)| {
        let status = if feed.stale { "feed stopped" } else { "" };
        (topic.to_string(), words::from_now(feed.last_event_at, now), status)
    });
    part.collect()
}

pub(super) fn timeline(account: &Account, now: Timestamp) -> Vec<MomentPart> {
    let newest = account.timeline.iter().rev();
    let part = newest.map(|moment| MomentPart {
        iso: moment.at.to_string(),
        at: words::instant(moment.at, now),
        text: moment_text(moment),
        tag: moment.severity.map_or("", |severity| severity.name()),
    });
    part.collect()
}

fn moment_text(moment: &Moment) -> String {
    let what = words::title(&moment.what);
    let happened = words::title(moment.transition).to_lowercase();
    match (&moment.kind, &moment.step) {
        (_, Some(step)) => format!("{what}, {}: {happened}", words::title(step).to_lowercase()),
        (MomentKind::Command, _) => format!("{what}: {happened}"),
        (MomentKind::Opportunity, _) => format!("{what} opportunity: {happened}"),
        (MomentKind::Alert, _) => format!("Alert {}: {happened}", what.to_lowercase()),
        (MomentKind::Run, _) => format!("Playbook {}: {happened}", what.to_lowercase()),
    }
}

/// A metric's name where it is one, else the words of its id.
fn metric_title(id: &str) -> String {
    words::title(name_of(id).unwrap_or(id))
}

fn name_of(id: &str) -> Option<&'static str> {
    let mut rows = CATALOGUE.iter().flat_map(|rows| rows.iter());
    rows.find(|row| row.id.name() == id).map(|row| row.name)
}
