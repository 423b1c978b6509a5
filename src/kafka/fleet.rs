//! The other partitions: reads what each says of itself, and says when this one speaks and hears.
//!
//! What is said and what follows from it is `engine::fleet`; it is written in `commit.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::Offset;
use rdkafka::message::Message;

use super::changelog;
use super::client;
use super::clock;
use super::failure::Failure;
use super::reader::Reader;
use super::setup::Setup;
use crate::engine::event::Topic;
use crate::engine::fleet::{Fleet, FleetPart};
use crate::engine::silence::Silences;

/// Most records that are read in one turn of the loop.
const RECORDS_MAX: usize = 256;

/// What all partitions say of themselves, as far as it is committed.
pub(super) struct FleetReader {
    reader: Reader,
    partitions: usize,
    /// Partitions whose record was fetched; until all were, nobody is told anything.
    fetched: BTreeSet<i32>,
    parts: BTreeMap<i32, FleetPart>,
    is_read: bool,
    is_changed: bool,
    newest: Option<Arc<Fleet>>,
}

/// When a partition last spoke to the others and heard from them, by the monotonic clock.
#[derive(Debug, Default)]
pub(super) struct Talk {
    spoken: Option<Instant>,
    heard: Option<Instant>,
}

impl FleetReader {
    /// A reader of all partitions from the beginning: each holds little more than one record.
    ///
    /// # Errors
    /// When the reader cannot be positioned.
    pub(super) fn new(setup: &Setup, worker: u32) -> Result<Self, Failure> {
        let reader = Reader::new(&client::whole_reader(&setup.config, &format!("{worker}-fleet")))?;
        let partitions = i32::try_from(setup.partitions).expect("Kafka counts partitions so");
        let all = (0..partitions).map(|it| (setup.fleet_name.as_str(), it, Offset::Beginning));
        reader.assign(&all.collect::<Vec<_>>())?;
        Ok(Self {
            reader,
            partitions: setup.partitions as usize,
            fetched: BTreeSet::new(),
            parts: BTreeMap::new(),
            is_read: false,
            is_changed: false,
            newest: None,
        })
    }

    /// Reads what was said since the last turn; does not wait.
    ///
    /// # Errors
    /// When the topic cannot be read on.
    pub(super) fn turn(&mut self, setup: &Setup) -> Result<(), Failure> {
        let at_end = self.reader.take_progress().into_iter().filter(|it| it.behind == 0);
        self.fetched.extend(at_end.map(|progress| progress.partition));
        for _ in 0..RECORDS_MAX {
            let Some(message) = self.reader.poll(Duration::ZERO)? else {
                // What was fetched before is read now.
                self.is_read |= self.fetched.len() == self.partitions;
                break;
            };
            let (number, value) = (message.partition(), message.payload());
            match value.map(changelog::decode::<FleetPart>) {
                Some(Ok(part)) => drop(self.parts.insert(number, part)),
                Some(Err(error)) => {
                    // As when it had not caught up: the others are judged without it.
                    tracing::warn!(partition = number, %error, "its fleet record is left out");
                    self.parts.remove(&number);
                }
                None => drop(self.parts.remove(&number)),
            }
            self.is_changed = true;
        }
        if self.is_read && self.is_changed {
            self.is_changed = false;
            let model = Arc::clone(&setup.in_force.borrow().model);
            let newest = Fleet::of(&model.silence, self.parts.values());
            self.report(setup, &newest.silences);
            self.newest = Some(Arc::new(newest));
        }
        Ok(())
    }

    /// Tells operations which feeds stopped or speak again.
    fn report(&self, setup: &Setup, silences: &Silences) {
        let before = self.newest.as_ref().map_or(Silences::NONE, |newest| newest.silences);
        for topic in Topic::ALL {
            let since = silences.since(topic);
            let gauge = setup.telemetry.feed_silent.with_label_values(&[topic.name()]);
            gauge.set(i64::from(since.is_some()));
            match since {
                Some(since) if before.since(topic).is_none() => {
                    tracing::warn!(topic = topic.name(), %since, "feed is silent");
                }
                None if before.since(topic).is_some() => {
                    tracing::info!(topic = topic.name(), "feed speaks again");
                }
                Some(_) | None => {}
            }
        }
    }

    /// The newest snapshot; nothing until every partition's word was read.
    pub(super) const fn newest(&self) -> Option<&Arc<Fleet>> {
        self.newest.as_ref()
    }
}

impl Talk {
    /// Whether it is time to use a newer snapshot; it is then taken to be used.
    pub(super) fn hears(&mut self, interval: Duration) -> bool {
        is_due(&mut self.heard, interval)
    }

    /// Whether it is time to speak; it is then taken to be done.
    pub(super) fn speaks(&mut self, interval: Duration) -> bool {
        is_due(&mut self.spoken, interval)
    }
}

fn is_due(last: &mut Option<Instant>, interval: Duration) -> bool {
    let is_due = last.is_none_or(|last| last.elapsed() >= interval);
    if is_due {
        *last = Some(clock::instant());
    }
    is_due
}
