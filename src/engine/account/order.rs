//! What somebody asked for on `cs.commands`, as it is handed to `decide`.
//!
//! How it is read from a record is said in `command.rs`, what becomes of it in `decide/`.

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use super::workflow::overrides::HealthOverride;
use crate::engine::command::Event;
use crate::engine::field::Str;
use crate::engine::stamp::Moment;
use crate::engine::time::Timestamp;

/// Longest reason or note that is kept, in characters; the rest is cut.
pub const REASON_CHARS_MAX: usize = 1000;

/// A command.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Order {
    /// Who asks.
    pub actor: CompactString,
    /// What for.
    pub wish: Wish,
}

/// What a command asks for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Wish {
    /// Somebody looks after an alert.
    AcknowledgeAlert {
        /// Which.
        alert_id: CompactString,
    },
    /// An alert is to be quiet for a while.
    SnoozeAlert {
        /// Which.
        alert_id: CompactString,
        /// Until when.
        until: Timestamp,
        /// Why.
        reason: String,
    },
    /// An alert is done with.
    ResolveAlert {
        /// Which.
        alert_id: CompactString,
        /// Why.
        reason: Option<String>,
    },
    /// A step of a run was done.
    CompleteStep(StepOrder),
    /// A step of a run is not needed.
    SkipStep(StepOrder),
    /// A run is not needed.
    CancelRun {
        /// Which.
        run_id: CompactString,
        /// Why.
        reason: String,
    },
    /// A playbook is to begin.
    StartPlaybook {
        /// Which.
        playbook: CompactString,
    },
    /// A person knows better than the score; nothing when the override ended before it began.
    OverrideHealth(Option<Box<HealthOverride>>),
    /// Somebody was in touch with the customer.
    LogTouchpoint,
    /// The vendor itself has an incident.
    HoldAccount {
        /// Until when.
        until: Timestamp,
        /// The incident.
        reason: String,
        /// Features that suffer.
        features: Vec<CompactString>,
    },
    /// A person was forgotten.
    ErasePerson,
    /// A deliverable is asked for.
    Operation {
        /// Its name, as the event's type.
        operation: CompactString,
        /// Pairs the answer with the request.
        request_id: CompactString,
    },
}

/// A step of a run that is done or not needed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepOrder {
    /// Which run.
    pub run_id: CompactString,
    /// Which of its steps.
    pub step: CompactString,
}

impl Order {
    /// What a command says.
    pub fn read(event: &Event<'_>, moment: Moment<'_>) -> Self {
        let (actor, wish) = match event {
            Event::AcknowledgeAlert(it) => {
                (&it.actor, Wish::AcknowledgeAlert { alert_id: id(&it.alert_id) })
            }
            Event::SnoozeAlert(it) => {
                let (until, reason) = (it.until, cut(&it.reason));
                (&it.actor, Wish::SnoozeAlert { alert_id: id(&it.alert_id), until, reason })
            }
            Event::ResolveAlert(it) => {
                let reason = it.reason.as_ref().map(cut);
                (&it.actor, Wish::ResolveAlert { alert_id: id(&it.alert_id), reason })
            }
            Event::CompleteStep(it) => {
                let step = StepOrder { run_id: id(&it.run_id), step: id(&it.step) };
                (&it.actor, Wish::CompleteStep(step))
            }
            Event::SkipStep(it) => {
                let step = StepOrder { run_id: id(&it.run_id), step: id(&it.step) };
                (&it.actor, Wish::SkipStep(step))
            }
            Event::CancelRun(it) => {
                let reason = cut(&it.reason);
                (&it.actor, Wish::CancelRun { run_id: id(&it.run_id), reason })
            }
            Event::StartPlaybook(it) => {
                (&it.actor, Wish::StartPlaybook { playbook: id(&it.playbook) })
            }
            Event::OverrideHealth(it) => {
                let said = HealthOverride::read(it, moment).map(Box::new);
                (&it.actor, Wish::OverrideHealth(said))
            }
            Event::LogTouchpoint(it) => (&it.actor, Wish::LogTouchpoint),
            Event::HoldAccount(it) => {
                let features = it.features.as_deref().unwrap_or_default();
                let features = features.iter().map(|feature| id(feature)).collect();
                let (until, reason) = (it.until, cut(&it.reason));
                (&it.actor, Wish::HoldAccount { until, reason, features })
            }
            Event::ErasePerson(it) => (&it.actor, Wish::ErasePerson),
            Event::AssessHealth(it)
            | Event::CreateSuccessPlan(it)
            | Event::IdentifyExpansion(it)
            | Event::AnalyzeChurnRisk(it)
            | Event::BusinessReview(it) => {
                let operation = CompactString::const_new(event.type_name());
                (&it.actor, Wish::Operation { operation, request_id: id(&it.request_id) })
            }
        };
        Self { actor: id(actor), wish }
    }
}

fn id(text: &str) -> CompactString {
    CompactString::new(text)
}

fn cut(text: &Str<'_>) -> String {
    text.chars().take(REASON_CHARS_MAX).collect()
}
