//! `/accounts/{id}/commands` and `/commands/{id}`: what people ask for becomes an event, and the
//! engine's answer to it can be asked for.
//!
//! What a command says is `order.rs`; how events are sent, `kafka/commands.rs`.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use compact_str::CompactString;
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use super::answer;
use super::call::Call;
use super::endpoint::{Answer, BASE, Body, Endpoint, Outcome, Run, Verb, schema_of};
use super::errors;
use super::order::{self, Envelope, Order};
use crate::config::http::Role;
use crate::engine::output::deliverable::{AnswerStatus, Deliverable, Refusal};
use crate::engine::time::Timestamp;
use crate::http::access::Viewer;
use crate::http::problem::Problem;
use crate::http::site::Site;
use crate::kafka::commands::NotTaken;
use crate::view::account::Account;
use crate::view::timeline::MomentKind;

/// Names a request, so that it can be sent again.
const KEY: &str = "Idempotency-Key";
/// Longest name of a request.
const KEY_CHARS_MAX: usize = 128;
/// The space of names of the events that come of requests with a key.
const SPACE: Uuid = Uuid::from_u128(0x6d1c_90a5_5d0c_5cf3_8f3e_2f0b_9a41_77e2);
/// After how many seconds a request may be sent again.
const RETRY_SECONDS: u64 = 2;

/// The rows of this file.
pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint {
        method: Verb::Post,
        path: "/accounts/{id}/commands",
        name: "giveCommand",
        summary: "Ask for something to be done at an account",
        parameters: &[],
        headers: &[(
            KEY,
            "Names this request: sent again with the same key, it is carried out once.",
        )],
        body: Some(Body {
            media: &["application/json"],
            bytes_max: 64 * 1024,
            schema: schema_of::<Order>,
        }),
        answer: Answer {
            status: 202,
            about: "The command is written; `Location` tells what becomes of it.",
            media: "application/json",
            schema: schema_of::<GivenCommand>,
            is_tagged: false,
        },
        refusals: &[
            (422, "A field is missing, unknown or has a value that it may not have."),
            (503, "The broker did not take the command in time: send it again with its key."),
        ],
        run: Run::Waits(|call| Box::pin(give(call))),
    },
    Endpoint {
        answer: Answer {
            status: 200,
            about: "What became of it; pending while that is not known, or not known any more.",
            media: "application/json",
            schema: schema_of::<CommandStatus>,
            is_tagged: false,
        },
        ..Endpoint::get(
            "/commands/{id}",
            "getCommand",
            "What became of a command",
            Answer::json("", schema_of::<CommandStatus>),
            status,
        )
    },
];

/// A command that was written.
#[derive(Serialize, JsonSchema)]
struct GivenCommand {
    /// Names the request: the id of its event.
    #[schemars(with = "String")]
    request_id: Uuid,
    /// It is not known yet what becomes of it.
    status: CommandState,
    /// Where that is to be had.
    status_url: String,
}

/// What became of a command.
#[derive(Serialize, JsonSchema)]
struct CommandStatus {
    /// Names the request.
    #[schemars(with = "String")]
    request_id: Uuid,
    /// What became of it.
    status: CommandState,
    /// Where this is to be had.
    status_url: String,
    /// At which account.
    #[schemars(with = "Option<String>")]
    account_id: Option<CompactString>,
    /// The type of the command.
    #[schemars(with = "Option<String>")]
    command: Option<CompactString>,
    /// When it was answered.
    at: Option<Timestamp>,
    /// Why it was refused.
    error: Option<Refusal>,
}

/// Where a command stands.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum CommandState {
    /// It is not known yet.
    Pending,
    /// It was carried out.
    Applied,
    /// It was not.
    Refused,
}

async fn give(call: Call) -> Outcome {
    let account = call.account()?;
    let key = call.headers.get(KEY).map(|key| key.to_str().unwrap_or_default());
    let event_id = send(&call.site, &call.viewer, account, &call.body, key).await?;
    let status_url = status_url(event_id);
    let mut headers = HeaderMap::new();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(location) = HeaderValue::from_str(&status_url) {
        headers.insert(header::LOCATION, location);
    }
    let given = GivenCommand { request_id: event_id, status: CommandState::Pending, status_url };
    Ok(answer::json(StatusCode::ACCEPTED, headers, answer::bytes(&given)?))
}

