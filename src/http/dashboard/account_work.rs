//! What is to be done at an account, put into words: alerts, playbooks, opportunities, timeline.
//!
//! What its scores are made of is `account_scores.rs`.

use std::cmp::Reverse;

use crate::engine::output::alert::{Alert, AlertStatus, Evidence};
use crate::engine::output::opportunity::OpportunityKind;
use crate::engine::output::work::{AccountWork, RunFigures, RunStatus, StepStatus};
use crate::engine::time::Timestamp;
use crate::view::account::Account;
use crate::view::timeline::{Moment, MomentKind, STEP_OVERDUE};

use super::account_scores::metric_title;
use super::renewals::stage;
use super::words;

/// An alert that is not over.
pub(super) struct AlertPart {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) summary: String,
    pub(super) severity: &'static str,
    pub(super) status: String,
    pub(super) is_open: bool,
    pub(super) is_late: bool,
    pub(super) since: String,
    pub(super) reason: String,
    pub(super) evidence: Vec<String>,
    pub(super) actions: Vec<String>,
}

/// The alerts of an account: to be looked at, about steps, and those looked after.
#[derive(Default)]
pub(super) struct AlertParts {
    pub(super) open: Vec<AlertPart>,
    pub(super) steps: Vec<AlertPart>,
    pub(super) handled: Vec<AlertPart>,
}

/// A run that goes on.
pub(super) struct RunPart {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) since: String,
    /// Steps to be done.
    pub(super) to_do: Vec<StepPart>,
    /// What there is besides them.
    pub(super) others: Vec<StepPart>,
    pub(super) progress: String,
    pub(super) n_overdue: usize,
}

/// A step of a run.
pub(super) struct StepPart {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) owner: String,
    pub(super) status: &'static str,
    pub(super) class: &'static str,
    pub(super) due: String,
}

/// A moment of the timeline.
pub(super) struct MomentPart {
    pub(super) iso: String,
    pub(super) at: String,
    pub(super) text: String,
    pub(super) tag: &'static str,
}

/// An opportunity.
pub(super) struct OpportunityPart {
    pub(super) kind: &'static str,
    pub(super) stage: &'static str,
    pub(super) amount: String,
    pub(super) due: String,
    pub(super) evidence: String,
}

/// The gravest first, and of these the oldest.
pub(super) fn alerts(work: &AccountWork, now: Timestamp) -> AlertParts {
    let mut alerts: Vec<_> = work.alerts.iter().collect();
    alerts.sort_by_key(|it| (it.severity, it.due_at, it.alert_id));
    let mut parts = AlertParts::default();
    for alert in alerts {
        let list = match alert.status {
            AlertStatus::Open if alert.rule == STEP_OVERDUE => &mut parts.steps,
            AlertStatus::Open => &mut parts.open,
            _ => &mut parts.handled,
        };
        list.push(alert_part(alert, now));
    }
    parts
}

fn alert_part(alert: &Alert, now: Timestamp) -> AlertPart {
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
        title: words::title(&alert.rule),
        summary: alert.summary.clone(),
        severity: alert.severity.name(),
        status,
        is_open: alert.status == AlertStatus::Open,
        is_late: alert.status == AlertStatus::Open && alert.due_at < now,
        since: format!("since {}", words::day(alert.raised_at, now)),
        reason: alert.reason.clone(),
        evidence: alert.evidence.iter().map(evidence).collect(),
        actions: alert.actions.clone(),
    }
}

fn evidence(it: &Evidence) -> String {
    let mut text = format!("{} {}", metric_title(&it.metric), words::rounded(it.observed));
    for (name, value) in [("was", it.baseline), ("bound", it.threshold)] {
        if let Some(value) = value {
            text += &format!(", {name} {}", words::rounded(value));
        }
    }
    if let Some(window) = &it.window {
        text += &format!(" ({window})");
    }
    text
}

/// Those with the most overdue steps first.
pub(super) fn runs(work: &AccountWork, now: Timestamp) -> Vec<RunPart> {
    let open = work.runs.iter().filter(|run| run.status == RunStatus::Open);
    let mut runs: Vec<_> = open.map(|run| run_part(run, now)).collect();
    runs.sort_by_key(|run| Reverse((run.n_overdue, run.to_do.len())));
    runs
}

