//! The loop: collect, step, commit (`architecture.md` §4).
//!
//! What a step does to one partition is said in `partition.rs`; this file owns membership, reader
//! and producer, and decides when a transaction begins and ends.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use rdkafka::TopicPartitionList;
use rdkafka::consumer::{BaseConsumer, ConsumerGroupMetadata};
use rdkafka::message::Message;

use super::census::Census;
use super::changelog::{self, Fence, Key};
use super::client::{self, Logged};
use super::clock;
use super::commit::Committer;
use super::failure::Failure;
use super::held::{Held, HoldBound};
use super::membership::{Change, Member};
use super::partition::{Partition, Surroundings};
use super::producer::{Outbox, Outgoing};
use super::reader::Reader;
use super::restore::{self, Restore, Slice, Sources, offsets_of};
use super::setup::Setup;
use super::status::Partitions;
use crate::engine::Engine;
use crate::engine::account::feed::Memory;
use crate::engine::event::Topic;

/// How long a restore may work before the live partitions have their turn.
const RESTORE_SLICE: Duration = Duration::from_secs(1);
/// How long a worker without a generation waits for the group protocol in one turn.
const IDLE: Duration = Duration::from_millis(20);
/// How long the coordinator may take to name the offsets of partitions that stay.
const SETTLE_LIMIT: Duration = Duration::from_secs(5);

/// How long a member may take to hear that another one has its name: five heartbeats.
const FENCE_LIMIT: Duration = Duration::from_secs(5);

/// One worker: shared-nothing, so that another one here or in another process is the same thing.
pub struct Worker<'s> {
    setup: &'s Setup,
    number: u32,
    task: String,
    member: Member,
    outbox: Outbox,
    reader: Reader,
    probe: BaseConsumer<Logged>,
    settled: Option<Settled>,
    partitions: BTreeMap<i32, Partition>,
    waiting: VecDeque<i32>,
    restoring: Option<Box<Restore>>,
    halted: BTreeSet<i32>,
    fence_nonce: u64,
    census: Census,
}

/// The generation that the present partitions were settled in.
struct Settled {
    generation: ConsumerGroupMetadata,
}

impl<'s> Worker<'s> {
    /// Joins the group and fences whoever had this worker's name before.
    ///
    /// # Errors
    /// When the broker cannot be reached or refuses.
    pub fn start(setup: &'s Setup, number: u32) -> Result<Self, Failure> {
        let topics: Vec<&str> = setup.input_names.iter().map(String::as_str).collect();
        let config = &setup.config;
        Ok(Self {
            setup,
            number,
            task: format!("{}-{number}", config.instance),
            member: Member::join(&client::membership(config, number), &topics)?,
            outbox: Outbox::open(&client::producer(config, number))?,
            reader: Reader::new(&client::reader(config, number))?,
            probe: client::probe(config)
                .create_with_context(Logged)
                .map_err(Failure::restart("creating a probe"))?,
            settled: None,
            partitions: BTreeMap::new(),
            waiting: VecDeque::new(),
            restoring: None,
            halted: BTreeSet::new(),
            fence_nonce: 0,
            census: Census::new(Arc::clone(&setup.telemetry)),
        })
    }

    /// Turns until the process is asked to stop.
    ///
    /// # Errors
    /// [`Failure`] says whether a fresh start may mend it.
    pub fn run(&mut self) -> Result<(), Failure> {
        while !self.setup.status.is_draining() {
            self.setup.status.turned(self.number);
            for change in self.member.poll()? {
                self.take(change)?;
            }
            self.restore_slice()?;
            if self.settled.is_none() {
                std::thread::park_timeout(IDLE);
                continue;
            }
            self.collect()?;
            self.step()?;
            self.report();
        }
        Ok(())
    }

    /// Tells whether another process fenced the producer, or a time-out of its own.
    ///
    /// Another process of this name has joined the group before it made its producer, so this
    /// member hears of it within a few heartbeats.
    pub fn judge_fenced(&self, reason: String) -> Failure {
        let deadline = clock::Deadline::after(FENCE_LIMIT);
        while !deadline.is_over() {
            if let Err(Failure::Fenced(reason)) = self.member.poll() {
                return Failure::Fenced(reason);
            }
            std::thread::park_timeout(IDLE);
        }
        Failure::Restart(reason)
    }

    fn take(&mut self, change: Change) -> Result<(), Failure> {
        match change {
            Change::Revoked => {
                self.setup.telemetry.rebalances.inc();
                self.settled = None;
                Ok(())
            }
            Change::Assigned(numbers) => self.settle(&numbers),
            Change::Failed(reason) => Err(Failure::Restart(reason)),
        }
    }

