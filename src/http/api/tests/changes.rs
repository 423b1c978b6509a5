//! The stream of changes: what a follower hears, and what one who comes back has missed.
//!
//! Which changes are kept is tested in `view/changes.rs`.

use axum::body::BodyDataStream;
use futures_util::StreamExt as _;

use super::*;

/// Somebody who follows.
struct Heard(BodyDataStream);

impl Heard {
    async fn follow(stage: &Stage, viewer: &Viewer, path: &str, last: Option<&str>) -> Self {
        let mut request = Request::get(format!("/api/v1/changes{path}"));
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let router = stage.router.clone().layer(Extension(viewer.clone()));
        let answer = router.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        let headers = answer.headers();
        assert_eq!(headers[header::CONTENT_TYPE], "text/event-stream");
        assert_eq!(headers[header::CACHE_CONTROL], "no-cache");
        assert_eq!(headers["x-accel-buffering"], "no");
        Self(answer.into_body().into_data_stream())
    }

    /// The next event as it is sent; nothing once the stream has ended.
    async fn next(&mut self) -> Option<String> {
        let bytes = self.0.next().await?.unwrap();
        Some(String::from_utf8(bytes.to_vec()).unwrap())
    }

    /// Name and account of the next event, and its id.
    async fn event(&mut self) -> (String, String, String) {
        let text = self.next().await.expect("the stream goes on");
        let field = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
            line.unwrap_or_default().to_owned()
        };
        let data: Value = serde_json::from_str(&field("data")).unwrap_or_default();
        let account = data["account_id"].as_str().unwrap_or_default().to_owned();
        (field("event"), account, field("id"))
    }

    /// The next event, which is of this kind and account.
    async fn hears(&mut self, event: &str, account: &str) -> String {
        let (found, of, id) = self.event().await;
        assert_eq!((found.as_str(), of.as_str()), (event, account));
        id
    }
}

fn all() -> Viewer {
    viewer(Role::Viewer, None)
}

#[tokio::test]
async fn a_follower_hears_of_changes_as_they_are_published() {
    let mut stage = Stage::with_accounts();
    let mut heard = Heard::follow(&stage, &all(), "", None).await;
    let first = heard.next().await.unwrap();
    assert!(first.contains("retry: 2000") && first.contains("id: 7-2-"), "{first}");
    stage.take(OutputTopic::AccountHealth, &account("acme", "ann", "green"));
    stage.take(OutputTopic::Alerts, &alert("initech", "error"));
    stage.publish();
    assert_eq!(heard.hears("alert", "initech").await, "7-3-0");
    assert_eq!(heard.hears("account", "acme").await, "7-3-1");
    heard.hears("portfolio", "").await;
    stage.erase("globex");
    stage.publish();
    assert_eq!(heard.hears("erased", "globex").await, "7-4-0");
}

#[tokio::test]
async fn who_comes_back_hears_what_came_since_or_reads_afresh() {
    let mut stage = Stage::with_accounts();
    for id in ["acme", "initech"] {
        stage.take(OutputTopic::AccountHealth, &account(id, "bob", "green"));
    }
    stage.publish();
    let mut heard = Heard::follow(&stage, &all(), "", Some("7-3-0")).await;
    assert_eq!(heard.hears("account", "initech").await, "7-3-1");
    for last in ["8-3-0", "nonsense", ""] {
        let mut heard = Heard::follow(&stage, &all(), "", Some(last)).await;
        let id = heard.hears("reset", "").await;
        assert!(id.starts_with("7-3-"), "{id}");
        drop(heard);
    }
}

#[tokio::test]
async fn a_follower_hears_of_their_own_accounts_only() {
    let mut stage = Stage::with_accounts();
    let mut of_ann = Heard::follow(&stage, &ann(), "", None).await;
    let mut of_acme = Heard::follow(&stage, &all(), "?account=acme", None).await;
    of_ann.next().await;
    of_acme.next().await;
    stage.take(OutputTopic::Alerts, &alert("initech", "error"));
    // Whose this one is, nobody knows: neither its assessment nor its alert says so.
    let mut unknown = alert("umbrella", "error");
    unknown["owner"] = Value::Null;
    stage.take(OutputTopic::Alerts, &unknown);
    stage.take(OutputTopic::Alerts, &alert("fleet", "error"));
    stage.take(OutputTopic::AccountHealth, &account("initech", "bob", "green"));
    // It goes to bob: for ann it is no longer there.
    stage.take(OutputTopic::AccountHealth, &account("globex", "bob", "green"));
    stage.take(OutputTopic::AccountHealth, &account("acme", "ann", "green"));
    stage.publish();
    of_ann.hears("alert", "fleet").await;
    of_ann.hears("erased", "globex").await;
    of_ann.hears("account", "acme").await;
    of_ann.hears("portfolio", "").await;
    of_acme.hears("account", "acme").await;
    stage.erase("initech");
    stage.erase("acme");
    stage.publish();
    of_ann.hears("erased", "acme").await;
    of_acme.hears("erased", "acme").await;
    drop(of_acme);
    let mut again = Heard::follow(&stage, &ann(), "", Some("7-3-9")).await;
    again.hears("erased", "acme").await;
    drop(again);
    let mut from_before = Heard::follow(&stage, &ann(), "", Some("7-2-9")).await;
    from_before.hears("alert", "fleet").await;
    from_before.hears("erased", "globex").await;
    // What was told of an account goes with it.
    from_before.hears("erased", "acme").await;
    from_before.hears("erased", "acme").await;
    from_before.hears("portfolio", "").await;
}

#[tokio::test]
async fn an_erasure_is_told_though_more_of_the_account_comes_after_it() {
    let mut stage = Stage::with_accounts();
    let mut heard = Heard::follow(&stage, &all(), "", None).await;
    heard.next().await;
    stage.erase("acme");
    // Topics are read in no order of each other: its alert ends after it is gone.
    stage.take(OutputTopic::Alerts, &alert("acme", "error"));
    stage.publish();
    heard.hears("alert", "acme").await;
    heard.hears("erased", "acme").await;
}

#[tokio::test]
async fn streams_have_an_end_and_there_are_so_many() {
    let mut stage = Stage::with_accounts();
    let mut first = Heard::follow(&stage, &all(), "", None).await;
    let second = Heard::follow(&stage, &all(), "", None).await;
    let told = stage.get("/api/v1/changes").await;
    told.wrong(503);
    assert_eq!(told.header(header::RETRY_AFTER), "10");
    drop(second);
    let mut third = Heard::follow(&stage, &all(), "", None).await;
    first.next().await;
    third.next().await;
    stage.stop.as_ref().unwrap().send_replace(true);
    assert_eq!(first.next().await, None);
    stage.stop = None;
    assert_eq!(third.next().await, None);
}
