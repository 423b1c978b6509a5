//! The feedback facet: answers to NPS surveys, and who was asked.
//!
//! Grades of tickets (`csat`) belong to `support.rs`; comments are judged in `text.rs`.

use serde::{Deserialize, Serialize};

use crate::engine::event::event_types;
use crate::engine::field::{Grade, Id, Str};
use crate::engine::id::IdKey;
use crate::engine::stamp::{Last, Moment};
use crate::engine::text::Labels;
use crate::engine::time::Timestamp;
use crate::engine::window::day_log::DayLog;
use crate::engine::window::id_map::IdMap;

use super::feed::Feed;
use super::texts::Texts;

pub mod signals;

// Events

event_types! {
    /// The types of `cs.nps-responses`.
    pub enum Event in "cs.nps-responses" {
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Survey {
    /// By cadence, about the whole.
    Relationship,
    /// After something was delivered.
    Transactional,
    /// After a moment of the journey.
    Touchpoint,
}

// State

/// Most respondents of an account; the one not heard of for longest goes.
pub const RESPONDENTS_MAX: usize = 512;

/// What people at the account say about it: what `cs.nps-responses` told.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Feedback {
    /// The stream of `cs.nps-responses`.
    pub feed: Feed,
    /// Answers.
    pub answers: DayLog,
    /// Answers of 9 and 10.
    pub promoters: DayLog,
    /// Answers of 6 and below.
    pub detractors: DayLog,
    /// The scores together.
    pub scores: DayLog,
    /// Who was asked and who answered, by hash.
    pub respondents: IdMap<Respondent, RESPONDENTS_MAX>,
    /// The last answer of 9 or 10.
    pub promoter_at: Option<Timestamp>,
    /// When anybody was last asked about the whole.
    pub relationship_survey_at: Option<Timestamp>,
    /// What was found in comments; nothing tells whose.
    pub texts: Texts,
}

/// Somebody who is asked for their opinion.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Respondent {
    /// Their last answer, 0 to 10.
    pub answer: Last<u8>,
    /// When they were asked last.
    pub asked_at: Option<Timestamp>,
}

impl Event<'_> {
    /// Whether `scoring.md` §1 lists this type.
    pub(super) const fn makes_live(&self) -> bool {
        match self {
            Self::Nps(_) => true,
            Self::SurveySent(_) => false,
        }
    }
}

impl Feedback {
    pub(super) fn fold(
        &mut self,
        event: &Event<'_>,
        moment: Moment<'_>,
        key: &IdKey,
        labels: &Labels,
    ) {
        self.texts.note(labels, moment);
        match event {
            Event::Nps(nps) => {
                let score = nps.score.get();
                let day = moment.at.day();
                self.answers.add(day, 1);
                self.promoters.add(day, u32::from(score >= 9));
                if score >= 9 {
                    self.promoter_at = self.promoter_at.max(Some(moment.at));
                }
                self.detractors.add(day, u32::from(score <= 6));
                self.scores.add(day, u32::from(score));
                let respondent = nps.respondent_id.as_ref().map(|id| key.hash(id));
                if let Some(hash) = respondent {
                    self.note_person(hash, |person| {
                        person.answer.see(moment, || score);
                    });
                }
            }
            Event::SurveySent(survey) => {
                if survey.survey.is_none_or(|kind| kind == Survey::Relationship) {
                    self.relationship_survey_at = self.relationship_survey_at.max(Some(moment.at));
                }
                self.note_person(key.hash(&survey.respondent_id), |person| {
                    person.asked_at = person.asked_at.max(Some(moment.at));
                });
            }
        }
    }

    /// Forgets a person; what they answered still counts, as nobody's.
    pub(super) fn erase_respondent(&mut self, respondent: u64) {
        self.respondents.remove(respondent);
    }

    fn note_person(&mut self, hash: u64, change: impl FnOnce(&mut Respondent)) {
        self.respondents.update(hash, change, |person| person.answer.at().max(person.asked_at));
    }
}
