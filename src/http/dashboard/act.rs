//! `POST /commands`: the forms of the pages. With scripts the answer is a status link, without
//! them the way back to the page.
//!
//! What a command may be is checked in `http/api/order.rs`; the token was checked by the guard.

use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::{Extension, Json};
use serde_json::{Map, Value, json};

use super::words;
use crate::http::access::Viewer;
use crate::http::api::commands;
use crate::http::problem::Problem;
use crate::http::site::Site;

/// Fields of forms that are no fields of commands.
const OURS: [&str; 3] = ["csrf", "account_id", "snooze_days"];

pub(super) async fn act(
    State(site): State<Site>,
    Extension(viewer): Extension<Viewer>,
    headers: HeaderMap,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Response {
    let account_id = pairs.iter().find(|(name, _)| name == "account_id");
    let Some((_, account_id)) = account_id.cloned() else {
        let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY);
        return problem.detail("the field `account_id` is missing").into_response();
    };
    let fields = match fields(pairs, &site) {
        Ok(fields) => fields,
        Err(problem) => return problem.into_response(),
    };
    let view = site.view.latest();
    let Some(account) = view.seen_account(&account_id, viewer.csms.as_deref()) else {
        let problem = Problem::new(StatusCode::NOT_FOUND);
        return problem.detail("there is no such account").into_response();
    };
    let body = Value::Object(fields).to_string();
    let wants_json = headers.get(header::ACCEPT).is_some_and(|accept| accept == "application/json");
    match commands::send(&site, &viewer, account, body.as_bytes(), None).await {
        Ok(id) if wants_json => {
            let status_url = commands::status_url(id);
            let body = json!({ "request_id": id, "status": "pending", "status_url": status_url });
            (StatusCode::ACCEPTED, [(header::LOCATION, status_url)], Json(body)).into_response()
        }
        Ok(_) => Redirect::to(&words::account_href(account.id())).into_response(),
        Err(problem) => problem.into_response(),
    }
}

/// The fields of the command that a form means; what is left empty is left out.
fn fields(pairs: Vec<(String, String)>, site: &Site) -> Result<Map<String, Value>, Problem> {
    let mut fields = Map::new();
    for (name, value) in pairs {
        let wrong = |what: &str| {
            let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY).field(&name);
            problem.detail(format!("the field `{name}` {what}"))
        };
        match name.as_str() {
            "snooze_days" => {
                let days: u8 = value.parse().map_err(|_| wrong("is not a number of days"))?;
                let until = site.now(&site.view.latest()).plus_days(days.into());
                fields.insert("until".to_owned(), json!(until.to_string()));
            }
            "value" => {
                let number: f64 = value.parse().map_err(|_| wrong("is not a number"))?;
                fields.insert(name, json!(number));
            }
            ours if OURS.contains(&ours) => {}
            _ if value.trim().is_empty() => {}
            _ => {
                fields.insert(name, Value::String(value));
            }
        }
    }
    Ok(fields)
}
