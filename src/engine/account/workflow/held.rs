//! Since when conditions hold that must do so for a while.
//!
//! Which conditions there are stands in the model file; what follows from them in `decide/`.

use serde::{Deserialize, Serialize};

use crate::engine::time::Timestamp;

/// Most conditions of an account that are remembered; the one that holds for longest goes.
pub const HELD_MAX: usize = 64;

/// Since when conditions hold, by the key of each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    since: Vec<(u64, Timestamp)>,
    /// Something was noted since that was last asked.
    #[serde(skip)]
    is_changed: bool,
}

impl Held {
    /// Notes whether a condition holds as of `now`; answers since when it does.
    pub fn since(&mut self, key: u64, holds: bool, now: Timestamp) -> Option<Timestamp> {
        let place = self.since.iter().position(|(held, _)| *held == key);
        match (place, holds) {
            (Some(place), true) => Some(self.since[place].1),
            (Some(place), false) => {
                self.is_changed = true;
                self.since.remove(place);
                None
            }
            (None, true) => {
                if self.since.len() == HELD_MAX {
                    self.since.remove(0);
                }
                self.since.push((key, now));
                self.is_changed = true;
                Some(now)
            }
            (None, false) => None,
        }
    }

    /// Forgets a condition that nobody asks for any more.
    pub fn forget(&mut self, key: u64) {
        self.is_changed |= self.since.iter().any(|(held, _)| *held == key);
        self.since.retain(|(held, _)| *held != key);
    }

    /// Whether anything changed since this was last asked.
    pub fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.is_changed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_break_begins_anew() {
        let at = |ms| Timestamp::from_millis(ms);
        let mut held = Held::default();
        assert_eq!(held.since(1, false, at(1)), None);
        assert_eq!(held.since(1, true, at(2)), Some(at(2)));
        assert_eq!(held.since(1, true, at(5)), Some(at(2)));
        assert_eq!(held.since(1, false, at(6)), None);
        assert_eq!(held.since(1, true, at(7)), Some(at(7)));
        for key in 0..100 {
            held.since(key, true, at(8));
        }
        assert_eq!(held.since.len(), HELD_MAX);
    }
}
