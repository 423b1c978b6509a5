//! Business hours: when people work, and when something is due that counts only those hours.
//!
//! Which playbook counts by which clock is said in `playbooks.rs`.

use std::str::FromStr;

use jiff::ToSpan;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use schemars::JsonSchema;
use serde::de::Error;
use serde::{Deserialize, Deserializer};

use super::playbooks::Clock;
use super::playbooks::step::Span;
use super::problems::Problems;
use crate::engine::time::{HOUR_MS, MINUTE_MS, Timestamp};

/// Days in a row that may be closed; beyond it every hour counts.
const CLOSED_DAYS_MAX: u32 = 400;
const DAY_HOURS: u32 = 24;

/// When people work.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct Calendar {
    /// The first minute of a working day, local time.
    #[serde(deserialize_with = "parsed")]
    #[schemars(with = "String", length(min = 5, max = 5))]
    opens: Time,
    /// The end of a working day, local time; at least an hour after `opens`.
    #[serde(deserialize_with = "parsed")]
    #[schemars(with = "String", length(min = 5, max = 5))]
    closes: Time,
    /// The days of the week on which people work.
    #[schemars(length(min = 1, max = 7))]
    weekdays: Vec<Weekday>,
    /// The dates on which nobody works.
    #[serde(deserialize_with = "dates")]
    #[schemars(with = "Vec<String>", length(max = 1000))]
    #[schemars(inner(length(min = 10, max = 10)))]
    holidays: Vec<Date>,
    /// The time zone of accounts that name none, or one that is not known.
    timezone: String,
}

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Weekday {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

impl Calendar {
    /// When something is due that was begun at `start` and takes `span` by `clock`, in the time
    /// zone of the account if it names one.
    ///
    /// By the business clock, days and each 24 hours are working days: the same local time so many
    /// of them later. Other hours are hours of work. Both count from the next opening if the start
    /// is outside the hours of work; nothing to count is due at the start.
    pub fn due_at(
        &self,
        clock: Clock,
        start: Timestamp,
        span: Span,
        timezone: Option<&str>,
    ) -> Timestamp {
        let calendar_at = start.plus_millis(span.calendar_ms());
        match clock {
            Clock::Business if span != Span::default() => {
                self.business_at(start, span, timezone).unwrap_or(calendar_at)
            }
            _ => calendar_at,
        }
    }

    pub(super) fn check(&self, problems: &mut Problems) {
        if millis_between(self.opens, self.closes) < HOUR_MS {
            problems.say(&["calendar", "closes"], "must be at least an hour after `opens`");
        }
        if zone(&self.timezone).is_none() {
            problems.say(&["calendar", "timezone"], "is not a time zone such as Europe/Berlin");
        }
    }

    /// None beyond the years that a calendar has.
    fn business_at(
        &self,
        start: Timestamp,
        span: Span,
        timezone: Option<&str>,
    ) -> Option<Timestamp> {
        let zone = timezone.and_then(zone).or_else(|| zone(&self.timezone))?;
        let (days, hours) = match span.hours % DAY_HOURS {
            0 => (span.days.checked_add_unsigned(span.hours / DAY_HOURS)?, 0),
            _ => (span.days, span.hours),
        };
        let start = jiff::Timestamp::from_millisecond(start.as_millis()).ok()?;
        let mut at = self.opening_from(zone.to_datetime(start))?;
        for _ in 0..days.unsigned_abs() {
            at = self.open_day(at.date(), days.signum())?.to_datetime(at.time());
        }
        let mut left_ms = i64::from(hours) * HOUR_MS;
        loop {
            let at_ms = instant(&zone, at)?;
            let open_ms = instant(&zone, at.date().to_datetime(self.closes))? - at_ms;
            if left_ms <= open_ms {
                return Some(Timestamp::from_millis(at_ms + left_ms));
            }
            left_ms -= open_ms;
            at = self.open_day(at.date(), 1)?.to_datetime(self.opens);
        }
    }

    /// This moment if people work then, else the next opening.
    fn opening_from(&self, at: DateTime) -> Option<DateTime> {
        let is_open_day = self.is_open_on(at.date());
        if is_open_day && at.time() < self.opens {
            Some(at.date().to_datetime(self.opens))
        } else if is_open_day && at.time() < self.closes {
            Some(at)
        } else {
            Some(self.open_day(at.date(), 1)?.to_datetime(self.opens))
        }
    }

    /// The next working day after a day, or the one before it if `step` is -1.
    fn open_day(&self, mut day: Date, step: i32) -> Option<Date> {
        for _ in 0..CLOSED_DAYS_MAX {
            day = day.checked_add(step.days()).ok()?;
            if self.is_open_on(day) {
                return Some(day);
            }
        }
        None
    }

    fn is_open_on(&self, day: Date) -> bool {
        let weekday = match day.weekday() {
            jiff::civil::Weekday::Monday => Weekday::Mon,
            jiff::civil::Weekday::Tuesday => Weekday::Tue,
            jiff::civil::Weekday::Wednesday => Weekday::Wed,
            jiff::civil::Weekday::Thursday => Weekday::Thu,
            jiff::civil::Weekday::Friday => Weekday::Fri,
            jiff::civil::Weekday::Saturday => Weekday::Sat,
            jiff::civil::Weekday::Sunday => Weekday::Sun,
        };
        self.weekdays.contains(&weekday) && !self.holidays.contains(&day)
    }
}

/// A zone by its name, from the tables that are compiled in.
fn zone(name: &str) -> Option<TimeZone> {
    TimeZoneDatabase::bundled().get(name).ok()
}

/// A local time as milliseconds of Unix time; one that the clocks skip is the one after it.
fn instant(zone: &TimeZone, at: DateTime) -> Option<i64> {
    Some(zone.to_timestamp(at).ok()?.as_millisecond())
}

fn millis_between(from: Time, to: Time) -> i64 {
    let minutes = |time: Time| i64::from(time.hour()) * 60 + i64::from(time.minute());
    (minutes(to) - minutes(from)) * MINUTE_MS
}

fn parsed<'de, T: FromStr<Err = jiff::Error>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
}

