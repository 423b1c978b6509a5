//! What a command may say: the types of `cs.commands` that people give, as programs send them.
//!
//! What each field may hold is checked by the decoder of the engine, which reads the event again;
//! the operations with a document as their answer are not commands of this kind.

use compact_str::CompactString;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::errors;
use crate::engine::decode::error::DecodeError;
use crate::engine::decode::{Decoder, Record};
use crate::engine::event::Topic;
use crate::engine::time::Timestamp;
use crate::http::problem::Problem;

/// A command. The account is that of the path, the actor is the one who is signed in.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Order {
    /// Somebody looks after an alert.
    AcknowledgeAlert {
        /// Which alert.
        #[schemars(with = "String", extend("format" = "uuid"))]
        alert_id: Uuid,
    },
    /// An alert is to be quiet for a while.
    SnoozeAlert {
        /// Which alert.
        #[schemars(with = "String", extend("format" = "uuid"))]
        alert_id: Uuid,
        /// Until when.
        until: Timestamp,
        /// Why.
        reason: String,
    },
    /// An alert is done with.
    ResolveAlert {
        /// Which alert.
        #[schemars(with = "String", extend("format" = "uuid"))]
        alert_id: Uuid,
        /// Why.
        reason: Option<String>,
    },
    /// A step of a run was done.
    CompleteStep {
        /// Which run.
        #[schemars(with = "String", extend("format" = "uuid"))]
        run_id: Uuid,
        /// Which of its steps.
        #[schemars(length(min = 1, max = 128))]
        step: String,
        /// What there is to say.
        note: Option<String>,
    },
    /// A step of a run is not needed.
    SkipStep {
        /// Which run.
        #[schemars(with = "String", extend("format" = "uuid"))]
        run_id: Uuid,
        /// Which of its steps.
        #[schemars(length(min = 1, max = 128))]
        step: String,
        /// What there is to say.
        note: Option<String>,
    },
    /// A run is not needed.
    CancelRun {
        /// Which run.
        #[schemars(with = "String", extend("format" = "uuid"))]
        run_id: Uuid,
        /// Why.
        reason: String,
    },
    /// A playbook is to begin.
    StartPlaybook {
        /// Which playbook.
        #[schemars(length(min = 1, max = 128))]
        playbook: String,
    },
    /// A person knows better than the score.
    OverrideHealth {
        /// The health to display.
        #[schemars(range(min = 0, max = 100))]
        value: f64,
        /// Why.
        note: String,
        /// Until when.
        expires_at: Timestamp,
    },
    /// Somebody was in touch with the customer.
    LogTouchpoint {
        /// Call, mail, visit…
        kind: Option<String>,
        /// What there is to say.
        note: Option<String>,
    },
    /// The vendor itself has an incident: the account's alerts are held.
    HoldAccount {
        /// Until when.
        until: Timestamp,
        /// The incident.
        reason: String,
        /// Features that suffer.
        features: Option<Vec<String>>,
    },
    /// A person's right to be forgotten; at least one of the two ids is said.
    ErasePerson {
        /// A person who answered surveys.
        respondent_id: Option<String>,
        /// A user of the product.
        user_id: Option<String>,
    },
}

/// The names of all types.
const TYPES: [&str; 11] = [
    "acknowledge_alert",
    "snooze_alert",
    "resolve_alert",
    "complete_step",
    "skip_step",
    "cancel_run",
    "start_playbook",
    "override_health",
    "log_touchpoint",
    "hold_account",
    "erase_person",
];

/// A command that is to be sent.
pub(super) struct Sendable {
    /// What it says.
    pub order: Order,
    /// The event.
    pub value: Vec<u8>,
}

/// What the event says besides the command.
pub(super) struct Envelope<'a> {
    pub event_id: Uuid,
    pub account_id: &'a str,
    pub actor: &'a CompactString,
    pub at: Timestamp,
}

/// Makes the body of a request an event.
///
/// # Errors
/// When the body is no JSON object, or a field of it is missing, unknown or wrong.
pub(super) fn read(body: &[u8], envelope: &Envelope<'_>) -> Result<Sendable, Problem> {
    let mut fields: Map<String, Value> = serde_json::from_slice(body)
        .map_err(|error| errors::bad_request(format!("the body is no JSON object: {error}")))?;
    check_type(fields.get("type"))?;
    let order: Result<Order, _> = serde_json::from_value(Value::Object(fields.clone()));
    if let Err(error) = &order
        && let Some(name) = named(&error.to_string(), "unknown field `")
    {
        return Err(errors::field(&name, "this command has no such field"));
    }
    let at = envelope.at.to_string();
    for (name, value) in [
        ("event_id", envelope.event_id.to_string()),
        ("account_id", envelope.account_id.to_owned()),
        ("actor", envelope.actor.to_string()),
        ("ts", at),
        ("source", "pulse-api".to_owned()),
    ] {
        fields.insert(name.to_owned(), value.into());
    }
    let value = Value::Object(fields).to_string().into_bytes();
    check_event(&value, envelope)?;
    let order = order.map_err(|error| {
        let error = error.to_string();
        let id = if error.contains("UUID") { "an id is no UUID" } else { &error };
        errors::other(axum::http::StatusCode::UNPROCESSABLE_ENTITY, id)
    })?;
    Ok(Sendable { order, value })
}

fn check_type(found: Option<&Value>) -> Result<(), Problem> {
    let Some(found) = found else {
        return Err(errors::field("type", "the field `type` is missing").allowed(&TYPES));
    };
    if found.as_str().is_some_and(|name| TYPES.contains(&name)) {
        return Ok(());
    }
    let what = format!("this type of command is not known here: it is one of {}", TYPES.join(", "));
    Err(errors::field("type", what).allowed(&TYPES))
}

/// Lets the engine read what it will read.
fn check_event(value: &[u8], envelope: &Envelope<'_>) -> Result<(), Problem> {
    let record = Record {
        topic: Topic::Commands,
        key: Some(envelope.account_id.as_bytes()),
        value: Some(value),
        headers: &[],
        broker_at: envelope.at,
    };
    let Err(error) = Decoder::new().decode(&record) else { return Ok(()) };
    Err(match &error {
        DecodeError::MissingField { field } | DecodeError::InvalidField { field, .. } => {
            errors::field(field, error.to_string())
        }
        _ => errors::other(axum::http::StatusCode::UNPROCESSABLE_ENTITY, error.to_string()),
    })
}

fn named(message: &str, before: &str) -> Option<String> {
    let name = message.strip_prefix(before)?;
    Some(name.split('`').next().unwrap_or_default().to_owned())
}
