//! Who was there on which days: distinct ids of a window, and distinct pairs of id and day.
//!
//! What the ids are (users, features) is known by the facet that holds them.

use serde::{Deserialize, Serialize};

use super::HORIZON_DAYS;
use super::day_ring::DayRing;
use crate::engine::time::Day;

const WORDS: usize = HORIZON_DAYS / 64;
const _: () = assert!(HORIZON_DAYS.is_multiple_of(64));

/// The ids of the newest [`HORIZON_DAYS`] days, each with the days on which it was seen.
///
/// At most `MAX` ids, those with the smallest hashes, are followed; beyond that every figure is an
/// estimate from these (relative error about `1 / sqrt(MAX)`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DistinctDays<const MAX: usize> {
    /// Whether any id was ever seen, however long ago.
    is_any_ever: bool,
    /// Hashes from here on are not followed.
    ceiling: Option<u64>,
    newest: Day,
    /// In order of `hash`.
    rows: Vec<Row>,
    /// How many ids were seen last on which day: makes counting the ids of a window O(1).
    last_days: DayRing<u32, HORIZON_DAYS>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Row {
    hash: u64,
    last: Day,
    /// Bit `day mod HORIZON_DAYS`.
    days: Days,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Days([u64; WORDS]);

impl<const MAX: usize> DistinctDays<MAX> {
    /// Notes that an id was seen on a day; says whether that is a new pair of both, within the
    /// horizon. `drop_pair` hears of each pair that was new once and is no longer followed.
    pub fn record(&mut self, hash: u64, day: Day, mut drop_pair: impl FnMut(Day)) -> bool {
        self.advance(day);
        self.is_any_ever = true;
        if day.number() <= self.newest.number() - HORIZON_DAYS as i32
            || self.ceiling.is_some_and(|ceiling| hash >= ceiling)
        {
            return false;
        }
        match self.rows.binary_search_by_key(&hash, |row| row.hash) {
            Ok(place) => {
                let row = &mut self.rows[place];
                if day > row.last {
                    self.last_days.move_to(row.last, day, 1);
                    row.last = day;
                }
                row.days.insert(day)
            }
            Err(place) => {
                let mut days = Days::default();
                days.insert(day);
                self.rows.insert(place, Row { hash, last: day, days });
                self.last_days.add(day, 1);
                if self.rows.len() > MAX
                    && let Some(row) = self.rows.pop()
                {
                    self.ceiling = Some(row.hash);
                    self.last_days.subtract(row.last, 1);
                    if row.hash == hash {
                        return false;
                    }
                    row.days.each(self.newest, &mut drop_pair);
                }
                true
            }
        }
    }

    /// Forgets an id as if it had never been; says whether it was known.
    pub fn erase(&mut self, hash: u64) -> bool {
        let place = self.rows.binary_search_by_key(&hash, |row| row.hash);
        if let Ok(place) = place {
            let row = self.rows.remove(place);
            self.last_days.subtract(row.last, 1);
        }
        place.is_ok()
    }

    /// Whether any id was ever seen, however long ago.
    pub const fn is_any_ever(&self) -> bool {
        self.is_any_ever
    }

    /// Distinct ids since `start`.
    pub fn since(&self, start: Day) -> f64 {
        f64::from(self.last_days.since(start)) * self.scale()
    }

    /// Distinct ids of the days `from..to`.
    pub fn between(&self, from: Day, to: Day) -> f64 {
        // Days after the newest one share their bits with days that are held.
        let (oldest, end) = (self.newest.plus(1 - HORIZON_DAYS as i32), self.newest.plus(1));
        let wanted = Days::range(from.max(oldest), to.min(end));
        let is_there = |row: &&Row| row.last >= from && row.days.meets(&wanted);
        self.rows.iter().filter(is_there).count() as f64 * self.scale()
    }

    /// Distinct ids of the whole horizon.
    pub fn total(&self) -> f64 {
        self.rows.len() as f64 * self.scale()
    }

    /// Whether this id was seen since `start`; not known (no) for ids that are not followed.
    pub fn is_seen_since(&self, hash: u64, start: Day) -> bool {
        let place = self.rows.binary_search_by_key(&hash, |row| row.hash);
        place.is_ok_and(|place| self.rows[place].last >= start)
    }

    /// Whether this id is known not to have been seen since `start`; not known (no) for ids that
    /// are not followed.
    pub fn is_unseen_since(&self, hash: u64, start: Day) -> bool {
        self.ceiling.is_none_or(|ceiling| hash < ceiling) && !self.is_seen_since(hash, start)
    }

    /// By how much a count of followed ids is to be multiplied; 1 as long as all are followed.
    pub fn scale(&self) -> f64 {
        self.ceiling.map_or(1.0, |ceiling| u64::MAX as f64 / (ceiling as f64).max(1.0))
    }

    /// Clears the days between the newest one and `day`, which reuse the bits of forgotten ones.
    fn advance(&mut self, day: Day) {
        let ahead = day.number().saturating_sub(self.newest.number());
        if self.is_any_ever && ahead <= 0 {
            return;
        }
        let stale = Days::range(self.newest.plus(1), day.plus(1));
        self.newest = day;
        let horizon = day.plus(-(HORIZON_DAYS as i32));
        self.rows.retain_mut(|row| {
            row.days.remove(&stale);
            let is_kept = row.last > horizon;
            if !is_kept {
                self.last_days.subtract(row.last, 1);
            }
            is_kept
        });
    }
}

impl Days {
    /// The days `from..to`, at most [`HORIZON_DAYS`] of them.
    fn range(from: Day, to: Day) -> Self {
        let length = to.number().saturating_sub(from.number()).clamp(0, HORIZON_DAYS as i32);
        let first = from.number().rem_euclid(HORIZON_DAYS as i32) as usize;
        let end = first + length as usize;
        let mut days = Self::default();
        for (index, word) in days.0.iter_mut().enumerate() {
            // The run of slots, and the part of it that begins anew at slot 0.
            *word = bits(first, end, index) | bits(0, end.saturating_sub(HORIZON_DAYS), index);
        }
        days
    }

    /// Says whether the day was not among them.
    fn insert(&mut self, day: Day) -> bool {
        let slot = day.number().rem_euclid(HORIZON_DAYS as i32) as usize;
        let (word, bit) = (&mut self.0[slot / 64], 1 << (slot % 64));
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }

    fn remove(&mut self, others: &Days) {
        for (word, other) in self.0.iter_mut().zip(others.0) {
            *word &= !other;
        }
    }

    fn meets(&self, others: &Days) -> bool {
        self.0.iter().zip(others.0).any(|(word, other)| word & other != 0)
    }

    fn each(self, newest: Day, visit: &mut impl FnMut(Day)) {
        for age in 0..HORIZON_DAYS as i32 {
            let day = newest.plus(-age);
            if !{ self }.insert(day) {
                visit(day);
            }
        }
    }
}

/// The slots `first..end` that lie in a word.
fn bits(first: usize, end: usize, word: usize) -> u64 {
    let below = |slot: usize| match slot.saturating_sub(word * 64) {
        places @ 0..64 => (1_u64 << places) - 1,
        _ => u64::MAX,
    };
    below(end) & !below(first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::id::name_hash;

    #[test]
    fn too_many_ids_become_an_estimate() {
        let mut ids = DistinctDays::<256>::default();
        let mut pairs = DayRing::<u32, HORIZON_DAYS>::default();
        for turn in 0..10_000 {
            let (hash, day) =
                (name_hash(&format!("u{}", turn % 5000)), Day::from_number(turn / 5000));
            if ids.record(hash, day, |dropped| pairs.subtract(dropped, 1)) {
                pairs.add(day, 1);
            }
        }
        let start = Day::from_number(0);
        assert!((4000.0..6000.0).contains(&ids.since(start)), "{}", ids.since(start));
        assert!((4000.0..6000.0).contains(&ids.between(start, Day::from_number(1))));
        assert_eq!(pairs.since(start), 2 * 256, "only pairs of followed ids are left");
    }

    #[test]
    fn days_after_the_newest_are_empty() {
        let mut ids = DistinctDays::<8>::default();
        ids.record(1, Day::from_number(100), |_| {});
        ids.record(1, Day::from_number(130), |_| {});
        let a_horizon_later = |day: i32| Day::from_number(day + HORIZON_DAYS as i32);
        assert_eq!(ids.between(a_horizon_later(90), a_horizon_later(110)) as u32, 0);
        assert_eq!(ids.between(Day::from_number(90), Day::from_number(110)) as u32, 1);
    }

    #[test]
    fn an_erased_id_is_gone() {
        let mut ids = DistinctDays::<8>::default();
        ids.record(1, Day::from_number(3), |_| {});
        ids.record(2, Day::from_number(4), |_| {});
        assert!(ids.erase(2) && !ids.erase(2));
        assert_eq!(ids.since(Day::from_number(0)) as u32, 1);
        assert!(ids.is_any_ever());
    }
}
