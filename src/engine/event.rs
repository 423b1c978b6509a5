//! What may arrive: the eight input topics, the envelope, and one variant a facet.
//!
//! The types of one topic are declared by its facet (`account/*.rs`), bytes are read in
//! `decode.rs`, and what an event does to an account is the facets' business too.

use super::account::{commercial, feedback, outcomes, profile, relationship, support, usage};
use super::command;
use super::decode::Body;
use super::decode::error::DecodeError;
use super::field::{Id, Str};
use super::time::Timestamp;

/// Largest record value that is read, in bytes.
pub const VALUE_BYTES_MAX: usize = 256 * 1024;
/// Deepest nesting of JSON that is read.
pub const JSON_DEPTH_MAX: usize = 32;
/// How far an event's own time may lie ahead of its record's, in milliseconds.
pub const AHEAD_MS_MAX: i64 = 24 * super::time::HOUR_MS;

/// An input topic; each feeds exactly one facet (`contract.md` §0).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
pub enum Topic {
    /// `cs.accounts`: the profile of the account.
    Accounts,
    /// `cs.product-usage`.
    Usage,
    /// `cs.support-tickets`.
    Support,
    /// `cs.nps-responses`.
    Feedback,
    /// `cs.relationship`.
    Relationship,
    /// `cs.outcomes`.
    Outcomes,
    /// `cs.commercial`.
    Commercial,
    /// `cs.commands`: what people and CRMs do.
    Commands,
}

impl Topic {
    /// All input topics. Equal broker times are taken in this order (`architecture.md` §5).
    pub const ALL: [Topic; 8] = [
        Topic::Accounts,
        Topic::Usage,
        Topic::Support,
        Topic::Feedback,
        Topic::Relationship,
        Topic::Outcomes,
        Topic::Commercial,
        Topic::Commands,
    ];

    /// The topic's default name.
    pub const fn name(self) -> &'static str {
        match self {
            Topic::Accounts => "cs.accounts",
            Topic::Usage => "cs.product-usage",
            Topic::Support => "cs.support-tickets",
            Topic::Feedback => "cs.nps-responses",
            Topic::Relationship => "cs.relationship",
            Topic::Outcomes => "cs.outcomes",
            Topic::Commercial => "cs.commercial",
            Topic::Commands => "cs.commands",
        }
    }

    /// The position in [`Topic::ALL`].
    pub const fn index(self) -> usize {
        self as usize
    }

    /// The types that this topic carries, as written in the envelope.
    pub const fn types(self) -> &'static [&'static str] {
        match self {
            Topic::Accounts => profile::Event::TYPES,
            Topic::Usage => usage::Event::TYPES,
            Topic::Support => support::Event::TYPES,
            Topic::Feedback => feedback::Event::TYPES,
            Topic::Relationship => relationship::Event::TYPES,
            Topic::Outcomes => outcomes::Event::TYPES,
            Topic::Commercial => commercial::Event::TYPES,
            Topic::Commands => command::Event::TYPES,
        }
    }

    /// The Avro schemas of [`Topic::types`], in the same order: `schemas/TOPIC/TYPE.avsc`.
    pub const fn schemas(self) -> &'static [&'static str] {
        match self {
            Topic::Accounts => profile::Event::SCHEMAS,
            Topic::Usage => usage::Event::SCHEMAS,
            Topic::Support => support::Event::SCHEMAS,
            Topic::Feedback => feedback::Event::SCHEMAS,
            Topic::Relationship => relationship::Event::SCHEMAS,
            Topic::Outcomes => outcomes::Event::SCHEMAS,
            Topic::Commercial => commercial::Event::SCHEMAS,
            Topic::Commands => command::Event::SCHEMAS,
        }
    }
}

/// A fact in the past tense, as read from one record.
#[derive(Clone, Debug, PartialEq)]
pub struct Event<'a> {
    /// Unique within the account; a repeat is ignored.
    pub event_id: Id<'a>,
    /// Whose event it is; equals the record's key.
    pub account_id: Id<'a>,
    /// When it happened (`ts`), not later than the record's own time.
    pub at: Timestamp,
    /// Who published it.
    pub source: Option<Str<'a>>,
    /// What happened.
    pub body: EventBody<'a>,
}

