//! What the tickets that name a feature are feedback of, by category and feature.
//!
//! How categories are found is said in `text.rs`; all texts by category are `account/texts.rs`.

use compact_str::{CompactString, format_compact};
use serde::{Deserialize, Serialize};

use crate::engine::id::name_hash;
use crate::engine::text::Labels;
use crate::engine::time::Timestamp;
use crate::engine::window::day_log::DayLog;
use crate::engine::window::id_map::IdMap;

/// Most pairs of category and feature that are told apart; the one not heard of for longest goes.
pub const FEATURES_MAX: usize = 16;

/// Feedback in tickets that name a feature, by the hash of category and feature.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FeatureTexts(IdMap<FeatureFeedback, FEATURES_MAX>);

/// Feedback of one category about one feature.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FeatureFeedback {
    /// The hash of the category's name.
    pub category: u64,
    /// The feature, as the tickets name it.
    pub feature: CompactString,
    /// Texts.
    pub texts: DayLog,
    /// The newest of them.
    last_at: Timestamp,
}

impl FeatureTexts {
    /// Takes what was found in the text of a ticket about a feature.
    pub(super) fn note(&mut self, labels: &Labels, feature: &str, at: Timestamp) {
        for category in labels.categories() {
            let hash = name_hash(&format_compact!("{category:016x}\0{feature}"));
            let note = |held: &mut FeatureFeedback| {
                if held.feature.is_empty() {
                    held.category = category;
                    held.feature = CompactString::new(feature);
                }
                held.texts.add(at.day(), 1);
                held.last_at = held.last_at.max(at);
            };
            self.0.update(hash, note, |held| held.last_at);
        }
    }

    /// The feedback of each category and feature.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &FeatureFeedback> {
        self.0.values()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::text::{FoundTerm, Label};
    use crate::engine::time::Day;

    #[test]
    fn texts_are_counted_by_category_and_feature_in_any_order() {
        let term = |label, term| FoundTerm { label, term: CompactString::const_new(term) };
        let (bug, docs) = (Label::Category(7), Label::Category(8));
        let terms = vec![term(Label::Budget, "a"), term(bug, "b"), term(bug, "c"), term(docs, "d")];
        let labels = Labels { sentiment: None, terms };
        let days = [(1, "export"), (5, "export"), (3, "search"), (0, "audit")];
        let told = |days: &mut dyn Iterator<Item = &(i64, &str)>| {
            let mut texts = FeatureTexts::default();
            days.for_each(|(day, feature)| {
                texts.note(&labels, feature, Timestamp::default().plus_days(*day));
            });
            texts
        };
        let texts = told(&mut days.iter());
        assert_eq!(texts, told(&mut days.iter().rev()));
        let export = texts.iter().filter(|it| it.feature == "export");
        let mut export: Vec<_> =
            export.map(|it| (it.category, it.texts.since(Day::from_number(1)))).collect();
        export.sort_unstable();
        assert_eq!(export, [(7, 2), (8, 2)], "once a text, in each of its categories");
    }

    #[test]
    fn the_pair_not_heard_of_for_longest_goes() {
        let label = Label::Category(7);
        let terms = vec![FoundTerm { label, term: CompactString::const_new("b") }];
        let (labels, mut texts) = (Labels { sentiment: None, terms }, FeatureTexts::default());
        for number in 0..=FEATURES_MAX as i64 {
            let at = Timestamp::default().plus_days(if number == 3 { 1 } else { 10 + number });
            texts.note(&labels, &format!("f{number}"), at);
        }
        assert_eq!(texts.iter().len(), FEATURES_MAX);
        assert!(texts.iter().all(|it| it.feature != "f3"));
    }
}
