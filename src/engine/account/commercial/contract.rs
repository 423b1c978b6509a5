//! The contract: signed, renewed, given up.
//!
//! ARR and the contract's dates as the CRM tells them belong to `profile.rs`; which of the two ends
//! counts is judged where both are read.

use serde::{Deserialize, Serialize};

use crate::engine::stamp::{Last, Moment, Stamp};
use crate::engine::time::Timestamp;
use crate::engine::window::instants::Instants;
use crate::engine::window::newest::Newest;

use super::{ContractRenewed, ContractSigned};

/// Most renewals that are remembered (`contract.md` §1 publishes 13); the oldest goes.
pub const RENEWALS_MAX: usize = 13;
/// Most times that an account may leave, within the horizon; the oldest goes.
pub const CHURNS_MAX: usize = 32;

/// What became of the contract.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Contract {
    /// The last time that a first contract was signed, and the end that was named.
    pub signed: Last<Option<Timestamp>>,
    /// Renewals.
    pub renewals: Newest<Renewal, RENEWALS_MAX>,
    /// The end that the last renewal that named one gave the contract.
    pub renewed_end: Last<Timestamp>,
    /// The last time that the customer left.
    pub churned: Last<()>,
    /// The times that the customer left, for those who learn from them.
    pub churned_at: Instants<CHURNS_MAX>,
}

/// One renewal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Renewal {
    /// When.
    pub stamp: Stamp,
    /// When the new contract ends.
    pub contract_end: Option<Timestamp>,
    /// The new annual recurring revenue, in cents of the account's currency.
    pub arr_cents: Option<i64>,
}

impl Contract {
    pub(super) fn note_signature(&mut self, signed: ContractSigned, moment: Moment<'_>) {
        self.signed.see(moment, || signed.contract_end);
    }

    pub(super) fn note_renewal(&mut self, renewed: ContractRenewed, moment: Moment<'_>) {
        let ContractRenewed { contract_end, arr_cents } = renewed;
        self.renewals.add(Renewal { stamp: moment.stamp(), contract_end, arr_cents });
        if let Some(end) = contract_end {
            self.renewed_end.see(moment, || end);
        }
    }

    pub(super) fn note_churn(&mut self, moment: Moment<'_>) {
        self.churned.see(moment, || ());
        self.churned_at.add(moment.at);
    }

    /// When the customer left; nothing for one that stays, or that signed or renewed since.
    pub fn churned_at(&self) -> Option<Timestamp> {
        self.churned.stamp().filter(|churned| Some(*churned) > self.won()).map(|churned| churned.at)
    }

    /// When the customer last signed or renewed after leaving; nothing for one that never left or
    /// is gone.
    pub fn won_back_at(&self) -> Option<Timestamp> {
        let churned = self.churned.stamp()?;
        self.won().filter(|won| *won > churned).map(|won| won.at)
    }

    /// The last signature or renewal.
    fn won(&self) -> Option<&Stamp> {
        let renewed = self.renewals.as_slice().last().map(|renewal| &renewal.stamp);
        self.signed.stamp().max(renewed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_signs_or_renews_after_leaving_is_won_back() {
        let ms = Timestamp::from_millis;
        let moment = |at, event_id| Moment { at: ms(at), event_id };
        let renewed =
            |end: Option<i64>| ContractRenewed { contract_end: end.map(ms), arr_cents: None };
        let mut contract = Contract::default();
        contract.note_renewal(renewed(Some(99)), moment(3, "a"));
        assert_eq!(contract.churned_at(), None);
        contract.note_churn(moment(4, "b"));
        contract.note_signature(ContractSigned { contract_end: None }, moment(2, "c"));
        assert_eq!(contract.churned_at(), Some(ms(4)));
        assert_eq!(contract.won_back_at(), None);
        contract.note_renewal(renewed(None), moment(4, "c"));
        assert_eq!((contract.churned_at(), contract.won_back_at()), (None, Some(ms(4))));
        assert_eq!(contract.renewed_end.get(), Some(&ms(99)), "as no later one named an end");
        contract.note_churn(moment(5, "d"));
        assert_eq!(contract.churned_at(), Some(ms(5)));
    }

    #[test]
    fn the_last_thirteen_renewals_are_kept() {
        let mut contract = Contract::default();
        for at in (0..20).rev() {
            let moment = Moment { at: Timestamp::from_millis(at), event_id: "a" };
            contract.note_renewal(ContractRenewed { contract_end: None, arr_cents: None }, moment);
        }
        let held = contract.renewals.as_slice();
        assert_eq!((held.len(), contract.renewals.lost()), (RENEWALS_MAX, 7));
        assert_eq!(held[0].stamp.at, Timestamp::from_millis(7));
    }
}
