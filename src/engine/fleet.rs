//! The fleet: all accounts together, as the partitions tell of themselves.
//!
//! How its snapshots travel and which one is in use belongs to `kafka/`; what is believed while a
//! feed is silent, to `assess.rs`.
//!
//! Each partition says what it knows ([`Engine::fleet_part`]); what all of them know together
//! ([`Fleet::of`]) is handed back to each engine ([`Engine::set_fleet`]). What is said of an
//! account depends on the snapshot in use, never on the parts, so a loop that repeats its
//! snapshots repeats its outputs.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Engine;
use super::account::profile::Segment;
use super::assess::Assessment;
use super::event::Topic;
use super::id::name_hash;
use super::model::Model;
use super::model::fleet::SilenceRule;
use super::output::AccountId;
use super::signal::SignalId;
use super::silence::Silences;
use super::state::Watched;
use super::time::{DAY_MS, Timestamp};
use super::window;
use rhythm::Rhythm;
use tally::{DROPPED_MAX, DayCount, DayTally, Look, Scores, Tally, add_day};

pub mod feedback;
pub mod peers;
pub mod rhythm;
pub mod tally;

/// Under which all accounts together are kept by the engine that watches them; no account may be
/// called so.
pub const FLEET_ID: &str = "~fleet";

/// Most features of a group that a snapshot holds: those that most accounts use.
pub const GROUP_FEATURES_MAX: usize = 32;

/// The feeds that may be found silent. `cs.accounts` speaks when a profile changes and
/// `cs.commands` when a person does something: with both, silence is the rule, and no metric
/// falls by it.
const JUDGED: [Topic; 6] = [
    Topic::Usage,
    Topic::Support,
    Topic::Feedback,
    Topic::Relationship,
    Topic::Outcomes,
    Topic::Commercial,
];

/// What one partition says of itself; also what it keeps of that over a restart.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FleetPart {
    /// The partition's clock: all its input up to here was read.
    pub now: Timestamp,
    /// When each topic spoke, in the order of [`Topic::ALL`].
    pub rhythms: [Rhythm; Topic::ALL.len()],
    /// Its accounts by day.
    pub tally: Tally,
}

/// A snapshot of all accounts together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fleet {
    /// The feeds that stopped.
    pub silences: Silences,
    /// Usage drops by day, the present one last; it is not over.
    pub days: Vec<DayCount>,
    /// Accounts whose use dropped on the last of these days, by id; at most [`DROPPED_MAX`].
    pub dropped: Vec<AccountId>,
    /// Scores, features and feedback of the last day that is over everywhere.
    pub peers: DayTally,
}

/// The records that were folded since the last step ended, by topic and slot.
///
/// A record's time counts once the clock has reached it, and as the clock at most: one that is
/// stamped with a far future must not keep its feed from ever being silent.
#[derive(Clone, Debug, Default)]
pub(super) struct Heard {
    last: [Option<Timestamp>; Topic::ALL.len()],
    earlier: Vec<(Topic, Timestamp)>,
}

