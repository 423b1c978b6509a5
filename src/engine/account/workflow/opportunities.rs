//! The opportunities of an account: renewals and expansions that are open, or just closed.
//!
//! When one is made and goes on is decided in `decide/opportunities.rs`.

use compact_str::CompactString;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::engine::output::opportunity::{OpportunityKind, Stage};
use crate::engine::time::Timestamp;

/// Most opportunities of an account that are kept; of the closed ones, else of all, the oldest
/// goes.
pub const OPPORTUNITIES_MAX: usize = 16;

/// An opportunity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Opportunity {
    /// UUIDv5 of account, kind and what it is about.
    pub opportunity_id: Uuid,
    /// What it is about.
    pub kind: OpportunityKind,
    /// What the CRM calls it.
    pub crm_id: Option<CompactString>,
    /// Its annual value, in cents of the account's currency.
    pub amount_cents: Option<i64>,
    /// Where it stands.
    pub stage: Stage,
    /// What speaks for it.
    pub evidence: Vec<String>,
    /// By when it is decided.
    pub due_at: Option<Timestamp>,
    /// When it was closed.
    pub closed_at: Option<Timestamp>,
    /// The last sequence number said.
    pub sequence: u32,
}

impl Opportunity {
    /// Whether it is not decided yet.
    pub const fn is_open(&self) -> bool {
        matches!(self.stage, Stage::Open | Stage::HandedOver)
    }
}
