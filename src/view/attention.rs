//! "Attention today": the accounts that somebody should work on now, the most at stake first.
//!
//! It ranks what was published, by revenue × risk × urgency; it decides nothing. What is to be
//! done at an account is in its alerts and runs.

use std::cmp::Reverse;
use std::sync::Arc;

use super::account::{Account, AlertRow, RunRow};
use super::first::First;
use super::list::Filter;
use super::pressing::Pressing;
use super::snapshot::Snapshot;
use crate::engine::model::health::HealthBand;
use crate::engine::output::alert::{AlertStatus, Severity};
use crate::engine::time::Timestamp;

/// How many accounts one manager can work on in a day.
pub const WORKABLE_MAX: usize = 10;
/// From how many days before the end of its contract an unhealthy account needs attention.
const RENEWAL_NEAR_DAYS: f64 = 30.0;
/// From how many days before its end a contract adds to the urgency.
const RENEWAL_DAYS: f64 = 90.0;
/// By how much overdue steps multiply the urgency.
const OVERDUE_WEIGHT: f64 = 1.5;

/// An account that needs attention, and why.
#[derive(Clone, Debug)]
pub struct Attention {
    /// Which.
    pub account: Arc<Account>,
    /// Revenue (in units of the reporting currency, at least 1) × risk × urgency.
    pub score: f64,
    /// The probability of leaving within 90 days.
    pub risk: f64,
    /// From 1; what makes it more is listed in `reasons`.
    pub urgency: f64,
    /// Why it is here, the weightiest first.
    pub reasons: Vec<Reason>,
}

/// Something that cannot wait.
#[derive(Clone, Debug, PartialEq)]
pub enum Reason {
    /// An alert that nobody looks after yet.
    Alert(AlertRow),
    /// A run with steps that should have been done.
    Overdue(RunRow),
    /// The contract ends within 90 days, in so many as days of UTC are counted.
    Renewal(f64),
}

impl Reason {
    /// By how much it multiplies the urgency.
    ///
    /// An alert by its severity (critical 3, error 2, warning 1.5, info 1), half as much again once
    /// it is past due; overdue steps by 1.5; a renewal by 1 at 90 days, rising to 2 at its end.
    pub fn weight(&self, now: Timestamp) -> f64 {
        match self {
            Reason::Alert(alert) => alert_weight(alert.severity, alert.due_at, now),
            Reason::Overdue(_) => OVERDUE_WEIGHT,
            Reason::Renewal(days) => renewal_weight(*days),
        }
    }
}

fn alert_weight(severity: Severity, due_at: Timestamp, now: Timestamp) -> f64 {
    let late = if due_at < now { 1.5 } else { 1.0 };
    late * match severity {
        Severity::Critical => 3.0,
        Severity::Error => 2.0,
        Severity::Warning => 1.5,
        Severity::Info => 1.0,
    }
}

fn renewal_weight(days: f64) -> f64 {
    2.0 - (days / RENEWAL_DAYS).clamp(0.0, 1.0)
}

impl Snapshot {
    /// The accounts that need attention at `now`, the most at stake first, at most `most`.
    ///
    /// An account needs it when an alert is open that nobody looks after, a step is overdue, or its
    /// contract ends within 30 days while it is not green. Urgency is the weight of the weightiest
    /// alert × that of overdue steps × that of the renewal.
    pub fn attention(&self, filter: &Filter, now: Timestamp, most: usize) -> Vec<Attention> {
        let mut first = First::new(None, most);
        for account in self.filtered(filter) {
            let Some(stake) = Stake::of(&account.pressing, now) else { continue };
            // The most comes first; numbers that are not negative are ordered as their bits are.
            let rank = Reverse(stake.score.to_bits());
            // Whose rank is too low needs no look at its id.
            if first.wants(&(rank, "")) {
                first.put((rank, account.id().as_str()), (stake, account));
            }
        }
        let found = first.into_rows().0.into_iter();
        found.map(|(_, (stake, account))| stake.explained(account, now)).collect()
    }
}

/// What is at stake at an account that needs attention.
struct Stake {
    score: f64,
    urgency: f64,
    /// Days until its contract ends, if that counts.
    renewal_days: Option<f64>,
}

