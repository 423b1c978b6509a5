//! The view at one instant: immutable, shared, and held without a lock.
//!
//! How it comes about is `writer.rs`; what lists are asked for is `list.rs`.

use std::sync::Arc;

use compact_str::CompactString;
use uuid::Uuid;

use super::account::Account;
use super::answers::Answers;
use super::changes::{ChangeId, Missed, Tail};
use super::figures::Figures;
use super::figures::fold::Fold;
use super::figures::groups::Published;
use super::ids::Ids;
use super::list::{Filter, is_in_scope};
use crate::engine::model::health::HealthBand;
use crate::engine::output::alert::Alert;
use crate::engine::output::deliverable::Deliverable;
use crate::engine::time::Timestamp;

/// All accounts, as the output topics left them.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// Counted up by one a snapshot.
    pub version: u64,
    /// Names the process's life.
    pub epoch: u64,
    /// What the clock showed when it was made.
    pub now: Timestamp,
    /// The newest instant that a record speaks of.
    pub as_of: Option<Timestamp>,
    /// Whether the output topics were read to their ends.
    pub is_ready: bool,
    /// Output records that were not read yet.
    pub lag: u64,
    /// How many assessments were read.
    pub n_published: u64,
    /// How many alert transitions were read.
    pub n_alerts: u64,
    /// The figures of all accounts, and of those of a manager, segment or parent.
    pub figures: Published,
    pub(super) accounts: Vec<Arc<Account>>,
    /// Open alerts about no single account.
    pub(super) fleet_alerts: Vec<Arc<Alert>>,
    /// The newest alert transitions, oldest first.
    pub(super) newest_alerts: Vec<Arc<Alert>>,
    pub(super) answers: Answers,
    pub(super) ids: Ids,
    pub(super) tail: Tail,
}

impl Snapshot {
    /// All accounts, in the order of their ids.
    pub fn accounts(&self) -> &[Arc<Account>] {
        &self.accounts
    }

    /// The account with this id.
    pub fn account(&self, id: &str) -> Option<&Arc<Account>> {
        let index = self.accounts.binary_search_by(|account| account.id().as_str().cmp(id)).ok()?;
        self.accounts.get(index)
    }

    /// The account with this id, if it is one of those that one may see.
    pub fn seen_account(&self, id: &str, scope: Option<&[CompactString]>) -> Option<&Arc<Account>> {
        self.account(id).filter(|account| is_in_scope(scope, &account.health.csm))
    }

    /// The account at which an open alert is, or a run that goes on or ended within a day.
    pub fn account_of(&self, id: Uuid) -> Option<&Arc<Account>> {
        self.account(self.ids.account(id)?)
    }

    /// Open alerts about no single account: a feed that stopped, a drop of the whole portfolio.
    pub fn fleet_alerts(&self) -> &[Arc<Alert>] {
        &self.fleet_alerts
    }

    /// The newest alert transitions, the newest first.
    pub fn newest_alerts(&self) -> impl Iterator<Item = &Arc<Alert>> {
        self.newest_alerts.iter().rev()
    }

    /// What became of the request with this id; nothing while it is not answered, or after more
    /// than [`super::answers::ANSWERS_MAX`] others were.
    pub fn answer(&self, request_id: &str) -> Option<&Arc<Deliverable>> {
        self.answers.get(request_id)
    }

    /// What changed after `last`.
    pub fn changes_since(&self, last: ChangeId) -> Missed<'_> {
        self.tail.since(self.epoch, last)
    }

    /// The place after every change of this snapshot.
    pub fn end(&self) -> ChangeId {
        ChangeId { epoch: self.epoch, version: self.version, number: u32::MAX }
    }

    /// The figures of the accounts that a filter lets pass.
    ///
    /// Those of all accounts and of one manager or segment are at hand; others are added up.
    pub fn figures(&self, filter: &Filter) -> Arc<Figures> {
        let at_hand = match (filter.whole(), filter.only_csm(), filter.only_segment()) {
            (true, ..) => Some(&self.figures.all),
            (_, Some(csm), _) => self.figures.by_csm.get(csm),
            (_, _, Some(segment)) => self.figures.by_segment.get(&segment),
            _ => None,
        };
        at_hand.cloned().unwrap_or_else(|| {
            let mut fold = Fold::default();
            self.filtered(filter).for_each(|account| fold.add(&account.share));
            Arc::new(Figures::of(&fold))
        })
    }

    /// How many accounts are displayed in each band, worst first.
    pub fn bands(&self) -> [usize; HealthBand::ALL.len()] {
        let mut counts = [0; HealthBand::ALL.len()];
        for account in &self.accounts {
            counts[account.health.band as usize] += 1;
        }
        counts
    }

    /// The accounts that changed last, the newest first.
    pub fn newest_accounts(&self, most: usize) -> Vec<&Arc<Account>> {
        let mut accounts: Vec<_> = self.accounts.iter().collect();
        accounts.sort_by(|a, b| b.health.at.cmp(&a.health.at).then_with(|| a.id().cmp(b.id())));
        accounts.truncate(most);
        accounts
    }
}
