//! The records of `cs.insights`: what other teams want to know, and nobody has to act on here.
//!
//! When they are told is decided in `decide/insights.rs`; what customers write about is counted in
//! `fleet/feedback.rs`.

use compact_str::CompactString;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::AccountId;
use crate::engine::time::Timestamp;

/// An insight, as `cs.insights` carries it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct InsightRecord {
    /// Whose it is; the id of the subject when it concerns all accounts.
    #[schemars(with = "String")]
    pub account_id: AccountId,
    /// When it was found.
    pub at: Timestamp,
    /// The model that found it.
    #[schemars(with = "String")]
    pub model_version: CompactString,
    /// What it says.
    #[serde(flatten)]
    pub insight: Insight,
}

/// What an insight says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "insight", rename_all = "snake_case")]
pub enum Insight {
    /// For product and documentation: what customers write about, weighted by their revenue.
    ProductFeedback {
        /// The category of the model.
        #[schemars(with = "String")]
        category: CompactString,
        /// The feature that the tickets name; nothing where all texts of the category are counted,
        /// those that name one included.
        #[schemars(with = "Option<String>")]
        feature: Option<CompactString>,
        /// Texts of the model's window.
        texts: u32,
        /// Texts of the days before it.
        texts_before: u32,
        /// Accounts that wrote those of the window.
        accounts: u32,
        /// Their annual revenue in cents of the reporting currency.
        arr_reporting_cents: i64,
    },
    /// For finance: far more licences than users.
    LicenceHeadroom {
        /// Licensed seats.
        seats: u32,
        /// Distinct users in W(30).
        monthly_active_users: u64,
        /// Seats that nobody uses.
        unused_seats: u32,
        /// Annual revenue in cents of the reporting currency.
        arr_reporting_cents: Option<i64>,
    },
    /// For incident response: an account that an incident of the vendor touches.
    #[serde(rename = "incident_impact")]
    HeldAccount {
        /// The incident, in the words of who reported it.
        reason: String,
        /// Until when its alerts are held.
        until: Timestamp,
        /// Features that suffer.
        #[schemars(with = "Vec<String>")]
        features: Vec<CompactString>,
        /// The displayed health.
        displayed_health_score: f64,
        /// Distinct users in W(7).
        weekly_active_users: u64,
        /// Annual revenue in cents of the reporting currency.
        arr_reporting_cents: Option<i64>,
    },
}