impl Stake {
    fn of(it: &Pressing, now: Timestamp) -> Option<Self> {
        let earliest = Severity::ALL.into_iter().zip(it.alerts_due_at);
        let weights = earliest.filter_map(|(it, due_at)| Some(alert_weight(it, due_at?, now)));
        let heaviest = weights.max_by(f64::total_cmp);
        let days = it.contract_end.map(|end| end.day().number() - now.day().number());
        // On its last day a contract can be renewed still.
        let days = days.filter(|days| *days >= 0).map(f64::from);
        let is_renewal_near =
            days.is_some_and(|it| it <= RENEWAL_NEAR_DAYS) && it.band != HealthBand::Green;
        if heaviest.is_none() && !it.is_overdue && !is_renewal_near {
            return None;
        }
        let renewal_days = days.filter(|days| *days <= RENEWAL_DAYS);
        let urgency = heaviest.unwrap_or(1.0)
            * if it.is_overdue { OVERDUE_WEIGHT } else { 1.0 }
            * renewal_days.map_or(1.0, renewal_weight);
        let revenue = it.arr_cents.map_or(1.0, |cents| (cents as f64 / 100.0).max(1.0));
        Some(Self { score: revenue * it.churn_probability * urgency, urgency, renewal_days })
    }

    fn explained(self, account: &Arc<Account>, now: Timestamp) -> Attention {
        let overdue = account.runs().iter().filter(|run| run.n_overdue > 0).cloned();
        let mut reasons: Vec<_> = open(account)
            .cloned()
            .map(Reason::Alert)
            .chain(overdue.map(Reason::Overdue))
            .chain(self.renewal_days.map(Reason::Renewal))
            .collect();
        reasons.sort_by(|a, b| b.weight(now).total_cmp(&a.weight(now)));
        Attention {
            account: Arc::clone(account),
            score: self.score,
            risk: account.health.churn_probability,
            urgency: self.urgency,
            reasons,
        }
    }
}

/// The alerts that nobody looks after.
fn open(account: &Account) -> impl Iterator<Item = &AlertRow> {
    account.alerts().iter().filter(|alert| alert.status == AlertStatus::Open)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::view::samples::{NOW, account, alert, snapshot_with_work, work};

    #[test]
    fn the_most_at_stake_comes_first_and_what_is_looked_after_does_not_come() {
        let of = |id: &str, arr: i64, p: f64| {
            account(id, |it| {
                it["profile"]["arr_reporting_cents"] = json!(arr);
                it["churn_probability"] = json!(p);
                it["profile"]["contract_end"] = json!(null);
            })
        };
        let open =
            |id: &str, severity: &str, status: &str| work(id, vec![alert(id, severity, status)]);
        let view = snapshot_with_work(
            &[
                of("quiet", 900_000, 0.9),
                of("small", 10_000, 0.2),
                of("large", 100_000, 0.1),
                of("seen", 900_000, 0.9),
            ],
            &[
                open("small", "critical", "open"),
                open("large", "error", "open"),
                open("seen", "critical", "acknowledged"),
            ],
        );
        let found = view.attention(&Filter::default(), NOW, 10);
        let told: Vec<_> =
            found.iter().map(|it| (it.account.id().to_string(), it.score, it.urgency)).collect();
        // 1000 × 0.1 × 2, and 100 × 0.2 × 3.
        assert_eq!(told, [("large".to_owned(), 200.0, 2.0), ("small".to_owned(), 60.0, 3.0)]);
        assert_eq!(view.attention(&Filter::default(), NOW, 1).len(), 1);
        assert!(matches!(&found[0].reasons[..], [Reason::Alert(it)] if it.rule == "health_red"));
    }

    #[test]
    fn a_renewal_is_urgent_by_its_days() {
        let renewing = |id: &str, end: &str, band: &str| {
            account(id, |it| {
                it["profile"]["contract_end"] = json!(end);
                it["displayed_health_band"] = json!(band);
            })
        };
        let view = snapshot_with_work(
            &[
                renewing("near", "2026-02-10", "yellow"),
                renewing("today", "2026-02-01", "yellow"),
                renewing("well", "2026-02-10", "green"),
                renewing("far", "2026-04-20", "red"),
                renewing("over", "2026-01-20", "red"),
                account("left", |it| {
                    it["profile"]["contract_end"] = json!("2026-02-10");
                    it["displayed_health_band"] = json!("red");
                    it["phase"] = json!("churned");
                }),
            ],
            &[],
        );
        let found = view.attention(&Filter::default(), NOW.plus_millis(9 * 3_600_000), 10);
        let told: Vec<_> = found.iter().map(|it| (it.account.id().as_str(), it.urgency)).collect();
        assert_eq!(told, [("today", 2.0), ("near", 1.9)]);
    }
}
