//! The playbook runs of an account: what is open, what just ended, and what began when.
//!
//! What a playbook is says the model file (`model/playbooks.rs`); what becomes of a run is decided
//! in `decide/playbooks/`.

use compact_str::CompactString;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::engine::account::fact::FactKinds;
use crate::engine::model::condition::Node;
use crate::engine::model::playbooks::Clock;
use crate::engine::model::playbooks::start::{CadenceOf, DateOf};
use crate::engine::model::playbooks::step::{CountedFrom, Fill, Span};
use crate::engine::output::playbook::Role;
use crate::engine::output::work::{RunStatus, StepStatus};
use crate::engine::time::{DAY_MS, Timestamp};

/// Most open runs of an account; what would begin another is counted in [`Runs::refused`].
pub const RUNS_MAX: usize = 32;
/// How long a run is kept after its end.
pub const ENDED_MS: i64 = DAY_MS;
/// Most milestones and launches of a playbook that are remembered; the oldest goes.
pub const SEEN_MAX: usize = 128;

/// All runs of an account.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Runs {
    /// Those that are open and those that ended within a day, in the order of their start.
    pub runs: Vec<Run>,
    /// What began when, by playbook.
    past: Vec<Past>,
    /// Runs that did not begin for want of room.
    pub refused: u32,
}

/// A run. It keeps what it needs of its playbook as that was when it began.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// UUIDv5 of account, playbook and what started it.
    pub run_id: Uuid,
    /// Which playbook.
    pub playbook: CompactString,
    /// The version that it keeps.
    pub version: CompactString,
    /// When it began.
    pub started_at: Timestamp,
    /// Facts count from here on, by their event's time.
    pub since: Timestamp,
    /// What began it.
    pub cause: Cause,
    /// The day that it is about.
    pub anchor_at: Option<Timestamp>,
    /// The date of the account that the anchor is.
    pub anchor: Option<DateOf>,
    /// What takes place on that day.
    pub cadence: Option<CadenceOf>,
    /// The health to show when it began, in tenths of a point.
    pub health_at_start_tenths: u16,
    /// The last sequence number said.
    pub sequence: u32,
    /// Where it stands.
    pub status: RunStatus,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// It goes on when the customer leaves.
    pub for_churned: bool,
    /// Cancels it.
    pub cancel_when: Option<Node>,
    /// Cancels it.
    pub cancel_on: FactKinds,
    /// How the hours of its steps are counted.
    pub clock: Clock,
    /// What is to be done, by due time and id.
    pub steps: Vec<RunStep>,
}

/// What began a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Cause {
    /// Something came to be the case.
    Condition {
        /// The figure or alert that its condition names first.
        what: CompactString,
        /// The figure's value.
        value: Option<f64>,
    },
    /// Something happened.
    Event {
        /// Which event told it.
        event_id: CompactString,
        /// What it is called.
        what: CompactString,
    },
    /// A date came.
    Date {
        /// Which.
        what: CompactString,
        /// When it is.
        at: Timestamp,
    },
    /// Somebody asked for it.
    Command {
        /// In which event.
        event_id: CompactString,
        /// Who.
        actor: CompactString,
    },
}

/// A step of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunStep {
    /// Its id.
    pub id: CompactString,
    /// Who does it.
    pub role: Role,
    /// Where it stands.
    pub status: StepStatus,
    /// By when; nothing while it waits for another.
    pub due_at: Option<Timestamp>,
    /// The same as a span.
    pub due: Span,
    /// What that is counted from.
    pub from: CountedFrom,
    /// It waits for this one.
    pub after: Option<CompactString>,
    /// One of these shows that it was done.
    pub done_on: FactKinds,
    /// How many more of them it takes.
    pub times_left: u8,
    /// This shows that it was done.
    pub done_when: Option<Node>,
    /// It is left out unless this holds when it falls due.
    pub only_if: Option<Node>,
    /// What the service fills in.
    pub fills: Option<Fill>,
    /// It comes again.
    pub again: Option<Again>,
    /// The alert rule that speaks when it is overdue.
    pub rule: CompactString,
    /// To whom it is handed up when it stays undone.
    pub escalate_to: Role,
    /// How long after it was due.
    pub escalate_after: Span,
    /// When that will be; nothing unless it is overdue, and once it happened.
    pub escalate_at: Option<Timestamp>,
}

