//! The sponsor at the customer: who it is, when they were last heard of, whether there is one.
//!
//! What a silent or missing sponsor is worth stands in the model.

use serde::{Deserialize, Serialize};

use crate::engine::stamp::Last;
use crate::engine::time::Timestamp;

/// What was told of the sponsor.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sponsor {
    /// The last time that the sponsor took part in something.
    pub engaged: Last<()>,
    /// The last time that somebody became the sponsor, and who, as a hash, if it was said.
    pub assigned: Last<Option<u64>>,
    /// The last time that a sponsor left.
    pub departed: Last<()>,
}

impl Sponsor {
    /// Whether anything was ever told of a sponsor.
    pub fn is_known(&self) -> bool {
        self.last_present_at().is_some() || self.departed.at().is_some()
    }

    /// Whether a sponsor left and nobody was assigned since; taking part in something fills no
    /// vacancy.
    pub fn is_vacant(&self) -> bool {
        self.departed.stamp() > self.assigned.stamp()
    }

    /// When a sponsor last took part in something or was assigned.
    pub fn last_present_at(&self) -> Option<Timestamp> {
        self.engaged.at().max(self.assigned.at())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::stamp::Moment;

    fn sponsor(events: &[(&str, i64, &str)]) -> Sponsor {
        let mut sponsor = Sponsor::default();
        for (what, at, event_id) in events {
            let moment = Moment { at: Timestamp::from_millis(*at), event_id };
            match *what {
                "engaged" => sponsor.engaged.see(moment, || ()),
                "assigned" => sponsor.assigned.see(moment, || None),
                _ => sponsor.departed.see(moment, || ()),
            };
        }
        sponsor
    }

    #[test]
    fn only_an_assignment_fills_a_vacancy() {
        assert!(!sponsor(&[]).is_vacant() && !sponsor(&[]).is_known());
        assert!(!sponsor(&[("engaged", 1, "a")]).is_vacant());
        let gone = sponsor(&[("departed", 2, "a"), ("engaged", 3, "b")]);
        assert!(gone.is_vacant() && gone.is_known());
        assert_eq!(gone.last_present_at(), Some(Timestamp::from_millis(3)));
        assert!(!sponsor(&[("departed", 2, "a"), ("assigned", 3, "b")]).is_vacant());
        assert!(sponsor(&[("assigned", 1, "b"), ("departed", 2, "a")]).is_vacant());
    }

    #[test]
    fn at_the_same_instant_the_event_id_decides() {
        assert!(sponsor(&[("departed", 2, "b"), ("assigned", 2, "a")]).is_vacant());
        assert!(!sponsor(&[("departed", 2, "a"), ("assigned", 2, "b")]).is_vacant());
    }
}
