//! `pulse demo`: everything on this machine, from an empty broker to scores that move.
//!
//! The parts are those of the service: topics, the generated world, workers, view, page. What is
//! drawn is said in `terminal.rs`, the broker is started in `broker.rs`.

use std::io::{IsTerminal as _, Write as _};
use std::iter::Peekable;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use clap::Args;
use tokio::sync::Semaphore;

use crate::cli::Exit;
use crate::cli::broker::Broker;
use crate::cli::solo::Solo;
use crate::cli::supervise::{End, supervise};
use crate::cli::team::Team;
use crate::cli::terminal::{Pace, screen};
use crate::cli::{generate, model, run};
use crate::config::Config;
use crate::engine::Engine;
use crate::engine::account::feed::Memory;
use crate::engine::id::IdKey;
use crate::engine::time::{MAX_INPUT, Timestamp};
use crate::generate::world::{Settings, World};
use crate::http;
use crate::http::access::Access;
use crate::http::api::model_source::Models;
use crate::http::site::Site;
use crate::kafka::clock::{Clock, instant};
use crate::kafka::commands;
use crate::kafka::model_topic::InForce;
use crate::kafka::status::Status;
use crate::kafka::topics;
use crate::telemetry::Telemetry;
use crate::view::View;
use crate::view::writer::Writer;

/// How often the terminal is drawn.
const FRAME: Duration = Duration::from_secs(1);
/// How often the world is asked for events that are due.
const BEAT: Duration = Duration::from_millis(100);

/// `pulse demo …`
#[derive(Clone, Debug, Args)]
pub struct Demo {
    /// Number of accounts
    #[arg(long, default_value_t = 200)]
    pub accounts: u32,
    /// Days of history before the demo lives on; 400 reach back to the month end a year ago
    #[arg(long, default_value_t = 400)]
    pub days: u32,
    /// Days that are lived on at --speed before the demo reaches the present
    #[arg(long, default_value_t = 60)]
    pub lead_days: u32,
    /// Hours lived per second, until the present is reached
    #[arg(long, default_value_t = 2.0)]
    pub speed: f64,
    /// Where all chance comes from
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Without a broker: generator, engine and page in one process
    #[arg(long)]
    pub no_broker: bool,
}

/// Runs the demo until it is told to stop, on a broker of its own unless one was given.
pub fn main(config: Config, args: &Demo, broker_given: bool) -> anyhow::Result<Exit> {
    ensure!(args.accounts > 0 && args.days > 0, "--accounts and --days must be at least 1");
    ensure!(
        (1.0..=1e6).contains(&(args.speed * 3_600.0)),
        "--speed must lie between 0.0003 and 277 hours per second"
    );
    if args.no_broker {
        return without_broker(config, args);
    }
    if broker_given || config.kafka.bootstrap != Config::default().kafka.bootstrap {
        return with_broker(config, args);
    }
    match Broker::start() {
        Ok(broker) => {
            let mut config = config;
            config.kafka.bootstrap.clone_from(&broker.bootstrap);
            say(&format!("Apache Kafka answers at {}", broker.bootstrap));
            with_broker(config, args)
        }
        Err(error) => {
            say(&format!("no broker can be had here ({error:#}): going on with --no-broker"));
            without_broker(config, args)
        }
    }
}

/// When the world began to live on.
static STARTED: OnceLock<Instant> = OnceLock::new();

/// The world on the eve of its first day, the end of its history, and the clock from there on,
/// which is not started.
fn world(args: &Demo) -> (Peekable<World>, Timestamp, Clock) {
    let speed = args.speed * 3_600.0;
    let history_end =
        Clock::moved(jiff::SignedDuration::ZERO).now().plus_days(-i64::from(args.lead_days));
    let from = history_end.plus_days(-i64::from(args.days));
    let world = World::new(Settings::new(args.seed, args.accounts, from, MAX_INPUT)).peekable();
    (world, history_end, Clock::catching_up(history_end, speed, &STARTED))
}