impl Fleet {
    /// What these partitions know together. Those that have not caught up yet are left out by the
    /// caller; a feed is judged by the clock of the partition that is furthest behind.
    pub fn of<'a>(rule: &SilenceRule, parts: impl IntoIterator<Item = &'a FleetPart>) -> Self {
        let parts: Vec<&FleetPart> = parts.into_iter().collect();
        let Some(now) = parts.iter().map(|part| part.now).min() else { return Self::default() };
        let mut fleet = Self::default();
        for topic in JUDGED {
            let mut rhythm = Rhythm::default();
            parts.iter().for_each(|part| rhythm.merge(&part.rhythms[topic.index()]));
            if let Some(since) = rhythm.silent_since(rule, now) {
                fleet.silences.note(topic, since);
            }
        }
        for day in parts.iter().flat_map(|part| &part.tally.days) {
            add_day(&mut fleet.days, *day);
        }
        fleet.take_dropped(&parts);
        fleet.take_peers(&parts, now);
        fleet
    }

    fn take_dropped(&mut self, parts: &[&FleetPart]) {
        let last = self.days.last().map(|last| last.day);
        let present = parts.iter().filter(|part| part.tally.days.last().map(|it| it.day) == last);
        self.dropped = present.flat_map(|part| part.tally.dropped.iter().cloned()).collect();
        self.dropped.sort_unstable();
        self.dropped.truncate(DROPPED_MAX);
    }

    /// Adds up what each partition counted on the last day that is over by `now`.
    fn take_peers(&mut self, parts: &[&FleetPart], now: Timestamp) {
        let over = |part: &&&FleetPart| {
            part.tally.peers.iter().rev().find(|tally| tally.day < now.day()).cloned()
        };
        let mut tallies: Vec<DayTally> = parts.iter().filter_map(|part| over(&part)).collect();
        let Some(day) = tallies.iter().map(|tally| tally.day).max() else { return };
        tallies.retain(|tally| tally.day == day);
        self.peers.day = day;
        for tally in &tallies {
            for (sum, more) in self.peers.scores.iter_mut().zip(&tally.scores) {
                sum.add(more);
            }
        }
        for count in tallies.iter().flat_map(|tally| &tally.feedback) {
            feedback::add(&mut self.peers.feedback, count);
        }
        feedback::truncate(&mut self.peers.feedback, feedback::SNAPSHOT_MAX);
        // The largest groups first, as there is room for so many only.
        let mut groups: Vec<_> = tallies.iter().flat_map(|tally| &tally.groups).collect();
        groups.sort_by(|a, b| b.accounts.cmp(&a.accounts).then_with(|| a.key().cmp(&b.key())));
        for group in groups {
            if let Some(sum) = self.peers.group(group.segment, group.plan.as_deref()) {
                sum.accounts += group.accounts;
                group.features.iter().for_each(|it| sum.add(it.hash, it.accounts));
            }
        }
        for group in &mut self.peers.groups {
            group.features.sort_by_key(|it| (std::cmp::Reverse(it.accounts), it.hash));
            group.features.truncate(GROUP_FEATURES_MAX);
        }
    }

    /// Whether many accounts use the product less, all at once: on the present day, of which not
    /// all were looked at yet, or on the one before.
    pub fn is_portfolio_drop(&self, model: &Model) -> bool {
        let n_days = self.days.len();
        (n_days.saturating_sub(1)..=n_days).rev().any(|n| self.is_drop_on_last_of(n, model))
    }

    /// Whether the accounts with a usage drop on the last of the first `n_days` days are many
    /// times the mean of the 28 days before, and enough.
    fn is_drop_on_last_of(&self, n_days: usize, model: &Model) -> bool {
        let rule = &model.fleet_drop;
        let Some((last, before)) = self.days[..n_days].split_last() else { return false };
        let before = &before[before.len().saturating_sub(28)..];
        let dropped: u32 = before.iter().map(|day| day.dropped).sum();
        let mean = f64::from(dropped) / before.len().max(1) as f64;
        last.dropped >= rule.accounts_min
            && f64::from(last.dropped) >= rule.times_mean * mean
            && before.len() >= usize::from(rule.days_min)
    }

    /// The health of the accounts of a segment.
    pub fn scores(&self, segment: Segment) -> &Scores {
        &self.peers.scores[segment as usize]
    }
}

impl Heard {
    /// Notes a record that was folded.
    pub(super) fn note(&mut self, topic: Topic, at: Timestamp) {
        match &mut self.last[topic.index()] {
            Some(last) if rhythm::is_same_slot(*last, at) => *last = at.max(*last),
            Some(last) => self.earlier.push((topic, std::mem::replace(last, at))),
            last @ None => *last = Some(at),
        }
    }
}

impl Engine {
    /// What the partition says of itself as of its clock `now`.
    pub fn fleet_part(&self, now: Timestamp) -> FleetPart {
        let mut part = FleetPart { now, ..self.part.clone() };
        for day in &mut part.tally.peers {
            feedback::truncate(&mut day.feedback, feedback::TALLY_MAX);
        }
        part
    }

    /// Takes what the partition said of itself before a restart; comes before
    /// [`Engine::finish_restore`].
    pub fn restore_fleet_part(&mut self, part: FleetPart) {
        self.part = part;
    }

