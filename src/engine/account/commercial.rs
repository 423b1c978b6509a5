//! The commercial facet: invoices, renewal talks, expansion, budget, competition, the contract.
//!
//! ARR and the contract's dates as the CRM tells them belong to `profile.rs`.

use serde::{Deserialize, Serialize};

use crate::engine::event::{Nothing, event_types};
use crate::engine::field::{Id, Str};
use crate::engine::id::IdKey;
use crate::engine::stamp::Moment;
use crate::engine::time::Timestamp;
use crate::engine::window::instants::Instants;

use super::feed::Feed;

use budget::BudgetTold;
use contract::Contract;
use invoices::Invoices;
use renewal::RenewalTalks;

pub mod budget;
pub mod contract;
pub mod invoices;
pub mod metrics;
pub mod renewal;
pub mod signals;

// Events

event_types! {
    /// The types of `cs.commercial`.
    pub enum Event in "cs.commercial" {
        /// An invoice was sent: issued by its first event of this kind, due by its last.
        "invoice_issued" => InvoiceIssued(InvoiceIssued<'a>),
        /// An invoice was paid.
        "payment_received" => PaymentReceived(Payment<'a>),
        /// A payment did not go through.
        "payment_failed" => PaymentFailed(Payment<'a>),
        /// We spoke of the renewal; the `step` that it may name is not read.
        "renewal_touch" => RenewalTouch(Nothing),
        /// The customer answered about the renewal; its `step` is not read either.
        "renewal_reply" => RenewalReply(Nothing),
        /// The customer said what they mean to do.
        "renewal_intent" => RenewalIntent(RenewalIntent),
        /// An expansion is being discussed.
        "expansion_opened" => ExpansionOpened(Expansion<'a>),
        /// An expansion was bought.
        "expansion_won" => ExpansionWon(Expansion<'a>),
        /// An expansion was declined.
        "expansion_lost" => ExpansionLost(Expansion<'a>),
        /// What became of the customer's budget.
        "budget_status" => BudgetStatus(BudgetStatus),
        /// The customer worries about the budget.
        "budget_concern" => BudgetConcern(Nothing),
        /// The customer spoke of a competitor.
        "competitor_mention" => CompetitorMention(CompetitorMention<'a>),
        /// A first contract was signed.
        "contract_signed" => ContractSigned(ContractSigned),
        /// The contract was renewed.
        "contract_renewed" => ContractRenewed(ContractRenewed),
        /// The customer left.
        "contract_churned" => ContractChurned(ContractChurned<'a>),
    }
}

/// Fields of `invoice_issued`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct InvoiceIssued<'a> {
    /// Which invoice.
    #[serde(borrow)]
    pub invoice_id: Id<'a>,
    /// By when it is to be paid.
    pub due: Timestamp,
    /// Its sum.
    pub amount_cents: Option<i64>,
}

/// Fields of `payment_received` and `payment_failed`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Payment<'a> {
    /// Which invoice.
    #[serde(borrow)]
    pub invoice_id: Id<'a>,
    /// The sum.
    pub amount_cents: Option<i64>,
}

/// Fields of `renewal_intent`.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
pub struct RenewalIntent {
    /// What the customer means to do.
    pub intent: Intent,
}

/// What a customer means to do about the renewal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Intent {
    /// Said yes.
    VerbalYes,
    /// Rather yes.
    Likely,
    /// Does not know.
    Unsure,
    /// Rather no.
    Unlikely,
}

/// Fields of `expansion_opened`, `expansion_won` and `expansion_lost`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Expansion<'a> {
    /// Which opportunity.
    #[serde(borrow)]
    pub opportunity_id: Option<Id<'a>>,
    /// Its annual value.
    pub amount_cents: Option<i64>,
}

/// Fields of `budget_status`.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
pub struct BudgetStatus {
    /// What became of it.
    pub status: Budget,
}

/// What became of a customer's budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Budget {
    /// It stands.
    Confirmed,
    /// It may be cut.
    AtRisk,
    /// It was cut.
    Cut,
}

/// Fields of `competitor_mention`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct CompetitorMention<'a> {
    /// Which competitor.
    #[serde(borrow)]
    pub competitor: Option<Str<'a>>,
}

/// Fields of `contract_signed`.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
pub struct ContractSigned {
    /// When the contract ends.
    pub contract_end: Option<Timestamp>,
}

/// Fields of `contract_renewed`.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
pub struct ContractRenewed {
    /// When the new contract ends.
    pub contract_end: Option<Timestamp>,
    /// The new annual recurring revenue.
    pub arr_cents: Option<i64>,
}

/// Fields of `contract_churned`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct ContractChurned<'a> {
    /// Why, in the customer's words.
    #[serde(borrow)]
    pub reason: Option<Str<'a>>,
}

// State

/// Most instants of each kind of rare event; the oldest goes.
pub const INSTANTS_MAX: usize = 128;

/// What the account pays and means to pay: what `cs.commercial` told.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Commercial {
    /// The stream of `cs.commercial`.
    pub feed: Feed,
    /// Invoices and payments.
    pub invoices: Invoices,
    /// Talks about the renewal.
    pub renewal: RenewalTalks,
    /// Expansions that came up.
    pub expansions_opened: Instants<INSTANTS_MAX>,
    /// Expansions that were bought.
    pub expansions_won: Instants<INSTANTS_MAX>,
    /// Expansions that were declined.
    pub expansions_lost: Instants<INSTANTS_MAX>,
    /// The budget.
    pub budget: BudgetTold,
    /// Times that the customer spoke of a competitor.
    pub competitor_mentions: Instants<INSTANTS_MAX>,
    /// The contract.
    pub contract: Contract,
}

