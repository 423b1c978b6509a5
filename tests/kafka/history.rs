//! Reads topics and committed offsets back as they lie in Kafka, with plain consumers.
//!
//! What should lie there is recomputed in `recount.rs`.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use customer_pulse::config::Config;
use customer_pulse::engine::event::Topic;
use customer_pulse::kafka::clock::Deadline;
use rdkafka::client::ClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedMessage, Headers, Message};
use rdkafka::{Offset, Statistics, TopicPartitionList};

/// How long a topic may take to be read.
const READ_LIMIT: Duration = Duration::from_secs(60);
/// How long the broker may take to answer a question.
const ANSWER_LIMIT: Duration = Duration::from_secs(15);
/// How long one look for a record waits.
const POLL: Duration = Duration::from_millis(50);

/// A record as a consumer sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Record {
    /// Its offset.
    pub(crate) offset: i64,
    /// Its own time.
    pub(crate) at_ms: i64,
    /// Its key.
    pub(crate) key: Option<Vec<u8>>,
    /// Its value.
    pub(crate) value: Option<Vec<u8>>,
    /// Its headers, in order.
    pub(crate) headers: Vec<(String, Option<Vec<u8>>)>,
}

impl Record {
    /// Copies a message.
    pub(crate) fn copied(message: &BorrowedMessage<'_>) -> Self {
        Self {
            offset: message.offset(),
            at_ms: message.timestamp().to_millis().unwrap_or_default(),
            key: message.key().map(<[u8]>::to_vec),
            value: message.payload().map(<[u8]>::to_vec),
            headers: message.headers().map_or_else(Vec::new, |headers| {
                headers
                    .iter()
                    .map(|header| (header.key.to_owned(), header.value.map(<[u8]>::to_vec)))
                    .collect()
            }),
        }
    }

    /// The text of the last header of this name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let (_, value) = self.headers.iter().rfind(|(header, _)| header == name)?;
        std::str::from_utf8(value.as_deref()?).ok()
    }
}

/// Passes on how far each partition was fetched.
struct Watcher(Sender<Vec<(i32, i64)>>);

impl ClientContext for Watcher {
    fn stats(&self, statistics: Statistics) {
        let partitions = statistics.topics.into_values().flat_map(|topic| topic.partitions);
        let fetched = partitions.map(|(number, partition)| (number, partition.next_offset));
        // The receiver lives as long as the consumer.
        let _sent = self.0.send(fetched.collect());
    }
}

impl ConsumerContext for Watcher {}

/// A consumer in no group that sees committed records only.
pub(crate) fn reader(config: &Config) -> ClientConfig {
    let mut client = ClientConfig::new();
    client
        .set("bootstrap.servers", &config.kafka.bootstrap)
        .set("group.id", format!("{}-recount", config.kafka.group))
        .set("isolation.level", "read_committed")
        .set("enable.auto.commit", "false")
        .set("auto.offset.reset", "error")
        .set("fetch.queue.backoff.ms", "10")
        .set("statistics.interval.ms", "100");
    client
}

/// Everything that lies in a topic, by partition number, in order.
pub(crate) fn read_topic(config: &Config, topic: &str) -> anyhow::Result<Vec<Vec<Record>>> {
    read_partitions(config, topic, config.topics.partitions.cast_signed())
}

/// Everything that lies in a topic of so many partitions.
pub(crate) fn read_partitions(
    config: &Config,
    topic: &str,
    partitions: i32,
) -> anyhow::Result<Vec<Vec<Record>>> {
    let (sender, fetched) = channel();
    let consumer: BaseConsumer<Watcher> =
        reader(config).create_with_context(Watcher(sender)).context("a reader")?;
    let mut ends = Vec::new();
    let mut list = TopicPartitionList::new();
    for number in 0..partitions {
        let (low, high) = consumer.fetch_watermarks(topic, number, ANSWER_LIMIT)?;
        ensure!(low == 0, "{topic}/{number} begins at {low}: something was deleted");
        ends.push(high);
        if high > 0 {
            list.add_partition_offset(topic, number, Offset::Beginning)?;
        }
    }
    consumer.assign(&list)?;
    read_to(&consumer, &fetched, &ends).with_context(|| format!("reading {topic}"))
}

fn read_to(
    consumer: &BaseConsumer<Watcher>,
    fetched: &Receiver<Vec<(i32, i64)>>,
    ends: &[i64],
) -> anyhow::Result<Vec<Vec<Record>>> {
    let deadline = Deadline::after(READ_LIMIT);
    let mut records = vec![Vec::new(); ends.len()];
    let mut open: Vec<usize> = (0..ends.len()).filter(|number| ends[*number] > 0).collect();
    loop {
        // In this order: what was fetched before the queue ran dry has been taken then.
        let reached: Vec<_> = fetched.try_iter().flatten().collect();
        let mut is_dry = false;
        while !is_dry {
            match consumer.poll(POLL) {
                None => is_dry = true,
                // Connections break and are made again; the deadline says how long that may take.
                Some(Err(error)) if is_connection(&error) => {}
                Some(message) => {
                    let message = message?;
                    records[usize::try_from(message.partition())?].push(Record::copied(&message));
                }
            }
        }
        open.retain(|number| {
            let is_this = |(other, next): &(i32, i64)| {
                usize::try_from(*other) == Ok(*number) && *next >= ends[*number]
            };
            !reached.iter().any(is_this)
        });
        if open.is_empty() {
            return Ok(records);
        }
        ensure!(!deadline.is_over(), "the end of partitions {open:?} was not reached");
    }
}

/// The group's committed offset and its metadata, by partition number and input topic.
pub(crate) fn committed(config: &Config) -> anyhow::Result<Vec<Vec<(Offset, String)>>> {
    let mut client = reader(config);
    let consumer: BaseConsumer = client.set("group.id", &config.kafka.group).create()?;
    let partitions = config.topics.partitions.cast_signed();
    let mut list = TopicPartitionList::new();
    for name in config.topics.inputs() {
        list.add_partition_range(name, 0, partitions - 1);
    }
    let list = consumer.committed_offsets(list, ANSWER_LIMIT).context("committed offsets")?;
    let of = |name: &str, number| {
        let element = list.find_partition(name, number).context("a partition is missing")?;
        anyhow::Ok((element.offset(), element.metadata().to_owned()))
    };
    (0..partitions)
        .map(|number| {
            let inputs = config.topics.inputs();
            Topic::ALL.iter().map(|topic| of(inputs[topic.index()], number)).collect()
        })
        .collect()
}

fn is_connection(error: &KafkaError) -> bool {
    use rdkafka::types::RDKafkaErrorCode::{AllBrokersDown, BrokerTransportFailure};
    error
        .rdkafka_error_code()
        .is_some_and(|it| it == AllBrokersDown || it == BrokerTransportFailure)
}
