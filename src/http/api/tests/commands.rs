//! Commands: what becomes an event, what is refused before, and what is told of the rest.
//!
//! That an event is carried out is told in `tests/kafka/`.

use super::*;
use crate::kafka::commands::NotTaken;

/// What was sent, and what was answered to it.
struct Sent {
    told: Told,
    partition: i32,
    event: Value,
}

async fn post(stage: &Stage, viewer: &Viewer, id: &str, key: Option<&str>, body: &Value) -> Told {
    let mut request = Request::post(format!("/api/v1/accounts/{id}/commands"))
        .header(header::CONTENT_TYPE, "application/json; charset=utf-8");
    if let Some(key) = key {
        request = request.header("idempotency-key", key);
    }
    stage.ask(viewer, request.body(Body::from(body.to_string())).unwrap()).await
}

/// Gives a command to a broker that answers with `ending`.
async fn send(
    stage: &mut Stage,
    id: &str,
    key: Option<&str>,
    body: &Value,
    ending: Result<(), NotTaken>,
) -> Sent {
    let mut queue = std::mem::replace(&mut stage.queue, channel().1);
    let broker = async {
        let command = queue.next().await.unwrap();
        let (partition, event) =
            (command.partition, serde_json::from_slice(&command.value).unwrap());
        assert_eq!(command.account_id, id);
        command.done(ending);
        (partition, event)
    };
    let viewer = ann();
    let (told, (partition, event)) = tokio::join!(post(stage, &viewer, id, key, body), broker);
    stage.queue = queue;
    Sent { told, partition, event }
}

fn acknowledge(id: &str) -> Value {
    json!({ "type": "acknowledge_alert", "alert_id": of(id, "alert") })
}

#[tokio::test]
async fn a_command_becomes_an_event_and_its_answer_is_told() {
    let mut stage = Stage::with_accounts();
    let sent = send(&mut stage, "acme", None, &acknowledge("acme"), Ok(())).await;
    assert_eq!(sent.told.status, StatusCode::ACCEPTED, "{}", sent.told.text());
    let given = sent.told.json();
    let id = given["request_id"].as_str().unwrap().to_owned();
    let url = format!("/api/v1/commands/{id}");
    assert_eq!(given, json!({ "request_id": id, "status": "pending", "status_url": url }));
    assert_eq!(sent.told.header(header::LOCATION), url);
    assert_eq!(sent.partition, 3, "where the account's records lie");
    let event = &sent.event;
    assert_eq!((&event["event_id"], &event["account_id"]), (&json!(id), &json!("acme")));
    assert_eq!((&event["actor"], &event["type"]), (&json!("zoe"), &json!("acknowledge_alert")));
    assert_eq!(stage.get(&url).await.json()["status"], "pending");
    let mut answer = json!({
        "account_id": "acme", "at": "2026-02-01", "model_version": "1", "request_id": id,
        "operation": "command_result", "command": "acknowledge_alert", "actor": "zoe",
        "status": "refused",
        "error": { "code": "not_open", "field": "alert_id", "message": "it is over" },
    });
    stage.take(OutputTopic::Deliverables, &answer);
    stage.publish();
    let told = stage.get_as_ann(&url).await.json();
    assert_eq!((&told["status"], &told["command"]), (&json!("refused"), &answer["command"]));
    assert_eq!(told["error"], answer["error"]);
    // Of an account that one may not see nothing is told, not even that there is an answer.
    answer["account_id"] = "initech".into();
    stage.take(OutputTopic::Deliverables, &answer);
    stage.publish();
    assert_eq!(stage.get_as_ann(&url).await.json()["status"], "pending");
    assert_eq!(stage.get(&url).await.json()["status"], "refused");
}

#[tokio::test]
async fn a_request_with_a_key_is_one_command_however_often_it_is_sent() {
    let mut stage = Stage::with_accounts();
    let touch = json!({ "type": "log_touchpoint", "kind": "call" });
    let mut ids = Vec::new();
    for (account, key) in
        [("acme", Some("k1")), ("acme", Some("k1")), ("acme", Some("k2")), ("globex", Some("k1"))]
    {
        ids.push(send(&mut stage, account, key, &touch, Ok(())).await.event["event_id"].clone());
    }
    assert_eq!(ids[0], ids[1]);
    assert!(ids[0] != ids[2] && ids[0] != ids[3] && ids[2] != ids[3]);
    let once = send(&mut stage, "acme", None, &touch, Ok(())).await.event["event_id"].clone();
    let again = send(&mut stage, "acme", None, &touch, Ok(())).await.event["event_id"].clone();
    assert_ne!(once, again);
    let told = post(&stage, &ann(), "acme", Some(&"x".repeat(200)), &touch).await;
    assert_eq!(told.wrong(400), "Idempotency-Key");
}