    /// The snapshot in use.
    pub const fn fleet(&self) -> &Arc<Fleet> {
        &self.fleet
    }

    /// Uses another snapshot from here on; accounts notice at their next event or timer.
    pub fn set_fleet(&mut self, fleet: Arc<Fleet>) {
        self.fleet = fleet;
        self.touch_fleet();
    }

    /// Goes on with the snapshot that was in use before a restart.
    pub fn restore_fleet(&mut self, fleet: Arc<Fleet>) {
        self.fleet = fleet;
    }

    /// This engine speaks of all accounts together: one of all partitions does.
    pub fn watch_fleet(&mut self) {
        self.is_fleet_watched = true;
    }

    /// Has all accounts together looked at in the end of the step.
    fn touch_fleet(&mut self) {
        if !self.is_fleet_watched {
            return;
        }
        let id = AccountId::const_new(FLEET_ID);
        let memory = self.memory;
        let new = || Watched::unwritten(FLEET_ID, memory);
        let watched = self.accounts.entry(id.clone()).or_insert_with(new);
        if !std::mem::replace(&mut watched.touched, true) {
            self.touched.push(id);
        }
    }

    /// Uses the snapshot of a fleet that has no other partition, as of `now`.
    ///
    /// For a loop over all accounts at once, as `replay` is: called between steps, at most once in
    /// [`rhythm::SLOT_MS`] of simulated time and before the timers that are due after it, it tells
    /// what a live loop knows within a minute.
    pub fn look_at_fleet(&mut self, now: Timestamp) {
        let part = self.fleet_part(now);
        self.fleet = Arc::new(Fleet::of(&self.model.silence, [&part]));
        self.touch_fleet();
    }

    /// Takes the records of a step that ends at `now` into the rhythms of their feeds.
    pub(super) fn note_heard(&mut self, now: Timestamp) {
        let last = Topic::ALL.into_iter().zip(std::mem::take(&mut self.heard.last));
        let last = last.filter_map(|(topic, at)| Some((topic, at?)));
        for (topic, at) in self.heard.earlier.drain(..).chain(last) {
            self.part.rhythms[topic.index()].note(at.min(now));
        }
    }

    /// Finds again in the accounts when each topic spoke last: a partition's own word of it may be
    /// a minute old.
    pub(super) fn restore_rhythms(&mut self, now: Timestamp) {
        for watched in self.accounts.values() {
            for topic in Topic::ALL {
                if let Some(last) = watched.account.feed(topic).last_event() {
                    self.part.rhythms[topic.index()].note(last.broker_at.min(now));
                }
            }
        }
    }

    /// Counts an account if this is its daily look.
    pub(super) fn tally(&mut self, id: &AccountId, now: Timestamp, assessment: &Assessment) {
        let Some(watched) = self.accounts.get(id) else { return };
        let is_daily = now.as_millis().rem_euclid(DAY_MS) == watched.look_ms;
        let account = &watched.account;
        if !is_daily || account.first_event_at().is_none() || watched.workflow.churned_at.is_some()
        {
            return;
        }
        let rule = &self.model.peers;
        let start = window::since(self.fleet.silences.as_of(Topic::Usage, now), rule.feature_days);
        let is_peer = assessment.health_score >= rule.healthy_from
            && !assessment.is_no_data
            && account.usage.features.is_any_ever();
        let in_use = is_peer.then(|| {
            let catalogue = self.model.features.iter().take(tally::FEATURES_MAX);
            let hashes = catalogue.map(|feature| name_hash(&feature.name));
            let used = hashes.filter(|hash| account.usage.features.is_seen_since(*hash, start));
            let said = account.profile.said();
            (said.and_then(|said| said.plan.as_deref()), used.collect())
        });
        let usage_drop = assessment.churn.signal(SignalId::UsageDrop);
        self.part.tally.note(&Look {
            account_id: id,
            day: now.day(),
            segment: assessment.segment,
            health_score: (!assessment.is_no_data).then_some(assessment.health_score),
            is_dropped: usage_drop.is_some_and(|drop| drop > 0.0),
            in_use,
            feedback: feedback::of_account(account, &self.model, now),
        });
    }
}
