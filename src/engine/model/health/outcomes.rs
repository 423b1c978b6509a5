//! The numbers of the outcome metrics, O1 to O5 (`scoring.md` §2).
//!
//! What is computed with them stands in `account/outcomes/metrics.rs`.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::engine::model::anchors::Anchors;
use crate::engine::window::WINDOW_DAYS_MAX;

/// O1.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct Roi {
    /// For how many days a report counts.
    #[schemars(range(min = 1, max = 4000))]
    pub window_days: u16,
    /// From what was realized over what was aimed at to points.
    pub anchors: Anchors,
}

/// O2.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct Kpis {
    /// For how many days a measurement counts.
    #[schemars(range(min = 1, max = 4000))]
    pub window_days: u16,
    /// Each key figure counts as at most this many times its target.
    #[schemars(range(min = 0, max = 1e6))]
    pub ratio_max: f64,
    /// From the mean of actual over target to points.
    pub anchors: Anchors,
}

/// O3.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct TimeToValue {
    /// An older account is no longer asked.
    #[schemars(range(min = 0, max = 1e6))]
    pub age_max_days: f64,
    /// From this age on, waiting for the first value counts as the time that it took.
    #[schemars(range(min = 0, max = 1e6))]
    pub waiting_from_days: f64,
    /// From days to points.
    pub anchors: Anchors,
}

/// O4.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct UseCases {
    /// The use cases of how many days count.
    #[schemars(range(min = 1, max = WINDOW_DAYS_MAX))]
    pub window_days: u16,
    /// From activated less retired to points.
    pub anchors: Anchors,
}

/// O5.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct Milestones {
    /// The milestones due in how many days count.
    #[schemars(range(min = 1, max = 4000))]
    pub window_days: u16,
    /// How many days after its due date a milestone is still in time.
    #[schemars(range(min = 0, max = 366))]
    pub grace_days: u16,
    /// What a milestone counts that was reached later; one in time counts 1, a missing one 0.
    #[schemars(range(min = 0, max = 1))]
    pub late_share: f64,
    /// From the mean to points.
    pub anchors: Anchors,
}