#[tokio::test]
async fn who_asks_is_told_when_the_broker_is_silent() {
    let mut stage = Stage::with_accounts();
    let silent = Err(NotTaken::Silent);
    let sent = send(&mut stage, "acme", None, &acknowledge("acme"), silent).await;
    sent.told.wrong(503);
    assert_eq!(sent.told.header(header::RETRY_AFTER), "2");
    let id = sent.event["event_id"].as_str().unwrap();
    assert!(sent.told.text().contains(id), "{}", sent.told.text());
}

#[tokio::test]
async fn what_cannot_be_carried_out_is_not_sent() {
    let stage = Stage::with_accounts();
    let (alert, run) = (of("acme", "alert"), of("acme", "run"));
    for (status, field, body) in [
        (422, "type", json!({})),
        (422, "type", json!({ "type": "assess_health", "request_id": "r", "customer_id": "acme" })),
        (422, "alert_id", json!({ "type": "acknowledge_alert" })),
        (422, "", json!({ "type": "acknowledge_alert", "alert_id": "7" })),
        (422, "colour", json!({ "type": "acknowledge_alert", "alert_id": alert, "colour": 1 })),
        (422, "actor", json!({ "type": "log_touchpoint", "actor": "bob" })),
        (422, "ts", json!({ "type": "log_touchpoint", "ts": 0 })),
        (
            422,
            "until",
            json!({ "type": "snooze_alert", "alert_id": alert, "until": "soon",
            "reason": "x" }),
        ),
        (422, "step", json!({ "type": "skip_step", "run_id": run, "step": 7 })),
        (
            422,
            "value",
            json!({ "type": "override_health", "value": 101, "note": "x",
            "expires_at": "2027-01-01" }),
        ),
        (422, "playbook", json!({ "type": "start_playbook", "playbook": "" })),
        (422, "respondent_id or user_id", json!({ "type": "erase_person" })),
        (403, "", json!({ "type": "erase_person", "user_id": "u" })),
        (404, "", json!({ "type": "cancel_run", "run_id": alert, "reason": "x" })),
        (404, "", acknowledge("initech")),
    ] {
        assert_eq!(post(&stage, &ann(), "acme", None, &body).await.wrong(status), field, "{body}");
    }
    post(&stage, &ann(), "acme", None, &json!([])).await.wrong(400);
    for id in ["initech", "nobody"] {
        post(&stage, &ann(), id, None, &acknowledge("initech")).await.wrong(404);
    }
    let request = Request::post("/api/v1/accounts/acme/commands");
    let request = request.header(header::CONTENT_TYPE, "text/plain").body(Body::from("{}"));
    stage.ask(&ann(), request.unwrap()).await.wrong(415);
    let large = json!({ "type": "log_touchpoint", "note": "x".repeat(65_536) });
    post(&stage, &ann(), "acme", None, &large).await.wrong(413);
}

#[tokio::test]
async fn every_type_of_command_fits_its_schema_and_its_event() {
    let mut stage = Stage::with_accounts();
    let (alert, run) = (of("acme", "alert"), of("acme", "run"));
    let mut schema = json!({ "$ref": "#/components/schemas/Order" });
    schema["components"] = document::document()["components"].clone();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for body in [
        json!({ "type": "acknowledge_alert", "alert_id": alert }),
        json!({ "type": "snooze_alert", "alert_id": alert, "until": "2026-02-02T00:00:00Z",
            "reason": "waits" }),
        json!({ "type": "resolve_alert", "alert_id": alert }),
        json!({ "type": "complete_step", "run_id": run, "step": "plan", "note": "done" }),
        json!({ "type": "skip_step", "run_id": run, "step": "plan" }),
        json!({ "type": "cancel_run", "run_id": run, "reason": "over" }),
        json!({ "type": "start_playbook", "playbook": "usage_decline" }),
        json!({ "type": "override_health", "value": 50, "note": "I know",
            "expires_at": "2026-03-01T00:00:00Z" }),
        json!({ "type": "log_touchpoint", "kind": "call", "note": "all well" }),
        json!({ "type": "hold_account", "until": "2026-02-02T00:00:00Z", "reason": "outage",
            "features": ["search"] }),
    ] {
        assert!(validator.is_valid(&body), "{body}");
        let sent = send(&mut stage, "acme", None, &body, Ok(())).await;
        assert_eq!(sent.told.status, StatusCode::ACCEPTED, "{body}: {}", sent.told.text());
        for (name, value) in body.as_object().unwrap() {
            assert_eq!(&sent.event[name], value, "{body}");
        }
    }
}
