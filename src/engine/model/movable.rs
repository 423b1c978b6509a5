//! Which metrics somebody can move who looks after an account: the way to the next band is made of
//! them.
//!
//! What they weigh stands in `health.rs`. How the way is found, in `decide/next_band.rs`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;

use super::schema;
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

impl JsonSchema for Movable {
    fn schema_name() -> Cow<'static, str> {
        "Movable".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let flag = serde_json::json!({ "type": "boolean" });
        schema::each_of(MetricId::ALL.map(MetricId::name), &flag)
    }
}

impl Movable {
    /// Whether somebody can move it.
    pub fn is(&self, metric: MetricId) -> bool {
        self.0[metric.index()] == Some(true)
    }
}
