//! Talks about the renewal: touches, replies, and what the customer means to do.
//!
//! When a renewal is due follows from the contract; contracts are kept in `contract.rs`.

use serde::{Deserialize, Serialize};

use crate::engine::stamp::{Last, Moment, Stamp};
use crate::engine::time::Timestamp;
use crate::engine::window::instants::Instants;
use crate::engine::window::newest::Newest;

use super::Intent;

/// Most touches, and most replies, that are remembered; the oldest goes.
pub const TOUCHES_MAX: usize = 128;

/// What was said about the renewal.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RenewalTalks {
    /// Times that we spoke of it.
    pub touches: Newest<Stamp, TOUCHES_MAX>,
    /// Times that the customer answered.
    pub replies: Instants<TOUCHES_MAX>,
    /// The last answer.
    pub last_reply: Last<()>,
    /// What the customer means to do, as said last.
    pub intent: Last<Intent>,
}

impl RenewalTalks {
    pub(super) fn note_touch(&mut self, moment: Moment<'_>) {
        self.touches.add_recent(moment.stamp(), |stamp| stamp.at);
    }

    pub(super) fn note_reply(&mut self, moment: Moment<'_>) {
        self.replies.add(moment.at);
        self.last_reply.see(moment, || ());
    }

    /// The touches of `from..to`, oldest first.
    pub fn touches_between(&self, from: Timestamp, to: Timestamp) -> &[Stamp] {
        self.touches.between(from, to, |stamp| stamp.at)
    }

    /// Of these, how many are later than the last reply, whenever that was.
    pub fn unanswered_between(&self, from: Timestamp, to: Timestamp) -> u32 {
        let touches = self.touches_between(from, to).iter();
        touches.filter(|touch| Some(*touch) > self.last_reply.stamp()).count() as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn touches_after_the_last_reply_are_unanswered() {
        let moment = |at, event_id| Moment { at: Timestamp::from_millis(at), event_id };
        let (from, to) = (Timestamp::from_millis(2), Timestamp::from_millis(9));
        let mut talks = RenewalTalks::default();
        for (at, event_id) in [(7, "c"), (1, "a"), (2, "b"), (9, "f"), (7, "e")] {
            talks.note_touch(moment(at, event_id));
        }
        assert_eq!(talks.touches_between(from, to).len(), 3);
        assert_eq!(talks.unanswered_between(from, to), 3);
        talks.note_reply(moment(7, "d"));
        talks.note_reply(moment(2, "a"));
        assert_eq!(talks.unanswered_between(from, to), 1);
    }
}
