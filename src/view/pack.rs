//! Records kept small: compressed against records like them.
//!
//! Records of a topic differ little in their names of fields and in their texts, so the first ones
//! are the dictionary of those that follow. What is packed is decided in `writer.rs`.

use std::sync::Arc;

use serde::de::DeserializeOwned;
use zstd::bulk::{Compressor, Decompressor};
use zstd::dict::DecoderDictionary;

/// How hard zstd tries: the least, as each record is packed once and seldom read.
const LEVEL: i32 = 1;

/// How much of the first records makes the dictionary: a few dozen of them, so that what most
/// accounts have is in it.
const DICTIONARY_BYTES_MAX: usize = 65_536;

/// Packs the records of one topic.
pub(super) struct Packer {
    /// Records that were seen, one after the other.
    seen: Vec<u8>,
    /// Made of them; nothing before the first record.
    like: Option<(Compressor<'static>, Arc<DecoderDictionary<'static>>)>,
}

/// A record, packed.
pub(super) struct Packed {
    bytes: Box<[u8]>,
    /// Its length once unpacked.
    length: usize,
    dictionary: Arc<DecoderDictionary<'static>>,
}

impl Packer {
    pub(super) const fn new() -> Self {
        Self { seen: Vec::new(), like: None }
    }

    /// Packs a record.
    ///
    /// # Errors
    /// When zstd has no memory left.
    pub(super) fn pack(&mut self, json: &[u8]) -> std::io::Result<Packed> {
        let is_learning = self.seen.len() + json.len() <= DICTIONARY_BYTES_MAX;
        if is_learning || self.like.is_none() {
            self.seen.extend_from_slice(json);
            self.like = None;
        }
        let (compressor, dictionary) = match &mut self.like {
            Some(like) => like,
            none => none.insert((
                Compressor::with_dictionary(LEVEL, &self.seen)?,
                Arc::new(DecoderDictionary::copy(&self.seen)),
            )),
        };
        Ok(Packed {
            bytes: compressor.compress(json)?.into(),
            length: json.len(),
            dictionary: Arc::clone(dictionary),
        })
    }
}

impl Packed {
    /// The record as it was.
    pub(super) fn unpack(&self) -> Vec<u8> {
        Decompressor::with_prepared_dictionary(&self.dictionary)
            .and_then(|mut zstd| zstd.decompress(&self.bytes, self.length))
            .expect("what was packed here can be unpacked")
    }

    /// The record, read.
    pub(super) fn read<T: DeserializeOwned>(&self) -> T {
        serde_json::from_slice(&self.unpack()).expect("it was read before it was packed")
    }

    /// Bytes that it takes.
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }
}

impl std::fmt::Debug for Packed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} bytes packed in {}", self.length, self.bytes.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_like_the_first_takes_little_and_comes_back_as_it_was() {
        let golden = include_str!("../../tests/golden/account-health.json");
        let mut packer = Packer::new();
        for (score, most) in [("81.5", 1_000), ("64.2", 100), ("7.7", 100)] {
            let json = golden.replace("81.5", score);
            let packed = packer.pack(json.as_bytes()).unwrap();
            assert_eq!(packed.unpack(), json.as_bytes());
            assert!(packed.len() < most, "{packed:?}");
        }
    }
}
