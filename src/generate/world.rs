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
/// A book of this mixture has about 8 records per account and day (2.5 at scale 0).
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

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use serde::Deserialize;

    use super::*;
    use crate::engine::decode::Body;
    use crate::engine::event::EventBody;
    use crate::engine::field::{Id, Str};
    use crate::engine::time::HOUR_MS;
    use crate::generate::truth::Month;

    #[derive(Deserialize)]
    struct Envelope<'a> {
        #[serde(borrow)]
        event_id: Id<'a>,
        account_id: Id<'a>,
        #[serde(rename = "type")]
        type_name: Str<'a>,
        ts: Timestamp,
    }

    fn settings(seed: u64, accounts: u32, days: i64) -> Settings {
        let from = Timestamp::parse("2025-01-01").unwrap();
        Settings::new(seed, accounts, from, from.plus_days(days))
    }

    /// Business events in full, usage thinned out: a year of it is cheap.
    fn thin(seed: u64, accounts: u32, days: i64) -> Settings {
        Settings { events_scale: 0.03, ..settings(seed, accounts, days) }
    }

    fn envelope(record: &Generated) -> Envelope<'_> {
        serde_json::from_slice(&record.value).unwrap()
    }

    #[test]
    fn a_seed_is_a_world() {
        let records = |seed| World::new(settings(seed, 5, 20)).collect::<Vec<_>>();
        assert!(records(1) == records(1));
        assert!(records(1) != records(2));
    }

    #[test]
    fn accounts_do_not_influence_one_another() {
        let five: Vec<_> = World::new(settings(1, 5, 20)).collect();
        let ids: BTreeSet<_> = five.iter().map(|record| record.account_id.clone()).collect();
        let of_six = World::new(settings(1, 6, 20)).filter(|r| ids.contains(&r.account_id));
        assert!(of_six.eq(five));
    }

    #[test]
    fn a_longer_history_goes_on_from_the_shorter() {
        let short: Vec<_> = World::new(settings(3, 5, 20)).collect();
        let long = World::new(settings(3, 5, 40)).take(short.len());
        assert!(long.eq(short));
    }

    #[test]
    fn deliveries_are_ordered_some_late_some_twice() {
        let settings = settings(4, 30, 60);
        let mut seen = BTreeMap::new();
        let (mut count, mut late, mut back) = (0, 0, 0);
        let (mut last_broker_at, mut last_at) = (settings.from, BTreeMap::new());
        for record in World::new(settings) {
            let read = envelope(&record);
            assert!(record.broker_at >= last_broker_at && record.broker_at < settings.until);
            assert!(read.ts <= record.broker_at && *read.account_id == *record.account_id);
            last_broker_at = record.broker_at;
            count += 1;
            late += i32::from(record.broker_at > read.ts);
            let latest = last_at.entry(record.account_id.clone()).or_insert(read.ts);
            back += i32::from(read.ts < *latest);
            *latest = read.ts.max(*latest);
            let key = (record.account_id.clone(), read.event_id.to_string());
            let first = seen.entry(key).or_insert_with(|| record.value.clone());
            assert!(*first == record.value, "copies are identical");
        }
        let share = |n: i32| f64::from(n) / f64::from(count);
        assert!((0.03..0.06).contains(&share(late)), "late: {}", share(late));
        let repeated = f64::from(count) - seen.len() as f64;
        assert!((0.005..0.015).contains(&(repeated / f64::from(count))));
        assert!((0.01..0.1).contains(&share(back)), "out of order: {}", share(back));
        let punctual = Settings { late_share: 0.0, duplicate_share: 0.0, ..thin(4, 10, 20) };
        assert!(World::new(punctual).all(|record| envelope(&record).ts == record.broker_at));
    }

    #[test]
    fn every_event_is_one_that_the_engine_reads_and_every_type_occurs() {
        let mut types = BTreeSet::new();
        for record in World::new(thin(5, 120, 365)) {
            let read = envelope(&record);
            let text = std::str::from_utf8(&record.value).unwrap();
            let body = EventBody::read(record.topic, &read.type_name, &Body::Json(text));
            let body = body.unwrap_or_else(|error| panic!("{}: {error}", &*read.type_name));
            types.insert(body.type_name());
        }
        let expected = Topic::ALL.into_iter().filter(|topic| *topic != Topic::Commands);
        let missing: Vec<_> = expected
            .flat_map(|topic| topic.types())
            .filter(|name| !types.contains(*name))
            .collect();
        assert!(missing.is_empty(), "never happened: {missing:?}");
    }

    #[test]
    fn the_profile_comes_first() {
        let mut known = BTreeSet::new();
        for record in World::new(thin(6, 40, 30)) {
            if record.topic == Topic::Accounts {
                known.insert(record.account_id);
            } else if record.broker_at.millis_since(settings(6, 1, 1).from) > 12 * HOUR_MS {
                assert!(known.contains(&record.account_id), "{}", record.account_id);
            }
        }
        assert!(known.len() > 25);
    }

    #[test]
    fn those_who_leave_were_worse_off() {
        let mut world = World::new(Settings { events_scale: 0.0, ..settings(7, 400, 365) });
        world.by_ref().for_each(drop);
        let truth: Vec<_> = world.truth().filter(|truth| !truth.months.is_empty()).collect();
        let (left, stayed): (Vec<&Truth>, Vec<_>) =
            truth.iter().partition(|truth| truth.churned_at.is_some());
        let rate = left.len() as f64 / truth.len() as f64;
        assert!((0.08..0.22).contains(&rate), "{rate} left");
        let worse_by = |figure: fn(&Month) -> f64| {
            let of_leaving = left.iter().map(|truth| figure(before_decision(truth)));
            let of_staying = stayed.iter().flat_map(|truth| &truth.months).map(figure);
            mean(of_leaving) - mean(of_staying)
        };
        assert!(worse_by(|month| month.value) < -0.1);
        assert!(worse_by(|month| month.friction) > 0.01);
        assert!(worse_by(|month| month.sponsor) < -0.05);
        assert!(worse_by(|month| month.budget) < -0.02);
        assert!(worse_by(|month| month.competitor) > 0.01);
        assert!(left.iter().all(|truth| truth.reason.is_some()));
        let well = left.iter().filter(|truth| before_decision(truth).value > 0.6);
        assert!(well.count() > 0, "some leave out of the blue");
    }

    fn mean(figures: impl Iterator<Item = f64>) -> f64 {
        let (sum, count) = figures.fold((0.0, 0.0), |(sum, n), figure| (sum + figure, n + 1.0));
        sum / count
    }

    /// The last row before they made up their mind, else the last.
    fn before_decision(truth: &Truth) -> &Month {
        let decided = truth.decided_at.map_or("9999-99".to_owned(), |at| at.to_string());
        let before = truth.months.iter().rfind(|row| *row.month <= decided[..7]);
        before.unwrap_or(&truth.months[0])
    }

    #[test]
    fn people_work_on_weekdays_and_stop_when_they_left() {
        let mut world = World::new(settings(8, 60, 150));
        let (mut weekday, mut weekend) = (0, 0);
        let mut last_use = BTreeMap::new();
        for record in world.by_ref().filter(|record| record.topic == Topic::Usage) {
            let read = envelope(&record);
            match (&*read.type_name, Date::of(read.ts.day()).is_weekend()) {
                ("session", true) => weekend += 1,
                ("session", false) => weekday += 1,
                _ => {}
            }
            last_use.insert(record.account_id.clone(), read.ts);
        }
        assert!(weekday > 20 * weekend && weekend > 0, "{weekday} to {weekend}");
        let gone = world.truth().filter_map(|truth| Some((truth, truth.churned_at?)));
        let ended: Vec<_> = gone
            .filter_map(|(truth, at)| Some(last_use.get(&truth.account_id)?.days_since(at)))
            .collect();
        assert!(!ended.is_empty() && ended.iter().all(|days| *days < 26.0), "{ended:?}");
    }

    #[test]
    fn lines_are_what_replay_reads() {
        let record = World::new(settings(9, 3, 2)).next().unwrap();
        let mut line = Vec::new();
        record.write_line(&mut line).unwrap();
        assert_eq!(line.last(), Some(&b'\n'));
        let read: serde_json::Value = serde_json::from_slice(&line).unwrap();
        assert_eq!(read["topic"], record.topic.name());
        assert_eq!(read["account_id"], record.account_id.as_str());
    }
}
