//! Lists: what filters let pass, how pages follow each other, what each may see.
//!
//! How rows are sorted is tested in `view/list.rs`.

use super::*;

#[tokio::test]
async fn every_answer_is_as_the_document_says_and_is_not_sent_twice() {
    let stage = Stage::with_accounts();
    let document = document::document();
    let mut n_tagged = 0;
    for (method, path) in crate::http::api::routes().filter(|(method, _)| *method == "GET") {
        if ["/changes", "/model"].iter().any(|it| path.ends_with(it)) {
            continue; // no JSON
        }
        let kind = path.split('/').nth(3).unwrap().trim_end_matches('s').to_owned();
        let id = match kind.as_str() {
            "account" => "acme".to_owned(),
            _ => of("acme", &kind).to_string(),
        };
        let told = stage.get(&path.replace("{id}", &id)).await;
        assert_eq!(told.status, StatusCode::OK, "{path}: {}", told.text());
        let responses = &document["paths"][&path][method.to_lowercase()]["responses"];
        check(&responses["200"], &told.json());
        if responses["304"].is_null() {
            assert_eq!(told.header(header::ETAG), "", "{path}");
            continue;
        }
        n_tagged += 1;
        assert_eq!(told.header(header::CACHE_CONTROL), "private, no-cache", "{path}");
        let known = told.header(header::ETAG).to_owned();
        let request = Request::get(path.replace("{id}", &id)).header(header::IF_NONE_MATCH, &known);
        let again = request.body(Body::empty()).unwrap();
        let again = stage.ask(&viewer(Role::Admin, None), again).await;
        assert_eq!(again.status, StatusCode::NOT_MODIFIED, "{path}");
        assert_eq!((again.header(header::ETAG), again.bytes.len()), (&*known, 0), "{path}");
    }
    assert_eq!(n_tagged, 17);
}

#[tokio::test]
async fn the_tag_of_a_list_is_another_for_another_view_and_another_person() {
    let mut stage = Stage::with_accounts();
    let first = stage.get("/api/v1/accounts").await.header(header::ETAG).to_owned();
    let of_ann = stage.get_as_ann("/api/v1/accounts").await.header(header::ETAG).to_owned();
    stage.take(OutputTopic::AccountHealth, &account("acme", "ann", "green"));
    stage.publish();
    let later = stage.get("/api/v1/accounts").await.header(header::ETAG).to_owned();
    assert!(first.starts_with("W/\"7-"), "{first}");
    assert!(first != later && first != of_ann, "{first} {later} {of_ann}");
}

#[tokio::test]
async fn filters_narrow_lists() {
    let stage = Stage::with_accounts();
    let alert = |id: &str| of(id, "alert").to_string();
    for (path, field, wanted) in [
        ("accounts", "account_id", vec!["acme", "globex", "initech"]),
        ("accounts?band=red", "account_id", vec!["acme", "initech"]),
        ("accounts?band=red&band=green&csm=ann", "account_id", vec!["acme", "globex"]),
        ("accounts?search=ini", "account_id", vec!["initech"]),
        ("accounts?segment=smb", "account_id", vec![]),
        ("accounts?sort=csm&order=desc", "account_id", vec!["initech", "acme", "globex"]),
        ("accounts?renewal_within_days=27", "account_id", vec![]),
        ("renewals", "account_id", vec!["acme", "globex", "initech"]),
        ("renewals?within_days=27", "account_id", vec![]),
        ("alerts", "account_id", vec!["acme", "initech", "fleet"]),
        ("alerts?severity=error&severity=warning", "account_id", vec!["initech", "fleet"]),
        ("alerts?csm=bob", "alert_id", vec![&alert("initech")]),
        ("alerts?account=acme", "account_id", vec!["acme"]),
        ("alerts?status=snoozed", "account_id", vec![]),
        ("alerts?rule=nps_low", "account_id", vec![]),
        ("runs?overdue=true&playbook=usage_decline&csm=bob", "account_id", vec!["initech"]),
        ("runs?overdue=false", "account_id", vec![]),
        ("opportunities?kind=renewal&stage=open&account=acme", "currency", vec!["EUR"]),
        ("opportunities?kind=expansion", "currency", vec![]),
    ] {
        assert_eq!(stage.get(&format!("/api/v1/{path}")).await.items(field), wanted, "{path}");
    }
}

#[tokio::test]
async fn nobody_sees_what_is_not_theirs() {
    let stage = Stage::with_accounts();
    for (path, field, wanted) in [
        ("accounts", "account_id", vec!["acme", "globex"]),
        ("accounts?csm=bob", "account_id", vec![]),
        ("renewals", "account_id", vec!["acme", "globex"]),
        ("alerts", "account_id", vec!["acme", "fleet"]),
        ("alerts?account=initech", "account_id", vec![]),
        ("runs", "account_id", vec!["acme"]),
        ("opportunities", "account_id", vec!["acme"]),
    ] {
        let told = stage.get_as_ann(&format!("/api/v1/{path}")).await;
        assert_eq!(told.items(field), wanted, "{path}");
        assert_eq!(told.json()["total"], wanted.len(), "{path}");
    }
    let hidden = ["accounts/initech", "accounts/initech/timeline", "accounts/initech/history"];
    let hidden = hidden.map(str::to_owned).into_iter().chain([
        format!("alerts/{}", of("initech", "alert")),
        format!("runs/{}", of("initech", "run")),
        "accounts/nobody".to_owned(),
    ]);
    for path in hidden {
        let told = stage.get_as_ann(&format!("/api/v1/{path}")).await;
        assert_eq!(told.wrong(404), "", "{path}");
    }
    for path in ["", "/executive", "/accounts", "/renewals"] {
        let told = stage.get_as_ann(&format!("/api/v1/portfolio{path}")).await;
        assert!(!told.text().contains("initech"), "{path}: {}", told.text());
    }
    let path = format!("/api/v1/alerts/{}", of("fleet", "alert"));
    assert_eq!(stage.get_as_ann(&path).await.json()["accounts"], json!(["acme"]));
    assert_eq!(stage.get(&path).await.json()["accounts"], json!(["acme", "initech"]));
}

