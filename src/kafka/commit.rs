//! One transaction: outputs, dead letters, state and marks of the partitions of a step.
//!
//! What a partition says is decided in `partition.rs`; the protocol is spoken in `producer.rs`.

use compact_str::CompactString;
use rdkafka::consumer::ConsumerGroupMetadata;
use rdkafka::{Offset, TopicPartitionList};

use super::changelog::{self, Key, Mark};
use super::clock;
use super::codec::{self, Record};
use super::failure::Failure;
use super::partition::{Partition, Step};
use super::producer::{Outbox, Outgoing};
use super::setup::Setup;
use crate::engine::Outcome;
use crate::engine::account::workflow::episodes::{Suppressed, Suppression};
use crate::engine::event::Topic;
use crate::engine::fleet::FleetPart;
use crate::engine::output::deliverable::COMMAND_RESULT;
use crate::engine::output::{OutputBody, OutputTopic};
use crate::engine::state::{Change, StateChange, StateKind};
use crate::engine::time::Timestamp;
use crate::telemetry::Telemetry;

/// A transaction that is being filled.
pub(super) struct Committer<'w> {
    setup: &'w Setup,
    outbox: &'w Outbox,
    /// Name and number of the worker.
    task: &'w str,
    wall: Timestamp,
    marks: Vec<(i32, Mark)>,
    outcomes: Vec<(Topic, Outcome, Timestamp)>,
    dead: Vec<(Topic, &'static str)>,
    outputs: Vec<OutputTopic>,
    transitions: Vec<Transition>,
    suppressed: Vec<Suppressed>,
    buffer: Vec<u8>,
}

impl<'w> Committer<'w> {
    /// Begins a transaction; its records carry the wall clock's time.
    ///
    /// # Errors
    /// When the producer is not between transactions.
    pub(super) fn begin(
        setup: &'w Setup,
        outbox: &'w Outbox,
        task: &'w str,
        wall: Timestamp,
    ) -> Result<Self, Failure> {
        outbox.begin()?;
        Ok(Self {
            setup,
            outbox,
            task,
            wall,
            marks: Vec::new(),
            outcomes: Vec::new(),
            dead: Vec::new(),
            outputs: Vec::new(),
            transitions: Vec::new(),
            suppressed: Vec::new(),
            buffer: Vec::new(),
        })
    }

    /// Sends what a step of one partition says and changed.
    ///
    /// # Errors
    /// When librdkafka refuses a record.
    pub(super) fn add(&mut self, partition: &mut Partition, step: Step) -> Result<(), Failure> {
        let number = partition.number;
        for output in &step.outputs {
            let record = codec::record(output);
            let name = &self.setup.output_names[record.topic.index()];
            match codec::too_large(&record, name, number, self.task) {
                None => {
                    self.transitions.extend(Transition::of(&output.body));
                    self.publish(number, record)?;
                }
                Some(letter) => {
                    self.transitions.push(Transition::Cut(record.topic));
                    self.publish(number, letter)?;
                }
            }
        }
        for (topic, reason, record) in step.dead_letters {
            self.dead.push((topic, reason));
            self.publish(number, record)?;
        }
        self.suppressed.push(partition.engine.take_suppressed());
        let mut failed = Ok(());
        let mut buffer = std::mem::take(&mut self.buffer);
        partition.engine.take_changes(|change| {
            if failed.is_ok() {
                failed = self.write(number, &change, &mut buffer);
            }
        });
        failed?;
        if let Some(fleet) = &step.fleet {
            self.log(number, Key::Fleet, Some(&changelog::encode(&**fleet, Vec::new())))?;
        }
        if let Some(part) = &step.part {
            self.speak(number, part, step.mark.caught_up_at.is_some())?;
        }
        buffer = step.mark.encode(buffer);
        self.log(number, Key::Mark, Some(&buffer))?;
        self.buffer = buffer;
        self.outcomes.extend(step.outcomes);
        self.marks.push((number, step.mark));
        Ok(())
    }

    /// Keeps what a partition says of itself, and lets the others know once it has caught up.
    fn speak(&self, partition: i32, part: &FleetPart, is_heard: bool) -> Result<(), Failure> {
        let value = changelog::encode(part, Vec::new());
        self.log(partition, Key::Part, Some(&value))?;
        if !is_heard {
            return Ok(());
        }
        self.outbox.send(Outgoing {
            topic: &self.setup.fleet_name,
            partition,
            key: Some(partition.to_string().as_bytes()),
            value: Some(&value),
            headers: None,
            timestamp_ms: self.wall.as_millis(),
        })
    }

    fn publish(&mut self, partition: i32, record: Record) -> Result<(), Failure> {
        self.outputs.push(record.topic);
        self.outbox.send(Outgoing {
            topic: &self.setup.output_names[record.topic.index()],
            partition,
            key: record.key.as_deref(),
            value: record.value.as_deref(),
            headers: Some(record.headers),
            timestamp_ms: self.wall.as_millis(),
        })
    }

