//! What we wrote to the customer, and which of it was answered.
//!
//! Which windows are compared is said by the metrics and signals that read it.

use serde::{Deserialize, Serialize};

use crate::engine::id::IdKey;
use crate::engine::stamp::Moment;
use crate::engine::time::{Day, Timestamp};
use crate::engine::window::HORIZON_DAYS;
use crate::engine::window::id_map::IdMap;
use crate::engine::window::newest::Newest;

/// Most messages that are remembered; the oldest goes.
pub const SENT_MAX: usize = 512;
/// Most messages whose answers are remembered; the one answered least lately goes.
pub const REPLIED_MAX: usize = 512;

/// Messages and answers of the newest [`HORIZON_DAYS`] days. An answer belongs to the messages with
/// its outreach id, whether they were sent before or after it, and however often.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Correspondence {
    /// What we sent.
    pub sent: Newest<Sent, SENT_MAX>,
    /// The last answer by outreach id.
    pub replied: IdMap<Timestamp, REPLIED_MAX>,
    /// The newest day of both: what lies too far behind it is forgotten in both.
    newest: Day,
}

/// One message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Sent {
    /// When it was sent.
    pub at: Timestamp,
    /// Hash of its outreach id, which several messages may have.
    pub outreach: u64,
    /// Hash of the event id: tells two messages from two copies of one.
    event: u64,
}

/// How many messages were sent, and how many of these were answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Answered {
    /// Sent.
    pub sent: u32,
    /// Of these, answered whenever.
    pub replied: u32,
}

impl Correspondence {
    pub(super) fn note_sent(&mut self, outreach: u64, moment: Moment<'_>, key: &IdKey) {
        if self.is_recent(moment.at) {
            let event = key.hash(moment.event_id);
            self.sent.add(Sent { at: moment.at, outreach, event });
        }
    }

    pub(super) fn note_reply(&mut self, outreach: u64, at: Timestamp) {
        if self.is_recent(at) {
            self.replied.update(outreach, |last| *last = at.max(*last), |last| *last);
        }
    }

    /// The messages of `from..to`, and how many of these were answered.
    pub fn between(&self, from: Timestamp, to: Timestamp) -> Answered {
        let sent = self.sent.between(from, to, |sent| sent.at);
        let replied = sent.iter().filter(|sent| self.replied.get(sent.outreach).is_some());
        Answered { sent: sent.len() as u32, replied: replied.count() as u32 }
    }

    /// Whether an event at this instant is to be remembered; one that is the newest of all makes
    /// older ones forgotten.
    fn is_recent(&mut self, at: Timestamp) -> bool {
        let is_newest = at.day() > self.newest;
        self.newest = self.newest.max(at.day());
        let oldest = self.newest.plus(1 - HORIZON_DAYS as i32).start();
        if is_newest {
            self.sent.forget_first(|sent| sent.at < oldest);
            self.replied.retain(|last| *last >= oldest);
        }
        at >= oldest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(day: i32) -> Timestamp {
        Day::from_number(20_000 + day).start()
    }

    fn sent(letters: &mut Correspondence, outreach: u64, at: Timestamp, event_id: &str) {
        letters.note_sent(outreach, Moment { at, event_id }, &IdKey::new([7; 16]));
    }

    #[test]
    fn an_answer_is_matched_by_id_whatever_its_time() {
        let mut letters = Correspondence::default();
        letters.note_reply(1, day(2));
        sent(&mut letters, 1, day(3), "a");
        sent(&mut letters, 1, day(9), "b");
        sent(&mut letters, 1, day(9), "b");
        sent(&mut letters, 2, day(4), "c");
        assert_eq!(letters.between(day(3), day(9)), Answered { sent: 2, replied: 1 });
        assert_eq!(letters.between(day(3), day(10)), Answered { sent: 3, replied: 2 });
        letters.note_reply(2, day(300));
        assert_eq!(letters.between(day(3), day(9)), Answered { sent: 2, replied: 2 });
    }

    #[test]
    fn both_are_bounded_and_what_is_lost_is_counted() {
        let mut letters = Correspondence::default();
        for number in 0..600 {
            sent(&mut letters, number, day(1).plus_millis(number as i64), &number.to_string());
            letters.note_reply(number, day(2).plus_millis(number as i64));
        }
        assert_eq!(letters.between(day(0), day(9)), Answered { sent: 512, replied: 512 });
        assert_eq!((letters.sent.lost(), letters.replied.lost()), (88, 88));
        letters.note_reply(0, day(400));
        assert_eq!(letters.sent.as_slice().len() + letters.replied.values().len(), 1);
    }
}
