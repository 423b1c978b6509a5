//! Commands to `cs.commands`: one record each, to the partition where the view saw the account.
//!
//! What a command may say is checked in `http/command.rs`; what becomes of it is decided by the
//! engine and read back from `cs.deliverables`.

use std::time::Duration;

use rdkafka::producer::{FutureProducer, FutureRecord};
use rdkafka::util::Timeout;

use super::client;
use super::failure::Failure;
use crate::config::Config;
use crate::engine::time::Timestamp;

/// How long the broker may take to acknowledge a command.
pub const ANSWER_LIMIT: Duration = Duration::from_secs(5);

/// Publishes commands. A clone shares the producer.
#[derive(Clone)]
pub struct Commands {
    producer: FutureProducer,
    topic: String,
}

/// The broker did not say that it has the command.
#[derive(Debug, thiserror::Error)]
#[error("the broker did not acknowledge the command: {0}")]
pub struct Unacknowledged(rdkafka::error::KafkaError);

impl Commands {
    /// A publisher of commands.
    ///
    /// # Errors
    /// When librdkafka refuses the configuration.
    pub fn open(config: &Config) -> Result<Self, Failure> {
        let mut settings = client::publisher(config, "commands");
        settings.set("message.timeout.ms", ANSWER_LIMIT.as_millis().to_string());
        // A person waits: a command is not held back for others to join it.
        settings.set("linger.ms", "0");
        let producer = settings.create().map_err(Failure::restart("creating a producer"))?;
        Ok(Self { producer, topic: config.topics.commands.clone() })
    }

    /// Publishes a command and waits until all replicas have it.
    ///
    /// # Errors
    /// When the broker does not acknowledge it in time. It may have it all the same: who sends it
    /// again under the same event id does no harm.
    pub async fn send(
        &self,
        account_id: &str,
        partition: i32,
        at: Timestamp,
        value: &[u8],
    ) -> Result<(), Unacknowledged> {
        let record = FutureRecord::to(&self.topic)
            .partition(partition)
            .key(account_id)
            .payload(value)
            .timestamp(at.as_millis());
        let sent = self.producer.send(record, Timeout::After(ANSWER_LIMIT)).await;
        sent.map(|_| ()).map_err(|(error, _)| Unacknowledged(error))
    }
}
