//! What pages and programs are answered from: the state of every route of `http.listen`.
//!
//! What is done with it is in the files beside this one; who fills it is `cli/run.rs`.

use std::sync::Arc;

use tokio::sync::{Semaphore, watch};

use super::access::Access;
use crate::engine::decode::Decoder;
use crate::engine::time::Timestamp;
use crate::kafka::clock::Clock;
use crate::kafka::commands::Commands;
use crate::kafka::model_topic::InForce;
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
    /// Where commands go; nothing where there is no broker.
    pub commands: Option<Commands>,
    /// Reads what is about to be sent as the engine will.
    pub decoder: Arc<Decoder>,
    /// The model in force, and where another one is published; nothing where there is no broker.
    pub models: Option<Models>,
    /// One permit for each client that may follow the stream of changes.
    pub followers: Arc<Semaphore>,
    /// Closes when the process ends: streams end with it.
    pub stop: watch::Receiver<()>,
}

impl Site {
    /// The present, to which a page's dates relate. Without a broker the world of the demo lives
    /// by its own clock, which the snapshot has.
    pub fn now(&self, view: &Snapshot) -> Timestamp {
        if self.commands.is_some() { self.clock.now().max(view.now) } else { view.now }
    }
}

/// The models of `cs.pulse-model`.
#[derive(Clone)]
pub struct Models {
    /// The one in force.
    pub in_force: watch::Receiver<InForce>,
    /// Settings of the service, for publishing one.
    pub config: Arc<crate::config::Config>,
}
