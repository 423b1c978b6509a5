//! The record of `cs.playbooks`: one transition of a playbook run.
//!
//! When a run starts, goes on and ends is decided in `decide/playbooks.rs`.

use std::collections::BTreeMap;

use compact_str::CompactString;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::AccountId;
use crate::engine::time::Timestamp;

/// One transition of a run, as `cs.playbooks` carries it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunRecord {
    /// Whose it is.
    #[schemars(with = "String")]
    pub account_id: AccountId,
    /// When the transition happened: for one that time brought, when it was due.
    pub at: Timestamp,
    /// The model that decided it.
    #[schemars(with = "String")]
    pub model_version: CompactString,
    /// UUIDv5 of account, playbook and what started it.
    #[schemars(with = "String")]
    pub run_id: uuid::Uuid,
    /// Which playbook.
    #[schemars(with = "String")]
    pub playbook: CompactString,
    /// The playbook's version that the run started with, and keeps.
    #[schemars(with = "String")]
    pub playbook_version: CompactString,
    /// What happened.
    pub transition: RunTransition,
    /// 1 for the start, then counted up.
    pub sequence: u32,
    /// The step that it is about; nothing for the run as a whole.
    #[schemars(with = "Option<String>")]
    pub step: Option<CompactString>,
    /// Who is to do it.
    pub owner_role: Option<Role>,
    /// The same by name, as far as one is known.
    #[schemars(with = "Option<String>")]
    pub owner: Option<CompactString>,
    /// By when.
    pub due_at: Option<Timestamp>,
    /// How long after `at` this was found, in whole seconds: more than 0 after an outage.
    pub late_by_seconds: u64,
    /// What started the run.
    pub trigger: Trigger,
    /// Why, in words.
    pub reason: String,
    /// What one needs to know to act: figures, names, messages.
    #[schemars(with = "BTreeMap<String, Value>")]
    pub context: BTreeMap<CompactString, Value>,
    /// All steps; only when it starts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steps: Option<Vec<StepPlan>>,
}

/// What happened to a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunTransition {
    /// It began.
    Started,
    /// A step was done.
    StepDone,
    /// A step is not needed.
    StepSkipped,
    /// A step was not done in time.
    StepOverdue,
    /// A step that was not done in time was handed up.
    StepEscalated,
    /// It ended: nothing is left to do.
    Completed,
    /// It ended: its reason is gone.
    Cancelled,
}

/// Who does a step.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The account's customer-success manager.
    Csm,
    /// Their lead.
    CsmLead,
    /// An executive of ours.
    Executive,
    /// Sales.
    Sales,
    /// Onboarding.
    Onboarding,
    /// Support.
    Support,
    /// Marketing.
    Marketing,
    /// Finance.
    Finance,
}

/// What started a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Trigger {
    /// Which kind of thing.
    pub kind: TriggerKind,
    /// The metric, alert or date that did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub metric: Option<CompactString>,
    /// The event that did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub event_id: Option<CompactString>,
    /// The metric's value, or the date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
}

/// Which kind of thing starts a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TriggerKind {
    /// Something came to be the case.
    Condition,
    /// Something happened.
    Event,
    /// A date came.
    Date,
    /// Somebody asked for it.
    Command,
}

/// A step as planned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StepPlan {
    /// Its id.
    #[schemars(with = "String")]
    pub step: CompactString,
    /// What is to be done.
    pub title: String,
    /// Who is to do it.
    pub owner_role: Role,
    /// The same by name, as far as one is known.
    #[schemars(with = "Option<String>")]
    pub owner: Option<CompactString>,
    /// By when; nothing while the step before it is not done.
    pub due_at: Option<Timestamp>,
}

impl RunTransition {
    /// The name as published.
    pub const fn name(self) -> &'static str {
        match self {
            RunTransition::Started => "started",
            RunTransition::StepDone => "step_done",
            RunTransition::StepSkipped => "step_skipped",
            RunTransition::StepOverdue => "step_overdue",
            RunTransition::StepEscalated => "step_escalated",
            RunTransition::Completed => "completed",
            RunTransition::Cancelled => "cancelled",
        }
    }
}

impl Role {
    /// The name as published.
    pub const fn name(self) -> &'static str {
        match self {
            Role::Csm => "csm",
            Role::CsmLead => "csm_lead",
            Role::Executive => "executive",
            Role::Sales => "sales",
            Role::Onboarding => "onboarding",
            Role::Support => "support",
            Role::Marketing => "marketing",
            Role::Finance => "finance",
        }
    }
}
