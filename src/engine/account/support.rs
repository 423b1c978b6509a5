//! The support facet: tickets, their resolution, satisfaction with them, self-service.
//!
//! Service levels by severity live in the model file; free text is judged in `text.rs`.

use serde::Deserialize;

use crate::engine::event::event_types;
use crate::engine::field::{Grade, Id, Str};

// Events

event_types! {
    /// The types of `cs.support-tickets`.
    pub enum Event {
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
