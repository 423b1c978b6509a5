//! What a facet knows of the stream that feeds it: since when, how lately, and which events it had.
//!
//! What the events did is the state of the facet itself; lag of topics belongs to `kafka/`.

use std::collections::BTreeSet;

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use crate::engine::event::{Event, Topic};
use crate::engine::time::{HOUR_MS, Timestamp};

/// How many event ids of the usage topic are remembered per account (`architecture.md` §4.9).
pub const USAGE_IDS_MAX: usize = 128;
/// How many event ids of each other topic are remembered per account.
pub const OTHER_IDS_MAX: usize = 16;

/// An event whose record came later than this after it happened is said to be late.
const LATE_EVENT_MS: i64 = HOUR_MS;

/// Events that came late since an account was last looked at.
#[derive(Clone, Copy, Debug)]
pub struct Late {
    /// When the earliest of them happened.
    pub from: Timestamp,
    topics: [bool; Topic::ALL.len()],
}

/// How long event ids are remembered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Memory {
    /// The last few of each topic: a live service.
    #[default]
    Bounded,
    /// All: `replay` and `backtest`.
    All,
}

/// The stream of one topic for one account.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Feed {
    first_at: Option<Timestamp>,
    live_since: Option<Timestamp>,
    last_at: Option<Timestamp>,
    last: Option<LastEvent>,
    n_events: u32,
    duplicates: u32,
    late: u32,
    seen: Seen,
}

/// The newest event of a topic, by record time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LastEvent {
    /// Its record's time.
    pub broker_at: Timestamp,
    /// When it happened.
    pub at: Timestamp,
    /// Its id.
    pub event_id: CompactString,
    /// Its type, as in the envelope.
    pub event_type: CompactString,
    /// Whether its record came more than an hour after it happened.
    pub is_late: bool,
}

/// Hashes of the event ids that were read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Seen {
    /// A ring; `next` is the oldest one once it is full.
    Recent {
        hashes: Vec<u64>,
        next: u16,
    },
    All(BTreeSet<u64>),
}

impl Late {
    /// Notes an event of a record's time `broker_at`, if it is late.
    pub fn note(late: &mut Option<Self>, event: &Event<'_>, broker_at: Timestamp) {
        if is_late(event.at, broker_at) {
            let late = late.get_or_insert(Self { from: event.at, topics: Default::default() });
            late.from = late.from.min(event.at);
            late.topics[event.body.topic().index()] = true;
        }
    }

    /// Whether any of them is of this topic.
    pub const fn is_of(&self, topic: Topic) -> bool {
        self.topics[topic.index()]
    }
}

fn is_late(at: Timestamp, broker_at: Timestamp) -> bool {
    broker_at.millis_since(at) > LATE_EVENT_MS
}

impl Default for Seen {
    fn default() -> Self {
        Self::Recent { hashes: Vec::new(), next: 0 }
    }
}

impl Feed {
    /// A feed that remembers event ids this long.
    pub fn new(memory: Memory) -> Self {
        let seen = match memory {
            Memory::Bounded => Seen::default(),
            Memory::All => Seen::All(BTreeSet::new()),
        };
        Self { seen, ..Self::default() }
    }

    /// Notes an event id; says whether it is new. At most `ids_max` are remembered.
    pub(super) fn is_new(&mut self, event_id_hash: u64, ids_max: usize) -> bool {
        let is_new = self.seen.insert(event_id_hash, ids_max);
        if !is_new {
            self.duplicates = self.duplicates.saturating_add(1);
        }
        is_new
    }

    /// Notes when an event happened. `makes_live`: it is one of those listed in `scoring.md` §1.
    pub(super) fn note(&mut self, event: &Event<'_>, broker_at: Timestamp, makes_live: bool) {
        let at = event.at;
        self.n_events = self.n_events.wrapping_add(1);
        self.first_at = Some(self.first_at.map_or(at, |first| first.min(at)));
        self.last_at = self.last_at.max(Some(at));
        if makes_live {
            self.live_since = Some(self.live_since.map_or(at, |first| first.min(at)));
        }
        let last = self.last.get_or_insert_with(|| LastEvent {
            broker_at: Timestamp::from_millis(i64::MIN),
            at: Timestamp::from_millis(i64::MIN),
            event_id: CompactString::default(),
            event_type: CompactString::default(),
            is_late: false,
        });
        if (broker_at, &*event.event_id) > (last.broker_at, last.event_id.as_str()) {
            // The texts are overwritten in place: their memory serves again.
            last.event_id.clear();
            last.event_id.push_str(&event.event_id);
            last.event_type.clear();
            last.event_type.push_str(event.body.type_name());
            last.broker_at = broker_at;
            last.at = at;
            last.is_late = is_late(at, broker_at);
        }
    }

    /// Counts an event that is older than every window.
    pub(super) fn note_late(&mut self) {
        self.late = self.late.saturating_add(1);
    }

    /// When the first event happened.
    pub const fn first_at(&self) -> Option<Timestamp> {
        self.first_at
    }

    /// Whether the topic is live for the account: metrics of one that is not do not exist.
    pub const fn is_live(&self) -> bool {
        self.live_since.is_some()
    }

    /// When the first event happened that feeds a metric or signal.
    pub const fn live_since(&self) -> Option<Timestamp> {
        self.live_since
    }

    /// When the last event happened.
    pub const fn last_at(&self) -> Option<Timestamp> {
        self.last_at
    }

    /// The newest event, by record time.
    pub const fn last_event(&self) -> Option<&LastEvent> {
        self.last.as_ref()
    }

    /// How many events there were, copies apart; wraps around.
    pub const fn n_events(&self) -> u32 {
        self.n_events
    }

    /// How many copies of events were ignored.
    pub const fn duplicates(&self) -> u32 {
        self.duplicates
    }

    /// How many events were older than every window when they came.
    pub const fn late(&self) -> u32 {
        self.late
    }
}

impl Seen {
    fn insert(&mut self, hash: u64, ids_max: usize) -> bool {
        match self {
            Self::All(hashes) => hashes.insert(hash),
            Self::Recent { hashes, .. } if hashes.contains(&hash) => false,
            Self::Recent { hashes, .. } if hashes.len() < ids_max => {
                hashes.push(hash);
                true
            }
            Self::Recent { hashes, next } => {
                let oldest = usize::from(*next) % hashes.len();
                hashes[oldest] = hash;
                *next = ((oldest + 1) % hashes.len()) as u16;
                true
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounded_memory_forgets_the_oldest_and_replay_forgets_nothing() {
        let (mut bounded, mut all) = (Feed::default(), Feed::new(Memory::All));
        for hash in [1, 2, 3, 4, 1] {
            bounded.is_new(hash, 3);
            all.is_new(hash, 3);
        }
        assert!(bounded.is_new(2, 3), "2 was pushed out by 1");
        assert!(!bounded.is_new(4, 3) && !bounded.is_new(1, 3));
        assert!(!all.is_new(2, 3));
        assert_eq!((bounded.duplicates(), all.duplicates()), (2, 2));
    }
}
