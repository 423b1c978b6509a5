//! The order of events of one account, and cells that keep the last or first of a kind.
//!
//! Instants themselves live in `time.rs`; rolling sums and sets in `window.rs`.

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use super::time::Timestamp;

/// Where an event stands among its account's events, while it is being folded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment<'a> {
    /// When it happened.
    pub at: Timestamp,
    /// Breaks ties, bytewise.
    pub event_id: &'a str,
}

/// The same, kept. "Last" and "first" of `scoring.md` §1 mean this order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Stamp {
    /// When it happened.
    pub at: Timestamp,
    /// Breaks ties, bytewise.
    pub event_id: CompactString,
}

/// The value of the last event of a kind; of equal stamps the one that was read first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Last<T>(Option<(Stamp, T)>);

/// The value of the first event of a kind; of equal stamps the one that was read first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct First<T>(Option<(Stamp, T)>);

impl Moment<'_> {
    /// This moment, to keep.
    pub fn stamp(self) -> Stamp {
        Stamp { at: self.at, event_id: CompactString::new(self.event_id) }
    }
}

impl Stamp {
    /// This stamp, to compare with.
    pub fn moment(&self) -> Moment<'_> {
        Moment { at: self.at, event_id: &self.event_id }
    }
}

impl<T> Last<T> {
    /// Takes the value if `moment` is later than what is held; says whether it did.
    pub fn see(&mut self, moment: Moment<'_>, value: impl FnOnce() -> T) -> bool {
        let is_later = self.0.as_ref().is_none_or(|(held, _)| moment > held.moment());
        if is_later {
            self.0 = Some((moment.stamp(), value()));
        }
        is_later
    }

    /// The value.
    pub const fn get(&self) -> Option<&T> {
        match &self.0 {
            Some((_, value)) => Some(value),
            None => None,
        }
    }

    /// When it was said.
    pub const fn stamp(&self) -> Option<&Stamp> {
        match &self.0 {
            Some((stamp, _)) => Some(stamp),
            None => None,
        }
    }

    /// When it was said, without the tie-breaker.
    pub fn at(&self) -> Option<Timestamp> {
        self.stamp().map(|stamp| stamp.at)
    }
}

impl<T> First<T> {
    /// Takes the value if `moment` is earlier than what is held; says whether it did.
    pub fn see(&mut self, moment: Moment<'_>, value: impl FnOnce() -> T) -> bool {
        let is_earlier = self.0.as_ref().is_none_or(|(held, _)| moment < held.moment());
        if is_earlier {
            self.0 = Some((moment.stamp(), value()));
        }
        is_earlier
    }

    /// The value.
    pub const fn get(&self) -> Option<&T> {
        match &self.0 {
            Some((_, value)) => Some(value),
            None => None,
        }
    }

    /// When it was said.
    pub const fn stamp(&self) -> Option<&Stamp> {
        match &self.0 {
            Some((stamp, _)) => Some(stamp),
            None => None,
        }
    }

    /// When it was said, without the tie-breaker.
    pub fn at(&self) -> Option<Timestamp> {
        self.stamp().map(|stamp| stamp.at)
    }
}

impl<T> Default for Last<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> Default for First<T> {
    fn default() -> Self {
        Self(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_are_ordered_by_event_id_and_copies_change_nothing() {
        let at = Timestamp::from_millis(7);
        let (a, b) = (Moment { at, event_id: "a" }, Moment { at, event_id: "b" });
        let (mut last, mut first) = (Last::default(), First::default());
        for (moment, value) in [(b, 1), (a, 2), (b, 3), (a, 4)] {
            last.see(moment, || value);
            first.see(moment, || value);
        }
        assert_eq!((last.get(), first.get()), (Some(&1), Some(&2)));
        assert_eq!(last.stamp().map(Stamp::moment), Some(b));
    }
}
