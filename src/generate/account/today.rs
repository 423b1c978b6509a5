//! One day of one account, as its parts see it: when, who, with what luck, and where events go.
//!
//! What the parts make of the day is theirs.

use super::identity::Identity;
use crate::engine::time::{DAY_MS, HOUR_MS, Timestamp};
use crate::generate::body::Body;
use crate::generate::calendar::Date;
use crate::generate::chance::Chance;
use crate::generate::outbox::{Outbox, Sender};
use crate::generate::vendor::VendorDay;

/// The day that is being lived.
pub(super) struct Today<'a> {
    pub(super) date: Date,
    /// When the day begins for the people there.
    pub(super) midnight: Timestamp,
    /// How much gets done, as a share of an ordinary working day.
    pub(super) rhythm: f64,
    pub(super) vendor: VendorDay,
    /// Days since the account was created.
    pub(super) age_days: i32,
    /// 1 for a customer, towards 0 after it left.
    pub(super) fading: f64,
    pub(super) events_scale: f64,
    pub(super) who: &'a Identity,
    pub(super) chance: &'a mut Chance,
    pub(super) sender: &'a mut Sender,
    pub(super) outbox: &'a mut Outbox,
}

/// Working days of a month: business happens on those.
const WORKDAYS_PER_MONTH: f64 = 21.0;

impl Today<'_> {
    /// Something happened `at`.
    pub(super) fn send(&mut self, at: Timestamp, body: &Body<'_>) {
        self.sender.send(self.outbox, at, body);
    }

    /// The instant `hours` after the day's beginning.
    pub(super) fn hour(&self, hours: f64) -> Timestamp {
        self.midnight.plus_millis((hours * HOUR_MS as f64) as i64)
    }

    /// Some instant of today's office hours.
    pub(super) fn office(&mut self) -> Timestamp {
        let hours = self.chance.between(8.5, 17.5);
        self.hour(hours)
    }

    /// Some instant of the office hours between `low` and `high` days from today, not a weekend.
    pub(super) fn office_in(&mut self, low: f64, high: f64) -> Timestamp {
        let mut days = self.chance.between(low, high) as i32;
        while days > 0 && Date::of(self.date.day.plus(days)).is_weekend() {
            days += 1;
        }
        self.office().plus_millis(i64::from(days) * DAY_MS)
    }

    pub(super) fn is_workday(&self) -> bool {
        self.rhythm > 0.2
    }

    /// True so often a month, on working days only.
    pub(super) fn monthly(&mut self, times: f64) -> bool {
        self.is_workday() && self.chance.happens(times / WORKDAYS_PER_MONTH)
    }

    /// True so often a year, on any day.
    pub(super) fn yearly(&mut self, times: f64) -> bool {
        self.chance.happens(times / 365.0)
    }
}
