//! Exact instants of rare events: for decays by half-life and for windows that end at an instant.
//!
//! For counts by day see `day_log.rs`.

use serde::{Deserialize, Serialize};

use super::HORIZON_DAYS;
use crate::engine::time::{Day, Timestamp};

/// The newest `MAX` instants of the last [`HORIZON_DAYS`] days; equal instants count each.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Instants<const MAX: usize> {
    /// In order.
    at: Vec<Timestamp>,
    /// How many were forgotten for want of room.
    lost: u32,
}

impl<const MAX: usize> Instants<MAX> {
    /// Adds an instant; those that are too old are forgotten already.
    pub fn add(&mut self, at: Timestamp) {
        let place = self.at.partition_point(|held| *held <= at);
        self.at.insert(place, at);
        let newest = self.at.last().map_or(at, |newest| *newest).day();
        let horizon = newest.plus(1 - HORIZON_DAYS as i32).start();
        let old = self.at.partition_point(|held| *held < horizon);
        let excess = (self.at.len() - old).saturating_sub(MAX);
        self.lost = self.lost.saturating_add(excess as u32);
        self.at.drain(..old + excess);
    }

    /// The instants from the beginning of `start` on, oldest first.
    pub fn since(&self, start: Day) -> &[Timestamp] {
        &self.at[self.at.partition_point(|held| *held < start.start())..]
    }

    /// The instants of `from..to`, oldest first.
    pub fn between(&self, from: Timestamp, to: Timestamp) -> &[Timestamp] {
        let first = self.at.partition_point(|held| *held < from);
        let end = self.at.partition_point(|held| *held < to).max(first);
        &self.at[first..end]
    }

    /// Sum over the instants from `start` on of 2^(-age in days / half-life); what is ahead of
    /// the clock counts as just now.
    pub fn decayed(&self, now: Timestamp, start: Day, half_life_days: f64) -> f64 {
        let left = |at: &Timestamp| (-now.days_since(*at).max(0.0) / half_life_days).exp2();
        self.since(start).iter().map(left).sum()
    }

    /// How many were forgotten for want of room.
    pub const fn lost(&self) -> u32 {
        self.lost
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::time::DAY_MS;

    #[test]
    fn the_oldest_are_lost_first_and_the_rest_decay() {
        let mut instants = Instants::<2>::default();
        for day in [5, 1, 3] {
            instants.add(Timestamp::from_millis(day * DAY_MS));
        }
        let (now, first) = (Timestamp::from_millis(5 * DAY_MS), Day::from_number(0));
        assert_eq!(instants.lost(), 1);
        assert_eq!(instants.since(first).len(), 2);
        assert!((instants.decayed(now, first, 2.0) - 1.5).abs() < 1e-12);
        assert_eq!(instants.between(Timestamp::default(), now).len(), 1);
    }
}
