//! One live partition number: its engine, what it holds, and one step of it.
//!
//! Which records arrive and how a step is committed is the loop's business (`worker.rs`).

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::Offset;

use super::changelog::{Mark, Range};
use super::clock;
use super::codec::{self, Found, Record};
use super::fleet::Talk;
use super::held::{Held, HoldBound, Merge};
use super::model_topic::InForce;
use super::partitioner::partition_of;
use crate::config::Partitioner;
use crate::engine::decode::error::DecodeError;
use crate::engine::decode::{Decoded, Decoder};
use crate::engine::event::Topic;
use crate::engine::fleet::{Fleet, FleetPart};
use crate::engine::output::Output;
use crate::engine::time::{SECOND_MS, Timestamp};
use crate::engine::{Engine, Origin, Outcome};

/// Most accounts whose timer is run at the end of one step.
const DUE_MAX: usize = 500;
/// A clock whose every bound is younger than this has caught up.
const CAUGHT_UP_MS: i64 = 10 * SECOND_MS;

/// How long usage waits for the other topics at most: one that hangs must not hold it for ever.
const USAGE_WAIT: Duration = Duration::from_secs(5);

/// Names of the input topics, in the order of [`Topic::ALL`].
pub(super) type Names = [String; Topic::ALL.len()];

/// What a step needs from the worker.
pub(super) struct Surroundings<'a> {
    /// Reads records.
    pub decoder: &'a Decoder,
    /// How accounts are spread over partitions.
    pub partitioner: Partitioner,
    /// Names of the input topics, in the order of [`Topic::ALL`].
    pub topic_names: &'a Names,
    /// Name and number of the worker.
    pub task: &'a str,
    /// The model in force.
    pub in_force: &'a InForce,
    /// Bounds on held records.
    pub hold: HoldBound,
    /// The wall clock, read once for the step.
    pub wall: Timestamp,
    /// The newest snapshot of all partitions.
    pub fleet: Option<&'a Arc<Fleet>>,
    /// How often a partition speaks of itself and uses another snapshot, at most.
    pub fleet_interval: Duration,
}

/// A partition number that this worker processes.
pub(super) struct Partition {
    /// The partition number.
    pub number: i32,
    /// Its accounts.
    pub engine: Engine,
    /// Its fetched records.
    pub merge: Merge,
    /// The mark of the last committed step.
    pub mark: Mark,
    /// Whether more timers are due than one step runs.
    pub more_due: bool,
    /// When it spoke to the other partitions and heard from them.
    pub talk: Talk,
    /// Since when usage is not fetched because something is not known of another topic.
    pub usage_waits_since: Option<Instant>,
}

/// What a step of one partition says and changed.
pub(super) struct Step {
    /// The mark to be committed.
    pub mark: Mark,
    /// Outputs, in the order in which they were decided.
    pub outputs: Vec<Output>,
    /// Dead letters with the reason.
    pub dead_letters: Vec<(Topic, &'static str, Record)>,
    /// What became of each record that was applied, and its broker time.
    pub outcomes: Vec<(Topic, Outcome, Timestamp)>,
    /// The snapshot that is in use from this step on, if it is another one.
    pub fleet: Option<Arc<Fleet>>,
    /// What the partition says of itself at the end of the step, when it is time to.
    pub part: Option<FleetPart>,
}

impl Partition {
    /// The offset from which `topic` is to be fetched: after what is held.
    pub(super) fn fetch_offset(&self, topic: Topic) -> i64 {
        let applied = self.mark.ranges[topic.index()].to;
        self.merge.next_offset(topic).unwrap_or(applied)
    }

    /// From where its topics are to be fetched, usage aside; `names` in the order of
    /// [`Topic::ALL`].
    ///
    /// Usage has nearly all of the records. Fetched at once, it would fill the hold before the
    /// first record of a small topic is seen, and order and clock would be guesses.
    pub(super) fn first_positions<'n>(&mut self, names: &'n Names) -> Vec<(&'n str, i32, Offset)> {
        self.usage_waits_since = Some(clock::instant());
        let first = Topic::ALL.into_iter().filter(|topic| *topic != Topic::Usage);
        first.map(|topic| self.position(topic, names)).collect()
    }

