//! Records kept small: compressed against a record like them.
//!
//! Records of a topic differ little in their names of fields, so the first one that was seen is the
//! dictionary of those that follow. What is packed is decided in `writer.rs`.

use std::sync::Arc;

use serde::de::DeserializeOwned;
use zstd::bulk::{Compressor, Decompressor};
use zstd::dict::DecoderDictionary;

/// How hard zstd tries: the least, as each record is packed once and seldom read.
const LEVEL: i32 = 1;

/// Packs the records of one topic.
pub(super) struct Packer {
    /// Nothing before the first record.
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
        Self { like: None }
    }

    /// Packs a record.
    ///
    /// # Errors
    /// When zstd has no memory left.
    pub(super) fn pack(&mut self, json: &[u8]) -> std::io::Result<Packed> {
        let (compressor, dictionary) = match &mut self.like {
            Some(like) => like,
            none => none.insert((
                Compressor::with_dictionary(LEVEL, json)?,
                Arc::new(DecoderDictionary::copy(json)),
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
