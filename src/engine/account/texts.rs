//! What was found in an account's texts, by the facet that each came in; the texts are not kept.
//!
//! How labels are made is said in `text.rs`, what the figures are believed to mean in `assess/`.

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use super::Account;
use crate::engine::model::terms::CATEGORIES_MAX;
use crate::engine::stamp::{Last, Moment, Stamp};
use crate::engine::text::{Label, Labels};
use crate::engine::time::{Day, Timestamp};
use crate::engine::window::day_log::DayLog;
use crate::engine::window::id_map::IdMap;
use crate::engine::window::instants::Instants;

/// Most mentions of competitors whose instants are remembered; the oldest goes.
pub const MENTIONS_MAX: usize = 128;
/// Most terms that are cited for one thing; the one not found for longest goes.
pub const CITED_MAX: usize = 4;
/// Added to each sentiment, so that sums only grow and no text adds nothing.
const ABOVE_ZERO: i16 = 1001;

/// What was found in the texts of one facet.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Texts {
    /// Texts whose sentiment is known.
    judged: DayLog,
    /// Their sentiments together, in thousandths, [`ABOVE_ZERO`] added to each.
    sentiments: DayLog,
    /// Texts by the hash of the name of the category that they are feedback of.
    categories: IdMap<Category, CATEGORIES_MAX>,
    /// Texts that name a competitor.
    competitor_mentions: Instants<MENTIONS_MAX>,
    /// What they call it. Never empty again: once named, the metric and the signal exist.
    competitor_terms: Cited,
    /// The last text that speaks of money being short.
    budget_concern: Last<()>,
    /// How it says so.
    budget_terms: Cited,
}

/// Feedback of one category.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Category {
    /// Texts.
    pub texts: DayLog,
    /// The terms that made them feedback of it.
    pub terms: Cited,
}

/// The terms of the model file that were found last, each with when that was; oldest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Cited(Vec<(Timestamp, CompactString)>);

/// How texts sound.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sentiment {
    /// How many texts.
    pub texts: u32,
    /// The mean of their compounds, -1 to 1; nothing without texts.
    pub mean: Option<f64>,
}

impl Texts {
    /// Takes what was found in a text; nothing of it depends on what was found before.
    pub(super) fn note(&mut self, labels: &Labels, moment: Moment<'_>) {
        let (at, day) = (moment.at, moment.at.day());
        if let Some(sentiment) = labels.sentiment {
            self.judged.add(day, 1);
            self.sentiments.add(day, u32::from(sentiment.saturating_add(ABOVE_ZERO) as u16));
        }
        for of_label in labels.terms.chunk_by(|one, other| one.label == other.label) {
            let cited = match of_label[0].label {
                Label::Competitor => {
                    self.competitor_mentions.add(at);
                    &mut self.competitor_terms
                }
                Label::Budget => {
                    self.budget_concern.see(moment, || ());
                    &mut self.budget_terms
                }
                Label::Category(hash) => {
                    let note = |category: &mut Category| {
                        category.texts.add(day, 1);
                        of_label.iter().for_each(|found| category.terms.note(&found.term, at));
                    };
                    self.categories.update(hash, note, |category| category.terms.last_at());
                    continue;
                }
            };
            of_label.iter().for_each(|found| cited.note(&found.term, at));
        }
    }

    /// Texts that are feedback of a category.
    pub fn category(&self, name_hash: u64) -> Option<&Category> {
        self.categories.get(name_hash)
    }

    /// The categories that texts are feedback of, by the hash of the name.
    pub fn categories(&self) -> impl Iterator<Item = (u64, &Category)> {
        self.categories.iter()
    }

    /// What competitors are called.
    pub const fn competitor_terms(&self) -> &Cited {
        &self.competitor_terms
    }

    /// How money is said to be short.
    pub const fn budget_terms(&self) -> &Cited {
        &self.budget_terms
    }
}

impl Cited {
    fn note(&mut self, term: &CompactString, at: Timestamp) {
        if let Some(place) = self.0.iter().position(|(_, held)| held == term) {
            if self.0[place].0 >= at {
                return;
            }
            self.0.remove(place);
        }
        let found = (at, term.clone());
        let place = self.0.partition_point(|held| *held < found);
        self.0.insert(place, found);
        if self.0.len() > CITED_MAX {
            self.0.remove(0);
        }
    }

    /// The terms that were found since `start`, each with when that was last; the last one first.
    pub fn since(&self, start: Day) -> impl Iterator<Item = (Timestamp, &CompactString)> {
        let found = self.0.iter().rev().take_while(move |(at, _)| *at >= start.start());
        found.map(|(at, term)| (*at, term))
    }

    /// When one was found last.
    pub fn last_at(&self) -> Option<Timestamp> {
        self.0.last().map(|(at, _)| *at)
    }
}

/// What texts say as events of `cs.commercial` would: one that names a competitor counts as a
/// `competitor_mention`, one that speaks of money being short as a `budget_concern`.
impl Account {
    /// What was found in texts, by facet.
    pub const fn texts(&self) -> [&Texts; 3] {
        [&self.support.texts, &self.feedback.texts, &self.relationship.texts]
    }

    /// How the texts from the beginning of `start` on sound.
    pub fn sentiment_since(&self, start: Day) -> Sentiment {
        self.sentiment(|log| log.since(start))
    }

    /// How the texts of the days `from..to` sound.
    pub fn sentiment_between(&self, from: Day, to: Day) -> Sentiment {
        self.sentiment(|log| log.between(from, to))
    }

