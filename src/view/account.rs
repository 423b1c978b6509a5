//! What is kept of one account: the figures that lists need, and its records, packed.
//!
//! Figures over many accounts are in `figures/`; when an account is taken in is `writer.rs`'s
//! business.

use std::sync::Arc;

use compact_str::CompactString;
use uuid::Uuid;

use super::figures::share::Share;
use super::pack::Packed;
use super::pressing::Pressing;
use super::timeline::Moment;
use crate::engine::account::profile::Segment;
use crate::engine::assess::lifecycle::Phase;
use crate::engine::model::churn::ChurnBand;
use crate::engine::model::health::HealthBand;
use crate::engine::output::AccountId;
use crate::engine::output::alert::{Alert, AlertStatus, Severity};
use crate::engine::output::health::{AccountHealth, CauseKind};
use crate::engine::output::opportunity::{OpportunityKind, OpportunityRecord, Stage};
use crate::engine::output::work::{AccountWork, RunFigures, RunStatus, StepStatus};
use crate::engine::time::Timestamp;

/// How many days of health a row shows.
const TREND_DAYS: usize = 30;
/// After all that are due.
const NEVER: Timestamp = Timestamp::from_millis(i64::MAX);

/// An account as the output topics left it. Immutable: a record that comes makes another one.
#[derive(Clone, Debug)]
pub struct Account {
    /// Figures of its assessment.
    pub health: Arc<HealthRow>,
    /// What is open there; nothing before its first record of work.
    pub work: Option<Arc<WorkRow>>,
    /// What happened lately, oldest first.
    pub timeline: Arc<Vec<Moment>>,
    /// What it brings to figures over many accounts.
    pub share: Arc<Share>,
    /// What of it cannot wait.
    pub pressing: Pressing,
    /// The partition number that its records lie on: commands go to the same one.
    pub partition: i32,
}

/// The figures of an assessment that lists show, filter and sort by.
#[derive(Debug)]
pub struct HealthRow {
    /// Whose it is.
    pub account_id: AccountId,
    /// Display name; the id where there is none.
    pub name: CompactString,
    /// Name and id in lower case, for searching.
    pub searched: Box<str>,
    /// As of when.
    pub at: Timestamp,
    /// The customer-success manager.
    pub csm: CompactString,
    /// Its segment.
    pub segment: Segment,
    /// Where it stands in its life.
    pub phase: Option<Phase>,
    /// Name of its plan.
    pub plan: Option<CompactString>,
    /// The parent account.
    pub parent: Option<CompactString>,
    /// The displayed health, 0 to 100.
    pub health: f64,
    /// Its band, damped.
    pub band: HealthBand,
    /// Whether anything is known of the account, or a person said its health: else health is where
    /// all begin, and the account counts in no band.
    pub is_known: bool,
    /// The change of health since the publication before, in points.
    pub change: Option<f64>,
    /// What the change came from.
    pub cause: CompactString,
    /// The probability of leaving within 90 days.
    pub churn_probability: f64,
    /// Its band.
    pub churn_band: ChurnBand,
    /// Share of the picture that is known, 0 to 1.
    pub confidence: f64,
    /// Annual revenue in cents of the reporting currency.
    pub arr_cents: Option<i64>,
    /// When the contract ends.
    pub contract_end: Option<Timestamp>,
    /// Whether a person's word is displayed in place of the score.
    pub is_overridden: bool,
    /// Whether a feed stopped for all accounts.
    pub is_stale: bool,
    /// Health by day as whole points, oldest first; at most 30.
    pub trend: Box<[u8]>,
    record: Packed,
}

/// What is open at an account, as lists show it.
#[derive(Debug)]
pub struct WorkRow {
    /// Open alerts, by [`AlertRow::rank`].
    pub alerts: Box<[AlertRow]>,
    /// Open runs, by [`RunRow::rank`].
    pub runs: Box<[RunRow]>,
    /// Open opportunities, and those closed within a day, by [`OpportunityRow::rank`].
    pub opportunities: Box<[OpportunityRow]>,
    /// Of its alerts, and of all runs of the record: also of those that ended within a day.
    pub(super) ids: Box<[Uuid]>,
    record: Packed,
}

