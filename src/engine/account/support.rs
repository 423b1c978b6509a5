//! The support facet: tickets, their resolution, satisfaction with them, self-service.
//!
//! Service levels by severity live in the model file; free text is judged in `text.rs`.

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use crate::engine::event::event_types;
use crate::engine::field::{Grade, Id, Str};
use crate::engine::id::IdKey;
use crate::engine::stamp::{First, Last, Moment};
use crate::engine::text::Labels;
use crate::engine::time::{Day, Timestamp};
use crate::engine::window::HORIZON_DAYS;
use crate::engine::window::day_log::DayLog;
use crate::engine::window::id_map::IdMap;
use crate::engine::window::instants::Instants;

use super::feed::Feed;
use super::texts::Texts;

use escalations::{ESCALATIONS_MAX, Escalation, Escalations};
use features::FeatureTexts;

pub mod escalations;
pub mod features;
pub mod metrics;
pub mod signals;

// Events

event_types! {
    /// The types of `cs.support-tickets`.
    pub enum Event in "cs.support-tickets" {
        /// A ticket was opened; its first event of this kind counts.
        "ticket_opened" => Opened(Opened<'a>),
        /// A ticket was worked on.
        "ticket_updated" => Updated(Updated<'a>),
        /// A ticket was escalated.
        "ticket_escalated" => Escalated(Ticket<'a>),
        /// A ticket was resolved.
        "ticket_resolved" => Resolved(Ticket<'a>),
        /// A resolved ticket was opened again.
        "ticket_reopened" => Reopened(Ticket<'a>),
        /// A customer graded the support.
        "csat" => Csat(Csat<'a>),
        /// A customer helped themselves.
        "self_service" => SelfService(SelfService<'a>),
    }
}

/// Fields of `ticket_opened`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Opened<'a> {
    /// The ticket.
    #[serde(borrow)]
    pub ticket_id: Id<'a>,
    /// 1 (worst) to 4.
    pub severity: Grade<1, 4>,
    /// Free text, scored and dropped.
    pub subject: Option<Str<'a>>,
    /// Free text, scored and dropped.
    pub body: Option<Str<'a>>,
    /// The feature that it is about.
    pub feature: Option<Id<'a>>,
}

/// Fields of `ticket_updated`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Updated<'a> {
    /// The ticket.
    #[serde(borrow)]
    pub ticket_id: Id<'a>,
    /// A new severity.
    pub severity: Option<Grade<1, 4>>,
    /// Free text, scored and dropped.
    pub body: Option<Str<'a>>,
}

/// Fields of `ticket_escalated`, `ticket_resolved` and `ticket_reopened`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Ticket<'a> {
    /// The ticket.
    #[serde(borrow)]
    pub ticket_id: Id<'a>,
}

/// Fields of `csat`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Csat<'a> {
    /// 1 (worst) to 5.
    pub score: Grade<1, 5>,
    /// The ticket that was graded.
    #[serde(borrow)]
    pub ticket_id: Option<Id<'a>>,
}

/// Fields of `self_service`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct SelfService<'a> {
    /// Article, search, bot…
    #[serde(borrow)]
    pub kind: Option<Str<'a>>,
}

// State

/// Most tickets of an account that are remembered; the one not heard of for longest goes.
pub const TICKETS_MAX: usize = 2048;
/// How many days after it was last heard of a ticket is forgotten.
const TICKET_DAYS: i32 = HORIZON_DAYS as i32;

/// How the account is helped: what `cs.support-tickets` told.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Support {
    /// The stream of `cs.support-tickets`.
    pub feed: Feed,
    /// Tickets by hash.
    pub tickets: IdMap<TicketState, TICKETS_MAX>,
    /// The newest day on which any ticket was heard of.
    tickets_newest: Day,
    /// Tickets by the day on which each was first opened.
    pub opened: DayLog,
    /// Escalations.
    pub escalated: DayLog,
    /// The same, to the millisecond.
    pub escalated_at: Instants<ESCALATIONS_MAX>,
    /// The same, with their tickets.
    pub escalations: Escalations,
    /// Grades given.
    pub grades: DayLog,
    /// The grades together.
    pub grade_points: DayLog,
    /// Times that customers helped themselves.
    pub self_service: DayLog,
    /// What was found in tickets.
    pub texts: Texts,
    /// What those that name a feature are feedback of.
    pub feature_texts: FeatureTexts,
}

/// One ticket.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TicketState {
    /// Its first opening.
    pub opened: First<Opening>,
    /// The last change of its severity, 1 (worst) to 4.
    pub regraded: Last<u8>,
    /// Its first resolution.
    pub first_resolved: First<()>,
    /// Its last resolution.
    pub last_resolved: Last<()>,
    /// The last time that it was opened again.
    pub reopened: Last<()>,
}