fn dates<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Date>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    texts.iter().map(|text| text.parse().map_err(D::Error::custom)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::engine::model::DEFAULT_TEXT;
    use crate::engine::model::tree::Tree;

    fn calendar() -> Calendar {
        serde_json::from_value(serde_json::json!({
            "opens": "09:00", "closes": "17:00",
            "weekdays": ["mon", "tue", "wed", "thu", "fri"],
            "holidays": ["2026-12-25"], "timezone": "UTC",
        }))
        .expect("a calendar")
    }

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).expect("an instant")
    }

    /// What is due by the business clock.
    fn due(start: &str, days: i32, hours: u32, zone: Option<&str>) -> Timestamp {
        calendar().due_at(Clock::Business, at(start), Span { days, hours }, zone)
    }

    #[test]
    fn every_hour_counts_by_the_calendar_clock() {
        let span = Span { days: 1, hours: 3 };
        let due = calendar().due_at(Clock::Calendar, at("2026-11-20T16:00:00Z"), span, None);
        assert_eq!(due, at("2026-11-21T19:00:00Z"));
    }

    #[test]
    fn weekends_holidays_and_nights_do_not_count() {
        // (start, days, hours, due); 20 November 2026 is a Friday.
        let cases = [
            ("2026-11-20T10:00:00Z", 0, 24, "2026-11-23T10:00:00Z"),
            ("2026-11-20T10:00:00Z", 0, 48, "2026-11-24T10:00:00Z"),
            ("2026-11-20T10:00:00Z", 1, 0, "2026-11-23T10:00:00Z"),
            ("2026-11-21T03:00:00Z", 0, 24, "2026-11-24T09:00:00Z"),
            ("2026-11-20T17:00:00Z", 1, 0, "2026-11-24T09:00:00Z"),
            ("2026-11-23T07:00:00Z", 0, 4, "2026-11-23T13:00:00Z"),
            ("2026-11-20T15:00:00Z", 0, 2, "2026-11-20T17:00:00Z"),
            ("2026-11-20T15:00:00Z", 0, 12, "2026-11-24T11:00:00Z"),
            ("2026-11-20T15:00:00Z", 1, 3, "2026-11-24T10:00:00Z"),
            ("2026-12-24T10:00:00Z", 1, 0, "2026-12-28T10:00:00Z"),
            ("2026-11-24T10:00:00Z", -3, 0, "2026-11-19T10:00:00Z"),
            ("2026-11-21T03:00:00Z", 0, 0, "2026-11-21T03:00:00Z"),
        ];
        for (start, days, hours, expected) in cases {
            assert_eq!(due(start, days, hours, None), at(expected), "{start} {days} d {hours} h");
        }
    }

    #[test]
    fn the_local_time_stays_when_the_clocks_change() {
        let (berlin, new_york) = (Some("Europe/Berlin"), Some("America/New_York"));
        let spring = due("2026-03-27T09:00:00Z", 1, 0, berlin);
        assert_eq!(spring, at("2026-03-30T08:00:00Z"), "10:00 on both sides");
        let autumn = due("2026-10-30T14:00:00Z", 0, 48, new_york);
        assert_eq!(autumn, at("2026-11-03T15:00:00Z"), "10:00 on both sides");
        let unknown = due("2026-11-20T10:00:00Z", 1, 0, Some("Mars/Olympus"));
        assert_eq!(unknown, due("2026-11-20T10:00:00Z", 1, 0, None));
    }

    #[test]
    fn a_calendar_without_hours_or_zone_is_refused() {
        let is_fine = |calendar: &Calendar| {
            let mut problems = Problems::default();
            calendar.check(&mut problems);
            let tree = Tree::read(DEFAULT_TEXT).expect("the model that ships");
            problems.into_result(&tree).is_ok()
        };
        assert!(is_fine(&calendar()));
        assert!(!is_fine(&Calendar { closes: jiff::civil::time(9, 59, 0, 0), ..calendar() }));
        assert!(!is_fine(&Calendar { timezone: "Mars/Olympus".to_owned(), ..calendar() }));
    }

    proptest! {
        #[test]
        fn what_is_due_is_due_while_people_work_and_later_for_what_begins_later(
            start in 1_700_000_000_000i64..1_900_000_000_000,
            later in 0i64..1_000_000_000,
            days in 0i32..30,
            hours in 0u32..200,
            zone in prop::sample::select(vec!["UTC", "Europe/Berlin", "America/Los_Angeles"]),
        ) {
            prop_assume!(days > 0 || hours > 0);
            let calendar = calendar();
            let span = Span { days, hours };
            let due = |ms| {
                calendar.due_at(Clock::Business, Timestamp::from_millis(ms), span, Some(zone))
            };
            let due_at = due(start);
            prop_assert!(due_at > Timestamp::from_millis(start));
            prop_assert!(due_at <= due(start + later));
            let local = jiff::Timestamp::from_millisecond(due_at.as_millis()).expect("in range");
            let local = TimeZoneDatabase::bundled().get(zone).expect("a zone").to_datetime(local);
            prop_assert!(calendar.is_open_on(local.date()), "{local}");
            prop_assert!((calendar.opens..=calendar.closes).contains(&local.time()), "{local}");
        }
    }
}
