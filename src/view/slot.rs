//! What the writer knows of one account, complete or not: its records come by several topics.
//!
//! When records come in and when an account is published is `writer.rs`'s business.

use std::sync::Arc;

use super::account::{Account, HealthRow, WorkRow};
use super::figures::groups::Groups;
use super::figures::share::Share;
use super::pressing::Pressing;
use super::timeline::Moment;
use crate::engine::output::health::AccountHealth;
use crate::engine::output::work::AccountWork;
use crate::engine::time::Day;

/// What is known of an account, complete or not: its records come by several topics.
#[derive(Default)]
pub(super) struct Slot {
    pub(super) partition: i32,
    pub(super) health: Option<Arc<HealthRow>>,
    pub(super) work: Option<Arc<WorkRow>>,
    pub(super) timeline: Arc<Vec<Moment>>,
    /// The records that came since the last publication, read: they need not be unpacked for it.
    pub(super) fresh_health: Option<Box<AccountHealth>>,
    pub(super) fresh_work: Option<Box<AccountWork>>,
    /// What it brings to figures, and as of which day; nothing until it has health.
    pub(super) share: Option<(Arc<Share>, Day)>,
    /// Its records changed since that was counted.
    pub(super) is_share_old: bool,
    /// As last published; nothing after a change.
    pub(super) account: Option<Arc<Account>>,
    pub(super) is_changed: bool,
}

impl Slot {
    /// Makes the account anew, with what it brings to figures on this day.
    pub(super) fn renew(&mut self, groups: &mut Groups, today: Day) {
        let is_of_today = self.share.as_ref().is_some_and(|(_, day)| *day == today);
        if std::mem::take(&mut self.is_share_old) || !is_of_today {
            let new = self.share_of(today);
            groups.put(self.share.as_ref().map(|(share, _)| &**share), new.as_deref());
            self.share = new.map(|share| (share, today));
        }
        self.account = self.to_account().map(Arc::new);
    }

    fn share_of(&mut self, today: Day) -> Option<Arc<Share>> {
        let (health, work) = (self.fresh_health.take(), self.fresh_work.take());
        let health = health.or_else(|| Some(Box::new(self.health.as_ref()?.record())))?;
        let work = work.or_else(|| Some(Box::new(self.work.as_ref()?.record())));
        Some(Arc::new(Share::of(&health, work.as_deref(), today)))
    }

    fn to_account(&self) -> Option<Account> {
        let health = self.health.as_ref()?;
        Some(Account {
            health: Arc::clone(health),
            pressing: Pressing::new(health, self.work.as_deref()),
            work: self.work.clone(),
            share: Arc::clone(&self.share.as_ref()?.0),
            timeline: Arc::clone(&self.timeline),
            partition: self.partition,
        })
    }
}
