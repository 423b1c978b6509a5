//! Groups: the figures of all accounts, of each customer-success manager, each segment and each
//! parent.
//!
//! Only what changed is computed again. How a group is summed is `fold.rs` and `parents.rs`.

use std::collections::BTreeMap;
use std::sync::Arc;

use compact_str::CompactString;

use super::Figures;
use super::fold::Fold;
use super::parents::{ParentFigures, ParentFold};
use super::share::Share;
use crate::engine::account::profile::Segment;

/// The sums of all groups that have an account.
#[derive(Clone, Debug, Default)]
pub struct Groups {
    all: Group<Fold, Figures>,
    by_csm: BTreeMap<CompactString, Group<Fold, Figures>>,
    by_segment: BTreeMap<Segment, Group<Fold, Figures>>,
    parents: BTreeMap<CompactString, Group<ParentFold, ParentFigures>>,
}

/// The figures of all groups at one moment: cheap to hold and to clone.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Published {
    /// Of all accounts.
    pub all: Arc<Figures>,
    /// By name of the customer-success manager.
    pub by_csm: BTreeMap<CompactString, Arc<Figures>>,
    /// By segment; those that have an account.
    pub by_segment: BTreeMap<Segment, Arc<Figures>>,
    /// By id of the parent; those that have a child that did not leave.
    pub parents: BTreeMap<CompactString, Arc<ParentFigures>>,
}

/// A sum, and its figures while they hold.
#[derive(Clone, Debug, Default)]
struct Group<S, F> {
    fold: S,
    figures: Option<Arc<F>>,
}

impl Groups {
    /// Takes what an account brings now in place of what it brought; nothing for one that was not
    /// there, or is no longer.
    pub fn put(&mut self, old: Option<&Share>, new: Option<&Share>) {
        if old == new {
            return;
        }
        if let Some(share) = old {
            self.each_group(share, |group| group.change(|fold| fold.subtract(share)));
            self.family(share, |fold| fold.subtract(share));
        }
        if let Some(share) = new {
            self.each_group(share, |group| group.change(|fold| fold.add(share)));
            self.family(share, |fold| fold.add(share));
        }
        // Last, lest a group be dropped and made again.
        old.into_iter().chain(new).for_each(|share| self.drop_empty(share));
    }

    fn each_group(&mut self, share: &Share, mut how: impl FnMut(&mut Group<Fold, Figures>)) {
        how(&mut self.all);
        how(self.by_csm.entry(share.csm.clone()).or_default());
        how(self.by_segment.entry(share.segment).or_default());
    }

    fn family(&mut self, share: &Share, how: impl FnOnce(&mut ParentFold)) {
        if let Some(parent) = &share.parent {
            self.parents.entry(parent.clone()).or_default().change(how);
        }
    }

    fn drop_empty(&mut self, share: &Share) {
        if self.by_csm.get(&share.csm).is_some_and(|it| it.fold.is_empty()) {
            self.by_csm.remove(&share.csm);
        }
        if self.by_segment.get(&share.segment).is_some_and(|it| it.fold.is_empty()) {
            self.by_segment.remove(&share.segment);
        }
        let Some(parent) = &share.parent else { return };
        if self.parents.get(parent).is_some_and(|it| it.fold.is_empty()) {
            self.parents.remove(parent);
        }
    }

    /// The sum of all accounts.
    pub const fn all(&self) -> &Fold {
        &self.all.fold
    }

    /// The figures of all groups; those that did not change since the last call are the same.
    pub fn publish(&mut self) -> Published {
        let by_csm = self.by_csm.iter_mut();
        let by_csm = by_csm.map(|(csm, group)| (csm.clone(), group.figures(Figures::of)));
        let by_segment = self.by_segment.iter_mut();
        let by_segment = by_segment.map(|(segment, group)| (*segment, group.figures(Figures::of)));
        let parents = self.parents.iter_mut();
        let parents =
            parents.map(|(parent, group)| (parent.clone(), group.figures(ParentFold::figures)));
        Published {
            all: self.all.figures(Figures::of),
            by_csm: by_csm.collect(),
            by_segment: by_segment.collect(),
            parents: parents.collect(),
        }
    }
}

impl<S, F> Group<S, F> {
    fn change(&mut self, how: impl FnOnce(&mut S)) {
        how(&mut self.fold);
        self.figures = None;
    }

    fn figures(&mut self, of: impl FnOnce(&S) -> F) -> Arc<F> {
        Arc::clone(self.figures.get_or_insert_with(|| Arc::new(of(&self.fold))))
    }
}
