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
use super::model_topic::InForce;
use super::offsets::{ANSWER, Ends, ends, offsets_of};
use super::partition::Partition;
use super::reader::{Reader, is_transient};
use crate::engine::decode::{Decoded, Decoder};
use crate::engine::event::Topic;
use crate::engine::first_day::Baseline;
use crate::engine::state::StateKind;
use crate::engine::time::Timestamp;
use crate::engine::{Engine, Origin};

/// How long one look for a record waits.
const POLL: Duration = Duration::from_millis(20);
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
    /// The model in force.
    pub in_force: InForce,
    /// Name of the topic that it stands in.
    pub model_topic: &'a str,
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
                self.mark = Some(Mark::decode(value).map_err(damaged)?);
            }
            (Key::Part, Some(value)) => {
                self.engine.restore_fleet_part(changelog::decode(value).map_err(damaged)?);
            }
            (Key::Fleet, Some(value)) => {
                self.engine.restore_fleet(Arc::new(changelog::decode(value).map_err(damaged)?));
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
        if !self.knows_model(sources)? {
            return Ok(());
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

    /// Whether the model of the mark, or a newer one, was read by this process; it is waited for.
    fn knows_model(&self, sources: &Sources<'_>) -> Result<bool, Trouble> {
        let Some(mark) = &self.mark else { return Ok(true) };
        let (in_force, topic) = (&sources.in_force, sources.model_topic);
        let (offset, version) = (mark.model_offset, &mark.model_version);
        if in_force.offset >= offset || in_force.model.version() == version {
            return Ok(true);
        }
        if in_force.read_to > offset {
            return Err(Trouble::Halt(format!(
                "it is assessed with model {version} at offset {offset} of {topic}, which this \
                 version of pulse refuses"
            )));
        }
        match sources.probe.fetch_watermarks(topic, 0, ANSWER) {
            Ok((_, end)) if end <= offset => Err(Trouble::Halt(format!(
                "it is assessed with model {version} at offset {offset} of {topic}, which ends at \
                 {end}: it was made anew, or is another one"
            ))),
            Ok(_) => {
                std::thread::park_timeout(POLL);
                Ok(false)
            }
            Err(error) if is_transient(&error) => Ok(false),
            Err(error) => Err(Failure::of("reading where the models end", &error).into()),
        }
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
        let in_force = &sources.in_force;
        // The same model at an earlier place: its topic was made anew.
        mark.model_offset = mark.model_offset.min(in_force.offset);
        match mark.caught_up_at {
            Some(at) => self.engine.restore_attention(at, mark.partitions, mark.baseline.clone()),
            None => self.engine.keep_quiet(),
        }
        self.engine.set_model(Arc::clone(&in_force.model), mark.model_since);
        self.engine.finish_restore(mark.now);
        mark.restored_from = Some(mark.usage_low_water);
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

/// Where a partition without any state begins: at the first offsets that the broker holds.
fn first_mark(ends: &Ends, sources: &Sources<'_>) -> Mark {
    Mark {
        sequence: 0,
        now: Timestamp::default(),
        wall: Timestamp::default(),
        model_version: sources.in_force.model.version().into(),
        model_offset: sources.in_force.offset,
        model_since: Timestamp::default(),
        partitions: sources.partitions,
        ranges: ends.map(|(low, _)| Range { from: low, to: low }),
        usage_low_water: ends[Topic::Usage.index()].0,
        restored_from: None,
        caught_up_at: None,
        baseline: Baseline::default(),
    }
}
