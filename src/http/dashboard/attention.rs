//! "Attention today": what makes an account urgent and what to do there, put into words.
//!
//! What needs attention is ranked in `view/attention.rs`; the page is `portfolio.rs`.

use super::words;
use crate::engine::time::Timestamp;
use crate::view::account::Account;
use crate::view::attention::{Attention, Reason};

/// Most reasons besides the first.
const REASONS_MAX: usize = 1;

/// An account that needs attention.
pub(super) struct AttentionRow {
    pub(super) rank: usize,
    pub(super) id: String,
    pub(super) href: String,
    pub(super) name: String,
    pub(super) sub: String,
    pub(super) arr: String,
    pub(super) health: String,
    pub(super) band: &'static str,
    pub(super) band_word: &'static str,
    pub(super) churn: String,
    pub(super) churn_band: &'static str,
    pub(super) severity: &'static str,
    pub(super) why: String,
    pub(super) more: String,
    pub(super) due: String,
    pub(super) is_late: bool,
    pub(super) alert_id: Option<String>,
    /// What answering it does: one alert at a time.
    pub(super) answer: String,
    pub(super) step: Option<NextStep>,
}

/// The step that is to be done first.
pub(super) struct NextStep {
    pub(super) run_id: String,
    pub(super) id: String,
    pub(super) title: String,
}

/// A row of the list.
pub(super) fn row(rank: usize, it: &Attention, currency: &str, now: Timestamp) -> AttentionRow {
    let row = &it.account.health;
    let due = it.reasons.first().and_then(|reason| told(reason, now).1);
    let mut texts = grouped(&it.reasons, now);
    let why = if texts.is_empty() { String::new() } else { texts.remove(0) };
    let n_hidden = texts.len().saturating_sub(REASONS_MAX);
    texts.truncate(REASONS_MAX);
    texts.extend((n_hidden > 0).then(|| format!("{n_hidden} more")));
    let more = texts.join(" · ");
    let alert = it.reasons.iter().find_map(|reason| match reason {
        Reason::Alert(alert) => Some(alert),
        Reason::Overdue(_) | Reason::Renewal(_) => None,
    });
    let alike = |reason: &&Reason| match (reason, alert) {
        (Reason::Alert(it), Some(alert)) => it.rule == alert.rule,
        _ => false,
    };
    let n_alike = it.reasons.iter().filter(alike).count();
    let none = || words::NONE.to_owned();
    AttentionRow {
        rank,
        id: row.account_id.to_string(),
        href: words::account_href(&row.account_id),
        name: row.name.to_string(),
        sub: format!("{} · {}", words::title(row.segment.name()), row.csm),
        severity: alert.map_or("", |alert| alert.severity.name()),
        answer: match n_alike {
            0 | 1 => "Acknowledge".to_owned(),
            n => format!("Acknowledge 1 of {n}"),
        },
        step: next_step(&it.account),
        arr: row.arr_cents.map_or_else(none, |cents| words::money_short(cents, currency)),
        health: format!("{:.1}", row.health),
        band: words::band_of(row.band, row.is_known).0,
        band_word: words::band_of(row.band, row.is_known).1,
        churn: words::percent(row.churn_probability, 0),
        churn_band: row.churn_band.name(),
        why,
        more,
        due: due.map_or_else(|| words::NONE.to_owned(), |due| words::from_now(due, now)),
        is_late: due.is_some_and(|due| due < now),
        alert_id: alert.map(|alert| alert.alert_id.to_string()),
    }
}

/// The step of an account that is to be done first.
fn next_step(account: &Account) -> Option<NextStep> {
    let run = account.runs().iter().find(|run| run.next_step.is_some())?;
    let (step, _) = run.next_step.as_ref()?;
    Some(NextStep {
        run_id: run.run_id.to_string(),
        id: step.to_string(),
        title: words::title(step),
    })
}

/// The reasons in words, each once with how often it came; steps that are overdue are one.
fn grouped(reasons: &[Reason], now: Timestamp) -> Vec<String> {
    let is_step = |reason: &Reason| match reason {
        Reason::Alert(alert) => alert.rule == "step_overdue",
        Reason::Overdue(_) => true,
        Reason::Renewal(_) => false,
    };
    let n_overdue: usize = reasons
        .iter()
        .map(|reason| if let Reason::Overdue(run) = reason { run.n_overdue.into() } else { 0 })
        .sum();
    let mut counts: Vec<(String, usize)> = Vec::new();
    for reason in reasons {
        let text = match is_step(reason) {
            true => format!("{} overdue", words::plural(n_overdue.max(1), "step", "steps")),
            false => told(reason, now).0,
        };
        match counts.iter_mut().find(|(known, _)| *known == text) {
            Some((_, n)) => *n += usize::from(!is_step(reason)),
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
            (format!("{}: {steps} overdue", words::title(&run.playbook)), run.due_at())
        }
        Reason::Renewal(days) => {
            let end = now.day().plus(*days as i32).start();
            (format!("Contract ends {}", words::day(end, now)), Some(end))
        }
    }
}
