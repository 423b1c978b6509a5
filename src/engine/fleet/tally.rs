//! Counts of accounts, each counted once a day at its daily look: scores, features, usage drops,
//! feedback.
//!
//! What is read from the counts of all partitions together stands in `fleet.rs` and `peers.rs`.

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use super::feedback::{self, FeedbackCount};
use crate::engine::account::profile::Segment;
use crate::engine::output::AccountId;
use crate::engine::time::Day;

/// Most days of which usage drops are remembered: 28 and the present one.
pub const DAYS_MAX: usize = 29;
/// Most groups of healthy accounts that are told apart; accounts of others are not counted.
pub const GROUPS_MAX: usize = 64;
/// Most features that are counted: the first of the catalogue.
pub const FEATURES_MAX: usize = 128;
/// Most accounts with a usage drop that are named.
pub const DROPPED_MAX: usize = 100;

/// One bin for each point of health, 0 to 100.
const BINS: usize = 101;

/// One account at its daily look.
pub(super) struct Look<'a> {
    /// Which.
    pub account_id: &'a AccountId,
    /// On which day.
    pub day: Day,
    /// Its segment.
    pub segment: Segment,
    /// Its health, rounded; nothing where nothing is known.
    pub health_score: Option<f64>,
    /// Whether its use dropped.
    pub is_dropped: bool,
    /// Its plan and the features in use, for a healthy account that uses any.
    pub in_use: Option<(Option<&'a str>, Vec<u64>)>,
    /// What it writes about.
    pub feedback: Vec<FeedbackCount>,
}

/// How many accounts were looked at on a day, and how many of them used the product less.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayCount {
    /// The day.
    pub day: Day,
    /// Accounts looked at.
    pub accounts: u32,
    /// Accounts with a usage drop.
    pub dropped: u32,
}

/// Scores, features and feedback of the accounts that were looked at on a day.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayTally {
    /// The day.
    pub day: Day,
    /// The health of the accounts of each segment, in the order of [`Segment::ALL`].
    pub scores: [Scores; Segment::ALL.len()],
    /// Healthy accounts by segment and plan, in this order.
    pub groups: Vec<Group>,
    /// What accounts write about, in the order of category and feature.
    pub feedback: Vec<FeedbackCount>,
}

/// How many accounts have which health; empty or one bin a point.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scores(Vec<u32>);

/// Healthy accounts of one segment and plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Their segment.
    pub segment: Segment,
    /// Their plan; nothing for accounts whose plan is not known.
    pub plan: Option<CompactString>,
    /// How many there are.
    pub accounts: u32,
    /// Features in use, in the order of their hashes.
    pub features: Vec<FeatureUse>,
}

/// How many accounts use a feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeatureUse {
    /// The public hash of its name.
    pub hash: u64,
    /// Accounts that use it.
    pub accounts: u32,
}

/// What one partition counted, of the present day and those before it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Usage drops of the last [`DAYS_MAX`] days, by day.
    pub days: Vec<DayCount>,
    /// Accounts whose use dropped, of the last of `days`; at most [`DROPPED_MAX`].
    pub dropped: Vec<AccountId>,
    /// Scores, features and feedback of the last two days, by day: one that is over and the
    /// present one.
    pub peers: Vec<DayTally>,
}

impl Scores {
    /// Counts an account.
    pub fn note(&mut self, health_score: f64) {
        self.0.resize(BINS, 0);
        self.0[bin(health_score)] += 1;
    }

    /// How many accounts were counted.
    pub fn total(&self) -> u32 {
        self.0.iter().sum()
    }

    /// How many accounts lie below this health, those within the same point counted half.
    pub fn below(&self, health_score: f64) -> f64 {
        let bin = bin(health_score);
        let lower: u32 = self.0.iter().take(bin).sum();
        f64::from(lower) + 0.5 * f64::from(self.0.get(bin).copied().unwrap_or(0))
    }

    pub(super) fn add(&mut self, other: &Scores) {
        self.0.resize(self.0.len().max(other.0.len()), 0);
        for (sum, more) in self.0.iter_mut().zip(&other.0) {
            *sum += more;
        }
    }
}

fn bin(health_score: f64) -> usize {
    (health_score.max(0.0) as usize).min(BINS - 1)
}

impl Group {
    pub(super) fn key(&self) -> (Segment, Option<&str>) {
        (self.segment, self.plan.as_deref())
    }

    pub(super) fn add(&mut self, hash: u64, accounts: u32) {
        match self.features.binary_search_by_key(&hash, |feature| feature.hash) {
            Ok(at) => self.features[at].accounts += accounts,
            Err(at) => self.features.insert(at, FeatureUse { hash, accounts }),
        }
    }
}

