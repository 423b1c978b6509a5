//! The model in force in this process: follows `cs.pulse-model` and hands models to the workers.
//!
//! Which record is in force is said in `model_topic.rs`; at which moment a partition takes a model,
//! in `partition.rs`.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use tokio::sync::watch;

use super::failure::Failure;
use super::model_record::ModelText;
use super::model_topic::{InForce, ModelTopic, PublishError, Published};
use crate::config::Config;
use crate::engine::model::problems::ModelErrors;
use crate::engine::time::Timestamp;
use crate::telemetry::Telemetry;

/// How long one look for a record waits; also how long a stop may go unseen.
const POLL: Duration = Duration::from_millis(100);

/// The one thread of the process that reads models.
pub struct ModelFeed {
    config: Config,
    telemetry: Arc<Telemetry>,
    topic: ModelTopic,
    sender: watch::Sender<InForce>,
}

impl ModelFeed {
    /// Reads the topic to its end; where it is empty, `own` is published first.
    ///
    /// # Errors
    /// When the topic cannot be read or written, or holds nothing that can be used.
    pub fn start(
        config: &Config,
        telemetry: &Arc<Telemetry>,
        own: &ModelText,
        now: Timestamp,
    ) -> anyhow::Result<Self> {
        let name = &config.topics.pulse_model;
        let mut topic = ModelTopic::open(config)?;
        topic.read_to_end()?;
        tell_refused(&mut topic, telemetry);
        if topic.is_unusable() {
            let remedy = "`pulse model publish FILE` puts one in force";
            let problem = format!("`{name}` holds no model that this version can use: {remedy}");
            return Err(ModelErrors::unreadable(problem).into());
        }
        if topic.in_force().is_none() {
            let published = topic.publish(config, own, now, true);
            let published = published.context("no model is in force, and none can be put there")?;
            if let Published::At(offset) = published {
                tracing::info!(version = own.version(), offset, "the first model was published");
            }
        }
        let in_force = topic.in_force().ok_or_else(|| anyhow!("`{name}` lost its models"))?;
        note_in_force(&in_force, telemetry);
        if config.model.is_some() && topic.text() != Some(&own.text) {
            tracing::warn!(
                in_force = in_force.model.version(),
                own = own.version(),
                "the model in force is not the one of this process's settings, which stays unused: \
                 `pulse model publish` or SIGHUP would put it in force"
            );
        }
        let (sender, _) = watch::channel(in_force);
        Ok(Self { config: config.clone(), telemetry: Arc::clone(telemetry), topic, sender })
    }

    /// Where workers see the model in force.
    pub fn watch(&self) -> watch::Receiver<InForce> {
        self.sender.subscribe()
    }

    /// Reads what is new, waiting a moment for it.
    ///
    /// # Errors
    /// When the topic cannot be read on; [`ModelFeed::start_afresh`] may mend that.
    pub fn turn(&mut self) -> Result<(), Failure> {
        if self.topic.read_one(POLL)? {
            self.tell();
        }
        Ok(())
    }

    /// Drops the reader and reads the topic again.
    ///
    /// # Errors
    /// When it cannot be read to its end.
    pub fn start_afresh(&mut self) -> Result<(), Failure> {
        let mut topic = ModelTopic::open(&self.config)?;
        topic.read_to_end()?;
        self.topic = topic;
        self.tell();
        Ok(())
    }

    /// Publishes the model of this process's settings: it was asked to read them again.
    ///
    /// # Errors
    /// [`PublishError`] says why it was not published.
    pub fn publish(&mut self, own: &ModelText, now: Timestamp) -> Result<Published, PublishError> {
        let published = self.topic.publish(&self.config, own, now, false);
        self.tell();
        published
    }

    fn tell(&mut self) {
        tell_refused(&mut self.topic, &self.telemetry);
        let Some(in_force) = self.topic.in_force() else { return };
        if in_force.offset != self.sender.borrow().offset {
            note_in_force(&in_force, &self.telemetry);
        }
        self.sender.send_replace(in_force);
    }
}

fn note_in_force(in_force: &InForce, telemetry: &Telemetry) {
    let version = in_force.model.version();
    tracing::info!(version, offset = in_force.offset, "model in force");
    telemetry.model_info.reset();
    telemetry.model_info.with_label_values(&[version]).set(1);
}

fn tell_refused(topic: &mut ModelTopic, telemetry: &Telemetry) {
    for refused in topic.take_refused() {
        telemetry.model_refused.with_label_values(&["topic"]).inc();
        let (offset, why) = (refused.offset, refused.why.to_string());
        tracing::error!(offset, why, "a model was refused; the one in force stays");
    }
}
