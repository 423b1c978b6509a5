//! The fleet part of the model file: when a feed counts as stopped, and who is a peer.
//!
//! What is made of these numbers stands in `engine/fleet.rs`.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::engine::fleet::rhythm::MEMORY_DAYS;
use crate::engine::time::{DAY_MS, HOUR_MS};
use crate::engine::window::WINDOW_DAYS_MAX;

/// When a feed counts as stopped.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct SilenceRule {
    /// No feed is silent after less than this.
    #[schemars(range(min = 1, max = 1e4))]
    pub at_least_hours: f64,
    /// Nor after less than this many times its own usual longest gap.
    #[schemars(range(min = 1, max = 1e3))]
    pub times_usual_gap: f64,
    /// A feed that is known for less long is not judged: a week has a weekend.
    #[schemars(range(min = 1, max = MEMORY_DAYS))]
    pub history_days_min: u16,
    /// A feed that made fewer gaps in its last four weeks is too rare to be judged.
    #[schemars(range(min = 1, max = 1000))]
    pub gaps_min: u16,
    /// A feed that is known for so long: a gap that was a silence by all others is not usual.
    #[schemars(range(min = 1, max = MEMORY_DAYS))]
    pub outages_after_days: u16,
}

/// Whom an account is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct PeersRule {
    /// With fewer accounts of its segment an account is not compared.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub accounts_min: u32,
    /// An account is a healthy peer from this health on, 0 to 100.
    #[schemars(range(min = 0, max = 100))]
    pub healthy_from: f64,
    /// Fewer healthy accounts of its segment and plan do not tell what an account could use.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub healthy_min: u32,
    /// A feature is named when at least this share of the healthy peers uses it, 0 to 1.
    #[schemars(range(min = 0.01, max = 1))]
    pub feature_share: f64,
    /// A feature is in use when it was used in so many days.
    #[schemars(range(min = 1, max = WINDOW_DAYS_MAX))]
    pub feature_days: u16,
}

/// When many accounts use the product less all at once: that says nothing about any of them.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct FleetDropRule {
    /// Fewer accounts than these are no drop of all.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub accounts_min: u32,
    /// So many times the mean of the 28 days before.
    #[schemars(range(min = 1, max = 100))]
    pub times_mean: f64,
    /// There must be so many days before to compare with.
    #[schemars(range(min = 1, max = 28))]
    pub days_min: u16,
}

impl SilenceRule {
    /// How long a feed may pause whose usual longest gap is this, in milliseconds.
    pub fn allowed_ms(&self, usual_gap_ms: i64) -> i64 {
        let at_least_ms = self.at_least_hours * HOUR_MS as f64;
        (self.times_usual_gap * usual_gap_ms as f64).max(at_least_ms) as i64
    }

    /// The least time for which a feed must be known to be judged, in milliseconds.
    pub const fn history_ms_min(&self) -> i64 {
        self.history_days_min as i64 * DAY_MS
    }

    /// From when on outages are told from gaps, in milliseconds.
    pub const fn outages_after_ms(&self) -> i64 {
        self.outages_after_days as i64 * DAY_MS
    }
}