impl DayTally {
    fn note(&mut self, look: &Look<'_>) {
        if let Some(score) = look.health_score {
            self.scores[look.segment as usize].note(score);
        }
        look.feedback.iter().for_each(|more| feedback::add(&mut self.feedback, more));
        feedback::truncate(&mut self.feedback, feedback::WORKING_MAX);
        let Some((plan, features)) = &look.in_use else { return };
        if let Some(group) = self.group(look.segment, *plan) {
            group.accounts += 1;
            features.iter().for_each(|hash| group.add(*hash, 1));
        }
    }

    /// The group of this segment and plan, made if there is room.
    pub(super) fn group(&mut self, segment: Segment, plan: Option<&str>) -> Option<&mut Group> {
        match self.groups.binary_search_by(|group| group.key().cmp(&(segment, plan))) {
            Ok(at) => Some(&mut self.groups[at]),
            Err(_) if self.groups.len() >= GROUPS_MAX => None,
            Err(at) => {
                let plan = plan.map(CompactString::new);
                self.groups.insert(at, Group { segment, plan, accounts: 0, features: Vec::new() });
                Some(&mut self.groups[at])
            }
        }
    }
}

impl Tally {
    /// Counts an account that has its daily look. Timers that run late belong to past days.
    pub(super) fn note(&mut self, look: &Look<'_>) {
        self.note_drop(look);
        let at = self.peers.partition_point(|tally| tally.day < look.day);
        if self.peers.get(at).is_none_or(|tally| tally.day != look.day) {
            if at == 0 && self.peers.len() == 2 {
                return;
            }
            self.peers.insert(at, DayTally { day: look.day, ..DayTally::default() });
        }
        self.peers[at].note(look);
        let over = self.peers.len().saturating_sub(2);
        self.peers.drain(..over);
    }

    fn note_drop(&mut self, look: &Look<'_>) {
        let is_news = self.days.last().is_none_or(|last| last.day < look.day);
        if is_news {
            self.dropped.clear();
        }
        let is_last = is_news || self.days.last().is_some_and(|last| last.day == look.day);
        if is_last && look.is_dropped && self.dropped.len() < DROPPED_MAX {
            self.dropped.push(look.account_id.clone());
        }
        add_day(
            &mut self.days,
            DayCount { day: look.day, accounts: 1, dropped: u32::from(look.is_dropped) },
        );
    }
}

/// Adds to the count of a day; the oldest days go.
pub(super) fn add_day(days: &mut Vec<DayCount>, more: DayCount) {
    let at = days.partition_point(|count| count.day < more.day);
    match days.get_mut(at).filter(|count| count.day == more.day) {
        Some(count) => {
            count.accounts += more.accounts;
            count.dropped += more.dropped;
        }
        None => days.insert(at, more),
    }
    let over = days.len().saturating_sub(DAYS_MAX);
    days.drain(..over);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look<'a>(account_id: &'a AccountId, day: i32, plan: Option<&'a str>) -> Look<'a> {
        Look {
            account_id,
            day: Day::from_number(day),
            segment: Segment::Smb,
            health_score: Some(91.4),
            is_dropped: true,
            in_use: Some((plan, vec![7, 3])),
            feedback: Vec::new(),
        }
    }

    #[test]
    fn days_are_counted_apart_and_late_looks_in_theirs() {
        let (id, mut tally) = (AccountId::const_new("acme"), Tally::default());
        for day in [5, 6, 5, 7, 6, 4] {
            tally.note(&look(&id, day, None));
        }
        let days: Vec<_> = tally.days.iter().map(|it| (it.day.number(), it.dropped)).collect();
        assert_eq!(days, [(4, 1), (5, 2), (6, 2), (7, 1)]);
        assert_eq!(tally.dropped, ["acme"], "of the last day");
        let peers = tally.peers.iter().map(|it| (it.day.number(), it.groups[0].accounts));
        assert_eq!(peers.collect::<Vec<_>>(), [(6, 2), (7, 1)], "two days have their peers");
        assert_eq!(tally.peers[0].scores[Segment::Smb as usize].total(), 2);
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let mut tally = Tally::default();
        for n in 0..300 {
            let (id, plan) = (AccountId::from(format!("a{n}")), format!("plan {n}"));
            tally.note(&look(&id, 9, Some(&plan)));
            tally.note(&look(&id, 10 + n, Some(&plan)));
        }
        for n in 0..300 {
            tally.note(&look(&AccountId::from(format!("a{n}")), 309, Some(&format!("p{n}"))));
        }
        assert_eq!((tally.days.len(), tally.dropped.len()), (DAYS_MAX, DROPPED_MAX));
        assert_eq!((tally.peers.len(), tally.peers[1].groups.len()), (2, GROUPS_MAX));
    }

    #[test]
    fn scores_of_one_point_count_half() {
        let mut scores = Scores::default();
        assert_eq!((scores.total(), scores.below(50.0).to_bits()), (0, 0.0_f64.to_bits()));
        for score in [0.0, 49.9, 50.0, 50.9, 100.0] {
            scores.note(score);
        }
        assert!((scores.below(50.5) - 3.0).abs() < 1e-12);
        assert!((scores.below(100.0) - 4.5).abs() < 1e-12);
    }
}
