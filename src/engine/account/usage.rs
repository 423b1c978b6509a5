//! The usage facet: what the account's users and programs do with the product.
//!
//! The shapes of its windows live in `window.rs`; anchors and weights in the model file.

use serde::Deserialize;

use crate::engine::event::event_types;
use crate::engine::field::{Finite, Id, Ids};

// Events

event_types! {
    /// The types of `cs.product-usage`.
    pub enum Event {
        /// A user worked with the product.
        "session" => Session(Session<'a>),
        /// A user logged in.
        "login" => Login(Login<'a>),
        /// A feature was used; without a user it counts as API calls.
        "feature_used" => FeatureUsed(FeatureUsed<'a>),
        /// Programs called the API.
        "api_call" => ApiCall(ApiCall),
        /// How much of a metered limit is used.
        "plan_usage" => PlanUsage(PlanUsage<'a>),
    }
}

/// Fields of `session`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Session<'a> {
    /// Who worked.
    #[serde(borrow)]
    pub user_id: Id<'a>,
    /// Length in seconds.
    pub duration_s: Option<u32>,
    /// Features touched.
    pub features: Option<Ids<'a>>,
}

/// Fields of `login`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Login<'a> {
    /// Who logged in.
    #[serde(borrow)]
    pub user_id: Id<'a>,
}

/// Fields of `feature_used`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct FeatureUsed<'a> {
    /// Which feature.
    #[serde(borrow)]
    pub feature: Id<'a>,
    /// Who used it; a program when absent.
    pub user_id: Option<Id<'a>>,
    /// How often; 1 when absent.
    pub count: Option<u32>,
}

/// Fields of `api_call`.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
pub struct ApiCall {
    /// Calls made.
    pub count: u32,
    /// Calls of those that failed.
    pub errors: Option<u32>,
}

/// Fields of `plan_usage`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct PlanUsage<'a> {
    /// Name of the meter.
    #[serde(borrow)]
    pub meter: Id<'a>,
    /// Used so far, in the meter's unit.
    pub used: Finite,
    /// The plan's limit, in the meter's unit.
    pub limit: Finite,
}
