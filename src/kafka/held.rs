//! Records that were fetched and not yet applied, and the order in which they are taken.
//!
//! Fetching is done in `reader.rs`; what a record means is read in `engine::decode`.

use std::collections::VecDeque;

use rdkafka::Timestamp as BrokerTimestamp;
use rdkafka::message::{BorrowedMessage, Headers, Message};

use crate::engine::decode::{Header, Record};
use crate::engine::event::Topic;
use crate::engine::time::{HOUR_MS, Timestamp};

/// One fetched record, copied out of librdkafka's buffers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Its offset.
    pub offset: i64,
    /// Its broker time.
    pub broker_at: Timestamp,
    /// Its key.
    pub key: Option<Box<[u8]>>,
    /// Its value.
    pub value: Option<Box<[u8]>>,
    /// Its headers, in order.
    pub headers: Vec<HeldHeader>,
}

/// A header's name and its value, unless that is null.
pub type HeldHeader = (Box<str>, Option<Box<[u8]>>);

/// How long a topic that cannot be read holds the clock of its partition.
const SILENT_MS: i64 = HOUR_MS;

/// How far a topic of a partition number is known to have been read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    /// More may lie ahead.
    Unknown,
    /// The broker's end was fetched; what was fetched may still lie in the reader's queue.
    Fetched,
    /// Read to its end once since the assignment: from now on the wall clock bounds it.
    End,
}

/// The held records of one topic.
#[derive(Debug)]
struct Queue {
    records: VecDeque<Held>,
    reach: Reach,
    /// Since when nothing of it could be read, although more may lie ahead.
    waited_since: Option<Timestamp>,
}

/// The held records of one partition number over the eight input topics.
#[derive(Debug)]
pub struct Merge {
    queues: [Queue; Topic::ALL.len()],
    records: usize,
    bytes: usize,
}

/// Bounds on what is held while broker-time order is kept (`architecture.md` §5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HoldBound {
    /// Most records.
    pub records_max: usize,
    /// Most bytes of keys and values.
    pub bytes_max: usize,
}

impl Held {
    /// Copies a fetched message.
    pub fn copied(message: &BorrowedMessage<'_>) -> Self {
        let broker_ms = match message.timestamp() {
            BrokerTimestamp::CreateTime(ms) | BrokerTimestamp::LogAppendTime(ms) => ms,
            BrokerTimestamp::NotAvailable => 0,
        };
        Self {
            offset: message.offset(),
            broker_at: Timestamp::from_millis(broker_ms),
            key: message.key().map(Box::from),
            value: message.payload().map(Box::from),
            headers: message.headers().map_or_else(Vec::new, |headers| {
                headers
                    .iter()
                    .map(|header| (Box::from(header.key), header.value.map(Box::from)))
                    .collect()
            }),
        }
    }

    /// Its headers as the decoder reads them.
    pub fn headers(&self) -> Vec<Header<'_>> {
        self.headers.iter().map(|(name, value)| (&**name, value.as_deref())).collect()
    }

    /// The record as the decoder reads it.
    pub fn record<'a>(&'a self, topic: Topic, headers: &'a [Header<'a>]) -> Record<'a> {
        Record {
            topic,
            key: self.key.as_deref(),
            value: self.value.as_deref(),
            headers,
            broker_at: self.broker_at,
        }
    }

    /// Bytes of key and value.
    pub fn size_bytes(&self) -> usize {
        self.key.as_ref().map_or(0, |key| key.len())
            + self.value.as_ref().map_or(0, |value| value.len())
    }
}

impl Default for Merge {
    fn default() -> Self {
        let queue =
            || Queue { records: VecDeque::new(), reach: Reach::Unknown, waited_since: None };
        Self { queues: std::array::from_fn(|_| queue()), records: 0, bytes: 0 }
    }
}

impl Merge {
    /// Holds a record at the end of its topic.
    pub fn push(&mut self, topic: Topic, record: Held) {
        self.records += 1;
        self.bytes += record.size_bytes();
        let queue = &mut self.queues[topic.index()];
        queue.waited_since = None;
        queue.records.push_back(record);
    }

    /// The offset after the last held record of `topic`; nothing when none is held.
    pub fn next_offset(&self, topic: Topic) -> Option<i64> {
        self.queues[topic.index()].records.back().map(|record| record.offset + 1)
    }

