//! One account, alert or run: passed on as it was published.
//!
//! Who may see which is in `lists.rs`.

use super::*;

#[tokio::test]
async fn an_account_is_passed_on_as_it_was_published() {
    let stage = Stage::with_accounts();
    let told = stage.get("/api/v1/accounts/acme").await;
    let published = account("acme", "ann", "red").to_string();
    assert!(told.text().contains(&published), "{}", told.text());
    assert!(told.text().contains(&work("acme", "critical").to_string()));
    assert_eq!(told.header(header::CONTENT_TYPE), "application/json");
    assert!(told.header(header::ETAG).starts_with('"'), "a strong tag");
    let told = stage.get("/api/v1/accounts/globex").await;
    assert_eq!(told.json()["work"], Value::Null);
}

#[tokio::test]
async fn an_explanation_has_the_parts_that_add_up() {
    let stage = Stage::with_accounts();
    let told = stage.get("/api/v1/accounts/acme/explanation").await.json();
    assert_eq!(told["metrics"], json!([{ "metric": "P1", "score": 85.41, "points": 81.5 }]));
    let sum: f64 = told["contributions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["log_odds"].as_f64().unwrap())
        .sum();
    let logit = told["base"].as_f64().unwrap() + sum;
    let probability = 1.0 / (1.0 + (-logit).exp());
    assert!((probability - told["churn_probability"].as_f64().unwrap()).abs() < 1e-3);
    assert_eq!(told["contributions"][1]["facts"]["tier"], "strong");
    let told = stage.get("/api/v1/accounts/acme/history").await.json();
    let day = json!({ "day": "2026-01-30", "health": 85.0, "churn_probability": 0.02 });
    assert_eq!(told["items"][0], day);
}

#[tokio::test]
async fn an_alert_that_ended_is_still_told_for_a_while() {
    let mut stage = Stage::with_accounts();
    let path = format!("/api/v1/alerts/{}", of("acme", "alert"));
    assert_eq!(stage.get(&path).await.json(), alert("acme", "critical"));
    let mut ended = alert("acme", "critical");
    ended["transition"] = "resolved".into();
    ended["status"] = "resolved".into();
    ended["at"] = "2026-02-01".into();
    let mut without = work("acme", "critical");
    without["alerts"] = json!([]);
    stage.take(OutputTopic::Alerts, &ended);
    stage.take(OutputTopic::AccountWork, &without);
    stage.publish();
    assert_eq!(stage.get(&path).await.json()["status"], "resolved");
    assert_eq!(stage.get("/api/v1/alerts").await.items("account_id"), ["initech", "fleet"]);
    let told = stage.get("/api/v1/accounts/acme/timeline").await.json();
    let transitions: Vec<_> =
        told["items"].as_array().unwrap().iter().map(|it| &it["transition"]).collect();
    assert_eq!(transitions, ["resolved", "raised"]);
    // Of an account that was erased nothing is told.
    stage.erase("acme");
    stage.publish();
    stage.get(&path).await.wrong(404);
}

#[tokio::test]
async fn a_run_has_its_steps() {
    let stage = Stage::with_accounts();
    let told = stage.get(&format!("/api/v1/runs/{}", of("acme", "run"))).await.json();
    assert_eq!(told["account_id"], "acme");
    assert_eq!(told["run"], work("acme", "critical")["runs"][0]);
    for path in ["alerts/x", "runs/x", "commands/x"] {
        stage.get(&format!("/api/v1/{path}")).await.wrong(404);
    }
}

#[tokio::test]
async fn what_is_not_known_yet_may_be_there_later() {
    let mut stage = Stage::new();
    stage.writer.note_progress(false, 9);
    stage.publish();
    let told = stage.get("/api/v1/accounts/acme").await;
    told.wrong(503);
    assert_eq!(told.header(header::RETRY_AFTER), "2");
}

#[tokio::test]
async fn views_rank_and_count() {
    let stage = Stage::with_accounts();
    let told = stage.get("/api/v1/portfolio").await.json();
    assert_eq!(told["figures"]["portfolio"]["accounts"], 3);
    let ranked: Vec<_> = told["attention"].as_array().unwrap().iter().collect();
    assert_eq!(ranked[0]["account"]["account_id"], "acme");
    assert_eq!(ranked[0]["reasons"][0]["kind"], "alert");
    let told = stage.get("/api/v1/portfolio/executive").await.json();
    assert_eq!(told["by_segment"]["mid_market"]["portfolio"]["critical"]["accounts"], 2);
    let told = stage.get("/api/v1/portfolio/renewals?csm=bob").await.json();
    assert_eq!(told["renewals"]["within_30"]["accounts"], 1);
    assert_eq!(told["items"][0]["days_left"], 28.0);
    let told = stage.get("/api/v1/portfolio/accounts?csm=ann").await.json();
    assert_eq!(told["portfolio"]["accounts"], 2);
    assert_eq!(told["newest"].as_array().unwrap().len(), 2);
    let told = stage.get("/api/v1/definitions").await;
    assert!(told.json()["items"].as_array().unwrap().len() > 30);
}
