//! Where every request passes: who asks, may they, is it theirs, how often, how much, how long.
//!
//! Which route needs what stands in `policy.rs`; who somebody is, is found in `mod.rs`.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Redirect, Response};
use http_body_util::Limited;
use subtle::ConstantTimeEq as _;
use tower_http::catch_panic::CatchPanicLayer;

use super::{Access, Connection, Denied, Proof, Viewer, origin};
use crate::config::http::Http;
use crate::http::dashboard::message;
use crate::http::headers;
use crate::http::policy::{self, Need};
use crate::http::problem::Problem;
use crate::kafka::clock::Clock;

/// What the guard needs to know.
#[derive(Clone)]
struct Guard {
    access: Arc<Access>,
    clock: Clock,
    settings: Http,
}

/// Puts the guard, the limits and the headers around all routes.
pub fn around(routes: Router, access: Arc<Access>, clock: Clock, settings: &Http) -> Router {
    let guard = Guard { access, clock, settings: settings.clone() };
    routes
        .route_layer(from_fn_with_state(guard.clone(), pass))
        .merge(Router::new().fallback(unknown).with_state(guard.clone()))
        .layer(from_fn_with_state(guard, in_time))
        .layer(CatchPanicLayer::custom(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response()))
        .layer(from_fn(explain))
        .layer(from_fn(headers::add))
}

async fn pass(State(guard): State<Guard>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let route = route.unwrap_or_default();
    let connection = guard.access.connection(request.headers(), peer(&request));
    let viewer = match guard.admit(&request, &route, &connection) {
        Ok(viewer) => viewer,
        Err(answer) => return answer,
    };
    let most = policy::body_bytes_max(&route, &guard.settings);
    let request = request.map(|body| Body::new(Limited::new(body, most)));
    match guard.check_origin(request, &route, viewer.as_ref(), most).await {
        Ok(mut request) => {
            request.extensions_mut().insert(connection);
            if let Some(viewer) = viewer {
                request.extensions_mut().insert(viewer);
            }
            next.run(request).await
        }
        Err(answer) => answer,
    }
}

impl Guard {
    /// Who asks, if they may; nobody where nobody need be.
    #[allow(clippy::result_large_err)] // it is made once a request, whichever it is
    fn admit(
        &self,
        request: &Request,
        route: &str,
        connection: &Connection,
    ) -> Result<Option<Viewer>, Response> {
        let viewer = self.access.authenticate(request.headers(), connection, self.clock.now());
        let name = viewer.as_ref().ok().map(|viewer| &viewer.name);
        if !self.access.limit.passes(name, connection.client) {
            return Err(too_many());
        }
        let role = match policy::need(request.method(), route) {
            None => return Err(no_rule(route)),
            Some(Need::Nothing) => return Ok(viewer.ok()),
            Some(Need::Role(role)) => role,
        };
        match viewer {
            Err(denied) => Err(show_the_door(request, denied)),
            Ok(viewer) if viewer.may(role) => Ok(Some(viewer)),
            Ok(viewer) => {
                let (needed, has) = (role.name(), viewer.role.name());
                Err(refused(&format!("this needs the role {needed}, you are {has}")))
            }
        }
    }

    /// Lets pass what is sent by our own pages, or by who showed a key with it.
    async fn check_origin(
        &self,
        request: Request,
        route: &str,
        viewer: Option<&Viewer>,
        most: usize,
    ) -> Result<Request, Response> {
        let is_safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
        let proof = viewer.map(|viewer| &viewer.proof);
        if is_safe || proof == Some(&Proof::Key) {
            return Ok(request);
        }
        if origin::is_foreign(request.headers()) {
            return Err(refused("another site's page may not act here in your name"));
        }
        // Who logs in again has no token yet.
        let is_open = policy::need(request.method(), route) == Some(Need::Nothing);
        match proof {
            Some(Proof::Session(token)) if !is_open => with_token(request, token, most).await,
            _ => Ok(request),
        }
    }
}

/// Lets a request of a session pass if it brings the session's token, as header or in its form.
async fn with_token(request: Request, token: &str, most: usize) -> Result<Request, Response> {
    let fits = |shown: &str| bool::from(shown.as_bytes().ct_eq(token.as_bytes()));
    let shown = request.headers().get("x-csrf-token").and_then(|value| value.to_str().ok());
    if shown.is_some_and(fits) {
        return Ok(request);
    }
    let wrong = || refused("the form is too old: load the page again");
    if !is_form(request.headers()) {
        return Err(wrong());
    }
    let (head, body) = request.into_parts();
    let too_large = |_| StatusCode::PAYLOAD_TOO_LARGE.into_response();
    let bytes: Bytes = to_bytes(body, most).await.map_err(too_large)?;
    let shown = form_urlencoded::parse(&bytes).find(|(name, _)| name == "csrf");
    match shown {
        Some((_, value)) if fits(&value) => Ok(Request::from_parts(head, Body::from(bytes))),
        _ => Err(wrong()),
    }
}

fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"))
}

/// What no route leads to counts as well: who tries addresses is slowed down like all others.
async fn unknown(State(guard): State<Guard>, request: Request) -> Response {
    let connection = guard.access.connection(request.headers(), peer(&request));
    let passes = guard.access.limit.passes(None, connection.client);
    if passes { StatusCode::NOT_FOUND.into_response() } else { too_many() }
}

fn too_many() -> Response {
    Problem::new(StatusCode::TOO_MANY_REQUESTS)
        .detail("so many requests a second are too many: slow down")
        .retry_after(1)
        .into_response()
}

/// Programs are told what is missing; people are led to where they log in.
fn show_the_door(request: &Request, denied: Denied) -> Response {
    let uri = request.uri();
    if denied == Denied::NoProof && !uri.path().starts_with("/api/") {
        let is_page = matches!(*request.method(), Method::GET | Method::HEAD);
        let next = uri.path_and_query().filter(|_| is_page).map_or("/", |it| it.as_str());
        let next: String = form_urlencoded::byte_serialize(next.as_bytes()).collect();
        return Redirect::to(&format!("/login?next={next}")).into_response();
    }
    let status = match denied {
        Denied::ForeignHost => StatusCode::MISDIRECTED_REQUEST,
        Denied::NoProof | Denied::WrongKey => StatusCode::UNAUTHORIZED,
    };
    let mut answer = Problem::new(status).detail(denied.to_string()).into_response();
    let scheme = header::HeaderValue::from_static("Bearer");
    answer.headers_mut().insert(header::WWW_AUTHENTICATE, scheme);
    answer
}

/// Of a route of ours it is the method that has no rule; nothing else is let in without one.
fn no_rule(route: &str) -> Response {
    let allowed = policy::methods(route);
    if allowed.is_empty() {
        return refused("this route has no rule of access");
    }
    (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, allowed.join(", "))]).into_response()
}

fn refused(detail: &str) -> Response {
    Problem::new(StatusCode::FORBIDDEN).detail(detail).into_response()
}

/// The address that the connection comes from; unspecified where a test has none.
fn peer(request: &Request) -> IpAddr {
    let info = request.extensions().get::<ConnectInfo<SocketAddr>>();
    info.map_or(IpAddr::from([0, 0, 0, 0]), |info| info.0.ip())
}

/// Gives up what takes too long before it begins to answer; a stream that began goes on.
async fn in_time(State(guard): State<Guard>, request: Request, next: Next) -> Response {
    match tokio::time::timeout(guard.settings.limit, next.run(request)).await {
        Ok(answer) => answer,
        Err(_) => StatusCode::REQUEST_TIMEOUT.into_response(),
    }
}

/// Gives an error its form: a problem for programs (below `/api`, or asking for JSON), else a page.
async fn explain(request: Request, next: Next) -> Response {
    let wants_json = request.headers().get(header::ACCEPT);
    let is_program = request.uri().path().starts_with("/api/")
        || wants_json.is_some_and(|accept| accept == "application/json");
    let answer = next.run(request).await;
    let status = answer.status();
    let problem = answer.extensions().get::<Problem>();
    let kind = answer.headers().get(header::CONTENT_TYPE);
    let is_page = kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    let is_error = status.is_client_error() || status.is_server_error();
    if !is_error || (is_program && problem.is_some()) || (is_page && !is_program) {
        return answer;
    }
    let what = problem.and_then(Problem::what).unwrap_or_else(|| words_of(status));
    let mut explained = if is_program {
        Problem::new(status).detail(what).into_response()
    } else {
        message::page(status, what)
    };
    for name in [header::WWW_AUTHENTICATE, header::RETRY_AFTER, header::ALLOW] {
        if let Some(value) = answer.headers().get(&name) {
            explained.headers_mut().insert(name, value.clone());
        }
    }
    explained
}

fn words_of(status: StatusCode) -> &'static str {
    match status {
        StatusCode::NOT_FOUND => "there is nothing here; the routes are in /api/v1/openapi.json",
        StatusCode::METHOD_NOT_ALLOWED => "this route does not take this method",
        StatusCode::PAYLOAD_TOO_LARGE => "the body is larger than `http.body_bytes_max`",
        StatusCode::REQUEST_TIMEOUT => "the answer took longer than `http.limit`: try again",
        StatusCode::INTERNAL_SERVER_ERROR => "something broke here; the log says what",
        _ => "this request cannot be answered",
    }
}
