//! A stretch of a topic, read from its first to its last committed record and no further.
//!
//! No group and no offsets of its own; what is made of the records is the caller's business.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::message::Message as _;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use super::client::{self, Logged};
use super::clock::Deadline;
use super::cluster::ANSWER_WAIT;
use super::held::Held;
use super::reader::is_transient;
use crate::config::Config;
use crate::engine::time::Timestamp;

/// How long one look for a record waits.
const POLL: Duration = Duration::from_millis(200);
/// When nothing came for this long, the rest cannot be read.
const STALL: Duration = Duration::from_secs(60);

/// Which records of a topic, by broker time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Range {
    /// The first instant that belongs to it; nothing: from the beginning.
    pub from: Option<Timestamp>,
    /// The first instant that no longer does; nothing: to the end that it has now.
    pub to: Option<Timestamp>,
}

/// Where a partition is to be read.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    next: i64,
    end: i64,
}

/// Hands `take` the committed records of `topic` in `range`, of one `partition` or of all, with
/// their partition number.
///
/// Blocks until the end that the topic had at the beginning was read.
///
/// # Errors
/// When the topic cannot be read, or what `take` answers.
pub fn read(
    config: &Config,
    topic: &str,
    partition: Option<i32>,
    range: Range,
    mut take: impl FnMut(i32, &Held) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let consumer: BaseConsumer<Logged> = reader(config)?;
    let numbers = match partition {
        Some(number) => vec![number],
        None => (0..partitions(&consumer, config, topic)?).collect(),
    };
    let mut stretches = stretches(&consumer, topic, &numbers, range.from)
        .with_context(|| format!("`{topic}` cannot be read"))?;
    stretches.retain(|_, stretch| stretch.next < stretch.end);
    let mut list = TopicPartitionList::new();
    for (number, stretch) in &stretches {
        list.add_partition_offset(topic, *number, Offset::Offset(stretch.next))?;
    }
    consumer.assign(&list)?;
    let mut stalled = Deadline::after(STALL);
    while !stretches.is_empty() {
        let message = match consumer.poll(POLL) {
            None if stalled.is_over() => {
                bail!(
                    "`{topic}`: nothing more can be read, {} partitions are left",
                    stretches.len()
                )
            }
            None => continue,
            // Transactions end in records that nobody sees: the last offset may never come.
            Some(Err(KafkaError::PartitionEOF(number))) => {
                stretches.remove(&number);
                continue;
            }
            Some(Err(error)) if is_transient(&error) => continue,
            Some(Err(error)) => return Err(error).context(format!("reading `{topic}`")),
            Some(Ok(message)) => message,
        };
        stalled = Deadline::after(STALL);
        let (number, offset) = (message.partition(), message.offset());
        let Some(stretch) = stretches.get(&number) else { continue };
        if offset < stretch.end {
            let held = Held::copied(&message);
            if range.holds(held.broker_at) {
                take(number, &held)?;
            }
        }
        if offset + 1 >= stretch.end {
            stretches.remove(&number);
        }
    }
    Ok(())
}

/// How many partitions a topic has.
///
/// # Errors
/// When no broker answers or there is no such topic.
pub fn partitions_of(config: &Config, topic: &str) -> anyhow::Result<u32> {
    let consumer: BaseConsumer<Logged> = reader(config)?;
    Ok(u32::try_from(partitions(&consumer, config, topic)?)?)
}

/// A consumer without a group that is told where a topic ends.
fn reader(config: &Config) -> Result<BaseConsumer<Logged>, KafkaError> {
    let mut client = client::whole_reader(config, "range");
    client.set("enable.partition.eof", "true");
    client.create_with_context(Logged)
}

fn partitions(
    consumer: &BaseConsumer<Logged>,
    config: &Config,
    topic: &str,
) -> anyhow::Result<i32> {
    let metadata = consumer.fetch_metadata(Some(topic), ANSWER_WAIT).with_context(|| {
        let bootstrap = &config.kafka.bootstrap;
        format!("no broker answers at {bootstrap}; name one with --bootstrap, or read from files")
    })?;
    let found = metadata.topics().iter().find(|it| it.name() == topic);
    let partitions = found.map_or(0, |it| it.partitions().len());
    ensure!(partitions > 0, "there is no topic `{topic}`; `pulse topics plan` shows what is there");
    Ok(i32::try_from(partitions)?)
}

/// From where to where each partition is to be read.
fn stretches(
    consumer: &BaseConsumer<Logged>,
    topic: &str,
    numbers: &[i32],
    from: Option<Timestamp>,
) -> anyhow::Result<BTreeMap<i32, Stretch>> {
    let mut stretches = BTreeMap::new();
    for number in numbers {
        let (next, end) = consumer.fetch_watermarks(topic, *number, ANSWER_WAIT)?;
        stretches.insert(*number, Stretch { next, end });
    }
    let Some(from) = from else { return Ok(stretches) };
    let mut list = TopicPartitionList::new();
    for number in numbers {
        list.add_partition_offset(topic, *number, Offset::Offset(from.as_millis()))?;
    }
    let first = consumer.offsets_for_times(list, ANSWER_WAIT)?;
    for found in first.elements_for_topic(topic) {
        let Some(stretch) = stretches.get_mut(&found.partition()) else { continue };
        stretch.next = match found.offset() {
            Offset::Offset(offset) => offset,
            // No record is that young.
            _ => stretch.end,
        };
    }
    Ok(stretches)
}

impl Range {
    /// Whether a record of this broker time belongs to it.
    fn holds(&self, at: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= at) && self.to.is_none_or(|to| at < to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_begins_with_its_first_instant_and_ends_before_its_last() {
        let at = Timestamp::from_millis;
        let range = Range { from: Some(at(2)), to: Some(at(4)) };
        let held: Vec<i64> = (0..6).filter(|ms| range.holds(at(*ms))).collect();
        assert_eq!(held, [2, 3]);
        assert!(Range::default().holds(at(i64::MAX)));
    }
}
