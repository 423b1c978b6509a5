//! Where the routes of the model get it from, and how they put another one in force.
//!
//! What is in force in this process is told by its feed (`kafka/model_feed.rs`); the file itself is
//! read from the topic when it is asked for, once a model.

use std::sync::Arc;

use tokio::sync::{Semaphore, watch};

use crate::config::Config;
use crate::engine::model::Model;
use crate::engine::time::Timestamp;
use crate::kafka::failure::Failure;
use crate::kafka::model_record::ModelText;
use crate::kafka::model_topic::{InForce, ModelTopic, PublishError, Published};

/// Why a model was not put in force.
#[derive(Debug, thiserror::Error)]
pub enum NotPublished {
    /// Another one is in force than the one that was to be replaced.
    #[error("version `{0}` is in force: look at it first, and name it in `If-Match`")]
    Other(String),
    /// The topic says no.
    #[error(transparent)]
    Topic(#[from] PublishError),
}

/// Whether a version may be replaced.
pub type MayReplace = Box<dyn Fn(&str) -> bool + Send>;
type Read = Box<dyn Fn() -> Result<Option<ModelText>, Failure> + Send + Sync>;
type Publish =
    Box<dyn Fn(&ModelText, Timestamp, MayReplace) -> Result<Published, NotPublished> + Send + Sync>;

/// The models of this process.
pub struct Models {
    in_force: watch::Receiver<InForce>,
    /// The file that was read last, and the offset of the model in force then.
    read: watch::Sender<Option<(i64, Arc<ModelText>)>>,
    /// One at a time has to do with the topic.
    turn: Semaphore,
    reading: Read,
    publishing: Publish,
}

impl Models {
    /// Those of the topic.
    pub fn of_topic(config: &Config, in_force: watch::Receiver<InForce>) -> Self {
        let (of_read, of_publish) = (config.clone(), config.clone());
        let read = move || {
            let mut topic = ModelTopic::open(&of_read)?;
            topic.read_to_end()?;
            Ok(text(&topic))
        };
        let publish = move |text: &ModelText, at, may_replace: MayReplace| {
            let mut topic = ModelTopic::open(&of_publish).map_err(PublishError::from)?;
            topic.read_to_end().map_err(PublishError::from)?;
            let version = topic.in_force().map(|it| it.model.version().to_owned());
            match version {
                Some(version) if !may_replace(&version) => Err(NotPublished::Other(version)),
                _ => Ok(topic.publish(&of_publish, text, at, false)?),
            }
        };
        Self::new(in_force, Box::new(read), Box::new(publish))
    }

    /// One that stays: there is no topic.
    pub fn fixed(in_force: InForce) -> Self {
        let gone = || Failure::Fatal("there is no broker here, so no topic of models".to_owned());
        let in_force = watch::Sender::new(in_force).subscribe();
        let read = move || Err(gone());
        let publish = move |_: &ModelText, _, _: MayReplace| {
            Err(NotPublished::Topic(PublishError::Kafka(gone())))
        };
        Self::new(in_force, Box::new(read), Box::new(publish))
    }

    /// Those that two functions read and publish; both may take seconds.
    pub fn new(in_force: watch::Receiver<InForce>, reading: Read, publishing: Publish) -> Self {
        let (read, turn) = (watch::Sender::new(None), Semaphore::new(1));
        Self { in_force, read, turn, reading, publishing }
    }

    /// The model in force.
    pub fn model(&self) -> Arc<Model> {
        Arc::clone(&self.in_force.borrow().model)
    }

    /// The version in force.
    pub(super) fn version(&self) -> String {
        self.in_force.borrow().model.version().to_owned()
    }

    /// The file in force.
    pub(super) async fn text(self: &Arc<Self>) -> Result<Option<Arc<ModelText>>, Failure> {
        let Ok(_turn) = self.turn.acquire().await else { return Ok(None) };
        let offset = self.in_force.borrow().offset;
        if let Some((of, text)) = &*self.read.borrow()
            && *of == offset
        {
            return Ok(Some(Arc::clone(text)));
        }
        let models = Arc::clone(self);
        let read = tokio::task::spawn_blocking(move || (models.reading)()).await;
        let text = read.map_err(|error| Failure::Restart(error.to_string()))??.map(Arc::new);
        self.read.send_replace(text.clone().map(|text| (offset, text)));
        Ok(text)
    }

    /// Puts a model in force, if it may replace the one that is.
    pub(super) async fn publish(
        self: &Arc<Self>,
        text: ModelText,
        at: Timestamp,
        may_replace: MayReplace,
    ) -> Result<Published, NotPublished> {
        let failed = |reason: String| PublishError::Kafka(Failure::Restart(reason));
        let _turn = self.turn.acquire().await.map_err(|error| failed(error.to_string()))?;
        let models = Arc::clone(self);
        let publish = move || (models.publishing)(&text, at, may_replace);
        let published = tokio::task::spawn_blocking(publish).await;
        published.map_err(|error| failed(error.to_string()))?
    }
}

fn text(topic: &ModelTopic) -> Option<ModelText> {
    let model = topic.in_force()?.model;
    Some(ModelText { model, text: topic.text()?.to_owned() })
}
