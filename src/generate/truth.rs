//! What the world hides from the engine: each account's state month by month, and its fate.
//!
//! How the state moves is said in `account/state.rs`.

use serde::Serialize;

use crate::engine::account::profile::Segment;
use crate::engine::time::Timestamp;

/// The truth about one account, as far as the world has been lived.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Truth {
    /// Whose.
    pub account_id: String,
    /// Its segment.
    pub segment: Segment,
    /// When it became a customer.
    pub created_at: Timestamp,
    /// Length of its contracts in months; 1 is a monthly contract.
    pub term_months: u16,
    /// The hidden state at the first day of each month.
    pub months: Vec<Month>,
    /// What befell it, in the order of time.
    pub shocks: Vec<Befallen>,
    /// When it made up its mind to leave; nobody was told.
    pub decided_at: Option<Timestamp>,
    /// When it left.
    pub churned_at: Option<Timestamp>,
    /// Why it left, in truth.
    pub reason: Option<&'static str>,
}

/// The hidden state at the beginning of a month; each figure 0 to 1.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Month {
    /// `2025-03`.
    pub month: String,
    /// What the customer gets out of the product.
    pub value: f64,
    /// What stands in their way.
    pub friction: f64,
    /// How much the sponsor stands behind it; 0 when there is none.
    pub sponsor: f64,
    /// How safe the money is.
    pub budget: f64,
    /// How near a rival is.
    pub competitor: f64,
}

/// Something that befell an account.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Befallen {
    /// When.
    pub at: Timestamp,
    /// What.
    pub shock: Shock,
}

/// What can befall an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Shock {
    /// The sponsor left the company.
    SponsorLeft,
    /// Somebody else took over from the sponsor.
    SponsorFound,
    /// The best friend of the product rose in rank.
    ChampionPromoted,
    /// The budget was cut.
    BudgetCut,
    /// A rival began to court the customer.
    RivalCourts,
    /// The customer reorganised.
    Reorganised,
    /// A release broke something that the customer needs.
    BadRelease,
    /// The product was down.
    Outage,
    /// Plans changed: from now on the product is worth more or less to them.
    PlansChanged,
}
