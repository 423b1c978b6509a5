//! Outputs to view: reads the output topics from their beginning, committed records only.
//!
//! No group: each process has the whole view. What is kept of it is said in `view/`.

use std::collections::BTreeMap;
use std::time::Duration;

use rdkafka::Offset;
use rdkafka::message::{BorrowedMessage, Message};

use super::clock::Deadline;
use super::failure::Failure;
use super::reader::Reader;
use super::setup::Setup;
use super::{client, reader};
use crate::engine::output::OutputTopic;
use crate::view::writer::{Record, Writer};

/// The topics that the view is made of.
const TOPICS: [OutputTopic; 6] = [
    OutputTopic::AccountHealth,
    OutputTopic::AccountWork,
    OutputTopic::Alerts,
    OutputTopic::Playbooks,
    OutputTopic::Opportunities,
    OutputTopic::Deliverables,
];
/// How long one look for a record waits; also how long a stop may go unseen.
const POLL: Duration = Duration::from_millis(100);
/// How often a snapshot is published, at most.
const PUBLISH_INTERVAL: Duration = Duration::from_millis(500);

/// Feeds a view; what it read is kept when the reader has to start afresh.
pub struct ViewFeed {
    writer: Writer,
    positions: BTreeMap<(OutputTopic, i32), Position>,
    is_ready: bool,
}

/// How far a partition of an output topic was read.
#[derive(Clone, Copy, Debug)]
struct Position {
    /// The offset after the last record taken in.
    next: Option<i64>,
    /// Records that were not fetched yet; nothing before that is known.
    behind: Option<i64>,
}

impl ViewFeed {
    /// A feed of the output topics, from their beginning.
    pub fn new(writer: Writer, partitions: u32) -> Self {
        let numbers = 0..partitions.cast_signed();
        let unread = Position { next: None, behind: None };
        let positions =
            numbers.flat_map(|number| TOPICS.map(|topic| ((topic, number), unread))).collect();
        Self { writer, positions, is_ready: false }
    }

    /// Feeds the view until the process is asked to stop.
    ///
    /// # Errors
    /// When the output topics cannot be read.
    pub fn run(&mut self, setup: &Setup) -> Result<(), Failure> {
        let reader = Reader::new(&client::whole_reader(&setup.config, "view"))?;
        for position in self.positions.values_mut() {
            position.behind = None;
        }
        let from = |position: &Position| position.next.map_or(Offset::Beginning, Offset::Offset);
        let assigned: Vec<_> = self
            .positions
            .iter()
            .map(|((topic, number), position)| {
                (setup.output_names[topic.index()].as_str(), *number, from(position))
            })
            .collect();
        reader.assign(&assigned)?;
        let mut due = Deadline::after(PUBLISH_INTERVAL);
        while !setup.status.is_draining() {
            // Statistics are asked for first: what they count as fetched is polled after them.
            let progress = reader.take_progress();
            let message = reader.poll(POLL)?;
            self.note(setup, &progress);
            match &message {
                Some(message) => self.take(setup, message),
                None => self.note_end(setup),
            }
            if due.is_over() {
                self.writer.publish(setup.clock.now());
                due = Deadline::after(PUBLISH_INTERVAL);
            }
        }
        Ok(())
    }

    fn take(&mut self, setup: &Setup, message: &BorrowedMessage<'_>) {
        let (partition, offset) = (message.partition(), message.offset());
        let Some(topic) = topic_of(setup, message.topic()) else { return };
        let key = message.key().and_then(|key| std::str::from_utf8(key).ok()).unwrap_or_default();
        let record = Record { topic, partition, key, value: message.payload() };
        if let Err(error) = self.writer.take(&record) {
            tracing::error!(partition, offset, %error, "an output record was skipped");
        }
        if let Some(position) = self.positions.get_mut(&(topic, partition)) {
            position.next = Some(offset + 1);
        }
    }

    fn note(&mut self, setup: &Setup, progress: &[reader::Progress]) {
        for progress in progress {
            let topic = topic_of(setup, &progress.topic);
            let key = topic.map(|topic| (topic, progress.partition));
            if let Some(position) = key.and_then(|key| self.positions.get_mut(&key)) {
                position.behind = Some(progress.behind);
            }
        }
    }

    /// Nothing is left to poll: the view is caught up where nothing is left to fetch either.
    fn note_end(&mut self, setup: &Setup) {
        let behind = self.positions.values().map(|position| position.behind);
        let known: Option<i64> = behind.clone().sum();
        let lag = behind.flatten().sum::<i64>().unsigned_abs();
        // Once caught up it may fall behind again, which the lag says; it stays readable.
        self.is_ready |= known == Some(0);
        let is_ready = self.is_ready;
        setup.status.note_view(is_ready);
        self.writer.note_progress(is_ready, lag);
    }
}

fn topic_of(setup: &Setup, name: &str) -> Option<OutputTopic> {
    OutputTopic::ALL.into_iter().find(|topic| setup.output_names[topic.index()] == name)
}
