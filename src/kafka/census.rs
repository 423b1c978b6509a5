//! How many accounts and open alerts a worker has, as its share of the process's series.
//!
//! The series are declared in `telemetry.rs`; what an account is believed to be, in the engine.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::clock;
use crate::engine::Engine;
use crate::engine::account::profile::Segment;
use crate::engine::account::workflow::episodes::Phase;
use crate::engine::model::health::HealthBand;
use crate::engine::output::alert::Severity;
use crate::telemetry::Telemetry;

/// How often the accounts are counted.
const INTERVAL: Duration = Duration::from_secs(5);

/// A worker's share; it leaves the series when the worker does.
pub(super) struct Census {
    telemetry: Arc<Telemetry>,
    taken_at: Option<Instant>,
    counts: Counts,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counts {
    accounts: [[i64; HealthBand::ALL.len()]; Segment::ALL.len()],
    alerts: [i64; Severity::ALL.len()],
    quarantined: i64,
}

impl Census {
    /// A share of nothing yet.
    pub(super) fn new(telemetry: Arc<Telemetry>) -> Self {
        Self { telemetry, taken_at: None, counts: Counts::default() }
    }

    /// Counts again, unless that was done a moment ago.
    pub(super) fn take<'e>(&mut self, engines: impl Iterator<Item = &'e Engine>) {
        if self.taken_at.is_some_and(|taken_at| taken_at.elapsed() < INTERVAL) {
            return;
        }
        self.taken_at = Some(clock::instant());
        let mut counts = Counts::default();
        for (_, watched) in engines.flat_map(Engine::accounts) {
            if let Some(said) = &watched.said {
                counts.accounts[said.segment as usize][said.displayed_band as usize] += 1;
            }
            counts.quarantined += i64::from(watched.workflow.quarantine.is_some());
            for episode in &watched.workflow.episodes {
                if let Phase::Raised(raised) = &episode.phase {
                    counts.alerts[raised.severity as usize] += 1;
                }
            }
        }
        self.replace(counts);
    }

    fn replace(&mut self, counts: Counts) {
        let before = std::mem::replace(&mut self.counts, counts);
        for segment in Segment::ALL {
            for band in HealthBand::ALL {
                let (row, column) = (segment as usize, band as usize);
                let moved = counts.accounts[row][column] - before.accounts[row][column];
                let labels = [segment.name(), band.name()];
                self.telemetry.accounts.with_label_values(&labels).add(moved);
            }
        }
        let moved = counts.quarantined - before.quarantined;
        self.telemetry.accounts_quarantined.add(moved);
        for severity in Severity::ALL {
            let moved = counts.alerts[severity as usize] - before.alerts[severity as usize];
            self.telemetry.alerts_open.with_label_values(&[severity.name()]).add(moved);
        }
    }
}

impl Drop for Census {
    fn drop(&mut self) {
        self.replace(Counts::default());
    }
}
