//! The numbers of the relationship metrics, R1 to R5 (`scoring.md` §2).
//!
//! What is computed with them stands in `account/relationship/metrics.rs`.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::engine::model::anchors::Anchors;
use crate::engine::window::WINDOW_DAYS_MAX;

/// R1.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct SponsorPresence {
    /// From days since the sponsor was last heard of to points.
    pub anchors: Anchors,
}

/// R2.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct BusinessReviews {
    /// The reviews of how many days count.
    #[schemars(range(min = 1, max = WINDOW_DAYS_MAX))]
    pub window_days: u16,
    /// From the share that was attended to points.
    pub anchors: Anchors,
}

/// R3.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct Replies {
    /// What was sent in how many days counts.
    #[schemars(range(min = 1, max = WINDOW_DAYS_MAX))]
    pub window_days: u16,
    /// How many days there are to reply in: what was sent since does not count yet.
    #[schemars(range(min = 0, max = 90))]
    pub reply_days: u16,
    /// Of fewer messages nothing is said.
    #[schemars(range(min = 1, max = 1000))]
    pub sent_min: u32,
    /// From the share that was answered to points.
    pub anchors: Anchors,
}

/// R4.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct Advocacy {
    /// The times within how many days count.
    #[schemars(range(min = 1, max = WINDOW_DAYS_MAX))]
    pub window_days: u16,
    /// From the number of times to points.
    pub anchors: Anchors,
}

/// R5.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct Community {
    /// The times within how many days count.
    #[schemars(range(min = 1, max = WINDOW_DAYS_MAX))]
    pub window_days: u16,
    /// From the number of times to points.
    pub anchors: Anchors,
}
