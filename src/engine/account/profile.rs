//! The profile facet: who the account is, as last told on `cs.accounts`.
//!
//! Its segment and age are judged in `assess.rs`; this file keeps what was said.

use serde::Deserialize;

use crate::engine::event::event_types;
use crate::engine::field::{Id, Ids, Str};
use crate::engine::time::Timestamp;

// Events

event_types! {
    /// The types of `cs.accounts`.
    pub enum Event {
        /// The whole profile, as it is now; the last one counts.
        "account_updated" => Updated(Updated<'a>),
    }
}

/// Fields of `account_updated`: an upsert of the whole profile.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct Updated<'a> {
    /// Display name.
    #[serde(borrow)]
    pub name: Option<Str<'a>>,
    /// An explicit segment, before any rule.
    pub segment: Option<Segment>,
    /// Set by hand for accounts of strategic weight.
    pub strategic: Option<bool>,
    /// Annual recurring revenue in cents of `currency`.
    pub arr_cents: Option<i64>,
    /// ISO 4217 code.
    pub currency: Option<Id<'a>>,
    /// Licensed seats; 0 counts as missing.
    pub seats: Option<u32>,
    /// Name of the plan.
    pub plan: Option<Id<'a>>,
    /// Products under contract.
    pub products: Option<Ids<'a>>,
    /// The features that this account bought the product for; empty counts as missing.
    pub core_features: Option<Ids<'a>>,
    /// The customer-success manager.
    pub csm: Option<Id<'a>>,
    /// The executive sponsor at the customer.
    pub sponsor: Option<Str<'a>>,
    /// The parent account.
    pub parent: Option<Id<'a>>,
    /// IANA time zone of the customer.
    pub timezone: Option<Id<'a>>,
    /// When the account began.
    pub created_at: Option<Timestamp>,
    /// When the contract began.
    pub contract_start: Option<Timestamp>,
    /// When the contract ends.
    pub contract_end: Option<Timestamp>,
    /// Days of notice before `contract_end`.
    pub notice_days: Option<u16>,
    /// Length of the contract in months; 1 or less is a monthly contract.
    pub term_months: Option<u16>,
}

/// The four segments (`scoring.md` §1).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Segment {
    /// Above 100 K ARR or 500 seats.
    Enterprise,
    /// From 25 K ARR or 50 seats.
    MidMarket,
    /// Below.
    Smb,
    /// By flag.
    Strategic,
}
