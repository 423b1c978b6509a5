//! Ids: at which account an alert or a run is, so that one by its id is found without a search.
//!
//! Lists of them go through the accounts (`http/api/`); ids of what ended long ago are nowhere.

use std::collections::HashMap;
use std::sync::Arc;

use uuid::Uuid;

use crate::engine::output::AccountId;

/// How many parts there are: a publication copies those that changed, and shares the others.
const PARTS: usize = 256;

/// The accounts of alerts and runs, by id. A clone shares all parts until one of the two changes.
#[derive(Clone, Debug)]
pub(super) struct Ids(Box<[Arc<HashMap<Uuid, AccountId>>]>);

impl Ids {
    /// The account at which this is.
    pub(super) fn account(&self, id: Uuid) -> Option<&AccountId> {
        self.0[part_of(id)].get(&id)
    }

    /// Takes the ids that an account has now in place of those that it had.
    pub(super) fn put(&mut self, account: &AccountId, old: &[Uuid], new: &[Uuid]) {
        for id in old.iter().filter(|id| !new.contains(id)) {
            let part = &mut self.0[part_of(*id)];
            // Another one may have it by now: ids are those of records, not ours.
            if part.get(id) == Some(account) {
                Arc::make_mut(part).remove(id);
            }
        }
        for id in new.iter().filter(|id| !old.contains(id)) {
            Arc::make_mut(&mut self.0[part_of(*id)]).insert(*id, account.clone());
        }
    }
}

impl Default for Ids {
    fn default() -> Self {
        Self((0..PARTS).map(|_| Arc::default()).collect())
    }
}

/// Ids of version 5 are hashes: any of their bytes without a version or variant spreads them.
fn part_of(id: Uuid) -> usize {
    usize::from(id.as_bytes()[0]) % PARTS
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// An account and the numbers of what it has from then on.
    fn turn() -> impl Strategy<Value = (u8, Vec<u128>)> {
        (0_u8..4, proptest::collection::vec(0_u128..40, 0..6))
    }

    proptest! {
        #[test]
        fn an_id_is_where_it_was_put_last(
            turns in proptest::collection::vec(turn(), 1..40),
        ) {
            let mut ids = Ids::default();
            let mut held: Vec<Vec<Uuid>> = vec![Vec::new(); 4];
            for (account, new) in turns {
                // Of one account each: the first digit of an id says whose it is.
                let account = usize::from(account);
                let id = |n: u128| Uuid::from_u128((n << 122) | (n * 4 + account as u128));
                let new: Vec<_> = new.into_iter().map(id).collect();
                let before = ids.clone();
                let name = |n: usize| AccountId::from(format!("a{n}").as_str());
                ids.put(&name(account), &held[account], &new);
                for (n, held) in held.iter().enumerate() {
                    for id in held {
                        let there = before.account(*id);
                        prop_assert_eq!(there, Some(&name(n)), "a clone stays as it was");
                    }
                }
                let old = std::mem::replace(&mut held[account], new);
                for id in old.iter().filter(|id| !held[account].contains(id)) {
                    prop_assert_eq!(ids.account(*id), None);
                }
                for id in &held[account] {
                    prop_assert_eq!(ids.account(*id), Some(&name(account)));
                }
            }
        }
    }
}
