//! What is found in free text: labels that are made when it arrives, as the text is not kept.
//!
//! The terms stand in `model/terms.rs`; what labels do to an account is said by `account/texts.rs`.

use std::borrow::Cow;

use compact_str::CompactString;

use super::account::{feedback, relationship, support};
use super::event::EventBody;

pub mod language;
pub mod normal;
pub mod search;
pub mod sentiment;

/// What was found in the text of one event.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Labels {
    /// How it sounds: VADER's compound in thousandths, -1000 to 1000. Nothing when there is no
    /// text, or none that is plausibly English.
    pub sentiment: Option<i16>,
    /// Every term that stands in it, in order and each once.
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

    /// The categories that the text is feedback of, each once.
    pub fn categories(&self) -> impl Iterator<Item = u64> {
        let by_label = self.terms.chunk_by(|one, other| one.label == other.label);
        by_label.filter_map(|found| match found[0].label {
            Label::Category(hash) => Some(hash),
            Label::Competitor | Label::Budget => None,
        })
    }
}

/// The free text of an event: that of a ticket is its subject and its body, one text.
pub fn of_event<'a>(body: &'a EventBody<'_>) -> Option<Cow<'a, str>> {
    let one = |text: &'a str| Some(Cow::Borrowed(text));
    let text = match body {
        EventBody::Support(support::Event::Opened(opened)) => {
            match (opened.subject.as_deref(), opened.body.as_deref()) {
                (Some(subject), Some(body)) => Some(Cow::Owned(format!("{subject}\n{body}"))),
                (subject, body) => subject.or(body).and_then(one),
            }
        }
        EventBody::Support(support::Event::Updated(updated)) => {
            updated.body.as_deref().and_then(one)
        }
        EventBody::Feedback(feedback::Event::Nps(nps)) => nps.comment.as_deref().and_then(one),
        EventBody::Relationship(relationship::Event::Note(note)) => one(&note.text),
        EventBody::Profile(_)
        | EventBody::Usage(_)
        | EventBody::Support(_)
        | EventBody::Feedback(_)
        | EventBody::Relationship(_)
        | EventBody::Outcomes(_)
        | EventBody::Commercial(_)
        | EventBody::Command(_) => None,
    };
    text.filter(|text| !text.trim().is_empty())
}
