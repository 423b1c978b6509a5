//! `pulse serve`: pages and API from the output topics alone, beside processes that do the work.
//!
//! Everything but the workers is that of `run.rs`; it joins no group and writes no output.

use std::sync::Arc;
use std::time::Duration;

use crate::cli::supervise::End;
use crate::cli::{Exit, run};
use crate::config::Config;
use crate::kafka::clock::Clock;
use crate::kafka::setup::Setup;
use crate::kafka::status::Partitions;

/// How long a stop may go unseen.
const BEAT: Duration = Duration::from_millis(100);

/// Serves until told to stop.
pub fn main(mut config: Config) -> anyhow::Result<Exit> {
    // One thread, which waits in place of a worker: it keeps the process up until it is stopped.
    config.workers = 1;
    let clock = Clock::moved(config.clock.offset);
    let (setup, models) = run::setup(config, clock)?;
    let (writer, view) = run::view(&setup);
    setup.status.settled(0, Partitions::default());
    run::serve(&Arc::new(setup), models, writer, &view, wait)
}

fn wait(setup: &Setup, number: u32) -> End {
    while !setup.status.is_draining() {
        setup.status.turned(number);
        std::thread::park_timeout(BEAT);
    }
    End::Drained
}
