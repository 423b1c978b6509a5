//! A site without a broker: three accounts, keys of every role, and how it is asked.
//!
//! What is asked of it is in `main.rs`.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::response::Parts;
use axum::http::{HeaderName, Method, Request, header};
use customer_pulse::config::http::{Http, Proxy, Role};
use customer_pulse::engine::model::Model;
use customer_pulse::engine::output::OutputTopic;
use customer_pulse::engine::time::Timestamp;
use customer_pulse::http;
use customer_pulse::http::access::Access;
use customer_pulse::http::access::keys::{self, Keys};
use customer_pulse::http::api::model_source::Models;
use customer_pulse::http::site::Site;
use customer_pulse::kafka::clock::Clock;
use customer_pulse::kafka::commands;
use customer_pulse::kafka::model_topic::InForce;
use customer_pulse::view::View;
use customer_pulse::view::writer::{Record, Writer};
use jiff::SignedDuration;
use serde_json::Value;
use tokio::sync::{Semaphore, watch};
use tower::ServiceExt as _;

/// An id that is no alert's.
pub(crate) const ALERT: &str = "0b0c38f3-77f5-5d0b-9c1b-51a12f5c8a02";
/// What has a name that would run, were it not escaped.
const HOSTILE: &str = "<script>alert(1)</script><img src=x onerror=alert(1)>";

/// A site behind its guard.
pub(crate) struct House {
    router: Router,
    keys: Vec<String>,
    _stop: watch::Sender<bool>,
}

/// A request.
#[derive(Debug)]
pub(crate) struct Asked {
    method: Method,
    path: String,
    headers: Vec<(String, String)>,
    body: String,
    peer: String,
}

impl House {
    /// With a key of each role, and one of a viewer who sees the accounts of zoe only.
    pub(crate) fn with_keys() -> Self {
        let names = ["viewer", "operator", "admin", "viewer"];
        let keys: Vec<_> = names
            .iter()
            .map(|_| keys::generate().expect("the test asks for what there is"))
            .collect();
        let lines: Vec<_> = (keys.iter().zip(names).enumerate())
            .map(|(n, (key, role))| {
                let csms = if n == 3 { ", csms: [zoe]" } else { "" };
                let hash = keys::listed_hash(key);
                format!("- {{ name: k{n}, sha256: '{hash}', role: {role}{csms} }}")
            })
            .collect();
        let listed = Keys::parse(&lines.join("\n")).expect("the test asks for what there is");
        Self::new(&Http::default(), listed, keys)
    }

    /// Without keys: this machine may do everything.
    pub(crate) fn open() -> Self {
        Self::new(&Http::default(), Keys::default(), Vec::new())
    }

    /// Behind a proxy that names users.
    pub(crate) fn behind_a_proxy() -> Self {
        let user_header = Some("x-forwarded-user".to_owned());
        let proxy = Proxy { networks: "10.0.0.0/8".to_owned(), user_header, ..Proxy::default() };
        Self::new(&Http { proxy, ..Http::default() }, Keys::default(), Vec::new())
    }

    fn new(settings: &Http, listed: Keys, keys: Vec<String>) -> Self {
        let (stop, stopped) = watch::channel(false);
        let model = Arc::new(Model::default());
        let site = Site {
            view: view(),
            clock: Clock::moved(SignedDuration::ZERO),
            access: Arc::new(Access::with_keys(settings, listed)),
            has_broker: false,
            commands: commands::channel().0,
            models: Arc::new(Models::fixed(InForce { model, offset: 0, read_to: 0 })),
            followers: Arc::new(Semaphore::new(10)),
            stop: stopped,
        };
        Self { router: http::router(&site, settings), keys, _stop: stop }
    }

    /// The key of a role.
    pub(crate) fn key(&self, role: Role) -> &str {
        &self.keys[role as usize]
    }

    /// The key of who sees the accounts of zoe only.
    pub(crate) fn scoped_key(&self) -> &str {
        &self.keys[3]
    }

    /// What is answered; of a stream, that it begins.
    pub(crate) async fn ask(&self, asked: Asked) -> (Parts, String) {
        let mut request = Request::builder().method(asked.method).uri(&asked.path);
        for (name, value) in &asked.headers {
            request = request.header(
                HeaderName::from_bytes(name.as_bytes()).expect("the test asks for what there is"),
                value,
            );
        }
        let peer =
            SocketAddr::new(asked.peer.parse().expect("the test asks for what there is"), 4_711);
        let request = request
            .extension(ConnectInfo(peer))
            .body(Body::from(asked.body))
            .expect("the test asks for what there is");
        let (head, body) = self
            .router
            .clone()
            .oneshot(request)
            .await
            .expect("the test asks for what there is")
            .into_parts();
        let kind = head.headers.get(header::CONTENT_TYPE);
        if kind.is_some_and(|kind| kind == "text/event-stream") {
            return (head, String::new());
        }
        let bytes = to_bytes(body, 1 << 24).await.expect("the test asks for what there is");
        (head, String::from_utf8_lossy(&bytes).into_owned())
    }
}

impl Asked {
    pub(crate) fn new(method: &Method, path: &str) -> Self {
        let (method, path) = (method.clone(), path.to_owned());
        let peer = "127.0.0.1".to_owned();
        Self { method, path, headers: Vec::new(), body: String::new(), peer }
    }

    pub(crate) fn get(path: &str) -> Self {
        Self::new(&Method::GET, path)
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn key(self, key: &str) -> Self {
        self.with("authorization", &format!("Bearer {key}"))
    }

    pub(crate) fn cookie(self, pair: &str) -> Self {
        self.with("cookie", pair)
    }

    pub(crate) fn form(mut self, body: &str) -> Self {
        self.body = body.to_owned();
        self.with("content-type", "application/x-www-form-urlencoded")
    }

    pub(crate) fn json(mut self, body: &str) -> Self {
        self.body = body.to_owned();
        self.with("content-type", "application/json")
    }

    pub(crate) fn yaml(mut self, body: &str) -> Self {
        self.body = body.to_owned();
        self.with("content-type", "application/yaml")
    }

    pub(crate) fn from(mut self, peer: &str) -> Self {
        self.peer = peer.to_owned();
        self
    }
}

/// Acme of max, borealis of zoe, and one with a hostile name.
fn view() -> View {
    let (mut writer, view) = Writer::new(1);
    let golden = include_str!("../golden/account-health.json");
    for (id, name, csm) in
        [("acme", "Acme", "max"), ("borealis", "borealis", "zoe"), ("hostile", HOSTILE, HOSTILE)]
    {
        let mut value: Value =
            serde_json::from_str(golden).expect("the test asks for what there is");
        value["account_id"] = id.into();
        value["profile"]["name"] = name.into();
        value["profile"]["plan"] = HOSTILE.into();
        value["csm"]["name"] = csm.into();
        let bytes = serde_json::to_vec(&value).expect("the test asks for what there is");
        let topic = OutputTopic::AccountHealth;
        writer
            .take(&Record { topic, partition: 0, key: id, value: Some(&bytes) })
            .expect("the test asks for what there is");
    }
    writer.note_progress(true, 0);
    writer.publish(Timestamp::from_millis(1_769_904_000_000));
    view
}
