//! `cs.pulse-model`: which of its records is in force, and how one more is published.
//!
//! The record itself is `model_record.rs`; who follows the topic, `model_feed.rs`.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use compact_str::CompactString;
use rdkafka::Offset;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::Message;

use super::client::{self, Logged};
use super::clock::Deadline;
use super::cluster::ANSWER_WAIT;
use super::failure::Failure;
use super::model_record::{ModelText, Refusal, TooLarge};
use super::producer::{Outbox, Outgoing};
use super::reader::Reader;
use crate::config::Config;
use crate::engine::model::Model;
use crate::engine::time::Timestamp;

/// The topic has one partition.
const PARTITION: i32 = 0;
/// How long one look for a record waits.
const POLL: Duration = Duration::from_millis(50);
/// How long the topic may take to be read to its end.
const READ_LIMIT: Duration = Duration::from_secs(60);
/// For how long a publication begins again because another one came in between.
const CONTEST_LIMIT: Duration = Duration::from_secs(20);

/// The newest valid model of the topic, as far as it was read.
#[derive(Clone, Debug)]
pub struct InForce {
    /// The model.
    pub model: Arc<Model>,
    /// Where it stands.
    pub offset: i64,
    /// Every record before this offset was read.
    pub read_to: i64,
}

/// A record that changes nothing, and why.
#[derive(Debug)]
pub struct Refused {
    /// Where it stands.
    pub offset: i64,
    /// What is wrong with it.
    pub why: Refusal,
}

/// How a publication ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Published {
    /// It stands at this offset now.
    At(i64),
    /// The model in force, at this offset, stays: it says the same, or it was only to be replaced
    /// if there was none.
    Stays(i64),
}

/// Why a model was not published.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The name stands for another model already.
    #[error(
        "version `{version}` was published with another text at offset {offset}: outputs would \
         not tell the two apart; change `version` in the file, or leave it out"
    )]
    SameName {
        /// The name.
        version: CompactString,
        /// Where the other one stands.
        offset: i64,
    },
    /// It does not fit into a record.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
    /// Kafka failed.
    #[error("the model could not be published: {0}")]
    Kafka(#[from] Failure),
}

/// A reader of the topic and what it knows by now.
pub struct ModelTopic {
    name: String,
    reader: Reader,
    probe: BaseConsumer<Logged>,
    known: Known,
}

/// What the records said so far.
#[derive(Default)]
struct Known {
    read_to: i64,
    in_force: Option<(i64, ModelText)>,
    /// Where each version stands, with the checksum of its text.
    versions: BTreeMap<CompactString, (i64, u32)>,
    refused: Vec<Refused>,
}

impl ModelTopic {
    /// A reader at the beginning of the topic.
    ///
    /// # Errors
    /// When librdkafka refuses the configuration.
    pub fn open(config: &Config) -> Result<Self, Failure> {
        let name = config.topics.pulse_model.clone();
        let reader = Reader::new(&client::whole_reader(config, "model"))?;
        reader.assign(&[(&name, PARTITION, Offset::Beginning)])?;
        let probe = client::probe(config)
            .create_with_context(Logged)
            .map_err(Failure::restart("creating a probe"))?;
        Ok(Self { name, reader, probe, known: Known::default() })
    }

    /// Reads one record, waiting about `timeout` for it; answers whether there was one.
    ///
    /// # Errors
    /// When the topic cannot be read.
    pub fn read_one(&mut self, timeout: Duration) -> Result<bool, Failure> {
        let Some(message) = self.reader.poll(timeout)? else { return Ok(false) };
        self.known.take(message.offset(), message.payload());
        Ok(true)
    }

    /// Reads all that was published before the call.
    ///
    /// # Errors
    /// When the topic cannot be read, or not in time.
    pub fn read_to_end(&mut self) -> Result<(), Failure> {
        let deadline = Deadline::after(READ_LIMIT);
        let end = loop {
            match self.probe.fetch_watermarks(&self.name, PARTITION, ANSWER_WAIT) {
                Ok((_, end)) => break end,
                // Right after a topic is made, or while its leader changes.
                Err(error) if deadline.is_over() => {
                    return Err(Failure::of("reading where the models end", &error));
                }
                Err(_) => std::thread::park_timeout(POLL),
            }
        };
        // What is no record of ours (the marker of a transaction) is passed unseen: only the
        // statistics tell. In this order: what was fetched by then is in the queue or was taken.
        while self.known.read_to < end {
            let fetched = self.reader.take_progress();
            while self.read_one(POLL)? {}
            if fetched.iter().any(|progress| progress.fetched_to >= end) {
                break;
            }
            if deadline.is_over() {
                let reason = format!("the end of {} was not reached", self.name);
                return Err(Failure::Restart(reason));
            }
        }
        Ok(())
    }

