//! An account: the facets that its events are folded into.
//!
//! What is believed about it is computed in `assess.rs`.

use serde::{Deserialize, Serialize};

use super::command;
use super::event::{Event, EventBody, Topic};
use super::id::IdKey;
use super::stamp::Moment;
use super::text::Labels;
use super::time::{DAY_MS, Timestamp};

use commercial::Commercial;
use fact::{Fact, FactKind, Facts, Folded};
use feed::{Feed, Memory, OTHER_IDS_MAX, USAGE_IDS_MAX};
use feedback::Feedback;
use outcomes::Outcomes;
use profile::Profile;
use relationship::Relationship;
use support::Support;
use usage::Usage;

pub mod fact;
pub mod feed;

pub mod order;

pub mod profile;

pub mod usage;

pub mod support;

pub mod feedback;

pub mod relationship;

pub mod outcomes;

pub mod commercial;

pub mod texts;

pub mod workflow;

/// An event that is older than this before its record's time came too late for every window.
pub const LATE_MS: i64 = 400 * DAY_MS;

/// All that is known of one account: a fold over its events, whatever their order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Account {
    /// From `cs.accounts`.
    pub profile: Profile,
    /// From `cs.product-usage`.
    pub usage: Usage,
    /// From `cs.support-tickets`.
    pub support: Support,
    /// From `cs.nps-responses`.
    pub feedback: Feedback,
    /// From `cs.relationship`.
    pub relationship: Relationship,
    /// From `cs.outcomes`.
    pub outcomes: Outcomes,
    /// From `cs.commercial`.
    pub commercial: Commercial,
    /// From `cs.commands`; what they set in motion is kept in the workflow.
    pub commands: Feed,
}

impl Account {
    /// An account without events that remembers event ids this long.
    pub fn new(memory: Memory) -> Self {
        let mut account = Self::default();
        for topic in Topic::ALL {
            *account.feed_mut(topic) = Feed::new(memory);
        }
        account
    }

    /// Folds an event in. `broker_at` is its record's time; `key` hashes the ids in it; `labels`
    /// is what [`Model::labels`] finds in its text.
    ///
    /// [`Model::labels`]: super::model::Model::labels
    pub fn fold(
        &mut self,
        event: &Event<'_>,
        broker_at: Timestamp,
        key: &IdKey,
        labels: &Labels,
    ) -> Folded {
        let topic = event.body.topic();
        let ids_max = if topic == Topic::Usage { USAGE_IDS_MAX } else { OTHER_IDS_MAX };
        let feed = self.feed_mut(topic);
        if !feed.is_new(key.hash(&event.event_id), ids_max) {
            return Folded::Duplicate;
        }
        feed.note(event, broker_at, makes_live(&event.body));
        let is_late = broker_at.millis_since(event.at) > LATE_MS;
        if is_late {
            feed.note_late();
        }
        let moment = Moment { at: event.at, event_id: &event.event_id };
        self.fold_body(&event.body, moment, key, labels);
        if is_late {
            return Folded::Late;
        }
        let own = Fact::of(&event.body, moment, key);
        let named = labels.is_competitor_named();
        let named = named.then(|| Fact::plain(FactKind::CompetitorMention, moment));
        Folded::Applied(Facts::new(own, named))
    }

    fn fold_body(
        &mut self,
        body: &EventBody<'_>,
        moment: Moment<'_>,
        key: &IdKey,
        labels: &Labels,
    ) {
        match body {
            EventBody::Profile(event) => self.profile.fold(event, moment),
            EventBody::Usage(event) => self.usage.fold(event, moment, key),
            EventBody::Support(event) => self.support.fold(event, moment, key, labels),
            EventBody::Feedback(event) => self.feedback.fold(event, moment, key, labels),
            EventBody::Relationship(event) => self.relationship.fold(event, moment, key, labels),
            EventBody::Outcomes(event) => self.outcomes.fold(event, moment, key),
            EventBody::Commercial(event) => self.commercial.fold(event, moment, key),
            EventBody::Command(command::Event::ErasePerson(person)) => {
                if let Some(user) = &person.user_id {
                    self.usage.erase_user(key.hash(user));
                }
                if let Some(respondent) = &person.respondent_id {
                    self.feedback.erase_respondent(key.hash(respondent));
                }
            }
            EventBody::Command(_) => {}
        }
    }

