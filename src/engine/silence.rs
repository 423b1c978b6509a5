//! Which feeds stopped for the whole fleet, so that their silence says nothing about a customer.
//!
//! How that is found out stands in `fleet.rs`; what is believed meanwhile, in `assess.rs`.

use serde::{Deserialize, Serialize};

use super::event::Topic;
use super::time::Timestamp;

/// The topics that are silent on every partition, each with the time of its last record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Silences([Option<Timestamp>; Topic::ALL.len()]);

impl Silences {
    /// Every feed speaks.
    pub const NONE: Silences = Silences([None; Topic::ALL.len()]);

    /// Notes that a feed stopped with the record of this time.
    pub const fn note(&mut self, topic: Topic, last_record_at: Timestamp) {
        self.0[topic.index()] = Some(last_record_at);
    }

    /// The time of the last record of a feed that stopped.
    pub const fn since(&self, topic: Topic) -> Option<Timestamp> {
        self.0[topic.index()]
    }

    /// The instant as of which a facet is assessed: `now`, unless its feed stopped before.
    pub fn as_of(&self, topic: Topic, now: Timestamp) -> Timestamp {
        self.since(topic).map_or(now, |since| since.min(now))
    }

    /// The same for what several topics feed: as of the first that stopped. What the others told
    /// since then counts nevertheless, as no window ends before what was applied.
    pub fn as_of_all(&self, topics: &[Topic], now: Timestamp) -> Timestamp {
        topics.iter().map(|topic| self.as_of(*topic, now)).min().unwrap_or(now)
    }

    /// The silent topics, one bit each.
    pub fn topics(&self) -> u8 {
        let silent = Topic::ALL.into_iter().filter(|topic| self.since(*topic).is_some());
        silent.map(bit).sum()
    }

    /// Whether one of these topics is silent now and was not `before`, or the other way round.
    pub fn differ_for(&self, before: u8, topics: &[Topic]) -> bool {
        let changed = self.topics() ^ before;
        topics.iter().any(|topic| changed & bit(*topic) != 0)
    }
}

const fn bit(topic: Topic) -> u8 {
    1 << topic.index()
}
