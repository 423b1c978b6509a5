//! An assign-only consumer with explicit offsets: fetches records and knows where topics end.
//!
//! Which partitions are this worker's is learnt in `membership.rs`; the order in which records
//! are taken is kept in `held.rs`.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use rdkafka::client::ClientContext;
use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::KafkaError;
use rdkafka::message::BorrowedMessage;
use rdkafka::{Offset, TopicPartitionList};
use serde::Deserialize;

use super::client;
use super::failure::Failure;

/// Statistics that wait to be asked for: a minute's.
const UNASKED_MAX: usize = 64;

/// How far the broker's copy of a partition was fetched, as the statistics say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Progress {
    /// The topic's name.
    pub topic: String,
    /// The partition number.
    pub partition: i32,
    /// The offset after the last record that was fetched.
    pub fetched_to: i64,
    /// Records that were not fetched yet.
    pub behind: i64,
    /// Records of all partitions that were fetched and not polled yet: they share one queue.
    pub queued: i64,
}

/// Passes the statistics on, and counts everything that is no record.
struct Watcher {
    progress: SyncSender<Vec<Progress>>,
    n_news: AtomicU64,
}

/// A consumer without a group.
pub(super) struct Reader {
    consumer: BaseConsumer<Watcher>,
    progress: Receiver<Vec<Progress>>,
}

#[derive(Deserialize)]
struct Statistics {
    #[serde(default)]
    topics: BTreeMap<String, TopicStatistics>,
}

#[derive(Deserialize)]
struct TopicStatistics {
    #[serde(default)]
    partitions: BTreeMap<String, PartitionStatistics>,
}

#[derive(Deserialize)]
struct PartitionStatistics {
    partition: i32,
    next_offset: i64,
    hi_offset: i64,
    fetchq_cnt: i64,
    fetch_state: String,
}

impl ClientContext for Watcher {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        self.n_news.fetch_add(1, Ordering::Relaxed);
        client::log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.n_news.fetch_add(1, Ordering::Relaxed);
        tracing::warn!(client = "reader", %error, reason, "kafka client error");
    }

    fn stats_raw(&self, statistics: &[u8]) {
        self.n_news.fetch_add(1, Ordering::Relaxed);
        match read_statistics(statistics) {
            // Who does not ask for a while misses the newest: more would only fill memory.
            Ok(progress) => drop(self.progress.try_send(progress)),
            Err(error) => tracing::error!(%error, "librdkafka's statistics are not readable"),
        }
    }
}

impl ConsumerContext for Watcher {}

/// The partitions whose end is known. `next_offset` counts fetched records, `hi_offset` is the
/// end at the last fetch; both are negative while unknown.
fn read_statistics(bytes: &[u8]) -> serde_json::Result<Vec<Progress>> {
    let statistics: Statistics = serde_json::from_slice(bytes)?;
    let mut progress = Vec::new();
    for (topic, partitions) in statistics.topics {
        for partition in partitions.partitions.into_values() {
            let known = partition.hi_offset >= 0 && partition.next_offset >= 0;
            if known && partition.partition >= 0 && partition.fetch_state == "active" {
                progress.push(Progress {
                    topic: topic.clone(),
                    partition: partition.partition,
                    fetched_to: partition.next_offset,
                    behind: (partition.hi_offset - partition.next_offset).max(0),
                    queued: partition.fetchq_cnt,
                });
            }
        }
    }
    Ok(progress)
}

impl Reader {
    /// A reader of nothing yet.
    ///
    /// # Errors
    /// When librdkafka refuses the configuration.
    pub(super) fn new(config: &ClientConfig) -> Result<Self, Failure> {
        let (sender, progress) = sync_channel(UNASKED_MAX);
        let consumer = config
            .create_with_context(Watcher { progress: sender, n_news: AtomicU64::new(0) })
            .map_err(Failure::restart("creating a reader"))?;
        Ok(Self { consumer, progress })
    }