/// An open alert.
#[derive(Clone, Debug, PartialEq)]
pub struct AlertRow {
    /// Its id.
    pub alert_id: Uuid,
    /// Which rule.
    pub rule: CompactString,
    /// How bad it is.
    pub severity: Severity,
    /// Whether somebody looks after it.
    pub status: AlertStatus,
    /// Since when.
    pub raised_at: Timestamp,
    /// By when somebody should have looked after it.
    pub due_at: Timestamp,
}

/// A run that goes on.
#[derive(Clone, Debug, PartialEq)]
pub struct RunRow {
    /// Its id.
    pub run_id: Uuid,
    /// Which playbook.
    pub playbook: CompactString,
    /// Since when.
    pub started_at: Timestamp,
    /// How many of its steps are overdue.
    pub n_overdue: u16,
    /// How many are done or not needed.
    pub n_closed: u16,
    /// How many it has.
    pub n_steps: u16,
    /// The first step to be done and when it is due.
    pub next_step: Option<(CompactString, Option<Timestamp>)>,
}

/// An opportunity.
#[derive(Clone, Debug, PartialEq)]
pub struct OpportunityRow {
    /// Its id.
    pub opportunity_id: Uuid,
    /// What it is about.
    pub kind: OpportunityKind,
    /// Where it stands.
    pub stage: Stage,
    /// Its annual value in cents, as far as it is known.
    pub amount_cents: Option<i64>,
    /// By when it is decided.
    pub due_at: Option<Timestamp>,
}

impl Account {
    /// Its id.
    pub fn id(&self) -> &AccountId {
        &self.health.account_id
    }

    /// Its open alerts.
    pub fn alerts(&self) -> &[AlertRow] {
        self.work.as_ref().map_or(&[], |work| &work.alerts)
    }

    /// Its open runs.
    pub fn runs(&self) -> &[RunRow] {
        self.work.as_ref().map_or(&[], |work| &work.runs)
    }

    /// Its opportunities.
    pub fn opportunities(&self) -> &[OpportunityRow] {
        self.work.as_ref().map_or(&[], |work| &work.opportunities)
    }
}

impl HealthRow {
    pub(super) fn new(health: &AccountHealth, record: Packed) -> Self {
        let profile = &health.profile;
        let name = profile.name.clone().unwrap_or_else(|| health.account_id.clone());
        let searched = format!("{}\n{}", name.to_lowercase(), health.account_id.to_lowercase());
        let days = health.trend.len().saturating_sub(TREND_DAYS);
        // Whole points in 0..=100 fit.
        let trend = health.trend[days..].iter().map(|day| day.1.clamp(0.0, 100.0).round() as u8);
        Self {
            account_id: health.account_id.clone(),
            name,
            searched: searched.into(),
            at: health.at,
            csm: health.csm.name.clone(),
            segment: health.segment,
            phase: health.phase,
            plan: profile.plan.clone(),
            parent: profile.parent.clone(),
            health: health.displayed_health_score,
            band: health.displayed_health_band,
            is_known: health.is_known(),
            change: change(health),
            cause: why(health).into(),
            churn_probability: health.churn_probability,
            churn_band: health.churn_band,
            confidence: health.confidence,
            arr_cents: profile.arr_reporting_cents,
            contract_end: profile.contract_end,
            is_overridden: health.health_override.is_some(),
            is_stale: health.freshness.values().any(|feed| feed.stale),
            trend: trend.collect(),
            record,
        }
    }

    /// The published record, as JSON.
    pub fn json(&self) -> Vec<u8> {
        self.record.unpack()
    }

    /// The published record.
    pub fn record(&self) -> AccountHealth {
        self.record.read()
    }

    /// Bytes that it takes, its packed record included.
    pub fn bytes(&self) -> usize {
        size_of::<Self>() + self.searched.len() + self.trend.len() + self.record.len()
    }
}

impl WorkRow {
    pub(super) fn new(work: &AccountWork, record: Packed) -> Self {
        let open = work.runs.iter().filter(|run| run.status == RunStatus::Open);
        let opportunities = work.opportunities.iter().map(OpportunityRow::new);
        let alerts = work.alerts.iter().map(|alert| alert.alert_id);
        let runs = work.runs.iter().map(|run| run.run_id);
        Self {
            alerts: sorted(work.alerts.iter().map(AlertRow::new), AlertRow::rank),
            runs: sorted(open.map(RunRow::new), RunRow::rank),
            opportunities: sorted(opportunities, OpportunityRow::rank),
            ids: alerts.chain(runs).collect(),
            record,
        }
    }

