//! What an account costs in memory and in the changelog: an engine in this process, no Kafka.
//!
//! The world lives in a process of its own, so that this one grows by the engine alone.

use std::io::BufReader;
use std::process::{Command, Stdio};
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use customer_pulse::engine::account::feed::Memory;
use customer_pulse::engine::decode::{Decoded, Decoder, Record};
use customer_pulse::engine::event::Topic;
use customer_pulse::engine::id::IdKey;
use customer_pulse::engine::model::Model;
use customer_pulse::engine::state::Watched;
use customer_pulse::engine::time::{HOUR_MS, Timestamp};
use customer_pulse::engine::{Engine, Origin};
use serde::{Deserialize, Serialize};

use crate::process::resident_bytes;

/// The time that one step covers.
const STEP_MS: i64 = 6 * HOUR_MS;
/// Most due timers in one round of a step.
const DUE_MAX: usize = 500;

#[derive(Deserialize)]
struct Envelope<'a> {
    topic: &'a str,
    account_id: &'a str,
    ts: Timestamp,
}

/// Lives a world through one engine, and tells what its accounts cost.
pub(crate) fn measure(accounts: u32, days: u32, scale: f64) -> anyhow::Result<()> {
    let mut world = Command::new(env!("CARGO_BIN_EXE_pulse"))
        .args(["generate", "--out", "-", "--accounts", &accounts.to_string()])
        .args(["--days", &days.to_string(), "--scale", &scale.to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .context("starting pulse generate")?;
    let lines = world.stdout.take().context("the world's events")?;
    let mut engine =
        Engine::new(Arc::new(Model::default()), IdKey::from_secret("bench"), Memory::Bounded);
    let mut lines = BufReader::with_capacity(1 << 20, lines);
    let pid = std::process::id();
    let before = resident_bytes(pid)?;
    let (events, outputs) = live(&mut engine, &mut lines)?;
    let after = resident_bytes(pid)?;
    ensure!(world.wait()?.success(), "the world ended before its time");
    let n_accounts = engine.accounts().count();
    let n = n_accounts as f64;
    println!("{events} events of {n_accounts} accounts over {days} days, {outputs} outputs");
    println!("resident before {:.1} MB, after {:.1} MB", before as f64 / 1e6, after as f64 / 1e6);
    println!("resident bytes per account       {:10.0}", (after - before) as f64 / n);
    println!("  of these in the struct itself  {:10}", size_of::<Watched>());
    let mut sizes = engine
        .accounts()
        .map(|(_, watched)| record_bytes(watched))
        .fold([0_usize; 3], |[usage, rest, said], it| [usage + it[0], rest + it[1], said + it[2]]);
    for (name, bytes) in ["usage", "rest", "said"].iter().zip(&mut sizes) {
        println!("{name:>5} record, bytes per account {:10.0}", *bytes as f64 / n);
    }
    Ok(())
}

/// Applies every line, with a step for each [`STEP_MS`]; answers events and outputs.
fn live(engine: &mut Engine, lines: &mut impl std::io::BufRead) -> anyhow::Result<(u64, usize)> {
    let decoder = Decoder::new();
    let (mut events, mut outputs) = (0_u64, 0);
    let mut line = Vec::new();
    let mut step_end = None;
    let mut broker_at = Timestamp::from_millis(0);
    while lines.read_until(b'\n', &mut line)? > 0 {
        let envelope: Envelope<'_> = serde_json::from_slice(&line).context("an event's line")?;
        let topic = Topic::ALL.into_iter().find(|topic| topic.name() == envelope.topic);
        let topic = topic.with_context(|| format!("the topic {}", envelope.topic))?;
        broker_at = broker_at.max(envelope.ts);
        let end = *step_end.get_or_insert(broker_at.plus_millis(STEP_MS));
        if broker_at >= end {
            outputs += finish(engine, end);
            step_end = Some(end.plus_millis(STEP_MS));
        }
        let record = Record {
            topic,
            key: Some(envelope.account_id.as_bytes()),
            value: Some(&line),
            headers: &[],
            broker_at,
        };
        let origin = Origin { offset: events.cast_signed(), broker_at };
        match decoder.decode(&record).map_err(|error| anyhow::anyhow!("an event: {error}"))? {
            Decoded::Event(event) => drop(engine.apply(&event, origin)),
            Decoded::Erase { account_id } => engine.erase(&account_id, origin),
        }
        events += 1;
        line.clear();
    }
    outputs += finish(engine, broker_at);
    Ok((events, outputs))
}

fn finish(engine: &mut Engine, now: Timestamp) -> usize {
    while engine.finish_step(now, DUE_MAX) {}
    engine.take_changes(|_| {});
    engine.take_outputs().len()
}

/// Bytes of an account's three records, without the few that the envelope and the timer take.
fn record_bytes(watched: &Watched) -> [usize; 3] {
    let account = &watched.account;
    let rest = (
        &account.profile,
        &account.support,
        &account.feedback,
        &account.relationship,
        &account.outcomes,
        &account.commercial,
        &account.commands,
        &watched.workflow,
    );
    let said = watched.said.as_ref().map_or(0, written_bytes);
    [written_bytes(&account.usage), written_bytes(&rest), said]
}

fn written_bytes<T: Serialize>(content: &T) -> usize {
    postcard::to_allocvec(content).expect("state can be written to memory").len()
}
