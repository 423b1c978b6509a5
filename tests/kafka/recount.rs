//! The oracle: computes again, from input and marks, everything that should lie in Kafka.
//!
//! It drives an engine of its own through the steps that the marks tell of and shares no code with
//! the loop. Records are read in `history.rs` and compared in `compare.rs`.

use std::sync::Arc;

use anyhow::{Context as _, ensure};
use customer_pulse::config::Config;
use customer_pulse::engine::account::feed::Memory;
use customer_pulse::engine::decode::error::DecodeError;
use customer_pulse::engine::decode::{Decoded, Decoder, Header, Record as Undecoded};
use customer_pulse::engine::event::Topic;
use customer_pulse::engine::fleet::rhythm::Rhythm;
use customer_pulse::engine::fleet::{Fleet, FleetPart};
use customer_pulse::engine::id::IdKey;
use customer_pulse::engine::model::Model;
use customer_pulse::engine::output::{Output, OutputTopic};
use customer_pulse::engine::silence::Silences;
use customer_pulse::engine::time::Timestamp;
use customer_pulse::engine::{Engine, Origin, Outcome};
use customer_pulse::kafka::changelog::{self, Key, Mark};
use customer_pulse::kafka::partitioner::partition_of;
use rdkafka::Offset;

use crate::broker::Broker;
use crate::compare::{Found, check_alerts, check_runs, check_times, compare_states};
use crate::counts::Counts;
use crate::history::{self, Record};
use crate::installation::Installation;
use crate::models::{self, Models};
use crate::shadow::Shadows;

/// Most accounts whose timer runs at the end of one step (`architecture.md` §4).
const DUE_MAX: usize = 500;

/// One step as the changelog tells of it.
struct Step<'a> {
    mark: Mark,
    is_restored: bool,
    states: Vec<&'a Record>,
    /// The snapshot that is in use from this step on.
    fleet: Option<Arc<Fleet>>,
    /// What the partition says of itself, as it lies there.
    part: Option<&'a [u8]>,
}

/// What lies in Kafka of one partition number; what was compared is taken away.
struct Partition<'a> {
    number: usize,
    config: &'a Config,
    models: &'a Models,
    inputs: Vec<&'a [Record]>,
    changelog: &'a [Record],
    found: Found<'a>,
    /// What the partition told the others.
    told: &'a [Record],
    committed: &'a [(Offset, String)],
}

/// Recounts a whole installation whose processes have all ended and have left no input.
pub(crate) fn recount(broker: &Broker, installation: &Installation) -> anyhow::Result<Counts> {
    let config = &installation.config;
    let read = |topic: &str| history::read_topic(config, topic);
    let inputs = config.topics.inputs().into_iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let outputs = OutputTopic::ALL.into_iter().map(|topic| read(config.topics.output(topic)));
    let outputs = outputs.collect::<Result<Vec<_>, _>>()?;
    let changelog = read(&config.topics.pulse_changelog)?;
    let told = read(&config.topics.pulse_fleet)?;
    let committed = history::committed(config)?;
    let models = Models::read(config)?;
    check_alerts(outputs[OutputTopic::Alerts.index()].iter().flatten())?;
    check_runs(outputs[OutputTopic::Playbooks.index()].iter().flatten())?;
    for topic in OutputTopic::ALL.into_iter().filter(|topic| *topic != OutputTopic::DeadLetters) {
        check_times(outputs[topic.index()].iter().flatten())
            .with_context(|| topic.name().to_owned())?;
    }
    let partition = |number: usize| Partition {
        number,
        config,
        models: &models,
        inputs: inputs.iter().map(|topic| topic[number].as_slice()).collect(),
        changelog: &changelog[number],
        found: Found { left: outputs.iter().map(|topic| topic[number].as_slice()).collect() },
        told: &told[number],
        committed: &committed[number],
    };
    let partitions: Vec<_> = (0..changelog.len()).map(partition).collect();
    let counts = std::thread::scope(|scope| {
        let recount = |partition: Partition<'_>| {
            let number = partition.number;
            partition.recount().with_context(|| format!("partition {number}"))
        };
        let threads: Vec<_> =
            partitions.into_iter().map(|one| scope.spawn(move || recount(one))).collect();
        let ended = threads.into_iter().map(|thread| {
            thread.join().unwrap_or_else(|_| Err(anyhow::anyhow!("the recount panicked")))
        });
        ended.collect::<Result<Vec<_>, _>>()
    })
    .with_context(|| format!("recount of {}", installation.name))?;
    let mut sum = Counts::default();
    counts.iter().for_each(|counts| sum.add(counts));
    broker.compared.borrow_mut().add(&sum);
    crate::tell(&format!("    recount: {sum}"));
    Ok(sum)
}