    /// The published record, as JSON.
    pub fn json(&self) -> Vec<u8> {
        self.record.unpack()
    }

    /// The published record.
    pub fn record(&self) -> AccountWork {
        self.record.read()
    }

    /// Bytes that it takes, its packed record included.
    pub fn bytes(&self) -> usize {
        size_of::<Self>()
            + size_of_val(&*self.alerts)
            + size_of_val(&*self.runs)
            + size_of_val(&*self.opportunities)
            + size_of_val(&*self.ids)
            + self.record.len()
    }
}

fn sorted<R, K: Ord>(rows: impl Iterator<Item = R>, rank: impl Fn(&R) -> K) -> Box<[R]> {
    let mut rows: Vec<_> = rows.collect();
    rows.sort_unstable_by_key(rank);
    rows.into()
}

impl AlertRow {
    pub(super) fn new(alert: &Alert) -> Self {
        Self {
            alert_id: alert.alert_id,
            rule: alert.rule.clone(),
            severity: alert.severity,
            status: alert.status,
            raised_at: alert.raised_at,
            due_at: alert.due_at,
        }
    }

    /// Its place among alerts: the gravest and those that are due first.
    pub const fn rank(&self) -> (Severity, Timestamp, Uuid) {
        (self.severity, self.due_at, self.alert_id)
    }
}

impl RunRow {
    fn new(run: &RunFigures) -> Self {
        let count = |wanted: &[StepStatus]| {
            let n = run.steps.iter().filter(|step| wanted.contains(&step.status)).count();
            u16::try_from(n).unwrap_or(u16::MAX)
        };
        let to_do = run
            .steps
            .iter()
            .filter(|step| matches!(step.status, StepStatus::Open | StepStatus::Overdue))
            .min_by_key(|step| step.due_at.unwrap_or(NEVER));
        Self {
            run_id: run.run_id,
            playbook: run.playbook.clone(),
            started_at: run.started_at,
            n_overdue: count(&[StepStatus::Overdue]),
            n_closed: count(&[StepStatus::Done, StepStatus::Skipped]),
            n_steps: u16::try_from(run.steps.len()).unwrap_or(u16::MAX),
            next_step: to_do.map(|step| (step.step.clone(), step.due_at)),
        }
    }

    /// When its next step is due.
    pub fn due_at(&self) -> Option<Timestamp> {
        self.next_step.as_ref().and_then(|(_, due_at)| *due_at)
    }

    /// Its place among runs: the one that is due next first.
    pub fn rank(&self) -> (Timestamp, Uuid) {
        (self.due_at().unwrap_or(NEVER), self.run_id)
    }
}

impl OpportunityRow {
    fn new(opportunity: &OpportunityRecord) -> Self {
        Self {
            opportunity_id: opportunity.opportunity_id,
            kind: opportunity.kind,
            stage: opportunity.stage,
            amount_cents: opportunity.amount_cents,
            due_at: opportunity.due_at,
        }
    }

    /// Its place among opportunities: the one that is decided next first.
    pub fn rank(&self) -> (Timestamp, Uuid) {
        (self.due_at.unwrap_or(NEVER), self.opportunity_id)
    }
}

/// The change of health since the publication before, in points.
fn change(health: &AccountHealth) -> Option<f64> {
    let before = health.cause.health_before?;
    Some(health.cause.health_after - before)
}

/// Why health changed, in one line: the metric that moved most, and what moved it.
fn why(health: &AccountHealth) -> String {
    let by = match (&health.cause.kind, &health.cause.event_type) {
        (CauseKind::Event, Some(event_type)) => event_type.to_string(),
        (CauseKind::LateEvent, Some(event_type)) => format!("late {event_type}"),
        (CauseKind::Event | CauseKind::LateEvent, None) => "event".to_owned(),
        (CauseKind::Time, _) => "time".to_owned(),
        (CauseKind::SourceOutage, _) => "source outage".to_owned(),
        (CauseKind::Model, _) => "model".to_owned(),
        (CauseKind::Override, _) => "override".to_owned(),
    };
    match health.cause.deltas.first() {
        Some(delta) => format!("{} {:+.1} ({by})", delta.metric, delta.points),
        None => by,
    }
}
