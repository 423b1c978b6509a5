//! The model: read, looked at, put in force.
//!
//! What is wrong with which model is tested in `tests/model/`; the topic, in `tests/kafka/`.

use super::super::model_source::NotPublished;
use super::*;
use crate::kafka::model_record::ModelText;
use crate::kafka::model_topic::Published;

/// A topic whose model in force is `winter`.
fn stage() -> Stage {
    let text = "version: winter\n".to_owned() + crate::engine::model::DEFAULT_TEXT;
    let in_force = watch::Sender::new(in_force()).subscribe();
    let read = move || Ok(Some(ModelText::parse(text.clone()).unwrap()));
    let publish = |text: &ModelText, _, may_replace: super::super::model_source::MayReplace| {
        if !may_replace("winter") {
            return Err(NotPublished::Other("winter".to_owned()));
        }
        Ok(if text.version() == "winter" { Published::Stays(4) } else { Published::At(6) })
    };
    Stage::with_models(Models::new(in_force, Box::new(read), Box::new(publish)))
}

fn of_version(version: &str) -> String {
    format!("version: {version}\n{}", crate::engine::model::DEFAULT_TEXT)
}

async fn send(
    stage: &Stage,
    role: Role,
    request: axum::http::request::Builder,
    text: &str,
) -> Told {
    let request = request.header(header::CONTENT_TYPE, "application/yaml");
    stage.ask(&viewer(role, None), request.body(Body::from(text.to_owned())).unwrap()).await
}

#[tokio::test]
async fn the_model_in_force_is_its_file() {
    let stage = stage();
    let told = stage.get("/api/v1/model").await;
    assert_eq!(told.text(), of_version("winter"));
    assert_eq!(told.header(header::CONTENT_TYPE), "application/yaml");
    assert_eq!(told.header(header::ETAG), "\"winter\"");
    let request = Request::get("/api/v1/model").header(header::IF_NONE_MATCH, "\"winter\"");
    let told = stage.ask(&ann(), request.body(Body::empty()).unwrap()).await;
    assert_eq!(told.status, StatusCode::NOT_MODIFIED);
}

#[tokio::test]
async fn everything_that_is_wrong_with_a_model_is_listed() {
    let stage = stage();
    let document = document::document();
    let answers = &document["paths"]["/api/v1/model/check"]["post"]["responses"]["200"];
    let check_it = async |text: &str| {
        let request = Request::post("/api/v1/model/check");
        let told = send(&stage, Role::Operator, request, text).await;
        assert_eq!(told.status, StatusCode::OK, "{}", told.text());
        check(answers, &told.json());
        told.json()
    };
    let told = check_it(&of_version("spring")).await;
    assert_eq!(told, json!({ "is_valid": true, "version": "spring", "problems": [] }));
    let text = of_version("spring").replacen("green: 90", "green: high", 1);
    let told = check_it(&text.replacen("reporting: USD", "reporting: 7", 1)).await;
    assert_eq!(told["is_valid"], false);
    let paths: Vec<_> =
        told["problems"].as_array().unwrap().iter().map(|it| it["path"].clone()).collect();
    assert_eq!(paths, ["currencies.reporting", "health.bands.green"]);
    assert!(told["problems"][0]["line"].as_u64().unwrap() > 1);
}

#[tokio::test]
async fn a_model_is_put_in_force_by_whom_it_concerns() {
    let stage = stage();
    let put = || Request::put("/api/v1/model");
    let spring = of_version("spring");
    send(&stage, Role::Operator, put(), &spring).await.wrong(403);
    let told = send(&stage, Role::Admin, put(), &spring).await;
    assert_eq!(told.json(), json!({ "version": "spring", "offset": 6, "is_new": true }));
    assert_eq!(told.header(header::ETAG), "\"spring\"");
    let told = send(&stage, Role::Admin, put(), &of_version("winter")).await;
    assert_eq!(told.json()["is_new"], false);
    let put_over = |tag: &str| put().header(header::IF_MATCH, tag);
    for tag in ["\"winter\"", "\"autumn\", \"winter\"", "*"] {
        let told = send(&stage, Role::Admin, put_over(tag), &spring).await;
        assert_eq!(told.status, StatusCode::OK, "{tag}");
    }
    send(&stage, Role::Admin, put_over("\"autumn\""), &spring).await.wrong(412);
    let told = send(&stage, Role::Admin, put(), "health: 1").await;
    told.wrong(422);
    assert!(told.text().contains("health"), "{}", told.text());
}