    /// The feed of a topic.
    pub const fn feed(&self, topic: Topic) -> &Feed {
        match topic {
            Topic::Accounts => &self.profile.feed,
            Topic::Usage => &self.usage.feed,
            Topic::Support => &self.support.feed,
            Topic::Feedback => &self.feedback.feed,
            Topic::Relationship => &self.relationship.feed,
            Topic::Outcomes => &self.outcomes.feed,
            Topic::Commercial => &self.commercial.feed,
            Topic::Commands => &self.commands,
        }
    }

    /// The feed of `topics` that had the newest event, by record time; of equal ones the last.
    pub fn newest_feed(&self, topics: &[Topic]) -> &Feed {
        let newest = topics
            .iter()
            .max_by_key(|topic| self.feed(**topic).last_event().map(|last| last.broker_at));
        self.feed(newest.copied().unwrap_or(Topic::Accounts))
    }

    const fn feed_mut(&mut self, topic: Topic) -> &mut Feed {
        match topic {
            Topic::Accounts => &mut self.profile.feed,
            Topic::Usage => &mut self.usage.feed,
            Topic::Support => &mut self.support.feed,
            Topic::Feedback => &mut self.feedback.feed,
            Topic::Relationship => &mut self.relationship.feed,
            Topic::Outcomes => &mut self.outcomes.feed,
            Topic::Commercial => &mut self.commercial.feed,
            Topic::Commands => &mut self.commands,
        }
    }

    /// Whether no event was ever folded in.
    pub fn is_empty(&self) -> bool {
        Topic::ALL.into_iter().all(|topic| self.feed(topic).last_at().is_none())
    }

    /// When the first event of the account happened; commands do not count.
    pub fn first_event_at(&self) -> Option<Timestamp> {
        FACET_TOPICS.iter().filter_map(|topic| self.feed(*topic).first_at()).min()
    }

    /// When the last event of the account happened; commands do not count.
    pub fn last_event_at(&self) -> Option<Timestamp> {
        FACET_TOPICS.iter().filter_map(|topic| self.feed(*topic).last_at()).max()
    }

    /// When the contract ends: the later of what the profile and the last renewal said.
    pub fn contract_end(&self) -> Option<Timestamp> {
        let said = self.profile.said().and_then(|said| said.contract_end);
        said.max(self.commercial.contract.renewed_end.get().copied())
    }

    /// The last day on which notice can be given.
    pub fn notice_deadline(&self) -> Option<Timestamp> {
        let notice_days = self.profile.said().and_then(|said| said.notice_days).unwrap_or(0);
        Some(self.contract_end()?.plus_days(-i64::from(notice_days)))
    }

    /// When the account began: as the profile says, else with its first event.
    pub fn created_at(&self) -> Option<Timestamp> {
        self.profile.said().and_then(|said| said.created_at).or_else(|| self.first_event_at())
    }

    /// Fractional days since the account began; below 0 for one that begins later, 0 for one of
    /// which nothing is known.
    pub fn age_days(&self, now: Timestamp) -> f64 {
        self.created_at().map_or(0.0, |created_at| now.days_since(created_at))
    }
}

/// The topics that tell something about an account; commands are what people answer.
pub const FACET_TOPICS: [Topic; 7] = [
    Topic::Accounts,
    Topic::Usage,
    Topic::Support,
    Topic::Feedback,
    Topic::Relationship,
    Topic::Outcomes,
    Topic::Commercial,
];

/// Whether an event is one of those that `scoring.md` §1 lists.
const fn makes_live(body: &EventBody<'_>) -> bool {
    match body {
        EventBody::Profile(_) => true,
        EventBody::Usage(event) => event.makes_live(),
        EventBody::Support(event) => event.makes_live(),
        EventBody::Feedback(event) => event.makes_live(),
        EventBody::Relationship(event) => event.makes_live(),
        EventBody::Outcomes(event) => event.makes_live(),
        EventBody::Commercial(event) => event.makes_live(),
        EventBody::Command(_) => false,
    }
}
