//! How an account looks in a list: a few figures, each by its published name; 200 rows have to fit
//! into 100 kB, so what is rarely there is left out where it is not.
//!
//! Whole records are passed on as they were published (`answer.rs`).

use std::ops::Not;

use compact_str::CompactString;
use schemars::JsonSchema;
use serde::Serialize;

use crate::engine::account::profile::Segment;
use crate::engine::assess::lifecycle::Phase;
use crate::engine::model::churn::ChurnBand;
use crate::engine::model::health::HealthBand;
use crate::engine::output::AccountId;
use crate::engine::output::alert::Severity;
use crate::engine::time::Timestamp;
use crate::view::account::Account;

/// An account in a list.
#[derive(Serialize, JsonSchema)]
pub(super) struct AccountItem {
    /// Its id.
    #[schemars(with = "String")]
    pub account_id: AccountId,
    /// Display name; the id where there is none.
    #[schemars(with = "String")]
    pub name: CompactString,
    /// As of when it was assessed.
    pub at: Timestamp,
    /// Its segment.
    pub segment: Segment,
    /// Where it stands in its life.
    pub phase: Option<Phase>,
    /// Name of its plan.
    #[schemars(with = "Option<String>")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<CompactString>,
    /// The customer-success manager.
    #[schemars(with = "String")]
    pub csm: CompactString,
    /// The parent account.
    #[schemars(with = "Option<String>")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<CompactString>,
    /// The displayed health, 0 to 100.
    pub displayed_health_score: f64,
    /// Its band, damped.
    pub displayed_health_band: HealthBand,
    /// Nothing is known of it yet: health is where all begin, and counts in no band; absent if not.
    #[serde(skip_serializing_if = "Not::not")]
    pub no_data: bool,
    /// A person's word is displayed in place of the score; absent if not.
    #[serde(skip_serializing_if = "Not::not")]
    pub is_overridden: bool,
    /// The change of health since the publication before, in points.
    pub change: Option<f64>,
    /// What the change came from.
    #[schemars(with = "String")]
    pub why: CompactString,
    /// The probability of leaving within 90 days.
    pub churn_probability: f64,
    /// Its band.
    pub churn_band: ChurnBand,
    /// Share of the picture that is known, 0 to 1.
    pub confidence: f64,
    /// Annual revenue in cents of the reporting currency.
    pub arr_reporting_cents: Option<i64>,
    /// When the contract ends.
    pub contract_end: Option<Timestamp>,
    /// A feed stopped for all accounts; absent if not.
    #[serde(skip_serializing_if = "Not::not")]
    pub is_stale: bool,
    /// How many alerts are open.
    pub open_alerts: usize,
    /// How bad the gravest of them is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub worst_severity: Option<Severity>,
    /// How many runs go on.
    pub open_runs: usize,
    /// How many of their steps are overdue.
    pub overdue_steps: u32,
}

impl AccountItem {
    /// Of an account of the view.
    pub(super) fn new(account: &Account) -> Self {
        let row = &*account.health;
        Self {
            account_id: row.account_id.clone(),
            name: row.name.clone(),
            at: row.at,
            segment: row.segment,
            phase: row.phase,
            plan: row.plan.clone(),
            csm: row.csm.clone(),
            parent: row.parent.clone(),
            displayed_health_score: row.health,
            displayed_health_band: row.band,
            no_data: !row.is_known,
            is_overridden: row.is_overridden,
            change: row.change.map(|points| (points * 1_000.0).round() / 1_000.0),
            why: row.cause.clone(),
            churn_probability: row.churn_probability,
            churn_band: row.churn_band,
            confidence: row.confidence,
            arr_reporting_cents: row.arr_cents,
            contract_end: row.contract_end,
            is_stale: row.is_stale,
            open_alerts: account.alerts().len(),
            worst_severity: account.alerts().iter().map(|alert| alert.severity).min(),
            open_runs: account.runs().len(),
            overdue_steps: account.runs().iter().map(|run| u32::from(run.n_overdue)).sum(),
        }
    }
}
