//! `pulse run`: the service. Checks what can be checked, then lets the workers turn.
//!
//! The loop itself is `kafka/worker.rs`; signals and deadlines are `supervise.rs`.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use tokio::sync::{Semaphore, watch};

use crate::cli::supervise::{End, supervise};
use crate::cli::{Exit, model};
use crate::config::Config;
use crate::engine::decode::Decoder;
use crate::engine::event::Topic;
use crate::engine::id::IdKey;
use crate::engine::output::OutputTopic;
use crate::http;
use crate::http::access::Access;
use crate::http::api::model_source::Models;
use crate::http::site::Site;
use crate::kafka::clock::Clock;
use crate::kafka::commands::{self, Commands};
use crate::kafka::failure::Failure;
use crate::kafka::model_feed::ModelFeed;
use crate::kafka::setup::Setup;
use crate::kafka::status::Status;
use crate::kafka::topics;
use crate::kafka::view_feed::ViewFeed;
use crate::kafka::worker::Worker;
use crate::telemetry::Telemetry;
use crate::view::View;
use crate::view::writer::Writer;

/// How long a worker waits before it starts afresh, so that a broker that is down is not hammered.
const RESTART_WAIT: Duration = Duration::from_secs(1);

/// Runs until told to stop.
pub fn main(config: Config) -> anyhow::Result<Exit> {
    let clock = Clock::moved(config.clock.offset);
    let (setup, models) = setup(config, clock)?;
    let (writer, view) = view(&setup);
    serve(&Arc::new(setup), models, writer, &view, work)
}

/// An empty view and its writer.
pub fn view(setup: &Setup) -> (Writer, View) {
    // Two lives of a process do not begin in the same millisecond.
    Writer::new(setup.clock.now().as_millis().unsigned_abs())
}

/// Lets workers, feeds and HTTP servers run until the process is told to stop. `worker` is what a
/// worker does: [`work`], or to wait in a process that only serves.
pub fn serve(
    setup: &Arc<Setup>,
    models: ModelFeed,
    writer: Writer,
    view: &View,
    worker: fn(&Setup, u32) -> End,
) -> anyhow::Result<Exit> {
    let access = Arc::new(Access::new(&setup.config.http)?);
    let models = {
        let setup = Arc::clone(setup);
        std::thread::Builder::new()
            .name("models".to_owned())
            .spawn(move || model::follow(&setup, models, RESTART_WAIT))
            .context("the models' thread cannot start")?
    };
    let feed = {
        let setup = Arc::clone(setup);
        setup.status.note_view(false);
        std::thread::Builder::new()
            .name("view-feed".to_owned())
            .spawn(move || feed(&setup, writer))
            .context("the view's thread cannot start")?
    };
    let site = Arc::clone(setup);
    let view = view.clone();
    let pages = {
        let access = Arc::clone(&access);
        move |stop| pages(&site, access, view, stop)
    };
    let workers = Arc::clone(setup);
    let (config, status, telemetry) = (&setup.config, &setup.status, &setup.telemetry);
    let exit = supervise(config, status, telemetry, &access, pages, move |number| {
        worker(&workers, number)
    })?;
    for (thread, of) in [(feed, "view"), (models, "models")] {
        if thread.join().is_err() {
            tracing::error!(of, "a thread panicked");
        }
    }
    Ok(exit)
}

/// The pages and the API, for the service that `setup` describes.
fn pages(
    setup: &Setup,
    access: Arc<Access>,
    view: View,
    stop: watch::Receiver<bool>,
) -> anyhow::Result<Router> {
    let http = &setup.config.http;
    let site = Site {
        view,
        clock: setup.clock,
        access,
        has_broker: true,
        commands: commands(&setup.config)?,
        models: Arc::new(Models::of_topic(&setup.config, setup.in_force.clone())),
        followers: Arc::new(Semaphore::new(http.followers_max)),
        stop,
    };
    Ok(http::router(&site, http))
}

/// Where commands are handed in; a thread of its own sends them until nobody can any more.
fn commands(config: &Config) -> anyhow::Result<Commands> {
    let (commands, queue) = commands::channel();
    let config = config.clone();
    let run = move || {
        if let Err(error) = queue.run(&config) {
            tracing::error!(%error, "commands cannot be sent");
        }
    };
    // It is not waited for: whoever gave a command has been told how it ended.
    std::thread::Builder::new()
        .name("commands".to_owned())
        .spawn(run)
        .context("the commands' thread cannot start")?;
    Ok(commands)
}

/// Everything the workers share, checked.
///
/// # Errors
/// A model file, a broker or topics that cannot be used; the text says what to do.
pub fn setup(config: Config, clock: Clock) -> anyhow::Result<(Setup, ModelFeed)> {
    let own = model::own(&config)?;
    let partitions = topics::check(&config)?;
    let telemetry = Arc::new(Telemetry::new());
    let models = ModelFeed::start(&config, &telemetry, &own, clock.now())?;
    let setup = Setup {
        in_force: models.watch(),
        decoder: Decoder::new(),
        id_key: IdKey::new(config.privacy.key()),
        input_names: Topic::ALL.map(|topic| topics::name_of(&config.topics, topic).to_owned()),
        output_names: OutputTopic::ALL.map(|topic| config.topics.output(topic).to_owned()),
        changelog_name: config.topics.pulse_changelog.clone(),
        fleet_name: config.topics.pulse_fleet.clone(),
        partitions,
        telemetry,
        status: Arc::new(Status::new(config.workers)),
        clock,
        config,
    };
    Ok((setup, models))
}

/// One worker: started afresh after every failure that a fresh start may mend.
pub fn work(setup: &Setup, number: u32) -> End {
    loop {
        if setup.status.is_draining() {
            return End::Drained;
        }
        let failure = match Worker::start(setup, number) {
            Err(failure) => failure,
            Ok(mut worker) => match worker.run() {
                Ok(()) => return End::Drained,
                Err(Failure::ProducerFenced(reason)) => worker.judge_fenced(reason),
                Err(failure) => failure,
            },
        };
        match failure {
            Failure::Fenced(reason) => {
                tracing::error!(worker = number, reason, "fenced");
                return End::Replaced;
            }
            Failure::Fatal(reason) => return End::Failed(anyhow::anyhow!(reason)),
            Failure::Restart(reason) | Failure::ProducerFenced(reason) => {
                setup.telemetry.worker_restarts.inc();
                tracing::warn!(worker = number, reason, "the worker starts afresh");
                std::thread::park_timeout(RESTART_WAIT);
            }
        }
    }
}

/// The view's thread: started afresh like a worker.
fn feed(setup: &Setup, writer: Writer) {
    let mut feed = ViewFeed::new(writer, setup.partitions);
    while let Err(failure) = feed.run(setup) {
        if setup.status.is_draining() {
            return;
        }
        tracing::warn!(%failure, "the view's feed starts afresh");
        std::thread::park_timeout(RESTART_WAIT);
    }
}
