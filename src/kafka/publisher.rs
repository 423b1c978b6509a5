//! Writes input events with explicit partitions: for `generate` and `demo`.
//!
//! Outputs and state go through the transactional producer (`producer.rs`).

use rdkafka::client::ClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::DeliveryResult;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer, ProducerContext};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::client;
use super::clock::Deadline;
use super::failure::Failure;
use super::partitioner::partition_of;
use crate::config::{Config, Partitioner};
use crate::engine::event::Topic;
use crate::engine::time::Timestamp;

/// How long the last records may take to be acknowledged.
const FLUSH_LIMIT: Duration = Duration::from_secs(60);
/// How long the broker may take to answer a question.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);
/// How long one look at the delivery reports waits while the queue is full.
const POLL: Duration = Duration::from_millis(5);

/// Counts records that the broker did not take.
#[derive(Default)]
struct Refused(AtomicU64);

/// An idempotent producer of input events.
pub struct Publisher {
    producer: BaseProducer<Refused>,
    topic_names: [String; Topic::ALL.len()],
    partitions: u32,
    partitioner: Partitioner,
}

impl ClientContext for Refused {}

impl ProducerContext for Refused {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        if result.is_err() {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Publisher {
    /// A publisher to topics that have `partitions` partitions each.
    ///
    /// # Errors
    /// When librdkafka refuses the configuration.
    pub fn open(
        config: &ClientConfig,
        topic_names: [String; Topic::ALL.len()],
        partitions: u32,
        partitioner: Partitioner,
    ) -> Result<Self, Failure> {
        let producer = config
            .create_with_context(Refused::default())
            .map_err(Failure::restart("creating a producer"))?;
        Ok(Self { producer, topic_names, partitions, partitioner })
    }

    /// Hands one event to librdkafka; waits while its queue is full.
    ///
    /// # Errors
    /// When the record is refused.
    pub fn publish(
        &self,
        topic: Topic,
        account_id: &str,
        broker_at: Timestamp,
        value: &[u8],
    ) -> Result<(), Failure> {
        let partition =
            partition_of(self.partitioner, account_id.as_bytes(), self.partitions).unwrap_or(0);
        let mut record = BaseRecord::<[u8], [u8]>::to(&self.topic_names[topic.index()])
            .partition(partition)
            .key(account_id.as_bytes())
            .payload(value)
            .timestamp(broker_at.as_millis());
        loop {
            match self.producer.send(record) {
                Ok(()) => {
                    self.producer.poll(Duration::ZERO);
                    return Ok(());
                }
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), back)) => {
                    record = back;
                    self.producer.poll(POLL);
                }
                Err((error, _)) => return Err(Failure::of("publishing an event", &error)),
            }
        }
    }

    /// Whether no input topic holds a record.
    ///
    /// # Errors
    /// When the broker cannot be asked.
    pub fn is_empty(&self, config: &Config) -> Result<bool, Failure> {
        let probe: BaseConsumer =
            client::probe(config).create().map_err(Failure::restart("creating a probe"))?;
        for name in &self.topic_names {
            for number in 0..self.partitions.cast_signed() {
                let (low, high) = watermarks(&probe, name, number)?;
                if high > low {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// Waits until the broker has every record.
    ///
    /// # Errors
    /// When it did not take all of them.
    pub fn finish(&self) -> Result<(), Failure> {
        self.producer
            .flush(FLUSH_LIMIT)
            .map_err(Failure::restart("waiting for the broker to take the events"))?;
        match self.producer.context().0.load(Ordering::Relaxed) {
            0 => Ok(()),
            n => Err(Failure::Fatal(format!("the broker did not take {n} events"))),
        }
    }
}

/// Where a partition begins and ends. A topic that was just made may have no leader yet.
fn watermarks(probe: &BaseConsumer, topic: &str, number: i32) -> Result<(i64, i64), Failure> {
    let deadline = Deadline::after(ANSWER_LIMIT);
    loop {
        match probe.fetch_watermarks(topic, number, ANSWER_LIMIT) {
            Ok(watermarks) => return Ok(watermarks),
            Err(KafkaError::MetadataFetch(
                RDKafkaErrorCode::NotLeaderForPartition
                | RDKafkaErrorCode::LeaderNotAvailable
                | RDKafkaErrorCode::UnknownTopicOrPartition,
            )) if !deadline.is_over() => std::thread::park_timeout(POLL),
            Err(error) => return Err(Failure::of("reading where a topic ends", &error)),
        }
    }
}
