//! What the engine keeps of one account, cut into the records of the changelog.
//!
//! When a record is written, its key and its envelope are said in `kafka/changelog.rs`.

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use super::account::Account;
use super::account::commercial::Commercial;
use super::account::feed::{Feed, Late, Memory};
use super::account::feedback::Feedback;
use super::account::outcomes::Outcomes;
use super::account::profile::Profile;
use super::account::relationship::Relationship;
use super::account::support::Support;
use super::account::usage::Usage;
use super::account::workflow::Workflow;
use super::account::workflow::said::Said;
use super::event::Topic;
use super::model::Model;
use super::time::Timestamp;

/// One account with all that was decided about it.
#[derive(Clone, Debug)]
pub struct Watched {
    /// The fold over its events.
    pub account: Account,
    /// What was decided.
    pub workflow: Workflow,
    /// What was published last.
    pub said: Option<Said>,
    /// When it wants to be looked at again.
    pub look_again_at: Timestamp,
    /// Version of the model that it was decided with last; empty before the first time.
    pub model_version: CompactString,
    /// The last usage offset applied; -1 before the first.
    pub usage_offset: i64,
    /// Set once the account was erased.
    pub gravestone: Option<Gravestone>,
    /// Its timer: never later than `look_again_at`.
    pub(super) due_at: Timestamp,
    pub(super) look_ms: i64,
    pub(super) dirty: Dirty,
    pub(super) touched: bool,
    /// The events that came late since the last look.
    pub(super) late: Option<Late>,
}

/// Stands where an erased account was: events that are not younger are dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gravestone {
    /// Broker time of the tombstone.
    pub at: Timestamp,
}

/// Which records of an account changed since they were written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dirty {
    /// The usage facet.
    pub usage: bool,
    /// All other facets and the workflow.
    pub rest: bool,
    /// What was published last.
    pub said: bool,
    /// All that was written before an erasure must go.
    pub erased: bool,
}

impl Dirty {
    pub(super) fn note(&mut self, topic: Topic) {
        match topic {
            Topic::Usage => self.usage = true,
            Topic::Accounts
            | Topic::Support
            | Topic::Feedback
            | Topic::Relationship
            | Topic::Outcomes
            | Topic::Commercial => self.rest = true,
            // A command may erase a person, who can be a user.
            Topic::Commands => {
                self.usage = true;
                self.rest = true;
            }
        }
    }
}

/// The kinds of record that hold an account's state (`architecture.md` §4.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StateKind {
    /// The usage facet: large, changed by most events.
    Usage,
    /// All other facets and the workflow.
    Rest,
    /// What was published last.
    Said,
}

impl StateKind {
    /// All kinds.
    pub const ALL: [StateKind; 3] = [StateKind::Usage, StateKind::Rest, StateKind::Said];

    /// The name, as a label of a series.
    pub const fn name(self) -> &'static str {
        match self {
            StateKind::Usage => "usage",
            StateKind::Rest => "rest",
            StateKind::Said => "said",
        }
    }
}

/// A record of state to be written.
pub struct Change<'a> {
    /// Whose state it is.
    pub account_id: &'a str,
    /// What is written.
    pub state: StateChange<'a>,
}

