//! What may differ by segment: the sections about a kind of customer, each segment with its own
//! changes put over what is common.
//!
//! The sections themselves are described in their own files (`health.rs`…).

use std::borrow::Cow;
use std::collections::BTreeSet;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::calendar::Calendar;
use super::churn::ChurnModel;
use super::condition::read::Names;
use super::csm::CsmModel;
use super::health::HealthModel;
use super::lifecycle::Lifecycle;
use super::playbooks::Playbooks;
use super::problems::Problems;
use super::schema;
use crate::engine::account::profile::Segment;

/// The key under which the changes stand.
const KEY: &str = "by_segment";

/// The sections that may differ by segment. A section that is added here is read, checked,
/// overridden and part of the schema.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct SegmentModel {
    /// How health is computed.
    pub health: HealthModel,
    /// How the churn probability is computed.
    pub churn: ChurnModel,
    /// The phases of an account's life, and what onboarding is to reach.
    pub lifecycle: Lifecycle,
    /// Who looks after an account.
    pub csm: CsmModel,
    /// When people work.
    pub calendar: Calendar,
    /// What is set in motion, and when.
    pub playbooks: Playbooks,
}

/// The sections of each segment.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(try_from = "Map<String, Value>")]
pub struct BySegment {
    /// What is said for all.
    common: SegmentModel,
    /// In the order of [`Segment`], changes applied; none where there are none.
    changed: [Option<Box<SegmentModel>>; 4],
}

impl SegmentModel {
    /// Says everything that reads well and means nothing.
    fn check(&self, rules: &[&str], problems: &mut Problems) {
        self.health.check(problems);
        self.churn.check(problems);
        self.lifecycle.check(problems);
        self.csm.check(problems);
        self.calendar.check(problems);
        let playbooks = self.playbooks.ids();
        self.playbooks.check(&Names { rules, playbooks: &playbooks }, problems);
    }
}

impl BySegment {
    /// The sections of a segment.
    pub fn of(&self, segment: Segment) -> &SegmentModel {
        self.changed[segment as usize].as_deref().unwrap_or(&self.common)
    }

    /// The ids of the playbooks of any segment.
    pub(super) fn playbook_ids(&self) -> Vec<&str> {
        let all = self.changed.iter().flatten().map(|changed| &**changed).chain([&self.common]);
        let ids: BTreeSet<&str> = all.flat_map(|sections| sections.playbooks.ids()).collect();
        ids.into_iter().collect()
    }

    /// The segments with changes.
    pub(super) fn changed(&self) -> impl Iterator<Item = Segment> {
        let is_changed = |segment: &Segment| self.changed[*segment as usize].is_some();
        Segment::ALL.into_iter().filter(is_changed)
    }

    /// All of them.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut SegmentModel> {
        self.changed.iter_mut().flatten().map(|changed| &mut **changed).chain([&mut self.common])
    }

    /// Says everything that reads well and means nothing, for each segment; `rules` are the ids of
    /// all alert rules.
    pub(super) fn check(&self, rules: &[&str], problems: &mut Problems) {
        self.common.check(rules, problems);
        for segment in Segment::ALL {
            if let Some(changed) = &self.changed[segment as usize] {
                problems.within(&[KEY, segment.name()], |problems| changed.check(rules, problems));
            }
        }
    }
}

/// From the part of the file that is about customers.
impl TryFrom<Map<String, Value>> for BySegment {
    type Error = serde_json::Error;

    fn try_from(mut file: Map<String, Value>) -> Result<Self, Self::Error> {
        let changes = file.remove(KEY).unwrap_or_default();
        let file = Value::Object(file);
        let mut changed = [const { None }; 4];
        for segment in Segment::ALL {
            if let Some(changes) = changes.get(segment.name()) {
                let mut merged = file.clone();
                merge(&mut merged, changes);
                changed[segment as usize] = Some(serde_json::from_value(merged)?);
            }
        }
        Ok(Self { common: serde_json::from_value(file)?, changed })
    }
}

impl JsonSchema for BySegment {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "BySegment".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut all = SegmentModel::json_schema(generator);
        let changes = json!({
            "type": "object",
            "description": "What differs for a segment: any part of the sections that may differ. \
                Maps are changed key by key, lists are replaced as a whole.",
            "propertyNames": { "enum": Segment::ALL.map(Segment::name) },
            "additionalProperties": schema::changes(all.as_value()),
        });
        if let Some(Value::Object(properties)) = all.get_mut("properties") {
            properties.insert(KEY.to_owned(), changes);
        }
        all
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