/// What happened, by the facet that it feeds.
#[derive(Clone, Debug, PartialEq)]
#[allow(clippy::large_enum_variant)] // lives on the stack for one fold; a box would allocate
pub enum EventBody<'a> {
    /// From `cs.accounts`.
    Profile(profile::Event<'a>),
    /// From `cs.product-usage`.
    Usage(usage::Event<'a>),
    /// From `cs.support-tickets`.
    Support(support::Event<'a>),
    /// From `cs.nps-responses`.
    Feedback(feedback::Event<'a>),
    /// From `cs.relationship`.
    Relationship(relationship::Event<'a>),
    /// From `cs.outcomes`.
    Outcomes(outcomes::Event<'a>),
    /// From `cs.commercial`.
    Commercial(commercial::Event<'a>),
    /// From `cs.commands`.
    Command(command::Event<'a>),
}

impl<'a> EventBody<'a> {
    /// Reads the body of a record of `topic` whose envelope says `type_name`.
    ///
    /// # Errors
    /// [`DecodeError::UnknownType`] when the topic has no such type, else what is wrong with it.
    pub fn read(topic: Topic, type_name: &str, body: &Body<'a>) -> Result<Self, DecodeError> {
        let read = match topic {
            Topic::Accounts => profile::Event::read(type_name, body)?.map(Self::Profile),
            Topic::Usage => usage::Event::read(type_name, body)?.map(Self::Usage),
            Topic::Support => support::Event::read(type_name, body)?.map(Self::Support),
            Topic::Feedback => feedback::Event::read(type_name, body)?.map(Self::Feedback),
            Topic::Relationship => {
                relationship::Event::read(type_name, body)?.map(Self::Relationship)
            }
            Topic::Outcomes => outcomes::Event::read(type_name, body)?.map(Self::Outcomes),
            Topic::Commercial => commercial::Event::read(type_name, body)?.map(Self::Commercial),
            Topic::Commands => command::Event::read(type_name, body)?.map(Self::Command),
        };
        read.ok_or(DecodeError::UnknownType { topic })
    }

    /// The topic that carries this body.
    pub const fn topic(&self) -> Topic {
        match self {
            Self::Profile(_) => Topic::Accounts,
            Self::Usage(_) => Topic::Usage,
            Self::Support(_) => Topic::Support,
            Self::Feedback(_) => Topic::Feedback,
            Self::Relationship(_) => Topic::Relationship,
            Self::Outcomes(_) => Topic::Outcomes,
            Self::Commercial(_) => Topic::Commercial,
            Self::Command(_) => Topic::Commands,
        }
    }

    /// The type as written in the envelope.
    pub const fn type_name(&self) -> &'static str {
        match self {
            Self::Profile(event) => event.type_name(),
            Self::Usage(event) => event.type_name(),
            Self::Support(event) => event.type_name(),
            Self::Feedback(event) => event.type_name(),
            Self::Relationship(event) => event.type_name(),
            Self::Outcomes(event) => event.type_name(),
            Self::Commercial(event) => event.type_name(),
            Self::Command(event) => event.type_name(),
        }
    }
}

/// Declares the types of one topic: the enum, their names on the wire, their schemas, and how to
/// read them. A type whose schema is missing does not compile.
macro_rules! event_types {
    ($(#[$enum_doc:meta])* pub enum Event in $topic:literal {
        $($(#[$doc:meta])* $wire:literal => $variant:ident($body:ty),)+
    }) => {
        $(#[$enum_doc])*
        #[derive(Clone, Debug, PartialEq)]
        #[allow(clippy::large_enum_variant)]
        pub enum Event<'a> {
            $($(#[$doc])* $variant($body),)+
        }

        impl<'a> Event<'a> {
            /// The names of the types, as written in the envelope.
            pub const TYPES: &'static [&'static str] = &[$($wire),+];

            /// Their Avro schemas, in the order of [`Event::TYPES`].
            pub const SCHEMAS: &'static [&'static str] = &[$(include_str!(concat!(
                env!("CARGO_MANIFEST_DIR"), "/schemas/", $topic, "/", $wire, ".avsc"
            ))),+];

            /// The type as written in the envelope.
            pub const fn type_name(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => $wire,)+
                }
            }

            /// Reads the body of type `type_name`; nothing when this topic has no such type.
            pub(in crate::engine) fn read(
                type_name: &str,
                body: &crate::engine::decode::Body<'a>,
            ) -> Result<Option<Self>, crate::engine::decode::error::DecodeError> {
                match type_name {
                    $($wire => body.read().map(|fields| Some(Self::$variant(fields))),)+
                    _ => Ok(None),
                }
            }
        }
    };
}
pub(super) use event_types;

/// The body of a type that says all by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
pub struct Nothing {}
