//! Lines that cannot be used: counted by reason, kept in a file if one is named.
//!
//! The reasons are those of `replay/line.rs`; no message holds a value of a line.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use anyhow::Context as _;
use serde::Serialize;

/// How many are told when no file keeps them.
const TOLD_MAX: usize = 5;

/// All lines that cannot be used.
pub struct Rejects {
    file: Option<BufWriter<File>>,
    by_reason: BTreeMap<&'static str, u64>,
    told: Vec<String>,
}

/// One of them.
#[derive(Clone, Copy, Debug)]
pub struct Rejected<'a> {
    /// Name of the input.
    pub input: &'a str,
    /// Where in it.
    pub place: Place,
    /// Why, in one word.
    pub reason: &'static str,
    /// Why, in a sentence.
    pub message: &'a str,
    /// What it is, untouched; nothing for a tombstone.
    pub bytes: Option<&'a [u8]>,
}

/// Where in an input something is.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(untagged)]
pub enum Place {
    /// In a file.
    Line {
        /// Counted from 1.
        line: u64,
    },
    /// In a topic.
    Record {
        /// The partition number.
        partition: i32,
        /// The offset.
        offset: i64,
    },
}

/// As it is written: `text` where it is one, else `hex`.
#[derive(Serialize)]
struct Kept<'a> {
    input: &'a str,
    #[serde(flatten)]
    place: Place,
    reason: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hex: Option<String>,
}

impl Rejects {
    /// Keeps what is rejected in `path`, if there is one.
    ///
    /// # Errors
    /// When the file cannot be made.
    pub fn open(path: Option<&Path>) -> anyhow::Result<Self> {
        let file = path
            .map(|path| File::create(path).with_context(|| format!("creating {}", path.display())));
        let file = file.transpose()?.map(BufWriter::new);
        Ok(Self { file, by_reason: BTreeMap::new(), told: Vec::new() })
    }

    /// Takes one.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn take(&mut self, rejected: &Rejected<'_>) -> anyhow::Result<()> {
        *self.by_reason.entry(rejected.reason).or_default() += 1;
        let Some(file) = &mut self.file else {
            if self.told.len() < TOLD_MAX {
                let place = match rejected.place {
                    Place::Line { line } => format!("line {line}"),
                    Place::Record { partition, offset } => {
                        format!("partition {partition}, offset {offset}")
                    }
                };
                self.told.push(format!("{}: {place}: {}", rejected.input, rejected.message));
            }
            return Ok(());
        };
        let text = rejected.bytes.map(std::str::from_utf8);
        let is_text = text.is_none_or(|text| text.is_ok());
        let kept = Kept {
            input: rejected.input,
            place: rejected.place,
            reason: rejected.reason,
            message: rejected.message,
            text: text.and_then(Result::ok),
            hex: rejected.bytes.filter(|_| !is_text).map(hex),
        };
        serde_json::to_writer(&mut *file, &kept).context("writing the rejects")?;
        file.write_all(b"\n").context("writing the rejects")
    }

    /// Whether every line was used.
    pub fn is_empty(&self) -> bool {
        self.by_reason.is_empty()
    }

    /// Completes the file.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn finish(&mut self) -> anyhow::Result<()> {
        self.file.as_mut().map_or(Ok(()), |file| file.flush().context("writing the rejects"))
    }

    /// What to tell about them, line by line.
    pub fn summary(&self) -> Vec<String> {
        let total: u64 = self.by_reason.values().sum();
        if total == 0 {
            return Vec::new();
        }
        let mut lines = self.told.clone();
        if total > self.told.len() as u64 && !self.told.is_empty() {
            lines.push("… --rejects FILE keeps all of them".to_owned());
        }
        let reasons = self.by_reason.iter().map(|(reason, count)| format!("{count} {reason}"));
        lines.push(format!("{total} rejected: {}", reasons.collect::<Vec<_>>().join(", ")));
        lines
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
