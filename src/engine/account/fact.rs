//! What folding an event may find worth a decision of its own.
//!
//! What is decided on it stands in `decide.rs`; a restore, which only folds, drops facts.

use super::workflow::overrides::HealthOverride;

/// Something that happened, as opposed to something that is the case.
#[derive(Clone, Debug, PartialEq)]
pub enum Fact {
    /// Somebody said how likely they are to recommend, 0 to 10.
    NpsAnswered {
        /// What they said.
        score: u8,
        /// Who, under the service's key.
        respondent: Option<u64>,
    },
    /// A ticket was escalated.
    TicketEscalated {
        /// Which, under the service's key.
        ticket: u64,
    },
    /// The sponsor left.
    SponsorDeparted,
    /// Somebody became the sponsor.
    SponsorAssigned,
    /// A competitor was named.
    CompetitorMentioned,
    /// A payment did not go through.
    PaymentFailed,
    /// The first contract was signed.
    ContractSigned,
    /// The contract was renewed.
    ContractRenewed,
    /// The contract was given up.
    ContractChurned,
    /// A person knows better than the score.
    HealthOverridden(Box<HealthOverride>),
}

/// The facts of one event: its own, and what its text says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts([Option<Fact>; 2]);

/// What became of an event.
#[derive(Clone, Debug, PartialEq)]
pub enum Folded {
    /// It is part of the state, and may have left facts.
    Applied(Facts),
    /// A copy of an event that was applied; nothing changed.
    Duplicate,
    /// Older than every window: part of the state as far as that reaches, without a fact.
    Late,
}

impl Facts {
    /// Nothing worth a decision of its own.
    pub const NONE: Self = Self([None, None]);

    /// The fact of the event, and what its text says.
    pub const fn new(own: Option<Fact>, of_text: Option<Fact>) -> Self {
        Self([own, of_text])
    }

    /// Each of them.
    pub fn into_each(self) -> impl Iterator<Item = Fact> {
        self.0.into_iter().flatten()
    }
}
