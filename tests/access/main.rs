//! Who gets in where: every route with every role, and what protects those who are in.
//!
//! What the routes answer is tested beside them; the pages in a browser in `tests/kafka`.

mod site;

use axum::http::{Method, StatusCode, header};
use customer_pulse::config::http::Role;
use customer_pulse::http::headers::ALWAYS;
use customer_pulse::http::policy::{Need, POLICY};
use customer_pulse::http::{api, policy};
use site::{Asked, House};

/// The path of a route with ids that exist, where there are any.
fn path(route: &str) -> String {
    let id = if route.contains("/accounts/") { "acme" } else { site::ALERT };
    route.replace("{id}", id)
}

#[tokio::test]
async fn no_route_answers_without_the_right_role() {
    let house = House::with_keys();
    for (method, route, need) in POLICY.iter().cloned() {
        let ask = || Asked::new(&method, &path(route));
        let is_in = |status: StatusCode| !matches!(status.as_u16(), 303 | 401 | 403 | 421);
        let (nobody, _) = house.ask(ask()).await;
        let (stranger, _) = house.ask(ask().key("pulse_wrong")).await;
        match need {
            Need::Nothing => continue,
            Need::Role(_) if route.starts_with("/api/") => {
                assert_eq!(nobody.status, 401, "{route}")
            }
            Need::Role(_) => {
                assert_eq!(nobody.status, 303, "{method} {route}");
                let to = nobody.headers[header::LOCATION].to_str().unwrap();
                assert!(to.starts_with("/login?next="), "{to}");
            }
        }
        assert_eq!(stranger.status, 401, "{method} {route}");
        for role in Role::ALL {
            let (head, body) = house.ask(ask().key(house.key(role))).await;
            let may = need != Need::Nothing && Need::Role(role) >= need;
            assert_eq!(is_in(head.status), may, "{} {method} {route}: {body}", role.name());
            assert!(may || head.status == 403, "{} {method} {route}", role.name());
        }
    }
}

#[tokio::test]
async fn every_route_has_a_rule_and_every_rule_a_route() {
    for (method, route) in api::routes() {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        assert!(policy::need(&method, &route).is_some(), "{method} {route} has no rule");
    }
    let house = House::with_keys();
    for (method, route, _) in POLICY.iter().cloned() {
        let asked = Asked::new(&method, &path(route)).key(house.key(Role::Admin));
        let (head, body) = house.ask(asked).await;
        assert_ne!(head.status, StatusCode::METHOD_NOT_ALLOWED, "{method} {route}");
        assert!(!body.contains("there is nothing here"), "{method} {route}: {body}");
    }
    assert_eq!(policy::need(&Method::HEAD, "/"), policy::need(&Method::GET, "/"));
    assert_eq!(policy::need(&Method::DELETE, "/"), None);
}

#[tokio::test]
async fn every_answer_has_the_headers_errors_included() {
    let house = House::with_keys();
    let key = house.key(Role::Admin);
    let large = "x".repeat(70_000);
    for (asked, status) in [
        (Asked::get("/").key(key), 200),
        (Asked::get("/"), 303),
        (Asked::get("/static/style.css"), 200),
        (Asked::get("/api/v1/accounts"), 401),
        (Asked::get("/nowhere").key(key), 404),
        (Asked::get("/api/v1/nowhere").key(key), 404),
        (Asked::get("/accounts/nobody").key(key), 404),
        (Asked::new(&Method::DELETE, "/accounts").key(key), 405),
        (Asked::new(&Method::PUT, "/api/v1/model").key(house.key(Role::Viewer)), 403),
        (Asked::new(&Method::POST, "/login").form(&large), 413),
    ] {
        let said = format!("{asked:?}");
        let (head, body) = house.ask(asked).await;
        assert_eq!(head.status, status, "{said}: {body}");
        let allowed = head.headers.get(header::ALLOW).map(|it| it.to_str().unwrap());
        assert_eq!(allowed, (status == 405).then_some("GET"), "{said}");
        for (name, value) in ALWAYS {
            assert_eq!(head.headers[&name], value, "{said} {name}");
        }
        assert!(head.headers.contains_key(header::CACHE_CONTROL), "{said}");
        let kind = head.headers.get(header::CONTENT_TYPE).map(|kind| kind.to_str().unwrap());
        if said.contains("/api/") && status >= 400 {
            assert_eq!(kind, Some("application/problem+json"), "{said}");
        } else if status >= 400 {
            assert_eq!(kind, Some("text/html; charset=utf-8"), "{said}");
        }
    }
}

