//! What pages and programs are answered from: the state of every route of `http.listen`.
//!
//! What is done with it is in the files beside this one; who fills it is `cli/run.rs`.

use std::sync::Arc;

use tokio::sync::{Semaphore, watch};

use super::api::model_source::Models;
use crate::kafka::clock::Clock;
use crate::kafka::commands::Commands;
use crate::view::View;

/// How many may follow changes at the same time.
pub const FOLLOWERS_MAX: usize = 256;

/// The state of all routes.
#[derive(Clone)]
pub struct Site {
    /// What was published.
    pub view: View,
    /// The wall clock.
    pub clock: Clock,
    /// Where commands go.
    pub commands: Commands,
    /// The model in force, and how another one comes to be.
    pub models: Arc<Models>,
    /// Streams end once this is true, or its sender gone: servers wait for all answers.
    pub stop: watch::Receiver<bool>,
    /// One permit for each who follows changes.
    pub followers: Arc<Semaphore>,
}

impl Site {
    /// The state of all routes, with room for [`FOLLOWERS_MAX`] who follow changes.
    pub fn new(
        view: View,
        clock: Clock,
        commands: Commands,
        models: Models,
        stop: watch::Receiver<bool>,
    ) -> Self {
        let followers = Arc::new(Semaphore::new(FOLLOWERS_MAX));
        Self { view, clock, commands, models: Arc::new(models), stop, followers }
    }
}
