//! `pulse generate`: writes a believable world to Kafka or as JSON lines.
//!
//! The world itself is made in `generate/`; this file says where it goes.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::iter::Peekable;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use clap::Args;

use crate::cli::Exit;
use crate::config::Config;
use crate::engine::event::Topic;
use crate::engine::time::{MAX_INPUT, Timestamp};
use crate::generate::world::{Generated, Settings, World};
use crate::kafka::clock::Clock;
use crate::kafka::publisher::Publisher;
use crate::kafka::{client, topics};

/// How long a live world waits for its next event at most before it looks at its clock again.
const LIVE_WAIT: Duration = Duration::from_millis(200);

/// `pulse generate …`
#[derive(Clone, Debug, Args)]
pub struct Generate {
    /// Number of accounts
    #[arg(long, default_value_t = 300)]
    pub accounts: u32,
    /// Days of history
    #[arg(long, default_value_t = 365)]
    pub days: u32,
    /// End of the history (RFC 3339 or a date; default: now)
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    pub until: Option<Timestamp>,
    /// Where all chance comes from: equal seeds give equal worlds
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Multiplies sessions and API calls
    #[arg(long, default_value_t = 1.0)]
    pub scale: f64,
    /// Go on living after the history, each event at its time
    #[arg(long)]
    pub live: bool,
    /// Write JSON lines to this file instead of to Kafka; - is standard output
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Write the hidden states and the churn dates to this file, as JSON lines
    #[arg(long, value_name = "FILE")]
    pub truth: Option<PathBuf>,
}

/// Writes the world that the flags describe.
pub fn main(config: &Config, args: &Generate) -> anyhow::Result<Exit> {
    ensure!(args.accounts > 0 && args.days > 0, "--accounts and --days must be at least 1");
    ensure!(args.scale > 0.0 && args.scale <= 1_000.0, "--scale must lie between 0 and 1000");
    let clock = Clock::moved(config.clock.offset);
    let until = args.until.unwrap_or_else(|| clock.now());
    let settings = Settings {
        events_scale: args.scale,
        ..Settings::new(
            args.seed,
            args.accounts,
            until.plus_days(-i64::from(args.days)),
            if args.live { MAX_INPUT } else { until },
        )
    };
    let mut world = World::new(settings).peekable();
    let n_events = match &args.out {
        Some(path) => write_lines(&mut world, path, until)?,
        None => {
            let publisher = publisher(config)?;
            let n_events = publish(&mut world, &publisher, until)?;
            if args.live {
                tracing::info!(n_events, "history written; living on");
                live(&mut world, &publisher, &clock)?;
            }
            n_events
        }
    };
    if let Some(path) = &args.truth {
        // The peeked event stays undelivered: the truth is what was lived, not what was told.
        let history = Settings { until, ..settings };
        write_truth(history, path)?;
    }
    tracing::info!(n_events, "world written");
    Ok(Exit::Done)
}

/// A publisher to the input topics, which must exist.
///
/// # Errors
/// When the broker or the topics cannot be used.
pub fn publisher(config: &Config) -> anyhow::Result<Publisher> {
    let partitions = topics::check(config)?;
    let names = Topic::ALL.map(|topic| topics::name_of(&config.topics, topic).to_owned());
    let client = client::publisher(config, "generate");
    Ok(Publisher::open(&client, names, partitions, config.partitioner)?)
}

/// Publishes the events before `until` as fast as the broker takes them; answers how many.
///
/// # Errors
/// When the broker does not take them all.
pub fn publish(
    world: &mut Peekable<World>,
    publisher: &Publisher,
    until: Timestamp,
) -> anyhow::Result<u64> {
    let mut n_events = 0;
    while let Some(event) = world.next_if(|event| event.broker_at < until) {
        publisher.publish(event.topic, &event.account_id, event.broker_at, &event.value)?;
        n_events += 1;
    }
    publisher.finish()?;
    Ok(n_events)
}

/// Publishes each event when `clock` shows its time, until the process ends.
/// Writes events, whatever their times.
///
/// # Errors
/// When one is refused.
pub fn publish_all(publisher: &Publisher, events: &[Generated]) -> anyhow::Result<()> {
    for event in events {
        publisher.publish(event.topic, &event.account_id, event.broker_at, &event.value)?;
    }
    Ok(())
}

fn live(world: &mut Peekable<World>, publisher: &Publisher, clock: &Clock) -> anyhow::Result<()> {
    while world.peek().is_some() {
        publish(world, publisher, clock.now())?;
        std::thread::park_timeout(LIVE_WAIT);
    }
    Ok(())
}

fn write_lines(
    world: &mut Peekable<World>,
    path: &PathBuf,
    until: Timestamp,
) -> anyhow::Result<u64> {
    let out: Box<dyn std::io::Write> = if path.as_os_str() == "-" {
        Box::new(std::io::stdout().lock())
    } else {
        Box::new(File::create(path).with_context(|| format!("creating {}", path.display()))?)
    };
    let mut out = BufWriter::new(out);
    let mut n_events = 0;
    while let Some(event) = world.next_if(|event| event.broker_at < until) {
        event.write_line(&mut out).context("writing the events")?;
        n_events += 1;
    }
    out.flush().context("writing the events")?;
    Ok(n_events)
}

/// Lives the same world once more, for what it hides.
fn write_truth(settings: Settings, path: &PathBuf) -> anyhow::Result<()> {
    let mut world = World::new(settings);
    while world.next().is_some() {}
    let file = File::create(path).with_context(|| format!("creating {}", path.display()))?;
    let mut out = BufWriter::new(file);
    for truth in world.truth() {
        serde_json::to_writer(&mut out, truth).context("writing the truth")?;
        out.write_all(b"\n").context("writing the truth")?;
    }
    out.flush().context("writing the truth")
}

fn instant(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse(text).map_err(|error| error.to_string())
}
