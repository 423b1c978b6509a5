//! A group member that fetches nothing: it only learns which partitions are this worker's.
//!
//! Records are fetched by `reader.rs`; what a change of the assignment means is said in
//! `worker.rs`.

use std::collections::BTreeSet;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use rdkafka::TopicPartitionList;
use rdkafka::client::ClientContext;
use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext, ConsumerGroupMetadata};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::types::RDKafkaRespErr;

use super::client;
use super::failure::Failure;
use super::ffi;

/// Most rebalance events taken in one turn of the loop.
const EVENTS_PER_TURN: usize = 8;

/// What the group's coordinator said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// These partition numbers are this worker's now.
    Assigned(BTreeSet<i32>),
    /// Nothing is this worker's until the next assignment.
    Revoked,
    /// The coordinator or librdkafka gave up on this member.
    Failed(String),
}

/// Records what happened and answers with an empty assignment, so that nothing is fetched.
struct Recorder {
    changes: Sender<Change>,
}

/// The member of the consumer group.
pub(super) struct Member {
    consumer: BaseConsumer<Recorder>,
    changes: Receiver<Change>,
}

impl ClientContext for Recorder {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        client::log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::warn!(client = "membership", %error, reason, "kafka client error");
    }
}

impl ConsumerContext for Recorder {
    fn rebalance(
        &self,
        consumer: &BaseConsumer<Self>,
        code: RDKafkaRespErr,
        partitions: &mut TopicPartitionList,
    ) {
        let (change, answered) = match code {
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS => {
                let numbers =
                    partitions.elements().iter().map(|element| element.partition()).collect();
                (Change::Assigned(numbers), consumer.assign(&TopicPartitionList::new()))
            }
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS => {
                (Change::Revoked, consumer.unassign())
            }
            other => (Change::Failed(format!("rebalance failed: {other:?}")), Ok(())),
        };
        let change = match answered {
            Ok(()) => change,
            Err(error) => Change::Failed(format!("answering a rebalance failed: {error}")),
        };
        // The receiver lives as long as the consumer: both belong to `Member`.
        let _ = self.changes.send(change);
    }
}

impl Member {
    /// Subscribes to `topics`; partitions come through [`Member::poll`].
    ///
    /// # Errors
    /// When librdkafka refuses the configuration or the topics.
    pub(super) fn join(config: &ClientConfig, topics: &[&str]) -> Result<Self, Failure> {
        let (changes, receiver) = channel();
        let consumer: BaseConsumer<Recorder> =
            config.create_with_context(Recorder { changes }).map_err(Failure::restart("join"))?;
        consumer.subscribe(topics).map_err(Failure::restart("subscribe"))?;
        Ok(Self { consumer, changes: receiver })
    }

    /// Serves the group protocol without waiting, and takes what it said.
    ///
    /// # Errors
    /// [`Failure::Fenced`] when another process joined under this name.
    pub(super) fn poll(&self) -> Result<Vec<Change>, Failure> {
        let mut changes = Vec::new();
        for _ in 0..EVENTS_PER_TURN {
            match self.consumer.poll(Duration::ZERO) {
                Some(Err(error)) => check(&error)?,
                Some(Ok(_)) => {
                    return Err(Failure::Restart("the membership fetched a record".to_owned()));
                }
                None => {}
            }
            let before = changes.len();
            changes.extend(self.changes.try_iter());
            if changes.len() == before {
                break;
            }
        }
        if let Some((code, reason)) = self.consumer.client().fatal_error() {
            return Err(Failure::of_code(code, &reason));
        }
        Ok(changes)
    }

    /// The metadata of the present generation, to be sent with offsets.
    ///
    /// # Errors
    /// [`Failure::Restart`] when the member has none that the coordinator would check.
    pub(super) fn generation(&self) -> Result<(i32, ConsumerGroupMetadata), Failure> {
        let membership = ffi::membership(&self.consumer).filter(ffi::Membership::is_fenced);
        match (membership, self.consumer.group_metadata()) {
            (Some(membership), Some(metadata)) => Ok((membership.generation, metadata)),
            _ => Err(Failure::Restart("the member has no generation".to_owned())),
        }
    }

    /// The group's committed offsets of `partitions` with their metadata.
    ///
    /// Waits for pending transactions of a predecessor.
    ///
    /// # Errors
    /// When the coordinator does not answer within `timeout`.
    pub(super) fn committed(
        &self,
        partitions: TopicPartitionList,
        timeout: Duration,
    ) -> Result<TopicPartitionList, Failure> {
        self.consumer
            .committed_offsets(partitions, timeout)
            .map_err(Failure::restart("reading the committed offsets"))
    }
}

/// Errors of a member's poll that librdkafka does not heal by itself.
fn check(error: &KafkaError) -> Result<(), Failure> {
    match error {
        KafkaError::MessageConsumptionFatal(code) => {
            Err(Failure::of_code(*code, "fatal error of the group member"))
        }
        KafkaError::MessageConsumption(
            code @ (RDKafkaErrorCode::FencedInstanceId | RDKafkaErrorCode::UnknownTopicOrPartition),
        ) => Err(Failure::of_code(*code, "the group member was refused")),
        transient => {
            tracing::warn!(error = %transient, "group member: librdkafka goes on by itself");
            Ok(())
        }
    }
}