fn run_part(run: &RunFigures, now: Timestamp) -> RunPart {
    let is_to_do = |status| matches!(status, StepStatus::Open | StepStatus::Overdue);
    let (mut to_do, mut others) = (Vec::new(), Vec::new());
    let mut steps: Vec<_> = run.steps.iter().collect();
    steps.sort_by_key(|step| step.due_at.unwrap_or(Timestamp::from_millis(i64::MAX)));
    for step in steps {
        let (status, class) = match step.status {
            StepStatus::Waiting => ("waiting", ""),
            StepStatus::Open => ("to do", ""),
            StepStatus::Overdue => ("overdue", "overdue"),
            StepStatus::Done => ("done", "done"),
            StepStatus::Skipped => ("skipped", ""),
        };
        let list = if is_to_do(step.status) { &mut to_do } else { &mut others };
        list.push(StepPart {
            id: step.step.to_string(),
            title: words::title(&step.step),
            owner: format!("{} · {}", step.title, words::title(step.owner_role.name())),
            status,
            class,
            due: match (is_to_do(step.status), step.due_at) {
                (true, Some(due)) => words::from_now(due, now),
                _ => String::new(),
            },
        });
    }
    let count = |wanted: &[StepStatus]| {
        run.steps.iter().filter(|step| wanted.contains(&step.status)).count()
    };
    RunPart {
        id: run.run_id.to_string(),
        title: words::title(&run.playbook),
        since: format!("since {}", words::day(run.started_at, now)),
        to_do,
        others,
        progress: format!(
            "{} of {}",
            count(&[StepStatus::Done, StepStatus::Skipped]),
            words::plural(run.steps.len(), "step", "steps")
        ),
        n_overdue: count(&[StepStatus::Overdue]),
    }
}

pub(super) fn opportunities(work: &AccountWork, now: Timestamp) -> Vec<OpportunityPart> {
    let part = work.opportunities.iter().map(|it| OpportunityPart {
        kind: match it.kind {
            OpportunityKind::Renewal => "Renewal",
            OpportunityKind::Expansion => "Expansion",
        },
        stage: stage(it.stage),
        amount: words::money_or_none(it.amount_cents, it.currency.as_deref().unwrap_or_default()),
        due: it.due_at.map_or_else(String::new, |due| words::day(due, now)),
        evidence: it.evidence.join(" · "),
    });
    part.collect()
}

/// The newest first; what happened several times in a row is one line.
pub(super) fn timeline(account: &Account, now: Timestamp) -> Vec<MomentPart> {
    let mut parts: Vec<(MomentPart, usize)> = Vec::new();
    for moment in account.timeline.iter().rev() {
        let (at, text) = (words::instant(moment.at, now), moment_text(moment));
        match parts.last_mut() {
            Some((last, n)) if last.at == at && last.text == text => *n += 1,
            _ => {
                let tag = moment.severity.map_or("", |severity| severity.name());
                parts.push((MomentPart { iso: moment.at.to_string(), at, text, tag }, 1));
            }
        }
    }
    let told = |(part, n): (MomentPart, usize)| match n {
        1 => part,
        n => MomentPart { text: format!("{}, {n} times", part.text), ..part },
    };
    parts.into_iter().map(told).collect()
}

/// What happened.
pub(super) fn moment_text(moment: &Moment) -> String {
    let what = words::title(&moment.what);
    let happened = words::title(moment.transition).to_lowercase();
    match (&moment.kind, &moment.step) {
        (_, Some(step)) => format!("{what}, {}: {happened}", words::title(step).to_lowercase()),
        (MomentKind::Command, _) => format!("{what}: {happened}"),
        (MomentKind::Opportunity, _) => format!("{what} opportunity: {happened}"),
        (MomentKind::Alert, _) => format!("Alert {}: {happened}", words::lower(&what)),
        (MomentKind::Run, _) => format!("Playbook {}: {happened}", words::lower(&what)),
    }
}
