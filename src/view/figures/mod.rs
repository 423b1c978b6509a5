//! The figures of the dashboard: of all accounts, a customer-success manager or a segment.
//!
//! An account's [`share::Share`] of a day is made from its two records and added to the
//! [`fold::Fold`] of each of its groups; [`Figures`] are read off a fold. So a record costs its own
//! share, not a look at all accounts. What a figure means is said in `definitions.rs`, in words for
//! those who ask. No history is kept here: a trend of a figure is its values as of several days.

use schemars::JsonSchema;
use serde::Serialize;

use fold::Fold;
use outcomes::Outcomes;
use portfolio::Portfolio;
use work::{Activity, Operations};

pub mod definitions;
pub mod fold;
pub mod groups;
pub mod outcomes;
pub mod parents;
pub mod portfolio;
pub mod share;
pub mod sums;
pub mod work;

/// All figures of some accounts.
///
/// Revenue is in cents of the reporting currency, a median is the least value that half of the
/// values do not exceed, and a day is one of UTC.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Figures {
    /// How many accounts there are, what they pay, and how they stand.
    pub portfolio: Portfolio,
    /// What was done for them.
    pub activity: Activity,
    /// Whether they stay, grow, and say that it was worth it.
    pub outcomes: Outcomes,
    /// How fast and how reliably things are done.
    pub operations: Operations,
}

impl Figures {
    /// The figures of the accounts whose shares were added.
    pub fn of(fold: &Fold) -> Self {
        fold.figures()
    }
}
