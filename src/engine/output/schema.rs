//! The JSON Schemas of the records, made from their types and documentation.
//!
//! The copies for readers are `schemas/outputs/`; the schema of the model is `model/schema.rs`.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::OutputTopic;
use super::alert::Alert;
use super::deliverable::Deliverable;
use super::health::AccountHealth;
use super::insight::InsightRecord;
use super::opportunity::OpportunityRecord;
use super::playbook::RunRecord;
use super::work::AccountWork;

/// The schema of the records of a topic; nothing for the one whose records are those of others.
pub fn of(topic: OutputTopic) -> Option<Value> {
    match topic {
        OutputTopic::AccountHealth => Some(schema::<AccountHealth>(topic)),
        OutputTopic::AccountWork => Some(schema::<AccountWork>(topic)),
        OutputTopic::Alerts => Some(schema::<Alert>(topic)),
        OutputTopic::Playbooks => Some(schema::<RunRecord>(topic)),
        OutputTopic::Opportunities => Some(schema::<OpportunityRecord>(topic)),
        OutputTopic::Deliverables => Some(schema::<Deliverable>(topic)),
        OutputTopic::Insights => Some(schema::<InsightRecord>(topic)),
        OutputTopic::DeadLetters => None,
    }
}

fn schema<T: JsonSchema>(topic: OutputTopic) -> Value {
    let generator = SchemaSettings::draft07().for_serialize().into_generator();
    let mut schema = generator.into_root_schema_for::<T>();
    schema.insert("title".to_owned(), topic.name().into());
    schema.to_value()
}
