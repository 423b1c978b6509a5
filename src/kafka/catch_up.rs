//! How far a reader of whole topics is: where it reads on, what is left, whether it has caught up.
//!
//! Pure bookkeeping; records are read in `view_feed.rs`, statistics in `reader.rs`.

use std::collections::BTreeMap;

use crate::engine::output::OutputTopic;

/// A partition of an output topic.
pub(super) type OutputPartition = (OutputTopic, i32);

/// How far a reader of whole topics is.
///
/// It has caught up once all that there was at one moment was taken in: others write on all the
/// time, so no moment need come in which nothing is left. It may fall behind again and stays
/// readable, which [`Self::lag`] says.
pub(super) struct CatchUp {
    positions: BTreeMap<OutputPartition, Position>,
    phase: Phase,
    /// Records of all partitions that were fetched and not taken in, at the last look.
    queued: u64,
}

/// How far the first look at everything is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Some partition was not fetched to its end yet.
    Fetching,
    /// All were; this many of the records that were fetched by then are not taken in yet.
    Draining(u64),
}

#[derive(Clone, Copy, Debug, Default)]
struct Position {
    /// The offset after the last record taken in.
    next: Option<i64>,
    /// Records that were not fetched yet; nothing before that is known.
    behind: Option<i64>,
    /// It was once fetched to its end.
    has_reached_end: bool,
}

impl CatchUp {
    /// Nothing of these partitions was read yet.
    pub(super) fn new(partitions: impl Iterator<Item = OutputPartition>) -> Self {
        let positions = partitions.map(|partition| (partition, Position::default())).collect();
        Self { positions, phase: Phase::Fetching, queued: 0 }
    }

    /// The partitions, each with the offset to read on from, if any of it was read.
    pub(super) fn positions(&self) -> impl Iterator<Item = (OutputPartition, Option<i64>)> {
        self.positions.iter().map(|(partition, position)| (*partition, position.next))
    }

    /// Another reader goes on: what the last one had fetched is not in its queue.
    pub(super) fn restart(&mut self) {
        for position in self.positions.values_mut() {
            *position = Position { next: position.next, ..Position::default() };
        }
        self.queued = 0;
        if !self.has_caught_up() {
            self.phase = Phase::Fetching;
        }
    }

    /// Takes in a look at what was fetched: the records that each partition is behind, and how
    /// many of all of them wait in the queue.
    pub(super) fn note_fetched(
        &mut self,
        behind: impl Iterator<Item = (OutputPartition, i64)>,
        queued: u64,
    ) {
        let were_fetched = self.positions.values().all(|position| position.has_reached_end);
        for (partition, behind) in behind {
            if let Some(position) = self.positions.get_mut(&partition) {
                position.behind = Some(behind);
                position.has_reached_end |= behind == 0;
            }
        }
        self.queued = queued;
        // One look later than the ends were reached: by then what was fetched is in the queue.
        if were_fetched && self.phase == Phase::Fetching {
            self.phase = Phase::Draining(queued);
        }
    }

    /// A record was taken in.
    pub(super) fn note_taken(&mut self, partition: OutputPartition, offset: i64) {
        if let Some(position) = self.positions.get_mut(&partition) {
            position.next = Some(offset + 1);
        }
        if let Phase::Draining(left) = &mut self.phase {
            *left = left.saturating_sub(1);
        }
    }

    /// The queue is empty. It counts more than records, so that some may seem to be left.
    pub(super) fn note_empty_queue(&mut self) {
        if let Phase::Draining(left) = &mut self.phase {
            *left = 0;
        }
    }

    /// Whether all that there was at one moment was taken in.
    pub(super) fn has_caught_up(&self) -> bool {
        self.phase == Phase::Draining(0)
    }

    /// Records that were not taken in at the last look.
    pub(super) fn lag(&self) -> u64 {
        let behind = self.positions.values().filter_map(|position| position.behind);
        behind.sum::<i64>().unsigned_abs() + self.queued
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALERTS: OutputPartition = (OutputTopic::Alerts, 0);
    const HEALTH: OutputPartition = (OutputTopic::AccountHealth, 0);

    fn fresh() -> CatchUp {
        CatchUp::new([ALERTS, HEALTH].into_iter())
    }

    #[test]
    fn under_steady_writing_it_catches_up_although_a_rest_is_always_left() {
        let mut catch_up = fresh();
        catch_up.note_fetched([(ALERTS, 0), (HEALTH, 4)].into_iter(), 1);
        catch_up.note_fetched([(ALERTS, 2), (HEALTH, 0)].into_iter(), 3);
        catch_up.note_fetched([(ALERTS, 1), (HEALTH, 1)].into_iter(), 2);
        assert!(!catch_up.has_caught_up(), "two are queued");
        assert_eq!(catch_up.lag(), 4);
        catch_up.note_taken(ALERTS, 7);
        assert!(!catch_up.has_caught_up(), "one is queued");
        catch_up.note_fetched([(ALERTS, 1), (HEALTH, 1)].into_iter(), 5);
        catch_up.note_taken(HEALTH, 3);
        assert!(catch_up.has_caught_up());
        assert_eq!(catch_up.lag(), 7, "it says what came since");
    }

    #[test]
    fn an_empty_queue_ends_the_wait_for_what_is_no_record() {
        let mut catch_up = fresh();
        catch_up.note_fetched([(ALERTS, 0), (HEALTH, 0)].into_iter(), 0);
        catch_up.note_empty_queue();
        assert!(!catch_up.has_caught_up(), "what was fetched may not be in the queue yet");
        catch_up.note_fetched([(ALERTS, 0), (HEALTH, 0)].into_iter(), 1);
        catch_up.note_empty_queue();
        assert!(catch_up.has_caught_up());
    }

    #[test]
    fn a_partition_of_which_nothing_is_known_is_waited_for() {
        let mut catch_up = fresh();
        for _ in 0..3 {
            catch_up.note_fetched([(ALERTS, 0)].into_iter(), 0);
            catch_up.note_empty_queue();
        }
        assert!(!catch_up.has_caught_up());
    }

    #[test]
    fn another_reader_goes_on_where_the_last_one_was() {
        let mut catch_up = fresh();
        for _ in 0..2 {
            catch_up.note_fetched([(ALERTS, 0), (HEALTH, 0)].into_iter(), 2);
        }
        catch_up.note_taken(ALERTS, 7);
        catch_up.restart();
        let positions: Vec<_> = catch_up.positions().collect();
        assert_eq!(positions, [(HEALTH, None), (ALERTS, Some(8))]);
        catch_up.note_empty_queue();
        assert!(!catch_up.has_caught_up(), "its queue is another one");
        assert_eq!(catch_up.lag(), 0, "and not looked at");
    }

    #[test]
    fn once_caught_up_it_stays_readable() {
        let mut catch_up = fresh();
        for _ in 0..2 {
            catch_up.note_fetched([(ALERTS, 0), (HEALTH, 0)].into_iter(), 0);
        }
        assert!(catch_up.has_caught_up());
        catch_up.restart();
        catch_up.note_fetched([(ALERTS, 900)].into_iter(), 0);
        assert!(catch_up.has_caught_up());
    }
}
