//! What changed lately, for those who follow along: a bounded tail of changes with ids.
//!
//! How they are sent is `http/api/changes.rs`'s business; the changes of an account between two
//! snapshots are one.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use compact_str::CompactString;
use serde_json::json;

use super::account::{HealthRow, WorkRow};
use crate::engine::output::AccountId;
use crate::engine::output::alert::Alert;

/// How many changes are kept for those who come back.
pub const CHANGES_MAX: usize = 10_000;
/// More changes than these at once are not told one by one: who follows reads afresh.
pub const BATCH_MAX: usize = 500;

/// The place of a change: which process, which snapshot, which of its changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ChangeId {
    /// Names the process's life: places of another one mean nothing here.
    pub epoch: u64,
    /// The version of the snapshot that has it first.
    pub version: u64,
    /// Counted from 0 within the version.
    pub number: u32,
}

/// What an id is, when it is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a change's id has the form EPOCH-VERSION-NUMBER")]
pub struct NotAnId;

/// What kind of thing changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// The figures or the work of an account.
    Account,
    /// The account was erased.
    Erased,
    /// An alert went from one state to another.
    Alert,
}

/// Something that changed.
#[derive(Clone, Debug)]
pub struct Change {
    /// What kind of thing.
    pub kind: ChangeKind,
    /// Of which account.
    pub account_id: AccountId,
    /// Who looks after it, empty for nobody; nothing for what concerns all accounts.
    pub csm: Option<CompactString>,
    /// Who looked after it before, if it was published then.
    pub csm_before: Option<CompactString>,
    /// What is told, as JSON.
    pub json: Arc<str>,
}

/// The changes of one snapshot.
#[derive(Debug)]
pub struct Batch {
    /// The snapshot's version.
    pub version: u64,
    /// What changed, at least one thing.
    pub changes: Vec<Change>,
}

/// The newest batches, oldest first.
#[derive(Clone, Debug, Default)]
pub struct Tail {
    batches: Vec<Arc<Batch>>,
    n_changes: usize,
    /// Version and number after which every change is here.
    complete_after: (u64, u32),
}

/// What someone has missed.
#[derive(Debug)]
pub enum Missed<'a> {
    /// These, oldest first, each with its id.
    Changes(Vec<(ChangeId, &'a Change)>),
    /// More than is kept: read afresh.
    Reset,
}

impl Change {
    /// Figures or work of an account.
    pub(super) fn of_account(
        health: &HealthRow,
        work: Option<&WorkRow>,
        csm_before: Option<CompactString>,
    ) -> Self {
        let json = json!({
            "account_id": health.account_id,
            "at": health.at,
            "displayed_health_score": health.health,
            "displayed_health_band": health.band,
            "churn_probability": health.churn_probability,
            "churn_band": health.churn_band,
            "open_alerts": work.map_or(0, |work| work.alerts.len()),
            "open_runs": work.map_or(0, |work| work.runs.len()),
        });
        Self {
            kind: ChangeKind::Account,
            account_id: health.account_id.clone(),
            csm: Some(health.csm.clone()),
            csm_before,
            json: json.to_string().into(),
        }
    }

    /// An account that was erased.
    pub(super) fn of_erased(account_id: AccountId, csm_before: Option<CompactString>) -> Self {
        let json = json!({ "account_id": account_id }).to_string().into();
        Self { kind: ChangeKind::Erased, account_id, csm: None, csm_before, json }
    }

    /// The same when its account is erased: nothing is left of what was told.
    fn erased(&self) -> Self {
        let csm_before = self.csm_before.clone().or_else(|| self.csm.clone());
        Self::of_erased(self.account_id.clone(), csm_before)
    }

    /// A transition of an alert.
    pub(super) fn of_alert(alert: &Alert, csm: Option<CompactString>) -> Self {
        let json = json!({
            "account_id": alert.account_id,
            "at": alert.at,
            "alert_id": alert.alert_id,
            "rule": alert.rule,
            "severity": alert.severity,
            "transition": alert.transition,
            "status": alert.status,
            "summary": alert.summary,
        });
        let (kind, account_id) = (ChangeKind::Alert, alert.account_id.clone());
        Self { kind, account_id, csm, csm_before: None, json: json.to_string().into() }
    }
}

impl Tail {
    /// Keeps what a snapshot changed, and drops the oldest beyond the limit. What is too much to be
    /// told one by one is [`Tail::forget`].
    pub(super) fn push(&mut self, version: u64, changes: Vec<Change>) {
        match changes.len() {
            0 => {}
            n if n > BATCH_MAX => self.forget(version),
            n => {
                self.n_changes += n;
                self.batches.push(Arc::new(Batch { version, changes }));
            }
        }
        while self.n_changes > CHANGES_MAX {
            let oldest = self.batches.remove(0);
            self.n_changes -= oldest.changes.len();
            let last = oldest.changes.len().saturating_sub(1);
            self.complete_after = (oldest.version, u32::try_from(last).unwrap_or(u32::MAX));
        }
    }

    /// Drops what was told of an account that is erased.
    pub(super) fn erase(&mut self, account_id: &str) {
        let is_of_it =
            |change: &Change| change.account_id == account_id && change.kind != ChangeKind::Erased;
        for batch in self.batches.iter_mut().filter(|it| it.changes.iter().any(is_of_it)) {
            let blank = |change: &Change| {
                if is_of_it(change) { change.erased() } else { change.clone() }
            };
            let changes = batch.changes.iter().map(blank).collect();
            *batch = Arc::new(Batch { version: batch.version, changes });
        }
    }

    /// Whoever has heard less than this version reads afresh.
    pub(super) fn forget(&mut self, version: u64) {
        *self = Self { complete_after: (version, 0), ..Self::default() };
    }

    /// The changes after `last`.
    pub fn since(&self, epoch: u64, last: ChangeId) -> Missed<'_> {
        if last.epoch != epoch || (last.version, last.number) < self.complete_after {
            return Missed::Reset;
        }
        let first = self.batches.partition_point(|batch| batch.version < last.version);
        let changes = self.batches[first..].iter().flat_map(|batch| {
            let id = move |number| ChangeId { epoch, version: batch.version, number };
            (0..).zip(&batch.changes).map(move |(number, change)| (id(number), change))
        });
        Missed::Changes(changes.filter(|(id, _)| *id > last).collect())
    }
}