    /// Brings the partitions in line with a new assignment (`architecture.md` §4.2).
    fn settle(&mut self, numbers: &BTreeSet<i32>) -> Result<(), Failure> {
        let (id, generation) = self.member.generation()?;
        let before = self.partitions.len();
        self.partitions.retain(|number, _| numbers.contains(number));
        self.halted.retain(|number| numbers.contains(number));
        self.drop_overtaken()?;
        // Somebody else may have processed the partition in between: a restore begins again.
        self.restoring = None;
        self.waiting = numbers
            .iter()
            .copied()
            .filter(|number| !self.partitions.contains_key(number))
            .filter(|number| !self.halted.contains(number))
            .collect();
        self.renew_reader()?;
        tracing::info!(
            worker = self.number,
            generation = id,
            assigned = numbers.len(),
            kept = self.partitions.len(),
            dropped = before - self.partitions.len(),
            "assignment settled"
        );
        self.settled = Some(Settled { generation });
        Ok(())
    }

    /// Drops partitions whose committed offsets are no longer those of our last step: somebody
    /// else processed them in between, so they are restored.
    fn drop_overtaken(&mut self) -> Result<(), Failure> {
        if self.partitions.is_empty() {
            return Ok(());
        }
        let mut wanted = TopicPartitionList::new();
        for number in self.partitions.keys() {
            for name in &self.setup.input_names {
                wanted.add_partition(name, *number);
            }
        }
        let committed = self.member.committed(wanted, SETTLE_LIMIT)?;
        let names = &self.setup.input_names;
        self.partitions.retain(|number, partition| {
            let ours = match offsets_of(&committed, *number, names) {
                Some(committed) => committed.agree_with(&partition.mark),
                None => partition.mark.sequence == 0,
            };
            if !ours {
                tracing::warn!(partition = number, "processed elsewhere meanwhile: restoring");
            }
            ours
        });
        Ok(())
    }

    /// Makes a new reader of the live partitions, each from where it was.
    ///
    /// One that is pointed elsewhere would go on to tell how far it was before, and the clock
    /// would run ahead of what is fetched again.
    fn renew_reader(&mut self) -> Result<(), Failure> {
        self.reader = Reader::new(&client::reader(&self.setup.config, self.number))?;
        let mut positions = Vec::new();
        for partition in self.partitions.values_mut() {
            partition.merge.forget_reach();
            let names = &self.setup.input_names;
            if let Some(ends) = restore::ends(&self.probe, names, partition.number)? {
                for topic in Topic::ALL {
                    if partition.fetch_offset(topic) >= ends[topic.index()].1 {
                        partition.merge.note_end(topic);
                    }
                }
            }
            positions.extend(partition.first_positions(names));
        }
        self.reader.assign(&positions)
    }

    /// Works on one partition that is not live yet.
    fn restore_slice(&mut self) -> Result<(), Failure> {
        if self.restoring.is_none() {
            let Some(number) = self.waiting.pop_front() else { return Ok(()) };
            self.restoring = Some(Box::new(self.begin_restore(number)?));
        }
        let Some(restore) = self.restoring.take() else { return Ok(()) };
        let setup = self.setup;
        let sources = Sources {
            decoder: &setup.decoder,
            topic_names: &setup.input_names,
            member: &self.member,
            probe: &self.probe,
            partitions: setup.partitions,
            model_version: setup.model.version(),
        };
        let number = restore.number().to_string();
        let remaining = setup.telemetry.restore_remaining_records.with_label_values(&[&number]);
        match restore.advance(RESTORE_SLICE, &sources)? {
            Slice::Going(restore) => {
                if let Some(records) = restore.remaining_records() {
                    remaining.set(records);
                }
                self.restoring = Some(restore);
            }
            Slice::Done(partition, records) => {
                remaining.set(0);
                setup.telemetry.restore_records.inc_by(records);
                tracing::info!(
                    worker = self.number,
                    partition = partition.number,
                    sequence = partition.mark.sequence,
                    records,
                    "partition is live"
                );
                let mut partition = *partition;
                self.reader.add(&partition.first_positions(&setup.input_names))?;
                self.partitions.insert(partition.number, partition);
            }
            Slice::Halted(number, why) => {
                tracing::error!(
                    partition = number,
                    why,
                    "partition halted: nothing of it is processed; see docs/operations.md"
                );
                self.halted.insert(number);
            }
        }
        Ok(())
    }

