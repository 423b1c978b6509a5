//! Access keys: 256 random bits for programs and people, kept as SHA-256 only.
//!
//! A key has so much chance in it that a slow hash would protect nothing and cost each request.
//! What the owner of a key may do is in the file that lists it.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use compact_str::CompactString;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::{Proof, Viewer};
use crate::config::http::Role;

/// What keys begin with, so that they are known where they turn up.
const PREFIX: &str = "pulse_";
/// Most keys of a file.
const KEYS_MAX: usize = 1_000;

/// The keys that are known.
#[derive(Default)]
pub struct Keys(Vec<Key>);

#[derive(PartialEq, Eq)]
struct Key {
    hash: [u8; 32],
    viewer: Viewer,
}

/// A key as the file lists it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    name: CompactString,
    sha256: String,
    role: Role,
    csms: Option<Vec<CompactString>>,
}

impl Keys {
    /// Reads the file that lists the keys.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let shown = path.display();
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("`http.keys_file` {shown} cannot be read"))?;
        Self::parse(&text).with_context(|| format!("`http.keys_file` {shown} cannot be used"))
    }

    /// Reads a list of keys.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        // Without a piece of the text: a key may stand there by mistake.
        let listed: Vec<Listed> = serde_saphyr::from_str(text)
            .map_err(|error| anyhow::anyhow!("{}", error.without_snippet()))?;
        ensure!(!listed.is_empty(), "it lists no key: `pulse key` makes one");
        ensure!(listed.len() <= KEYS_MAX, "it lists more than {KEYS_MAX} keys");
        let keys: anyhow::Result<Vec<_>> = listed.into_iter().map(Key::new).collect();
        let keys = keys?;
        for (n, key) in keys.iter().enumerate() {
            let is_same =
                |other: &Key| other.viewer.name == key.viewer.name || other.hash == key.hash;
            let twin = keys[..n].iter().any(is_same);
            ensure!(
                !twin,
                "two keys are named `{}`, or are the same: commands would not tell them apart",
                key.viewer.name
            );
        }
        Ok(Self(keys))
    }

    /// Whether none is known.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The names of the keys that are as they were.
    pub(super) fn unchanged_since(&self, before: &Keys) -> BTreeSet<CompactString> {
        let is_as_it_was = |key: &&Key| before.0.contains(*key);
        self.0.iter().filter(is_as_it_was).map(|key| key.viewer.name.clone()).collect()
    }

    /// Whose key this is. It takes as long whichever it is, and if it is none.
    pub fn find(&self, key: &str) -> Option<Viewer> {
        let hash = hash(key);
        let mut found = None;
        for known in &self.0 {
            if bool::from(known.hash.ct_eq(&hash)) {
                found = Some(&known.viewer);
            }
        }
        found.cloned()
    }
}

impl Key {
    fn new(listed: Listed) -> anyhow::Result<Self> {
        let Listed { name, sha256, role, csms } = listed;
        let is_name = (1..=64).contains(&name.len()) && !name.chars().any(char::is_control);
        ensure!(is_name, "the name of a key has 1 to 64 characters");
        let hash = bytes_of(&sha256)
            .with_context(|| format!("`sha256` of `{name}` is not 64 hex digits"))?;
        let csms = csms.map(Arc::from);
        Ok(Self { hash, viewer: Viewer { name, role, csms, proof: Proof::Key } })
    }
}

/// The key in the value of `Authorization`, if it looks like one of ours.
pub(super) fn shown(value: &str) -> Option<&str> {
    let (scheme, key) = value.split_once(' ')?;
    let key = key.trim();
    (scheme.eq_ignore_ascii_case("bearer") && key.starts_with(PREFIX)).then_some(key)
}

/// A new key.
///
/// # Errors
/// When the system has no randomness to give.
pub fn generate() -> anyhow::Result<String> {
    Ok(format!("{PREFIX}{}", random_text()?))
}

/// The hash of a key, as the file lists it: 64 hex digits.
pub fn listed_hash(key: &str) -> String {
    hash(key).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// 256 random bits as text.
pub(super) fn random_text() -> anyhow::Result<String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).context("the system gives no random bytes")?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

pub(super) fn hash(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

fn bytes_of(hex: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if hex.len() != 64 || !hex.is_ascii() {
        return None;
    }
    for (n, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&hex[2 * n..2 * n + 2], 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_found_by_its_hash_alone() {
        let (zoe, max) = (generate().unwrap(), generate().unwrap());
        let file = format!(
            "- {{ name: zoe, sha256: {}, role: operator, csms: [zoe] }}\n\
             - {{ name: max, sha256: {}, role: viewer }}\n",
            listed_hash(&zoe),
            listed_hash(&max)
        );
        let keys = Keys::parse(&file).unwrap();
        let found = keys.find(&zoe).unwrap();
        assert_eq!((found.name.as_str(), found.role), ("zoe", Role::Operator));
        assert_eq!(found.csms.unwrap().len(), 1);
        assert_eq!(keys.find(&max).unwrap().csms, None);
        for wrong in ["", "pulse_", &listed_hash(&zoe), &zoe[..zoe.len() - 1]] {
            assert!(keys.find(wrong).is_none(), "{wrong}");
        }
        assert!(zoe.len() > 48 && zoe.starts_with(PREFIX) && zoe != max);
    }

    #[test]
    fn what_is_wrong_with_a_file_is_said() {
        let hash = "0".repeat(64);
        for (file, said) in [
            ("[]".to_owned(), "lists no key"),
            ("- { name: a, sha256: 12, role: viewer }".to_owned(), "64 hex digits"),
            (format!("- {{ name: a, sha256: '{hash}', role: king }}"), "king"),
            (format!("- {{ name: a, sha256: '{hash}', role: viewer, key: x }}"), "key"),
            (format!("- {{ name: '', sha256: '{hash}', role: viewer }}"), "1 to 64"),
            (format!("- &a {{ name: a, sha256: '{hash}', role: viewer }}\n- *a"), "two keys"),
        ] {
            let error = format!("{:#}", Keys::parse(&file).map(|_| ()).unwrap_err());
            assert!(error.contains(said), "{error}");
        }
    }
}
