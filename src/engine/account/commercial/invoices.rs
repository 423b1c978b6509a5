//! Invoices, what was paid of them, and payments that failed.
//!
//! What lateness is worth stands in the model.

use serde::{Deserialize, Serialize};

use crate::engine::stamp::{Last, Moment, Stamp};
use crate::engine::time::Timestamp;
use crate::engine::window::id_map::IdMap;
use crate::engine::window::newest::Newest;

/// Most invoices of an account; of the settled ones, else of all, the one not heard of for longest
/// goes. There is no other end to them: an unpaid invoice stays overdue.
pub const INVOICES_MAX: usize = 512;
/// Most failed payments that are remembered; the oldest goes.
pub const FAILURES_MAX: usize = 128;

/// Invoices and payments.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Invoices {
    /// Invoices by hash, also those of which only payments were heard.
    pub by_id: IdMap<Invoice, INVOICES_MAX>,
    /// Payments that did not go through.
    pub failures: Newest<Failure, FAILURES_MAX>,
}

/// One invoice.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Invoice {
    /// When it was issued first.
    pub issued_at: Option<Timestamp>,
    /// By when it is to be paid, as it was issued last.
    pub due: Last<Timestamp>,
    /// When it was paid first, even if that was before it was issued.
    pub paid_at: Option<Timestamp>,
    /// When it was paid last: settles a payment that failed before.
    pub last_paid: Last<()>,
}

/// A payment that did not go through.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Failure {
    /// When.
    pub stamp: Stamp,
    /// Hash of the invoice.
    pub invoice: u64,
}

impl Invoices {
    pub(super) fn note_issue(&mut self, hash: u64, moment: Moment<'_>, due: Timestamp) {
        self.note(hash, |invoice| {
            keep_first(&mut invoice.issued_at, moment.at);
            invoice.due.see(moment, || due);
        });
    }

    pub(super) fn note_payment(&mut self, hash: u64, moment: Moment<'_>) {
        self.note(hash, |invoice| {
            keep_first(&mut invoice.paid_at, moment.at);
            invoice.last_paid.see(moment, || ());
        });
    }

    pub(super) fn note_failure(&mut self, invoice: u64, moment: Moment<'_>) {
        let failure = Failure { stamp: moment.stamp(), invoice };
        self.failures.add_recent(failure, |failure| failure.stamp.at);
    }

    /// Whether the invoice was paid after this payment of it failed.
    pub fn is_settled(&self, failure: &Failure) -> bool {
        let invoice = self.by_id.get(failure.invoice);
        invoice.and_then(|invoice| invoice.last_paid.stamp()) > Some(&failure.stamp)
    }

    /// The earliest due date of the invoices that were issued and never paid; overdue if it has
    /// passed.
    pub fn first_unpaid_due_at(&self) -> Option<Timestamp> {
        let unpaid = self.by_id.values().filter(|invoice| invoice.paid_at.is_none());
        unpaid.filter_map(Invoice::due_at).min()
    }

    fn note(&mut self, hash: u64, change: impl FnOnce(&mut Invoice)) {
        self.by_id.update(hash, change, Invoice::age_key);
    }
}

impl Invoice {
    /// By when it is to be paid; nothing when it was never issued.
    pub fn due_at(&self) -> Option<Timestamp> {
        self.due.get().copied()
    }

    /// Open ones outlive settled ones.
    fn age_key(&self) -> (bool, Option<Timestamp>) {
        (self.paid_at.is_none(), self.due.at().max(self.last_paid.at()))
    }
}

fn keep_first(first: &mut Option<Timestamp>, at: Timestamp) {
    *first = Some(first.map_or(at, |held| held.min(at)));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(at: i64, event_id: &str) -> Moment<'_> {
        Moment { at: ms(at), event_id }
    }

    fn ms(at: i64) -> Timestamp {
        Timestamp::from_millis(at)
    }

    #[test]
    fn an_invoice_is_issued_and_paid_by_its_first_event_and_due_by_its_last() {
        let mut invoices = Invoices::default();
        invoices.note_issue(1, moment(9, "c"), ms(90));
        invoices.note_issue(1, moment(5, "b"), ms(50));
        invoices.note_issue(1, moment(5, "a"), ms(40));
        invoices.note_issue(3, moment(9, "b"), ms(97));
        invoices.note_issue(3, moment(9, "a"), ms(80));
        let issued = [1, 3].map(|hash| invoices.by_id.get(hash).unwrap().issued_at);
        assert_eq!(issued, [Some(ms(5)), Some(ms(9))]);
        assert_eq!(invoices.first_unpaid_due_at(), Some(ms(90)));
        invoices.note_payment(3, moment(8, "g"));
        invoices.note_payment(1, moment(8, "e"));
        invoices.note_payment(1, moment(7, "d"));
        invoices.note_payment(2, moment(7, "f"));
        assert_eq!(invoices.first_unpaid_due_at(), None, "2 was never issued");
        let invoice = invoices.by_id.get(1).unwrap();
        assert_eq!((invoice.paid_at, invoice.last_paid.at()), (Some(ms(7)), Some(ms(8))));
    }

    #[test]
    fn only_a_later_payment_of_the_same_invoice_settles_a_failure() {
        let mut invoices = Invoices::default();
        invoices.note_failure(1, moment(5, "m"));
        invoices.note_failure(2, moment(5, "n"));
        invoices.note_payment(2, moment(9, "o"));
        invoices.note_payment(1, moment(4, "p"));
        invoices.note_payment(1, moment(5, "k"));
        let settled = |invoices: &Invoices| -> Vec<bool> {
            let failures = invoices.failures.as_slice().iter();
            failures.map(|failure| invoices.is_settled(failure)).collect()
        };
        assert_eq!(settled(&invoices), [false, true]);
        invoices.note_payment(1, moment(5, "z"));
        assert_eq!(settled(&invoices), [true, true]);
    }

    #[test]
    fn when_there_are_too_many_the_unpaid_stay() {
        let mut invoices = Invoices::default();
        invoices.note_issue(0, moment(1, "a"), ms(2));
        for hash in 1..600 {
            invoices.note_issue(hash, moment(hash as i64, "a"), ms(700));
            invoices.note_payment(hash, moment(hash as i64, "b"));
            invoices.note_failure(hash, moment(hash as i64, "c"));
        }
        assert_eq!(invoices.first_unpaid_due_at(), Some(ms(2)));
        assert_eq!((invoices.by_id.values().len(), invoices.by_id.lost()), (512, 88));
        assert_eq!((invoices.failures.as_slice().len(), invoices.failures.lost()), (128, 471));
    }
}