#[tokio::test]
async fn pages_follow_each_other() {
    let stage = Stage::with_accounts();
    for (list, n) in [
        ("accounts?sort=health&order=desc&", 3),
        ("renewals?", 3),
        ("alerts?", 3),
        ("runs?", 2),
        ("opportunities?", 2),
    ] {
        let whole = stage.get(&format!("/api/v1/{list}")).await.items("account_id");
        assert_eq!(whole.len(), n, "{list}");
        let (mut paged, mut cursor) = (Vec::new(), String::new());
        loop {
            let told = stage.get(&format!("/api/v1/{list}limit=1{cursor}")).await;
            assert_eq!(told.json()["total"], n);
            paged.extend(told.items("account_id"));
            let Some(next) = told.json()["next_cursor"].as_str().map(str::to_owned) else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(paged, whole, "{list}");
    }
}

#[tokio::test]
async fn what_is_wrong_in_an_address_is_named() {
    let stage = Stage::with_accounts();
    let cursor = stage.get("/api/v1/accounts?limit=1").await.json()["next_cursor"].clone();
    let cursor = cursor.as_str().unwrap();
    for (path, field) in [
        ("accounts?colour=red", "colour"),
        ("accounts?band=blue", "band"),
        ("accounts?limit=0", "limit"),
        ("accounts?limit=201", "limit"),
        ("accounts?limit=%2B1", "limit"),
        ("accounts?csm=", "csm"),
        ("accounts?csm=a&csm=b", "csm"),
        ("accounts?cursor=x", "cursor"),
        (&format!("accounts?sort=arr&cursor={cursor}"), "cursor"),
        (&format!("accounts?cursor={cursor}AA"), "cursor"),
        ("alerts?severity=bad", "severity"),
        ("runs?overdue=yes", "overdue"),
        ("renewals?within_days=-1", "within_days"),
        ("portfolio?limit=1", "limit"),
        ("accounts/acme?x=1", "x"),
        ("accounts?%ff=1", "\u{fffd}"),
    ] {
        let told = stage.get(&format!("/api/v1/{path}")).await;
        assert_eq!(told.wrong(400), field, "{path}");
    }
    let told = stage.get("/api/v1/accounts?band=blue").await;
    assert_eq!(told.json()["allowed"], json!(["red", "yellow", "green"]));
}

#[tokio::test]
async fn a_page_is_never_larger_than_its_limit() {
    let mut stage = Stage::new();
    for n in 0..210 {
        let mut it = account(&format!("a{n:03}"), "ann", "green");
        it["profile"]["name"] = "ä".repeat(if n < 100 { 100 } else { 1_000 }).into();
        stage.take(OutputTopic::AccountHealth, &it);
    }
    stage.publish();
    let (mut n_rows, mut cursor) = (0, String::new());
    loop {
        let told = stage.get(&format!("/api/v1/accounts?limit=200{cursor}")).await;
        assert!(told.bytes.len() <= 100_000, "{}", told.bytes.len());
        n_rows += told.items("account_id").len();
        let Some(next) = told.json()["next_cursor"].as_str().map(str::to_owned) else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(n_rows, 210);
}

#[test]
fn every_word_of_a_parameter_is_one_of_its_type() {
    use super::super::endpoint::Form;
    use crate::engine::account::profile::Segment;
    use crate::engine::assess::lifecycle::Phase;
    use crate::engine::model::churn::ChurnBand;
    use crate::engine::model::health::HealthBand;
    use crate::engine::output::alert::{AlertStatus, Severity};
    use crate::engine::output::opportunity::{OpportunityKind, Stage};
    use crate::view::list::Sort;

    fn is_word<T: for<'a> serde::Deserialize<'a>>(text: &str) -> bool {
        super::super::given::word::<T>(text).is_some()
    }
    for parameter in super::super::endpoints().flat_map(|endpoint| endpoint.parameters) {
        let (Form::Words(words) | Form::Word(words)) = parameter.form else { continue };
        let (is_known, n): (fn(&str) -> bool, usize) = match parameter.name {
            "band" => (is_word::<HealthBand>, HealthBand::ALL.len()),
            "churn_band" => (is_word::<ChurnBand>, ChurnBand::ALL.len()),
            "segment" => (is_word::<Segment>, Segment::ALL.len()),
            "phase" => (is_word::<Phase>, Phase::ALL.len()),
            "sort" => (is_word::<Sort>, Sort::ALL.len()),
            "severity" => (is_word::<Severity>, Severity::ALL.len()),
            "status" => (is_word::<AlertStatus>, 3),
            "kind" => (is_word::<OpportunityKind>, 2),
            "stage" => (is_word::<Stage>, 4),
            "order" => continue,
            other => panic!("`{other}` is not tested"),
        };
        assert!(words.iter().all(|word| is_known(word)), "{}", parameter.name);
        assert_eq!(words.len(), n, "{}", parameter.name);
    }
}
