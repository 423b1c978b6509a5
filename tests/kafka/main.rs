//! What only a real Apache Kafka can show: exactly once, rebalances, restarts, refusals.
//!
//! A list of tests with a `main` of its own, as the tests share one broker that must be stopped at
//! the end whatever happens. What the engine computes is tested without a broker elsewhere.

use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use anyhow::Context as _;
use customer_pulse::kafka::clock;

mod broker;
mod compare;
mod counts;
mod dead_letters;
mod exactly_once;
mod follower;
mod history;
mod installation;
mod model;
mod models;
mod outage;
mod pages;
mod process;
mod rebalance;
mod recount;
mod refusals;
mod replay;
mod restart;
mod shadow;
mod trickle;
mod worlds;
mod zombie;

use broker::Broker;

/// One test: its name, and what it does on the broker.
struct Test {
    name: &'static str,
    run: fn(&Broker) -> anyhow::Result<()>,
}

/// The quick ones first.
const TESTS: [Test; 16] = [
    Test { name: "refusals::a_missing_broker", run: refusals::a_missing_broker },
    Test { name: "refusals::an_unknown_key", run: refusals::an_unknown_key },
    Test { name: "refusals::a_bad_model", run: refusals::a_bad_model },
    Test { name: "refusals::unequal_partitions", run: refusals::unequal_partitions },
    Test { name: "dead_letters::each_with_its_reason", run: dead_letters::each_with_its_reason },
    Test { name: "replay::topics_and_newest_records", run: replay::topics_and_newest_records },
    Test { name: "model::a_bad_one_changes_nothing", run: model::a_bad_one_changes_nothing },
    Test { name: "model::first_starts_at_once", run: model::first_starts_at_once },
    Test { name: "model::two_while_events_flow", run: model::two_while_events_flow },
    Test { name: "restart::sigterm_loses_nothing", run: restart::sigterm_loses_nothing },
    Test { name: "outage::three_days", run: outage::three_days },
    Test {
        name: "pages::as_people_and_programs_see_them",
        run: pages::as_people_and_programs_see_them,
    },
    Test { name: "rebalance::a_taken_name", run: rebalance::a_taken_name },
    Test { name: "rebalance::a_third_joins_and_leaves", run: rebalance::a_third_joins_and_leaves },
    Test { name: "zombie::a_stopped_process", run: zombie::a_stopped_process },
    Test { name: "exactly_once::kill_9", run: exactly_once::kill_9 },
];

/// What `cargo test … -- ARGUMENTS` asks for, as far as it has a meaning here.
#[derive(Default)]
struct Arguments {
    filters: Vec<String>,
    skip: Vec<String>,
    exact: bool,
    list: bool,
    ignored: bool,
}

impl Arguments {
    fn read() -> Self {
        let mut read = Self::default();
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--exact" => read.exact = true,
                "--list" => read.list = true,
                "--ignored" => read.ignored = true,
                "--skip" => read.skip.extend(arguments.next()),
                "--test-threads" | "--format" | "--color" | "--logfile" | "-Z" => {
                    drop(arguments.next());
                }
                flag if flag.starts_with('-') => {}
                filter => read.filters.push(filter.to_owned()),
            }
        }
        read
    }

    fn wants(&self, test: &Test) -> bool {
        let fits = |filter: &String| {
            if self.exact { test.name == filter } else { test.name.contains(filter.as_str()) }
        };
        !self.ignored
            && (self.filters.is_empty() || self.filters.iter().any(fits))
            && !self.skip.iter().any(fits)
    }
}

fn main() -> ExitCode {
    match run(&Arguments::read()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            tell(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> anyhow::Result<bool> {
    let chosen: Vec<_> = TESTS.iter().filter(|test| arguments.wants(test)).collect();
    if arguments.list {
        chosen.iter().for_each(|test| tell(&format!("{}: test", test.name)));
        return Ok(true);
    }
    tell(&format!("\nrunning {} tests", chosen.len()));
    let mut failures = Vec::new();
    let watch = clock::instant();
    if !chosen.is_empty() {
        let broker = Broker::find_or_start().context("no broker for the tests")?;
        tell(&format!("on {}", broker.description));
        for test in &chosen {
            let (watch, since) = (clock::instant(), installation::now());
            let ended = catch_unwind(AssertUnwindSafe(|| (test.run)(&broker)));
            let ended = ended.unwrap_or_else(|_| Err(anyhow::anyhow!("panicked")));
            let secs = watch.elapsed().as_secs_f64();
            let verdict = if ended.is_ok() { "ok" } else { "FAILED" };
            tell(&format!("test {} ... {verdict} ({secs:.1} s)", test.name));
            if let Err(error) = ended {
                tell(&format!("    {error:#}"));
                tell(&process::ends_of_logs(since).context("reading the logs")?);
                failures.push(test.name);
            }
        }
        tell(&format!("compared in all: {}", broker.compared.borrow()));
    }
    let verdict = if failures.is_empty() { "ok" } else { "FAILED" };
    tell(&format!(
        "\n{}test result: {verdict}. {} passed; {} failed; 0 ignored; 0 measured; {} filtered out; \
         finished in {:.2}s\n",
        failures.iter().map(|name| format!("failed: {name}\n")).collect::<String>(),
        chosen.len() - failures.len(),
        failures.len(),
        TESTS.len() - chosen.len(),
        watch.elapsed().as_secs_f64(),
    ));
    Ok(failures.is_empty())
}

/// Writes a line for whoever runs the tests.
pub(crate) fn tell(line: &str) {
    let mut out = io::stdout().lock();
    // Nobody is left to be told that standard output is closed.
    let _unheard = writeln!(out, "{line}").and_then(|()| out.flush());
}
