//! What a process used, as Linux tells it: CPU time and memory.
//!
//! What the service tells of itself is read in `race.rs`.

use std::time::Instant;

use anyhow::Context as _;
use customer_pulse::kafka::clock;

use crate::broker::Broker;

/// `sysconf(_SC_CLK_TCK)`, which is 100 on every Linux of today.
const TICKS_PER_SEC: f64 = 100.0;
/// Bytes of a page on the machines that this runs on.
const PAGE_BYTES: u64 = 4_096;

/// What one turn used.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Usage {
    /// From its beginning to its end.
    pub(crate) wall_secs: f64,
    /// User and system time of the process.
    pub(crate) cpu_secs: f64,
    /// The same of the broker; not a number when that is not our own.
    pub(crate) broker_cpu_secs: f64,
}

/// Measures from its making on.
pub(crate) struct Watch {
    pid: u32,
    broker: Option<u32>,
    started: Instant,
    cpu_secs: f64,
    broker_cpu_secs: f64,
}

impl Watch {
    /// Begins to measure the process `pid`.
    pub(crate) fn start(pid: u32, broker: &Broker) -> anyhow::Result<Self> {
        Ok(Self {
            pid,
            broker: broker.pid,
            started: clock::instant(),
            cpu_secs: cpu_secs(pid)?,
            broker_cpu_secs: broker.pid.map_or(Ok(f64::NAN), cpu_secs)?,
        })
    }

    /// What was used so far.
    pub(crate) fn usage(&self) -> anyhow::Result<Usage> {
        Ok(Usage {
            wall_secs: self.started.elapsed().as_secs_f64(),
            cpu_secs: cpu_secs(self.pid)? - self.cpu_secs,
            broker_cpu_secs: self.broker.map_or(Ok(f64::NAN), cpu_secs)? - self.broker_cpu_secs,
        })
    }
}

/// User and system time of a process since its start.
fn cpu_secs(pid: u32) -> anyhow::Result<f64> {
    let path = format!("/proc/{pid}/stat");
    let stat = std::fs::read_to_string(&path).with_context(|| format!("reading {path}"))?;
    // The command's name, in parentheses, may hold blanks.
    let (_, fields) = stat.rsplit_once(") ").context("a stat without a name")?;
    let ticks: f64 =
        fields.split(' ').skip(11).take(2).filter_map(|field| field.parse::<f64>().ok()).sum();
    Ok(ticks / TICKS_PER_SEC)
}

/// Resident memory of a process, in bytes.
pub(crate) fn resident_bytes(pid: u32) -> anyhow::Result<u64> {
    let path = format!("/proc/{pid}/statm");
    let statm = std::fs::read_to_string(&path).with_context(|| format!("reading {path}"))?;
    let pages: u64 = statm.split(' ').nth(1).context("a statm without pages")?.parse()?;
    Ok(pages * PAGE_BYTES)
}
