//! Which metrics somebody can move who looks after an account: the way to the next band is made of
//! them.
//!
//! What they weigh stands in `health.rs`. How the way is found, in `decide/next_band.rs`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::problems::Problems;
use crate::engine::metric::{METRICS, MetricId};

/// A flag a metric; nothing where the file says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(from = "BTreeMap<MetricId, bool>")]
pub struct Movable([Option<bool>; METRICS]);

impl From<BTreeMap<MetricId, bool>> for Movable {
    fn from(given: BTreeMap<MetricId, bool>) -> Self {
        Self(MetricId::ALL.map(|metric| given.get(&metric).copied()))
    }
}

impl Movable {
    /// Whether somebody can move it.
    pub fn is(&self, metric: MetricId) -> bool {
        self.0[metric.index()] == Some(true)
    }

    /// Says which metric has no flag.
    pub(super) fn check(&self, problems: &mut Problems) {
        for metric in MetricId::ALL {
            if self.0[metric.index()].is_none() {
                problems.say(&["health", "movable", metric.name()], "is missing");
            }
        }
    }
}
