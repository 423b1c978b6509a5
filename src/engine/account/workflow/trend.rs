//! The health and churn probability of the last days, as they were published, in a few bytes a day.
//!
//! What is published now is the last entry of the record itself, see `decide/health.rs`.

use serde::{Deserialize, Serialize};

use crate::engine::time::Day;

/// How many days the published trend has at most; the day of the publication is one of them.
pub const TREND_DAYS: usize = 90;

/// What was last published on each of the days before the last publication's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trend {
    /// The day of the last entry.
    newest: Day,
    /// Oldest first.
    entries: Vec<Entry>,
}

/// A day of the trend; a day without an entry has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrendDay {
    /// Which day (UTC).
    pub day: Day,
    /// The computed health, in tenths of a point.
    pub health_tenths: u16,
    /// The churn probability, in ten-thousandths.
    pub churn_myriadths: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    /// Days since the entry before; 0 for the first.
    gap_days: u8,
    health_tenths: u16,
    churn_myriadths: u16,
}

impl Trend {
    /// Adds the entry of a day that is over and later than all before; drops what is too old.
    pub fn add(&mut self, TrendDay { day, health_tenths, churn_myriadths }: TrendDay) {
        let days: Vec<TrendDay> = self.days_after(day.plus(1 - TREND_DAYS as i32)).collect();
        let dropped = self.entries.len() - days.len();
        self.entries.drain(..dropped);
        if let Some(oldest) = self.entries.first_mut() {
            oldest.gap_days = 0;
        }
        let gap = day.number() - self.newest.number();
        let gap_days = if self.entries.is_empty() { 0 } else { gap as u8 };
        // One entry a day: room for it alone keeps the state as small as it can be.
        self.entries.reserve_exact(1);
        self.entries.push(Entry { gap_days, health_tenths, churn_myriadths });
        self.newest = day;
    }

    /// The entries of the days after `day`, oldest first.
    pub fn days_after(&self, day: Day) -> impl Iterator<Item = TrendDay> {
        let span: i32 = self.entries.iter().map(|entry| i32::from(entry.gap_days)).sum();
        let mut at = self.newest.plus(-span);
        let days = self.entries.iter().map(move |entry| {
            at = at.plus(i32::from(entry.gap_days));
            let Entry { health_tenths, churn_myriadths, .. } = *entry;
            TrendDay { day: at, health_tenths, churn_myriadths }
        });
        days.filter(move |entry| entry.day > day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(day: i32) -> TrendDay {
        let number = day as u16;
        let day = Day::from_number(20_000 + day);
        TrendDay { day, health_tenths: number, churn_myriadths: 9_999 - number }
    }

    fn all(trend: &Trend) -> Vec<TrendDay> {
        trend.days_after(Day::from_number(0)).collect()
    }

    #[test]
    fn ninety_days_less_the_present_one_are_kept_in_less_than_500_bytes() {
        let mut trend = Trend::default();
        for day in 0..200 {
            trend.add(entry(day));
        }
        let wanted: Vec<TrendDay> = (111..200).map(entry).collect();
        assert_eq!(all(&trend), wanted);
        let published = trend.days_after(Day::from_number(20_200 - TREND_DAYS as i32));
        assert_eq!(published.count(), TREND_DAYS - 1);
        let bytes = postcard::to_allocvec(&trend).unwrap();
        assert!(bytes.len() < 500, "{}", bytes.len());
        assert_eq!(postcard::from_bytes::<Trend>(&bytes).unwrap(), trend);
    }

    #[test]
    fn days_that_are_missing_stay_missing() {
        let mut trend = Trend::default();
        for day in [0, 3, 4, 88, 89] {
            trend.add(entry(day));
        }
        assert_eq!(all(&trend), [3, 4, 88, 89].map(entry));
        trend.add(entry(500));
        assert_eq!(all(&trend), [500].map(entry));
    }
}