impl<'a> Partition<'a> {
    fn recount(mut self) -> anyhow::Result<Counts> {
        let mut counts = Counts::default();
        let steps = self.steps()?;
        let first = self.models.of(&steps.first().context("it has no mark")?.mark)?;
        let mut again = Again::new(self.config, self.number, &first);
        let mut before: Option<Mark> = None;
        for step in steps {
            let mark = &step.mark;
            check_mark(before.as_ref(), &step)
                .and_then(|()| again.take_model(before.as_ref(), mark, self.models))
                .and_then(|()| self.step(&mut again, &step, &mut counts))
                .with_context(|| format!("step {}", mark.sequence))?;
            counts.marks += 1;
            counts.restores += usize::from(step.is_restored);
            before = Some(step.mark);
        }
        let last = before.context("it has no mark")?;
        for (topic, (left, range)) in Topic::ALL.iter().zip(self.inputs.iter().zip(&last.ranges)) {
            let committed = &self.committed[topic.index()];
            let expected = (Offset::Offset(range.to), last.sequence.to_string());
            ensure!(left.is_empty(), "{} was not read to its end", topic.name());
            ensure!(*committed == expected, "{}: {committed:?} for {expected:?}", topic.name());
        }
        self.found.check_end()?;
        ensure!(self.told.is_empty(), "it told more of itself than it kept");
        counts.assessed = again.shadows.assessed;
        Ok(counts)
    }

