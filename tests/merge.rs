//! What holds of held records however they arrive: order, completeness, and a clock that waits.
//!
//! Single cases stand beside the code (`src/kafka/held.rs`).

use std::collections::VecDeque;

use customer_pulse::engine::event::Topic;
use customer_pulse::engine::time::Timestamp;
use customer_pulse::kafka::held::{Held, HoldBound, Merge};
use proptest::prelude::*;

const WIDE: HoldBound = HoldBound { records_max: usize::MAX, bytes_max: usize::MAX };
/// Later than every record.
const WALL: Timestamp = Timestamp::from_millis(1_000_000);

/// What may happen between the broker and the merge.
#[derive(Clone, Copy, Debug)]
enum Turn {
    /// Records of a topic are fetched into the reader's queue.
    Fetch { topic: usize, records: usize },
    /// The reader's queue is polled; it is dry when it has no more.
    Poll { records: usize },
    /// What may be taken is taken.
    Drain,
}

/// A broker's partition, the reader's queue and the merge.
struct Simulated {
    logs: Vec<VecDeque<Held>>,
    queue: VecDeque<(Topic, Held)>,
    merge: Merge,
    taken: Vec<(Topic, Held)>,
    now: Timestamp,
}

fn turns() -> impl Strategy<Value = Vec<Turn>> {
    let turn = prop_oneof![
        3 => (0..8_usize, 0..6_usize).prop_map(|(topic, records)| Turn::Fetch { topic, records }),
        3 => (0..9_usize).prop_map(|records| Turn::Poll { records }),
        2 => Just(Turn::Drain),
    ];
    prop::collection::vec(turn, 0..80)
}

/// Per topic the steps between the broker times of its records, in milliseconds.
fn steps(least: i64) -> impl Strategy<Value = Vec<Vec<i64>>> {
    prop::collection::vec(prop::collection::vec(least..6, 0..12), 8)
}

fn logs(steps: &[Vec<i64>]) -> Vec<VecDeque<Held>> {
    let log = |steps: &Vec<i64>| {
        let mut at_ms = 100;
        let mut record = |(offset, step): (usize, &i64)| {
            at_ms += step;
            Held {
                // Offsets have gaps: transactions and compaction leave them.
                offset: offset as i64 * 3,
                broker_at: Timestamp::from_millis(at_ms),
                key: Some(Box::from([7; 4])),
                value: None,
                headers: Vec::new(),
            }
        };
        steps.iter().enumerate().map(&mut record).collect()
    };
    steps.iter().map(log).collect()
}

impl Simulated {
    fn new(steps: &[Vec<i64>]) -> Self {
        let (merge, now) = (Merge::default(), Timestamp::default());
        Self { logs: logs(steps), queue: VecDeque::new(), merge, taken: Vec::new(), now }
    }

    fn turn(&mut self, turn: Turn, bound: HoldBound) {
        match turn {
            Turn::Fetch { topic, records } => {
                let log = &mut self.logs[topic];
                let fetched = log.drain(..records.min(log.len()));
                let topic = Topic::ALL[topic];
                self.queue.extend(fetched.map(|record| (topic, record)));
                if log.is_empty() {
                    self.merge.note_fetched(topic);
                }
            }
            Turn::Poll { records } => {
                for _ in 0..records {
                    match self.queue.pop_front() {
                        Some((topic, record)) => self.merge.push(topic, record),
                        None => return self.merge.note_dry(),
                    }
                }
            }
            Turn::Drain => {
                while let Some(next) = self.merge.pop(bound) {
                    self.taken.push(next);
                }
                self.now = self.now.max(self.merge.bound(self.now, WALL));
            }
        }
    }

    fn finish(&mut self, bound: HoldBound) {
        for topic in 0..8 {
            self.turn(Turn::Fetch { topic, records: usize::MAX }, bound);
        }
        self.turn(Turn::Poll { records: self.queue.len() + 1 }, bound);
        self.turn(Turn::Drain, bound);
    }

    /// Records that were not taken yet, wherever they are.
    fn untaken(&self) -> usize {
        self.logs.iter().map(VecDeque::len).sum::<usize>() + self.queue.len() + self.merge.len()
    }

    /// The earliest record that was not fetched or not polled yet.
    fn earliest_unheld(&self) -> Option<Timestamp> {
        let queued = self.queue.iter().map(|(_, record)| record);
        self.logs.iter().flatten().chain(queued).map(|record| record.broker_at).min()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn ordered_topics_come_out_in_order(steps in steps(0), turns in turns()) {
        let mut simulated = Simulated::new(&steps);
        for turn in turns {
            simulated.turn(turn, WIDE);
            prop_assert!(simulated.earliest_unheld().is_none_or(|at| simulated.now <= at));
        }
        simulated.finish(WIDE);
        prop_assert!(simulated.merge.is_at_end() && simulated.merge.is_empty());
        prop_assert_eq!(simulated.now, WALL);
        let order: Vec<_> =
            simulated.taken.iter().map(|(topic, it)| (it.broker_at, *topic, it.offset)).collect();
        prop_assert!(order.is_sorted(), "{order:?}");
        prop_assert_eq!(order.len(), steps.iter().map(Vec::len).sum::<usize>());
    }

    #[test]
    fn nothing_is_lost_and_each_topic_keeps_its_order(
        steps in steps(-5), turns in turns(), records_max in 0..20_usize, bytes_max in 0..80_usize,
    ) {
        let bound = HoldBound { records_max, bytes_max };
        let mut simulated = Simulated::new(&steps);
        let all = simulated.untaken();
        for turn in turns {
            simulated.turn(turn, bound);
            prop_assert_eq!(simulated.untaken() + simulated.taken.len(), all);
            let is_drained = matches!(turn, Turn::Drain);
            let (records, bytes) = (simulated.merge.len(), 4 * simulated.merge.len());
            prop_assert!(!is_drained || (records <= records_max && bytes <= bytes_max));
        }
        simulated.finish(bound);
        prop_assert!(simulated.merge.is_empty());
        for (topic, log) in Topic::ALL.into_iter().zip(logs(&steps)) {
            let of_topic = simulated.taken.iter().filter(|(of, _)| *of == topic);
            prop_assert!(of_topic.map(|(_, record)| record).eq(&log));
        }
    }

    #[test]
    fn what_is_held_says_where_to_fetch_on(steps in steps(-5), turns in turns()) {
        let mut simulated = Simulated::new(&steps);
        for turn in turns {
            simulated.turn(turn, WIDE);
        }
        let before = simulated.merge.len();
        let held: usize = Topic::ALL
            .into_iter()
            .filter(|topic| simulated.merge.next_offset(*topic).is_some())
            .count();
        prop_assert!(held <= before && (held > 0) == (before > 0));
        for topic in Topic::ALL {
            let Some(next) = simulated.merge.next_offset(topic) else { continue };
            let of_queue = simulated.queue.iter().filter(|(of, _)| *of == topic);
            let unread = of_queue.map(|(_, it)| it.offset).chain(
                simulated.logs[topic.index()].iter().map(|it| it.offset),
            );
            prop_assert!(unread.min().is_none_or(|offset| next <= offset));
        }
    }
}
