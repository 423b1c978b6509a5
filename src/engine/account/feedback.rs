//! The feedback facet: answers to NPS surveys, and who was asked.
//!
//! Grades of tickets (`csat`) belong to `support.rs`; comments are judged in `text.rs`.

use serde::Deserialize;

use crate::engine::event::event_types;
use crate::engine::field::{Grade, Id, Str};

// Events

event_types! {
    /// The types of `cs.nps-responses`.
    pub enum Event {
        /// Somebody answered how likely they are to recommend.
        "nps" => Nps(Nps<'a>),
        /// Somebody was asked.
        "survey_sent" => SurveySent(SurveySent<'a>),
    }
}

/// Fields of `nps`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Nps<'a> {
    /// 0 to 10; 9 and 10 promote, 6 and below detract.
    pub score: Grade<0, 10>,
    /// Who answered.
    #[serde(borrow)]
    pub respondent_id: Option<Id<'a>>,
    /// Which survey.
    pub survey: Option<Survey>,
    /// Free text, scored and dropped.
    pub comment: Option<Str<'a>>,
}

/// Fields of `survey_sent`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct SurveySent<'a> {
    /// Who was asked.
    #[serde(borrow)]
    pub respondent_id: Id<'a>,
    /// Which survey.
    pub survey: Option<Survey>,
}

/// The kinds of NPS survey.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Survey {
    /// By cadence, about the whole.
    Relationship,
    /// After something was delivered.
    Transactional,
    /// After a moment of the journey.
    Touchpoint,
}
