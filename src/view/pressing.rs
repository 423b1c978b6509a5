//! What may not be able to wait at an account, in one place of memory: it is looked at for every
//! account whenever somebody asks what is to be done.
//!
//! What of it needs attention, and how much, is `attention.rs`.

use super::account::{HealthRow, RunRow, WorkRow};
use crate::engine::assess::lifecycle::Phase;
use crate::engine::model::health::HealthBand;
use crate::engine::output::alert::{AlertStatus, Severity};
use crate::engine::time::Timestamp;

/// What may not be able to wait at an account.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pressing {
    /// The earliest due time of the alerts that nobody looks after, by severity.
    pub alerts_due_at: [Option<Timestamp>; Severity::ALL.len()],
    /// The earliest due time of the next steps of its runs.
    pub step_due_at: Option<Timestamp>,
    /// How many runs have a next step that is due some time.
    pub n_steps: u16,
    /// A run has steps that should have been done.
    pub is_overdue: bool,
    /// The band of its displayed health.
    pub band: HealthBand,
    /// The probability of leaving within 90 days.
    pub churn_probability: f64,
    /// Annual revenue in cents of the reporting currency.
    pub arr_cents: Option<i64>,
    /// When the contract ends, unless the account left: nothing of it is renewed.
    pub contract_end: Option<Timestamp>,
}

impl Pressing {
    pub(super) fn new(health: &HealthRow, work: Option<&WorkRow>) -> Self {
        let (alerts, runs) = work.map_or((&[][..], &[][..]), |work| (&work.alerts, &work.runs));
        let mut alerts_due_at = [None; Severity::ALL.len()];
        for alert in alerts.iter().filter(|alert| alert.status == AlertStatus::Open) {
            // They come in the order of their due times.
            alerts_due_at[alert.severity as usize].get_or_insert(alert.due_at);
        }
        let n_steps = runs.iter().filter(|run| run.due_at().is_some()).count();
        Self {
            alerts_due_at,
            step_due_at: runs.first().and_then(RunRow::due_at),
            n_steps: u16::try_from(n_steps).unwrap_or(u16::MAX),
            is_overdue: runs.iter().any(|run| run.n_overdue > 0),
            band: health.band,
            churn_probability: health.churn_probability,
            arr_cents: health.arr_cents,
            contract_end: health.contract_end.filter(|_| health.phase != Some(Phase::Churned)),
        }
    }
}
