//! The records to be taken again, held compactly and put in order.
//!
//! Where they come from is said in `line.rs`, `story.rs` and `kafka/range.rs`; what is done with
//! them in `live.rs` and `as_of.rs`.

use std::cmp::Ordering;

use crate::engine::decode::{Decoded, Header, Record};
use crate::engine::event::Topic;
use crate::engine::time::Timestamp;

/// Bytes of one piece of memory: what is held never moves, however much it becomes.
const CHUNK_BYTES: usize = 16 * 1024 * 1024;
/// Length of a value that is none: a tombstone.
const NO_VALUE: u32 = u32::MAX;

/// Records of any accounts, in the order of [`History::sort`] once that was called.
#[derive(Debug)]
pub struct History {
    chunks: Vec<Vec<u8>>,
    entries: Vec<Entry>,
    bytes: u64,
    bytes_max: u64,
}

/// Where a record lies in the chunks: event id, account id, headers, value.
#[derive(Clone, Copy, Debug)]
struct Entry {
    broker_at: Timestamp,
    at: Timestamp,
    chunk: u32,
    start: u32,
    event_id_bytes: u16,
    account_id_bytes: u16,
    headers_bytes: u32,
    value_bytes: u32,
    topic: Topic,
    with_next: bool,
}

/// A record as it is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept<'a> {
    /// Its own time.
    pub broker_at: Timestamp,
    /// When it happened; the time of a tombstone is its record's.
    pub at: Timestamp,
    /// Where it lies.
    pub topic: Topic,
    /// Its event id; empty for a tombstone.
    pub event_id: &'a str,
    /// Its key.
    pub account_id: &'a str,
    /// Its value; nothing for a tombstone.
    pub value: Option<&'a [u8]>,
    /// Whether its step goes on with the record after it.
    pub with_next: bool,
    headers: &'a [u8],
}

/// More records than may be held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the events take more than {bytes_max} bytes of memory, {events} of them so far: raise \
     --memory, or replay the accounts in parts (they do not influence one another)"
)]
pub struct Full {
    /// How much may be held.
    pub bytes_max: u64,
    /// How many records are held.
    pub events: usize,
}

impl History {
    /// An empty one that will hold at most `bytes_max` bytes.
    pub const fn new(bytes_max: u64) -> Self {
        Self { chunks: Vec::new(), entries: Vec::new(), bytes: 0, bytes_max }
    }

    /// Holds a record that was decoded before. `with_next`: its step goes on with the record after
    /// it.
    ///
    /// # Errors
    /// [`Full`], when it would be too much.
    pub fn push(
        &mut self,
        record: &Record<'_>,
        decoded: &Decoded<'_>,
        with_next: bool,
    ) -> Result<(), Full> {
        let (event_id, account_id, at) = match decoded {
            Decoded::Event(event) => (&*event.event_id, &*event.account_id, event.at),
            Decoded::Erase { account_id } => ("", &**account_id, record.broker_at),
        };
        let headers = written(record.headers);
        let value = record.value.unwrap_or_default();
        let parts = [event_id.as_bytes(), account_id.as_bytes(), &headers, value];
        let n_bytes: usize = parts.iter().map(|part| part.len()).sum();
        self.bytes += (n_bytes + size_of::<Entry>()) as u64;
        if self.bytes > self.bytes_max {
            return Err(Full { bytes_max: self.bytes_max, events: self.entries.len() });
        }
        if self.chunks.last().is_none_or(|chunk| chunk.len() + n_bytes > CHUNK_BYTES) {
            self.chunks.push(Vec::with_capacity(n_bytes.max(CHUNK_BYTES)));
        }
        let chunk = self.chunks.last_mut().expect("pushed above");
        let start = chunk.len();
        parts.iter().for_each(|part| chunk.extend_from_slice(part));
        self.entries.push(Entry {
            broker_at: record.broker_at,
            at,
            chunk: (self.chunks.len() - 1) as u32,
            start: start as u32,
            event_id_bytes: event_id.len() as u16,
            account_id_bytes: account_id.len() as u16,
            headers_bytes: headers.len() as u32,
            value_bytes: record.value.map_or(NO_VALUE, |value| value.len() as u32),
            topic: record.topic,
            with_next,
        });
        Ok(())
    }

    /// Puts the records in the order in which they are taken: by broker time, name of the topic
    /// and event id (`contract.md` §2); what is equal in these, by account and content, so that
    /// the order in which they came does not matter.
    pub fn sort(&mut self) {
        let mut entries = std::mem::take(&mut self.entries);
        entries.sort_unstable_by(|a, b| {
            let order = (a.broker_at, a.topic.name()).cmp(&(b.broker_at, b.topic.name()));
            order.then_with(|| self.kept(a).tie(&self.kept(b)))
        });
        self.entries = entries;
    }

