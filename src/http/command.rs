//! What people do becomes an event on `cs.commands`, with their name, read as the engine reads it.
//!
//! Forms come from `dashboard/act.rs`, JSON from `api/`; what became of a command is in the view.

use axum::http::StatusCode;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::access::Viewer;
use super::problem::Problem;
use super::site::Site;
use crate::engine::decode::Record;
use crate::engine::decode::error::DecodeError;
use crate::engine::event::Topic;
use crate::view::account::Account;
use crate::view::list::is_in_scope;

/// Namespace of event ids: UUIDv5 of the actor and their own key of the request.
const NAMESPACE: Uuid = Uuid::from_u128(0x6d1f_0a7e_52c9_5b1e_9a43_7f0c_21d8_84b6);
/// Longest key of a request, in bytes.
const KEY_BYTES_MAX: usize = 200;

/// The commands that people may send, each with its fields besides the envelope.
pub const COMMANDS: [(&str, &[&str]); 10] = [
    ("acknowledge_alert", &["alert_id"]),
    ("snooze_alert", &["alert_id", "until", "reason"]),
    ("resolve_alert", &["alert_id", "reason"]),
    ("complete_step", &["run_id", "step", "note"]),
    ("skip_step", &["run_id", "step", "note"]),
    ("cancel_run", &["run_id", "reason"]),
    ("start_playbook", &["playbook"]),
    ("override_health", &["value", "note", "expires_at"]),
    ("log_touchpoint", &["kind", "note"]),
    ("hold_account", &["until", "reason", "features"]),
];

/// Publishes a command for an account; answers the id under which its result will be found.
///
/// `fields` hold `type` and the type's own fields. With a `key` of the request, a command that is
/// sent twice is one command.
///
/// # Errors
/// A problem that names the field that is wrong; 503 when the broker does not answer.
pub async fn send(
    site: &Site,
    viewer: &Viewer,
    account_id: &str,
    mut fields: Map<String, Value>,
    key: Option<&str>,
) -> Result<String, Problem> {
    let view = site.view.latest();
    let account = view
        .account(account_id)
        .filter(|it| is_in_scope(viewer.csms.as_deref(), &it.health.csm))
        .ok_or_else(|| Problem::new(StatusCode::NOT_FOUND).detail("there is no such account"))?;
    check_fields(&fields)?;
    check_subject(account, &fields)?;
    let event_id = event_id(viewer, key)?;
    let now = site.clock.now();
    fields.insert("event_id".to_owned(), json!(event_id));
    fields.insert("account_id".to_owned(), json!(account_id));
    fields.insert("actor".to_owned(), json!(viewer.name));
    fields.insert("source".to_owned(), json!("pulse/http"));
    fields.insert("ts".to_owned(), json!(now.as_millis()));
    let value = Value::Object(fields).to_string();
    let record = Record {
        topic: Topic::Commands,
        key: Some(account_id.as_bytes()),
        value: Some(value.as_bytes()),
        headers: &[],
        broker_at: now,
    };
    site.decoder.decode(&record).map_err(|error| unreadable(&error))?;
    let unavailable =
        |detail: &str| Problem::new(StatusCode::SERVICE_UNAVAILABLE).detail(detail).retry_after(5);
    let commands = site.commands.as_ref();
    let commands = commands.ok_or_else(|| unavailable("this demo has no broker to send it to"))?;
    let sent = commands.send(account_id, account.partition, now, value.as_bytes()).await;
    sent.map_err(|error| {
        tracing::error!(%error, "a command was not published");
        unavailable("the broker did not take the command: try again")
    })?;
    Ok(event_id)
}

/// Whether the command is one that people may send, with fields that it knows.
fn check_fields(fields: &Map<String, Value>) -> Result<(), Problem> {
    let named = fields.get("type").and_then(Value::as_str);
    let known = COMMANDS.iter().find(|(name, _)| Some(*name) == named);
    let Some((_, own)) = known else {
        let names = COMMANDS.map(|(name, _)| name);
        return Err(wrong("type", "is none of the commands").allowed(&names));
    };
    match fields.keys().find(|name| *name != "type" && !own.contains(&name.as_str())) {
        Some(name) => Err(wrong(name, "is no field of this command").allowed(own)),
        None => Ok(()),
    }
}

/// Whether the alert or run that is meant is the account's own.
fn check_subject(account: &Account, fields: &Map<String, Value>) -> Result<(), Problem> {
    let missing = |name: &str| wrong(name, "is none of the account's open ones");
    let id = |name: &str| {
        fields.get(name).map(|value| {
            value.as_str().and_then(|text| Uuid::parse_str(text).ok()).ok_or_else(|| missing(name))
        })
    };
    if let Some(id) = id("alert_id").transpose()?
        && !account.alerts().iter().any(|alert| alert.alert_id == id)
    {
        return Err(missing("alert_id"));
    }
    if let Some(id) = id("run_id").transpose()?
        && !account.runs().iter().any(|run| run.run_id == id)
    {
        return Err(missing("run_id"));
    }
    Ok(())
}

fn event_id(viewer: &Viewer, key: Option<&str>) -> Result<String, Problem> {
    let id = match key {
        Some(key) if key.is_empty() || key.len() > KEY_BYTES_MAX => {
            return Err(wrong("Idempotency-Key", "must have 1 to 200 characters"));
        }
        Some(key) => Uuid::new_v5(&NAMESPACE, format!("{}\0{key}", viewer.name).as_bytes()),
        None => {
            let mut bytes = [0; 16];
            getrandom::fill(&mut bytes).map_err(|error| {
                tracing::error!(%error, "the system gives no random bytes");
                Problem::new(StatusCode::INTERNAL_SERVER_ERROR)
            })?;
            uuid::Builder::from_random_bytes(bytes).into_uuid()
        }
    };
    Ok(id.to_string())
}

fn wrong(field: &str, what: &str) -> Problem {
    let detail = format!("the field `{field}` {what}");
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY).detail(detail).field(field)
}

fn unreadable(error: &DecodeError) -> Problem {
    let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY).detail(error.to_string());
    match error {
        DecodeError::MissingField { field } | DecodeError::InvalidField { field, .. } => {
            problem.field(field)
        }
        _ => problem,
    }
}
