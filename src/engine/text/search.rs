//! One pass over a text for all terms of the model file at once.
//!
//! In which form both are compared is said in `normal.rs`, what the hits tell of mood in
//! `sentiment.rs`.

use aho_corasick::AhoCorasick;
use compact_str::CompactString;

use super::language::is_english;
use super::normal::{beginning, is_one_word, normal_form};
use super::sentiment::{self, Carrier, Substitution};
use super::{FoundTerm, Label, Labels};

/// All terms of a model, ready to be looked for.
#[derive(Clone, Debug)]
pub struct Search {
    automaton: AhoCorasick,
    /// By pattern of the automaton.
    meanings: Vec<Meaning>,
    bytes_max: usize,
}

#[derive(Clone, Debug, PartialEq)]
struct Meaning {
    /// What is looked for, in its normal form.
    normal: String,
    tells: Tells,
}

#[derive(Clone, Debug, PartialEq)]
enum Tells {
    Term(FoundTerm),
    Mood(Carrier),
}

/// Collects the terms of a search.
#[derive(Default)]
pub struct Terms(Vec<Meaning>);

impl Terms {
    /// Looks for a term, which is cited as it is written here.
    pub fn look_for(&mut self, term: &str, label: Label) {
        let found = FoundTerm { label, term: CompactString::from(term) };
        self.0.push(Meaning { normal: normal_form(term), tells: Tells::Term(found) });
    }

    /// Reads a word or phrase as having this valence, -3 to 3, when the mood is judged.
    pub fn weigh(&mut self, phrase: &str, valence: f64) {
        let tells = Tells::Mood(Carrier::nearest(valence));
        self.0.push(Meaning { normal: normal_form(phrase), tells });
    }
}

impl Search {
    /// A search for these terms in the first `bytes_max` of a text. A term without a letter or
    /// digit is never found.
    pub fn new(terms: Terms, bytes_max: usize) -> Self {
        let mut meanings = terms.0;
        let idioms = sentiment::IDIOMS.iter().map(|(idiom, valence)| Meaning {
            normal: (*idiom).to_owned(),
            tells: Tells::Mood(Carrier::nearest(*valence)),
        });
        meanings.extend(idioms);
        meanings.retain(|meaning| meaning.normal.contains(char::is_alphanumeric));
        let automaton = AhoCorasick::new(meanings.iter().map(|meaning| &meaning.normal))
            .expect("the model file bounds the number and the length of terms");
        Self { automaton, meanings, bytes_max }
    }

    /// What is found in a text.
    pub fn labels(&self, text: &str) -> Labels {
        let normal = normal_form(beginning(text, self.bytes_max));
        let mut labels = Labels::NONE;
        let mut moods: Vec<Substitution> = Vec::new();
        for hit in self.automaton.find_overlapping_iter(&normal) {
            let range = hit.range();
            if !is_whole(&normal, range.start, range.end) {
                continue;
            }
            match &self.meanings[hit.pattern().as_usize()].tells {
                Tells::Term(found) => labels.terms.push(found.clone()),
                Tells::Mood(carrier) => moods.push(Substitution { range, carrier: *carrier }),
            }
        }
        labels.terms.sort_unstable();
        labels.terms.dedup();
        if is_english(&normal) {
            labels.sentiment = Some(sentiment::of(&normal, &mut moods));
        }
        labels
    }
}

impl PartialEq for Search {
    /// The automaton follows from the meanings.
    fn eq(&self, other: &Self) -> bool {
        self.meanings == other.meanings && self.bytes_max == other.bytes_max
    }
}

/// Whether what stands at `start..end` neither begins nor ends within a word.
fn is_whole(text: &str, start: usize, end: usize) -> bool {
    let joins = |at: usize| {
        let (before, after) = text.split_at(at);
        let sides = before.chars().next_back().zip(after.chars().next());
        sides.is_some_and(|(before, after)| is_one_word(before, after))
    };
    !joins(start) && !joins(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn search(terms: &[(&str, Label)]) -> Search {
        let mut collected = Terms::default();
        terms.iter().for_each(|(term, label)| collected.look_for(term, *label));
        Search::new(collected, 4096)
    }

    fn found(terms: &[&str], text: &str) -> Vec<String> {
        let terms: Vec<_> = terms.iter().map(|term| (*term, Label::Budget)).collect();
        let labels = search(&terms).labels(text);
        labels.terms.into_iter().map(|found| found.term.into_string()).collect()
    }

    #[test]
    fn only_whole_words_are_found() {
        for text in ["Our budget.", "BUDGET?", "(budget)", "a-budget-b", "x\nbudget"] {
            assert_eq!(found(&["Budget"], text), ["Budget"], "{text}");
        }
        for text in ["budgetary", "lowbudget", "budgets", "budget2", "budgeté", ""] {
            assert!(found(&["budget"], text).is_empty(), "{text}");
        }
        assert_eq!(found(&["Vantora"], "Vantoraに乗り換え"), ["Vantora"]);
        assert_eq!(found(&["价格"], "你们的价格太高"), ["价格"]);
        assert_eq!(found(&["C++"], "we use C++, not c+"), ["C++"]);
    }

    #[test]
    fn writing_and_spacing_do_not_matter() {
        let terms = ["Straßenflow", "budget freeze"];
        for text in ["STRASSENFLOW", "Ｓｔｒａßｅｎｆｌｏｗ", "straßen\u{AD}flow"] {
            assert_eq!(found(&terms, text), ["Straßenflow"], "{text}");
        }
        assert_eq!(found(&terms, "a Budget\r\n  FREEZE again"), ["budget freeze"]);
        assert_eq!(found(&["OMNISIGHT"], "omnısıght"), ["OMNISIGHT"]);
    }

    #[test]
    fn terms_that_overlap_are_all_found_and_each_is_cited_once() {
        let terms = ["budget", "budget cut", "no budget", "cut costs"];
        let text = "No budget cut costs us more than a Budget cut, no budget no fun";
        assert_eq!(found(&terms, text), ["budget", "budget cut", "cut costs", "no budget"]);
        let both = search(&[("bug", Label::Category(7)), ("bug", Label::Competitor)]);
        let labels = both.labels("bug, bug, BUG");
        assert!(labels.is_competitor_named());
        let told: Vec<Label> = labels.terms.iter().map(|found| found.label).collect();
        assert_eq!(told, [Label::Competitor, Label::Category(7)]);
    }

    #[test]
    fn what_lies_beyond_the_limit_is_not_read() {
        let mut terms = Terms::default();
        terms.look_for("bug", Label::Competitor);
        let search = Search::new(terms, 16);
        assert!(search.labels("a bug, far away from its end").is_competitor_named());
        assert!(!search.labels("far away, at its end, a bug").is_competitor_named());
    }

    #[test]
    fn a_language_without_a_mood_has_terms() {
        let search = search(&[("Vantora", Label::Competitor)]);
        let labels = search.labels("Wir sind leider sehr enttäuscht und wechseln zu Vantora.");
        assert_eq!((labels.sentiment, labels.terms.len()), (None, 1));
        assert_eq!(search.labels("Not good.").sentiment.map(i16::signum), Some(-1));
    }
}
