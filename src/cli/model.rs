//! `pulse model publish`, and the model of the settings as every command takes it.
//!
//! What a model says is `engine::model`; the topic that it is published to, `kafka/model_topic.rs`.

use std::io::Write as _;
use std::path::Path;

use anyhow::anyhow;

use crate::cli::{Exit, model_file};
use crate::config::Config;
use crate::engine::model::problems::ModelErrors;
use crate::kafka::clock::Clock;
use crate::kafka::model_feed::ModelFeed;
use crate::kafka::model_record::ModelText;
use crate::kafka::model_topic::{ModelTopic, PublishError, Published};
use crate::kafka::setup::Setup;

/// The model that the settings name, or the one that is built in.
///
/// # Errors
/// When the file cannot be read, or [`ModelErrors`].
pub fn own(config: &Config) -> anyhow::Result<ModelText> {
    let Some(path) = &config.model else { return Ok(ModelText::shipped()) };
    Ok(model_file::read(path)?)
}

/// Puts the model of `file` in force, and says where it stands.
pub fn publish(config: &Config, file: &Path) -> anyhow::Result<Exit> {
    let text = model_file::read(file)?;
    let name = &config.topics.pulse_model;
    let mut topic = ModelTopic::open(config)?;
    let now = Clock::moved(config.clock.offset).now();
    let published = topic.publish(config, &text, now, false).map_err(refused)?;
    let version = text.version();
    let mut out = std::io::stdout().lock();
    match published {
        Published::At(offset) => {
            writeln!(out, "version {version} is published at offset {offset} of {name}")?;
        }
        Published::Stays(offset) => {
            writeln!(out, "version {version} is in force already, at offset {offset} of {name}")?;
        }
    }
    Ok(Exit::Done)
}

/// What the file is to blame for ends like any other error in it.
fn refused(error: PublishError) -> anyhow::Error {
    match error {
        PublishError::SameName { .. } | PublishError::TooLarge(_) => {
            ModelErrors::unreadable(error.to_string()).into()
        }
        PublishError::Kafka(_) => error.into(),
    }
}

/// Follows the topic until the process is asked to stop; publishes the file of the settings when
/// it is asked to read that again. A file that cannot be used changes nothing.
pub fn follow(setup: &Setup, mut feed: ModelFeed, restart_wait: std::time::Duration) {
    while !setup.status.is_draining() {
        if setup.status.take_reload() {
            reload(setup, &mut feed);
        }
        let Err(mut failure) = feed.turn() else { continue };
        while !setup.status.is_draining() {
            tracing::warn!(%failure, "models are read afresh; the one in force stays");
            std::thread::park_timeout(restart_wait);
            match feed.start_afresh() {
                Ok(()) => break,
                Err(again) => failure = again,
            }
        }
    }
}

/// A process without a file of its own has nothing to publish: the shipped model must not replace
/// one that somebody chose.
fn reload(setup: &Setup, feed: &mut ModelFeed) {
    if setup.config.model.is_none() {
        tracing::info!("SIGHUP: the setting `model` names no file, so nothing is published");
        return;
    }
    let published = own(&setup.config).and_then(|text| {
        let published = feed.publish(&text, setup.clock.now()).map_err(|error| anyhow!(error))?;
        Ok((text, published))
    });
    match published {
        Ok((text, Published::At(offset))) => {
            tracing::info!(version = text.version(), offset, "SIGHUP: the model was published");
        }
        Ok((text, Published::Stays(offset))) => {
            tracing::info!(version = text.version(), offset, "SIGHUP: the model is in force");
        }
        Err(error) => {
            setup.telemetry.model_refused.with_label_values(&["file"]).inc();
            let error = format!("{error:#}");
            tracing::error!(error, "SIGHUP: nothing was published; the model in force stays");
        }
    }
}
