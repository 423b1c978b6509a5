//! The first rows of many in an order, without sorting or keeping the others.
//!
//! What is open at 100,000 accounts is a million rows, of which a page shows fifty. Lists of
//! accounts are `list.rs`.

/// Collects the rows with the least keys. Keys are all different.
#[derive(Debug)]
pub struct First<K, R> {
    after: Option<K>,
    most: usize,
    /// At most twice as many as are wanted: once so many came, the latter half is dropped.
    rows: Vec<(K, R)>,
    /// Rows were dropped: the last of the wanted ones is in its place, and no other is after it.
    is_cut: bool,
    is_more: bool,
}

impl<K: Ord, R> First<K, R> {
    /// At most `most` rows, at least one, of those after the key `after`.
    pub const fn new(after: Option<K>, most: usize) -> Self {
        let most = if most == 0 { 1 } else { most };
        Self { after, most, rows: Vec::new(), is_cut: false, is_more: false }
    }

    /// Whether a row with this key could be among the first, as things stand.
    pub fn wants(&self, key: &K) -> bool {
        !self.is_cut || *key < self.rows[self.most - 1].0
    }

    /// Puts a row in.
    pub fn put(&mut self, key: K, row: R) {
        if self.after.as_ref().is_some_and(|after| key <= *after) {
            return;
        }
        if !self.wants(&key) {
            self.is_more = true;
            return;
        }
        self.rows.push((key, row));
        if self.rows.len() == 2 * self.most {
            self.rows.select_nth_unstable_by(self.most - 1, |a, b| a.0.cmp(&b.0));
            self.rows.truncate(self.most);
            (self.is_cut, self.is_more) = (true, true);
        }
    }

    /// Puts rows in that are in the order of their keys: most are not even looked at.
    pub fn put_sorted<T>(
        &mut self,
        rows: impl IntoIterator<Item = T>,
        key: impl Fn(&T) -> K,
        row: impl Fn(T) -> R,
    ) {
        for it in rows {
            let key = key(&it);
            if !self.wants(&key) {
                self.is_more |= self.after.as_ref().is_none_or(|after| key > *after);
                return;
            }
            self.put(key, row(it));
        }
    }

    /// The rows in their order, and whether others follow.
    pub fn into_rows(mut self) -> (Vec<(K, R)>, bool) {
        self.rows.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        let is_more = self.is_more || self.rows.len() > self.most;
        self.rows.truncate(self.most);
        (self.rows, is_more)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn they_are_those_that_sorting_all_would_give(
            all in proptest::collection::btree_set(0_u16..200, 0..60),
            after in proptest::option::of(0_u16..200),
            most in 1_usize..20,
            groups in 1_u16..6,
        ) {
            let is_due = |it: &u16| after.is_none_or(|after| *it > after);
            let due: Vec<_> = all.iter().copied().filter(is_due).collect();
            let wanted: Vec<_> = due.iter().copied().take(most).collect();
            let (mut one, mut sorted) = (First::new(after, most), First::new(after, most));
            all.iter().rev().for_each(|it| one.put(*it, *it));
            for group in 0..groups {
                let of_group: BTreeSet<_> = all.iter().filter(|it| *it % groups == group).collect();
                sorted.put_sorted(of_group, |it| **it, |it| *it);
            }
            for first in [one, sorted] {
                let (rows, is_more) = first.into_rows();
                prop_assert_eq!(rows.iter().map(|it| it.0).collect::<Vec<_>>(), wanted.clone());
                prop_assert!(rows.iter().all(|it| it.0 == it.1));
                prop_assert_eq!(is_more, due.len() > most);
            }
        }
    }
}