/// How a step comes again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Again {
    /// Days from one time to the next.
    pub every_days: u32,
    /// How many facts each takes.
    pub times: u8,
    /// Ends it.
    pub until: Node,
}

/// What is remembered of the starts of a playbook.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Past {
    /// Which.
    pub playbook: CompactString,
    /// Its condition held when it last began, and was not clear since.
    pub is_spent: bool,
    /// The last start.
    pub started_at: Option<Timestamp>,
    /// The date that it last began for.
    pub anchor_at: Option<Timestamp>,
    /// Hashes of the milestones and launches that it began for, the oldest first.
    seen: Vec<u64>,
}

/// A step that is past due, for the rule that speaks of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OverdueStep<'a> {
    /// Its run.
    pub run_id: Uuid,
    /// The run's playbook.
    pub playbook: &'a str,
    /// Its id.
    pub step: &'a str,
    /// The alert rule that speaks of it.
    pub rule: &'a str,
    /// Who does it.
    pub role: Role,
    /// To whom it is handed up.
    pub escalate_to: Role,
    /// When it was due.
    pub due_at: Timestamp,
}

impl Runs {
    /// The runs that are open.
    pub fn open(&self) -> impl Iterator<Item = &Run> {
        self.runs.iter().filter(|run| run.is_open())
    }

    /// The open runs of a playbook.
    pub fn open_of<'a>(&'a self, playbook: &'a str) -> impl Iterator<Item = &'a Run> {
        self.open().filter(move |run| run.playbook == playbook)
    }

    /// The steps that are past due.
    pub fn overdue_steps(&self) -> impl Iterator<Item = OverdueStep<'_>> {
        self.open().flat_map(|run| {
            let overdue = run.steps.iter().filter(|step| step.status == StepStatus::Overdue);
            overdue.map(|step| OverdueStep {
                run_id: run.run_id,
                playbook: &run.playbook,
                step: &step.id,
                rule: &step.rule,
                role: step.role,
                escalate_to: step.escalate_to,
                due_at: step.due_at.unwrap_or(run.started_at),
            })
        })
    }

    /// Whether a run of a playbook is open that this event began.
    pub fn is_open_for(&self, playbook: &str, event_id: &str) -> bool {
        self.open_of(playbook).any(|run| match &run.cause {
            Cause::Event { event_id: id, .. } => id == event_id,
            _ => false,
        })
    }

    /// What is remembered of the starts of a playbook.
    pub fn past(&self, playbook: &str) -> Option<&Past> {
        self.past.iter().find(|past| past.playbook == playbook)
    }

    /// The same, to change.
    pub fn past_mut(&mut self, playbook: &str) -> &mut Past {
        let place = self.past.iter().position(|past| past.playbook == playbook);
        let place = place.unwrap_or_else(|| {
            self.past.push(Past { playbook: playbook.into(), ..Past::default() });
            self.past.len() - 1
        });
        &mut self.past[place]
    }

    /// Forgets runs that ended more than a day before `now`; says whether there was any.
    pub fn forget_ended(&mut self, now: Timestamp) -> bool {
        let already = self.runs.len();
        let is_kept = |at: Timestamp| now.millis_since(at) < ENDED_MS;
        self.runs.retain(|run| run.ended_at.is_none_or(is_kept));
        self.runs.len() != already
    }
}

impl Run {
    /// Whether something is left to do.
    pub fn is_open(&self) -> bool {
        self.status == RunStatus::Open
    }

    /// The health to show when it began.
    pub fn health_at_start(&self) -> f64 {
        f64::from(self.health_at_start_tenths) / 10.0
    }

    /// The place of a step of this id.
    pub fn place_of(&self, step: &str) -> Option<usize> {
        self.steps.iter().position(|it| it.id == step)
    }
}

impl RunStep {
    /// Whether nothing is left to do.
    pub const fn is_over(&self) -> bool {
        matches!(self.status, StepStatus::Done | StepStatus::Skipped)
    }
}

impl Past {
    /// Whether it began for this, or this was passed over.
    pub fn is_seen(&self, what: u64) -> bool {
        self.seen.contains(&what)
    }

    /// Remembers that it did.
    pub fn see(&mut self, what: u64) {
        if !self.is_seen(what) {
            if self.seen.len() == SEEN_MAX {
                self.seen.remove(0);
            }
            self.seen.push(what);
        }
    }
}
