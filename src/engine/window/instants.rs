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

    /// Sum over the instants from `start` on of 2^(-age in days / half-life).
    pub fn decayed(&self, now: Timestamp, start: Day, half_life_days: f64) -> f64 {
        self.since(start).iter().map(|at| (-now.days_since(*at) / half_life_days).exp2()).sum()
    }

    /// How many were forgotten for want of room.
    pub const fn lost(&self) -> u32 {
        self.lost
    }
}
