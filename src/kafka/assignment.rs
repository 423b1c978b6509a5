//! The partitions of one worker: settled after a rebalance, restored, halted.
//!
//! What a live partition does in a step is `partition.rs`; how one is read back is `restore.rs`.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use rdkafka::TopicPartitionList;
use rdkafka::consumer::{BaseConsumer, ConsumerGroupMetadata};

use super::changelog::{self, Fence, Key};
use super::client::{self, Logged};
use super::failure::Failure;
use super::membership::Member;
use super::offsets::{ends, offsets_of};
use super::partition::Partition;
use super::producer::{Outbox, Outgoing};
use super::reader::Reader;
use super::restore::{Restore, Slice, Sources};
use super::setup::Setup;
use super::status::Partitions;
use crate::engine::Engine;
use crate::engine::account::feed::Memory;
use crate::engine::event::Topic;

/// The partition whose owner speaks of all accounts together.
const FLEET_PARTITION: i32 = 0;

/// How long a restore may work before the live partitions have their turn.
const RESTORE_SLICE: Duration = Duration::from_secs(1);
/// How long the coordinator may take to name the offsets of partitions that stay.
const SETTLE_LIMIT: Duration = Duration::from_secs(5);

/// What a worker speaks to the broker with.
pub(super) struct Clients {
    /// The member of the group; fetches nothing.
    pub member: Member,
    /// The transactional producer.
    pub outbox: Outbox,
    /// Fetches the input of the live partitions.
    pub reader: Reader,
    /// Sees the true ends of the input topics.
    pub probe: BaseConsumer<Logged>,
}

/// What the group gave to one worker, and how far each partition is on its way to being live.
pub(super) struct Assignment<'s> {
    setup: &'s Setup,
    worker: u32,
    /// The generation that the live partitions were settled in; none between revoke and assign.
    pub generation: Option<ConsumerGroupMetadata>,
    /// The live partitions by their number.
    pub live: BTreeMap<i32, Partition>,
    waiting: VecDeque<i32>,
    restoring: Option<Box<Restore>>,
    halted: BTreeSet<i32>,
    fence_nonce: u64,
}

impl<'s> Assignment<'s> {
    /// Nothing yet.
    pub(super) fn new(setup: &'s Setup, worker: u32) -> Self {
        Self {
            setup,
            worker,
            generation: None,
            live: BTreeMap::new(),
            waiting: VecDeque::new(),
            restoring: None,
            halted: BTreeSet::new(),
            fence_nonce: 0,
        }
    }

    /// Whether a partition is on its way to being live.
    pub(super) fn is_restoring(&self) -> bool {
        self.restoring.is_some() || !self.waiting.is_empty()
    }

    /// How many partitions are in which state.
    pub(super) fn counts(&self) -> Partitions {
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Partitions {
            live: count(self.live.len()),
            restoring: count(usize::from(self.restoring.is_some()) + self.waiting.len()),
            halted: count(self.halted.len()),
        }
    }

    /// Brings the partitions in line with a new assignment (`architecture.md` §4.2).
    pub(super) fn settle(
        &mut self,
        clients: &mut Clients,
        numbers: &BTreeSet<i32>,
    ) -> Result<(), Failure> {
        let (id, generation) = clients.member.generation()?;
        let before: Vec<i32> = self.live.keys().copied().collect();
        self.live.retain(|number, _| numbers.contains(number));
        self.halted.retain(|number| numbers.contains(number));
        self.drop_overtaken(clients)?;
        for gone in before.iter().filter(|number| !self.live.contains_key(number)) {
            // Another worker of this process sets it again; an error says that it was never set.
            let _unset =
                self.setup.telemetry.model_offset.remove_label_values(&[&gone.to_string()]);
        }
        // Somebody else may have processed the partition in between: a restore begins again.
        self.restoring = None;
        self.waiting = numbers
            .iter()
            .copied()
            .filter(|number| !self.live.contains_key(number))
            .filter(|number| !self.halted.contains(number))
            .collect();
        self.renew_reader(clients)?;
        tracing::info!(
            worker = self.worker,
            generation = id,
            assigned = numbers.len(),
            kept = self.live.len(),
            dropped = before.len() - self.live.len(),
            "assignment settled"
        );
        self.generation = Some(generation);
        Ok(())
    }

