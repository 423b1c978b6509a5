//! For operators and their machines: `/livez`, `/readyz`, `/metrics` on `ops.listen`.
//!
//! What is measured is declared in `telemetry.rs`, what the workers are doing in
//! `kafka/status.rs`. Nothing for customers or their managers is served here.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;

use crate::kafka::status::Status;
use crate::telemetry::Telemetry;

/// What the probes look at.
#[derive(Clone)]
struct Observed {
    status: Arc<Status>,
    telemetry: Arc<Telemetry>,
}

/// The routes of `ops.listen`.
pub fn router(status: Arc<Status>, telemetry: Arc<Telemetry>) -> Router {
    Router::new()
        .route("/livez", get(livez))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .with_state(Observed { status, telemetry })
}

/// 503 when a restart would help: a worker hangs.
async fn livez(State(observed): State<Observed>) -> Response {
    verdict(observed.status.hanging())
}

/// 503 while partitions are not all live or the process is ending.
async fn readyz(State(observed): State<Observed>) -> Response {
    verdict(observed.status.unready())
}

async fn metrics(State(Observed { status, telemetry }): State<Observed>) -> Response {
    let partitions = status.partitions();
    for (state, count) in [
        ("live", partitions.live),
        ("restoring", partitions.restoring),
        ("halted", partitions.halted),
    ] {
        telemetry.partitions.with_label_values(&[state]).set(count.into());
    }
    match telemetry.text() {
        Ok(text) => ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text)
            .into_response(),
        Err(error) => {
            tracing::error!(%error, "series could not be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

fn verdict(reasons: Vec<String>) -> Response {
    let ok = reasons.is_empty();
    let code = if ok { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (code, Json(json!({ "ok": ok, "reasons": reasons }))).into_response()
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use axum::http::Request;
    use tower::ServiceExt as _;

    use super::*;
    use crate::kafka::status::Partitions;

    async fn ask(router: &Router, path: &str) -> (StatusCode, String) {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let answer = router.clone().oneshot(request).await.unwrap();
        let code = answer.status();
        let body = to_bytes(answer.into_body(), 1 << 20).await.unwrap();
        (code, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn probes_say_why_not() {
        let status = Arc::new(Status::new(1));
        let router = router(status.clone(), Arc::new(Telemetry::new()));
        assert_eq!(ask(&router, "/livez").await.0, StatusCode::OK);
        let (code, body) = ask(&router, "/readyz").await;
        assert_eq!(code, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(body, r#"{"ok":false,"reasons":["1 workers have no assignment yet"]}"#);
        status.settled(0, Partitions { live: 6, restoring: 0, halted: 0 });
        assert_eq!(
            ask(&router, "/readyz").await,
            (StatusCode::OK, r#"{"ok":true,"reasons":[]}"#.into())
        );
        let (code, body) = ask(&router, "/metrics").await;
        assert_eq!(code, StatusCode::OK);
        assert!(body.contains("pulse_partitions{state=\"live\"} 6"), "{body}");
        assert_eq!(ask(&router, "/").await.0, StatusCode::NOT_FOUND);
    }
}
