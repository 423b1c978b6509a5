//! Changelog to engine: what a partition needs before it goes live (`architecture.md` §4.4).
//!
//! What the records mean is said in `changelog.rs`; which partitions are to be restored is
//! learnt in `assignment.rs`.

use std::sync::Arc;
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::Message;
use rdkafka::{Offset, TopicPartitionList};

use super::changelog::{self, Damage, Fence, Key, Mark, Range};
use super::client::Logged;
use super::clock;
use super::failure::Failure;
use super::fleet::Talk;
use super::held::{Held, Merge};
use super::membership::Member;
use super::partition::{Names, Partition};
use super::reader::{Reader, is_transient};
use crate::engine::decode::{Decoded, Decoder};
use crate::engine::event::Topic;
use crate::engine::state::StateKind;
use crate::engine::time::Timestamp;
use crate::engine::{Engine, Origin};

/// How long one look for a record waits.
const POLL: Duration = Duration::from_millis(20);
/// How long one question to the broker waits before the live partitions have their turn.
const ANSWER: Duration = Duration::from_secs(1);
/// A restore that makes no progress for this long starts the worker afresh.
const STALL: Duration = Duration::from_secs(60);

/// What a restore needs from the worker.
pub(super) struct Sources<'a> {
    /// Reads input records that are folded again.
    pub decoder: &'a Decoder,
    /// Names of the input topics, in the order of [`Topic::ALL`].
    pub topic_names: &'a [String; Topic::ALL.len()],
    /// The member whose group's offsets count.
    pub member: &'a Member,
    /// Sees the true ends of the input topics, open transactions included.
    pub probe: &'a BaseConsumer<Logged>,
    /// How many partitions the input topics have.
    pub partitions: u32,
    /// Version of the model in force.
    pub model_version: &'a str,
}

/// A partition on its way to being live.
pub(super) struct Restore {
    number: i32,
    nonce: u64,
    reader: Reader,
    engine: Engine,
    merge: Merge,
    mark: Option<Mark>,
    stage: Stage,
    idle: std::time::Instant,
    /// Records read so far.
    records: u64,
}

enum Stage {
    Changelog,
    Offsets,
    Refold { from: i64, to: i64 },
}

/// Where a slice of work left the restore.
pub(super) enum Slice {
    /// There is more to do.
    Going(Box<Restore>),
    /// The partition can go live, after so many records were read.
    Done(Box<Partition>, u64),
    /// The partition must not go live; the text names the remedy.
    Halted(i32, String),
}

impl Restore {
    /// Begins to read the changelog of `number` up to the fence with this `nonce`.
    ///
    /// # Errors
    /// When the reader cannot be positioned.
    pub(super) fn begin(
        number: i32,
        nonce: u64,
        reader: Reader,
        engine: Engine,
        changelog: &str,
    ) -> Result<Self, Failure> {
        reader.assign(&[(changelog, number, Offset::Beginning)])?;
        let (stage, idle) = (Stage::Changelog, clock::instant());
        let merge = Merge::default();
        Ok(Self { number, nonce, reader, engine, merge, mark: None, stage, idle, records: 0 })
    }

    /// The partition number.
    pub(super) const fn number(&self) -> i32 {
        self.number
    }

    /// Records that were not fetched yet; nothing before that is known.
    pub(super) fn remaining_records(&self) -> Option<i64> {
        let progress = self.reader.take_progress();
        progress.iter().rfind(|it| it.partition == self.number).map(|it| it.behind)
    }

    /// Works for about `slice`.
    ///
    /// # Errors
    /// When the broker fails in a way that a fresh start may mend.
    pub(super) fn advance(
        mut self: Box<Self>,
        slice: Duration,
        sources: &Sources<'_>,
    ) -> Result<Slice, Failure> {
        let watch = clock::instant();
        while watch.elapsed() < slice {
            if self.idle.elapsed() > STALL {
                let number = self.number;
                return Err(Failure::Restart(format!("the restore of {number} stalls")));
            }
            let going = match self.stage {
                Stage::Changelog => self.read_changelog(),
                Stage::Offsets => self.compare_offsets(sources),
                Stage::Refold { from, to } if from >= to => return Ok(self.finish(sources)),
                Stage::Refold { .. } => self.refold(sources),
            };
            match going {
                Ok(()) => {}
                Err(Trouble::Failure(failure)) => return Err(failure),
                Err(Trouble::Halt(why)) => return Ok(Slice::Halted(self.number, why)),
            }
        }
        Ok(Slice::Going(self))
    }

    fn read_changelog(&mut self) -> Result<(), Trouble> {
        let Some(message) = self.reader.poll(POLL)? else { return Ok(()) };
        self.idle = clock::instant();
        self.records += 1;
        let damaged = |damage: Damage| {
            Trouble::Halt(format!(
                "the changelog is damaged at offset {}: {damage}",
                message.offset()
            ))
        };
        let key = Key::decode(message.key().unwrap_or_default()).map_err(damaged)?;
        match (key, message.payload()) {
            (Key::Fence, Some(value)) => {
                let fence: Fence = changelog::decode(value).map_err(damaged)?;
                if fence.nonce == self.nonce {
                    self.stage = Stage::Offsets;
                }
            }
            (Key::Mark, Some(value)) => {
                self.mark = Some(changelog::decode(value).map_err(damaged)?);
            }
            (Key::Part, Some(value)) => {
                self.engine.restore_fleet_part(changelog::decode(value).map_err(damaged)?);
            }
            (Key::Fleet, Some(value)) => {
                self.engine.set_fleet(Arc::new(changelog::decode(value).map_err(damaged)?));
            }
            (Key::State(kind, id), Some(value)) => {
                let watched = self.engine.restored(id);
                match kind {
                    StateKind::Usage => {
                        watched.restore_usage(changelog::decode(value).map_err(damaged)?);
                    }
                    StateKind::Rest => {
                        watched.restore_rest(changelog::decode(value).map_err(damaged)?);
                    }
                    StateKind::Said => {
                        watched.said = Some(changelog::decode(value).map_err(damaged)?);
                    }
                }
            }
            (Key::State(kind, id), None) => self.engine.restore_gone(id, kind),
            (Key::Fence | Key::Mark | Key::Part | Key::Fleet, None) => {}
        }
        Ok(())
    }

