//! The relationship facet: sponsors, reviews, outreach, meetings, advocacy, community.
//!
//! Sentiment and mentions in notes are found in `text.rs`.

use serde::{Deserialize, Serialize};

use crate::engine::event::{Nothing, event_types};
use crate::engine::field::{Id, Str};
use crate::engine::id::{IdKey, name_hash};
use crate::engine::stamp::{Last, Moment};
use crate::engine::text::Labels;
use crate::engine::time::Timestamp;
use crate::engine::window::day_log::DayLog;
use crate::engine::window::id_map::IdMap;
use crate::engine::window::instants::Instants;

use super::feed::Feed;
use super::texts::Texts;

use action_items::ActionItems;
use advocacy::AdvocacyLog;
use meetings::{Meetings, Reviews};
use outreach::Correspondence;
use sponsor::Sponsor;

pub mod action_items;
pub mod advocacy;
pub mod meetings;
pub mod metrics;
pub mod outreach;
pub mod signals;
pub mod sponsor;

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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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

/// Most roles whose holders are remembered; the one not heard of for longest goes.
pub const ROLES_MAX: usize = 32;
/// Most instants of each kind of rare event; the oldest goes.
pub const INSTANTS_MAX: usize = 128;

/// How close the account is: what `cs.relationship` told.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Relationship {
    /// The stream of `cs.relationship`.
    pub feed: Feed,
    /// The sponsor.
    pub sponsor: Sponsor,
    /// Who holds which role: by the public hash of its name, a hash of the person.
    pub stakeholders: IdMap<Last<Option<u64>>, ROLES_MAX>,
    /// Business reviews.
    pub reviews: Reviews,
    /// What we wrote and what was answered.
    pub outreach: Correspondence,
    /// Other meetings.
    pub meetings: Meetings,
    /// What was promised.
    pub action_items: ActionItems,
    /// Times that the customer spoke for us.
    pub advocacy: AdvocacyLog,
    /// Times that the customer took part in the community.
    pub community: DayLog,
    /// The last of these.
    pub community_at: Option<Timestamp>,
    /// Changes of the customer's organisation.
    pub org_changes: Instants<INSTANTS_MAX>,
    /// Courses finished.
    pub trainings: Instants<INSTANTS_MAX>,
    /// Kickoffs.
    pub kickoffs: Instants<INSTANTS_MAX>,
    /// What was found in notes.
    pub texts: Texts,
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
        event: &Event<'_>,
        moment: Moment<'_>,
        key: &IdKey,
        labels: &Labels,
    ) {
        self.texts.note(labels, moment);
        let at = moment.at;
        match event {
            Event::SponsorAssigned(assigned) => {
                let who = || assigned.sponsor.as_ref().map(|sponsor| key.hash(sponsor));
                self.sponsor.assigned.see(moment, who);
            }
            Event::SponsorEngaged(_) => {
                self.sponsor.engaged.see(moment, || ());
            }
            Event::SponsorDeparted(_) => {
                self.sponsor.departed.see(moment, || ());
            }
            Event::StakeholderChanged(changed) => self.note_stakeholder(changed, moment, key),
            Event::BusinessReview(review) => self.reviews.note(*review, at),
            Event::BusinessReviewScheduled(review) => self.reviews.note_date(*review, at),
            Event::OutreachSent(outreach) => {
                self.outreach.note_sent(key.hash(&outreach.outreach_id), moment, key);
            }
            Event::OutreachReplied(outreach) => {
                self.outreach.note_reply(key.hash(&outreach.outreach_id), at);
            }
            Event::Meeting(meeting) => self.meetings.note(*meeting, at),
            Event::ActionItem(item) => {
                action_items::note(&mut self.action_items, item, moment, key)
            }
            Event::Advocacy(advocacy) => self.advocacy.note(advocacy.kind, at),
            Event::Community(_) => {
                self.community.add(at.day(), 1);
                self.community_at = self.community_at.max(Some(at));
            }
            Event::OrgChange(_) => self.org_changes.add(at),
            Event::TrainingCompleted(_) => self.trainings.add(at),
            Event::KickoffHeld(_) => self.kickoffs.add(at),
            Event::Note(_) => {}
        }
    }

    fn note_stakeholder(
        &mut self,
        changed: &StakeholderChanged<'_>,
        moment: Moment<'_>,
        key: &IdKey,
    ) {
        let person = || changed.person.as_ref().map(|person| key.hash(person));
        self.stakeholders.update(
            name_hash(&changed.role),
            |holder| holder.see(moment, person),
            |holder| holder.at(),
        );
    }
}