impl fmt::Display for ChangeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}-{}-{}", self.epoch, self.version, self.number)
    }
}

impl FromStr for ChangeId {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let mut parts = text.splitn(3, '-');
        let mut part = || parts.next().ok_or(NotAnId);
        let epoch = u64::from_str_radix(part()?, 16).map_err(|_| NotAnId)?;
        let version = part()?.parse().map_err(|_| NotAnId)?;
        let number = part()?.parse().map_err(|_| NotAnId)?;
        Ok(Self { epoch, version, number })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EPOCH: u64 = 0xabc;

    fn change(name: &str) -> Change {
        let json = name.into();
        let (kind, account_id) = (ChangeKind::Account, name.into());
        Change { kind, account_id, csm: None, csm_before: None, json }
    }

    fn names(tail: &Tail, version: u64, number: u32) -> Option<Vec<String>> {
        match tail.since(EPOCH, ChangeId { epoch: EPOCH, version, number }) {
            Missed::Changes(changes) => {
                Some(changes.iter().map(|(_, change)| change.json.to_string()).collect())
            }
            Missed::Reset => None,
        }
    }

    #[test]
    fn who_comes_back_hears_what_came_after_the_last_id() {
        let mut tail = Tail::default();
        tail.push(1, vec![change("a"), change("b")]);
        tail.push(2, Vec::new());
        tail.push(3, vec![change("c")]);
        assert_eq!(names(&tail, 0, 0).unwrap(), ["a", "b", "c"]);
        assert_eq!(names(&tail, 1, 0).unwrap(), ["b", "c"]);
        assert_eq!(names(&tail, 1, 1).unwrap(), ["c"]);
        assert_eq!(names(&tail, 3, 0).unwrap(), [""; 0]);
        let elsewhere = ChangeId { epoch: 1, version: 3, number: 0 };
        assert!(matches!(tail.since(EPOCH, elsewhere), Missed::Reset));
    }

    #[test]
    fn what_is_no_longer_kept_is_a_reset() {
        let mut tail = Tail::default();
        for version in 1..=(CHANGES_MAX as u64 / 100 + 2) {
            tail.push(version, (0..100).map(|n| change(&n.to_string())).collect());
        }
        assert_eq!(names(&tail, 1, 99), None);
        assert!(names(&tail, 2, 98).is_none(), "the hundredth of version 2 is not there");
        assert_eq!(names(&tail, 2, 99).unwrap().len(), CHANGES_MAX);
        tail.push(1_000, (0..=BATCH_MAX).map(|n| change(&n.to_string())).collect());
        assert_eq!(names(&tail, 999, 0), None);
        assert_eq!(names(&tail, 1_000, 0).unwrap(), [""; 0]);
    }

    #[test]
    fn an_id_reads_back() {
        let id = ChangeId { epoch: u64::MAX, version: 12, number: 3 };
        assert_eq!(id.to_string().parse(), Ok(id));
        for text in ["", "1", "1-2", "x-1-1", "1-2-3-4", "1--1"] {
            assert_eq!(text.parse::<ChangeId>(), Err(NotAnId), "{text}");
        }
    }
}