    /// Reads exactly these partitions from these offsets on, and nothing else.
    ///
    /// # Errors
    /// When librdkafka refuses an offset.
    pub(super) fn assign(&self, positions: &[(&str, i32, Offset)]) -> Result<(), Failure> {
        let list = list_of(positions)?;
        self.consumer.assign(&list).map_err(Failure::restart("assigning the reader"))
    }

    /// Reads these partitions too; those that are read already go on undisturbed.
    ///
    /// # Errors
    /// When librdkafka refuses an offset, or a partition is read already.
    pub(super) fn add(&self, positions: &[(&str, i32, Offset)]) -> Result<(), Failure> {
        let list = list_of(positions)?;
        self.consumer.incremental_assign(&list).map_err(Failure::restart("extending the reader"))
    }

    /// The next record, waiting about `timeout`; nothing means that none was fetched by then.
    ///
    /// librdkafka's own news (statistics, log lines, errors that it heals) share the queue with
    /// the records and end a poll, too: it goes on behind them.
    ///
    /// # Errors
    /// When a partition cannot be read on from where it was.
    pub(super) fn poll(&self, timeout: Duration) -> Result<Option<BorrowedMessage<'_>>, Failure> {
        loop {
            let n_news = self.consumer.context().n_news.load(Ordering::Relaxed);
            match self.consumer.poll(timeout) {
                Some(Ok(message)) => return Ok(Some(message)),
                Some(Err(error)) if is_transient(&error) => {
                    tracing::warn!(%error, "reader: librdkafka goes on by itself");
                }
                Some(Err(error)) => return Err(Failure::of("reading", &error)),
                None if self.consumer.context().n_news.load(Ordering::Relaxed) != n_news => {}
                None => return Ok(None),
            }
        }
    }

    /// What the statistics said since the last call, or for a minute from then on.
    pub(super) fn take_progress(&self) -> Vec<Progress> {
        self.progress.try_iter().flatten().collect()
    }
}

fn list_of(positions: &[(&str, i32, Offset)]) -> Result<TopicPartitionList, Failure> {
    let mut list = TopicPartitionList::with_capacity(positions.len());
    for (topic, partition, offset) in positions {
        list.add_partition_offset(topic, *partition, *offset)
            .map_err(Failure::restart("positioning the reader"))?;
    }
    Ok(list)
}

/// Whether librdkafka heals an error by itself.
pub(super) fn is_transient(error: &KafkaError) -> bool {
    use rdkafka::types::RDKafkaErrorCode as Code;
    matches!(
        error.rdkafka_error_code(),
        Some(
            Code::BrokerTransportFailure
                | Code::AllBrokersDown
                | Code::OperationTimedOut
                | Code::Resolve
                | Code::NotLeaderForPartition
                | Code::LeaderNotAvailable
                | Code::UnknownTopicOrPartition
                | Code::ReplicaNotAvailable
        )
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statistics_say_how_far_each_partition_was_fetched() {
        let statistics = br#"{"topics":{"t":{"partitions":{
            "0":{"partition":0,"next_offset":5,"hi_offset":5,"fetchq_cnt":2,
                 "fetch_state":"active","x":1},
            "1":{"partition":1,"next_offset":5,"hi_offset":9,"fetchq_cnt":2,
                 "fetch_state":"active"},
            "2":{"partition":2,"next_offset":0,"hi_offset":-1001,"fetchq_cnt":2,
                 "fetch_state":"active"},
            "-1":{"partition":-1,"next_offset":0,"hi_offset":0,"fetchq_cnt":0,
                  "fetch_state":"none"}}}}}"#;
        let progress = |partition, behind| Progress {
            topic: "t".to_owned(),
            partition,
            fetched_to: 5,
            behind,
            queued: 2,
        };
        let read = read_statistics(statistics).expect("well formed");
        assert_eq!(read, [progress(0, 0), progress(1, 4)]);
    }
}