    /// From where usage is to be fetched, once: when something is known of every other topic.
    pub(super) fn usage_position<'n>(
        &mut self,
        names: &'n Names,
    ) -> Option<(&'n str, i32, Offset)> {
        let since = self.usage_waits_since?;
        if !self.merge.knows_all_but(Topic::Usage) && since.elapsed() < USAGE_WAIT {
            return None;
        }
        self.usage_waits_since = None;
        Some(self.position(Topic::Usage, names))
    }

    fn position<'n>(&self, topic: Topic, names: &'n Names) -> (&'n str, i32, Offset) {
        let offset = Offset::Offset(self.fetch_offset(topic));
        (names[topic.index()].as_str(), self.number, offset)
    }

    /// Takes what may be taken, in broker-time order, and ends the step at the clock.
    ///
    /// Nothing when nothing happened: no transaction is needed then.
    pub(super) fn step(&mut self, around: &Surroundings<'_>) -> Option<Step> {
        let mut step = Step {
            mark: Mark { sequence: self.mark.sequence + 1, ..self.mark.clone() },
            outputs: Vec::new(),
            dead_letters: Vec::new(),
            outcomes: Vec::new(),
            fleet: self.hear(around),
            part: None,
        };
        for range in &mut step.mark.ranges {
            *range = Range { from: range.to, to: range.to };
        }
        step.mark.wall = around.wall;
        self.engine.begin_step(self.mark.now, around.wall);
        let is_model_new = self.take_model(around, &mut step.mark);
        let mut before = self.mark.now;
        while let Some((topic, held)) = self.merge.pop(around.hold) {
            // Beyond the bound on what is held, records are taken that the clock has not reached.
            before = before.max(held.broker_at.min(around.wall));
            step.mark.ranges[topic.index()].to = held.offset + 1;
            self.take(topic, &held, around, &mut step);
        }
        self.merge.give_up(around.wall);
        step.mark.now = before.max(self.merge.bound(before, around.wall));
        step.mark.usage_low_water = step.mark.ranges[Topic::Usage.index()].to;
        let caught_up = self.merge.is_at_end()
            && around.wall.millis_since(step.mark.now) <= CAUGHT_UP_MS
            && self.mark.caught_up_at.is_none();
        if caught_up {
            step.mark.caught_up_at = Some(step.mark.now);
            self.engine.attend(step.mark.now, step.mark.partitions);
        }
        self.more_due = self.engine.finish_step(step.mark.now, DUE_MAX);
        step.mark.baseline.clone_from(self.engine.baseline());
        step.outputs = self.engine.take_outputs();
        step.part = self.speak(step.mark.now, caught_up, around);
        let moved = step.mark.ranges.iter().any(|range| range.to > range.from);
        let talked = step.fleet.is_some() || step.part.is_some();
        (moved || caught_up || talked || is_model_new || self.engine.has_changes()).then_some(step)
    }

    /// Uses the newest snapshot of the fleet, when it says something else and it is time to.
    fn hear(&mut self, around: &Surroundings<'_>) -> Option<Arc<Fleet>> {
        let newest = around.fleet?;
        let in_use = self.engine.fleet();
        if Arc::ptr_eq(newest, in_use)
            || newest == in_use
            || !self.talk.hears(around.fleet_interval)
        {
            return None;
        }
        self.engine.set_fleet(Arc::clone(newest));
        Some(Arc::clone(newest))
    }

    /// What the partition says of itself, once its clock went on and it is time to; at once when
    /// it has caught up.
    fn speak(
        &mut self,
        now: Timestamp,
        caught_up: bool,
        around: &Surroundings<'_>,
    ) -> Option<FleetPart> {
        let limit = if caught_up { Duration::ZERO } else { around.fleet_interval };
        (now > self.mark.now && self.talk.speaks(limit)).then(|| self.engine.fleet_part(now))
    }

    /// Takes the model in force, if it is newer than that of the last step; never an older one.
    fn take_model(&mut self, around: &Surroundings<'_>, mark: &mut Mark) -> bool {
        let in_force = around.in_force;
        if in_force.offset <= mark.model_offset {
            return false;
        }
        mark.model_version = in_force.model.version().into();
        mark.model_offset = in_force.offset;
        // The last step may be long ago: what is due from now on is due as of now.
        mark.model_since = mark.now.max(self.merge.bound(mark.now, around.wall));
        self.engine.set_model(Arc::clone(&in_force.model), mark.model_since);
        tracing::info!(
            partition = self.number,
            version = in_force.model.version(),
            offset = in_force.offset,
            since = %mark.model_since,
            "model taken"
        );
        true
    }

    fn take(&mut self, topic: Topic, held: &Held, around: &Surroundings<'_>, step: &mut Step) {
        match self.apply(topic, held, around) {
            Ok(outcome) => step.outcomes.push((topic, outcome, held.broker_at)),
            Err(error) => {
                let found = Found {
                    topic_name: &around.topic_names[topic.index()],
                    topic,
                    partition: self.number,
                    task: around.task,
                };
                let record = codec::dead_letter(held, &found, &error);
                step.dead_letters.push((topic, error.reason(), record));
            }
        }
    }

    fn apply(
        &mut self,
        topic: Topic,
        held: &Held,
        around: &Surroundings<'_>,
    ) -> Result<Outcome, DecodeError> {
        let headers = held.headers();
        let decoded = around.decoder.decode(&held.record(topic, &headers))?;
        let account_id = match &decoded {
            Decoded::Event(event) => &event.account_id,
            Decoded::Erase { account_id } => account_id,
        };
        let partitions = self.mark.partitions;
        match partition_of(around.partitioner, account_id.as_bytes(), partitions) {
            Some(expected) if expected != self.number => {
                return Err(DecodeError::WrongPartition { expected });
            }
            Some(_) | None => {}
        }
        let origin = Origin { offset: held.offset, broker_at: held.broker_at };
        let engine = &mut self.engine;
        catch_unwind(AssertUnwindSafe(|| match &decoded {
            Decoded::Event(event) => engine.apply(event, origin),
            Decoded::Erase { account_id } => {
                engine.erase(account_id, origin);
                Outcome::Applied
            }
        }))
        .map_err(|_| DecodeError::Panicked)
    }
}
