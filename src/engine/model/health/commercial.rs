//! The numbers of the commercial metrics, C1 to C5 (`scoring.md` §2).
//!
//! What is computed with them stands in `account/commercial/metrics.rs`.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::engine::account::commercial::{Budget, Intent};
use crate::engine::model::anchors::Anchors;
use crate::engine::window::WINDOW_DAYS_MAX;

/// C1.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct Payments {
    /// Invoices issued in how many days count,
    #[schemars(range(min = 1, max = 4000))]
    pub issued_window_days: u16,
    /// and due in how many.
    #[schemars(range(min = 1, max = 4000))]
    pub due_window_days: u16,
    /// Payments that failed in how many days count.
    #[schemars(range(min = 1, max = WINDOW_DAYS_MAX))]
    pub failed_window_days: u16,
    /// What each payment that failed costs.
    #[schemars(range(min = 0, max = 100))]
    pub failed_points: f64,
    /// From days late to points.
    pub anchors: Anchors,
}

/// C2.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct RenewalOutlook {
    /// For how many days what the customer means to do counts.
    #[schemars(range(min = 1, max = 4000))]
    pub intent_window_days: u16,
    /// What each intent is worth.
    pub intents: IntentPoints,
    /// How many days before the end of the contract talks count from.
    #[schemars(range(min = 1, max = WINDOW_DAYS_MAX))]
    pub talk_days: u16,
    /// How many days there are to reply in: a touch since then does not count yet.
    #[schemars(range(min = 0, max = 90))]
    pub reply_days: u16,
    /// From the share of touches that were answered to points.
    pub anchors: Anchors,
}

/// Points for what the customer means to do.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct IntentPoints {
    /// Said yes.
    #[schemars(range(min = 0, max = 100))]
    verbal_yes: f64,
    /// Rather yes.
    #[schemars(range(min = 0, max = 100))]
    likely: f64,
    /// Does not know.
    #[schemars(range(min = 0, max = 100))]
    unsure: f64,
    /// Rather not.
    #[schemars(range(min = 0, max = 100))]
    unlikely: f64,
}

/// C3.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct Expansion {
    /// The expansions of how many days count.
    #[schemars(range(min = 1, max = WINDOW_DAYS_MAX))]
    pub window_days: u16,
    /// From the number of expansions that came up to points.
    pub anchors: Anchors,
}

/// C4.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct BudgetOutlook {
    /// For how many days a status or a concern counts.
    #[schemars(range(min = 1, max = 4000))]
    pub window_days: u16,
    /// Points while the budget stands.
    #[schemars(range(min = 0, max = 100))]
    pub confirmed: f64,
    /// Points while it may be cut.
    #[schemars(range(min = 0, max = 100))]
    pub at_risk: f64,
    /// Points once it was cut.
    #[schemars(range(min = 0, max = 100))]
    pub cut: f64,
    /// Most points after a concern.
    #[schemars(range(min = 0, max = 100))]
    pub concern_max: f64,
}

/// C5.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct Competition {
    /// The mentions of how many days count.
    #[schemars(range(min = 1, max = WINDOW_DAYS_MAX))]
    pub window_days: u16,
    /// After how many days a mention counts half.
    #[schemars(range(min = 0.1, max = 1e6))]
    pub half_life_days: f64,
    /// From the decayed number of mentions to points.
    pub anchors: Anchors,
}

impl IntentPoints {
    /// What an intent is worth.
    pub const fn of(&self, intent: Intent) -> f64 {
        match intent {
            Intent::VerbalYes => self.verbal_yes,
            Intent::Likely => self.likely,
            Intent::Unsure => self.unsure,
            Intent::Unlikely => self.unlikely,
        }
    }
}

impl BudgetOutlook {
    /// What a status is worth.
    pub const fn of(&self, status: Budget) -> f64 {
        match status {
            Budget::Confirmed => self.confirmed,
            Budget::AtRisk => self.at_risk,
            Budget::Cut => self.cut,
        }
    }
}