    /// Compares mark and committed offsets, and finds where to go on.
    fn compare_offsets(&mut self, sources: &Sources<'_>) -> Result<(), Trouble> {
        let mut wanted = TopicPartitionList::new();
        for name in sources.topic_names {
            wanted.add_partition(name, self.number);
        }
        let committed = match sources.member.committed(wanted, ANSWER) {
            Ok(committed) => committed,
            Err(Failure::Restart(reason)) => {
                tracing::debug!(partition = self.number, reason, "offsets are not known yet");
                return Ok(());
            }
            Err(failure) => return Err(failure.into()),
        };
        let committed = offsets_of(&committed, self.number, sources.topic_names);
        let Some(ends) = ends(sources.probe, sources.topic_names, self.number)? else {
            return Ok(());
        };
        let mark = match (self.mark.take(), committed) {
            (None, None) => first_mark(&ends, sources),
            (Some(mark), None) => mark,
            (None, Some(_)) => {
                return Err(Trouble::Halt(
                    "the group has committed offsets, but the changelog holds no mark".to_owned(),
                ));
            }
            (Some(mark), Some(committed)) if committed.agree_with(&mark) => mark,
            (Some(mark), Some(committed)) => {
                return Err(Trouble::Halt(format!(
                    "a torn transaction: the mark's sequence is {}, the offsets' is {}",
                    mark.sequence, committed.sequence
                )));
            }
        };
        if mark.partitions != sources.partitions {
            return Err(Trouble::Halt(format!(
                "the topics had {} partitions when the state was written and have {} now",
                mark.partitions, sources.partitions
            )));
        }
        for topic in Topic::ALL {
            let (low, high) = ends[topic.index()];
            let next = mark.ranges[topic.index()].to;
            let needed = if topic == Topic::Usage { mark.usage_low_water } else { next };
            if low > needed {
                return Err(Trouble::Halt(format!(
                    "{} begins at offset {low}, but {needed} is needed: retention was too short",
                    sources.topic_names[topic.index()]
                )));
            }
            if next >= high {
                self.merge.note_end(topic);
            }
        }
        let (from, to) = (mark.usage_low_water, mark.ranges[Topic::Usage.index()].to);
        if from < to {
            let usage = &sources.topic_names[Topic::Usage.index()];
            self.reader.assign(&[(usage, self.number, Offset::Offset(from))])?;
        }
        self.stage = Stage::Refold { from, to };
        self.mark = Some(mark);
        self.idle = clock::instant();
        Ok(())
    }

    /// Folds usage again that no usage record holds; says and decides nothing.
    fn refold(&mut self, sources: &Sources<'_>) -> Result<(), Trouble> {
        let Stage::Refold { from, to } = &mut self.stage else { return Ok(()) };
        let Some(message) = self.reader.poll(POLL)? else {
            let ended = self
                .reader
                .take_progress()
                .iter()
                .any(|progress| progress.partition == self.number && progress.behind == 0);
            if ended {
                *from = *to;
            }
            return Ok(());
        };
        self.idle = clock::instant();
        self.records += 1;
        let held = Held::copied(&message);
        *from = held.offset + 1;
        if held.offset >= *to {
            return Ok(());
        }
        let origin = Origin { offset: held.offset, broker_at: held.broker_at };
        let headers = held.headers();
        // What cannot be decoded became a dead letter when it was applied first.
        if let Ok(Decoded::Event(event)) =
            sources.decoder.decode(&held.record(Topic::Usage, &headers))
        {
            self.engine.refold(&event, origin);
        }
        Ok(())
    }

    fn finish(mut self, sources: &Sources<'_>) -> Slice {
        let mut mark = self.mark.take().expect("a mark was read or made before the refold");
        self.engine.finish_restore(mark.now);
        mark.restored_from = Some(mark.usage_low_water);
        mark.model_version = sources.model_version.into();
        let partition = Partition {
            number: self.number,
            engine: self.engine,
            merge: self.merge,
            mark,
            more_due: true,
            usage_waits_since: None,
            talk: Talk::default(),
        };
        Slice::Done(Box::new(partition), self.records)
    }
}

/// Why a slice of a restore did not end well.
enum Trouble {
    Failure(Failure),
    Halt(String),
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        Trouble::Failure(failure)
    }
}

/// The group's offsets of one partition number, with the sequence in their metadata.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Committed {
    offsets: [i64; Topic::ALL.len()],
    sequence: String,
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

/// Where a partition without any state begins: at the first offsets that the broker holds.
fn first_mark(ends: &Ends, sources: &Sources<'_>) -> Mark {
    Mark {
        sequence: 0,
        now: Timestamp::default(),
        model_version: sources.model_version.into(),
        partitions: sources.partitions,
        ranges: ends.map(|(low, _)| Range { from: low, to: low }),
        usage_low_water: ends[Topic::Usage.index()].0,
        restored_from: None,
        caught_up_at: None,
    }
}
