//! The world: deals days to accounts and hands their events out in broker-time order.
//!
//! What an account does with its day is `account/`; where events go is the caller's business.

use std::io;

use super::account::Account;
use super::calendar::{Date, ZONE_AHEAD_MS_MAX};
use super::outbox::Outbox;
use super::truth::Truth;
use super::vendor::vendor_day;
use crate::engine::event::Topic;
use crate::engine::time::{Day, Timestamp};

/// What a world is made from; equal settings give equal bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// Where all chance comes from.
    pub seed: u64,
    /// How many accounts there are; about a fifth of them sign in the first year.
    pub accounts: u32,
    /// The history begins with this instant's UTC day.
    pub from: Timestamp,
    /// Nothing is delivered from this instant on; [`crate::engine::time::MAX_INPUT`] lives on.
    pub until: Timestamp,
    /// Multiplies sessions and API records, not people or business events; 1 is a normal book.
    pub events_scale: f64,
    /// Share of the events that are delivered late, 0 to 1.
    pub late_share: f64,
    /// Share of the events that are delivered twice, 0 to 1.
    pub duplicate_share: f64,
}

/// One record of the world, ready to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generated {
    /// Where it belongs.
    pub topic: Topic,
    /// Whose it is: the record's key.
    pub account_id: String,
    /// When the broker gets it: the record's timestamp, never before the event's own `ts`.
    pub broker_at: Timestamp,
    /// The event as JSON.
    pub value: Vec<u8>,
}

/// All accounts and what they have yet to deliver: an endless or bounded stream of records.
///
/// Lives one day of all accounts at a time, so memory is bounded by accounts and by what is late.
/// A book of this mixture has about 9 records per account and day.
#[derive(Debug)]
pub struct World {
    settings: Settings,
    accounts: Vec<Account>,
    outbox: Outbox,
    /// The next day to live.
    day: Day,
}

impl Settings {
    /// A normal book: scale 1, 4 % late, 1 % repeated.
    pub const fn new(seed: u64, accounts: u32, from: Timestamp, until: Timestamp) -> Self {
        Self {
            seed,
            accounts,
            from,
            until,
            events_scale: 1.0,
            late_share: 0.04,
            duplicate_share: 0.01,
        }
    }
}

impl World {
    /// A world on the eve of `settings.from`.
    pub fn new(settings: Settings) -> Self {
        let day = settings.from.day();
        let accounts =
            (0..settings.accounts).map(|number| Account::new(&settings, number, day)).collect();
        let outbox = Outbox::new(day.start(), settings.late_share, settings.duplicate_share);
        Self { settings, accounts, outbox, day }
    }

    /// The truth about each account, as far as the world has been lived.
    pub fn truth(&self) -> impl Iterator<Item = &Truth> {
        self.accounts.iter().map(Account::truth)
    }

    fn live_a_day(&mut self) {
        let date = Date::of(self.day);
        let vendor = vendor_day(self.settings.seed, self.day);
        for account in &mut self.accounts {
            account.live(date, vendor, &mut self.outbox);
        }
        self.day = self.day.plus(1);
    }
}

impl Iterator for World {
    type Item = Generated;

    /// The next record, in the order of broker time; nothing once `until` is reached.
    fn next(&mut self) -> Option<Generated> {
        loop {
            // Days are local: the easternmost accounts begin theirs before the UTC day.
            let settled = self.day.start().plus_millis(-ZONE_AHEAD_MS_MAX);
            if let Some(delivery) = self.outbox.take_before(settled.min(self.settings.until)) {
                let account_id = self.accounts[delivery.account as usize].id().to_owned();
                let (topic, broker_at, value) =
                    (delivery.topic, delivery.broker_at, delivery.value);
                return Some(Generated { topic, account_id, broker_at, value });
            }
            if settled >= self.settings.until {
                return None;
            }
            self.live_a_day();
        }
    }
}

impl Generated {
    /// Writes the event as a line of `pulse replay` (`contract.md` §2): the event and its `topic`.
    ///
    /// # Errors
    /// Whatever `out` fails with.
    pub fn write_line(&self, out: &mut impl io::Write) -> io::Result<()> {
        write!(out, r#"{{"topic":"{}","#, self.topic.name())?;
        out.write_all(&self.value[1..])?;
        out.write_all(b"\n")
    }
}
