//! What only trying tells: whether the brokers let us, and where the keys of the inputs lie.
//!
//! What the cluster says of itself is read in `cluster.rs` and judged in `topics.rs`.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Context as _;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::message::Message as _;
use rdkafka::producer::{BaseProducer, Producer as _};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use super::client::{self, Logged};
use super::clock::Deadline;
use super::cluster::ANSWER_WAIT;
use super::partitioner::partition_of;
use crate::config::{Config, Partitioner};

/// Once nothing has come for this long, the sample is all there is.
const IDLE_LIMIT: Duration = Duration::from_millis(1_500);

/// The keys of the newest records of one topic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sample {
    /// Records with a key.
    pub keys: usize,
    /// Those that lie where Java's producers put them.
    pub murmur2: usize,
    /// Those that lie where librdkafka's producers put them.
    pub crc32: usize,
}

/// Reads up to `records_max` of the newest records of each topic and looks where their keys lie.
///
/// Blocks for some seconds.
pub fn sample(
    config: &Config,
    topics: &[(&str, u32)],
    records_max: usize,
) -> anyhow::Result<BTreeMap<String, Sample>> {
    let consumer: BaseConsumer<Logged> = client::probe(config).create_with_context(Logged)?;
    let mut samples = BTreeMap::new();
    let mut assignment = TopicPartitionList::new();
    let mut left = 0;
    for (topic, partitions) in topics {
        samples.insert((*topic).to_owned(), Sample::default());
        let each = i64::try_from(records_max.div_ceil(*partitions as usize))?;
        for partition in 0..i32::try_from(*partitions)? {
            let (low, high) = ends(&consumer, topic, partition)
                .with_context(|| format!("`{topic}` cannot be read"))?;
            let from = (high - each).max(low);
            left += high - from;
            assignment.add_partition_offset(topic, partition, Offset::Offset(from))?;
        }
    }
    consumer.assign(&assignment)?;
    while left > 0 {
        // Fewer come than offsets were counted where a topic is compacted or has transactions.
        let Some(record) = consumer.poll(IDLE_LIMIT) else { break };
        let record = record.context("reading the input topics failed")?;
        left -= 1;
        let partitions = topics.iter().find(|(name, _)| *name == record.topic());
        let (Some((_, partitions)), Some(key)) = (partitions, record.key()) else { continue };
        let sample = samples.get_mut(record.topic()).expect("every topic has a sample");
        sample.add(key, record.partition(), *partitions);
    }
    Ok(samples)
}

/// Where a partition begins and ends. A partition whose leader is changing is asked again.
fn ends(
    consumer: &BaseConsumer<Logged>,
    topic: &str,
    partition: i32,
) -> Result<(i64, i64), KafkaError> {
    let deadline = Deadline::after(ANSWER_WAIT);
    loop {
        let answer = consumer.fetch_watermarks(topic, partition, ANSWER_WAIT);
        if answer.is_ok() || deadline.is_over() {
            return answer;
        }
    }
}

/// Tries what can be tried without writing: the group, the transactional id. Names what is missing.
///
/// Blocks for some seconds.
pub fn permissions(config: &Config) -> Vec<String> {
    let mut problems = Vec::new();
    let mut tried = |what: &str, result: Result<(), KafkaError>| {
        if let Err(error) = result {
            problems.push(format!("{what}: {error}"));
        }
    };
    let group = &config.kafka.group;
    tried(&format!("group `{group}` cannot be used (ACL: READ on the group)"), try_group(config));
    let id = client::transactional_id(config, "check");
    let needs = "ACL: WRITE and DESCRIBE on the transactional ids of this prefix";
    tried(
        &format!("transactional id `{id}` cannot be used ({needs})"),
        try_transaction(config, &id),
    );
    problems
}

fn try_group(config: &Config) -> Result<(), KafkaError> {
    let mut client = client::probe(config);
    client.set("group.id", &config.kafka.group);
    let consumer: BaseConsumer<Logged> = client.create_with_context(Logged)?;
    let mut partition = TopicPartitionList::new();
    partition.add_partition(&config.topics.accounts, 0);
    consumer.committed_offsets(partition, ANSWER_WAIT).map(drop)
}

/// Takes an id of its own: that of a worker would end the worker.
fn try_transaction(config: &Config, id: &str) -> Result<(), KafkaError> {
    let mut client = client::producer(config, 0);
    client.set("transactional.id", id);
    let producer: BaseProducer = client.create()?;
    let deadline = Deadline::after(ANSWER_WAIT * 2);
    loop {
        match producer.init_transactions(deadline.left()) {
            // The coordinator of a fresh cluster takes a moment to be there.
            Err(KafkaError::Transaction(error)) if error.is_retriable() && !deadline.is_over() => {}
            other => return other,
        }
    }
}

impl Sample {
    fn add(&mut self, key: &[u8], partition: i32, partitions: u32) {
        let lies = |as_of| partition_of(as_of, key, partitions) == Some(partition);
        self.keys += 1;
        self.murmur2 += usize::from(lies(Partitioner::Murmur2));
        self.crc32 += usize::from(lies(Partitioner::Crc32));
    }

    /// Which partitioner put the keys there.
    pub fn verdict(&self) -> &'static str {
        match (self.murmur2 == self.keys, self.crc32 == self.keys) {
            (true, true) => "either",
            (true, false) => "murmur2",
            (false, true) => "crc32",
            (false, false) => "neither alone",
        }
    }

    /// How many keys lie elsewhere than the setting says: each record of theirs is a dead letter.
    pub fn misplaced(&self, partitioner: Partitioner) -> usize {
        match partitioner {
            Partitioner::Murmur2 => self.keys - self.murmur2,
            Partitioner::Crc32 => self.keys - self.crc32,
            Partitioner::Unchecked => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_tells_partitioners_apart() {
        let mut java = Sample::default();
        let mut mixed = Sample::default();
        for n in 0..100 {
            let key = format!("account-{n}");
            let at = |p| partition_of(p, key.as_bytes(), 6).unwrap();
            java.add(key.as_bytes(), at(Partitioner::Murmur2), 6);
            let other = if n % 2 == 0 { Partitioner::Murmur2 } else { Partitioner::Crc32 };
            mixed.add(key.as_bytes(), at(other), 6);
        }
        assert_eq!(java.verdict(), "murmur2");
        assert_eq!(java.misplaced(Partitioner::Murmur2), 0);
        assert!(java.misplaced(Partitioner::Crc32) > 50);
        assert_eq!(mixed.verdict(), "neither alone");
        assert_eq!(mixed.misplaced(Partitioner::Unchecked), 0);
        assert_eq!(Sample::default().verdict(), "either");
    }
}
