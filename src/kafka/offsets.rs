//! What the broker says of the offsets of one partition number: those committed, and the ends.
//!
//! Whether they fit a mark is asked when an assignment is settled and when a partition is restored.

use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::{Offset, TopicPartitionList};

use super::changelog::Mark;
use super::client::Logged;
use super::failure::Failure;
use super::partition::Names;
use super::reader::is_transient;
use crate::engine::event::Topic;

/// How long one question to the broker waits before the live partitions have their turn.
pub(super) const ANSWER: Duration = Duration::from_secs(1);

/// The group's offsets of one partition number, with the sequence in their metadata.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Committed {
    offsets: [i64; Topic::ALL.len()],
    /// The sequence of the mark that they were committed with.
    pub sequence: String,
}

impl Committed {
    /// Whether they were committed with this mark.
    pub(super) fn agree_with(&self, mark: &Mark) -> bool {
        self.sequence == mark.sequence.to_string()
            && self.offsets.iter().zip(&mark.ranges).all(|(offset, range)| *offset == range.to)
    }
}

/// The committed offsets of `number`; nothing when none of the topics has one.
pub(super) fn offsets_of(
    list: &TopicPartitionList,
    number: i32,
    topic_names: &[String; Topic::ALL.len()],
) -> Option<Committed> {
    let mut committed = Committed { offsets: [-1; Topic::ALL.len()], sequence: String::new() };
    for (index, name) in topic_names.iter().enumerate() {
        if let Some(element) = list.find_partition(name, number)
            && let Offset::Offset(offset) = element.offset()
        {
            committed.offsets[index] = offset;
            element.metadata().clone_into(&mut committed.sequence);
        }
    }
    committed.offsets.iter().any(|offset| *offset >= 0).then_some(committed)
}

/// First offset and end of each input topic of a partition number.
pub(super) type Ends = [(i64, i64); Topic::ALL.len()];

/// Asks where the input topics begin and end; nothing while the broker does not answer.
pub(super) fn ends(
    probe: &BaseConsumer<Logged>,
    names: &Names,
    number: i32,
) -> Result<Option<Ends>, Failure> {
    let mut ends = [(0, 0); Topic::ALL.len()];
    for (index, name) in names.iter().enumerate() {
        match probe.fetch_watermarks(name, number, ANSWER) {
            Ok((low, high)) => ends[index] = (low.max(0), high),
            Err(error) if is_transient(&error) => return Ok(None),
            Err(error) => return Err(Failure::of("reading where a topic ends", &error)),
        }
    }
    Ok(Some(ends))
}
