//! Outputs to view: reads the output topics from their beginning, committed records only.
//!
//! No group: each process has the whole view. What is kept of it is said in `view/`, and when it
//! has caught up in `catch_up.rs`.

use std::time::Duration;

use rdkafka::Offset;
use rdkafka::message::{BorrowedMessage, Message};

use super::catch_up::CatchUp;
use super::client;
use super::clock::Deadline;
use super::failure::Failure;
use super::reader::{Progress, Reader};
use super::setup::Setup;
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
    catch_up: CatchUp,
}

impl ViewFeed {
    /// A feed of the output topics, from their beginning.
    pub fn new(writer: Writer, partitions: u32) -> Self {
        let numbers = 0..partitions.cast_signed();
        let partitions = numbers.flat_map(|number| TOPICS.map(|topic| (topic, number)));
        Self { writer, catch_up: CatchUp::new(partitions) }
    }

    /// Feeds the view until the process is asked to stop.
    ///
    /// # Errors
    /// When the output topics cannot be read.
    pub fn run(&mut self, setup: &Setup) -> Result<(), Failure> {
        let reader = Reader::new(&client::whole_reader(&setup.config, "view"))?;
        self.catch_up.restart();
        let assigned: Vec<_> = self
            .catch_up
            .positions()
            .map(|((topic, number), next)| {
                let from = next.map_or(Offset::Beginning, Offset::Offset);
                (setup.output_names[topic.index()].as_str(), number, from)
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
                None => self.catch_up.note_empty_queue(),
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
        self.catch_up.note_taken((topic, partition), offset);
    }

    /// Takes in how far topics were fetched, and says how far the view is.
    fn note(&mut self, setup: &Setup, progress: &[Progress]) {
        let behind = progress.iter().filter_map(|progress| {
            let topic = topic_of(setup, &progress.topic)?;
            Some(((topic, progress.partition), progress.behind))
        });
        let queued = progress.last().map_or(0, |progress| progress.queued.unsigned_abs());
        self.catch_up.note_fetched(behind, queued);
        let is_ready = self.catch_up.has_caught_up();
        setup.status.note_view(is_ready);
        self.writer.note_progress(is_ready, self.catch_up.lag());
    }
}

fn topic_of(setup: &Setup, name: &str) -> Option<OutputTopic> {
    OutputTopic::ALL.into_iter().find(|topic| setup.output_names[topic.index()] == name)
}
