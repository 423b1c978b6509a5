//! The record of `cs.deliverables`: the answer to a command or an operation.
//!
//! What is answered is decided in `decide/orders.rs`; documents are the business of `report/`.

use compact_str::CompactString;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::AccountId;
use crate::engine::time::Timestamp;

/// The `operation` of the answer to a command.
pub const COMMAND_RESULT: &str = "command_result";

/// An answer, as `cs.deliverables` carries it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Deliverable {
    /// Whose account it is about.
    #[schemars(with = "String")]
    pub account_id: AccountId,
    /// When it was answered.
    pub at: Timestamp,
    /// The model in force.
    #[schemars(with = "String")]
    pub model_version: CompactString,
    /// The request's own id; of a command its event id.
    #[schemars(with = "String")]
    pub request_id: CompactString,
    /// [`COMMAND_RESULT`], or the operation.
    #[schemars(with = "String")]
    pub operation: CompactString,
    /// The command that was answered, as its type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub command: Option<CompactString>,
    /// Who asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub actor: Option<CompactString>,
    /// What became of it.
    pub status: AnswerStatus,
    /// Why it was refused.
    pub error: Option<Refusal>,
}

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AnswerStatus {
    /// The document is there.
    Ok,
    /// There is none.
    Error,
    /// The command was carried out.
    Applied,
    /// It was not.
    Refused,
}

impl AnswerStatus {
    /// The name as published.
    pub const fn name(self) -> &'static str {
        match self {
            AnswerStatus::Ok => "ok",
            AnswerStatus::Error => "error",
            AnswerStatus::Applied => "applied",
            AnswerStatus::Refused => "refused",
        }
    }
}

/// Why a request was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Refusal {
    /// A word for programs.
    #[schemars(with = "String")]
    pub code: CompactString,
    /// The field that is wrong, where it is one.
    #[schemars(with = "Option<String>")]
    pub field: Option<CompactString>,
    /// A sentence for people, with the remedy.
    pub message: String,
}
