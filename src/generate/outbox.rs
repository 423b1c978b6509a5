//! From what happened to what is delivered: the envelope, lateness, repeats, broker-time order.
//!
//! What happens is decided in `account/`; who reads the deliveries is `world.rs`.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::io::Write;

use super::body::Body;
use super::chance::{Chance, Purpose};
use crate::engine::event::Topic;
use crate::engine::time::{HOUR_MS, MINUTE_MS, SECOND_MS, Timestamp};

/// Deliveries not yet read, of all accounts.
#[derive(Debug)]
pub(super) struct Outbox {
    waiting: BinaryHeap<Reverse<Delivery>>,
    scratch: Vec<u8>,
    since: Timestamp,
    late_share: f64,
    duplicate_share: f64,
}

/// One record on its way.
#[derive(Debug)]
pub(super) struct Delivery {
    pub(super) broker_at: Timestamp,
    pub(super) account: u32,
    sequence: u32,
    pub(super) topic: Topic,
    pub(super) value: Vec<u8>,
}

/// An account's side of the outbox: its id, its counter of events, its luck with the network.
#[derive(Debug)]
pub(super) struct Sender {
    account: u32,
    account_id: String,
    sequence: u32,
    chance: Chance,
}

impl Outbox {
    /// An empty one; what happened before `since` is not delivered.
    pub(super) fn new(since: Timestamp, late_share: f64, duplicate_share: f64) -> Self {
        Self {
            waiting: BinaryHeap::new(),
            scratch: Vec::with_capacity(512),
            since,
            late_share,
            duplicate_share,
        }
    }

    /// When deliveries begin.
    pub(super) const fn since(&self) -> Timestamp {
        self.since
    }

    /// The next delivery, if it is made before `before`.
    pub(super) fn take_before(&mut self, before: Timestamp) -> Option<Delivery> {
        if self.waiting.peek()?.0.broker_at >= before {
            return None;
        }
        self.waiting.pop().map(|Reverse(delivery)| delivery)
    }

    fn write(&mut self, sender: &Sender, at: Timestamp, body: &Body<'_>) -> Vec<u8> {
        let (account, sequence, id) = (sender.account, sender.sequence, &sender.account_id);
        let source = source(body.topic());
        let out = &mut self.scratch;
        out.clear();
        write!(out, r#"{{"event_id":"{account:04}-{sequence:06}","account_id":"{id}","#)
            .and_then(|()| write!(out, r#""ts":"{at}","source":"{source}""#))
            .expect("writing to memory does not fail");
        let body_at = self.scratch.len();
        serde_json::to_writer(&mut self.scratch, body).expect("a body is plain data");
        self.scratch[body_at] = b',';
        self.scratch.as_slice().to_vec()
    }
}

impl Sender {
    pub(super) fn new(seed: u64, account: u32, account_id: String) -> Self {
        let chance = Chance::stream(seed, Purpose::Delivery, u64::from(account));
        Self { account, account_id, sequence: 0, chance }
    }

    /// Sends what happened `at`, now or late, once or more often.
    pub(super) fn send(&mut self, outbox: &mut Outbox, at: Timestamp, body: &Body<'_>) {
        self.sequence += 1;
        let (lateness, repeat) = (self.lateness_ms(outbox), self.repeat_after_ms(outbox));
        if at < outbox.since {
            return;
        }
        let topic = body.topic();
        let (account, sequence) = (self.account, self.sequence);
        let value = outbox.write(self, at, body);
        // The profile topic is compacted: an old profile that came last would be the one kept.
        let steady = topic == Topic::Accounts;
        let broker_at = if steady { at } else { at.plus_millis(lateness) };
        if let (Some(after), false) = (repeat, steady) {
            let broker_at = broker_at.plus_millis(after);
            let value = value.clone();
            outbox.waiting.push(Reverse(Delivery { broker_at, account, sequence, topic, value }));
        }
        outbox.waiting.push(Reverse(Delivery { broker_at, account, sequence, topic, value }));
    }

    /// Most at once; of the late ones most by seconds (which changes the order), some by hours,
    /// a few by days.
    fn lateness_ms(&mut self, outbox: &Outbox) -> i64 {
        if !self.chance.happens(outbox.late_share) {
            return 0;
        }
        let (low, high) = match self.chance.unit() {
            0.0..0.5 => (SECOND_MS, 2 * MINUTE_MS),
            0.5..0.8 => (2 * MINUTE_MS, HOUR_MS),
            0.8..0.95 => (HOUR_MS, 12 * HOUR_MS),
            _ => (12 * HOUR_MS, 120 * HOUR_MS),
        };
        self.chance.between(low as f64, high as f64) as i64
    }

    /// Retries repeat within minutes, batches that are sent again within hours.
    fn repeat_after_ms(&mut self, outbox: &Outbox) -> Option<i64> {
        if !self.chance.happens(outbox.duplicate_share) {
            return None;
        }
        let high = if self.chance.happens(0.85) { 5 * MINUTE_MS } else { 6 * HOUR_MS };
        Some(self.chance.between(200.0, high as f64) as i64)
    }
}

const fn source(topic: Topic) -> &'static str {
    match topic {
        Topic::Usage => "product-telemetry",
        Topic::Support => "helpdesk",
        Topic::Feedback => "surveys",
        Topic::Outcomes => "success-platform",
        Topic::Commercial => "billing",
        Topic::Accounts | Topic::Relationship | Topic::Commands => "crm",
    }
}

impl Delivery {
    const fn order(&self) -> (Timestamp, u32, u32) {
        (self.broker_at, self.account, self.sequence)
    }
}

impl Ord for Delivery {
    fn cmp(&self, other: &Self) -> Ordering {
        self.order().cmp(&other.order())
    }
}

impl PartialOrd for Delivery {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Delivery {
    fn eq(&self, other: &Self) -> bool {
        self.order() == other.order()
    }
}

impl Eq for Delivery {}
