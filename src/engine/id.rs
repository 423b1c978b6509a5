//! Keyed 64-bit hashes: how ids of people, tickets and events are kept.
//!
//! What an id may look like is checked in `field.rs`; the key comes from the configuration.

use std::fmt;

use siphasher::sip::SipHasher13;

/// Key of the public hash of names that are no one's secret.
const NAME_KEY: [u8; 16] = *b"customer-pulse/1";

/// The secret under which ids are hashed (`privacy.hash_key`); never printed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct IdKey([u8; 16]);

impl IdKey {
    /// The key made of these bytes.
    pub const fn new(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The key that a configured secret of any length stands for.
    pub fn from_secret(secret: &str) -> Self {
        let low = SipHasher13::new_with_key(&NAME_KEY).hash(secret.as_bytes());
        let high = SipHasher13::new_with_key(b"customer-pulse/2").hash(secret.as_bytes());
        Self((u128::from(high) << 64 | u128::from(low)).to_le_bytes())
    }

    /// SipHash-1-3 of an id under this key.
    pub fn hash(&self, id: &str) -> u64 {
        SipHasher13::new_with_key(&self.0).hash(id.as_bytes())
    }
}

/// The hash of a name that the model file may hold too (a feature); the same in every service.
pub fn name_hash(name: &str) -> u64 {
    SipHasher13::new_with_key(&NAME_KEY).hash(name.as_bytes())
}

impl fmt::Debug for IdKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("IdKey(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_depend_on_key_and_id_and_stay() {
        let key = IdKey::from_secret("a");
        assert_eq!(key.hash("u1"), IdKey::from_secret("a").hash("u1"));
        assert_ne!(key.hash("u1"), key.hash("u2"));
        assert_ne!(key.hash("u1"), IdKey::from_secret("b").hash("u1"));
        assert_eq!(
            name_hash("search"),
            4_862_868_193_302_120_505,
            "stored states hold this number"
        );
        assert_eq!(format!("{key:?}"), "IdKey(redacted)");
    }
}