    /// Drops partitions whose committed offsets are no longer those of our last step: somebody
    /// else processed them in between, so they are restored.
    fn drop_overtaken(&mut self, clients: &Clients) -> Result<(), Failure> {
        if self.live.is_empty() {
            return Ok(());
        }
        let mut wanted = TopicPartitionList::new();
        for number in self.live.keys() {
            for name in &self.setup.input_names {
                wanted.add_partition(name, *number);
            }
        }
        let committed = clients.member.committed(wanted, SETTLE_LIMIT)?;
        let names = &self.setup.input_names;
        self.live.retain(|number, partition| {
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
    fn renew_reader(&mut self, clients: &mut Clients) -> Result<(), Failure> {
        clients.reader = Reader::new(&client::reader(&self.setup.config, self.worker))?;
        let mut positions = Vec::new();
        for partition in self.live.values_mut() {
            partition.merge.forget_reach();
            let names = &self.setup.input_names;
            if let Some(ends) = ends(&clients.probe, names, partition.number)? {
                for topic in Topic::ALL {
                    if partition.fetch_offset(topic) >= ends[topic.index()].1 {
                        partition.merge.note_end(topic);
                    }
                }
            }
            positions.extend(partition.first_positions(names));
        }
        clients.reader.assign(&positions)
    }

    /// Works on one partition that is not live yet.
    pub(super) fn restore_slice(&mut self, clients: &Clients) -> Result<(), Failure> {
        if self.restoring.is_none() {
            let Some(number) = self.waiting.pop_front() else { return Ok(()) };
            self.restoring = Some(Box::new(self.begin_restore(clients, number)?));
        }
        let Some(restore) = self.restoring.take() else { return Ok(()) };
        let setup = self.setup;
        let sources = Sources {
            decoder: &setup.decoder,
            topic_names: &setup.input_names,
            member: &clients.member,
            probe: &clients.probe,
            partitions: setup.partitions,
            in_force: setup.in_force.borrow().clone(),
            model_topic: &setup.config.topics.pulse_model,
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
                    worker = self.worker,
                    partition = partition.number,
                    sequence = partition.mark.sequence,
                    records,
                    "partition is live"
                );
                let mut partition = *partition;
                clients.reader.add(&partition.first_positions(&setup.input_names))?;
                self.live.insert(partition.number, partition);
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
    fn begin_restore(&mut self, clients: &Clients, number: i32) -> Result<Restore, Failure> {
        let setup = self.setup;
        self.fence_nonce = setup.clock.now().as_millis().unsigned_abs().max(self.fence_nonce + 1);
        let nonce = self.fence_nonce ^ (u64::from(std::process::id()) << 44);
        let fence = Fence { instance: setup.task(self.worker).into(), nonce };
        clients.outbox.begin()?;
        clients.outbox.send(Outgoing {
            topic: &setup.changelog_name,
            partition: number,
            key: Some(&Key::Fence.encode()),
            value: Some(&changelog::encode(&fence, Vec::new())),
            headers: None,
            timestamp_ms: setup.clock.now().as_millis(),
        })?;
        clients.outbox.commit(None)?;
        let reader = Reader::new(&client::restorer(&setup.config, self.worker))?;
        let model = Arc::clone(&setup.in_force.borrow().model);
        let mut engine = Engine::new(model, setup.id_key, Memory::Bounded);
        if number == FLEET_PARTITION {
            engine.watch_fleet();
        }
        Restore::begin(number, nonce, reader, engine, &setup.changelog_name)
    }
}
