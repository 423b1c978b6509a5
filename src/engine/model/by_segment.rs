//! What differs by segment: a health model that replaces parts of the common one.
//!
//! The parts themselves are described in `health.rs`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::health::HealthModel;
use super::problems::Problems;
use crate::engine::account::profile::Segment;

/// The health model of each segment that has its own, in the order of [`Segment`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BySegment([Option<Box<HealthModel>>; 4]);

/// The part of the file that says what differs.
#[derive(Deserialize)]
struct File {
    health: Value,
    health_by_segment: BTreeMap<Segment, Value>,
}

impl BySegment {
    /// The model of a segment, if it has its own.
    pub fn get(&self, segment: Segment) -> Option<&HealthModel> {
        self.0[segment as usize].as_deref()
    }

    /// Reads what differs from a file that is known to have its form.
    pub(super) fn read(text: &str, problems: &mut Problems) -> Result<Self, serde_saphyr::Error> {
        let file: File = serde_saphyr::from_str(text)?;
        let mut all = Self::default();
        for (segment, changes) in &file.health_by_segment {
            let mut merged = file.health.clone();
            merge(&mut merged, changes);
            let name = segment.name();
            match serde_json::from_value::<HealthModel>(merged) {
                Ok(health) => {
                    problems.within("health", &["health_by_segment", name], |problems| {
                        health.check(problems);
                    });
                    all.0[*segment as usize] = Some(Box::new(health));
                }
                Err(error) => problems.say(&["health_by_segment", name], error.to_string()),
            }
        }
        Ok(all)
    }

    /// All of them.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut HealthModel> {
        self.0.iter_mut().flatten().map(|health| &mut **health)
    }
}

/// Puts `changes` over `base`: maps key by key, everything else as a whole.
fn merge(base: &mut Value, changes: &Value) {
    match (base, changes) {
        (Value::Object(base), Value::Object(changes)) => {
            for (key, change) in changes {
                merge(base.entry(key.as_str()).or_insert(Value::Null), change);
            }
        }
        (base, change) => *base = change.clone(),
    }
}
