//! The models of an installation as they lie in Kafka, read with no code of the loop.
//!
//! Which one a step was decided with is said by its mark; `recount.rs` goes by that.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use customer_pulse::config::Config;
use customer_pulse::engine::model::Model;
use customer_pulse::engine::time::Timestamp;
use customer_pulse::kafka::changelog::Mark;

use crate::history;

/// Every valid model by its offset.
pub(crate) struct Models(BTreeMap<i64, Arc<Model>>);

impl Models {
    /// Reads all of them; what is no model is passed over.
    pub(crate) fn read(config: &Config) -> anyhow::Result<Self> {
        let records = history::read_partitions(config, &config.topics.pulse_model, 1)?;
        let mut models = BTreeMap::new();
        for record in records.iter().flatten() {
            let value = record.value.as_deref().unwrap_or_default();
            let Ok(value) = serde_json::from_slice::<serde_json::Value>(value) else { continue };
            let Some(text) = value["text"].as_str() else { continue };
            let Ok(model) = Model::parse(text) else { continue };
            let version = record.key.as_deref();
            ensure!(version == Some(model.version().as_bytes()), "the key of {}", record.offset);
            models.insert(record.offset, Arc::new(model));
        }
        Ok(Self(models))
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The model with which the step of `mark` was decided.
    pub(crate) fn of(&self, mark: &Mark) -> anyhow::Result<Arc<Model>> {
        let model = self.0.get(&mark.model_offset);
        let model = model.with_context(|| format!("no model lies at {}", mark.model_offset))?;
        let (version, named) = (model.version(), &mark.model_version);
        ensure!(version == named, "{named} is not the model at {}", mark.model_offset);
        Ok(Arc::clone(model))
    }
}

/// Whether the step took another model than the one before it; it never takes an older one.
pub(crate) fn is_taken(before: Option<&Mark>, mark: &Mark) -> anyhow::Result<bool> {
    let Some(before) = before else { return Ok(true) };
    let (was, is) = (before.model_offset, mark.model_offset);
    ensure!(is >= was, "model {is} was taken after {was}");
    let earliest = if is > was { before.now } else { before.model_since };
    let latest = if is > was { mark.now } else { before.model_since };
    let since: Timestamp = mark.model_since;
    ensure!((earliest..=latest).contains(&since), "model {is} in force since {since}");
    Ok(is > was)
}
