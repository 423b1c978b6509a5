//! The few rolling shapes that facets remember the past in, and the windows of `scoring.md` §1.
//!
//! What is counted belongs to the facets (`account/*.rs`); last and first to `stamp.rs`.
//!
//! Every shape is a pure function of the set of things added, whatever their order and lateness,
//! within [`HORIZON_DAYS`] of the newest of them; what lies further back is forgotten.
//! A window has no upper bound at `now`: what was applied always counts.

pub mod day_log;
pub mod day_ring;
pub mod distinct_days;
pub mod id_map;
pub mod instants;
pub mod newest;

use super::time::{Day, Timestamp};

/// How many days, the newest included, every shape remembers at most.
pub const HORIZON_DAYS: usize = 384;
/// Longest `n` of a `W(n)`, or `n + m` of a `PW(n, m)`, that a model may ask of [`HORIZON_DAYS`]:
/// the rest is slack for events that are ahead of the clock.
pub const WINDOW_DAYS_MAX: u16 = 380;

/// First day of W(n), which is `[day(now - n d), now)`.
pub const fn since(now: Timestamp, days: u16) -> Day {
    now.day().plus(-(days as i32))
}

/// `len(n)`: the length of W(n) in days; `n` and the part of today that is over.
pub fn length_days(now: Timestamp, days: u16) -> f64 {
    now.days_since(since(now, days).start())
}

/// The days of PW(n, m) as `from..to`: the `m` days before W(n).
pub const fn before(now: Timestamp, days: u16, length: u16) -> (Day, Day) {
    let to = since(now, days);
    (to.plus(-(length as i32)), to)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::time::{DAY_MS, HOUR_MS};

    #[test]
    fn windows_begin_at_midnight_and_grow_through_the_day() {
        let midnight = Timestamp::from_millis(1000 * DAY_MS);
        let noon = midnight.plus_millis(12 * HOUR_MS);
        assert_eq!(since(noon, 7).number(), 993);
        assert_eq!(since(midnight, 7).number(), 993);
        assert_eq!((length_days(midnight, 7), length_days(noon, 7)), (7.0, 7.5));
        let (from, to) = before(noon, 14, 28);
        assert_eq!((from.number(), to.number()), (958, 986));
    }
}
