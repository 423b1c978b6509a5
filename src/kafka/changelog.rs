//! What is written to the changelog: keys, envelope, marks and fences; the envelope of the fleet's
//! records, too.
//!
//! What an account's records hold is said in `engine::state`; reading them back is `restore.rs`.

use compact_str::CompactString;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::engine::event::Topic;
use crate::engine::first_day::Baseline;
use crate::engine::state::StateKind;
use crate::engine::time::Timestamp;

/// The format of the records that this version writes, marks aside.
pub const FORMAT: u8 = 1;
/// The format of the marks that this version writes; it reads this one and the one before.
pub const MARK_FORMAT: u8 = 3;

/// Format byte and checksum before the content.
pub const HEAD_BYTES: usize = 5;

/// What a record of the changelog is, by its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key<'a> {
    /// Part of an account's state.
    State(StateKind, &'a str),
    /// The mark of the partition.
    Mark,
    /// The fence of the partition.
    Fence,
    /// What the partition says of itself, so that it goes on with it after a restart.
    Part,
    /// The snapshot of the fleet that is in use from this step on, its records included.
    Fleet,
}

/// The record of a step: what was applied, and as of when (`architecture.md` §4.3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// 1 for the first step of the partition, then counted up; also in the offsets' metadata.
    pub sequence: u64,
    /// The partition's clock.
    pub now: Timestamp,
    /// The wall clock of the step: what was decided as of an earlier instant says how late it is.
    pub wall: Timestamp,
    /// Version of the model with which the step was decided.
    pub model_version: CompactString,
    /// Where that model stands in `cs.pulse-model`; -1 in marks from before there were models.
    pub model_offset: i64,
    /// The partition's clock when that model was taken.
    pub model_since: Timestamp,
    /// How many partitions the input topics have.
    pub partitions: u32,
    /// What was applied of each input topic, in the order of [`Topic::ALL`].
    pub ranges: [Range; Topic::ALL.len()],
    /// All usage before this offset is in usage records.
    pub usage_low_water: i64,
    /// Set in the first mark after a restore: from which usage offset it folded again.
    pub restored_from: Option<i64>,
    /// When the partition had first read all of its input.
    pub caught_up_at: Option<Timestamp>,
    /// Today's baseline alerts by CSM.
    pub baseline: Baseline,
}

/// A mark of format 2, from before alerts and playbooks waited for the end of the first day.
#[derive(Deserialize)]
struct MarkOfFormat2 {
    sequence: u64,
    now: Timestamp,
    model_version: CompactString,
    model_offset: i64,
    model_since: Timestamp,
    partitions: u32,
    ranges: [Range; Topic::ALL.len()],
    usage_low_water: i64,
    restored_from: Option<i64>,
    caught_up_at: Option<Timestamp>,
}

/// Offsets `[from, to)` of one input topic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Range {
    /// The first offset of the step.
    pub from: i64,
    /// The offset after the last one.
    pub to: i64,
}

/// Written before a restore: what comes before it was resolved when it can be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fence {
    /// Who restores.
    pub instance: CompactString,
    /// Tells this restore from any other.
    pub nonce: u64,
}

/// Why a record of the changelog cannot be read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// The key is none of ours.
    #[error("unknown key")]
    Key,
    /// Written by a version that this one does not know.
    #[error("format {0} is not known to this version")]
    Format(u8),
    /// The checksum differs, or the record is cut short.
    #[error("checksum differs")]
    Checksum,
    /// The content is not what its kind says.
    #[error("content is not readable")]
    Content,
}

impl<'a> Key<'a> {
    /// The key's bytes: one letter for the kind, then the account id.
    pub fn encode(self) -> Vec<u8> {
        let (letter, id) = match self {
            Key::State(StateKind::Usage, id) => (b'u', id),
            Key::State(StateKind::Rest, id) => (b'r', id),
            Key::State(StateKind::Said, id) => (b's', id),
            Key::Mark => (b'm', ""),
            Key::Fence => (b'f', ""),
            Key::Part => (b'p', ""),
            Key::Fleet => (b'w', ""),
        };
        let mut bytes = Vec::with_capacity(1 + id.len());
        bytes.push(letter);
        bytes.extend_from_slice(id.as_bytes());
        bytes
    }

    /// Reads a key.
    ///
    /// # Errors
    /// [`Damage::Key`] when it is none of ours.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, Damage> {
        let (letter, id) = bytes.split_first().ok_or(Damage::Key)?;
        let id = std::str::from_utf8(id).map_err(|_| Damage::Key)?;
        match (letter, id) {
            (b'u', id) => Ok(Key::State(StateKind::Usage, id)),
            (b'r', id) => Ok(Key::State(StateKind::Rest, id)),
            (b's', id) => Ok(Key::State(StateKind::Said, id)),
            (b'm', "") => Ok(Key::Mark),
            (b'f', "") => Ok(Key::Fence),
            (b'p', "") => Ok(Key::Part),
            (b'w', "") => Ok(Key::Fleet),
            _ => Err(Damage::Key),
        }
    }
}

impl Mark {
    /// The value of a mark's record.
    pub fn encode(&self, buffer: Vec<u8>) -> Vec<u8> {
        encode_as(MARK_FORMAT, self, buffer)
    }