impl Event<'_> {
    /// Whether `scoring.md` §1 lists this type.
    pub(super) const fn makes_live(&self) -> bool {
        match self {
            Self::InvoiceIssued(_)
            | Self::PaymentReceived(_)
            | Self::PaymentFailed(_)
            | Self::RenewalTouch(_)
            | Self::RenewalReply(_)
            | Self::RenewalIntent(_)
            | Self::ExpansionOpened(_)
            | Self::BudgetStatus(_)
            | Self::BudgetConcern(_)
            | Self::CompetitorMention(_) => true,
            Self::ExpansionWon(_)
            | Self::ExpansionLost(_)
            | Self::ContractSigned(_)
            | Self::ContractRenewed(_)
            | Self::ContractChurned(_) => false,
        }
    }
}

impl Commercial {
    pub(super) fn fold(&mut self, event: &Event<'_>, moment: Moment<'_>, key: &IdKey) {
        let at = moment.at;
        match event {
            Event::InvoiceIssued(issued) => {
                self.invoices.note_issue(key.hash(&issued.invoice_id), moment, issued.due);
            }
            Event::PaymentReceived(payment) => {
                self.invoices.note_payment(key.hash(&payment.invoice_id), moment);
            }
            Event::PaymentFailed(payment) => {
                self.invoices.note_failure(key.hash(&payment.invoice_id), moment);
            }
            Event::RenewalTouch(_) => self.renewal.note_touch(moment),
            Event::RenewalReply(_) => self.renewal.note_reply(moment),
            Event::RenewalIntent(said) => {
                self.renewal.intent.see(moment, || said.intent);
            }
            Event::ExpansionOpened(_) => self.expansions_opened.add(at),
            Event::ExpansionWon(_) => self.expansions_won.add(at),
            Event::ExpansionLost(_) => self.expansions_lost.add(at),
            Event::BudgetStatus(budget) => self.budget.note_status(budget.status, moment),
            Event::BudgetConcern(_) => {
                self.budget.concern.see(moment, || ());
            }
            Event::CompetitorMention(_) => {
                self.competitor_mentions.add(at);
            }
            Event::ContractSigned(signed) => {
                self.contract.note_signature(*signed, moment);
            }
            Event::ContractRenewed(renewed) => {
                self.contract.note_renewal(*renewed, moment);
            }
            Event::ContractChurned(_) => {
                self.contract.note_churn(moment);
            }
        }
    }
}
