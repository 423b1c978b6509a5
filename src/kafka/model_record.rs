//! A model as a record of `cs.pulse-model`: its envelope, and what is looked at when it is read.
//!
//! What a model says is `engine::model`; which record is in force is said in `model_topic.rs`.

use std::panic::catch_unwind;
use std::sync::Arc;

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use crate::engine::model::problems::ModelErrors;
use crate::engine::model::{DEFAULT_TEXT, Model};
use crate::engine::time::Timestamp;

/// The format of the records that this version writes and reads.
const FORMAT: u32 = 1;
/// Largest record of a model, in bytes: topics take 1 MiB.
const BYTES_MAX: usize = 900 * 1024;

/// A valid model with the text that it was read from.
#[derive(Clone, Debug)]
pub struct ModelText {
    /// What the text says.
    pub model: Arc<Model>,
    /// The model file.
    pub text: String,
}

/// A record of `cs.pulse-model`; its key is the version, so that each version stays readable.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ModelRecord {
    /// The form of the record: 1.
    format: u32,
    /// Names the model in outputs.
    pub version: CompactString,
    /// When it was published.
    pub published_at: Timestamp,
    /// The instance that published it.
    pub published_by: CompactString,
    /// CRC-32 of the text.
    checksum: u32,
    /// The model file.
    pub text: String,
}

/// Only what says how the rest is to be read.
#[derive(Deserialize)]
struct Head {
    format: u32,
}

/// Why a record of `cs.pulse-model` is not used.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// It has no value.
    #[error("it has no value; a model is not taken back but replaced")]
    Deleted,
    /// It is not such a record.
    #[error("it is no record of a model")]
    Form,
    /// Another version wrote it.
    #[error("format {0} is not known to this version")]
    Format(u32),
    /// The text was changed on the way.
    #[error("the checksum of its text differs")]
    Checksum,
    /// The text is not a model for this version.
    #[error("this version cannot use it: {0}")]
    Model(#[from] ModelErrors),
    /// The text names another version than the record.
    #[error("its text is version {0}")]
    Version(String),
    /// The text cannot even be read without a panic.
    #[error("reading it panicked")]
    Panicked,
}

/// The record of a model would be too large for the topic.
#[derive(Debug, thiserror::Error)]
#[error("the model has {0} bytes as a record, and at most {BYTES_MAX} can be published")]
pub struct TooLarge(usize);

impl ModelText {
    /// Reads a model file's text.
    ///
    /// # Errors
    /// Every thing that is wrong with it.
    pub fn parse(text: String) -> Result<Self, ModelErrors> {
        Ok(Self { model: Arc::new(Model::parse(&text)?), text })
    }

    /// The model that ships.
    pub fn shipped() -> Self {
        Self { model: Arc::new(Model::default()), text: DEFAULT_TEXT.to_owned() }
    }

    /// Names the model in outputs.
    pub fn version(&self) -> &str {
        self.model.version()
    }

    /// The value of its record.
    ///
    /// # Errors
    /// When it is too large.
    pub fn encode(&self, published_at: Timestamp, instance: &str) -> Result<Vec<u8>, TooLarge> {
        let record = ModelRecord {
            format: FORMAT,
            version: self.version().into(),
            published_at,
            published_by: instance.into(),
            checksum: crc32fast::hash(self.text.as_bytes()),
            text: self.text.clone(),
        };
        let bytes = serde_json::to_vec(&record).expect("strings and numbers can be written");
        if bytes.len() > BYTES_MAX { Err(TooLarge(bytes.len())) } else { Ok(bytes) }
    }

    /// Reads the value of a record.
    ///
    /// # Errors
    /// [`Refusal`] says why it cannot be used.
    pub fn decode(value: Option<&[u8]>) -> Result<(Self, ModelRecord), Refusal> {
        let value = value.ok_or(Refusal::Deleted)?;
        let head: Head = serde_json::from_slice(value).map_err(|_| Refusal::Form)?;
        if head.format != FORMAT {
            return Err(Refusal::Format(head.format));
        }
        let record: ModelRecord = serde_json::from_slice(value).map_err(|_| Refusal::Form)?;
        if record.checksum != crc32fast::hash(record.text.as_bytes()) {
            return Err(Refusal::Checksum);
        }
        let text = record.text.clone();
        let read = catch_unwind(|| Self::parse(text)).map_err(|_| Refusal::Panicked)??;
        if record.version != read.version() {
            return Err(Refusal::Version(read.version().to_owned()));
        }
        Ok((read, record))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A model that names itself: the golden record must not change with the model that ships.
    fn golden() -> serde_json::Value {
        let text = include_str!("../../tests/golden/model-1.json");
        serde_json::from_str(text).unwrap()
    }

    fn refusal(change: impl FnOnce(&mut serde_json::Value)) -> String {
        let mut value = golden();
        change(&mut value);
        ModelText::decode(Some(value.to_string().as_bytes())).unwrap_err().to_string()
    }

    #[test]
    fn the_envelope_of_format_1_is_read_for_ever() {
        let record: ModelRecord = serde_json::from_value(golden()).unwrap();
        assert_eq!(record.version, "spring");
        assert_eq!(record.published_at, Timestamp::parse("2026-03-01T12:00:00Z").unwrap());
        assert_eq!(record.published_by, "pulse-0");
        assert_eq!(record.checksum, crc32fast::hash(record.text.as_bytes()));
        assert_eq!(serde_json::to_value(&record).unwrap(), golden());
    }

    #[test]
    fn what_was_written_is_read() {
        let shipped = ModelText::shipped();
        let at = Timestamp::from_millis(1_700_000_000_000);
        let bytes = shipped.encode(at, "a").unwrap();
        let (read, record) = ModelText::decode(Some(&bytes)).unwrap();
        assert_eq!((&read.model, read.text), (&shipped.model, shipped.text.clone()));
        assert_eq!((record.published_at, &*record.published_by), (at, "a"));
        let long = ModelText { text: "#".repeat(BYTES_MAX), ..shipped };
        assert!(long.encode(at, "a").is_err());
    }

    #[test]
    fn each_damage_is_refused_with_its_reason() {
        assert!(ModelText::decode(None).unwrap_err().to_string().starts_with("it has no value"));
        let torn = ModelText::decode(Some(b"{\"format\": 1, ")).unwrap_err();
        assert_eq!(torn.to_string(), "it is no record of a model");
        assert!(refusal(|it| it["format"] = 2.into()).starts_with("format 2 is not known"));
        assert!(refusal(|it| it["text"] = "version: x".into()).starts_with("the checksum"));
        assert!(refusal(|it| drop(it["text"].take())).starts_with("it is no record"));
        let with = |text: &str| {
            let (text, checksum) = (text.to_owned(), crc32fast::hash(text.as_bytes()));
            refusal(move |it| {
                it["text"] = text.into();
                it["checksum"] = checksum.into();
            })
        };
        assert!(with("version: spring\nhealth: 1").starts_with("this version cannot use it: line"));
        let other = with(DEFAULT_TEXT);
        assert!(other.starts_with("its text is version "), "{other}");
    }
}
