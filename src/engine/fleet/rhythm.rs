//! The rhythm of a feed: when it spoke in the last four weeks, and how long it usually pauses.
//!
//! What follows from a pause that is too long is said in `silence.rs`.

use serde::{Deserialize, Serialize};

use crate::engine::model::fleet::SilenceRule;
use crate::engine::time::{DAY_MS, MINUTE_MS, Timestamp};

/// The grain of what is remembered: gaps are known to within this.
pub const SLOT_MS: i64 = 20 * MINUTE_MS;
/// How many whole days before the last record are remembered.
pub const MEMORY_DAYS: u16 = (SLOTS * SLOT_MS / DAY_MS) as u16;

const WORDS: usize = 32;
const SLOTS: i64 = WORDS as i64 * 64;

/// When a feed spoke, by broker time. Rhythms of several partitions make one: a gap of the fleet
/// is a gap of all of them, however the partitions were read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rhythm {
    newest_at: Option<Timestamp>,
    /// Bit `slot mod SLOTS`: whether there was a record in it.
    spoken: [u64; WORDS],
}

impl Rhythm {
    /// Notes a record of this broker time, in any order.
    pub fn note(&mut self, at: Timestamp) {
        self.reach(at);
        let newest = self.newest_at.map_or(at, |newest| newest.max(at));
        self.newest_at = Some(newest);
        if slot(at) > slot(newest) - SLOTS {
            let (word, bit) = place(slot(at));
            self.spoken[word] |= bit;
        }
    }

    /// Takes over what another partition knows of the same feed.
    pub fn merge(&mut self, other: &Rhythm) {
        let Some(newest) = self.newest_at.max(other.newest_at) else { return };
        let mut other = other.clone();
        other.reach(newest);
        self.reach(newest);
        self.newest_at = Some(newest);
        for (word, more) in self.spoken.iter_mut().zip(other.spoken) {
            *word |= more;
        }
    }

    /// The broker time of the last record.
    pub const fn newest_at(&self) -> Option<Timestamp> {
        self.newest_at
    }

    /// The time of the last record, when nothing came for longer than the rule allows by `now`.
    ///
    /// A feed that never spoke, or not for long enough to have a rhythm, is not silent.
    pub fn silent_since(&self, rule: &SilenceRule, now: Timestamp) -> Option<Timestamp> {
        let newest = self.newest_at?;
        let allowed_ms = rule.allowed_ms(self.usual_gap_ms(rule)?);
        (now.millis_since(newest) > allowed_ms).then_some(newest)
    }

    /// The longest gap that is usual; nothing for a feed that is too rare or too young to tell.
    pub fn usual_gap_ms(&self, rule: &SilenceRule) -> Option<i64> {
        let mut gaps = self.gaps_ms();
        let known_ms: i64 = gaps.iter().sum();
        if known_ms < rule.history_ms_min() || gaps.len() < usize::from(rule.gaps_min) {
            return None;
        }
        gaps.sort_unstable_by(|a, b| b.cmp(a));
        let tells_outages = known_ms >= rule.outages_after_ms();
        let is_outage = |pair: &[i64]| tells_outages && pair[0] > rule.allowed_ms(pair[1]);
        let outages = gaps.windows(2).take_while(|pair| is_outage(pair)).count();
        Some(gaps[outages])
    }

    /// From each slot with a record to the next one, oldest first.
    fn gaps_ms(&self) -> Vec<i64> {
        let Some(newest) = self.newest_at.map(slot) else { return Vec::new() };
        let mut gaps = Vec::new();
        let mut before = None;
        for slot in newest - SLOTS + 1..=newest {
            let (word, bit) = place(slot);
            if self.spoken[word] & bit != 0 {
                gaps.extend(before.map(|before: i64| (slot - before) * SLOT_MS));
                before = Some(slot);
            }
        }
        gaps
    }

    /// Forgets what lies too far before `at`, whose bits are used again.
    fn reach(&mut self, at: Timestamp) {
        let Some(newest) = self.newest_at.map(slot) else { return };
        if slot(at) - newest >= SLOTS {
            self.spoken = [0; WORDS];
        }
        for stale in newest + 1..=slot(at).min(newest + SLOTS) {
            let (word, bit) = place(stale);
            self.spoken[word] &= !bit;
        }
    }
}

const fn slot(at: Timestamp) -> i64 {
    at.as_millis().div_euclid(SLOT_MS)
}

