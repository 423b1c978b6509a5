//! The record of `cs.opportunities`: where a renewal or an expansion stands.
//!
//! When one is made and closed is decided in `decide/opportunities.rs`.

use compact_str::CompactString;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::AccountId;
use crate::engine::time::Timestamp;

/// An opportunity, as `cs.opportunities` carries it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OpportunityRecord {
    /// Whose it is.
    #[schemars(with = "String")]
    pub account_id: AccountId,
    /// When it came to this.
    pub at: Timestamp,
    /// The model that decided it.
    #[schemars(with = "String")]
    pub model_version: CompactString,
    /// UUIDv5 of account, kind and what it is about.
    #[schemars(with = "String")]
    pub opportunity_id: uuid::Uuid,
    /// What it is about.
    pub kind: OpportunityKind,
    /// Its annual value, in cents of `currency`, as far as it is known.
    pub amount_cents: Option<i64>,
    /// ISO 4217 code, as far as it is known.
    #[schemars(with = "Option<String>")]
    pub currency: Option<CompactString>,
    /// Where it stands.
    pub stage: Stage,
    /// What speaks for it.
    pub evidence: Vec<String>,
    /// Who looks after it.
    #[schemars(with = "String")]
    pub owner: CompactString,
    /// By when it is decided.
    pub due_at: Option<Timestamp>,
    /// 1 for the first record, then counted up.
    pub sequence: u32,
}

/// What an opportunity is about.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum OpportunityKind {
    /// The contract goes on.
    Renewal,
    /// The customer buys more.
    Expansion,
}

/// Where an opportunity stands.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Somebody of customer success looks after it.
    Open,
    /// Sales does.
    HandedOver,
    /// The customer said yes.
    Won,
    /// The customer said no.
    Lost,
}