    /// Writes the fence of a partition and begins to read its changelog.
    fn begin_restore(&mut self, number: i32) -> Result<Restore, Failure> {
        let setup = self.setup;
        self.fence_nonce = setup.clock.now().as_millis().unsigned_abs().max(self.fence_nonce + 1);
        let nonce = self.fence_nonce ^ (u64::from(std::process::id()) << 44);
        let fence = Fence { instance: self.task.as_str().into(), nonce };
        self.outbox.begin()?;
        self.outbox.send(Outgoing {
            topic: &setup.changelog_name,
            partition: number,
            key: Some(&Key::Fence.encode()),
            value: Some(&changelog::encode(&fence, Vec::new())),
            headers: None,
            timestamp_ms: setup.clock.now().as_millis(),
        })?;
        self.outbox.commit(None)?;
        let reader = Reader::new(&client::restorer(&setup.config, self.number))?;
        let engine = Engine::new(setup.model.clone(), setup.id_key, Memory::Bounded);
        Restore::begin(number, nonce, reader, engine, &setup.changelog_name)
    }

    /// Fetches records until a bound of the step is reached; touches no state.
    fn collect(&mut self) -> Result<(), Failure> {
        let bounds = &self.setup.config.step;
        for partition in self.partitions.values_mut() {
            if let Some(position) = partition.usage_position(&self.setup.input_names) {
                self.reader.add(&[position])?;
            }
        }
        let watch = clock::instant();
        let urgent = self.restoring.is_some()
            || !self.waiting.is_empty()
            || self.partitions.values().any(|partition| partition.more_due);
        let limit = if urgent { Duration::ZERO } else { bounds.interval };
        let (mut records, mut bytes) = (0, 0);
        while records < bounds.records_max && bytes < bounds.bytes_max {
            let left = limit.saturating_sub(watch.elapsed());
            let Some(message) = self.reader.poll(left)? else {
                for partition in self.partitions.values_mut() {
                    partition.merge.note_dry();
                }
                break;
            };
            let Some(topic) = self.setup.topic(message.topic()) else { continue };
            let Some(partition) = self.partitions.get_mut(&message.partition()) else { continue };
            if message.offset() < partition.fetch_offset(topic) {
                continue;
            }
            let held = Held::copied(&message);
            records += 1;
            bytes += held.size_bytes();
            partition.merge.push(topic, held);
        }
        for progress in self.reader.take_progress() {
            let number = progress.partition.to_string();
            let labels = [progress.topic.as_str(), number.as_str()];
            self.setup.telemetry.consumer_lag.with_label_values(&labels).set(progress.behind);
            if let Some(topic) = self.setup.topic(&progress.topic).filter(|_| progress.behind == 0)
                && let Some(partition) = self.partitions.get_mut(&progress.partition)
            {
                partition.merge.note_fetched(topic);
            }
        }
        Ok(())
    }

    /// One step of every live partition, in one transaction.
    fn step(&mut self) -> Result<(), Failure> {
        let Some(settled) = &self.settled else { return Ok(()) };
        let setup = self.setup;
        let watch = clock::instant();
        let around = Surroundings {
            decoder: &setup.decoder,
            partitioner: setup.config.partitioner,
            topic_names: &setup.input_names,
            task: &self.task,
            hold: HoldBound {
                records_max: setup.config.hold.records_max,
                bytes_max: setup.config.hold.bytes_max,
            },
            wall: setup.clock.now(),
        };
        let mut stepped = Vec::new();
        for partition in self.partitions.values_mut() {
            if let Some(step) = partition.step(&around) {
                stepped.push((partition, step));
            }
        }
        if stepped.is_empty() {
            return Ok(());
        }
        // The transaction's own time-out runs from here: nothing is computed inside it.
        let mut committer = Committer::begin(setup, &self.outbox, around.wall)?;
        for (partition, step) in stepped {
            committer.add(partition, step)?;
        }
        let committed = committer.commit(&settled.generation)?;
        setup.telemetry.step_duration.observe(watch.elapsed().as_secs_f64());
        for (number, mark) in committed {
            if let Some(partition) = self.partitions.get_mut(&number) {
                partition.mark = mark;
                partition.mark.restored_from = None;
            }
        }
        Ok(())
    }

    /// Tells operations how the partitions stand.
    fn report(&mut self) {
        let setup = self.setup;
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let restoring = usize::from(self.restoring.is_some()) + self.waiting.len();
        let partitions = Partitions {
            live: count(self.partitions.len()),
            restoring: count(restoring),
            halted: count(self.halted.len()),
        };
        setup.status.settled(self.number, partitions);
        self.census.take(self.partitions.values().map(|partition| &partition.engine));
        let wall = setup.clock.now();
        for partition in self.partitions.values() {
            let behind_ms = wall.millis_since(partition.mark.now).max(0);
            let secs = behind_ms as f64 / 1_000.0;
            let number = partition.number.to_string();
            setup.telemetry.clock_lag.with_label_values(&[number.as_str()]).set(secs);
        }
    }
}