    /// Reads the value of a mark's record.
    ///
    /// # Errors
    /// [`Damage`] says what is wrong with it.
    pub fn decode(bytes: &[u8]) -> Result<Self, Damage> {
        if bytes.first() == Some(&2) {
            decode_as(2, bytes).map(MarkOfFormat2::into_mark)
        } else {
            decode_as(MARK_FORMAT, bytes)
        }
    }
}

impl MarkOfFormat2 {
    fn into_mark(self) -> Mark {
        Mark {
            sequence: self.sequence,
            now: self.now,
            wall: self.now,
            model_version: self.model_version,
            model_offset: self.model_offset,
            model_since: self.model_since,
            partitions: self.partitions,
            ranges: self.ranges,
            usage_low_water: self.usage_low_water,
            restored_from: self.restored_from,
            caught_up_at: self.caught_up_at,
            baseline: Baseline::default(),
        }
    }
}

/// A value: format byte, checksum of the content, content. Marks have [`Mark::encode`].
pub fn encode<T: Serialize>(content: &T, buffer: Vec<u8>) -> Vec<u8> {
    encode_as(FORMAT, content, buffer)
}

fn encode_as<T: Serialize>(format: u8, content: &T, buffer: Vec<u8>) -> Vec<u8> {
    let mut bytes = buffer;
    bytes.clear();
    bytes.extend_from_slice(&[0; HEAD_BYTES]);
    let mut bytes = postcard::to_extend(content, bytes)
        .expect("state has no maps of unknown length and writing to memory does not fail");
    let checksum = crc32fast::hash(&bytes[HEAD_BYTES..]);
    bytes[0] = format;
    bytes[1..HEAD_BYTES].copy_from_slice(&checksum.to_le_bytes());
    bytes
}

/// Reads a value that [`encode`] wrote.
///
/// # Errors
/// [`Damage`] says what is wrong with it.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Damage> {
    decode_as(FORMAT, bytes)
}

fn decode_as<T: DeserializeOwned>(format: u8, bytes: &[u8]) -> Result<T, Damage> {
    let (head, content) = bytes.split_at_checked(HEAD_BYTES).ok_or(Damage::Checksum)?;
    if head[0] != format {
        return Err(Damage::Format(head[0]));
    }
    let checksum = u32::from_le_bytes([head[1], head[2], head[3], head[4]]);
    if checksum != crc32fast::hash(content) {
        return Err(Damage::Checksum);
    }
    postcard::from_bytes(content).map_err(|_| Damage::Content)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark() -> Mark {
        Mark {
            sequence: 7,
            now: Timestamp::from_millis(1_700_000_000_000),
            wall: Timestamp::from_millis(1_700_000_005_000),
            model_version: CompactString::const_new("abc"),
            model_offset: 3,
            model_since: Timestamp::from_millis(1_600_000_000_000),
            partitions: 6,
            ranges: std::array::from_fn(|topic| Range { from: topic as i64, to: 100 }),
            usage_low_water: 100,
            restored_from: Some(90),
            caught_up_at: None,
            baseline: Baseline {
                day: Some(Timestamp::from_millis(1_700_000_000_000).day()),
                raised: vec![(CompactString::const_new("ana"), 3)],
            },
        }
    }

    #[test]
    fn a_mark_of_format_2_is_read_for_ever() {
        let golden = include_bytes!("../../tests/golden/changelog-2-mark.bin");
        let before = Mark { wall: mark().now, baseline: Baseline::default(), ..mark() };
        assert_eq!(Mark::decode(golden), Ok(before));
    }

    #[test]
    fn a_mark_of_format_3_is_read_for_ever() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/changelog-3-mark.bin");
        let bytes = mark().encode(Vec::new());
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(path, &bytes).unwrap();
        }
        let golden = std::fs::read(path).unwrap();
        assert_eq!(Mark::decode(&golden), Ok(mark()));
        assert_eq!(bytes, golden);
    }

    #[test]
    fn an_older_mark_is_refused() {
        let golden = include_bytes!("../../tests/golden/changelog-1-mark.bin");
        assert_eq!(Mark::decode(golden), Err(Damage::Format(1)));
    }

    #[test]
    fn damage_is_seen() {
        let bytes = mark().encode(Vec::new());
        for place in 1..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[place] ^= 1;
            assert_eq!(Mark::decode(&damaged), Err(Damage::Checksum), "byte {place}");
        }
        assert_eq!(Mark::decode(&bytes[..3]), Err(Damage::Checksum));
        assert_eq!(Mark::decode(&[9, 0, 0, 0, 0]), Err(Damage::Format(9)));
        assert_eq!(decode::<Fence>(&bytes), Err(Damage::Format(MARK_FORMAT)));
    }

    #[test]
    fn keys_are_read_back() {
        let kinds = StateKind::ALL.map(|kind| Key::State(kind, "acme"));
        for key in kinds.into_iter().chain([Key::Mark, Key::Fence, Key::Part, Key::Fleet]) {
            assert_eq!(Key::decode(&key.encode()), Ok(key));
        }
        assert_eq!(Key::decode(b""), Err(Damage::Key));
        assert_eq!(Key::decode(b"xacme"), Err(Damage::Key));
    }
}
