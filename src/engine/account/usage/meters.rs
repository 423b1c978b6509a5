//! Meters of the plan: what is used of a limit, day by day, and when it will be reached.
//!
//! How readings arrive is said in `usage.rs`; rules about limits stand in the model file.

use serde::{Deserialize, Serialize};

use crate::engine::stamp::{Last, Moment};
use crate::engine::time::{DAY_MS, Day, MAX_INPUT};

/// How many days of a meter's readings are kept.
pub const METER_DAYS: usize = 28;
/// From how many daily values on there is a forecast.
pub const FORECAST_DAYS_MIN: usize = 14;

/// A meter of the plan.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Meter {
    /// What was told last.
    pub reading: Last<Reading>,
    /// The readings that were the last of their day, of the newest [`METER_DAYS`], by day.
    pub days: Vec<(Day, Last<Reading>)>,
}

/// One reading of a meter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// Name of the meter.
    pub meter: compact_str::CompactString,
    /// Used so far, in the meter's unit.
    pub used: f64,
    /// The plan's limit, in the meter's unit.
    pub limit: f64,
}

impl Meter {
    /// Keeps a reading; the last of its day counts, whatever the order.
    pub(super) fn note(&mut self, moment: Moment<'_>, reading: impl Fn() -> Reading) {
        self.reading.see(moment, &reading);
        let day = moment.at.day();
        let place = self.days.partition_point(|(held, _)| *held < day);
        if self.days.get(place).is_none_or(|(held, _)| *held != day) {
            self.days.insert(place, (day, Last::default()));
        }
        self.days[place].1.see(moment, reading);
        let newest = self.days.last().map_or(day, |(newest, _)| *newest);
        let oldest = newest.plus(1 - METER_DAYS as i32);
        self.days.retain(|(held, _)| *held >= oldest);
    }

    /// The share of the limit that is used; nothing without a limit.
    pub fn share(&self) -> Option<f64> {
        self.reading.get().and_then(Reading::share)
    }

    /// On how many days in a row until `today` the last reading was at least this share of the
    /// limit. A day without a reading has the one before it, for at most `carry_days`.
    pub fn days_at_least(&self, share: f64, carry_days: u16, today: Day) -> u32 {
        let carry_days = i32::from(carry_days);
        let mut end = today;
        let mut from = None;
        for (day, reading) in self.days.iter().rev().filter(|(day, _)| *day <= today) {
            let is_near = reading.get().and_then(Reading::share).is_some_and(|it| it >= share);
            if !is_near || end.number() - day.number() > carry_days {
                break;
            }
            (end, from) = (*day, Some(*day));
        }
        from.map_or(0, |from| (today.number() - from.number()) as u32 + 1)
    }

    /// The day on which the limit is reached: by the straight line through the days since use last
    /// fell (a meter that is reset begins anew), or the day of the last reading when it is passed.
    ///
    /// Nothing when there is no limit, or fewer than [`FORECAST_DAYS_MIN`] daily values, or use
    /// does not rise, or the day lies beyond 2100.
    pub fn reached_on(&self) -> Option<Day> {
        let (last, last_at) = (self.reading.get()?, self.reading.at()?);
        if last.limit <= 0.0 {
            return None;
        }
        if last.used >= last.limit {
            return Some(last_at.day());
        }
        let points: Vec<(f64, f64)> = self
            .days
            .iter()
            .filter_map(|(_, day)| Some((day.at()?.days_since(last_at), day.get()?.used)))
            .collect();
        let fell = points.windows(2).rposition(|pair| pair[1].1 < pair[0].1);
        let points = &points[fell.map_or(0, |place| place + 1)..];
        if points.len() < FORECAST_DAYS_MIN {
            return None;
        }
        let slope = slope(points)?;
        let days = (last.limit - last.used) / slope;
        let most = MAX_INPUT.days_since(last_at);
        (slope > 0.0 && days < most)
            .then(|| last_at.plus_millis((days * DAY_MS as f64) as i64).day())
    }
}

impl Reading {
    /// The share of the limit that is used; nothing without a limit.
    fn share(&self) -> Option<f64> {
        (self.limit > 0.0).then(|| self.used / self.limit)
    }
}

/// Of the line with the least squares; nothing when all points lie at one instant.
fn slope(points: &[(f64, f64)]) -> Option<f64> {
    let n = points.len() as f64;
    let mean_x = points.iter().map(|(x, _)| x).sum::<f64>() / n;
    let mean_y = points.iter().map(|(_, y)| y).sum::<f64>() / n;
    let square: f64 = points.iter().map(|(x, _)| (x - mean_x).powi(2)).sum();
    let product: f64 = points.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    (square > 0.0).then(|| product / square)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::time::Timestamp;

    fn reached(limit: f64, readings: &[(i64, f64)]) -> Option<i32> {
        let mut meter = Meter::default();
        for (day, used) in readings {
            let at = Timestamp::from_millis(0).plus_days(*day);
            let meter_name = compact_str::CompactString::const_new("rows");
            let reading = || Reading { meter: meter_name.clone(), used: *used, limit };
            meter.note(Moment { at, event_id: "a" }, reading);
        }
        meter.reached_on().map(Day::number)
    }

    #[test]
    fn a_straight_line_reaches_the_limit_on_its_day() {
        let line = |from: i64, to: i64, first: f64| -> Vec<(i64, f64)> {
            (from..to).map(|day| (day, first + 5.0 * (day - from) as f64)).collect()
        };
        assert_eq!(reached(100.0, &line(0, 14, 10.0)), Some(18));
        assert_eq!(reached(100.0, &line(0, 13, 10.0)), None, "too few days");
        let mut backwards = line(0, 14, 10.0);
        backwards.reverse();
        assert_eq!(reached(100.0, &backwards), Some(18), "in any order");
        assert_eq!(reached(100.0, &[(0, 10.0), (3, 100.0)]), Some(3), "it is reached");
        let reset = [vec![(0, 90.0)], line(5, 19, 10.0)].concat();
        assert_eq!(reached(100.0, &reset), Some(23), "it was reset");
    }

    #[test]
    fn days_near_the_limit_are_counted_back_from_today() {
        let mut meter = Meter::default();
        for (day, used) in [(1, 90.0), (2, 70.0), (3, 80.0), (4, 85.0), (7, 90.0)] {
            let at = Timestamp::from_millis(0).plus_days(day);
            let meter_name = compact_str::CompactString::const_new("rows");
            let reading = || Reading { meter: meter_name.clone(), used, limit: 100.0 };
            meter.note(Moment { at, event_id: "a" }, reading);
        }
        let near =
            |carry_days, today| meter.days_at_least(0.8, carry_days, Day::from_number(today));
        assert_eq!((near(3, 7), near(3, 9), near(3, 11)), (5, 7, 0));
        assert_eq!((near(2, 7), near(3, 4), near(3, 2)), (1, 2, 0));
        assert_eq!(meter.share(), Some(0.9));
    }

    #[test]
    fn what_does_not_rise_never_reaches_it() {
        assert_eq!(reached(100.0, &[]), None);
        assert_eq!(reached(100.0, &[(0, 50.0)]), None);
        assert_eq!(reached(100.0, &[(0, 50.0), (1, 50.0)]), None);
        assert_eq!(reached(100.0, &[(0, 50.0), (1, 40.0)]), None);
        assert_eq!(reached(0.0, &[(0, 1.0), (1, 2.0)]), None, "there is no limit");
        assert_eq!(reached(1e12, &[(0, 1.0), (1, 2.0)]), None, "not within a lifetime");
    }
}
