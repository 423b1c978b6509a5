//! What is known of each of a bounded number of things: tickets, people, invoices, milestones.
//!
//! How ids become hashes is said in `id.rs`; what is known of a thing by its facet.

use serde::{Deserialize, Serialize};

/// At most `MAX` entries in order of their hash.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IdMap<V, const MAX: usize> {
    entries: Vec<(u64, V)>,
    /// How many were forgotten for want of room.
    lost: u32,
}

impl<V, const MAX: usize> Default for IdMap<V, MAX> {
    fn default() -> Self {
        Self { entries: Vec::new(), lost: 0 }
    }
}

impl<V: Default, const MAX: usize> IdMap<V, MAX> {
    /// Changes what is known of an id (of a new one: nothing). When there are too many, the one
    /// with the least `age_key` goes: let it be the newest instant of the entry.
    pub fn update<R, K: Ord>(
        &mut self,
        hash: u64,
        change: impl FnOnce(&mut V) -> R,
        age_key: impl Fn(&V) -> K,
    ) -> R {
        let place = match self.entries.binary_search_by_key(&hash, |(held, _)| *held) {
            Ok(place) => place,
            Err(place) => {
                self.entries.insert(place, (hash, V::default()));
                place
            }
        };
        let result = change(&mut self.entries[place].1);
        if self.entries.len() > MAX {
            let oldest = (self.entries.iter().enumerate())
                .min_by_key(|(_, (_, value))| age_key(value))
                .map_or(0, |(oldest, _)| oldest);
            self.entries.remove(oldest);
            self.lost = self.lost.saturating_add(1);
        }
        result
    }
}

impl<V, const MAX: usize> IdMap<V, MAX> {
    /// What is known of an id.
    pub fn get(&self, hash: u64) -> Option<&V> {
        let place = self.entries.binary_search_by_key(&hash, |(held, _)| *held).ok()?;
        Some(&self.entries[place].1)
    }

    /// Forgets an id; gives what was known.
    pub fn remove(&mut self, hash: u64) -> Option<V> {
        let place = self.entries.binary_search_by_key(&hash, |(held, _)| *held).ok()?;
        Some(self.entries.remove(place).1)
    }

    /// Forgets all that `keep` does not hold on to.
    pub fn retain(&mut self, mut keep: impl FnMut(&mut V) -> bool) {
        self.entries.retain_mut(|(_, value)| keep(value));
    }

    /// What is known of each, in order of the hashes.
    pub fn values(&self) -> impl ExactSizeIterator<Item = &V> {
        self.entries.iter().map(|(_, value)| value)
    }

    /// Each with its hash, in order of the hashes.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (u64, &V)> {
        self.entries.iter().map(|(hash, value)| (*hash, value))
    }

    /// How many were forgotten for want of room.
    pub const fn lost(&self) -> u32 {
        self.lost
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_one_not_heard_of_for_longest_goes() {
        let mut map = IdMap::<u32, 2>::default();
        for (hash, heard_at) in [(1, 7), (2, 5), (1, 8), (3, 6)] {
            map.update(hash, |value| *value = heard_at, |value| *value);
        }
        assert_eq!(map.iter().map(|(hash, _)| hash).collect::<Vec<_>>(), [1, 3]);
        assert_eq!((map.get(1), map.lost()), (Some(&8), 1));
        assert_eq!((map.remove(3), map.get(3)), (Some(6), None));
    }
}
