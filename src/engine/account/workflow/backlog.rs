//! What happened to an account while only its health was published: facts that are still young
//! when everything is.
//!
//! When that begins is said in `engine/first_day.rs`.

use serde::{Deserialize, Serialize};

use crate::engine::account::fact::{Detail, Fact};
use crate::engine::time::{DAY_MS, Timestamp};

/// Most facts of an account that are kept; the oldest goes.
pub const BACKLOG_MAX: usize = 32;
/// Facts that are older than this by their event's time have been seen.
pub const BACKLOG_MS: i64 = 7 * DAY_MS;

/// The facts of the last days, in the order in which they were read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Backlog(Vec<Fact>);

impl Backlog {
    /// Keeps facts as of `now`, and forgets those that have become too old; says whether it is
    /// another one now.
    ///
    /// Commands are answered at once and need no second look.
    pub fn keep(&mut self, facts: &[Fact], now: Timestamp) -> bool {
        let already = self.0.len();
        self.0.retain(|fact| is_young(fact, now));
        let mut changed = self.0.len() != already;
        let kept = facts.iter().filter(|fact| !matches!(fact.detail, Detail::Order(_)));
        for fact in kept.filter(|fact| is_young(fact, now)) {
            if self.0.len() == BACKLOG_MAX {
                self.0.remove(0);
            }
            self.0.push(unnamed(fact));
            changed = true;
        }
        changed
    }

    /// The facts that are young enough as of `now`.
    pub fn into_young(self, now: Timestamp) -> impl Iterator<Item = Fact> {
        self.0.into_iter().filter(move |fact| is_young(fact, now))
    }
}

fn is_young(fact: &Fact, now: Timestamp) -> bool {
    now.millis_since(fact.stamp.at) <= BACKLOG_MS
}

/// The fact without the plain name of whoever answered, which is never kept.
fn unnamed(fact: &Fact) -> Fact {
    let mut fact = fact.clone();
    if let Detail::Answer(answer) = &mut fact.detail {
        answer.respondent_id = None;
    }
    fact
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::account::fact::FactKind;
    use crate::engine::stamp::Moment;

    fn fact(day: i64) -> Fact {
        let at = Timestamp::from_millis(day * DAY_MS);
        Fact::plain(FactKind::Note, Moment { at, event_id: "e" })
    }

    #[test]
    fn young_facts_are_kept_and_old_ones_forgotten() {
        let at = |day: i64| Timestamp::from_millis(day * DAY_MS);
        let mut backlog = Backlog::default();
        assert!(!backlog.keep(&[fact(1)], at(9)));
        assert!(backlog.keep(&[fact(2)], at(9)));
        assert!(!backlog.keep(&[], at(9)));
        assert!(backlog.keep(&[], at(10)));
        assert!(backlog.keep(&vec![fact(10); 50], at(10)));
        assert_eq!(backlog.0.len(), BACKLOG_MAX);
        assert!(backlog.keep(&[fact(15)], at(16)));
        assert_eq!(backlog.into_young(at(20)).collect::<Vec<_>>(), [fact(15)]);
    }
}
