//! Days as people live them: weekday, month, holidays, and how much work gets done.
//!
//! Instants and UTC days themselves are `engine::time`; nothing here reads a clock.

use jiff::civil;

use crate::engine::time::{DAY_MS, Day, MINUTE_MS, Timestamp};

/// Where customers work; holidays and summers differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Region {
    Americas,
    Europe,
    AsiaPacific,
}

/// A customer's time zone. Summer time is left out: an hour more or less changes no story.
#[derive(Debug)]
pub(super) struct Zone {
    /// IANA name, as profiles carry it.
    pub(super) name: &'static str,
    /// Minutes ahead of UTC in winter.
    utc_offset_minutes: i64,
    pub(super) region: Region,
}

/// Where the world's customers are, the commoner ones more than once.
pub(super) const ZONES: &[Zone] = &[
    Zone { name: "America/New_York", utc_offset_minutes: -300, region: Region::Americas },
    Zone { name: "America/New_York", utc_offset_minutes: -300, region: Region::Americas },
    Zone { name: "America/Chicago", utc_offset_minutes: -360, region: Region::Americas },
    Zone { name: "America/Los_Angeles", utc_offset_minutes: -480, region: Region::Americas },
    Zone { name: "America/Sao_Paulo", utc_offset_minutes: -180, region: Region::Americas },
    Zone { name: "Europe/London", utc_offset_minutes: 0, region: Region::Europe },
    Zone { name: "Europe/London", utc_offset_minutes: 0, region: Region::Europe },
    Zone { name: "Europe/Berlin", utc_offset_minutes: 60, region: Region::Europe },
    Zone { name: "Europe/Berlin", utc_offset_minutes: 60, region: Region::Europe },
    Zone { name: "Europe/Paris", utc_offset_minutes: 60, region: Region::Europe },
    Zone { name: "Europe/Madrid", utc_offset_minutes: 60, region: Region::Europe },
    Zone { name: "Asia/Kolkata", utc_offset_minutes: 330, region: Region::AsiaPacific },
    Zone { name: "Asia/Singapore", utc_offset_minutes: 480, region: Region::AsiaPacific },
    Zone { name: "Australia/Sydney", utc_offset_minutes: 600, region: Region::AsiaPacific },
];

/// The easternmost zone is less than this ahead of UTC: no local day begins earlier.
pub(super) const ZONE_AHEAD_MS_MAX: i64 = DAY_MS / 2;

/// Share of a normal working day's activity on a Saturday, Sunday or holiday.
const QUIET: f64 = 0.05;

/// A day with what people care about in it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Date {
    pub(super) day: Day,
    civil: civil::Date,
    /// 0 = Monday to 6 = Sunday.
    weekday: i32,
}

impl Zone {
    /// The instant at which `day` begins for people there.
    pub(super) const fn midnight(&self, day: Day) -> Timestamp {
        day.start().plus_millis(-self.utc_offset_minutes * MINUTE_MS)
    }
}

impl Date {
    pub(super) fn of(day: Day) -> Self {
        Self { day, civil: civil_date(day), weekday: (day.number() + 3).rem_euclid(7) }
    }

    /// `2025-03` for the truth's monthly rows.
    pub(super) fn month_name(self) -> String {
        format!("{:04}-{:02}", self.civil.year(), self.civil.month())
    }

    pub(super) fn begins_month(self) -> bool {
        self.civil.day() == 1
    }

    pub(super) const fn is_weekend(self) -> bool {
        self.weekday >= 5
    }

    /// How much gets done, as a share of an ordinary Tuesday: weekends, holidays, summers.
    pub(super) fn rhythm(self, region: Region) -> f64 {
        if self.is_weekend() || self.is_holiday(region) {
            return QUIET;
        }
        let of_year = match (self.civil.month(), self.civil.day()) {
            (12, 20..=31) | (1, 2..=4) => 0.4,
            (8, _) if region == Region::Europe => 0.8,
            (7, _) if region != Region::AsiaPacific => 0.92,
            _ => 1.0,
        };
        if self.weekday == 4 { of_year * 0.9 } else { of_year }
    }

    fn is_holiday(self, region: Region) -> bool {
        let day = (self.civil.month(), self.civil.day());
        let thursday = self.weekday == 3;
        match (region, day) {
            (_, (1, 1) | (12, 25)) => true,
            (Region::Americas, (7, 4)) => true,
            (Region::Americas, (11, 22..=28)) => thursday,
            (Region::Europe, (5, 1) | (12, 24 | 26)) => true,
            (Region::AsiaPacific, (1, 26..=28)) => true,
            _ => false,
        }
    }
}

fn civil_date(day: Day) -> civil::Date {
    civil::Date::ZERO
        .checked_add(jiff::Span::new().days(i64::from(day.number()) + DAYS_BEFORE_1970))
        .expect("every day of an input instant (2000 to 2100) is a civil date")
}

/// Days from 0000-01-01, the civil calendar's zero, to 1970-01-01.
const DAYS_BEFORE_1970: i64 = 719_528;

/// The same day of the month `months` later, or that month's last day.
pub(super) fn plus_months(day: Day, months: u16) -> Day {
    let start = civil_date(day);
    let moved = start
        .checked_add(jiff::Span::new().months(i64::from(months)))
        .expect("contracts end within the civil calendar");
    let days = start.until(moved).expect("two civil dates have a distance").get_days();
    day.plus(days)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Date {
        Date::of(Timestamp::parse(text).unwrap().day())
    }

    #[test]
    fn weekends_and_holidays_are_quiet() {
        assert!(date("2025-03-15").is_weekend());
        assert!(date("2025-03-16").is_weekend());
        assert!(!date("2025-03-17").is_weekend());
        assert!(date("2025-03-18").rhythm(Region::Europe) > 0.9);
        assert!(date("2025-07-04").rhythm(Region::Americas) < 0.1);
        assert!(date("2025-07-04").rhythm(Region::Europe) > 0.5);
        assert!(date("2024-11-28").rhythm(Region::Americas) < 0.1);
    }

    #[test]
    fn contracts_end_on_the_same_day_of_the_month() {
        let day = |text: &str| Timestamp::parse(text).unwrap().day();
        assert_eq!(plus_months(day("2024-02-29"), 12), day("2025-02-28"));
        assert_eq!(plus_months(day("2025-01-31"), 1), day("2025-02-28"));
        assert_eq!(plus_months(day("2025-06-10"), 24), day("2027-06-10"));
    }

    #[test]
    fn no_zone_is_too_far_ahead() {
        let day = Day::from_number(20_000);
        for zone in ZONES {
            let ahead_ms = day.start().millis_since(zone.midnight(day));
            assert!(ahead_ms < ZONE_AHEAD_MS_MAX, "{}", zone.name);
        }
    }
}