/// What a ticket was opened with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    /// 1 (worst) to 4.
    pub severity: u8,
    /// The feature that it is about.
    pub feature: Option<CompactString>,
}

impl Event<'_> {
    /// Whether `scoring.md` §1 lists this type.
    pub(super) const fn makes_live(&self) -> bool {
        !matches!(self, Self::Updated(_))
    }
}

impl Support {
    pub(super) fn fold(
        &mut self,
        event: &Event<'_>,
        moment: Moment<'_>,
        key: &IdKey,
        labels: &Labels,
    ) {
        let day = moment.at.day();
        self.texts.note(labels, moment);
        match event {
            Event::Opened(opened) => {
                let hash = key.hash(&opened.ticket_id);
                self.note_opening(hash, moment, opened);
                if let Some(feature) = &opened.feature {
                    self.feature_texts.note(labels, feature, moment.at);
                }
            }
            Event::Updated(updated) => {
                if let Some(severity) = updated.severity {
                    self.note_ticket(key.hash(&updated.ticket_id), moment, |ticket| {
                        ticket.regraded.see(moment, || severity.get());
                    });
                }
            }
            Event::Escalated(escalated) => {
                self.escalated.add(day, 1);
                self.escalated_at.add(moment.at);
                let (event, ticket) = (key.hash(moment.event_id), key.hash(&escalated.ticket_id));
                let escalation = Escalation { at: moment.at, event, ticket };
                self.escalations.add_recent(escalation, |held| held.at);
            }
            Event::Resolved(ticket) => {
                self.note_ticket(key.hash(&ticket.ticket_id), moment, |ticket| {
                    ticket.first_resolved.see(moment, || ());
                    ticket.last_resolved.see(moment, || ());
                });
            }
            Event::Reopened(ticket) => {
                self.note_ticket(key.hash(&ticket.ticket_id), moment, |ticket| {
                    ticket.reopened.see(moment, || ());
                });
            }
            Event::Csat(csat) => {
                self.grades.add(day, 1);
                self.grade_points.add(day, u32::from(csat.score.get()));
            }
            Event::SelfService(_) => self.self_service.add(day, 1),
        }
    }

    /// A ticket is opened once, by its first opening: a later copy changes nothing, an earlier
    /// one moves it.
    fn note_opening(&mut self, hash: u64, moment: Moment<'_>, opened: &Opened<'_>) {
        let before = self.tickets.get(hash).and_then(|ticket| ticket.opened.at());
        let opening = || Opening {
            severity: opened.severity.get(),
            feature: opened.feature.as_deref().map(CompactString::from),
        };
        let is_first = self.note_ticket(hash, moment, |ticket| ticket.opened.see(moment, opening));
        match before {
            None => self.opened.add(moment.at.day(), 1),
            Some(before) if is_first => self.opened.move_to(before.day(), moment.at.day(), 1),
            Some(_) => {}
        }
    }

    fn note_ticket<R>(
        &mut self,
        hash: u64,
        moment: Moment<'_>,
        change: impl FnOnce(&mut TicketState) -> R,
    ) -> R {
        let result = self.tickets.update(hash, change, TicketState::heard_at);
        let day = moment.at.day();
        if day != self.tickets_newest {
            self.tickets_newest = self.tickets_newest.max(day);
            let oldest = self.tickets_newest.plus(1 - TICKET_DAYS).start();
            self.tickets.retain(|ticket| ticket.heard_at().is_some_and(|at| at >= oldest));
        }
        result
    }
}

impl TicketState {
    /// Its severity as it was told last, 1 (worst) to 4.
    pub fn severity(&self) -> Option<u8> {
        let opening = self.opened.get().map(|opening| opening.severity);
        let is_regraded = self.regraded.stamp() > self.opened.stamp();
        self.regraded.get().copied().filter(|_| is_regraded).or(opening)
    }

    /// The feature that it is about.
    pub fn feature(&self) -> Option<&str> {
        self.opened.get()?.feature.as_deref()
    }

    /// When it was last resolved, unless it is open again.
    pub fn resolved_at(&self) -> Option<Timestamp> {
        match (self.last_resolved.stamp(), self.reopened.stamp()) {
            (Some(resolved), Some(reopened)) => (resolved > reopened).then_some(resolved.at),
            _ => self.first_resolved.at(),
        }
    }

    /// The newest instant that is known of it.
    pub fn heard_at(&self) -> Option<Timestamp> {
        let changed = self.regraded.at().max(self.reopened.at());
        self.opened.at().max(self.last_resolved.at()).max(changed)
    }
}
