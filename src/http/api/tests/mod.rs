//! The API asked as programs ask it, over a view of a few accounts.
//!
//! What is told of a real broker is in `tests/kafka/`; who may ask at all, in `http/access/`.

mod changes;
mod commands;
mod details;
mod lists;
mod model;

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use axum::{Extension, Router};
use compact_str::CompactString;
use jiff::SignedDuration;
use serde_json::{Value, json};
use tokio::sync::{Semaphore, watch};
use tower::ServiceExt as _;
use uuid::Uuid;

use super::{document, model_source::Models, router};
use crate::config::http::{Http, Role};
use crate::engine::model::Model;
use crate::engine::output::OutputTopic;
use crate::engine::output::health::AccountHealth;
use crate::engine::time::Timestamp;
use crate::http::access::keys::Keys;
use crate::http::access::{Access, Proof, Viewer};
use crate::http::site::Site;
use crate::kafka::clock::Clock;
use crate::kafka::commands::{CommandQueue, channel};
use crate::kafka::model_topic::InForce;
use crate::view::writer::{Record, Writer};

/// 2026-02-01, a day after the golden assessment.
const NOW: Timestamp = Timestamp::from_millis(1_769_904_000_000);
/// How many may follow changes here.
const FOLLOWERS_MAX: usize = 2;

/// Everything that a test moves.
struct Stage {
    writer: Writer,
    queue: CommandQueue,
    router: Router,
    stop: Option<watch::Sender<bool>>,
}

/// An answer, read to its end.
struct Told {
    status: StatusCode,
    headers: HeaderMap,
    bytes: Vec<u8>,
}

impl Stage {
    /// Nothing is published yet.
    fn new() -> Self {
        Self::with_models(Models::fixed(in_force()))
    }

    fn with_models(models: Models) -> Self {
        let (mut writer, view) = Writer::new(7);
        let (commands, queue) = channel();
        let (stop, stopped) = watch::channel(false);
        let http = Http::default();
        let site = Site {
            view,
            clock: Clock::moved(SignedDuration::ZERO),
            access: Arc::new(Access::with_keys(&http, Keys::default())),
            has_broker: true,
            commands,
            models: Arc::new(models),
            followers: Arc::new(Semaphore::new(FOLLOWERS_MAX)),
            stop: stopped,
        };
        writer.note_progress(true, 0);
        writer.publish(NOW);
        Self { writer, queue, router: router(site), stop: Some(stop) }
    }

    /// Two accounts of ann and one of bob, with work, and an alert about all.
    fn with_accounts() -> Self {
        let mut stage = Self::new();
        stage.take(OutputTopic::AccountHealth, &account("acme", "ann", "red"));
        stage.take(OutputTopic::AccountHealth, &account("globex", "ann", "green"));
        stage.take(OutputTopic::AccountHealth, &account("initech", "bob", "red"));
        for (id, severity) in [("acme", "critical"), ("initech", "error")] {
            stage.take(OutputTopic::Alerts, &alert(id, severity));
            stage.take(OutputTopic::AccountWork, &work(id, severity));
        }
        let mut of_all = alert("fleet", "warning");
        of_all["accounts"] = json!(["acme", "initech"]);
        stage.take(OutputTopic::Alerts, &of_all);
        stage.publish();
        stage
    }

    fn take(&mut self, topic: OutputTopic, value: &Value) {
        let key = value["account_id"].as_str().unwrap().to_owned();
        let bytes = serde_json::to_vec(value).unwrap();
        let record = Record { topic, partition: 3, key: &key, value: Some(&bytes) };
        self.writer.take(&record).unwrap();
    }

    fn erase(&mut self, key: &str) {
        for topic in [OutputTopic::AccountHealth, OutputTopic::AccountWork] {
            let record = Record { topic, partition: 3, key, value: None };
            self.writer.take(&record).unwrap();
        }
    }

    fn publish(&mut self) {
        self.writer.publish(NOW);
    }

    /// Asks as somebody who sees all.
    async fn get(&self, path: &str) -> Told {
        self.ask(&viewer(Role::Admin, None), Request::get(path).body(Body::empty()).unwrap()).await
    }

    /// Asks as ann, who sees her own accounts.
    async fn get_as_ann(&self, path: &str) -> Told {
        self.ask(&ann(), Request::get(path).body(Body::empty()).unwrap()).await
    }

    async fn ask(&self, viewer: &Viewer, request: Request<Body>) -> Told {
        let router = self.router.clone().layer(Extension(viewer.clone()));
        let answer = router.oneshot(request).await.unwrap();
        let (head, body) = answer.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap().to_vec();
        Told { status: head.status, headers: head.headers, bytes }
    }
}

