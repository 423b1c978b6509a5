//! The engine without Kafka: generated events in, outputs straight to the view.
//!
//! What `demo --no-broker` runs. Nothing is kept when it ends; the service is `kafka/worker.rs`.

use std::iter::Peekable;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;

use crate::cli::team::Team;
use crate::engine::decode::{Decoded, Decoder, Record};
use crate::engine::event::Topic;
use crate::engine::time::{HOUR_MS, Timestamp};
use crate::engine::{Engine, Origin};
use crate::generate::world::{Generated, World};
use crate::kafka::clock::Clock;
use crate::kafka::codec;
use crate::kafka::commands::CommandQueue;
use crate::kafka::status::{Partitions, Status};
use crate::telemetry::Telemetry;
use crate::view::View;
use crate::view::writer::{Record as Published, Writer};

/// The longest time that one step covers.
const STEP_MS: i64 = HOUR_MS;
/// Most due timers in one round of a step.
const DUE_MAX: usize = 500;
/// How long it waits for events while the world lives at its own pace.
const BEAT: Duration = Duration::from_millis(100);

/// A world, an engine and the writer of a view.
pub struct Solo {
    world: Peekable<World>,
    engine: Engine,
    writer: Writer,
    view: View,
    team: Team,
    telemetry: Arc<Telemetry>,
    decoder: Decoder,
    offset: i64,
}

impl Solo {
    /// Joins the parts.
    pub fn new(
        world: Peekable<World>,
        engine: Engine,
        (writer, view): (Writer, View),
        telemetry: Arc<Telemetry>,
    ) -> Self {
        let (team, decoder) = (Team::default(), Decoder::new());
        Self { world, engine, writer, view, team, telemetry, decoder, offset: 0 }
    }

    /// Lives through the history at full speed, then on by the clock, until asked to stop.
    ///
    /// # Errors
    /// When the engine says something that the view cannot read.
    pub fn run(
        &mut self,
        status: &Status,
        history_end: Timestamp,
        start_clock: impl FnOnce() -> Clock,
        mut commands: CommandQueue,
    ) -> anyhow::Result<()> {
        status.settled(0, Partitions { live: 1, ..Partitions::default() });
        let Some(first) = self.world.peek() else { return Ok(()) };
        let mut now = first.broker_at;
        while now < history_end && !status.is_draining() {
            status.turned(0);
            now = now.plus_millis(STEP_MS).min(history_end);
            self.step(now)?;
        }
        self.writer.note_progress(true, 0);
        let clock = start_clock();
        while !status.is_draining() {
            status.turned(0);
            let now = clock.now();
            while let Some(command) = commands.next_waiting() {
                self.apply(&Generated {
                    topic: Topic::Commands,
                    account_id: command.account_id.clone(),
                    broker_at: command.at,
                    value: command.value.clone(),
                });
                command.done(Ok(()));
            }
            self.step(now)?;
            std::thread::park_timeout(BEAT);
        }
        Ok(())
    }

    /// Applies the events before `now`, ends the step there, and shows what was said.
    fn step(&mut self, now: Timestamp) -> anyhow::Result<()> {
        while let Some(event) = self.world.next_if(|event| event.broker_at < now) {
            self.apply(&event);
        }
        for command in self.team.commands(&self.view.latest(), now) {
            self.apply(&command);
        }
        while self.engine.finish_step(now, DUE_MAX) {}
        // Nothing is kept: there is no changelog to write to.
        self.engine.take_changes(|_| {});
        for output in self.engine.take_outputs() {
            let (topic, _, value) = codec::published(&output);
            let key = output.account_id.as_str();
            let published = Published { topic, partition: 0, key, value: value.as_deref() };
            self.writer.take(&published).context("showing what the engine said")?;
        }
        self.writer.publish(now);
        Ok(())
    }

    fn apply(&mut self, event: &Generated) {
        let record = Record {
            topic: event.topic,
            key: Some(event.account_id.as_bytes()),
            value: Some(&event.value),
            headers: &[],
            broker_at: event.broker_at,
        };
        let origin = Origin { offset: self.offset, broker_at: event.broker_at };
        self.offset += 1;
        match self.decoder.decode(&record) {
            Ok(Decoded::Event(decoded)) => {
                let outcome = self.engine.apply(&decoded, origin);
                self.telemetry.note_outcome(event.topic, outcome);
            }
            Ok(Decoded::Erase { account_id }) => self.engine.erase(&account_id, origin),
            Err(error) => self.telemetry.note_dead_letter(event.topic, error.reason()),
        }
    }
}