#[tokio::test]
async fn a_session_acts_with_its_token_only() {
    let house = House::with_keys();
    let login = format!("key={}&next=%2Faccounts", house.key(Role::Operator));
    let (head, _) = house.ask(Asked::new(&Method::POST, "/login").form(&login)).await;
    assert_eq!(head.status, 303);
    assert_eq!(head.headers[header::LOCATION], "/accounts");
    let cookie = head.headers[header::SET_COOKIE].to_str().unwrap().to_owned();
    assert!(cookie.contains("HttpOnly; SameSite=Lax"), "{cookie}");
    let cookie = cookie.split(';').next().unwrap();
    let (head, page) = house.ask(Asked::get("/").cookie(cookie)).await;
    assert_eq!(head.status, 200);
    let token = page.split("name=\"csrf\" value=\"").nth(1).unwrap();
    let token = token.split('"').next().unwrap();
    assert_eq!(token.len(), 43);
    let form = |token: &str| format!("csrf={token}&account_id=acme&type=log_touchpoint");
    let act =
        |token: &str| Asked::new(&Method::POST, "/commands").cookie(cookie).form(&form(token));
    // Nobody takes commands here: 503 is as far as one gets.
    for (asked, status) in [
        (act(token), 503),
        (act("guessed"), 403),
        (act(""), 403),
        (act(token).with("sec-fetch-site", "cross-site"), 403),
        (act(token).with("origin", "https://evil.example"), 403),
        (act(token).with("sec-fetch-site", "same-origin"), 503),
    ] {
        let said = format!("{asked:?}");
        let (head, body) = house.ask(asked).await;
        assert_eq!(head.status, status, "{said}: {body}");
    }
    // Scripts of our pages ask for JSON and are told in JSON what is wrong.
    for (asked, status) in [(act("guessed"), 403), (act(token), 503)] {
        let (head, body) = house.ask(asked.with("accept", "application/json")).await;
        assert_eq!(head.status, status);
        assert_eq!(head.headers[header::CONTENT_TYPE], "application/problem+json");
        assert!(body.contains("\"detail\""), "{body}");
    }
    let path = "/api/v1/accounts/acme/commands";
    let json = |header: &str| {
        let asked = Asked::new(&Method::POST, path).cookie(cookie);
        asked.json(r#"{"type":"log_touchpoint"}"#).with("x-csrf-token", header)
    };
    assert_eq!(house.ask(json(token)).await.0.status, 503);
    assert_eq!(house.ask(json("guessed")).await.0.status, 403);
    // Logging in again needs no token, and ends the session before.
    let again = Asked::new(&Method::POST, "/login").cookie(cookie).form(&login);
    let (head, _) = house.ask(again).await;
    assert_eq!(head.status, 303);
    assert_eq!(house.ask(Asked::get("/").cookie(cookie)).await.0.status, 303, "it was taken over");
    let cookie = head.headers[header::SET_COOKIE].to_str().unwrap().to_owned();
    let cookie = cookie.split(';').next().unwrap();
    let leave = Asked::new(&Method::POST, "/logout").cookie(cookie);
    let (head, _) = house.ask(leave.form(&format!("csrf={token}"))).await;
    assert_eq!(head.status, 303);
    assert_eq!(house.ask(Asked::get("/").cookie(cookie)).await.0.status, 303, "it is over");
}

#[tokio::test]
async fn a_wrong_key_does_not_log_in_and_many_are_too_many() {
    let house = House::with_keys();
    let wrong = || Asked::new(&Method::POST, "/login").form("key=pulse_guess");
    let (head, body) = house.ask(wrong()).await;
    assert_eq!(head.status, 401);
    assert!(body.contains("not known") && !body.contains("pulse_guess"), "{body}");
    assert!(!head.headers.contains_key(header::SET_COOKIE));
    let mut statuses = Vec::new();
    for _ in 0..20 {
        statuses.push(house.ask(wrong()).await.0.status.as_u16());
    }
    assert!(statuses.contains(&429), "{statuses:?}");
}

#[tokio::test]
async fn without_keys_this_machine_is_served_and_no_foreign_page() {
    let house = House::open();
    for (host, status) in [("localhost:8080", 200), ("127.0.0.1:8080", 200), ("evil.example", 421)]
    {
        let (head, _) = house.ask(Asked::get("/").with("host", host)).await;
        assert_eq!(head.status, status, "{host}");
    }
    let act = || {
        let form = "account_id=acme&type=log_touchpoint";
        Asked::new(&Method::POST, "/commands").form(form).with("host", "localhost:8080")
    };
    assert_eq!(house.ask(act()).await.0.status, 503);
    let foreign = act().with("sec-fetch-site", "cross-site");
    assert_eq!(house.ask(foreign).await.0.status, 403);
    let foreign = act().with("origin", "https://evil.example");
    assert_eq!(house.ask(foreign).await.0.status, 403);
}

#[tokio::test]
async fn a_proxy_is_believed_from_its_networks_only() {
    let house = House::behind_a_proxy();
    let ask = |peer: &str| Asked::get("/").with("x-forwarded-user", "zoe").from(peer);
    let (head, body) = house.ask(ask("10.1.2.3")).await;
    assert_eq!(head.status, 200);
    assert!(body.contains("zoe · viewer"), "{body}");
    for peer in ["192.0.2.7", "127.0.0.1"] {
        assert_eq!(house.ask(ask(peer)).await.0.status, 303, "{peer}");
    }
}

#[tokio::test]
async fn who_is_scoped_sees_their_own_accounts_only() {
    let house = House::with_keys();
    let scoped = |path: &str| Asked::get(path).key(house.scoped_key());
    for path in ["/accounts", "/", "/executive", "/renewals", "/api/v1/accounts"] {
        let (head, body) = house.ask(scoped(path)).await;
        assert_eq!(head.status, 200, "{path}");
        assert!(!body.contains("acme") && !body.contains("Acme"), "{path}: {body}");
    }
    let (_, list) = house.ask(scoped("/api/v1/accounts?q=acme")).await;
    assert!(!list.contains("\"acme\""), "{list}");
    for path in ["/accounts/acme", "/api/v1/accounts/acme", "/api/v1/accounts/acme/timeline"] {
        assert_eq!(house.ask(scoped(path)).await.0.status, 404, "{path}");
    }
    let (_, body) = house.ask(scoped("/accounts/borealis")).await;
    assert!(body.contains("borealis"), "{body}");
}

#[tokio::test]
async fn a_model_may_be_larger_than_other_bodies() {
    let house = House::with_keys();
    let model = format!("# {}\n{}", "x".repeat(100_000), include_str!("../../config/model.yaml"));
    let asked = Asked::new(&Method::POST, "/api/v1/model/check").key(house.key(Role::Operator));
    let (head, body) = house.ask(asked.yaml(&model)).await;
    assert_eq!((head.status.as_u16(), body.contains("\"is_valid\":true")), (200, true), "{body}");
}

#[tokio::test]
async fn so_many_requests_are_too_many() {
    for (path, status) in [("/definitions", 200), ("/no/such/page", 404)] {
        let house = House::with_keys();
        let mut statuses = Vec::new();
        for _ in 0..200 {
            let asked = Asked::get(path).key(house.key(Role::Viewer));
            statuses.push(house.ask(asked).await.0.status.as_u16());
        }
        assert_eq!(statuses[0], status);
        assert!(statuses.contains(&429), "{path}: {statuses:?}");
    }
}

#[tokio::test]
async fn hostile_names_stay_text() {
    let house = House::with_keys();
    for path in ["/", "/accounts", "/accounts/hostile", "/renewals", "/executive"] {
        let (head, body) = house.ask(Asked::get(path).key(house.key(Role::Admin))).await;
        assert_eq!(head.status, 200, "{path}");
        assert!(!body.contains("<script>alert") && !body.contains("<img src=x"), "{path}: {body}");
    }
    let (_, body) = house.ask(Asked::get("/accounts/hostile").key(house.key(Role::Admin))).await;
    assert!(body.contains("alert(1)"), "the name is shown as text: {body}");
    let search = "/accounts?q=%22%3E%3Cscript%3Ealert(2)%3C%2Fscript%3E&band=%22%3E%3Cb%3E";
    let (_, body) = house.ask(Asked::get(search).key(house.key(Role::Admin))).await;
    assert!(!body.contains("<script>alert(2)") && !body.contains("\"><b>"), "{body}");
}
