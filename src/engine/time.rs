//! Instants and UTC days: parse, format, subtract.
//!
//! No clock: the wall clock is read in `kafka::clock` only and handed in as a [`Timestamp`].

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Milliseconds of one second, minute, hour and day.
pub const SECOND_MS: i64 = 1_000;
/// Milliseconds of a minute.
pub const MINUTE_MS: i64 = 60 * SECOND_MS;
/// Milliseconds of an hour.
pub const HOUR_MS: i64 = 60 * MINUTE_MS;
/// Milliseconds of a UTC day (there are no leap seconds in this scale).
pub const DAY_MS: i64 = 24 * HOUR_MS;

/// First instant an input may name: 2000-01-01T00:00:00Z.
pub const MIN_INPUT: Timestamp = Timestamp(946_684_800_000);
/// First instant an input may no longer name: 2100-01-01T00:00:00Z.
pub const MAX_INPUT: Timestamp = Timestamp(4_102_444_800_000);

/// An instant: milliseconds since 1970-01-01T00:00:00Z.
///
/// Written as RFC 3339 UTC with milliseconds in text formats, as an integer in binary ones; read
/// from RFC 3339, from a date (00:00 UTC) or from integer milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// A UTC day: days since 1970-01-01. `day(t)` of `scoring.md` §1.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Day(i32);

/// An instant that could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TimeError {
    /// Neither RFC 3339, nor a date, nor integer milliseconds.
    #[error("expected an RFC 3339 instant, a date, or milliseconds since 1970")]
    Syntax,
    /// Outside 2000-01-01 to 2100-01-01.
    #[error("instants must lie between 2000-01-01 and 2100-01-01")]
    Range,
}

impl Timestamp {
    /// The instant `ms` milliseconds after 1970-01-01T00:00:00Z.
    pub const fn from_millis(ms: i64) -> Self {
        Self(ms)
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// The UTC day that contains this instant.
    pub const fn day(self) -> Day {
        Day(self.0.div_euclid(DAY_MS) as i32)
    }

    /// This instant moved by `ms` milliseconds, saturating.
    pub const fn plus_millis(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// This instant moved by whole days, saturating.
    pub const fn plus_days(self, days: i64) -> Self {
        Self(self.0.saturating_add(days.saturating_mul(DAY_MS)))
    }

    /// Milliseconds from `earlier` to here; negative when `earlier` is later.
    pub const fn millis_since(self, earlier: Timestamp) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Fractional days from `earlier` to here; negative when `earlier` is later.
    pub fn days_since(self, earlier: Timestamp) -> f64 {
        self.millis_since(earlier) as f64 / DAY_MS as f64
    }

    /// Fractional hours from `earlier` to here; negative when `earlier` is later.
    pub fn hours_since(self, earlier: Timestamp) -> f64 {
        self.millis_since(earlier) as f64 / HOUR_MS as f64
    }

    /// Reads RFC 3339 (`2026-01-31T08:00:00.5+01:00`) or a date (`2026-01-31`, 00:00 UTC).
    ///
    /// # Errors
    /// [`TimeError`] when the text is neither, or lies outside 2000 to 2100.
    pub fn parse(text: &str) -> Result<Self, TimeError> {
        let parsed = if text.len() == 10 {
            let date: jiff::civil::Date = text.parse().map_err(|_| TimeError::Syntax)?;
            date.to_zoned(jiff::tz::TimeZone::UTC).map_err(|_| TimeError::Range)?.timestamp()
        } else {
            text.parse().map_err(|_| TimeError::Syntax)?
        };
        Self(parsed.as_millisecond()).in_input_range()
    }

    /// This instant, if an input may name it.
    ///
    /// # Errors
    /// [`TimeError::Range`] outside 2000 to 2100.
    pub fn in_input_range(self) -> Result<Self, TimeError> {
        if (MIN_INPUT..MAX_INPUT).contains(&self) { Ok(self) } else { Err(TimeError::Range) }
    }
}

impl Day {
    /// The day `days` after 1970-01-01.
    pub const fn from_number(days: i32) -> Self {
        Self(days)
    }

    /// Days since 1970-01-01.
    pub const fn number(self) -> i32 {
        self.0
    }

    /// Midnight at which this day begins.
    pub const fn start(self) -> Timestamp {
        Timestamp(self.0 as i64 * DAY_MS)
    }

    /// This day moved by `days`.
    pub const fn plus(self, days: i32) -> Self {
        Self(self.0.saturating_add(days))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(instant) => write!(out, "{instant:.3}"),
            Err(_) => write!(out, "{} ms", self.0),
        }
    }
}

impl fmt::Display for Day {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.start().0) {
            Ok(instant) => write!(out, "{}", instant.strftime("%Y-%m-%d")),
            Err(_) => write!(out, "day {}", self.0),
        }
    }
}

impl JsonSchema for Timestamp {
    fn schema_name() -> Cow<'static, str> {
        "Timestamp".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "date-time" })
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            serializer.serialize_i64(self.0)
        }
    }
}

struct TimestampVisitor;

impl Visitor<'_> for TimestampVisitor {
    type Value = Timestamp;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", TimeError::Syntax)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Timestamp, E> {
        Timestamp::parse(text).map_err(E::custom)
    }

    fn visit_i64<E: de::Error>(self, ms: i64) -> Result<Timestamp, E> {
        Timestamp(ms).in_input_range().map_err(E::custom)
    }

    fn visit_u64<E: de::Error>(self, ms: u64) -> Result<Timestamp, E> {
        self.visit_i64(i64::try_from(ms).unwrap_or(i64::MAX))
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            deserializer.deserialize_any(TimestampVisitor)
        } else {
            i64::deserialize(deserializer).map(Timestamp)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_instants_dates_and_offsets() {
        let midnight = Timestamp::from_millis(1_706_745_600_000);
        assert_eq!(Timestamp::parse("2024-02-01").unwrap(), midnight);
        assert_eq!(Timestamp::parse("2024-02-01T00:00:00Z").unwrap(), midnight);
        assert_eq!(Timestamp::parse("2024-02-01T01:00:00+01:00").unwrap(), midnight);
        let text = "2024-02-01T00:00:00.001Z";
        assert_eq!(Timestamp::parse(text).unwrap().to_string(), text);
        assert_eq!(midnight.to_string(), "2024-02-01T00:00:00.000Z");
        assert_eq!(midnight.day().to_string(), "2024-02-01");
    }

    #[test]
    fn refuses_what_no_event_can_mean() {
        for text in ["", "yesterday", "2024-13-01", "2024-02-01T00:00:00"] {
            assert_eq!(Timestamp::parse(text), Err(TimeError::Syntax), "{text}");
        }
        for text in ["1999-12-31T23:59:59Z", "2100-01-01"] {
            assert_eq!(Timestamp::parse(text), Err(TimeError::Range), "{text}");
        }
    }

    #[test]
    fn days_floor_towards_the_past() {
        assert_eq!(Timestamp::from_millis(-1).day().number(), -1);
        assert_eq!(Timestamp::from_millis(DAY_MS).day().start().as_millis(), DAY_MS);
    }
}
