//! What pages and programs are answered from: the state of every route of `http.listen`.
//!
//! What is done with it is in the files beside this one; who fills it is `cli/run.rs`.

use std::sync::Arc;

use tokio::sync::{Semaphore, watch};

use super::access::Access;
use super::api::model_source::Models;
use crate::engine::time::Timestamp;
use crate::kafka::clock::Clock;
use crate::kafka::commands::Commands;
use crate::view::View;
use crate::view::snapshot::Snapshot;

/// The state of all routes.
#[derive(Clone)]
pub struct Site {
    /// What was published.
    pub view: View,
    /// The wall clock.
    pub clock: Clock,
    /// Who may do what.
    pub access: Arc<Access>,
    /// Whether there is a broker; without one the world of the demo lives by its own clock.
    pub has_broker: bool,
    /// Where commands go.
    pub commands: Commands,
    /// The model in force, and how another one comes to be.
    pub models: Arc<Models>,
    /// One permit for each client that may follow the stream of changes.
    pub followers: Arc<Semaphore>,
    /// Streams end once this is true, or its sender gone: servers wait for all answers.
    pub stop: watch::Receiver<bool>,
}

impl Site {
    /// The present, to which the dates of answers relate.
    pub fn now(&self, view: &Snapshot) -> Timestamp {
        if self.has_broker { self.clock.now().max(view.now) } else { view.now }
    }
}
