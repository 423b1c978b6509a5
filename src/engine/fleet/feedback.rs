//! What customers write about, counted over accounts: by category, and by feature within it.
//!
//! How texts are kept is said in `account/`; when the counts are told, in `decide/insights.rs`.

use std::cmp::Reverse;

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use crate::engine::account::Account;
use crate::engine::assess::texts;
use crate::engine::model::Model;
use crate::engine::time::Timestamp;

/// Most counts of a partition while its day is counted: what few have written yet may add up.
pub const WORKING_MAX: usize = 4096;
/// Most counts that a partition tells of a day; those with the most texts stay.
pub const TALLY_MAX: usize = 256;
/// Most counts of a snapshot; those with the most texts stay.
pub const SNAPSHOT_MAX: usize = 128;

/// Texts that are feedback of one category, and the accounts that wrote them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedbackCount {
    /// The hash of the category's name.
    pub category: u64,
    /// The feature that the tickets name; nothing where all texts of the category are counted,
    /// those that name one included.
    pub feature: Option<CompactString>,
    /// Texts of the model's window.
    pub texts: u32,
    /// Texts of the days before it.
    pub texts_before: u32,
    /// Accounts with texts in the window.
    pub accounts: u32,
    /// Their annual revenue in cents of the reporting currency, as far as it is known.
    pub arr_reporting_cents: i64,
}

impl FeedbackCount {
    pub(super) fn key(&self) -> (u64, Option<&str>) {
        (self.category, self.feature.as_deref())
    }

    fn add(&mut self, more: &Self) {
        self.texts = self.texts.saturating_add(more.texts);
        self.texts_before = self.texts_before.saturating_add(more.texts_before);
        self.accounts = self.accounts.saturating_add(more.accounts);
        let sum = self.arr_reporting_cents.saturating_add(more.arr_reporting_cents);
        self.arr_reporting_cents = sum;
    }
}

/// What one account writes about as of `now`.
pub(super) fn of_account(account: &Account, model: &Model, now: Timestamp) -> Vec<FeedbackCount> {
    let arr = account.profile.said().and_then(|said| model.arr_reporting_cents(said));
    let count = |category, feature: Option<&str>, figures: texts::CategoryFigures| {
        let is_lately = figures.texts > 0;
        FeedbackCount {
            category,
            feature: feature.map(CompactString::new),
            texts: figures.texts,
            texts_before: figures.texts_before,
            accounts: u32::from(is_lately),
            arr_reporting_cents: arr.filter(|_| is_lately).unwrap_or(0),
        }
    };
    let categories = texts::categories(account, &model.texts, now).into_iter();
    let features = texts::features(account, &model.texts, now);
    let features = features.map(|(category, name, figures)| count(category, Some(name), figures));
    categories.map(|(category, figures)| count(category, None, figures)).chain(features).collect()
}

/// Adds to the count of the same category and feature; they are in the order of their keys.
pub(super) fn add(counts: &mut Vec<FeedbackCount>, more: &FeedbackCount) {
    match counts.binary_search_by(|count| count.key().cmp(&more.key())) {
        Ok(at) => counts[at].add(more),
        Err(at) => counts.insert(at, more.clone()),
    }
}

/// Leaves only so many counts, those with the most texts.
pub(super) fn truncate(counts: &mut Vec<FeedbackCount>, max: usize) {
    if counts.len() > max {
        let size = |count: &FeedbackCount| (Reverse(count.texts), Reverse(count.texts_before));
        counts.sort_by(|a, b| size(a).cmp(&size(b)).then_with(|| a.key().cmp(&b.key())));
        counts.truncate(max);
        counts.sort_by(|a, b| a.key().cmp(&b.key()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(category: u64, feature: Option<&str>, texts: u32) -> FeedbackCount {
        let feature = feature.map(CompactString::new);
        let arr_reporting_cents = i64::MAX;
        FeedbackCount {
            category,
            feature,
            texts,
            texts_before: 1,
            accounts: 1,
            arr_reporting_cents,
        }
    }

    #[test]
    fn counts_of_one_thing_are_added_up() {
        let mut counts = Vec::new();
        for more in
            [count(2, None, 3), count(1, Some("b"), 4), count(1, None, 5), count(2, None, 6)]
        {
            add(&mut counts, &more);
        }
        let keys: Vec<_> = counts.iter().map(|it| (it.key(), it.texts, it.accounts)).collect();
        assert_eq!(keys, [((1, None), 5, 1), ((1, Some("b")), 4, 1), ((2, None), 9, 2)]);
        assert_eq!(counts[2].arr_reporting_cents, i64::MAX, "which is no overflow");
    }

    #[test]
    fn those_with_the_most_texts_stay() {
        let mut counts: Vec<_> = (0..9).map(|n| count(n, None, (n % 3) as u32)).collect();
        truncate(&mut counts, 4);
        let left: Vec<_> = counts.iter().map(|it| (it.category, it.texts)).collect();
        assert_eq!(left, [(1, 1), (2, 2), (5, 2), (8, 2)]);
    }
}
