//! How long the router takes to answer with pages and lists, and how large they are.
//!
//! Requests go to the router itself: no socket, but everything else of a request.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::Request;
use customer_pulse::config::http::Http;
use customer_pulse::engine::model::Model;
use customer_pulse::http;
use customer_pulse::http::access::Access;
use customer_pulse::http::access::keys::Keys;
use customer_pulse::http::api::model_source::Models;
use customer_pulse::http::site::Site;
use customer_pulse::kafka::clock::Clock;
use customer_pulse::kafka::commands;
use customer_pulse::kafka::model_topic::InForce;
use customer_pulse::view::View;
use jiff::SignedDuration;
use tokio::sync::{Semaphore, watch};
use tower::ServiceExt as _;

use crate::{ROUNDS, now, spread};

/// What is asked for, besides the account that comes last and what is open there.
const PATHS: [&str; 12] = [
    "/",
    "/executive",
    "/accounts",
    "/accounts?sort=churn&order=desc&band=red",
    "/accounts?q=umbra",
    "/renewals",
    "/api/v1/accounts",
    "/api/v1/accounts?sort=arr&order=desc&limit=200",
    "/api/v1/alerts",
    "/api/v1/runs",
    "/api/v1/opportunities",
    "/api/v1/renewals",
];

/// Asks for each path many times, one request after the other.
pub(crate) fn measure(view: &View) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let (_stop, stopped) = watch::channel(false);
        let model = Arc::new(Model::default());
        let settings = Http { rate_per_sec: 1_000_000, ..Http::default() };
        let site = Site {
            view: view.clone(),
            clock: Clock::moved(SignedDuration::ZERO),
            access: Arc::new(Access::with_keys(&settings, Keys::default())),
            has_broker: false,
            commands: commands::channel().0,
            models: Arc::new(Models::fixed(InForce { model, offset: 0, read_to: 0 })),
            followers: Arc::new(Semaphore::new(10)),
            stop: stopped,
        };
        let router = http::router(&site, &settings);
        for path in PATHS.into_iter().map(str::to_owned).chain(details(view)) {
            let (mut taken, mut bytes) = (Vec::new(), 0);
            for _ in 0..ROUNDS {
                let request = Request::get(&path)
                    .header("host", "localhost")
                    .extension(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 4_711))))
                    .body(Body::empty())
                    .expect("a request");
                let start = now();
                let response = router.clone().oneshot(request).await.expect("an answer");
                let status = response.status();
                let body = to_bytes(response.into_body(), usize::MAX).await.expect("its body");
                taken.push(start.elapsed());
                assert!(status.is_success(), "{path}: {status}");
                bytes = body.len();
            }
            println!("GET {path}: {}, {bytes} bytes", spread(taken));
        }
    });
}

/// The slowest case of what is looked for by its id.
fn details(view: &View) -> Vec<String> {
    let view = view.latest();
    let mut accounts = view.accounts().iter().rev();
    let Some(account) = accounts.find(|it| !it.alerts().is_empty() && !it.runs().is_empty()) else {
        return Vec::new();
    };
    let (alert_id, run_id) = (account.alerts()[0].alert_id, account.runs()[0].run_id);
    vec![
        format!("/accounts/{}", account.id()),
        format!("/api/v1/accounts/{}", account.id()),
        format!("/api/v1/alerts/{alert_id}"),
        format!("/api/v1/runs/{run_id}"),
    ]
}
