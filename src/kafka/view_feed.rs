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
    catching_up: CatchingUp,
}

/// How far the view is from its first look at everything. Others write on all the time, so no
/// moment need come in which nothing is left to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CatchingUp {
    /// Some partition was not fetched to its end yet.
    Fetching,
    /// All were; this many of the records that were fetched by then are not in the view yet.
    Polling(u64),
}

/// How far a partition of an output topic was read.
#[derive(Clone, Copy, Debug)]
struct Position {
    /// The offset after the last record taken in.
    next: Option<i64>,
    /// Records that were not fetched yet; nothing before that is known.
    behind: Option<i64>,
    /// It was once fetched to its end.
    has_reached_end: bool,
}

impl CatchingUp {
    /// What the queue counts is more than records: when it is empty, all of them were polled.
    fn note_empty_queue(&mut self) {
        if let Self::Polling(left) = self {
            *left = 0;
        }
    }
}

impl ViewFeed {
    /// A feed of the output topics, from their beginning.
    pub fn new(writer: Writer, partitions: u32) -> Self {
        let numbers = 0..partitions.cast_signed();
        let unread = Position { next: None, behind: None, has_reached_end: false };
        let positions =
            numbers.flat_map(|number| TOPICS.map(|topic| ((topic, number), unread))).collect();
        Self { writer, positions, catching_up: CatchingUp::Fetching }
    }

    /// Feeds the view until the process is asked to stop.
    ///
    /// # Errors
    /// When the output topics cannot be read.
    pub fn run(&mut self, setup: &Setup) -> Result<(), Failure> {
        let reader = Reader::new(&client::whole_reader(&setup.config, "view"))?;
        self.forget_what_was_fetched();
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
            if !progress.is_empty() {
                self.note(setup, &progress);
            }
            match reader.poll(POLL)? {
                Some(message) => self.take(setup, &message),
                None => self.catching_up.note_empty_queue(),
            }
            if due.is_over() {
                self.writer.publish(setup.clock.now());
                due = Deadline::after(PUBLISH_INTERVAL);
            }
        }
        Ok(())
    }

    /// What another reader had fetched is not in this one's queue.
    fn forget_what_was_fetched(&mut self) {
        for position in self.positions.values_mut() {
            position.behind = None;
            position.has_reached_end = false;
        }
        if self.catching_up != CatchingUp::Polling(0) {
            self.catching_up = CatchingUp::Fetching;
        }
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
        if let CatchingUp::Polling(left) = &mut self.catching_up {
            *left = left.saturating_sub(1);
        }
    }

    /// Takes in how far topics were fetched, and says how far the view is.
    fn note(&mut self, setup: &Setup, progress: &[reader::Progress]) {
        let was_fetched = self.positions.values().all(|position| position.has_reached_end);
        let mut queued = 0;
        for progress in progress {
            queued = progress.queued.unsigned_abs();
            let topic = topic_of(setup, &progress.topic);
            let key = topic.map(|topic| (topic, progress.partition));
            if let Some(position) = key.and_then(|key| self.positions.get_mut(&key)) {
                position.behind = Some(progress.behind);
                position.has_reached_end |= progress.behind == 0;
            }
        }
        // One look later than the ends were reached: by then what was fetched is in the queue.
        if was_fetched && self.catching_up == CatchingUp::Fetching {
            self.catching_up = CatchingUp::Polling(queued);
        }
        // Once caught up it may fall behind again, which the lag says; it stays readable.
        let is_ready = self.catching_up == CatchingUp::Polling(0);
        setup.status.note_view(is_ready);
        let behind = self.positions.values().filter_map(|position| position.behind);
        self.writer.note_progress(is_ready, behind.sum::<i64>().unsigned_abs() + queued);
    }
}

fn topic_of(setup: &Setup, name: &str) -> Option<OutputTopic> {
    OutputTopic::ALL.into_iter().find(|topic| setup.output_names[topic.index()] == name)
}