    /// Keeps the records that are wanted only.
    pub fn retain(&mut self, wanted: impl Fn(&Kept<'_>) -> bool) {
        let mut entries = std::mem::take(&mut self.entries);
        entries.retain(|entry| wanted(&self.kept(entry)));
        self.entries = entries;
    }

    /// The records of each account, one account after the other, each in the order in which the
    /// events happened.
    pub fn by_account(&self) -> impl Iterator<Item = Kept<'_>> {
        let mut kept: Vec<Kept<'_>> = self.iter().collect();
        kept.sort_unstable_by(|a, b| {
            let of = |it: &Kept<'_>| (it.at, it.topic.name());
            let order = a.account_id.cmp(b.account_id).then_with(|| of(a).cmp(&of(b)));
            order.then_with(|| a.tie(b))
        });
        kept.into_iter()
    }

    /// The records.
    pub fn iter(&self) -> impl Iterator<Item = Kept<'_>> {
        self.entries.iter().map(|entry| self.kept(entry))
    }

    /// How many records are held.
    pub const fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether none is held.
    pub const fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn kept(&self, entry: &Entry) -> Kept<'_> {
        let mut rest = &self.chunks[entry.chunk as usize][entry.start as usize..];
        let mut next = |n_bytes: usize| {
            let (part, after) = rest.split_at(n_bytes);
            rest = after;
            part
        };
        let text = |bytes| std::str::from_utf8(bytes).expect("ids were texts when they were held");
        let event_id = text(next(entry.event_id_bytes.into()));
        let account_id = text(next(entry.account_id_bytes.into()));
        let headers = next(entry.headers_bytes as usize);
        let is_there = entry.value_bytes != NO_VALUE;
        Kept {
            broker_at: entry.broker_at,
            at: entry.at,
            topic: entry.topic,
            event_id,
            account_id,
            value: is_there.then(|| next(entry.value_bytes as usize)),
            with_next: entry.with_next,
            headers,
        }
    }
}

impl<'a> Kept<'a> {
    fn tie(&self, other: &Self) -> Ordering {
        let of =
            |it: &Self| (it.event_id, it.account_id, it.value, it.headers, it.at, it.with_next);
        of(self).cmp(&of(other))
    }

    /// Its headers, as the decoder reads them.
    pub fn headers(&self) -> Vec<Header<'a>> {
        if self.headers.is_empty() {
            return Vec::new();
        }
        postcard::from_bytes(self.headers).expect("they were written by the same code")
    }

    /// The record, as the decoder reads it.
    pub const fn record<'r>(&'r self, headers: &'r [Header<'r>]) -> Record<'r> {
        Record {
            topic: self.topic,
            key: Some(self.account_id.as_bytes()),
            value: self.value,
            headers,
            broker_at: self.broker_at,
        }
    }
}

fn written(headers: &[Header<'_>]) -> Vec<u8> {
    if headers.is_empty() {
        return Vec::new();
    }
    postcard::to_stdvec(headers).expect("texts and bytes can be written")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::decode::Decoder;

    const VALUE: &str = r#"{"event_id":"e","account_id":"a","type":"nps","ts":0,"score":9}"#;

    fn record<'a>(
        ts: i64,
        event_id: &str,
        headers: &'a [Header<'a>],
        text: &'a mut String,
    ) -> Record<'a> {
        *text =
            VALUE.replace(":0,", &format!(":{ts},")).replace(r#""e""#, &format!("{event_id:?}"));
        let broker_at = Timestamp::from_millis(ts);
        let (key, value) = (Some(b"a".as_slice()), Some(text.as_bytes()));
        Record { topic: Topic::Feedback, key, value, headers, broker_at }
    }

    #[test]
    fn records_come_back_in_order_with_their_headers() {
        let (decoder, start) = (Decoder::new(), 1_700_000_000_000);
        let mut history = History::new(10_000);
        for (ts, event_id) in [(2, "a"), (1, "b"), (1, "a")] {
            let (headers, mut text) =
                ([("source", None), ("x", Some(b"y".as_slice()))], String::new());
            let record = record(start + ts, event_id, &headers, &mut text);
            let decoded = decoder.decode(&record).unwrap();
            history.push(&record, &decoded, false).unwrap();
        }
        history.sort();
        let kept: Vec<_> = history.iter().collect();
        let order: Vec<_> =
            kept.iter().map(|it| (it.at.as_millis() - start, it.event_id)).collect();
        assert_eq!(order, [(1, "a"), (1, "b"), (2, "a")]);
        let headers = kept[0].headers();
        assert_eq!(headers, [("source", None), ("x", Some(b"y".as_slice()))]);
        assert!(decoder.decode(&kept[0].record(&headers)).is_ok());
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let mut history = History::new(200);
        let mut text = String::new();
        let record = record(1_700_000_000_000, "e", &[], &mut text);
        let decoded = Decoder::new().decode(&record).unwrap();
        assert_eq!(history.push(&record, &decoded, false), Ok(()));
        let full = history.push(&record, &decoded, false).unwrap_err();
        assert_eq!(full, Full { bytes_max: 200, events: 1 });
    }
}
