//! A fold: the sum of the shares of some accounts, to which a share is added or taken from.
//!
//! What is summed is said in `portfolio.rs`, `work.rs` and `outcomes.rs`; which accounts make a
//! group, in `groups.rs`.

use super::Figures;
use super::outcomes::OutcomesFold;
use super::portfolio::PortfolioFold;
use super::share::Share;
use super::work::WorkFold;

/// The sum of the shares of some accounts.
///
/// Everything is an integer: a share that is added and taken away again leaves no trace, whatever
/// happened in between.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fold {
    shares: i64,
    portfolio: PortfolioFold,
    work: WorkFold,
    outcomes: OutcomesFold,
}

impl Fold {
    /// Adds what an account brings.
    pub fn add(&mut self, share: &Share) {
        self.change(1, share);
    }

    /// Takes away what an account brought: the very share that was added.
    pub fn subtract(&mut self, share: &Share) {
        self.change(-1, share);
    }

    fn change(&mut self, sign: i64, share: &Share) {
        self.shares += sign;
        self.portfolio.change(sign, share);
        self.work.change(sign, &share.done);
        self.outcomes.change(sign, share);
    }

    /// Whether no account brings anything, not even one that left.
    pub const fn is_empty(&self) -> bool {
        self.shares <= 0
    }

    pub(super) fn figures(&self) -> Figures {
        Figures {
            portfolio: self.portfolio.figures(),
            activity: self.work.activity(),
            outcomes: self.outcomes.figures(&self.portfolio),
            operations: self.work.operations(),
        }
    }
}
