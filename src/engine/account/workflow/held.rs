//! Since when conditions hold that must do so for a while.
//!
//! Which conditions there are stands in the model file; what follows from them in `decide/`.

use serde::{Deserialize, Serialize};

use crate::engine::time::Timestamp;

/// Most conditions of an account that are remembered; the one that holds for longest goes.
pub const HELD_MAX: usize = 64;

/// Since when conditions hold, by the key of each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held(Vec<(u64, Timestamp)>);

impl Held {
    /// Notes whether a condition holds as of `now`; answers since when it does.
    pub fn since(&mut self, key: u64, holds: bool, now: Timestamp) -> Option<Timestamp> {
        let place = self.0.iter().position(|(held, _)| *held == key);
        match (place, holds) {
            (Some(place), true) => Some(self.0[place].1),
            (Some(place), false) => {
                self.0.remove(place);
                None
            }
            (None, true) => {
                if self.0.len() == HELD_MAX {
                    self.0.remove(0);
                }
                self.0.push((key, now));
                Some(now)
            }
            (None, false) => None,
        }
    }

    /// Forgets a condition that nobody asks for any more.
    pub fn forget(&mut self, key: u64) {
        self.0.retain(|(held, _)| *held != key);
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
        assert_eq!(held.0.len(), HELD_MAX);
    }
}
