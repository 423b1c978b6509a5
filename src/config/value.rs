//! The kinds of value a setting can have: secrets, durations, librdkafka properties.
//!
//! Which settings there are is `mod.rs`; whether they fit each other is `check.rs`.

use std::collections::BTreeMap;
use std::fmt;
use std::hash::Hasher as _;

use serde::{Deserialize, Serialize, Serializer};
use siphasher::sip128::{Hasher128 as _, SipHasher13};

/// What is shown in the place of a secret.
pub const REDACTED: &str = "(redacted)";

/// A text that is never shown: not by `Debug`, not by `Serialize`.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

/// librdkafka properties by their own names.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Properties(BTreeMap<String, String>);

impl Secret {
    /// Keeps `text`, without the white space around it (files end in a line break).
    pub fn new(text: &str) -> Self {
        Self(text.trim().to_owned())
    }

    /// Whether there is no text.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// 16 bytes: 32 hex digits as they are, any other text hashed.
    pub fn key(&self) -> [u8; 16] {
        let hex = |at: usize| u8::from_str_radix(self.0.get(at..at + 2)?, 16).ok();
        let digits = self.0.len() == 32 && self.0.bytes().all(|b| b.is_ascii_hexdigit());
        let mut key = [0; 16];
        if digits {
            for (i, byte) in key.iter_mut().enumerate() {
                *byte = hex(2 * i).expect("32 hex digits are 16 pairs");
            }
            return key;
        }
        let mut hasher = SipHasher13::new();
        hasher.write(self.0.as_bytes());
        hasher.finish128().as_bytes()
    }
}

impl Properties {
    /// Name and value of each, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// Whether the value of this librdkafka property, or of this key of ours, must not be shown.
pub fn is_secret(name: &str) -> bool {
    ["password", "secret", "hash_key", "pem", "token", "oauthbearer.config", "jaas"]
        .iter()
        .any(|word| name.contains(word) && !name.ends_with("_file") && !name.ends_with(".location"))
}

/// The name of this machine, or `pulse` where it cannot be told.
pub fn hostname() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname")
        .or_else(|_| std::fs::read_to_string("/etc/hostname"))
        .or_else(|_| std::env::var("HOSTNAME"))
        .map_or_else(|_| "pulse".to_owned(), |name| name.trim().to_owned())
}

/// The cores that this process may use.
pub fn cores() -> u32 {
    std::thread::available_parallelism().map_or(1, |n| u32::try_from(n.get()).unwrap_or(u32::MAX))
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(REDACTED)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

impl Serialize for Properties {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let shown = |name, value| if is_secret(name) { REDACTED } else { value };
        serializer.collect_map(self.iter().map(|(name, value)| (name, shown(name, value))))
    }
}

impl fmt::Debug for Properties {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

/// Durations as people write them: `200ms`, `60s`, `72h`. Used with `#[serde(with)]`.
pub mod duration {
    use jiff::SignedDuration;
    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serializer};

    /// Writes `200ms`.
    pub fn serialize<S, D>(span: &D, serializer: S) -> Result<S::Ok, S::Error>
    where
        S: Serializer,
        D: Copy + TryInto<SignedDuration>,
    {
        let signed = (*span).try_into().unwrap_or(SignedDuration::MAX);
        serializer.collect_str(&format_args!("{signed:#}"))
    }

    /// Reads a duration with its unit; a number without one is refused.
    pub fn deserialize<'de, D, S>(deserializer: D) -> Result<S, D::Error>
    where
        D: Deserializer<'de>,
        S: TryFrom<SignedDuration>,
    {
        let text = String::deserialize(deserializer)?;
        let example = || D::Error::custom("expected a duration such as `200ms`, `60s` or `72h`");
        let signed: SignedDuration = text.trim().parse().map_err(|_| example())?;
        S::try_from(signed).map_err(|_| D::Error::custom("a duration here cannot be negative"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_key_is_hex_or_any_text() {
        let hex = Secret::new("000102030405060708090a0b0c0d0e0f\n");
        assert_eq!(hex.key(), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
        let (a, b) = (Secret::new("a pass phrase").key(), Secret::new("another").key());
        assert_ne!(a, b);
        // Pinned: another key would orphan every user and respondent that is known by its hash.
        assert_eq!(a, Secret::new(" a pass phrase ").key());
        assert_eq!(a[..4], [55, 193, 204, 230]);
    }

    #[test]
    fn secrets_are_not_shown() {
        for (name, secret) in [
            ("sasl.password", true),
            ("ssl.key.password", true),
            ("ssl.key.pem", true),
            ("sasl.oauthbearer.client.secret", true),
            ("privacy.hash_key", true),
            ("privacy.hash_key_file", false),
            ("ssl.key.location", false),
            ("sasl.username", false),
            ("fetch.wait.max.ms", false),
        ] {
            assert_eq!(is_secret(name), secret, "{name}");
        }
        let mut properties = Properties::default();
        properties.0.insert("sasl.password".into(), "hunter2".into());
        assert_eq!(format!("{properties:?}"), r#"{"sasl.password":"(redacted)"}"#);
        assert_eq!(format!("{:?}", Secret::new("hunter2")), REDACTED);
    }
}
