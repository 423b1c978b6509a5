//! The newest of a set of dated things, each whole: for what must be told apart by more than a day.
//!
//! For bare instants see `instants.rs`; for counts by day `day_log.rs`.

use serde::{Deserialize, Serialize};

use super::HORIZON_DAYS;
use crate::engine::time::Timestamp;

/// The greatest `MAX` of a set, in order: let the order of `T` begin with its instant. A thing that
/// is equal to one that is held is the same thing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Newest<T, const MAX: usize> {
    held: Vec<T>,
    /// How many were forgotten for want of room.
    lost: u32,
}

impl<T, const MAX: usize> Default for Newest<T, MAX> {
    fn default() -> Self {
        Self { held: Vec::new(), lost: 0 }
    }
}

impl<T: Ord, const MAX: usize> Newest<T, MAX> {
    /// Adds a thing, however old.
    pub fn add(&mut self, thing: T) {
        if let Err(place) = self.held.binary_search(&thing) {
            self.held.insert(place, thing);
            self.make_room();
        }
    }

    /// Adds a thing and forgets all that happened more than [`HORIZON_DAYS`] before the newest.
    pub fn add_recent(&mut self, thing: T, at: impl Fn(&T) -> Timestamp) {
        if let Err(place) = self.held.binary_search(&thing) {
            self.held.insert(place, thing);
            let newest = self.held.last().map_or(Timestamp::default(), &at).day();
            let horizon = newest.plus(1 - HORIZON_DAYS as i32).start();
            self.forget_first(|held| at(held) < horizon);
            self.make_room();
        }
    }

    fn make_room(&mut self) {
        let excess = self.held.len().saturating_sub(MAX);
        self.held.drain(..excess);
        self.lost = self.lost.saturating_add(excess as u32);
    }
}

impl<T, const MAX: usize> Newest<T, MAX> {
    /// What is held, oldest first.
    pub fn as_slice(&self) -> &[T] {
        &self.held
    }

    /// The things whose instant, told by `at`, lies in `from..to`, oldest first.
    pub fn between(&self, from: Timestamp, to: Timestamp, at: impl Fn(&T) -> Timestamp) -> &[T] {
        let first = self.held.partition_point(|held| at(held) < from);
        let end = self.held.partition_point(|held| at(held) < to).max(first);
        &self.held[first..end]
    }

    /// Forgets the oldest ones for which `is_old` holds; they do not count as lost.
    pub fn forget_first(&mut self, is_old: impl Fn(&T) -> bool) {
        let old = self.held.partition_point(is_old);
        self.held.drain(..old);
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
    fn the_oldest_go_first_and_a_copy_is_no_other_thing() {
        let mut newest = Newest::<u32, 2>::default();
        for thing in [3, 1, 3, 2] {
            newest.add(thing);
        }
        assert_eq!((newest.as_slice(), newest.lost()), (&[2, 3][..], 1));
    }

    #[test]
    fn what_lies_behind_the_horizon_is_forgotten_in_any_order() {
        let day = |day: i64| Timestamp::from_millis(day * DAY_MS);
        for days in [[0, 384, 1], [384, 0, 1], [1, 0, 384]] {
            let mut newest = Newest::<Timestamp, 8>::default();
            days.into_iter().for_each(|at| newest.add_recent(day(at), |at| *at));
            assert_eq!(newest.as_slice(), [day(1), day(384)]);
            assert_eq!(newest.between(day(1), day(384), |at| *at).len(), 1);
            assert_eq!(newest.lost(), 0);
        }
    }
}
