//! What was done for an account, day by day, and what it paid and said at the ends of months.
//!
//! When something counts is decided in `decide/work.rs`, as is what is published of it.

use serde::{Deserialize, Serialize};

use crate::engine::output::work::{ActivityFigures, NpsFigures, StepCounts};
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
    /// The oldest first.
    months: Vec<MonthEnd>,
    /// The renewals that were decided.
    pub renewals: Vec<RenewalDone>,
    /// Hash of the record of the account's work that was published last.
    pub said: Option<u64>,
}

/// How an account stood when a month ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonthEnd {
    /// The last day of the month.
    pub day: Day,
    /// Annual revenue in cents of the reporting currency; nothing while it is not known.
    pub arr_cents: Option<i64>,
    /// The answers to surveys that counted then.
    pub nps: NpsFigures,
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

    /// The ends of months, the oldest first.
    pub fn months(&self) -> &[MonthEnd] {
        &self.months
    }

    /// Keeps the end of a month, once; revenue that was not known then may follow. Says whether
    /// anything changed.
    pub fn note_month(&mut self, end: MonthEnd) -> bool {
        match self.months.last_mut() {
            Some(held) if held.day > end.day => false,
            Some(held) if held.day == end.day => {
                let is_news = held.arr_cents.is_none() && end.arr_cents.is_some();
                held.arr_cents = held.arr_cents.or(end.arr_cents);
                is_news
            }
            _ => {
                if self.months.len() == MONTHS_MAX {
                    self.months.remove(0);
                }
                self.months.push(end);
                true
            }
        }
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
            let day = Day::from_number(20_000 + 30 * month);
            let nps = NpsFigures { promoters: 1, ..NpsFigures::default() };
            let unknown = MonthEnd { day, arr_cents: None, nps };
            assert!(activity.note_month(unknown));
            let end = MonthEnd { arr_cents: Some(i64::from(month)), ..unknown };
            assert!(activity.note_month(MonthEnd { nps: NpsFigures::default(), ..end }));
            assert!(!activity.note_month(MonthEnd { arr_cents: Some(99), ..end }));
            assert!(!activity.note_month(MonthEnd { day: day.plus(-1), ..end }));
            assert_eq!(activity.months().last(), Some(&end));
        }
        assert_eq!(activity.months().len(), MONTHS_MAX);
        assert_eq!(activity.months()[0].arr_cents, Some(7));
    }
}
