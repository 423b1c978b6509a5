//! From Kafka through scoring to committed outputs, beside raw consumption of the same topics.
//!
//! What folding and assessing alone cost is `benches/engine.rs`; memory is `memory.rs` here.

#![allow(clippy::print_stdout)] // the table is what it is for

mod broker;
mod memory;
mod process;
mod race;

use anyhow::ensure;
use clap::Parser;

use broker::Broker;
use process::Usage;
use race::{Pulse, Race};

/// `cargo bench --bench pipeline -- …`
#[derive(Clone, Debug, Parser)]
struct Args {
    /// Number of accounts
    #[arg(long, default_value_t = 300)]
    accounts: u32,
    /// Days of history
    #[arg(long, default_value_t = 90)]
    days: u32,
    /// Multiplies sessions and API calls
    #[arg(long, default_value_t = 1.0)]
    scale: f64,
    /// Partitions of each topic
    #[arg(long, default_value_t = 6)]
    partitions: u32,
    /// Worker threads of the service
    #[arg(long, default_value_t = 1)]
    workers: u32,
    /// How often raw consumption and the service take turns
    #[arg(long, default_value_t = 3)]
    pairs: usize,
    /// Measure the memory of accounts instead, in one process without Kafka
    #[arg(long)]
    memory: bool,
    /// Cargo passes it; without it (`cargo test`) nothing is measured
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    if !args.bench {
        return Ok(());
    }
    if args.memory {
        return memory::measure(args.accounts, args.days, args.scale);
    }
    ensure!(args.pairs > 0, "--pairs must be at least 1");
    let broker = Broker::find_or_start()?;
    println!("{}", broker.description);
    let race = Race::prepare(&broker, &args)?;
    println!(
        "{} events, {:.1} MB of keys and values; {} accounts, {} days, {} partitions, {} worker(s)",
        race.events,
        race.bytes as f64 / 1e6,
        args.accounts,
        args.days,
        args.partitions,
        args.workers
    );
    let (mut raw, mut pulse) = (Vec::new(), Vec::new());
    for pair in 0..args.pairs {
        raw.push(race.consume(&broker)?);
        pulse.push(race.pulse(&broker, pair)?);
        row("raw", pair, race.events, &raw[pair]);
        row("pulse", pair, race.events, &pulse[pair].usage);
    }
    tell(race.events, &raw, &pulse);
    Ok(())
}

fn row(name: &str, pair: usize, events: u64, usage: &Usage) {
    println!(
        "{name:>6} {pair}: {:8.2} s wall {:8.2} s CPU {:8.2} s CPU of the broker {:9.0} events/s",
        usage.wall_secs,
        usage.cpu_secs,
        usage.broker_cpu_secs,
        events as f64 / usage.wall_secs
    );
}

/// Medians of all turns, and what the service said of itself.
fn tell(events: u64, raw: &[Usage], pulse: &[Pulse]) {
    let n_events = events as f64;
    let raw_of = |value: fn(&Usage) -> f64| median(raw.iter().map(value));
    let pulse_of = |value: fn(&Pulse) -> f64| median(pulse.iter().map(value));
    let (raw_wall, raw_cpu) = (raw_of(|it| it.wall_secs), raw_of(|it| it.cpu_secs));
    let pulse_wall = pulse_of(|it| it.usage.wall_secs);
    let pulse_cpu = pulse_of(|it| it.usage.cpu_secs);
    let ratio = |value: fn(&Usage) -> f64| {
        median(raw.iter().zip(pulse).map(|(raw, pulse)| value(raw) / value(&pulse.usage)))
    };
    println!("\n{:<38} {:>12} {:>12} {:>9}", "medians", "raw", "pulse", "of raw");
    let line = |name: &str, raw: f64, pulse: f64, of_raw: f64| {
        println!("{name:<38} {raw:>12.0} {pulse:>12.0} {:>8.1}%", of_raw * 100.0);
    };
    let of_raw = ratio(|usage| usage.wall_secs);
    line("events/s", n_events / raw_wall, n_events / pulse_wall, of_raw);
    let of_raw = ratio(|usage| usage.cpu_secs);
    line("events per CPU-s of the process", n_events / raw_cpu, n_events / pulse_cpu, of_raw);
    let raw_broker = n_events / raw_of(|it| it.broker_cpu_secs);
    let pulse_broker = n_events / pulse_of(|it| it.usage.broker_cpu_secs);
    let of_raw = ratio(|usage| usage.broker_cpu_secs);
    line("events per CPU-s of the broker", raw_broker, pulse_broker, of_raw);
    for (name, value) in [
        ("commits", pulse_of(|it| it.commits)),
        ("mean step, ms", pulse_of(|it| it.step_secs / it.commits) * 1e3),
        ("mean commit call, ms", pulse_of(|it| it.commit_secs / it.commits) * 1e3),
        ("output records per 1,000 events", pulse_of(|it| it.outputs) / n_events * 1e3),
        ("changelog bytes per event: usage", pulse_of(|it| it.usage_bytes) / n_events),
        ("changelog bytes per event: rest", pulse_of(|it| it.rest_bytes) / n_events),
        ("changelog bytes per event: said", pulse_of(|it| it.said_bytes) / n_events),
        ("dead letters", pulse_of(|it| it.dead_letters)),
        ("resident memory at the end, MB", pulse_of(|it| it.resident_bytes) / 1e6),
    ] {
        println!("{name:<38} {:>12} {value:>12.1}", "");
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
