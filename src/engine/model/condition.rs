//! Conditions: the only rule language, used by alert rules and playbooks alike.
//!
//! Which figures there are is said in `figure.rs`; how a condition is read from a model file, in
//! `condition/read.rs`.

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use super::churn::ChurnBand;
use super::health::HealthBand;
use crate::engine::account::profile::Segment;
use crate::engine::account::workflow::held::Held;
use crate::engine::assess::lifecycle::Phase;
use crate::engine::decide::Looks;
use crate::engine::event::Topic;
use crate::engine::figure::{FigureId, Known};
use crate::engine::output::alert::Severity;

pub mod read;

/// A condition that was read and checked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Node {
    /// All of them.
    All(Vec<Node>),
    /// At least one of them.
    Any(Vec<Node>),
    /// Not this one.
    Not(Box<Node>),
    /// It holds without a break for so long.
    For {
        /// What.
        node: Box<Node>,
        /// For how long, in milliseconds.
        ms: i64,
        /// Tells it from all others, in what is remembered.
        key: u64,
    },
    /// A figure against a bound.
    Test(Test),
    /// The displayed band.
    DisplayedBand(HealthBand),
    /// The band that was displayed before it.
    FallenFrom(HealthBand),
    /// The band of the churn probability.
    Churn(ChurnBand),
    /// One of these segments.
    Segment(Vec<Segment>),
    /// One of these phases.
    Phase(Vec<Phase>),
    /// An alert of this rule is open.
    Alert(CompactString),
    /// Any alert that is at least this grave is open.
    AlertAtLeast(Severity),
    /// A run of this playbook is open.
    Run(CompactString),
}

/// A figure against a bound.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Test {
    /// Which figure.
    pub figure: FigureId,
    /// How it is compared.
    pub comparison: Comparison,
    /// With what.
    pub bound: f64,
}

/// How a figure is compared with its bound; one that is not known passes only [`Self::Absent`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Comparison {
    /// More than the bound.
    Above,
    /// The bound or more.
    AtLeast,
    /// Less than the bound.
    Below,
    /// The bound or less.
    AtMost,
    /// Not known.
    Absent,
    /// Known.
    Present,
    /// It rose (or fell, for a bound below 0) by at least the bound over so many days.
    ChangedBy {
        /// Over how many days.
        over_days: u16,
    },
}

impl Node {
    /// Whether it holds; what it must remember for that is kept in `held`, and `look` is asked for
    /// when time alone may change the answer.
    pub(in crate::engine) fn holds(
        &self,
        known: &Known<'_>,
        held: &mut Held,
        look: &mut Looks,
    ) -> bool {
        let workflow = known.workflow;
        match self {
            // What is timed is asked in any case: it must not miss that it no longer holds.
            Node::All(nodes) => {
                let mut all = true;
                for node in nodes {
                    if all || node.is_timed() {
                        all &= node.holds(known, held, look);
                    }
                }
                all
            }
            Node::Any(nodes) => {
                let mut any = false;
                for node in nodes {
                    if !any || node.is_timed() {
                        any |= node.holds(known, held, look);
                    }
                }
                any
            }
            Node::Not(node) => !node.holds(known, held, look),
            Node::For { node, ms, key } => {
                let holds = node.holds(known, held, look);
                let now = known.situation.now;
                held.since(*key, holds, now).is_some_and(|since| {
                    let at = since.plus_millis(*ms);
                    look.at(at);
                    at <= now
                })
            }
            Node::Test(test) => test.holds(known),
            Node::DisplayedBand(band) => workflow.band.is_some_and(|it| it.band == *band),
            Node::FallenFrom(band) => workflow.band.is_some_and(|it| it.before == Some(*band)),
            Node::Churn(band) => known.situation.assessment.churn.band == *band,
            Node::Segment(segments) => segments.contains(&known.situation.assessment.segment),
            Node::Phase(phases) => {
                known.situation.phase().is_some_and(|phase| phases.contains(&phase))
            }
            Node::Alert(rule) => workflow.is_alert_open(rule),
            Node::AlertAtLeast(severity) => workflow.is_alert_open_of(*severity),
            Node::Run(playbook) => workflow.is_run_open(playbook),
        }
    }

    /// Whether it cannot be told while these feeds are silent.
    pub fn reads_any(&self, is_silent: &impl Fn(Topic) -> bool) -> bool {
        match self {
            Node::All(nodes) | Node::Any(nodes) => nodes.iter().any(|it| it.reads_any(is_silent)),
            Node::Not(node) | Node::For { node, .. } => node.reads_any(is_silent),
            Node::Test(test) => test.figure.row().topics.iter().any(|topic| is_silent(*topic)),
            _ => false,
        }
    }

