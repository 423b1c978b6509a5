//! HTTP: which router listens where.
//!
//! What the routers answer is in the files beside this one; who starts and stops them is
//! `cli/supervise.rs`. Which role each route needs stands in `policy.rs`.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context as _;
use axum::Router;
use tokio::net::TcpListener;

use crate::config::http::Http;
use site::Site;

pub mod access;
pub mod api;
pub mod connections;
pub mod dashboard;
pub mod headers;
pub mod login;
pub mod ops;
pub mod policy;
pub mod problem;
pub mod site;

/// Everything that `http.listen` serves, behind the guard.
pub fn router(site: &Site, settings: &Http) -> Router {
    let (access, clock) = (Arc::clone(&site.access), site.clock);
    let routes = Router::new()
        .merge(dashboard::router(site.clone()))
        .merge(api::router(site.clone()))
        .merge(login::router(Arc::clone(&access), clock));
    access::guard::around(routes, access, clock, settings)
}

/// Takes the address that `setting` names.
pub async fn bind(setting: &str, address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!("cannot listen on {address}: free the address or set `{setting}` to another")
    })
}
