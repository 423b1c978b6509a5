//! Sums by day, sparse: for what happens on few days.
//!
//! For what happens on most days see `day_ring.rs`; for exact instants `instants.rs`.

use serde::{Deserialize, Serialize};

use super::HORIZON_DAYS;
use crate::engine::time::Day;

/// Sums of the newest [`HORIZON_DAYS`] days, one entry a day with an amount: a window is two
/// binary searches, a late event is added to each later entry.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DayLog {
    /// Day, and everything up to and with that day; in order of days.
    entries: Vec<(Day, u32)>,
}

impl DayLog {
    /// Adds to a day; days that are too old are forgotten already.
    pub fn add(&mut self, day: Day, amount: u32) {
        let newest = self.entries.last().map_or(day, |(newest, _)| *newest);
        if amount == 0 || day.number() <= newest.number() - HORIZON_DAYS as i32 {
            return;
        }
        let place = self.entries.partition_point(|(held, _)| *held < day);
        if self.entries.get(place).is_none_or(|(held, _)| *held != day) {
            let before = place.checked_sub(1).map_or(0, |i| self.entries[i].1);
            self.entries.insert(place, (day, before));
        }
        for (_, sum) in &mut self.entries[place..] {
            *sum = sum.saturating_add(amount);
        }
        self.forget(day.max(newest));
    }

    /// Moves an amount, which was added before, from one day to another.
    pub fn move_to(&mut self, from: Day, to: Day, amount: u32) {
        if let Ok(place) = self.entries.binary_search_by_key(&from, |(day, _)| *day) {
            for (_, sum) in &mut self.entries[place..] {
                *sum = sum.saturating_sub(amount);
            }
            let before = place.checked_sub(1).map_or(0, |i| self.entries[i].1);
            if self.entries[place].1 == before {
                self.entries.remove(place);
            }
        }
        self.add(to, amount);
    }

    /// The sum from `start` on.
    pub fn since(&self, start: Day) -> u32 {
        self.total() - self.until(start)
    }

    /// The sum of the days `from..to`.
    pub fn between(&self, from: Day, to: Day) -> u32 {
        self.until(to) - self.until(from)
    }

    /// Everything remembered.
    pub fn total(&self) -> u32 {
        self.entries.last().map_or(0, |(_, sum)| *sum)
    }

    fn until(&self, end: Day) -> u32 {
        let place = self.entries.partition_point(|(day, _)| *day < end);
        place.checked_sub(1).map_or(0, |i| self.entries[i].1)
    }

    /// Drops what lies too far behind `newest`.
    fn forget(&mut self, newest: Day) {
        let horizon = newest.plus(-(HORIZON_DAYS as i32));
        let old = self.entries.partition_point(|(day, _)| *day <= horizon);
        if old > 0 {
            let base = self.entries[old - 1].1;
            self.entries.drain(..old);
            for (_, sum) in &mut self.entries {
                *sum -= base;
            }
        }
    }
}