    /// The steps that the changelog tells of.
    fn steps(&self) -> anyhow::Result<Vec<Step<'a>>> {
        let mut steps = Vec::new();
        let (mut states, mut is_restored, mut fleet, mut part) = (Vec::new(), false, None, None);
        for record in self.changelog {
            match Key::decode(record.key.as_deref().unwrap_or_default())? {
                Key::Fence => is_restored = true,
                Key::Mark => {
                    let value = record.value.as_deref().context("a mark was deleted")?;
                    let states = std::mem::take(&mut states);
                    let is_restored = std::mem::take(&mut is_restored);
                    let mark = Mark::decode(value)?;
                    let (fleet, part) = (fleet.take(), part.take());
                    steps.push(Step { mark, is_restored, states, fleet, part });
                }
                Key::State(..) => states.push(record),
                Key::Part => part = record.value.as_deref(),
                Key::Fleet => {
                    let value = record.value.as_deref().context("a snapshot was deleted")?;
                    fleet = Some(Arc::new(changelog::decode(value)?));
                }
            }
        }
        ensure!(states.is_empty(), "there is state without a mark at the end");
        Ok(steps)
    }

    /// Does one step again and compares all that it must have written.
    fn step(
        &mut self,
        again: &mut Again<'_>,
        step: &Step<'_>,
        counts: &mut Counts,
    ) -> anyhow::Result<()> {
        let mark = &step.mark;
        again.engine.begin_step(again.now, mark.wall);
        if let Some(fleet) = &step.fleet {
            ensure!(fleet != again.engine.fleet(), "a snapshot says nothing new");
            counts.snapshots += 1;
            counts.silences += usize::from(fleet.silences != Silences::NONE);
            again.engine.set_fleet(Arc::clone(fleet));
            again.shadows.silences = fleet.silences;
        }
        while let Some((topic, record)) = self.next_record(mark)? {
            counts.input += 1;
            let applied = again.apply(topic, record, mark.partitions);
            let mut outputs = again.engine.take_outputs();
            match applied? {
                Ok(Outcome::Applied) => counts.applied += 1,
                Ok(Outcome::Duplicate) => counts.duplicate += 1,
                Ok(Outcome::Late) => counts.late += 1,
                Ok(Outcome::Erased) => counts.erased += 1,
                Err(error) => {
                    counts.dead_letters += 1;
                    let name = self.config.topics.inputs()[topic.index()];
                    self.found.take_dead_letter(record, name, self.number, error.reason())?;
                }
            }
            again.shadows.check(&outputs)?;
            again.said.append(&mut outputs);
        }
        if mark.caught_up_at.is_some() && !again.is_attending {
            again.is_attending = true;
            again.engine.attend(mark.now, mark.partitions);
        }
        again.engine.finish_step(mark.now, DUE_MAX);
        again.now = mark.now;
        ensure!(mark.baseline == *again.engine.baseline(), "other baseline alerts are counted");
        let mut outputs = again.engine.take_outputs();
        again.shadows.settle();
        again.shadows.check(&outputs)?;
        again.said.append(&mut outputs);
        for output in again.said.drain(..) {
            self.found.take(&output, counts)?;
        }
        self.check_part(again, step, counts)?;
        counts.states += step.states.len();
        compare_states(&mut again.engine, &step.states)
    }

    /// Compares what the partition said of itself with what it must have, and with what it told.
    fn check_part(
        &mut self,
        again: &Again<'_>,
        step: &Step<'_>,
        counts: &mut Counts,
    ) -> anyhow::Result<()> {
        let Some(bytes) = step.part else { return Ok(()) };
        counts.parts += 1;
        let part: FleetPart = changelog::decode(bytes)?;
        let expected = again.engine.fleet_part(step.mark.now);
        let newest = |part: &FleetPart| part.rhythms.each_ref().map(Rhythm::newest_at);
        ensure!(newest(&part) == newest(&expected), "its feeds spoke at other times");
        // Who dies between two words of its own forgets the counts since the first.
        let is_uncut = counts.restores + usize::from(step.is_restored) <= 1;
        ensure!(!is_uncut || part == expected, "it says something else of itself");
        if step.mark.caught_up_at.is_some() {
            let (told, rest) = self.told.split_first().context("it did not tell of itself")?;
            let key = self.number.to_string().into_bytes();
            ensure!(
                told.key == Some(key) && told.value.as_deref() == Some(bytes),
                "told otherwise"
            );
            self.told = rest;
        }
        Ok(())
    }

    /// The next record of the step in broker-time order; equal times go in the order of topics.
    fn next_record(&mut self, mark: &Mark) -> anyhow::Result<Option<(Topic, &'a Record)>> {
        let heads = Topic::ALL.into_iter().filter_map(|topic| {
            let head = self.inputs[topic.index()].first()?;
            (head.offset < mark.ranges[topic.index()].to).then_some((topic, head))
        });
        let Some((topic, head)) = heads.min_by_key(|(topic, head)| (head.at_ms, topic.index()))
        else {
            return Ok(None);
        };
        let from = mark.ranges[topic.index()].from;
        ensure!(head.offset >= from, "{}: {} was skipped", topic.name(), head.offset);
        self.inputs[topic.index()] = &self.inputs[topic.index()][1..];
        Ok(Some((topic, head)))
    }
}

/// An engine that does it all again, and the plain folds beside it.
struct Again<'a> {
    config: &'a Config,
    number: usize,
    decoder: Decoder,
    engine: Engine,
    shadows: Shadows,
    said: Vec<Output>,
    /// The clock of the step before.
    now: Timestamp,
    /// Whether the partition has read its input once.
    is_attending: bool,
}

