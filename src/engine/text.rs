//! What is found in free text: labels that are made when it arrives, as the text is not kept.
//!
//! The terms stand in `model/terms.rs`; what becomes of labels is said by the facets.

use compact_str::CompactString;

/// What was found in the text of one event.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Labels {
    /// How it sounds: VADER's compound in thousandths, -1000 to 1000. Nothing when there is no
    /// text, or none that is plausibly English.
    pub sentiment: Option<i16>,
    /// Every term that matched, in order and each once.
    pub terms: Vec<FoundTerm>,
}

/// A term of the model file that stands in a text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FoundTerm {
    /// What it tells.
    pub label: Label,
    /// The term as the model file writes it.
    pub term: CompactString,
}

/// What a term tells of the text that it stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Label {
    /// It names a competitor.
    Competitor,
    /// It speaks of money being short.
    Budget,
    /// It is feedback of a category: the hash of the category's name.
    Category(u64),
}

impl Labels {
    /// The labels of an event without text.
    pub const NONE: Self = Self { sentiment: None, terms: Vec::new() };

    /// Whether a competitor is named.
    pub fn is_competitor_named(&self) -> bool {
        self.terms.iter().any(|found| found.label == Label::Competitor)
    }
}