impl Told {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap()
    }

    fn header(&self, name: header::HeaderName) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The values of a field of all items.
    fn items(&self, field: &str) -> Vec<String> {
        assert_eq!(self.status, StatusCode::OK, "{}", self.text());
        let items = self.json()["items"].as_array().unwrap().clone();
        items.iter().map(|item| item[field].as_str().unwrap().to_owned()).collect()
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// Which field is wrong, of a problem with this status.
    fn wrong(&self, status: u16) -> String {
        assert_eq!(self.status, status, "{}", self.text());
        assert_eq!(self.header(header::CONTENT_TYPE), "application/problem+json");
        check(&document::document()["components"]["responses"]["Problem"], &self.json());
        self.json()["field"].as_str().unwrap_or_default().to_owned()
    }
}

/// Holds a value against the schema that a response of the document has.
fn check(response: &Value, value: &Value) {
    let content = response["content"].as_object().unwrap();
    let mut schema = content.values().next().unwrap()["schema"].clone();
    schema["components"] = document::document()["components"].clone();
    let validator = jsonschema::validator_for(&schema).unwrap();
    if let Err(error) = validator.validate(value) {
        panic!("{error} at {} in {value:#}", error.instance_path());
    }
}

fn viewer(role: Role, csms: Option<&[&str]>) -> Viewer {
    let csms = csms.map(|names| names.iter().map(|name| CompactString::from(*name)).collect());
    Viewer { name: "zoe".into(), role, csms, proof: Proof::Key }
}

fn ann() -> Viewer {
    viewer(Role::Operator, Some(&["ann"]))
}

fn in_force() -> InForce {
    let text = "version: winter\n".to_owned() + crate::engine::model::DEFAULT_TEXT;
    InForce { model: Arc::new(Model::parse(&text).unwrap()), offset: 4, read_to: 5 }
}

/// The golden assessment as another account's, as this version would publish it.
fn account(id: &str, csm: &str, band: &str) -> Value {
    let golden = include_str!("../../../../tests/golden/account-health.json");
    let golden: AccountHealth = serde_json::from_str(golden).unwrap();
    let mut value = serde_json::to_value(golden).unwrap();
    value["account_id"] = id.into();
    value["profile"]["name"] = id.to_uppercase().into();
    value["profile"]["contract_end"] = "2026-03-01".into();
    value["csm"]["name"] = csm.into();
    value["displayed_health_band"] = band.into();
    value
}

/// One open alert, one run that is overdue, one opportunity.
fn work(id: &str, severity: &str) -> Value {
    let opportunity = json!({
        "account_id": id, "at": "2026-01-31", "model_version": "1",
        "opportunity_id": of(id, "opportunity"), "kind": "renewal", "amount_cents": 5,
        "currency": "EUR", "stage": "open", "evidence": [], "owner": "ann",
        "due_at": "2026-03-01", "sequence": 1,
    });
    let step = |name: &str, status: &str| {
        json!({
            "step": name, "title": name, "owner_role": "csm", "due_at": "2026-01-31",
            "status": status,
        })
    };
    let run = json!({
        "run_id": of(id, "run"), "playbook": "usage_decline", "playbook_version": "1",
        "started_at": "2026-01-30", "trigger": { "kind": "condition" }, "status": "open",
        "steps": [step("call", "done"), step("plan", "overdue")],
    });
    json!({
        "account_id": id, "at": "2026-01-31", "model_version": "1",
        "alerts": [alert(id, severity)], "runs": [run], "opportunities": [opportunity],
        "activity": {}, "arr_month_ends": {}, "nps_month_ends": {}, "responses": {},
        "nps": { "promoters": 0, "passives": 0, "detractors": 0 }, "csat": {}, "steps": {},
        "renewals": [], "first_value_at": null,
    })
}

fn alert(id: &str, severity: &str) -> Value {
    json!({
        "account_id": id, "at": "2026-01-31", "model_version": "1",
        "alert_id": of(id, "alert"), "dedup_key": format!("health_red:{id}"),
        "rule": "health_red", "severity": severity, "transition": "raised", "status": "open",
        "sequence": 1, "raised_at": "2026-01-31", "resolved_at": null, "resolution": null,
        "summary": format!("{id} is red"), "reason": "it fell", "evidence": [], "actions": [],
        "owner": if id == "initech" { "bob" } else { "ann" }, "due_at": "2026-02-02",
        "links": [], "baseline": false,
    })
}

/// The id of a thing of an account.
fn of(id: &str, what: &str) -> Uuid {
    Uuid::new_v5(&Uuid::nil(), format!("{what} of {id}").as_bytes())
}