    fn write(
        &self,
        partition: i32,
        change: &Change<'_>,
        buffer: &mut Vec<u8>,
    ) -> Result<(), Failure> {
        let id = change.account_id;
        let mut put = |kind: StateKind, bytes: Vec<u8>| {
            let written_bytes = &self.setup.telemetry.state_bytes;
            written_bytes.with_label_values(&[kind.name()]).inc_by(bytes.len() as u64);
            let written = self.log(partition, Key::State(kind, id), Some(&bytes));
            *buffer = bytes;
            written
        };
        let reuse = Vec::new();
        match &change.state {
            StateChange::Usage(usage) => put(StateKind::Usage, changelog::encode(usage, reuse)),
            StateChange::Rest(rest) => put(StateKind::Rest, changelog::encode(rest, reuse)),
            StateChange::Said(said) => put(StateKind::Said, changelog::encode(said, reuse)),
            StateChange::Erased(rest) => {
                put(StateKind::Rest, changelog::encode(rest, reuse))?;
                self.log(partition, Key::State(StateKind::Usage, id), None)?;
                self.log(partition, Key::State(StateKind::Said, id), None)
            }
            StateChange::Gone => StateKind::ALL
                .into_iter()
                .try_for_each(|kind| self.log(partition, Key::State(kind, id), None)),
        }
    }

    fn log(&self, partition: i32, key: Key<'_>, value: Option<&[u8]>) -> Result<(), Failure> {
        self.outbox.send(Outgoing {
            topic: &self.setup.changelog_name,
            partition,
            key: Some(&key.encode()),
            value,
            headers: None,
            timestamp_ms: self.wall.as_millis(),
        })
    }

    /// Commits under the settled generation; answers the marks that are in force now.
    ///
    /// # Errors
    /// When the transaction failed or its outcome is unknown.
    pub(super) fn commit(
        self,
        generation: &ConsumerGroupMetadata,
    ) -> Result<Vec<(i32, Mark)>, Failure> {
        let watch = clock::instant();
        let mut offsets = TopicPartitionList::new();
        for (number, mark) in &self.marks {
            let sequence = mark.sequence.to_string();
            for (index, range) in mark.ranges.iter().enumerate() {
                let name = &self.setup.input_names[index];
                let mut element = offsets.add_partition(name, *number);
                element
                    .set_offset(Offset::Offset(range.to.max(0)))
                    .map_err(Failure::restart("naming an offset"))?;
                element.set_metadata(&sequence);
            }
        }
        self.outbox.commit(Some((&offsets, generation)))?;
        self.count(watch.elapsed().as_secs_f64());
        Ok(self.marks)
    }

    /// Counts what was committed; what was not, is never counted.
    fn count(&self, commit_secs: f64) {
        let telemetry = &self.setup.telemetry;
        telemetry.commit_duration.observe(commit_secs);
        let committed_at = self.setup.clock.now();
        for (topic, outcome, broker_at) in &self.outcomes {
            telemetry.note_outcome(*topic, *outcome);
            let latency_secs = committed_at.millis_since(*broker_at) as f64 / 1_000.0;
            telemetry.end_to_end_latency.observe(latency_secs.max(0.0));
        }
        for (topic, reason) in &self.dead {
            telemetry.note_dead_letter(*topic, reason);
        }
        for topic in &self.outputs {
            telemetry.outputs.with_label_values(&[topic.name()]).inc();
        }
        for transition in &self.transitions {
            transition.count(telemetry);
        }
        for counts in &self.suppressed {
            for (reason, count) in Suppression::ALL.iter().zip(counts) {
                let series = telemetry.alerts_suppressed.with_label_values(&[reason.name()]);
                series.inc_by(u64::from(*count));
            }
        }
    }
}

/// What of an output has a series of its own.
enum Transition {
    Alert(CompactString, &'static str),
    Run(CompactString, &'static str),
    Answer(&'static str),
    /// It was too large for the broker.
    Cut(OutputTopic),
}

impl Transition {
    fn of(body: &OutputBody) -> Option<Self> {
        match body {
            OutputBody::Alert(it) => Some(Self::Alert(it.rule.clone(), it.transition.name())),
            OutputBody::Run(it) => Some(Self::Run(it.playbook.clone(), it.transition.name())),
            OutputBody::Deliverable(it) => {
                (it.operation == COMMAND_RESULT).then(|| Self::Answer(it.status.name()))
            }
            OutputBody::Health(_)
            | OutputBody::HealthErased
            | OutputBody::Work(_)
            | OutputBody::WorkErased
            | OutputBody::Opportunity(_)
            | OutputBody::Insight(_) => None,
        }
    }

    fn count(&self, telemetry: &Telemetry) {
        let (series, labels): (_, &[&str]) = match self {
            Self::Alert(rule, name) => (&telemetry.alerts, &[rule, name]),
            Self::Run(playbook, name) => (&telemetry.runs, &[playbook, name]),
            Self::Answer(status) => (&telemetry.command_results, &[status]),
            Self::Cut(topic) => (&telemetry.outputs_cut, &[topic.name()]),
        };
        series.with_label_values(labels).inc();
    }
}
