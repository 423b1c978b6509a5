//! The customer's budget: what was decided about it, and worries.
//!
//! Worries found in free text are the business of `text.rs`.

use serde::{Deserialize, Serialize};

use crate::engine::stamp::{Last, Moment, Stamp};

use super::Budget;

/// What was told of the budget.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BudgetTold {
    /// The last time that it was confirmed.
    pub confirmed: Last<()>,
    /// The last time that it was at risk or cut, and which.
    pub threatened: Last<Budget>,
    /// The last worry.
    pub concern: Last<()>,
}

impl BudgetTold {
    pub(super) fn note_status(&mut self, status: Budget, moment: Moment<'_>) {
        match status {
            Budget::Confirmed => self.confirmed.see(moment, || ()),
            Budget::AtRisk | Budget::Cut => self.threatened.see(moment, || status),
        };
    }

    /// The last status, and when it was told.
    pub fn status(&self) -> Option<(&Stamp, Budget)> {
        let threatened = self.threatened.stamp().zip(self.threatened.get().copied());
        let confirmed = self.confirmed.stamp().map(|stamp| (stamp, Budget::Confirmed));
        threatened.max(confirmed)
    }

    /// The last concern, risk or cut.
    pub fn last_threat(&self) -> Option<&Stamp> {
        self.concern.stamp().max(self.threatened.stamp())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::time::Timestamp;

    #[test]
    fn a_confirmation_hides_no_threat() {
        let moment = |at, event_id| Moment { at: Timestamp::from_millis(at), event_id };
        let mut told = BudgetTold::default();
        assert_eq!((told.status(), told.last_threat()), (None, None));
        told.note_status(Budget::Confirmed, moment(5, "b"));
        told.note_status(Budget::Cut, moment(5, "a"));
        told.note_status(Budget::AtRisk, moment(4, "c"));
        assert_eq!(told.status(), Some((&moment(5, "b").stamp(), Budget::Confirmed)));
        assert_eq!(told.last_threat(), Some(&moment(5, "a").stamp()));
        assert_eq!(told.threatened.get(), Some(&Budget::Cut));
        told.concern.see(moment(6, "d"), || ());
        assert_eq!(told.last_threat(), Some(&moment(6, "d").stamp()));
    }
}
