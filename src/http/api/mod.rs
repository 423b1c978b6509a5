//! `/api/v1`: the same figures as the pages show, for programs.
//!
//! Each endpoint is one row (`endpoint.rs`) that the router, the checks and the document are made
//! of. Pages for people are beside this folder; who may ask is decided in `http/access/`.

use axum::Router;
use axum::extract::{Request, State};
use axum::routing::{MethodFilter, on};

use super::site::Site;
use endpoint::{BASE, Endpoint, Verb};

mod account;
mod accounts;
mod alerts;
mod answer;
mod call;
mod changes;
pub(in crate::http) mod commands;
pub mod document;
mod endpoint;
mod errors;
mod given;
mod model;
pub mod model_source;
mod opportunities;
mod order;
pub(in crate::http) mod paging;
mod portfolio;
mod rows;
mod runs;
#[cfg(test)]
mod tests;

/// The routes of the API, each with its whole path. A `Viewer` must be among the extensions of
/// each request.
pub fn router(site: Site) -> Router {
    let mut router = Router::new();
    for endpoint in endpoints().copied() {
        let run =
            move |State(site): State<Site>, request: Request| call::answer(endpoint, site, request);
        let filter = match endpoint.method {
            Verb::Get => MethodFilter::GET,
            Verb::Post => MethodFilter::POST,
            Verb::Put => MethodFilter::PUT,
        };
        router = router.route(&format!("{BASE}{}", endpoint.path), on(filter, run));
    }
    router.with_state(site)
}

/// Method and whole path of each endpoint: what rules about access must know.
pub fn routes() -> impl Iterator<Item = (&'static str, String)> {
    endpoints().map(|it| (it.method.name(), format!("{BASE}{}", it.path)))
}

fn endpoints() -> impl Iterator<Item = &'static Endpoint> {
    [
        accounts::ENDPOINTS,
        account::ENDPOINTS,
        alerts::ENDPOINTS,
        runs::ENDPOINTS,
        opportunities::ENDPOINTS,
        portfolio::ENDPOINTS,
        model::ENDPOINTS,
        commands::ENDPOINTS,
        changes::ENDPOINTS,
        document::ENDPOINTS,
    ]
    .into_iter()
    .flatten()
}
