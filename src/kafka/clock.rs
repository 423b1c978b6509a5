//! The one place that reads a clock: the wall clock, and the monotonic one for durations.
//!
//! What `now` means to a partition is the worker's business; the engine is handed instants.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use jiff::SignedDuration;

use crate::engine::time::Timestamp;

/// An instant of the monotonic clock after which something is given up.
#[derive(Clone, Copy, Debug)]
pub struct Deadline(Instant);

/// The wall clock, moved by the setting `clock.offset`.
pub fn wall(offset: SignedDuration) -> Timestamp {
    #[allow(clippy::disallowed_methods)] // this is the place that the lint points to
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let ms = i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
    let offset_ms = i64::try_from(offset.as_millis()).unwrap_or(0);
    Timestamp::from_millis(ms.saturating_add(offset_ms))
}

/// The monotonic clock: for how long something took, never for what day it is.
pub fn instant() -> Instant {
    #[allow(clippy::disallowed_methods)] // this is the place that the lint points to
    Instant::now()
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
    fn the_offset_moves_the_wall_clock() {
        let hour = 3_600_000;
        let back = wall(SignedDuration::from_hours(-1)).as_millis();
        let ahead = wall(SignedDuration::from_hours(1)).as_millis();
        assert!((2 * hour..2 * hour + 60_000).contains(&(ahead - back)));
        assert!(back > 1_767_225_600_000 - hour, "the host's clock is before 2026");
    }

    #[test]
    fn a_deadline_passes() {
        assert!(Deadline::after(Duration::ZERO).is_over());
        assert!(!Deadline::after(Duration::from_secs(60)).is_over());
    }
}