/// Whether two instants are one to a rhythm.
pub(super) const fn is_same_slot(a: Timestamp, b: Timestamp) -> bool {
    slot(a) == slot(b)
}

const fn place(slot: i64) -> (usize, u64) {
    let bit = slot.rem_euclid(SLOTS);
    ((bit / 64) as usize, 1 << (bit % 64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::model::Model;
    use crate::engine::time::HOUR_MS;

    fn rule() -> SilenceRule {
        Model::default().silence
    }

    fn hours(hours: i64) -> Timestamp {
        Timestamp::from_millis(480_000 * HOUR_MS + hours * HOUR_MS)
    }

    /// Spoke at these hours.
    fn rhythm(spoken: impl IntoIterator<Item = i64>) -> Rhythm {
        let mut rhythm = Rhythm::default();
        spoken.into_iter().for_each(|hour| rhythm.note(hours(hour)));
        rhythm
    }

    /// The first full hour after the last record at which it is silent.
    fn silent_after(rhythm: &Rhythm) -> Option<i64> {
        let last = rhythm.newest_at().expect("it spoke");
        let hours: Vec<i64> = (1..24 * 60).collect();
        let speaks =
            |hour: &i64| rhythm.silent_since(&rule(), last.plus_millis(hour * HOUR_MS)).is_none();
        hours.get(hours.partition_point(speaks)).copied()
    }

    #[test]
    fn a_steady_feed_is_silent_after_more_than_six_hours() {
        let hourly = rhythm(0..24 * 7 + 1);
        let last = hours(24 * 7);
        let silent = |ms| hourly.silent_since(&rule(), last.plus_millis(6 * HOUR_MS + ms));
        assert_eq!((silent(0), silent(1)), (None, Some(last)));
    }

    #[test]
    fn a_feed_that_pauses_is_silent_after_four_times_its_longest_pause() {
        // By day only, each eight hours.
        let daily = rhythm((0..10).flat_map(|day| day * 24..day * 24 + 9));
        assert_eq!(silent_after(&daily), Some(4 * 16 + 1));
        // A weekend of 62 hours is usual once it was seen, in the first weeks too.
        let weekly =
            rhythm((0..12).filter(|day| day % 7 < 5).flat_map(|day| day * 24..day * 24 + 11));
        assert_eq!(silent_after(&weekly), Some(4 * 62 + 1));
    }

    #[test]
    fn what_is_young_rare_or_never_spoke_is_not_silent() {
        assert_eq!(Rhythm::default().silent_since(&rule(), hours(9_000)), None);
        assert_eq!(silent_after(&rhythm(0..24 * 7)), None, "an hour short of a week");
        assert_eq!(silent_after(&rhythm((0..12).map(|n| n * 48))), None, "eleven gaps");
        assert_eq!(silent_after(&rhythm((0..13).map(|n| n * 48))), Some(4 * 48 + 1));
    }

    #[test]
    fn an_outage_does_not_become_usual() {
        let cut = rhythm((0..600).filter(|hour| !(300..348).contains(hour)));
        assert_eq!(silent_after(&cut), Some(7));
        let twice = rhythm(
            (0..600).filter(|hour| !(300..348).contains(hour) && !(400..405).contains(hour)),
        );
        assert_eq!(silent_after(&twice), Some(25), "a gap of six hours is usual");
    }

    #[test]
    fn the_fleet_pauses_when_all_partitions_do() {
        let even = (0..200).filter(|hour| hour % 2 == 0);
        let (mut one, other) = (rhythm(even), rhythm((0..200).filter(|hour| hour % 2 == 1)));
        assert_eq!(one.usual_gap_ms(&rule()), Some(2 * HOUR_MS));
        let mut swapped = other.clone();
        swapped.merge(&one);
        one.merge(&other);
        assert_eq!(one, swapped);
        assert_eq!(one, rhythm(0..200));
        one.merge(&rhythm([2_000]));
        assert_eq!(one, rhythm([2_000]), "four weeks are remembered");
    }

    #[test]
    fn the_order_of_records_does_not_count() {
        let forth = rhythm(0..2_000);
        assert_eq!(rhythm((0..2_000).rev()), forth);
        assert_eq!(rhythm((0..2_000).step_by(2).chain((0..2_000).skip(1).step_by(2))), forth);
    }
}
