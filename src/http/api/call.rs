//! A request on its way: taken apart, held against the row of its endpoint, and run.
//!
//! Who may ask at all was decided before (`http/access/`); what is answered stands in the files of
//! the resources.

use std::sync::Arc;

use axum::body::{Bytes, to_bytes};
use axum::extract::{FromRequestParts as _, RawPathParams, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use super::accounts::CSM;
use super::alerts::ACCOUNT;
use super::endpoint::{Body, Endpoint, Outcome, Run};
use super::given::Given;
use super::{answer, errors};
use crate::http::access::Viewer;
use crate::http::problem::Problem;
use crate::http::site::Site;
use crate::view::account::Account;
use crate::view::list::{Filter, is_in_scope};
use crate::view::snapshot::Snapshot;

/// After how many seconds the view may know more.
const READY_SECONDS: u64 = 2;

/// A request that fits its endpoint.
pub(super) struct Call {
    pub site: Site,
    pub viewer: Viewer,
    /// The view that is answered from.
    pub snapshot: Arc<Snapshot>,
    pub given: Given,
    /// What the path names; empty where it names nothing.
    pub id: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// Answers a request.
pub(super) async fn answer(endpoint: Endpoint, site: Site, request: Request) -> Response {
    match run(endpoint, site, request).await {
        Ok(response) => response,
        Err(problem) => problem.into_response(),
    }
}

async fn run(endpoint: Endpoint, site: Site, request: Request) -> Outcome {
    let (mut parts, body) = request.into_parts();
    let viewer = parts.extensions.get::<Viewer>().cloned();
    let viewer = viewer.ok_or_else(|| Problem::new(StatusCode::UNAUTHORIZED))?;
    let given = Given::read(&parts.uri, endpoint.parameters)?;
    let id = id_of(&mut parts).await?;
    let body = match &endpoint.body {
        Some(wanted) => {
            check_media(&parts.headers, wanted)?;
            let most = wanted.bytes_max;
            to_bytes(body, most).await.map_err(|_| {
                let detail = format!("the body has at most {most} bytes");
                errors::other(StatusCode::PAYLOAD_TOO_LARGE, detail)
            })?
        }
        None => Bytes::new(),
    };
    let snapshot = site.view.latest();
    let call = Call { site, viewer, snapshot, given, id, headers: parts.headers, body };
    match endpoint.run {
        Run::Waits(run) => run(call).await,
        Run::Reads(run) => answer::on_its_own_thread(move || run(&call)).await,
    }
}

/// What the path names.
async fn id_of(parts: &mut Parts) -> Result<String, Problem> {
    let unreadable = || errors::bad_request("the path of the address is not UTF-8");
    let values = RawPathParams::from_request_parts(parts, &()).await.map_err(|_| unreadable())?;
    Ok(values.iter().next().map(|(_, value)| value.to_owned()).unwrap_or_default())
}

fn check_media(headers: &HeaderMap, wanted: &Body) -> Result<(), Problem> {
    let media = headers.get(header::CONTENT_TYPE).and_then(|it| it.to_str().ok());
    let media = media.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    if wanted.media.iter().any(|it| it.eq_ignore_ascii_case(media)) {
        return Ok(());
    }
    let detail = format!("send the body as {}", wanted.media.join(" or "));
    Err(errors::other(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail))
}

impl Call {
    /// Only what the one who asks may see.
    pub(super) fn scope(&self) -> Filter {
        Filter { scope: self.viewer.csms.clone(), ..Filter::default() }
    }

    /// Whether they may see what this manager looks after.
    pub(super) fn may_see(&self, csm: &str) -> bool {
        is_in_scope(self.viewer.csms.as_deref(), csm)
    }

    /// The account that the path names.
    ///
    /// # Errors
    /// When there is none, or none that the one who asks may see: the two cannot be told apart.
    pub(super) fn account(&self) -> Result<&Arc<Account>, Problem> {
        let account = self.snapshot.seen_account(&self.id, self.viewer.csms.as_deref());
        account.ok_or_else(|| self.not_found("account"))
    }

    /// What the parameters `csm` and `account` let pass of what one may see, for
    /// [`Call::accounts`].
    pub(super) fn scope_of_lists(&self) -> Filter {
        Filter { csm: self.given.name(CSM.name), ..self.scope() }
    }

    /// The accounts of a filter; only the one that the parameter `account` names, if it does.
    pub(super) fn accounts<'a>(
        &'a self,
        filter: &'a Filter,
    ) -> impl Iterator<Item = &'a Arc<Account>> {
        let one = self.given.text(ACCOUNT.name);
        let all = one.is_none().then(|| self.snapshot.filtered(filter));
        let one = one.and_then(|id| self.snapshot.seen_account(id, self.viewer.csms.as_deref()));
        let one =
            one.filter(|account| filter.csm.as_ref().is_none_or(|csm| *csm == account.health.csm));
        all.into_iter().flatten().chain(one)
    }

    /// There is no such thing, as far as it is known yet.
    pub(super) fn not_found(&self, what: &str) -> Problem {
        if self.snapshot.is_ready {
            errors::not_found(format!("there is no such {what}, or none that you may see"))
        } else {
            let detail = format!("no such {what} is known yet: what was published is still read");
            errors::unavailable(READY_SECONDS, detail)
        }
    }
}
