//! The profile facet: who the account is, as last told on `cs.accounts`.
//!
//! Its segment and age are judged in `assess.rs`; this file keeps what was said.

use compact_str::CompactString;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::engine::event::event_types;
use crate::engine::field::{Id, Ids, Str};
use crate::engine::id::name_hash;
use crate::engine::stamp::{Last, Moment};
use crate::engine::time::Timestamp;

use super::feed::Feed;

// Events

event_types! {
    /// The types of `cs.accounts`.
    pub enum Event in "cs.accounts" {
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
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
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

impl Segment {
    /// All segments.
    pub const ALL: [Segment; 4] =
        [Segment::Enterprise, Segment::MidMarket, Segment::Smb, Segment::Strategic];

    /// The name as published.
    pub const fn name(self) -> &'static str {
        match self {
            Segment::Enterprise => "enterprise",
            Segment::MidMarket => "mid_market",
            Segment::Smb => "smb",
            Segment::Strategic => "strategic",
        }
    }
}

// State

/// Who the account is: what `cs.accounts` told last.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    /// The stream of `cs.accounts`.
    pub feed: Feed,
    last: Last<Box<Said>>,
}

/// What the last `account_updated` said; what it left out is not known, whoever said it before.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Said {
    /// Display name.
    pub name: Option<CompactString>,
    /// An explicit segment, before any rule.
    pub segment: Option<Segment>,
    /// Set by hand for accounts of strategic weight.
    pub is_strategic: bool,
    /// Annual recurring revenue in cents of `currency`.
    pub arr_cents: Option<i64>,
    /// ISO 4217 code; the reporting currency when absent.
    pub currency: Option<CompactString>,
    /// Licensed seats, at least 1.
    pub seats: Option<u32>,
    /// Name of the plan.
    pub plan: Option<CompactString>,
    /// Products under contract.
    pub products: Vec<CompactString>,
    /// Hashes of the core features' names, in order and each once; empty when not known.
    pub core_features: Vec<u64>,
    /// The customer-success manager.
    pub csm: Option<CompactString>,
    /// The executive sponsor at the customer.
    pub sponsor: Option<CompactString>,
    /// The parent account.
    pub parent: Option<CompactString>,
    /// IANA time zone of the customer.
    pub timezone: Option<CompactString>,
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

impl Profile {
    pub(super) fn fold(&mut self, event: &Event<'_>, moment: Moment<'_>) {
        let Event::Updated(updated) = event;
        self.last.see(moment, || Box::new(Said::from(updated)));
    }

    /// What was said last.
    pub fn said(&self) -> Option<&Said> {
        self.last.get().map(|said| &**said)
    }

    /// When it was said.
    pub fn said_at(&self) -> Option<Timestamp> {
        self.last.at()
    }
}

impl From<&Updated<'_>> for Said {
    fn from(updated: &Updated<'_>) -> Self {
        let id = |id: &Option<Id<'_>>| id.as_ref().map(|id| CompactString::new(&**id));
        let text = |text: &Option<Str<'_>>| text.as_ref().map(|text| CompactString::new(&**text));
        let features = updated.core_features.as_deref().unwrap_or_default();
        let mut core_features: Vec<u64> = features.iter().map(|name| name_hash(name)).collect();
        core_features.sort_unstable();
        core_features.dedup();
        let products = updated.products.as_deref().unwrap_or_default();
        Self {
            name: text(&updated.name),
            segment: updated.segment,
            is_strategic: updated.strategic.unwrap_or(false),
            arr_cents: updated.arr_cents,
            currency: id(&updated.currency),
            seats: updated.seats.filter(|seats| *seats > 0),
            plan: id(&updated.plan),
            products: products.iter().map(|name| CompactString::new(&**name)).collect(),
            core_features,
            csm: id(&updated.csm),
            sponsor: text(&updated.sponsor),
            parent: id(&updated.parent),
            timezone: id(&updated.timezone),
            created_at: updated.created_at,
            contract_start: updated.contract_start,
            contract_end: updated.contract_end,
            notice_days: updated.notice_days,
            term_months: updated.term_months,
        }
    }
}