    /// The newest valid model, if there is one.
    pub fn in_force(&self) -> Option<InForce> {
        let (offset, text) = self.known.in_force.as_ref()?;
        let (model, read_to) = (Arc::clone(&text.model), self.known.read_to);
        Some(InForce { model, offset: *offset, read_to })
    }

    /// The file of the model in force.
    pub fn text(&self) -> Option<&str> {
        Some(&self.known.in_force.as_ref()?.1.text)
    }

    /// Whether nothing that was read can be used, though there was something.
    pub fn is_unusable(&self) -> bool {
        self.known.in_force.is_none() && self.known.read_to > 0
    }

    /// Takes the records that were refused since the last call.
    pub fn take_refused(&mut self) -> Vec<Refused> {
        std::mem::take(&mut self.known.refused)
    }

    /// Publishes a model, unless it is in force already, or any is where it is `only_first`.
    ///
    /// All publications of a group share one transactional id: one that looked before another
    /// ended is fenced and looks again, so that of two first starts only one publishes. Which error
    /// tells of the other one depends on the moment (the broker also answers a commit with
    /// "unknown error" then), so it looks again after any.
    ///
    /// # Errors
    /// [`PublishError`] says why it was not published.
    pub fn publish(
        &mut self,
        config: &Config,
        text: &ModelText,
        at: Timestamp,
        only_first: bool,
    ) -> Result<Published, PublishError> {
        let value = text.encode(at, &config.instance)?;
        let deadline = Deadline::after(CONTEST_LIMIT);
        loop {
            match self.try_to_publish(config, text, &value, at, only_first) {
                Err(PublishError::Kafka(failure)) if !deadline.is_over() => {
                    tracing::debug!(%failure, "the model was not published: looking again");
                    std::thread::park_timeout(POLL);
                }
                other => return other,
            }
        }
    }

    fn try_to_publish(
        &mut self,
        config: &Config,
        text: &ModelText,
        value: &[u8],
        at: Timestamp,
        only_first: bool,
    ) -> Result<Published, PublishError> {
        let outbox = Outbox::open(&client::model_producer(config))?;
        self.read_to_end()?;
        if let Some((offset, in_force)) = &self.known.in_force
            && (only_first || in_force.text == text.text)
        {
            return Ok(Published::Stays(*offset));
        }
        let version = CompactString::from(text.version());
        let checksum = crc32fast::hash(text.text.as_bytes());
        if let Some((offset, other)) = self.known.versions.get(&version)
            && *other != checksum
        {
            return Err(PublishError::SameName { version, offset: *offset });
        }
        outbox.begin()?;
        outbox.send(Outgoing {
            topic: &self.name,
            partition: PARTITION,
            key: Some(version.as_bytes()),
            value: Some(value),
            headers: None,
            timestamp_ms: at.as_millis(),
        })?;
        outbox.commit(None)?;
        self.read_to_end()?;
        // A later publication may have come by now; this one stands all the same.
        let (offset, _) = self.known.versions.get(&version).ok_or_else(|| {
            Failure::Restart(format!("{} does not show what was committed to it", self.name))
        })?;
        Ok(Published::At(*offset))
    }
}

impl Known {
    fn take(&mut self, offset: i64, value: Option<&[u8]>) {
        self.read_to = offset + 1;
        match ModelText::decode(value) {
            Ok((text, record)) => {
                let checksum = crc32fast::hash(text.text.as_bytes());
                self.versions.insert(record.version, (offset, checksum));
                self.in_force = Some((offset, text));
            }
            Err(why) => self.refused.push(Refused { offset, why }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::model::DEFAULT_TEXT;

    #[test]
    fn the_newest_valid_model_is_in_force() {
        let at = Timestamp::from_millis(1_700_000_000_000);
        let value = |version: &str| {
            let text = format!("version: {version}\n{DEFAULT_TEXT}");
            ModelText::parse(text).unwrap().encode(at, "a").unwrap()
        };
        let mut known = Known::default();
        let in_force = |known: &Known| {
            known.in_force.as_ref().map(|(offset, text)| (*offset, text.version().to_owned()))
        };
        known.take(0, Some(b"x"));
        assert_eq!(in_force(&known), None);
        known.take(1, Some(&value("winter")));
        known.take(3, Some(&value("spring")));
        let mut damaged = value("summer");
        let middle = damaged.len() / 2;
        damaged[middle] ^= 1;
        known.take(5, Some(&damaged));
        known.take(6, None);
        assert_eq!(in_force(&known), Some((3, "spring".to_owned())));
        assert_eq!(known.read_to, 7);
        let refused: Vec<_> = known.refused.iter().map(|it| it.offset).collect();
        assert_eq!(refused, [0, 5, 6]);
        known.take(8, Some(&value("winter")));
        assert_eq!(in_force(&known), Some((8, "winter".to_owned())));
    }
}