    fn sentiment(&self, count: impl Fn(&DayLog) -> u32) -> Sentiment {
        let texts: u32 = self.texts().iter().map(|texts| count(&texts.judged)).sum();
        let sum: u32 = self.texts().iter().map(|texts| count(&texts.sentiments)).sum();
        let mean = (f64::from(sum) / f64::from(texts) - f64::from(ABOVE_ZERO)) / 1000.0;
        Sentiment { texts, mean: (texts > 0).then_some(mean) }
    }

    /// Whether anything can be said about competition: the commercial topic is live, or a text
    /// named a competitor.
    pub fn is_competition_known(&self) -> bool {
        self.commercial.feed.is_live()
            || self.texts().iter().any(|texts| texts.competitor_terms.last_at().is_some())
    }

    /// Mentions of competitors from the beginning of `start` on, by event or text.
    pub fn competitor_mentions(&self, start: Day) -> usize {
        self.mentions().iter().map(|instants| instants.since(start).len()).sum()
    }

    /// The last mention of a competitor, by event or text.
    pub fn last_competitor_mention_at(&self) -> Option<Timestamp> {
        let ever = Day::from_number(i32::MIN / 2);
        self.mentions().iter().filter_map(|instants| instants.since(ever).last().copied()).max()
    }

    /// Sum over the mentions from `start` on, by event or text, of 2^(-age in days / half-life).
    pub fn competitor_mentions_decayed(
        &self,
        now: Timestamp,
        start: Day,
        half_life_days: f64,
    ) -> f64 {
        self.mentions().iter().map(|instants| instants.decayed(now, start, half_life_days)).sum()
    }

    /// The last worry about the budget, by event or text.
    pub fn last_budget_concern(&self) -> Option<&Stamp> {
        let of_texts = self.texts().into_iter().filter_map(|texts| texts.budget_concern.stamp());
        of_texts.chain(self.commercial.budget.concern.stamp()).max()
    }

    /// The last worry about the budget, by event or text, or risk or cut of it.
    pub fn last_budget_threat(&self) -> Option<&Stamp> {
        self.last_budget_concern().max(self.commercial.budget.threatened.stamp())
    }

    const fn mentions(&self) -> [&Instants<MENTIONS_MAX>; 4] {
        let [support, feedback, relationship] = self.texts();
        [
            &self.commercial.competitor_mentions,
            &support.competitor_mentions,
            &feedback.competitor_mentions,
            &relationship.competitor_mentions,
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::text::FoundTerm;

    fn found(label: Label, term: &str) -> FoundTerm {
        FoundTerm { label, term: CompactString::from(term) }
    }

    fn moment(day: i64) -> Moment<'static> {
        Moment { at: Timestamp::default().plus_days(day), event_id: "e" }
    }

    #[test]
    fn a_text_counts_once_however_many_terms_it_has() {
        let (bug, day) = (Label::Category(7), Day::from_number(3));
        let terms = [(Label::Competitor, "A"), (Label::Competitor, "B"), (bug, "c"), (bug, "d")];
        let terms = terms.map(|(label, term)| found(label, term)).to_vec();
        let mut account = Account::default();
        account.support.texts.note(&Labels { sentiment: Some(-250), terms }, moment(3));
        account.feedback.texts.note(&Labels { sentiment: Some(-1000), ..Labels::NONE }, moment(4));
        account.relationship.texts.note(&Labels::NONE, moment(4));
        assert_eq!(account.competitor_mentions(day), 1);
        assert_eq!(account.support.texts.category(7).unwrap().texts.since(day), 1);
        let cited = account.support.texts.competitor_terms().since(day);
        assert!(cited.map(|(_, term)| term.as_str()).eq(["B", "A"]));
        let sentiment = account.sentiment_since(day);
        assert_eq!((sentiment.texts, sentiment.mean), (2, Some(-0.625)));
        assert_eq!(account.sentiment_between(day, day.plus(1)).mean, Some(-0.25));
        assert_eq!(account.sentiment_since(day.plus(2)), Sentiment::default());
    }

    #[test]
    fn the_terms_found_last_are_cited_in_any_order() {
        let mut all: Vec<(i64, &str)> = vec![(1, "a"), (9, "b"), (2, "c"), (3, "d"), (4, "e")];
        all.extend([(5, "a"), (5, "f"), (1, "b")]);
        for turn in 0..all.len() {
            all.rotate_left(turn);
            let mut cited = Cited::default();
            all.iter().for_each(|(day, term)| cited.note(&(*term).into(), moment(*day).at));
            let terms: Vec<_> = cited.since(Day::from_number(0)).map(|(_, term)| term).collect();
            assert_eq!(terms, ["b", "f", "a", "e"]);
            assert_eq!(cited.since(Day::from_number(5)).count(), 3);
        }
    }

    #[test]
    fn events_and_texts_tell_of_competition_and_budget_alike() {
        let mut account = Account::default();
        assert!(!account.is_competition_known() && account.last_budget_threat().is_none());
        account.commercial.competitor_mentions.add(moment(10).at);
        let terms = vec![found(Label::Competitor, "A"), found(Label::Budget, "b")];
        account.relationship.texts.note(&Labels { sentiment: None, terms }, moment(8));
        let (now, start) = (moment(12).at, Day::from_number(0));
        assert_eq!(account.competitor_mentions(start), 2);
        assert!((account.competitor_mentions_decayed(now, start, 2.0) - 0.75).abs() < 1e-12);
        assert_eq!(account.last_competitor_mention_at(), Some(moment(10).at));
        assert!(account.is_competition_known() && !account.commercial.feed.is_live());
        assert_eq!(account.last_budget_concern(), Some(&moment(8).stamp()));
        account.commercial.budget.concern.see(moment(9), || ());
        assert_eq!(account.last_budget_concern(), Some(&moment(9).stamp()));
    }
}
