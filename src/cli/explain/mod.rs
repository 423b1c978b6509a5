//! `pulse explain`: why the score of an account is what it is, in words.
//!
//! The words are chosen in `text.rs`; events are gathered and replayed as `pulse replay` does it.

use std::io::Write as _;

use anyhow::{Context as _, bail};
use clap::Args;

use crate::cli::replay::gather::{self, Sources};
use crate::cli::replay::input::Input;
use crate::cli::replay::instant;
use crate::cli::replay::progress::Progress;
use crate::cli::replay::rejects::Rejects;
use crate::cli::{Exit, model};
use crate::config::Config;
use crate::engine::Engine;
use crate::engine::account::feed::Memory;
use crate::engine::id::IdKey;
use crate::engine::output::{OutputBody, OutputTopic};
use crate::engine::time::Timestamp;
use crate::kafka::codec;
use crate::kafka::partitioner::partition_of;
use crate::kafka::range::{self, Range};
use crate::replay::live::{self, Course, Heard};
use record::Record;

pub mod record;
pub mod text;

/// `pulse explain …`
#[derive(Clone, Debug, Args)]
pub struct Explain {
    /// Account id
    #[arg(value_name = "ACCOUNT")]
    pub account: String,
    /// Replay these events (as `pulse replay` reads them) instead of asking Kafka for the newest
    /// record of cs.account-health
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub events: Vec<Input>,
    /// As of this instant: only the events up to it count (RFC 3339 or a date; needs --events)
    #[arg(long, value_name = "INSTANT", value_parser = instant, requires = "events")]
    pub at: Option<Timestamp>,
    /// Print the record instead
    #[arg(long)]
    pub json: bool,
}

/// Most memory for the events.
const MEMORY_BYTES: u64 = 4 << 30;

/// Tells why.
pub fn main(config: &Config, args: &Explain) -> anyhow::Result<Exit> {
    let found = if args.events.is_empty() {
        published(config, &args.account)?
    } else {
        replayed(config, args)?
    };
    let Some(value) = found else {
        let account = &args.account;
        match args.events.is_empty() {
            true => {
                bail!("nothing is published of `{account}`: is the id right, and pulse running?")
            }
            false => bail!("nothing can be said of `{account}`: the events do not name it by then"),
        }
    };
    let mut out = std::io::stdout().lock();
    if args.json {
        out.write_all(&value)?;
        writeln!(out)?;
        return Ok(Exit::Done);
    }
    let record: Record = serde_json::from_slice(&value)
        .context("the record of cs.account-health is not one that this version reads")?;
    out.write_all(text::explain(&record).as_bytes())?;
    Ok(Exit::Done)
}

/// The newest record of the account in the compacted topic; nothing when there is none, or when
/// the account was erased.
fn published(config: &Config, account: &str) -> anyhow::Result<Option<Vec<u8>>> {
    let topic = config.topics.output(OutputTopic::AccountHealth);
    let count = range::partitions_of(config, topic)?;
    let partition = partition_of(config.partitioner, account.as_bytes(), count);
    let mut newest = None;
    range::read(config, topic, partition, Range::default(), |_, held| {
        if held.key.as_deref() == Some(account.as_bytes()) {
            newest = held.value.as_deref().map(<[u8]>::to_vec);
        }
        Ok(())
    })?;
    Ok(newest)
}

/// The last record that a replay of the account's events publishes.
fn replayed(config: &Config, args: &Explain) -> anyhow::Result<Option<Vec<u8>>> {
    let own = model::own(config)?;
    let progress = Progress::new(true);
    let sources = Sources { inputs: &args.events, range: Range::default(), memory: MEMORY_BYTES };
    let mut gathered = gather::gather(config, &sources, Rejects::open(None)?, &progress)?;
    progress.finish();
    gathered.report_rejects()?;
    let model = gathered.model(own)?;
    gathered.history.retain(|kept| {
        kept.account_id == args.account && args.at.is_none_or(|at| kept.broker_at <= at)
    });
    let mut engine = Engine::new(model, IdKey::new(config.privacy.key()), Memory::All);
    let course = Course { until: args.at.or(gathered.until), with_fleet: false };
    let mut newest = None;
    live::replay(&gathered.history, &mut engine, course, |heard| {
        if let Heard::Said(output) = heard
            && matches!(output.body, OutputBody::Health(_) | OutputBody::HealthErased)
        {
            newest = codec::published(&output).2;
        }
        anyhow::Ok(())
    })?;
    Ok(newest)
}
