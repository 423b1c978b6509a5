//! How often the customer spoke for us, and in which ways lately.
//!
//! Taking part in the community is counted by the facet itself.

use serde::{Deserialize, Serialize};

use crate::engine::time::Timestamp;
use crate::engine::window::day_log::DayLog;

use super::AdvocacyKind;

/// Times that the customer spoke for us.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AdvocacyLog {
    /// In any way.
    pub given: DayLog,
    /// The last time of each kind, in the order of the kinds.
    last_at: [Option<Timestamp>; 4],
}

impl AdvocacyLog {
    pub(super) fn note(&mut self, kind: AdvocacyKind, at: Timestamp) {
        self.given.add(at.day(), 1);
        let last = &mut self.last_at[kind as usize];
        *last = (*last).max(Some(at));
    }

    /// When the customer last spoke for us in this way.
    pub const fn last_at(&self, kind: AdvocacyKind) -> Option<Timestamp> {
        self.last_at[kind as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_its_last_time() {
        let mut log = AdvocacyLog::default();
        let ms = Timestamp::from_millis;
        for (kind, at) in [(AdvocacyKind::Talk, 5), (AdvocacyKind::Review, 9)] {
            log.note(kind, ms(at));
        }
        log.note(AdvocacyKind::Talk, ms(3));
        assert_eq!(log.given.total(), 3);
        assert_eq!(log.last_at(AdvocacyKind::Talk), Some(ms(5)));
        assert_eq!(log.last_at(AdvocacyKind::CaseStudy), None);
    }
}
