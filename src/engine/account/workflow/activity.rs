//! What was done for an account, day by day, and what it paid at the ends of months.
//!
//! When something counts is decided in `decide/work.rs`, as is what is published of it.

use serde::{Deserialize, Serialize};

use crate::engine::output::work::{ActivityFigures, StepCounts};
use crate::engine::time::{Day, Timestamp};

/// How many days of activity are kept.
pub const ACTIVITY_DAYS: i32 = 35;
/// How many month ends are kept.
pub const MONTHS_MAX: usize = 13;
/// Most renewals that are kept.
pub const RENEWALS_MAX: usize = 13;

/// What was done for an account, and what was published of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Activity {
    /// By day, the oldest first.
    days: Vec<(Day, ActivityFigures, StepCounts)>,
    /// Annual revenue in cents of the reporting currency, by the last day of the month.
    months: Vec<(Day, i64)>,
    /// The renewals that were decided.
    pub renewals: Vec<RenewalDone>,
    /// Hash of the record of the account's work that was published last.
    pub said: Option<u64>,
}

/// A renewal that was decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RenewalDone {
    /// When the contract ended.
    pub due_at: Timestamp,
    /// The first touch about it.
    pub first_touch_at: Option<Timestamp>,
    /// When it was renewed; nothing for one that was lost.
    pub renewed_at: Option<Timestamp>,
    /// Annual revenue before, in cents of the account's currency.
    pub arr_before_cents: Option<i64>,
    /// Annual revenue after.
    pub arr_after_cents: Option<i64>,
}

impl Activity {
    /// The counters of a day, which is today or not long ago.
    pub fn on(&mut self, day: Day) -> (&mut ActivityFigures, &mut StepCounts) {
        let place = self.days.partition_point(|(held, ..)| *held < day);
        if self.days.get(place).is_none_or(|(held, ..)| *held != day) {
            self.days.insert(place, (day, ActivityFigures::default(), StepCounts::default()));
        }
        let newest = self.days.last().map_or(day, |(newest, ..)| *newest);
        let oldest = newest.plus(1 - ACTIVITY_DAYS).min(day);
        self.days.retain(|(held, ..)| *held >= oldest);
        let (_, figures, steps) =
            self.days.iter_mut().find(|(held, ..)| *held == day).expect("it was put there");
        (figures, steps)
    }

    /// The days of the last [`ACTIVITY_DAYS`] until `today`, the oldest first.
    pub fn days(&self, today: Day) -> impl Iterator<Item = (Day, ActivityFigures, StepCounts)> {
        let oldest = today.plus(1 - ACTIVITY_DAYS);
        self.days.iter().copied().filter(move |(day, ..)| *day >= oldest)
    }

    /// Annual revenue at the ends of months, the oldest first.
    pub fn months(&self) -> &[(Day, i64)] {
        &self.months
    }

    /// Keeps the revenue at the end of a month, once.
    pub fn note_month(&mut self, end: Day, arr_cents: i64) -> bool {
        if self.months.last().is_some_and(|(held, _)| *held >= end) {
            return false;
        }
        if self.months.len() == MONTHS_MAX {
            self.months.remove(0);
        }
        self.months.push((end, arr_cents));
        true
    }

    /// Keeps a renewal.
    pub fn note_renewal(&mut self, renewal: RenewalDone) {
        if self.renewals.len() == RENEWALS_MAX {
            self.renewals.remove(0);
        }
        self.renewals.push(renewal);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_months_are_bounded_and_told_once() {
        let mut activity = Activity::default();
        for day in 0..100 {
            activity.on(Day::from_number(20_000 + day)).0.touchpoints += 1;
        }
        let today = Day::from_number(20_099);
        assert_eq!(activity.days(today).count(), 35);
        assert_eq!(activity.days(today.plus(10)).count(), 25);
        for month in 0..20 {
            let end = Day::from_number(20_000 + 30 * month);
            assert!(activity.note_month(end, i64::from(month)));
            assert!(!activity.note_month(end, 99));
        }
        assert_eq!(activity.months().len(), MONTHS_MAX);
        assert_eq!(activity.months()[0].1, 7);
    }
}
