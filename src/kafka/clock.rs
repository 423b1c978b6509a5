//! The one place that reads a clock: the wall clock, and the monotonic one for durations.
//!
//! What `now` means to a partition is the worker's business; the engine is handed instants.

use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use jiff::SignedDuration;

use crate::engine::time::Timestamp;

/// The wall clock as this process sees it.
///
/// In service it is the machine's. A test may move it by an offset; `demo` lets it start in the
/// past and run faster until it has caught up with the machine's.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    /// Since when it runs fast; it stands still before.
    started: Option<&'static OnceLock<Instant>>,
    started_at: Timestamp,
    offset_ms: i64,
    rate: f64,
}

/// An instant of the monotonic clock after which something is given up.
#[derive(Clone, Copy, Debug)]
pub struct Deadline(Instant);

/// The machine's wall clock.
fn machine() -> Timestamp {
    #[allow(clippy::disallowed_methods)] // this is the place that the lint points to
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// The monotonic clock: for how long something took, never for what day it is.
pub fn instant() -> Instant {
    #[allow(clippy::disallowed_methods)] // this is the place that the lint points to
    Instant::now()
}

impl Clock {
    /// The machine's clock, moved by `offset` (the setting `clock.offset`).
    pub fn moved(offset: SignedDuration) -> Self {
        let offset_ms = i64::try_from(offset.as_millis()).unwrap_or(0);
        Self { started: None, started_at: machine(), offset_ms, rate: 1.0 }
    }

    /// A clock that shows `start` until it is `started`, and from then on runs `rate` times as fast
    /// as the machine's, but never ahead of it.
    pub fn catching_up(start: Timestamp, rate: f64, started: &'static OnceLock<Instant>) -> Self {
        let started_at = machine();
        let offset_ms = start.millis_since(started_at).min(0);
        Self { started: Some(started), started_at, offset_ms, rate: rate.max(1.0) }
    }

    /// What the clock shows.
    pub fn now(&self) -> Timestamp {
        let Some(started) = self.started else { return machine().plus_millis(self.offset_ms) };
        let elapsed = started.get().map(Instant::elapsed).unwrap_or_default();
        let elapsed_ms = elapsed.as_secs_f64() * 1_000.0 * self.rate;
        self.started_at.plus_millis(self.offset_ms + elapsed_ms as i64).min(machine())
    }
}

impl Deadline {
    /// The deadline that lies `limit` ahead.
    pub fn after(limit: Duration) -> Self {
        Self(instant() + limit)
    }

    /// What is left; zero once it has passed.
    pub fn left(self) -> Duration {
        self.0.saturating_duration_since(instant())
    }

    /// Whether it has passed.
    pub fn is_over(self) -> bool {
        self.left().is_zero()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_moves_the_clock() {
        let hour_ms = crate::engine::time::HOUR_MS;
        let back = Clock::moved(SignedDuration::from_hours(-1)).now().as_millis();
        let ahead = Clock::moved(SignedDuration::from_hours(1)).now().as_millis();
        assert!((2 * hour_ms..2 * hour_ms + 60_000).contains(&(ahead - back)));
        assert!(back > 1_767_225_600_000 - hour_ms, "the host's clock is before 2026");
    }

    #[test]
    fn a_fast_clock_ends_at_the_machines() {
        static STARTED: OnceLock<Instant> = OnceLock::new();
        let start = machine().plus_days(-1);
        let slow = Clock::catching_up(start, 1_000.0, &STARTED);
        let fast = Clock::catching_up(start, 1e15, &STARTED);
        assert_eq!(fast.now(), start, "it was not started");
        STARTED.set(instant()).unwrap();
        let slow = slow.now();
        assert!(slow >= start && slow < machine());
        let mut shown = fast.now();
        while shown < machine().plus_millis(-1_000) {
            shown = fast.now();
        }
        assert!(shown <= machine());
    }

    #[test]
    fn a_deadline_passes() {
        assert!(Deadline::after(Duration::ZERO).is_over());
        assert!(!Deadline::after(Duration::from_secs(60)).is_over());
    }
}
