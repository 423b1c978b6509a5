//! Where a producer puts a key: Java's murmur2 and librdkafka's CRC32.
//!
//! Our own records are written to explicit partitions; this says where those of others should lie.

use crate::config::Partitioner;

/// The partition of `key` among `count`, or nothing when producers may place keys anywhere.
///
/// `count` is the number of partitions of the topic, at least one.
pub fn partition_of(partitioner: Partitioner, key: &[u8], count: u32) -> Option<i32> {
    let hash = match partitioner {
        // Java's `Utils.toPositive`.
        Partitioner::Murmur2 => murmur2(key) & 0x7fff_ffff,
        Partitioner::Crc32 => crc32fast::hash(key),
        Partitioner::Unchecked => return None,
    };
    let partition = hash.checked_rem(count).expect("a topic has at least one partition");
    Some(i32::try_from(partition).expect("partition counts fit 31 bits"))
}

/// MurmurHash2 as in Kafka's `Utils.murmur2`, with its seed.
fn murmur2(key: &[u8]) -> u32 {
    const M: u32 = 0x5bd1_e995;
    const SEED: u32 = 0x9747_b28c;
    // Java's lengths are 32 bits; longer keys than that are no Kafka keys.
    let mut hash = SEED ^ (key.len() as u32);
    let mut words = key.chunks_exact(4);
    for word in &mut words {
        let word = u32::from_le_bytes(word.try_into().expect("chunks of four")).wrapping_mul(M);
        hash = hash.wrapping_mul(M) ^ (word ^ (word >> 24)).wrapping_mul(M);
    }
    let rest = words.remainder();
    if !rest.is_empty() {
        for (i, byte) in rest.iter().enumerate() {
            hash ^= u32::from(*byte) << (8 * i);
        }
        hash = hash.wrapping_mul(M);
    }
    hash = (hash ^ (hash >> 13)).wrapping_mul(M);
    hash ^ (hash >> 15)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn murmur2_gives_what_java_gives() {
        // Apache Kafka, `UtilsTest.testMurmur2`.
        for (key, hash) in [
            ("21", -973_932_308_i32),
            ("foobar", -790_332_482),
            ("a-little-bit-long-string", -985_981_536),
            ("a-little-bit-longer-string", -1_486_304_829),
            ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
            ("abc", 479_470_107),
        ] {
            assert_eq!(murmur2(key.as_bytes()) as i32, hash, "{key}");
        }
    }

    #[test]
    fn keys_go_where_other_clients_put_them() {
        let at = |partitioner, key: &str, count| partition_of(partitioner, key.as_bytes(), count);
        // CRC-32's own check value, 0xcbf43926.
        assert_eq!(
            at(Partitioner::Crc32, "123456789", 1_000),
            Some(0xcbf4_3926_u32 as i64 % 1_000).map(|p| p as i32)
        );
        // `toPositive` masks the sign: it is not the absolute value.
        assert_eq!(at(Partitioner::Murmur2, "21", 6), Some(((-973_932_308_i32) & 0x7fff_ffff) % 6));
        assert_eq!(at(Partitioner::Murmur2, "", 1), Some(0));
        assert_eq!(at(Partitioner::Unchecked, "21", 6), None);
    }
}