fn with_broker(config: Config, args: &Demo) -> anyhow::Result<Exit> {
    let plan = topics::plan(&config, &topics::look(&config)?);
    topics::apply(&config, &plan)?;
    let publisher = generate::publisher(&config)?;
    ensure!(
        publisher.is_empty(&config)?,
        "the input topics at {} hold events already: use `pulse run` there, or another broker",
        config.kafka.bootstrap
    );
    let (mut world, history_end, clock) = world(args);
    say(&format!("writing {} days of {} accounts", args.days, args.accounts));
    let n_history = generate::publish(&mut world, &publisher, history_end)?;
    say(&format!("{n_history} events written; the workers start"));
    let (setup, models) = run::setup(config, clock)?;
    let setup = Arc::new(setup);
    let (writer, view) = run::view(&setup);
    let live = {
        let (setup, view) = (Arc::clone(&setup), view.clone());
        spawn("world", move || {
            let mut team = Team::default();
            let mut seen = 0;
            while !setup.status.is_draining() {
                // Its first day begins once its history was read: the scores of a day that passes
                // meanwhile would be of half of it.
                if setup.telemetry.n_events() > 0 && setup.telemetry.lag() == Some(0) {
                    STARTED.get_or_init(instant);
                }
                let now = setup.clock.now();
                let view = view.latest();
                let done = match STARTED.get().is_some() && view.version != seen {
                    true => team.commands(&view, now),
                    false => Vec::new(),
                };
                seen = view.version;
                let written = generate::publish_all(&publisher, &done)
                    .and_then(|()| generate::publish(&mut world, &publisher, now));
                if let Err(error) = written {
                    tracing::error!(%error, "the world stands still: an event was not written");
                    return;
                }
                std::thread::park_timeout(BEAT);
            }
        })?
    };
    let drawn = {
        let (setup, view) = (Arc::clone(&setup), view.clone());
        spawn("terminal", move || draw(&setup.telemetry, &setup.status, &setup.config, &view))?
    };
    let exit = run::serve(&setup, models, writer, &view, run::work)?;
    for thread in [live, drawn] {
        ensure!(thread.join().is_ok(), "a thread of the demo panicked");
    }
    Ok(exit)
}

fn without_broker(mut config: Config, args: &Demo) -> anyhow::Result<Exit> {
    config.workers = 1;
    let (world, history_end, clock) = world(args);
    let model = model::own(&config)?.model;
    let (writer, view) = Writer::new(0);
    let telemetry = Arc::new(Telemetry::new());
    let status = Arc::new(Status::new(1));
    let engine = Engine::new(Arc::clone(&model), IdKey::new(config.privacy.key()), Memory::Bounded);
    let drawn = {
        let (telemetry, status, view) = (telemetry.clone(), status.clone(), view.clone());
        let config = config.clone();
        spawn("terminal", move || draw(&telemetry, &status, &config, &view))?
    };
    let (commands, queue) = commands::channel();
    let seen = view.clone();
    let access = Arc::new(Access::new(&config.http)?);
    let pages = {
        let (http, view, access) = (config.http.clone(), view.clone(), Arc::clone(&access));
        let in_force = InForce { model: Arc::clone(&model), offset: 0, read_to: 0 };
        move |stop| {
            let site = Site {
                view,
                clock,
                access,
                has_broker: false,
                commands,
                models: Arc::new(Models::fixed(in_force)),
                followers: Arc::new(Semaphore::new(http.followers_max)),
                stop,
            };
            Ok(http::router(&site, &http))
        }
    };
    let parts = std::sync::Mutex::new(Some((world, engine, writer, queue)));
    let worker = {
        let (telemetry, status) = (telemetry.clone(), status.clone());
        move |_| {
            let taken = parts.lock().ok().and_then(|mut parts| parts.take());
            let Some((world, engine, writer, queue)) = taken else { return End::Drained };
            let mut solo = Solo::new(world, engine, (writer, seen.clone()), telemetry.clone());
            let start = || {
                STARTED.get_or_init(instant);
                clock
            };
            match solo.run(&status, history_end, start, queue) {
                Ok(()) => End::Drained,
                Err(error) => End::Failed(error),
            }
        }
    };
    let exit = supervise(&config, &status, &telemetry, &access, pages, worker)?;
    ensure!(drawn.join().is_ok(), "the terminal's thread panicked");
    Ok(exit)
}

fn spawn(
    name: &str,
    work: impl FnOnce() + Send + 'static,
) -> anyhow::Result<std::thread::JoinHandle<()>> {
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(work)
        .with_context(|| format!("the thread {name} cannot start"))
}

/// Draws the table once a second: over itself on a terminal, else one after the other.
fn draw(telemetry: &Telemetry, status: &Status, config: &Config, view: &View) {
    let terminal = std::io::stdout().is_terminal();
    let page = format!("http://{}", config.http.listen);
    let mut seen = 0;
    let mut drawn_at = instant();
    while !status.is_draining() {
        std::thread::park_timeout(FRAME);
        let n_events = telemetry.n_events();
        let secs = drawn_at.elapsed().as_secs_f64().max(0.001);
        drawn_at = instant();
        let partitions = status.partitions();
        let pace = Pace {
            doing: format!("{} partitions live", partitions.live),
            n_events,
            events_per_sec: n_events.saturating_sub(seen) as f64 / secs,
            lag: telemetry.lag(),
            page: page.clone(),
        };
        seen = n_events;
        let text = screen(&view.latest(), &pace, terminal);
        let text = if terminal { format!("\x1b[H\x1b[2J{text}") } else { text };
        // A closed terminal ends nothing: the service goes on.
        let _ = write!(std::io::stdout(), "{text}");
        let _ = std::io::stdout().flush();
    }
}

/// A line of progress for the person at the terminal.
fn say(line: &str) {
    // Nobody reads what cannot be written; the log has its own way.
    let _ = writeln!(std::io::stderr(), "pulse demo: {line}");
}