    /// Notes that the broker's end of `topic` was fetched.
    pub fn note_fetched(&mut self, topic: Topic) {
        let reach = &mut self.queues[topic.index()].reach;
        if *reach == Reach::Unknown {
            *reach = Reach::Fetched;
        }
    }

    /// Notes that nothing of `topic` lay ahead when the partition was assigned.
    pub fn note_end(&mut self, topic: Topic) {
        self.queues[topic.index()].reach = Reach::End;
    }

    /// Whether something is known of every topic but `topic`: a held record, or its end.
    pub fn knows_all_but(&self, topic: Topic) -> bool {
        self.queues.iter().enumerate().all(|(index, queue)| {
            index == topic.index() || queue.reach == Reach::End || !queue.records.is_empty()
        })
    }

    /// Notes that the reader's queue ran dry: what was fetched before is held here now.
    pub fn note_dry(&mut self) {
        for queue in &mut self.queues {
            if queue.reach == Reach::Fetched {
                queue.reach = Reach::End;
            }
        }
    }

    /// Notes that the assignment is a new one: how far topics reach is to be learnt again.
    pub fn forget_reach(&mut self) {
        for queue in &mut self.queues {
            queue.reach = Reach::Unknown;
            queue.waited_since = None;
        }
    }

    /// Gives up on topics of which nothing could be read for `SILENT_MS` up to `wall`, as behind
    /// a hanging foreign transaction: they count as silent, and no longer hold the clock.
    pub fn give_up(&mut self, wall: Timestamp) {
        for queue in &mut self.queues {
            if !queue.records.is_empty() || queue.reach == Reach::End {
                queue.waited_since = None;
                continue;
            }
            let since = *queue.waited_since.get_or_insert(wall);
            if wall.millis_since(since) >= SILENT_MS {
                queue.reach = Reach::End;
            }
        }
    }

    /// Whether every topic was read to its end since the assignment.
    pub fn is_at_end(&self) -> bool {
        self.queues.iter().all(|queue| queue.reach == Reach::End)
    }

    /// How many records are held.
    pub const fn len(&self) -> usize {
        self.records
    }

    /// Whether nothing is held.
    pub const fn is_empty(&self) -> bool {
        self.records == 0
    }

    /// The least over the topics of: broker time of the next held record; else the wall clock
    /// for a topic that was read to its end; else `before`.
    pub fn bound(&self, before: Timestamp, wall: Timestamp) -> Timestamp {
        let bounds = self.queues.iter().map(|queue| match queue.records.front() {
            Some(record) => record.broker_at,
            None if queue.reach == Reach::End => wall,
            None => before,
        });
        bounds.min().unwrap_or(before)
    }

