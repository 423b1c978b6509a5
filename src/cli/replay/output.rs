//! Outputs as JSON lines: topic, key, instant and the value as the service publishes it.
//!
//! The values are made in `kafka/codec.rs`; what is said and when, in the engine.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::Context as _;

use crate::engine::output::{Output, OutputTopic};
use crate::kafka::codec;

/// A file or standard output, line by line.
pub struct LineWriter {
    out: BufWriter<Box<dyn Write>>,
    n_lines: u64,
}

impl LineWriter {
    /// Writes to `path`, or else to standard output.
    ///
    /// # Errors
    /// When the file cannot be made.
    pub fn open(path: Option<&Path>) -> anyhow::Result<Self> {
        let out: Box<dyn Write> = match path.filter(|path| path.as_os_str() != "-") {
            Some(path) => Box::new(
                File::create(path).with_context(|| format!("creating {}", path.display()))?,
            ),
            None => Box::new(std::io::stdout().lock()),
        };
        Ok(Self { out: BufWriter::with_capacity(1 << 16, out), n_lines: 0 })
    }

    /// Writes an output of one of `topics`, or of any if there are none.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&mut self, output: &Output, topics: &[OutputTopic]) -> anyhow::Result<()> {
        let (topic, _, value) = codec::published(output);
        if !topics.is_empty() && !topics.contains(&topic) {
            return Ok(());
        }
        let key = serde_json::to_string(&output.account_id).expect("a text can be written");
        let value = value.as_deref().unwrap_or(b"null");
        let head =
            format!(r#"{{"topic":"{}","key":{key},"at":"{}","value":"#, topic.name(), output.at);
        self.write_parts(&[head.as_bytes(), value, b"}\n"])
    }

    /// Writes a line of its own kind.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write_line(&mut self, line: &[u8]) -> anyhow::Result<()> {
        self.write_parts(&[line, b"\n"])
    }

    fn write_parts(&mut self, parts: &[&[u8]]) -> anyhow::Result<()> {
        self.n_lines += 1;
        parts.iter().try_for_each(|part| self.out.write_all(part)).context("writing the outputs")
    }

    /// Completes the output; answers how many lines it has.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn finish(mut self) -> anyhow::Result<u64> {
        self.out.flush().context("writing the outputs")?;
        Ok(self.n_lines)
    }
}
