//! What a replay reads: files however they are packed, standard input, stories, topics.
//!
//! What a line means is said in `replay/line.rs`; topics are read in `kafka/range.rs`.

use std::fmt;
use std::fs::File;
use std::io::{BufRead, BufReader, Cursor, Read};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::Context as _;
use flate2::read::MultiGzDecoder;

use crate::engine::event::VALUE_BYTES_MAX;

/// What the name of an input of topics begins with.
const TOPICS: &str = "kafka:";
/// First bytes of a gzip and of a zstd stream, and of a text that says that it is UTF-8.
const GZIP: [u8; 2] = [0x1f, 0x8b];
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
const BYTE_ORDER_MARK: [u8; 3] = [0xef, 0xbb, 0xbf];
/// Most bytes of one line that are read; what is longer is rejected.
const LINE_BYTES_MAX: usize = VALUE_BYTES_MAX + 4096;

/// Where events are read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// Standard input.
    Stdin,
    /// A file of JSON lines, plain or packed.
    Lines(PathBuf),
    /// A file with a story.
    Story(PathBuf),
    /// Input topics by name; none means all.
    Topics(Vec<String>),
}

/// The lines of an input, counted from 1.
pub struct Lines {
    from: Box<dyn BufRead>,
    line: Vec<u8>,
    number: u64,
}

/// One line.
pub struct Line<'a> {
    /// Which, counted from 1.
    pub number: u64,
    /// Its content without its end; of a line that is too long, the first part.
    pub bytes: &'a [u8],
    /// How many bytes it has, when that is more than are read.
    pub too_long_bytes: Option<usize>,
}

impl FromStr for Input {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "-" {
            return Ok(Self::Stdin);
        }
        if let Some(topics) = text.strip_prefix(TOPICS) {
            let names = topics.split(',').filter(|name| !name.is_empty());
            return Ok(Self::Topics(names.map(str::to_owned).collect()));
        }
        let path = PathBuf::from(text);
        let is_story = [".yaml", ".yml"].iter().any(|end| text.to_ascii_lowercase().ends_with(end));
        Ok(if is_story { Self::Story(path) } else { Self::Lines(path) })
    }
}

impl fmt::Display for Input {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stdin => out.write_str("-"),
            Self::Lines(path) | Self::Story(path) => write!(out, "{}", path.display()),
            Self::Topics(names) => write!(out, "{TOPICS}{}", names.join(",")),
        }
    }
}

impl Lines {
    /// Opens a file; `seen` is told how many of its bytes were read.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn open(path: &Path, seen: impl Fn(u64) + 'static) -> anyhow::Result<Self> {
        let file = File::open(path).with_context(|| format!("reading {}", path.display()))?;
        Self::of(Watched { from: file, seen })
            .with_context(|| format!("reading {}", path.display()))
    }

    /// Lines of standard input.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn stdin() -> anyhow::Result<Self> {
        Self::of(std::io::stdin()).context("reading standard input")
    }

    /// Lines of what `from` gives, unpacked as its first bytes say.
    fn of(mut from: impl Read + 'static) -> std::io::Result<Self> {
        let mut first = Vec::new();
        from.by_ref().take(ZSTD.len() as u64).read_to_end(&mut first)?;
        let (is_gzip, is_zstd) = (first.starts_with(&GZIP), first.starts_with(&ZSTD));
        let whole = Cursor::new(first).chain(from);
        let unpacked: Box<dyn Read> = if is_gzip {
            Box::new(MultiGzDecoder::new(BufReader::with_capacity(1 << 16, whole)))
        } else if is_zstd {
            Box::new(zstd::Decoder::new(whole)?)
        } else {
            Box::new(whole)
        };
        let mut from: Box<dyn BufRead> = Box::new(BufReader::with_capacity(1 << 17, unpacked));
        if from.fill_buf()?.starts_with(&BYTE_ORDER_MARK) {
            from.consume(BYTE_ORDER_MARK.len());
        }
        Ok(Self { from, line: Vec::new(), number: 0 })
    }

    /// The next line that is not empty.
    ///
    /// # Errors
    /// When reading or unpacking fails.
    pub fn take(&mut self) -> std::io::Result<Option<Line<'_>>> {
        loop {
            self.line.clear();
            self.number += 1;
            let mut n_bytes = 0;
            loop {
                let piece = self.from.fill_buf()?;
                let end = piece.iter().position(|byte| *byte == b'\n');
                let content = &piece[..end.unwrap_or(piece.len())];
                let room = LINE_BYTES_MAX.saturating_sub(self.line.len());
                self.line.extend_from_slice(&content[..content.len().min(room)]);
                n_bytes += content.len();
                let used = content.len() + usize::from(end.is_some());
                self.from.consume(used);
                if end.is_some() {
                    break;
                }
                if used == 0 {
                    if n_bytes == 0 {
                        return Ok(None);
                    }
                    break;
                }
            }
            if !self.line.trim_ascii().is_empty() {
                let too_long_bytes = (n_bytes > LINE_BYTES_MAX).then_some(n_bytes);
                let bytes = self.line.strip_suffix(b"\r").unwrap_or(&self.line);
                return Ok(Some(Line { number: self.number, bytes, too_long_bytes }));
            }
        }
    }
}

/// Tells how much was read.
struct Watched<R, F> {
    from: R,
    seen: F,
}

impl<R: Read, F: Fn(u64)> Read for Watched<R, F> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let n_bytes = self.from.read(into)?;
        (self.seen)(n_bytes as u64);
        Ok(n_bytes)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn lines(bytes: &[u8]) -> Vec<(u64, String, Option<usize>)> {
        let mut lines = Lines::of(Cursor::new(bytes.to_vec())).unwrap();
        let mut read = Vec::new();
        while let Some(line) = lines.take().unwrap() {
            let text = String::from_utf8(line.bytes.to_vec()).unwrap();
            read.push((line.number, text, line.too_long_bytes));
        }
        read
    }

    #[test]
    fn lines_are_read_however_they_are_packed() {
        let text = b"\xef\xbb\xbfone\r\n\n  \ntwo";
        let read = [(1, "one".to_owned(), None), (4, "two".to_owned(), None)];
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(&text[..6]).unwrap();
        let mut gzip = gzip.finish().unwrap();
        let mut second = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        second.write_all(&text[6..]).unwrap();
        gzip.extend(second.finish().unwrap());
        let zstd = zstd::encode_all(text.as_slice(), 1).unwrap();
        for packed in [text.as_slice(), &gzip, &zstd] {
            assert_eq!(lines(packed), read);
        }
        assert_eq!(lines(b""), []);
    }

    #[test]
    fn a_line_that_is_too_long_is_cut_and_the_next_one_read() {
        let text = format!("{}\nnext", "x".repeat(LINE_BYTES_MAX + 7));
        let read = lines(text.as_bytes());
        assert_eq!((read[0].1.len(), read[0].2), (LINE_BYTES_MAX, Some(LINE_BYTES_MAX + 7)));
        assert_eq!(read[1], (2, "next".to_owned(), None));
    }

    #[test]
    fn inputs_are_told_apart_by_name() {
        let of = |text: &str| text.parse::<Input>().unwrap();
        assert_eq!(of("-"), Input::Stdin);
        assert_eq!(of("a.YAML"), Input::Story("a.YAML".into()));
        assert_eq!(of("a.jsonl.gz"), Input::Lines("a.jsonl.gz".into()));
        assert_eq!(of("kafka:"), Input::Topics(Vec::new()));
        assert_eq!(of("kafka:a,b"), Input::Topics(vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!(of("kafka:a,b").to_string(), "kafka:a,b");
    }
}