    /// Whether events of these topics may have changed it: bands follow from all of them.
    pub fn follows_from_any(&self, is_told: &impl Fn(Topic) -> bool) -> bool {
        match self {
            Node::All(nodes) | Node::Any(nodes) => {
                nodes.iter().any(|it| it.follows_from_any(is_told))
            }
            Node::Not(node) | Node::For { node, .. } => node.follows_from_any(is_told),
            Node::Test(test) if !test.figure.row().topics.is_empty() => self.reads_any(is_told),
            Node::Test(_) | Node::DisplayedBand(_) | Node::FallenFrom(_) | Node::Churn(_) => true,
            _ => false,
        }
    }

    /// The figures that it tests, in the order of the text: what an alert cites as evidence.
    pub fn tests(&self) -> Vec<Test> {
        match self {
            Node::All(nodes) | Node::Any(nodes) => nodes.iter().flat_map(Node::tests).collect(),
            Node::Not(node) | Node::For { node, .. } => node.tests(),
            Node::Test(test) => vec![*test],
            _ => Vec::new(),
        }
    }

    /// The first figure that it tests.
    pub fn first_test(&self) -> Option<&Test> {
        match self {
            Node::All(nodes) | Node::Any(nodes) => nodes.iter().find_map(Node::first_test),
            Node::Not(node) | Node::For { node, .. } => node.first_test(),
            Node::Test(test) => Some(test),
            _ => None,
        }
    }

    /// The same, told from its like that others ask: what is remembered of it is its own.
    pub(in crate::engine) fn salted(&self, salt: u64) -> Self {
        let all = |nodes: &[Node]| nodes.iter().map(|node| node.salted(salt)).collect();
        match self {
            Node::All(nodes) => Node::All(all(nodes)),
            Node::Any(nodes) => Node::Any(all(nodes)),
            Node::Not(node) => Node::Not(Box::new(node.salted(salt))),
            Node::For { node, ms, key } => {
                Node::For { node: Box::new(node.salted(salt)), ms: *ms, key: key ^ salt }
            }
            other => other.clone(),
        }
    }

    /// Forgets what is remembered of it.
    pub(in crate::engine) fn forget(&self, held: &mut Held) {
        match self {
            Node::All(nodes) | Node::Any(nodes) => nodes.iter().for_each(|it| it.forget(held)),
            Node::Not(node) => node.forget(held),
            Node::For { node, key, .. } => {
                held.forget(*key);
                node.forget(held);
            }
            _ => {}
        }
    }

    /// What it names first: a figure, or an alert rule or a band as conditions call them.
    pub fn first_name(&self) -> &str {
        match self {
            Node::All(nodes) | Node::Any(nodes) => nodes.first().map_or("", Node::first_name),
            Node::Not(node) | Node::For { node, .. } => node.first_name(),
            Node::Test(test) => test.figure.row().name,
            Node::DisplayedBand(_) | Node::FallenFrom(_) => "displayed_band",
            Node::Churn(_) => "churn_band",
            Node::Segment(_) => "segment",
            Node::Phase(_) => "phase",
            Node::Alert(name) | Node::Run(name) => name,
            Node::AlertAtLeast(severity) => severity.name(),
        }
    }

    /// What of a condition that holds says why: of several that any one would do, the first that
    /// holds by itself.
    pub fn reason(&self, holds: &mut impl FnMut(&Self) -> bool) -> &Self {
        match self {
            Node::Any(nodes) => {
                nodes.iter().find(|node| holds(node)).map_or(self, |node| node.reason(holds))
            }
            Node::All(nodes) => nodes.first().map_or(self, |node| node.reason(holds)),
            other => other,
        }
    }

    /// Whether time alone may change it.
    pub(in crate::engine) fn is_timed(&self) -> bool {
        match self {
            Node::All(nodes) | Node::Any(nodes) => nodes.iter().any(Node::is_timed),
            Node::Not(node) => node.is_timed(),
            Node::For { .. } => true,
            _ => false,
        }
    }
}

impl Test {
    /// The bound, where it is one on the figure itself.
    pub const fn threshold(&self) -> Option<f64> {
        match self.comparison {
            Comparison::Absent | Comparison::Present | Comparison::ChangedBy { .. } => None,
            _ => Some(self.bound),
        }
    }

    /// Whether it holds.
    pub fn holds(&self, known: &Known<'_>) -> bool {
        let value = self.figure.of(known);
        match (self.comparison, value) {
            (Comparison::Absent, value) => value.is_none(),
            (_, None) => false,
            (Comparison::Present, Some(_)) => true,
            (Comparison::Above, Some(value)) => value > self.bound,
            (Comparison::AtLeast, Some(value)) => value >= self.bound,
            (Comparison::Below, Some(value)) => value < self.bound,
            (Comparison::AtMost, Some(value)) => value <= self.bound,
            (Comparison::ChangedBy { over_days }, Some(value)) => {
                self.figure.before(known, over_days).is_some_and(|before| {
                    let change = value - before;
                    if self.bound < 0.0 { change <= self.bound } else { change >= self.bound }
                })
            }
        }
    }
}
