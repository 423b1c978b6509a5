//! What a recount compared, in figures.
//!
//! How it is compared is said in `recount.rs`.

use std::fmt;

use customer_pulse::engine::output::OutputTopic;

/// What was compared; every figure is of records that were found as recomputed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Input records.
    pub(crate) input: usize,
    /// … of which were folded.
    pub(crate) applied: usize,
    /// … had been folded before.
    pub(crate) duplicate: usize,
    /// … were older than every window.
    pub(crate) late: usize,
    /// … came after the tombstone of their account but are older.
    pub(crate) erased: usize,
    /// … could not be used.
    pub(crate) dead_letters: usize,
    /// Steps.
    pub(crate) marks: usize,
    /// Restores that ended in a step.
    pub(crate) restores: usize,
    /// Records of each output topic, in the order of [`OutputTopic::ALL`].
    pub(crate) said: [usize; OutputTopic::ALL.len()],
    /// Records of state.
    pub(crate) states: usize,
    /// Snapshots of the fleet that were put to use.
    pub(crate) snapshots: usize,
    /// … of which with a silent feed.
    pub(crate) silences: usize,
    /// What partitions said of themselves.
    pub(crate) parts: usize,
    /// Records of account health that were assessed from a plain fold.
    pub(crate) assessed: usize,
}

impl Counts {
    /// Adds other figures.
    pub(crate) fn add(&mut self, other: &Counts) {
        let pairs = [
            (&mut self.input, other.input),
            (&mut self.applied, other.applied),
            (&mut self.duplicate, other.duplicate),
            (&mut self.late, other.late),
            (&mut self.erased, other.erased),
            (&mut self.dead_letters, other.dead_letters),
            (&mut self.marks, other.marks),
            (&mut self.restores, other.restores),
            (&mut self.states, other.states),
            (&mut self.assessed, other.assessed),
            (&mut self.snapshots, other.snapshots),
            (&mut self.silences, other.silences),
            (&mut self.parts, other.parts),
        ];
        for (sum, figure) in pairs.into_iter().chain(self.said.iter_mut().zip(other.said)) {
            *sum += figure;
        }
    }

    /// Records of an output topic.
    pub(crate) fn of(&self, topic: OutputTopic) -> usize {
        self.said[topic.index()]
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let said = OutputTopic::ALL.map(|topic| format!("{} of {}", self.of(topic), topic.name()));
        write!(
            f,
            "{} input records = {} applied + {} duplicate + {} late + {} erased + {} dead letters; \
             {} marks, {} restores; {}; {} assessed from a plain fold, {} records of state; \
             {} words of partitions, {} snapshots of all ({} with a silent feed)",
            self.input,
            self.applied,
            self.duplicate,
            self.late,
            self.erased,
            self.dead_letters,
            self.marks,
            self.restores,
            said.join(", "),
            self.assessed,
            self.states,
            self.parts,
            self.snapshots,
            self.silences,
        )
    }
}
