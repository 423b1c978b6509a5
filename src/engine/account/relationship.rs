//! The relationship facet: sponsors, reviews, outreach, meetings, advocacy, community.
//!
//! Sentiment and mentions in notes are found in `text.rs`.

use serde::{Deserialize, Serialize};

use crate::engine::event::{Nothing, event_types};
use crate::engine::field::{Id, Str};
use crate::engine::id::IdKey;
use crate::engine::stamp::Moment;
use crate::engine::time::Timestamp;

use super::fact::Fact;
use super::feed::Feed;

// Events

event_types! {
    /// The types of `cs.relationship`.
    pub enum Event in "cs.relationship" {
        /// Somebody at the customer became the sponsor.
        "sponsor_assigned" => SponsorAssigned(SponsorAssigned<'a>),
        /// The sponsor took part in something.
        "sponsor_engaged" => SponsorEngaged(Kind<'a>),
        /// The sponsor left.
        "sponsor_departed" => SponsorDeparted(Nothing),
        /// A role at the customer has a new holder.
        "stakeholder_changed" => StakeholderChanged(StakeholderChanged<'a>),
        /// A business review took place, or was missed.
        "business_review" => BusinessReview(BusinessReview),
        /// A business review has a date.
        "business_review_scheduled" => BusinessReviewScheduled(BusinessReviewScheduled),
        /// We wrote to the customer.
        "outreach_sent" => OutreachSent(Outreach<'a>),
        /// The customer answered.
        "outreach_replied" => OutreachReplied(Outreach<'a>),
        /// A meeting was arranged, held or missed.
        "meeting" => Meeting(Meeting),
        /// Somebody promised something, or did it.
        "action_item" => ActionItem(ActionItem<'a>),
        /// The customer spoke for us.
        "advocacy" => Advocacy(Advocacy),
        /// The customer took part in the community.
        "community" => Community(Kind<'a>),
        /// The customer's organisation changed.
        "org_change" => OrgChange(Kind<'a>),
        /// A course was finished.
        "training_completed" => TrainingCompleted(TrainingCompleted<'a>),
        /// The kickoff took place.
        "kickoff_held" => KickoffHeld(Nothing),
        /// Free text from mail, chat, call or community.
        "note" => Note(Note<'a>),
    }
}

/// Fields of `sponsor_assigned`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct SponsorAssigned<'a> {
    /// Who it is.
    #[serde(borrow)]
    pub sponsor: Option<Str<'a>>,
}

/// Fields of `sponsor_engaged`, `community` and `org_change`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Kind<'a> {
    /// What kind of it.
    #[serde(borrow)]
    pub kind: Option<Str<'a>>,
}

/// Fields of `stakeholder_changed`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct StakeholderChanged<'a> {
    /// Which role.
    #[serde(borrow)]
    pub role: Str<'a>,
    /// Who holds it now.
    pub person: Option<Str<'a>>,
}

/// Fields of `business_review`; participants are not kept and not read.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
pub struct BusinessReview {
    /// Whether it took place.
    pub status: ReviewStatus,
    /// For whom it was.
    pub kind: Option<ReviewKind>,
}

/// Whether a business review took place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReviewStatus {
    /// It took place.
    Attended,
    /// The customer did not come.
    Missed,
}

/// For whom a business review is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReviewKind {
    /// Leaders of both sides.
    Executive,
    /// The people who work with the product.
    Operational,
}

/// Fields of `business_review_scheduled`.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
pub struct BusinessReviewScheduled {
    /// When it will be.
    pub at: Timestamp,
    /// For whom it is.
    pub kind: Option<ReviewKind>,
}

/// Fields of `outreach_sent` and `outreach_replied`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Outreach<'a> {
    /// Pairs what was sent with its reply.
    #[serde(borrow)]
    pub outreach_id: Id<'a>,
}

/// Fields of `meeting`.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
pub struct Meeting {
    /// Arranged, held or missed.
    pub status: MeetingStatus,
    /// When it is, for one that is scheduled.
    pub at: Option<Timestamp>,
}

/// What became of a meeting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MeetingStatus {
    /// It has a date.
    Scheduled,
    /// It took place.
    Attended,
    /// The customer did not come.
    Missed,
}

/// Fields of `action_item`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct ActionItem<'a> {
    /// The item.
    #[serde(borrow)]
    pub item_id: Id<'a>,
    /// Whether it is done.
    pub status: ActionStatus,
    /// What was promised.
    pub title: Option<Str<'a>>,
    /// Who promised it.
    pub owner: Option<Str<'a>>,
    /// By when.
    pub due: Option<Timestamp>,
}

/// Whether an action item is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActionStatus {
    /// It was promised.
    Opened,
    /// It was done.
    Done,
}

/// Fields of `advocacy`.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
pub struct Advocacy {
    /// How the customer spoke for us.
    pub kind: AdvocacyKind,
}

/// How a customer speaks for us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AdvocacyKind {
    /// Answers other customers' questions.
    Reference,
    /// Wrote a public review.
    Review,
    /// Let us write about them.
    CaseStudy,
    /// Spoke in public.
    Talk,
}

/// Fields of `training_completed`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct TrainingCompleted<'a> {
    /// Which course.
    #[serde(borrow)]
    pub course: Option<Str<'a>>,
}

/// Fields of `note`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Note<'a> {
    /// Where it was written.
    pub channel: Channel,
    /// Free text, scored and dropped.
    #[serde(borrow)]
    pub text: Str<'a>,
}

/// Where a note was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// E-mail.
    Mail,
    /// Chat.
    Chat,
    /// Notes of a call.
    Call,
    /// The community.
    Community,
}

// State

/// How close the account is: what `cs.relationship` told.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Relationship {
    /// The stream of `cs.relationship`.
    pub feed: Feed,
}

impl Event<'_> {
    /// Whether `scoring.md` §1 lists this type.
    pub(super) const fn makes_live(&self) -> bool {
        match self {
            Self::SponsorAssigned(_)
            | Self::SponsorEngaged(_)
            | Self::SponsorDeparted(_)
            | Self::BusinessReview(_)
            | Self::OutreachSent(_)
            | Self::OutreachReplied(_)
            | Self::Advocacy(_)
            | Self::Community(_)
            | Self::OrgChange(_) => true,
            Self::Meeting(meeting) => !matches!(meeting.status, MeetingStatus::Scheduled),
            Self::StakeholderChanged(_)
            | Self::BusinessReviewScheduled(_)
            | Self::ActionItem(_)
            | Self::TrainingCompleted(_)
            | Self::KickoffHeld(_)
            | Self::Note(_) => false,
        }
    }
}

impl Relationship {
    pub(super) fn fold(
        &mut self,
        _event: &Event<'_>,
        _moment: Moment<'_>,
        _key: &IdKey,
    ) -> Option<Fact> {
        None
    }
}
