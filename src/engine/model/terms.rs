//! What is looked for in texts, and over which days it is counted: the `texts` section.
//!
//! How it is looked for is the business of `text.rs`.

use std::collections::BTreeMap;

use compact_str::CompactString;
use schemars::JsonSchema;
use serde::Deserialize;

use super::problems::Problems;
use super::schema;
use crate::engine::id::name_hash;
use crate::engine::text::search::{Search, Terms};
use crate::engine::text::sentiment::VALENCE_MAX;
use crate::engine::text::{Label, Labels};
use crate::engine::window::WINDOW_DAYS_MAX;

/// Most feedback categories of a model.
pub const CATEGORIES_MAX: usize = 16;
/// Most terms of a model, words with a valence included.
pub const TERMS_MAX: usize = 4096;
/// Longest term, in bytes.
pub const TERM_BYTES_MAX: usize = 64;

/// The `texts` section. It is the same for all segments: labels are made when a text arrives and
/// must not depend on what is known of the account by then.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct TextModel {
    /// How much of a text is read, in bytes.
    #[schemars(range(min = 64, max = 16384))]
    pub bytes_max: u32,
    /// Over how many days sentiment and categories are counted.
    #[schemars(range(min = 1, max = WINDOW_DAYS_MAX))]
    pub window_days: u16,
    /// With how many days before those they are compared.
    #[schemars(range(min = 1, max = WINDOW_DAYS_MAX))]
    pub baseline_days: u16,
    /// From how many texts on, in either, there is a trend of sentiment.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub trend_texts_min: u32,
    /// What makes a pattern of escalations.
    pub escalation_pattern: EscalationRule,
    /// Names of competitors: each is a mention of one.
    #[schemars(with = "Vec<String>")]
    pub competitors: Vec<CompactString>,
    /// What people say when money is short.
    #[schemars(with = "Vec<String>")]
    pub budget_concerns: Vec<CompactString>,
    /// Feedback categories and their terms.
    #[schemars(with = "BTreeMap<String, Vec<String>>")]
    pub categories: BTreeMap<CompactString, Vec<CompactString>>,
    /// Words and phrases that sound otherwise than in everyday English, -3 to 3.
    #[schemars(with = "BTreeMap<String, f64>")]
    #[schemars(extend("additionalProperties" = schema::number(-VALENCE_MAX, VALENCE_MAX)))]
    pub sentiment: BTreeMap<CompactString, f64>,
    #[serde(skip)]
    search: Option<Search>,
}

/// What makes a pattern of escalations.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct EscalationRule {
    /// Over how many days escalations are counted.
    #[schemars(range(min = 1, max = WINDOW_DAYS_MAX))]
    pub window_days: u16,
    /// How many must be about one feature, or of one severity.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub escalations_min: u32,
}

impl TextModel {
    /// What is found in a text.
    pub fn labels(&self, text: &str) -> Labels {
        self.search.as_ref().map_or(Labels::NONE, |search| search.labels(text))
    }

    /// Makes ready to look for the terms, which were checked.
    pub(super) fn prepare(&mut self) {
        let mut terms = Terms::default();
        self.competitors.iter().for_each(|term| terms.look_for(term, Label::Competitor));
        self.budget_concerns.iter().for_each(|term| terms.look_for(term, Label::Budget));
        for (category, of_category) in &self.categories {
            let label = Label::Category(name_hash(category));
            of_category.iter().for_each(|term| terms.look_for(term, label));
        }
        self.sentiment.iter().for_each(|(phrase, valence)| terms.weigh(phrase, *valence));
        self.search = Some(Search::new(terms, self.bytes_max as usize));
    }

    /// Says what reads well and means nothing.
    pub(super) fn check(&self, problems: &mut Problems) {
        let before_max = WINDOW_DAYS_MAX.saturating_sub(self.window_days);
        if self.baseline_days > before_max {
            let problem = format!("must be at most {before_max}, as the window lies after it");
            problems.say(&["texts", "baseline_days"], problem);
        }
        check_terms(problems, &["texts", "competitors"], &self.competitors);
        check_terms(problems, &["texts", "budget_concerns"], &self.budget_concerns);
        for (category, terms) in &self.categories {
            check_terms(problems, &["texts", "categories", category], terms);
        }
        if self.categories.len() > CATEGORIES_MAX {
            let problem = format!("must not be more than {CATEGORIES_MAX}");
            problems.say(&["texts", "categories"], problem);
        }
        for phrase in self.sentiment.keys() {
            check_term(problems, &["texts", "sentiment", phrase], phrase);
        }
        let of_categories = self.categories.values().map(Vec::len).sum::<usize>();
        let terms = self.competitors.len() + self.budget_concerns.len() + of_categories;
        if terms + self.sentiment.len() > TERMS_MAX {
            problems.say(&["texts"], format!("must not hold more than {TERMS_MAX} terms"));
        }
    }
}

fn check_terms(problems: &mut Problems, place: &[&str], terms: &[CompactString]) {
    for (index, term) in terms.iter().enumerate() {
        check_term(problems, &[place, &[&index.to_string()]].concat(), term);
    }
}

fn check_term(problems: &mut Problems, place: &[&str], term: &str) {
    if term.len() > TERM_BYTES_MAX || !term.contains(char::is_alphanumeric) {
        let limits = format!("must have a letter or digit and at most {TERM_BYTES_MAX} bytes");
        problems.say(place, format!("`{term}` {limits}"));
    }
}
