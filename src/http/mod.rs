//! HTTP: which router listens where.
//!
//! What the routers answer is in the files beside this one; who starts and stops them is
//! `cli/supervise.rs`.

use std::net::SocketAddr;

use anyhow::Context as _;
use axum::Router;
use tokio::net::TcpListener;

pub mod access;
pub mod api;
pub mod ops;
pub mod page;
pub mod problem;
pub mod site;

/// Takes the address that `setting` names.
pub async fn bind(setting: &str, address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!("cannot listen on {address}: free the address or set `{setting}` to another")
    })
}

/// Serves a router until `stop` is over; answers that are under way are finished.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    stop: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<()> {
    axum::serve(listener, router).with_graceful_shutdown(stop).await.context("serving HTTP failed")
}