/// The content of a record of state.
pub enum StateChange<'a> {
    /// To kind usage.
    Usage(UsageState<'a>),
    /// To kind rest.
    Rest(RestState<'a>),
    /// To kind said.
    Said(&'a Said),
    /// All three kinds are to be deleted.
    Gone,
    /// To kind rest; usage and said are to be deleted: the account was erased. What it began anew
    /// in the same step follows.
    Erased(RestState<'a>),
}

/// Content of a usage record.
#[derive(Serialize)]
pub struct UsageState<'a> {
    usage: &'a Usage,
    usage_offset: i64,
    look_again_at: Timestamp,
    model_version: &'a str,
}

/// Content of a rest record.
#[derive(Serialize)]
pub struct RestState<'a> {
    profile: &'a Profile,
    support: &'a Support,
    feedback: &'a Feedback,
    relationship: &'a Relationship,
    outcomes: &'a Outcomes,
    commercial: &'a Commercial,
    commands: &'a Feed,
    workflow: &'a Workflow,
    gravestone: Option<Gravestone>,
    look_again_at: Timestamp,
    model_version: &'a str,
}

/// A usage record as it is read.
#[derive(Serialize, Deserialize)]
pub struct UsageRecord {
    usage: Usage,
    usage_offset: i64,
    look_again_at: Timestamp,
    model_version: CompactString,
}

/// A rest record as it is read.
#[derive(Serialize, Deserialize)]
pub struct RestRecord {
    profile: Profile,
    support: Support,
    feedback: Feedback,
    relationship: Relationship,
    outcomes: Outcomes,
    commercial: Commercial,
    commands: Feed,
    workflow: Workflow,
    gravestone: Option<Gravestone>,
    look_again_at: Timestamp,
    model_version: CompactString,
}

impl<'a> Change<'a> {
    pub(super) fn gone(account_id: &'a str) -> Self {
        Self { account_id, state: StateChange::Gone }
    }
}

impl Watched {
    pub(super) fn new(account_id: &str, memory: Memory) -> Self {
        Self {
            account: Account::new(memory),
            workflow: Workflow::default(),
            said: None,
            look_again_at: Timestamp::from_millis(i64::MAX),
            model_version: CompactString::const_new(""),
            due_at: Timestamp::from_millis(i64::MAX),
            usage_offset: -1,
            gravestone: None,
            look_ms: super::look_ms(account_id),
            dirty: Dirty::default(),
            touched: false,
            late: None,
        }
    }

    /// A new account: its rest record replaces whatever a forgotten one left there.
    pub(super) fn unwritten(account_id: &str, memory: Memory) -> Self {
        let dirty = Dirty { rest: true, ..Dirty::default() };
        Self { dirty, ..Self::new(account_id, memory) }
    }

    pub(super) fn erased(account_id: &str, memory: Memory, at: Timestamp) -> Self {
        let dirty = Dirty { erased: true, ..Dirty::default() };
        Self { gravestone: Some(Gravestone { at }), dirty, ..Self::new(account_id, memory) }
    }

    /// Takes what a usage record says.
    pub fn restore_usage(&mut self, record: UsageRecord) {
        self.account.usage = record.usage;
        self.usage_offset = record.usage_offset;
        self.look_again_at = record.look_again_at;
        self.model_version = record.model_version;
    }

    /// Takes what a rest record says.
    pub fn restore_rest(&mut self, record: RestRecord) {
        self.account.profile = record.profile;
        self.account.support = record.support;
        self.account.feedback = record.feedback;
        self.account.relationship = record.relationship;
        self.account.outcomes = record.outcomes;
        self.account.commercial = record.commercial;
        self.account.commands = record.commands;
        self.workflow = record.workflow;
        self.gravestone = record.gravestone;
        self.look_again_at = record.look_again_at;
        self.model_version = record.model_version;
    }

    /// Notes with which model it was decided.
    pub(super) fn note_model(&mut self, model: &Model) {
        if self.model_version != model.version() {
            self.model_version = CompactString::from(model.version());
        }
    }

    pub(super) fn forget_usage(&mut self, memory: Memory) {
        self.account.usage = Account::new(memory).usage;
        self.usage_offset = -1;
    }

    pub(super) fn changes(
        &self,
        account_id: &str,
        dirty: Dirty,
        write: &mut impl FnMut(Change<'_>),
    ) {
        let rest = RestState {
            profile: &self.account.profile,
            support: &self.account.support,
            feedback: &self.account.feedback,
            relationship: &self.account.relationship,
            outcomes: &self.account.outcomes,
            commercial: &self.account.commercial,
            commands: &self.account.commands,
            workflow: &self.workflow,
            gravestone: self.gravestone,
            look_again_at: self.look_again_at,
            model_version: &self.model_version,
        };
        // First, as an account may have started anew in the step that erased it.
        if dirty.erased {
            write(Change { account_id, state: StateChange::Erased(rest) });
        } else if dirty.rest {
            write(Change { account_id, state: StateChange::Rest(rest) });
        }
        if dirty.usage {
            let usage = UsageState {
                usage: &self.account.usage,
                usage_offset: self.usage_offset,
                look_again_at: self.look_again_at,
                model_version: &self.model_version,
            };
            write(Change { account_id, state: StateChange::Usage(usage) });
        }
        if let Some(said) = self.said.as_ref().filter(|_| dirty.said) {
            write(Change { account_id, state: StateChange::Said(said) });
        }
    }
}