/// Sends a command for an account that one may see; answers the id of its event.
///
/// # Errors
/// A problem that names the field that is wrong; 503 when the broker does not take it in time.
pub(in crate::http) async fn send(
    site: &Site,
    viewer: &Viewer,
    account: &Account,
    body: &[u8],
    key: Option<&str>,
) -> Result<Uuid, Problem> {
    let (account_id, at) = (account.id().as_str(), site.clock.now());
    let event_id = event_id(&viewer.name, key, account_id)?;
    let envelope = Envelope { event_id, account_id, actor: &viewer.name, at };
    let sendable = order::read(body, &envelope)?;
    check(viewer, account, &sendable.order)?;
    let sent = site.commands.publish(account.partition, account_id, at, sendable.value);
    sent.await.map_err(|why| not_taken(&why, event_id))?;
    Ok(event_id)
}

/// Where one is told what became of a command.
pub(in crate::http) fn status_url(id: Uuid) -> String {
    format!("{BASE}/commands/{id}")
}

/// The same for the same request sent again, whatever it says then: it is carried out once.
fn event_id(actor: &str, key: Option<&str>, account_id: &str) -> Result<Uuid, Problem> {
    let Some(key) = key.map(str::trim) else { return Ok(Uuid::new_v4()) };
    if key.is_empty() || key.len() > KEY_CHARS_MAX {
        let what = format!("the header `{KEY}` has 1 to {KEY_CHARS_MAX} plain characters");
        return Err(errors::bad_request(what).field(KEY));
    }
    // None of the three can hold a line feed but the account, which comes last.
    let name = format!("{actor}\n{key}\n{account_id}");
    Ok(Uuid::new_v5(&SPACE, name.as_bytes()))
}

/// What only the view and the one who asks can tell.
fn check(viewer: &Viewer, account: &Account, order: &Order) -> Result<(), Problem> {
    let knows = |kind: MomentKind, id: &Uuid| {
        account.timeline.iter().any(|moment| moment.kind == kind && moment.id == Some(*id))
    };
    match order {
        Order::AcknowledgeAlert { alert_id: id }
        | Order::SnoozeAlert { alert_id: id, .. }
        | Order::ResolveAlert { alert_id: id, .. } => {
            let is_open = account.alerts().iter().any(|alert| alert.alert_id == *id);
            let missing = || errors::not_found("this account has no such alert");
            if is_open || knows(MomentKind::Alert, id) { Ok(()) } else { Err(missing()) }
        }
        Order::CompleteStep { run_id: id, .. }
        | Order::SkipStep { run_id: id, .. }
        | Order::CancelRun { run_id: id, .. } => {
            let goes_on = account.runs().iter().any(|run| run.run_id == *id);
            let missing = || errors::not_found("this account has no such run");
            if goes_on || knows(MomentKind::Run, id) { Ok(()) } else { Err(missing()) }
        }
        Order::ErasePerson { .. } if !viewer.may(Role::Admin) => {
            Err(errors::forbidden("only an administrator may have a person forgotten"))
        }
        _ => Ok(()),
    }
}

fn not_taken(why: &NotTaken, id: Uuid) -> Problem {
    let url = status_url(id);
    let detail = format!(
        "{why}: {url} tells whether it was carried out all the same; with a `{KEY}` it can be sent \
         again without being carried out twice"
    );
    errors::unavailable(RETRY_SECONDS, detail)
}

fn status(call: &Call) -> Outcome {
    let id: Uuid = call.id.parse().map_err(|_| call.not_found("command"))?;
    // Of an account that one may not see it is not known either whether there is an answer.
    let may_see = |answer: &&std::sync::Arc<Deliverable>| {
        let account = call.snapshot.account(&answer.account_id);
        account.is_some_and(|account| call.may_see(&account.health.csm))
    };
    let found = call.snapshot.answer(&id.to_string()).filter(may_see);
    let mut status = CommandStatus {
        request_id: id,
        status: CommandState::Pending,
        status_url: status_url(id),
        account_id: None,
        command: None,
        at: None,
        error: None,
    };
    if let Some(found) = found {
        status.status = match found.status {
            AnswerStatus::Ok | AnswerStatus::Applied => CommandState::Applied,
            AnswerStatus::Error | AnswerStatus::Refused => CommandState::Refused,
        };
        status.account_id = Some(found.account_id.clone());
        status.command.clone_from(&found.command);
        status.at = Some(found.at);
        status.error.clone_from(&found.error);
    }
    let mut headers = HeaderMap::new();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(answer::json(StatusCode::OK, headers, answer::bytes(&status)?))
}
