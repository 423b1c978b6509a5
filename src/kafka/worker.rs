//! The loop: collect, step, commit (`architecture.md` §4).
//!
//! What a step does to one partition is said in `partition.rs`, which partitions there are in
//! `assignment.rs`; this file decides when a transaction begins and ends.

use std::sync::Arc;
use std::time::Duration;

use rdkafka::message::Message;

use super::assignment::{Assignment, Clients};
use super::census::Census;
use super::client::{self, Logged};
use super::clock;
use super::commit::Committer;
use super::failure::Failure;
use super::fleet::FleetReader;
use super::held::{Held, HoldBound};
use super::membership::{Change, Member};
use super::partition::Surroundings;
use super::producer::Outbox;
use super::reader::Reader;
use super::setup::Setup;

/// How long a worker without a generation waits for the group protocol in one turn.
const IDLE: Duration = Duration::from_millis(20);
/// How long a member may take to hear that another one has its name: five heartbeats.
const FENCE_LIMIT: Duration = Duration::from_secs(5);

/// One worker: shared-nothing, so that another one here or in another process is the same thing.
pub struct Worker<'s> {
    setup: &'s Setup,
    number: u32,
    clients: Clients,
    assignment: Assignment<'s>,
    fleet: FleetReader,
    census: Census,
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
            clients: Clients {
                member: Member::join(&client::membership(config, number), &topics)?,
                outbox: Outbox::open(&client::producer(config, number))?,
                reader: Reader::new(&client::reader(config, number))?,
                probe: client::probe(config)
                    .create_with_context(Logged)
                    .map_err(Failure::restart("creating a probe"))?,
            },
            assignment: Assignment::new(setup, number),
            fleet: FleetReader::new(setup, number)?,
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
            for change in self.clients.member.poll()? {
                self.take(change)?;
            }
            self.assignment.restore_slice(&self.clients)?;
            if self.assignment.generation.is_none() {
                std::thread::park_timeout(IDLE);
                continue;
            }
            self.collect()?;
            self.fleet.turn(self.setup)?;
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
            if let Err(Failure::Fenced(reason)) = self.clients.member.poll() {
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
                self.assignment.generation = None;
                Ok(())
            }
            Change::Assigned(numbers) => self.assignment.settle(&mut self.clients, &numbers),
            Change::Failed(reason) => Err(Failure::Restart(reason)),
        }
    }

    /// Fetches records until a bound of the step is reached; touches no state.
    fn collect(&mut self) -> Result<(), Failure> {
        let bounds = &self.setup.config.step;
        for partition in self.assignment.live.values_mut() {
            if let Some(position) = partition.usage_position(&self.setup.input_names) {
                self.clients.reader.add(&[position])?;
            }
        }
        let watch = clock::instant();
        let urgent = self.assignment.is_restoring()
            || self.assignment.live.values().any(|partition| partition.more_due);
        let limit = if urgent { Duration::ZERO } else { bounds.interval };
        let (mut records, mut bytes) = (0, 0);
        while records < bounds.records_max && bytes < bounds.bytes_max {
            let left = limit.saturating_sub(watch.elapsed());
            let Some(message) = self.clients.reader.poll(left)? else {
                for partition in self.assignment.live.values_mut() {
                    partition.merge.note_dry();
                }
                break;
            };
            let Some(topic) = self.setup.topic(message.topic()) else { continue };
            let Some(partition) = self.assignment.live.get_mut(&message.partition()) else {
                continue;
            };
            if message.offset() < partition.fetch_offset(topic) {
                continue;
            }
            let held = Held::copied(&message);
            records += 1;
            bytes += held.size_bytes();
            partition.merge.push(topic, held);
        }
        for progress in self.clients.reader.take_progress() {
            let number = progress.partition.to_string();
            let labels = [progress.topic.as_str(), number.as_str()];
            self.setup.telemetry.consumer_lag.with_label_values(&labels).set(progress.behind);
            if let Some(topic) = self.setup.topic(&progress.topic).filter(|_| progress.behind == 0)
                && let Some(partition) = self.assignment.live.get_mut(&progress.partition)
            {
                partition.merge.note_fetched(topic);
            }
        }
        Ok(())
    }

    /// One step of every live partition, in one transaction.
    fn step(&mut self) -> Result<(), Failure> {
        let Some(generation) = &self.assignment.generation else { return Ok(()) };
        let setup = self.setup;
        let watch = clock::instant();
        let task = setup.task(self.number);
        let in_force = setup.in_force.borrow().clone();
        let around = Surroundings {
            decoder: &setup.decoder,
            partitioner: setup.config.partitioner,
            topic_names: &setup.input_names,
            task: &task,
            in_force: &in_force,
            hold: HoldBound {
                records_max: setup.config.hold.records_max,
                bytes_max: setup.config.hold.bytes_max,
            },
            wall: setup.clock.now(),
            fleet: self.fleet.newest(),
            fleet_interval: setup.config.fleet.interval,
        };
        let mut stepped = Vec::new();
        for partition in self.assignment.live.values_mut() {
            if let Some(step) = partition.step(&around) {
                stepped.push((partition, step));
            }
        }
        if stepped.is_empty() {
            return Ok(());
        }
        // The transaction's own time-out runs from here: nothing is computed inside it.
        let mut committer = Committer::begin(setup, &self.clients.outbox, &task, around.wall)?;
        for (partition, step) in stepped {
            committer.add(partition, step)?;
        }
        let committed = committer.commit(generation)?;
        setup.telemetry.step_duration.observe(watch.elapsed().as_secs_f64());
        for (number, mark) in committed {
            if let Some(partition) = self.assignment.live.get_mut(&number) {
                partition.mark = mark;
                partition.mark.restored_from = None;
            }
        }
        Ok(())
    }

    /// Tells operations how the partitions stand.
    fn report(&mut self) {
        let setup = self.setup;
        setup.status.settled(self.number, self.assignment.counts());
        self.census.take(self.assignment.live.values().map(|partition| &partition.engine));
        let wall = setup.clock.now();
        for partition in self.assignment.live.values() {
            let behind_ms = wall.millis_since(partition.mark.now).max(0);
            let secs = behind_ms as f64 / 1_000.0;
            let number = partition.number.to_string();
            setup.telemetry.clock_lag.with_label_values(&[number.as_str()]).set(secs);
            let offset = &setup.telemetry.model_offset;
            offset.with_label_values(&[number.as_str()]).set(partition.mark.model_offset);
        }
    }
}
