//! What all workers of a process share: settings, model, names, series, the wish to stop.
//!
//! Nothing here changes while the workers run, except what is atomic.

use std::sync::Arc;

use tokio::sync::watch;

use super::clock::Clock;
use super::model_topic::InForce;
use super::status::Status;
use crate::config::Config;
use crate::engine::decode::Decoder;
use crate::engine::event::Topic;
use crate::engine::id::IdKey;
use crate::engine::output::OutputTopic;
use crate::telemetry::Telemetry;

/// What every worker is given.
pub struct Setup {
    /// The service's settings.
    pub config: Config,
    /// The model in force.
    pub in_force: watch::Receiver<InForce>,
    /// Reads input records.
    pub decoder: Decoder,
    /// Hashes ids of people and events.
    pub id_key: IdKey,
    /// Names of the input topics, in the order of [`Topic::ALL`].
    pub input_names: [String; Topic::ALL.len()],
    /// Names of the output topics, in the order of [`OutputTopic::ALL`].
    pub output_names: [String; OutputTopic::ALL.len()],
    /// Name of the changelog.
    pub changelog_name: String,
    /// Name of the topic where partitions speak of themselves.
    pub fleet_name: String,
    /// How many partitions each of these topics has.
    pub partitions: u32,
    /// Prometheus series.
    pub telemetry: Arc<Telemetry>,
    /// What probes are told, and the wish to stop.
    pub status: Arc<Status>,
    /// The wall clock.
    pub clock: Clock,
}

impl Setup {
    /// The input topic of this name.
    pub fn topic(&self, name: &str) -> Option<Topic> {
        let index = self.input_names.iter().position(|known| known == name)?;
        Some(Topic::ALL[index])
    }

    /// Names a worker among all workers of all processes.
    pub(super) fn task(&self, worker: u32) -> String {
        format!("{}-{worker}", self.config.instance)
    }
}
