//! The first day of a partition (`docs/decisions/0020`): quiet until its input was read once, then
//! the baseline alerts, a few for each customer-success manager and day.
//!
//! What a quiet look leaves out is said in `decide/mod.rs`; when the input was read, in `kafka/`.

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use super::Engine;
use super::decide::{Attention, Situation};
use super::output::{AccountId, Output, OutputBody};
use super::time::{Day, Timestamp};

/// Baseline alerts of a customer-success manager and day, over all partitions.
const BASELINE_MAX: u32 = 10;

/// Baseline alerts of the day by customer-success manager: a part of the mark.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Baseline {
    /// The day on which alerts were allotted last; nothing while none wait.
    pub day: Option<Day>,
    /// How many were raised on it, by customer-success manager, in the order of the first.
    pub raised: Vec<(CompactString, u32)>,
}

/// How far a partition is with its first day.
#[derive(Debug)]
pub(super) struct FirstDay {
    /// Nothing but health is published.
    is_quiet: bool,
    /// How many partitions share the baseline alerts of a day.
    partitions: u32,
    /// Whether alerts may wait: nobody looks for them otherwise.
    may_wait: bool,
    baseline: Baseline,
}

impl Baseline {
    /// How many of `max` a customer-success manager has left.
    fn left(&self, csm: &str, max: u32) -> u32 {
        let raised = self.raised.iter().find(|(name, _)| name == csm);
        max.saturating_sub(raised.map_or(0, |(_, count)| *count))
    }

    fn note(&mut self, csm: &CompactString) {
        match self.raised.iter_mut().find(|(name, _)| name == csm) {
            Some((_, count)) => *count += 1,
            None => self.raised.push((csm.clone(), 1)),
        }
    }
}

impl FirstDay {
    /// One that is over: everything is published from the first event on.
    pub(super) fn over() -> Self {
        let baseline = Baseline::default();
        Self { is_quiet: false, partitions: 1, may_wait: false, baseline }
    }

    fn each_max(&self) -> u32 {
        (BASELINE_MAX / self.partitions.max(1)).max(1)
    }

    /// How much a look may say, when it is not the one in which alerts are allotted.
    pub(super) fn attention(&self) -> Attention {
        if self.is_quiet { Attention::Quiet } else { Attention::Full }
    }

    /// How much the look may say in which alerts are allotted.
    pub(super) fn allotted(&self, situation: &Situation<'_>) -> Attention {
        let (csm, _) = situation.owner();
        Attention::Allotted(self.baseline.left(csm, self.each_max()))
    }
}

impl Engine {
    /// Nothing but health is published until [`Engine::attend`] is called.
    pub fn keep_quiet(&mut self) {
        self.first_day.is_quiet = true;
    }

    /// The partition has read its input once: from `now` on everything is published. Accounts that
    /// were only looked at quietly are due at `now`.
    ///
    /// `partitions` share the baseline alerts of a day.
    pub fn attend(&mut self, now: Timestamp, partitions: u32) {
        self.now = self.now.max(now);
        // What was read in this step was read quietly, too.
        self.look_at_touched(now);
        self.restore_attention(now, partitions, Baseline::default());
        let unseen = self.accounts.iter_mut().filter(|(_, it)| it.workflow.backlog.is_some());
        unseen.for_each(|(id, watched)| self.timers.set(id, watched));
    }

    /// Goes on after a restart: everything is published since `since`, and `baseline` alerts were
    /// raised today. To be called before [`Engine::finish_restore`].
    pub fn restore_attention(&mut self, since: Timestamp, partitions: u32, baseline: Baseline) {
        self.first_day = FirstDay { is_quiet: false, partitions, may_wait: true, baseline };
        self.timers.attend_since(since);
    }

    /// Today's baseline alerts by customer-success manager.
    pub fn baseline(&self) -> &Baseline {
        &self.first_day.baseline
    }

    /// Raises the baseline alerts of the day of `now`, the account with the lowest health first,
    /// then by id, once every account was looked at.
    pub(super) fn allot(&mut self, now: Timestamp) {
        let today = now.day();
        let is_busy = self.timers.next_due_at().is_some_and(|due_at| due_at <= now);
        let first_day = &mut self.first_day;
        if !first_day.may_wait || is_busy || first_day.baseline.day == Some(today) {
            return;
        }
        first_day.baseline = Baseline { day: Some(today), raised: Vec::new() };
        let waiting = self.waiting();
        if waiting.is_empty() {
            self.first_day.may_wait = false;
            self.first_day.baseline = Baseline::default();
        }
        for (_, id) in waiting {
            self.allot_to(&id, now);
        }
    }

    /// The accounts with alerts that wait, by the health that was published last.
    fn waiting(&self) -> Vec<(u16, AccountId)> {
        let waits = self.accounts.iter().filter(|(_, it)| it.workflow.is_baseline_waiting());
        let mut waiting: Vec<_> = waits
            .map(|(id, watched)| {
                let computed = watched.said.as_ref().map_or(0, |said| said.health_tenths);
                let overridden = watched.workflow.overrides.in_force();
                let shown = overridden.map_or(computed, |it| (it.value * 10.0).round() as u16);
                (shown, id.clone())
            })
            .collect();
        waiting.sort_unstable();
        waiting
    }

    fn allot_to(&mut self, id: &AccountId, now: Timestamp) {
        let max = self.first_day.each_max();
        let has_left = self.accounts.get(id).is_some_and(|watched| {
            let segment = watched.said.as_ref().map(|said| said.segment);
            let care = segment.map(|it| (it, &self.model.of(it).csm));
            care.is_none_or(|(segment, csm)| {
                let (owner, _) = csm.owner(id, segment, watched.account.profile.said());
                self.first_day.baseline.left(owner, max) > 0
            })
        });
        if !has_left {
            return;
        }
        let already = self.outputs.len();
        self.decide_allotted(id, now);
        for output in &self.outputs[already..] {
            if let Some(owner) = baseline_owner(output) {
                self.first_day.baseline.note(owner);
            }
        }
    }
}

/// Whose baseline alert an output raises.
fn baseline_owner(output: &Output) -> Option<&CompactString> {
    match &output.body {
        OutputBody::Alert(alert) if alert.baseline && alert.sequence == 1 => alert.owner.as_ref(),
        _ => None,
    }
}
