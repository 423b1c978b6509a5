//! Sums by day, dense: for what happens on most days.
//!
//! For rarer things see `day_log.rs`.

use std::ops::{AddAssign, Sub, SubAssign};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::engine::time::Day;

/// What may be summed up: numbers, and several of them together.
pub trait Amount: Copy + Default + PartialEq + AddAssign + SubAssign + Sub<Output = Self> {}

impl<T: Copy + Default + PartialEq + AddAssign + SubAssign + Sub<Output = T>> Amount for T {}

/// Sums of the newest `DAYS` days: O(1) per window whatever its length, and per event of today;
/// a late event is added to each later day (at most `DAYS` additions in one run of memory).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DayRing<T, const DAYS: usize> {
    /// The oldest day with an amount; meaningless when `sums` is empty.
    oldest: Day,
    /// `sums[i]`: everything from `oldest` to `oldest + i`; up to the newest day with an amount.
    sums: Vec<T>,
}

/// How many days a ring grows at once, to waste little memory on young accounts.
const GROWTH_DAYS: usize = 32;

impl<T: Amount, const DAYS: usize> DayRing<T, DAYS> {
    /// Adds to a day; days that are too old are forgotten already.
    pub fn add(&mut self, day: Day, amount: T) {
        if amount == T::default() {
            return;
        }
        let Some(age) = self.reach(day) else { return };
        let from = self.sums.len() - 1 - age;
        for sum in &mut self.sums[from..] {
            *sum += amount;
        }
    }

    /// Takes back what was added to a day.
    pub fn subtract(&mut self, day: Day, amount: T) {
        if self.sums.is_empty() || day < self.oldest {
            return;
        }
        let from = day.number().saturating_sub(self.oldest.number()) as usize;
        for sum in self.sums.iter_mut().skip(from) {
            *sum -= amount;
        }
        self.trim();
    }

    /// Moves an amount from one day to another.
    pub fn move_to(&mut self, from: Day, to: Day, amount: T) {
        self.subtract(from, amount);
        self.add(to, amount);
    }

    /// The sum from `start` on.
    pub fn since(&self, start: Day) -> T {
        self.total() - self.until(start)
    }

    /// The sum of the days `from..to`.
    pub fn between(&self, from: Day, to: Day) -> T {
        self.until(to) - self.until(from)
    }

    /// Everything remembered.
    pub fn total(&self) -> T {
        self.sums.last().copied().unwrap_or_default()
    }

    /// The newest day with an amount.
    pub fn newest(&self) -> Option<Day> {
        (!self.sums.is_empty()).then(|| self.oldest.plus(self.sums.len() as i32 - 1))
    }

    /// The days from `start` on with an amount, oldest first.
    pub fn days_since(&self, start: Day) -> impl Iterator<Item = Day> {
        let first = start.number().saturating_sub(self.oldest.number()).max(0) as usize;
        (first..self.sums.len())
            .filter(|&i| i == 0 || self.sums[i] != self.sums[i - 1])
            .map(|i| self.oldest.plus(i as i32))
    }

    /// The sum of the days before `end`.
    fn until(&self, end: Day) -> T {
        match end.number().saturating_sub(self.oldest.number()) {
            ..=0 => T::default(),
            days => {
                let last = (days as usize).min(self.sums.len());
                last.checked_sub(1).map_or(T::default(), |i| self.sums[i])
            }
        }
    }

    /// Makes room for `day`; gives its age in days, or nothing when it is too old to be kept.
    fn reach(&mut self, day: Day) -> Option<usize> {
        let Some(newest) = self.newest() else {
            self.oldest = day;
            self.grow();
            self.sums.push(T::default());
            return Some(0);
        };
        let ahead = day.number().saturating_sub(newest.number());
        if ahead >= DAYS as i32 {
            self.sums.clear();
            return self.reach(day);
        }
        if ahead > 0 {
            self.advance(ahead as usize);
            return if self.sums.is_empty() { self.reach(day) } else { Some(0) };
        }
        let age = ahead.unsigned_abs() as usize;
        if age >= DAYS {
            return None;
        }
        if let Some(missing) = (age + 1).checked_sub(self.sums.len())
            && missing > 0
        {
            self.sums.reserve_exact(missing);
            self.sums.splice(0..0, std::iter::repeat_n(T::default(), missing));
            self.oldest = day;
        }
        Some(age)
    }

    /// Appends days that hold nothing yet, forgetting as many as do not fit; leaves nothing at all
    /// when all that is remembered is to be forgotten.
    fn advance(&mut self, days: usize) {
        let excess = (self.sums.len() + days).saturating_sub(DAYS);
        if excess > 0 {
            let base = self.sums[excess - 1];
            self.sums.drain(..excess);
            for sum in &mut self.sums {
                *sum -= base;
            }
            self.oldest = self.oldest.plus(excess as i32);
            self.trim();
        }
        if self.sums.is_empty() {
            return;
        }
        let total = self.total();
        for _ in 0..days {
            self.grow();
            self.sums.push(total);
        }
    }

    /// Forgets leading days without an amount, so that equal histories are equal states.
    fn trim(&mut self) {
        let empty = self.sums.iter().take_while(|sum| **sum == T::default()).count();
        if empty > 0 {
            self.sums.drain(..empty);
            self.oldest = self.oldest.plus(empty as i32);
        }
    }

    fn grow(&mut self) {
        if self.sums.len() == self.sums.capacity() {
            let room = GROWTH_DAYS.min(DAYS.saturating_sub(self.sums.len())).max(1);
            self.sums.reserve_exact(room);
        }
    }
}

// Written as the amounts of the days: small numbers, of which the sums are made again.

impl<T: Amount + Serialize, const DAYS: usize> Serialize for DayRing<T, DAYS> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut previous = T::default();
        let amounts: Vec<T> = (self.sums.iter())
            .map(|&sum| {
                let amount = sum - previous;
                previous = sum;
                amount
            })
            .collect();
        (self.oldest, amounts).serialize(serializer)
    }
}

impl<'de, T: Amount + Deserialize<'de>, const DAYS: usize> Deserialize<'de> for DayRing<T, DAYS> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (oldest, mut sums) = <(Day, Vec<T>)>::deserialize(deserializer)?;
        let mut total = T::default();
        for sum in &mut sums {
            total += *sum;
            *sum = total;
        }
        Ok(Self { oldest, sums })
    }
}