    /// Takes the next record in broker-time order; equal times go in the order of the topics.
    ///
    /// Nothing while a topic that may hold an earlier record has none here, unless more than
    /// `bound` is held: then the earliest goes, as well as can be known. The last held record of
    /// a topic that goes on stays, so that the clock can follow its broker time.
    pub fn pop(&mut self, bound: HoldBound) -> Option<(Topic, Held)> {
        let full = self.records > bound.records_max || self.bytes > bound.bytes_max;
        let (_, index) = self
            .queues
            .iter()
            .enumerate()
            .filter_map(|(index, queue)| Some((queue.records.front()?.broker_at, index)))
            .min()?;
        let waits = self.queues.iter().enumerate().any(|(other, queue)| {
            let least = usize::from(other == index);
            queue.reach != Reach::End && queue.records.len() <= least
        });
        if waits && !full {
            return None;
        }
        let record = self.queues[index].records.pop_front()?;
        self.records -= 1;
        self.bytes -= record.size_bytes();
        Some((Topic::ALL[index], record))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIDE: HoldBound = HoldBound { records_max: 100, bytes_max: 1 << 20 };

    fn record(offset: i64, at_ms: i64) -> Held {
        let broker_at = Timestamp::from_millis(at_ms);
        Held { offset, broker_at, key: None, value: None, headers: Vec::new() }
    }

    fn at_end_but(open: &[Topic]) -> Merge {
        let mut merge = Merge::default();
        for topic in Topic::ALL.into_iter().filter(|topic| !open.contains(topic)) {
            merge.note_fetched(topic);
        }
        merge.note_dry();
        merge
    }

    fn drain(merge: &mut Merge, bound: HoldBound) -> Vec<(Topic, i64)> {
        std::iter::from_fn(|| merge.pop(bound)).map(|(topic, held)| (topic, held.offset)).collect()
    }

    #[test]
    fn records_come_in_broker_time_order_and_ties_in_topic_order() {
        let mut merge = at_end_but(&[]);
        merge.push(Topic::Usage, record(0, 20));
        merge.push(Topic::Usage, record(1, 30));
        merge.push(Topic::Support, record(0, 10));
        merge.push(Topic::Accounts, record(0, 20));
        assert_eq!(
            drain(&mut merge, WIDE),
            [(Topic::Support, 0), (Topic::Accounts, 0), (Topic::Usage, 0), (Topic::Usage, 1)]
        );
    }

    #[test]
    fn a_topic_that_may_hold_something_earlier_is_waited_for() {
        let mut merge = at_end_but(&[Topic::Support]);
        merge.push(Topic::Usage, record(0, 20));
        assert_eq!(drain(&mut merge, WIDE), []);
        merge.push(Topic::Support, record(0, 15));
        merge.push(Topic::Support, record(1, 40));
        assert_eq!(drain(&mut merge, WIDE), [(Topic::Support, 0), (Topic::Usage, 0)]);
        assert_eq!(merge.bound(Timestamp::default(), record(0, 99).broker_at).as_millis(), 40);
    }

    #[test]
    fn beyond_the_bound_the_earliest_known_goes() {
        let mut merge = at_end_but(&[Topic::Support]);
        merge.push(Topic::Usage, record(0, 20));
        merge.push(Topic::Usage, record(1, 21));
        let narrow = HoldBound { records_max: 1, bytes_max: 1 << 20 };
        assert_eq!(drain(&mut merge, narrow), [(Topic::Usage, 0)]);
        assert_eq!(merge.len(), 1);
    }

    #[test]
    fn usage_is_fetched_once_something_is_known_of_every_other_topic() {
        let mut merge = at_end_but(&[Topic::Usage, Topic::Support]);
        assert!(!merge.knows_all_but(Topic::Usage));
        merge.push(Topic::Support, record(0, 1));
        assert!(merge.knows_all_but(Topic::Usage));
        assert!(!merge.knows_all_but(Topic::Support));
    }

    #[test]
    fn a_topic_that_cannot_be_read_for_an_hour_counts_as_silent() {
        let at = |minutes: i64| Timestamp::from_millis(minutes * 60_000);
        let mut merge = at_end_but(&[Topic::Support]);
        for minutes in [0, 30, 59] {
            merge.give_up(at(minutes));
            assert_eq!(merge.bound(at(0), at(minutes)), at(0), "{minutes}");
        }
        merge.push(Topic::Support, record(0, 1));
        merge.give_up(at(60));
        assert_eq!(merge.pop(HoldBound { records_max: 0, bytes_max: 0 }).unwrap().1.offset, 0);
        merge.give_up(at(70));
        assert_eq!(merge.bound(at(0), at(70)), at(0), "it waits anew");
        merge.give_up(at(130));
        assert_eq!(merge.bound(at(0), at(130)), at(130));
    }

    #[test]
    fn the_clock_never_runs_ahead_of_unread_input() {
        let (before, wall) = (Timestamp::from_millis(5), Timestamp::from_millis(99));
        let mut merge = at_end_but(&[Topic::Support]);
        assert_eq!(merge.bound(before, wall), before);
        merge.note_fetched(Topic::Support);
        assert_eq!(merge.bound(before, wall), before, "its records may lie in the reader's queue");
        merge.forget_reach();
        merge.note_dry();
        assert_eq!(merge.bound(before, wall), before, "the reader's queue was dropped");
        merge.note_fetched(Topic::Support);
        merge.note_dry();
        assert_eq!(merge.bound(before, wall), before, "nor are the others known any more");
        Topic::ALL.into_iter().for_each(|topic| merge.note_end(topic));
        assert_eq!(merge.bound(before, wall), wall);
        merge.push(Topic::Support, record(0, 50));
        assert_eq!(merge.bound(before, wall).as_millis(), 50);
    }
}