impl<'a> Again<'a> {
    fn new(config: &'a Config, number: usize, model: &Arc<Model>) -> Self {
        let id_key = || IdKey::new(config.privacy.key());
        let mut engine = Engine::new(model.clone(), id_key(), Memory::Bounded);
        engine.keep_quiet();
        if number == 0 {
            engine.watch_fleet();
        }
        Self {
            config,
            number,
            decoder: Decoder::new(),
            engine,
            shadows: Shadows::new(model.clone(), id_key()),
            said: Vec::new(),
            now: Timestamp::default(),
            is_attending: false,
        }
    }

    /// Takes the model of a step before anything else of it, if it is another one.
    fn take_model(
        &mut self,
        before: Option<&Mark>,
        mark: &Mark,
        models: &Models,
    ) -> anyhow::Result<()> {
        let model = models.of(mark)?;
        if models::is_taken(before, mark)? {
            self.engine.set_model(Arc::clone(&model), mark.model_since);
            self.shadows.model = model;
        }
        Ok(())
    }

    fn apply(
        &mut self,
        topic: Topic,
        record: &Record,
        partitions: u32,
    ) -> anyhow::Result<Result<Outcome, DecodeError>> {
        let named = record.headers.iter();
        let headers: Vec<Header<'_>> =
            named.map(|(name, value)| (name.as_str(), value.as_deref())).collect();
        let broker_at = Timestamp::from_millis(record.at_ms);
        let decoded = self.decoder.decode(&Undecoded {
            topic,
            key: record.key.as_deref(),
            value: record.value.as_deref(),
            headers: &headers,
            broker_at,
        });
        let decoded = match decoded {
            Ok(decoded) => decoded,
            Err(error) => return Ok(Err(error)),
        };
        let account_id = match &decoded {
            Decoded::Event(event) => &event.account_id,
            Decoded::Erase { account_id } => account_id,
        };
        let place = partition_of(self.config.partitioner, account_id.as_bytes(), partitions);
        if let Some(expected) = place
            && usize::try_from(expected)? != self.number
        {
            return Ok(Err(DecodeError::WrongPartition { expected }));
        }
        let origin = Origin { offset: record.offset, broker_at };
        Ok(Ok(match &decoded {
            Decoded::Event(event) => {
                let outcome = self.engine.apply(event, origin);
                if outcome != Outcome::Erased {
                    self.shadows.fold(event, broker_at);
                }
                outcome
            }
            Decoded::Erase { account_id } => {
                self.engine.erase(account_id, origin);
                self.shadows.erase(account_id);
                Outcome::Applied
            }
        }))
    }
}

/// What a mark must say, given the one before it.
fn check_mark(before: Option<&Mark>, step: &Step<'_>) -> anyhow::Result<()> {
    let mark = &step.mark;
    let sequence = before.map_or(0, |before| before.sequence) + 1;
    ensure!(mark.sequence == sequence, "sequence {} where {sequence} must be", mark.sequence);
    for (topic, range) in Topic::ALL.iter().zip(&mark.ranges) {
        let from = before.map_or(0, |before| before.ranges[topic.index()].to);
        ensure!(range.from == from && range.to >= from, "{}: {range:?} at {from}", topic.name());
    }
    let caught_up_at = before.and_then(|before| before.caught_up_at);
    ensure!(caught_up_at.is_none() || mark.caught_up_at == caught_up_at, "caught up twice");
    let was = before.map_or_else(Timestamp::default, |before| before.now);
    ensure!(mark.now >= was, "the clock went back from {was} to {}", mark.now);
    // Usage is written in the step that changed it, so that nothing is ever folded again.
    let usage = mark.ranges[Topic::Usage.index()];
    ensure!(mark.usage_low_water == usage.to, "low water {}", mark.usage_low_water);
    let restored_from = step.is_restored.then_some(usage.from);
    ensure!(
        mark.restored_from == restored_from,
        "restored from {:?}, but the fences before it ask for {restored_from:?}: somebody wrote \
         who had lost the partition, or a partition that stayed was restored",
        mark.restored_from
    );
    Ok(())
}
