//! The record of `cs.account-work`: what is open at an account, and what was done for it.
//!
//! What it counts is kept in `account/workflow/`; when it is written is decided in
//! `decide/work.rs`.

use std::collections::BTreeMap;

use compact_str::CompactString;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::AccountId;
use super::alert::Alert;
use super::opportunity::OpportunityRecord;
use super::playbook::{Role, Trigger};
use crate::engine::time::Timestamp;

/// The playbooks whose runs mitigate a risk.
pub const MITIGATIONS: [&str; 3] =
    ["at_risk_intervention", "low_engagement_revival", "usage_decline"];

/// The work at an account, as `cs.account-work` carries it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AccountWork {
    /// Whose it is.
    #[schemars(with = "String")]
    pub account_id: AccountId,
    /// As of when.
    pub at: Timestamp,
    /// The model in force.
    #[schemars(with = "String")]
    pub model_version: CompactString,
    /// The open alerts, as last published.
    pub alerts: Vec<Alert>,
    /// The open runs, and those that ended within a day.
    pub runs: Vec<RunFigures>,
    /// The open opportunities, and those that were closed within a day.
    pub opportunities: Vec<OpportunityRecord>,
    /// What was done, by day (`2026-01-31`, UTC); at most 35.
    #[schemars(with = "BTreeMap<String, ActivityFigures>")]
    pub activity: BTreeMap<CompactString, ActivityFigures>,
    /// Annual revenue in cents of the reporting currency at the last month ends, by day; at most
    /// 13.
    #[schemars(with = "BTreeMap<String, i64>")]
    pub arr_month_ends: BTreeMap<CompactString, i64>,
    /// The answers that counted at these month ends, by day; those with answers only, at most 13.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, NpsFigures>")]
    pub nps_month_ends: BTreeMap<CompactString, NpsFigures>,
    /// Seconds from raised to acknowledged, by alert; at most 50.
    #[schemars(with = "BTreeMap<String, u64>")]
    pub responses: BTreeMap<CompactString, u64>,
    /// The last answer of each respondent in 90 days.
    pub nps: NpsFigures,
    /// Sum and number of grades, by day; at most 35.
    #[schemars(with = "BTreeMap<String, (u32, u32)>")]
    pub csat: BTreeMap<CompactString, (u32, u32)>,
    /// Steps that were due, by day; at most 35.
    #[schemars(with = "BTreeMap<String, StepCounts>")]
    pub steps: BTreeMap<CompactString, StepCounts>,
    /// Renewals, oldest first; at most 13.
    pub renewals: Vec<RenewalFigures>,
    /// The customer's first benefit.
    pub first_value_at: Option<Timestamp>,
}

/// A run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunFigures {
    /// Its id.
    #[schemars(with = "String")]
    pub run_id: uuid::Uuid,
    /// Which playbook.
    #[schemars(with = "String")]
    pub playbook: CompactString,
    /// The version that it keeps.
    #[schemars(with = "String")]
    pub playbook_version: CompactString,
    /// When it began.
    pub started_at: Timestamp,
    /// What started it.
    pub trigger: Trigger,
    /// Where it stands.
    pub status: RunStatus,
    /// Its steps.
    pub steps: Vec<StepFigures>,
}

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunStatus {
    /// Something is left to do.
    Open,
    /// Nothing is.
    Completed,
    /// Its reason is gone.
    Cancelled,
}

/// A step of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StepFigures {
    /// Its id.
    #[schemars(with = "String")]
    pub step: CompactString,
    /// What is to be done.
    pub title: String,
    /// Who is to do it.
    pub owner_role: Role,
    /// By when; nothing while the step before it is not done.
    pub due_at: Option<Timestamp>,
    /// Where it stands.
    pub status: StepStatus,
}

/// Where a step stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StepStatus {
    /// It waits for another step, or for its day.
    Waiting,
    /// It is to be done.
    Open,
    /// It should have been done.
    Overdue,
    /// It was done.
    Done,
    /// It is not needed.
    Skipped,
}

/// What was done for an account on a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ActivityFigures {
    /// Meetings held, messages sent, touchpoints logged.
    pub touchpoints: u32,
    /// Business reviews that took place.
    pub reviews: u32,
    /// Success plans made or updated.
    pub plans_updated: u32,
    /// Expansion opportunities identified.
    pub expansions: u32,
    /// Times that the customer spoke for us.
    pub advocacy: u32,
    /// Interventions that were begun to mitigate a risk.
    pub mitigations: u32,
}

/// Answers by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NpsFigures {
    /// 9 and 10.
    pub promoters: u32,
    /// 7 and 8.
    pub passives: u32,
    /// 0 to 6.
    pub detractors: u32,
}

/// Steps that were due on a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StepCounts {
    /// All of them.
    pub due: u32,
    /// Those done by then.
    pub in_time: u32,
}

/// A renewal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RenewalFigures {
    /// When the contract ended, or ends.
    pub due: Timestamp,
    /// The first renewal touch for it.
    pub first_touch: Option<Timestamp>,
    /// When it was renewed; nothing for one that is open or lost.
    pub renewed_at: Option<Timestamp>,
    /// Annual revenue before, in cents of the account's currency.
    pub arr_before: Option<i64>,
    /// Annual revenue after; 0 for one that was lost.
    pub arr_after: Option<i64>,
}
