//! Escalations, and what several of them have in common: the feature or the severity.
//!
//! How many make a pattern is said by the model file.

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::Support;
use crate::engine::time::{Day, Timestamp};
use crate::engine::window::newest::Newest;

/// Most escalations that are remembered one by one.
pub const ESCALATIONS_MAX: usize = 256;

/// The last escalations, one by one.
pub type Escalations = Newest<Escalation, ESCALATIONS_MAX>;

/// One escalation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Escalation {
    /// When it happened.
    pub at: Timestamp,
    /// The hash of its event's id: two of one instant are two.
    pub event: u64,
    /// The hash of its ticket's id.
    pub ticket: u64,
}

/// How many of an account's escalations are about one thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Several<T> {
    /// What they have in common.
    pub of: T,
    /// How many there are.
    pub escalations: u32,
}

impl Support {
    /// The feature that most escalations since `start` are about; of equal ones the first by name.
    pub fn most_escalated_feature(&self, start: Day) -> Option<Several<&str>> {
        let mut features: SmallVec<[(&str, u32); 16]> = SmallVec::new();
        for feature in self.escalated_tickets(start).filter_map(|ticket| ticket.feature()) {
            match features.iter_mut().find(|(of, _)| *of == feature) {
                Some((_, escalations)) => *escalations += 1,
                None => features.push((feature, 1)),
            }
        }
        let most =
            features.into_iter().max_by(|one, other| (one.1, other.0).cmp(&(other.1, one.0)));
        most.map(|(of, escalations)| Several { of, escalations })
    }

    /// The severity of most escalations since `start`, as the tickets have it now; of equal ones
    /// the worst.
    pub fn most_escalated_severity(&self, start: Day) -> Option<Several<u8>> {
        let mut severities = [0_u32; 5];
        for severity in self.escalated_tickets(start).filter_map(|ticket| ticket.severity()) {
            severities[usize::from(severity.min(4))] += 1;
        }
        let most = (1..=4_u8).rev().max_by_key(|severity| severities[usize::from(*severity)])?;
        let escalations = severities[usize::from(most)];
        (escalations > 0).then_some(Several { of: most, escalations })
    }

    /// The ticket of each escalation since `start`, as far as it is known.
    fn escalated_tickets(&self, start: Day) -> impl Iterator<Item = &super::TicketState> {
        let all = self.escalations.as_slice();
        let first = all.partition_point(|escalation| escalation.at < start.start());
        all[first..].iter().filter_map(|escalation| self.tickets.get(escalation.ticket))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::account::support::Opening;
    use crate::engine::stamp::Moment;

    fn moment(day: i64) -> Moment<'static> {
        Moment { at: Timestamp::default().plus_days(day), event_id: "e" }
    }

    fn escalated(tickets: &[(u64, u8, Option<&str>)]) -> Support {
        let mut support = Support::default();
        for (turn, (ticket, severity, feature)) in tickets.iter().enumerate() {
            let at = moment(10).at;
            support.escalations.add(Escalation { at, event: turn as u64, ticket: *ticket });
            let feature = feature.map(Into::into);
            let opening = || Opening { severity: *severity, feature };
            support.note_ticket(*ticket, moment(5), |ticket| ticket.opened.see(moment(5), opening));
        }
        support
    }

    #[test]
    fn what_most_escalations_have_in_common_is_found() {
        let one = (1, 2, Some("search"));
        let support = escalated(&[one, one, (2, 3, Some("export")), (3, 3, None), (4, 3, None)]);
        let start = Day::from_number(10);
        let feature = support.most_escalated_feature(start);
        assert_eq!(feature, Some(Several { of: "search", escalations: 2 }));
        let severity = support.most_escalated_severity(start);
        assert_eq!(severity, Some(Several { of: 3, escalations: 3 }));
        assert_eq!(support.most_escalated_feature(start.plus(1)), None);
        assert_eq!(support.most_escalated_severity(start.plus(1)), None);
        let ties = escalated(&[(1, 4, Some("b")), (2, 1, Some("a"))]);
        assert_eq!(ties.most_escalated_feature(start).map(|it| it.of), Some("a"));
        assert_eq!(ties.most_escalated_severity(start).map(|it| it.of), Some(1));
    }

    #[test]
    fn a_ticket_has_the_severity_that_it_was_given_last() {
        let mut support = escalated(&[(1, 3, None)]);
        let regrade = |support: &mut Support, day, severity| {
            support.note_ticket(1, moment(day), |it| it.regraded.see(moment(day), || severity));
            support.most_escalated_severity(Day::from_number(0)).map(|it| it.of)
        };
        assert_eq!(regrade(&mut support, 2, 4), Some(3), "it was opened after that");
        assert_eq!(regrade(&mut support, 7, 1), Some(1));
        assert_eq!(regrade(&mut support, 6, 2), Some(1));
    }
}
