//! The one place that reads a clock.
//!
//! Everything else is handed a [`Timestamp`] or measures through a [`Stopwatch`].
#![allow(clippy::disallowed_methods)]

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::engine::time::Timestamp;

/// The wall clock as this process sees it.
///
/// In service it is the machine's. A test may move it by an offset; `demo` lets it start in the
/// past and run faster until it has caught up with the machine's.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    started: Instant,
    started_at: Timestamp,
    offset_ms: i64,
    rate: f64,
}

/// Measures how long something takes, whatever the wall clock does.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Instant);

impl Clock {
    /// The machine's clock, moved by `offset_ms`.
    pub fn moved(offset_ms: i64) -> Self {
        Self { started: Instant::now(), started_at: machine(), offset_ms, rate: 1.0 }
    }

    /// A clock that shows `start` now and runs `rate` times as fast as the machine's, but never
    /// ahead of it.
    pub fn catching_up(start: Timestamp, rate: f64) -> Self {
        let started_at = machine();
        let offset_ms = start.millis_since(started_at).min(0);
        Self { started: Instant::now(), started_at, offset_ms, rate: rate.max(1.0) }
    }

    /// What the clock shows.
    pub fn now(&self) -> Timestamp {
        let elapsed_ms = self.started.elapsed().as_secs_f64() * 1_000.0;
        let fast = self.started_at.plus_millis(self.offset_ms + (elapsed_ms * self.rate) as i64);
        if self.rate > 1.0 { fast.min(machine()) } else { machine().plus_millis(self.offset_ms) }
    }
}

impl Stopwatch {
    /// Starts now.
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// The time since the start.
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

/// The machine's wall clock.
fn machine() -> Timestamp {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    Timestamp::from_millis(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::time::{DAY_MS, HOUR_MS};

    #[test]
    fn an_offset_moves_the_clock() {
        let ahead = Clock::moved(3 * DAY_MS).now().millis_since(Clock::moved(0).now());
        assert!((ahead - 3 * DAY_MS).abs() < HOUR_MS);
    }

    #[test]
    fn a_fast_clock_ends_at_the_machines() {
        let start = machine().plus_days(-1);
        let slow = Clock::catching_up(start, 1_000.0).now();
        assert!(slow >= start && slow < machine());
        let fast = Clock::catching_up(start, 1e15);
        let mut shown = fast.now();
        while shown < machine().plus_millis(-HOUR_MS) {
            shown = fast.now();
        }
        assert!(shown <= machine());
    }
}
