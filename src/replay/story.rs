//! A story: events at times, written by people in YAML, laid out as records.
//!
//! What is told of it in the tests, and what is expected, is compared in `tests/scenarios.rs`.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::history::{Full, History};
use super::line::topic_of;
use crate::engine::decode::error::DecodeError;
use crate::engine::decode::{Decoder, Record};
use crate::engine::event::Topic;
use crate::engine::time::{MINUTE_MS, Timestamp};

/// Whose events they are that name nobody.
const ACCOUNT: &str = "acme";

/// A story as it is written.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Story {
    /// What is told, in prose.
    #[serde(default)]
    pub about: String,
    /// Time goes on to this instant after the last event.
    pub until: Option<Timestamp>,
    /// What all accounts say together is looked at: a feed may be found silent.
    #[serde(default)]
    pub fleet: bool,
    /// What the tests compare, by name; nothing else is worth reading there.
    #[serde(default)]
    pub show: Vec<String>,
    /// The playbooks whose runs the tests compare; all where none is named.
    #[serde(default)]
    pub playbooks: Vec<String>,
    /// The alert rules whose alerts the tests compare; all where none is named.
    #[serde(default)]
    pub rules: Vec<String>,
    /// By account, what must never be said of it: `alert RULE` or `run PLAYBOOK`.
    #[serde(default)]
    pub keeps_quiet: BTreeMap<String, Vec<String>>,
    /// Sections that stand in place of those of the model file, by name.
    #[serde(default)]
    pub model: Map<String, Value>,
    /// What happens.
    pub events: Vec<Told>,
    /// What is said of it, as the tests word it.
    #[serde(default)]
    pub expect: String,
}

/// An event, or a row of equal ones; what is missing of the envelope is filled in.
#[derive(Clone, Debug, Deserialize)]
pub struct Told {
    ts: Timestamp,
    /// The record's time, unless that is `ts`.
    arrives: Option<Timestamp>,
    every_minutes: Option<u32>,
    times: Option<u32>,
    /// The step goes on with the next record.
    #[serde(default)]
    with_next: bool,
    #[serde(flatten)]
    fields: Map<String, Value>,
}

/// A story that cannot be told.
#[derive(Debug)]
pub enum StoryError {
    /// It is not what a story looks like.
    Syntax(Box<serde_saphyr::Error>),
    /// An event of it, counted from 1, has this wrong with it.
    Event(usize, String),
    /// It is too long.
    Full(Full),
}

impl std::error::Error for StoryError {}

impl fmt::Display for StoryError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax(error) => write!(out, "not a story: {error}"),
            Self::Event(number, what) => write!(out, "event {number}: {what}"),
            Self::Full(full) => full.fmt(out),
        }
    }
}

impl Story {
    /// Reads a story.
    ///
    /// # Errors
    /// [`StoryError::Syntax`] with line and column.
    pub fn parse(text: &str) -> Result<Self, StoryError> {
        serde_saphyr::from_str(text).map_err(|error| StoryError::Syntax(Box::new(error)))
    }

    /// Lays its records into `history`, each row of events spread out.
    ///
    /// # Errors
    /// An event that is none, or more than `history` holds.
    pub fn lay(&self, decoder: &Decoder, history: &mut History) -> Result<(), StoryError> {
        for (index, told) in self.events.iter().enumerate() {
            let wrong = |what: String| StoryError::Event(index + 1, what);
            if told.every_minutes.is_some() != told.times.is_some() {
                return Err(wrong("a row needs both `every_minutes` and `times`".to_owned()));
            }
            for turn in 0..told.times.unwrap_or(1) {
                let apart_ms = i64::from(turn * told.every_minutes.unwrap_or(0)) * MINUTE_MS;
                told.lay(&format!("{index:03}-{turn:03}"), apart_ms, decoder, history).map_err(
                    |error| match error {
                        Unlaid::Event(what) => wrong(what),
                        Unlaid::Full(full) => StoryError::Full(full),
                    },
                )?;
            }
        }
        Ok(())
    }
}

/// The text of a model file with sections in place of its own.
pub fn with_sections(model: &str, sections: &Map<String, Value>) -> String {
    let is_head = |line: &str| line.starts_with(|first: char| first.is_ascii_alphabetic());
    let mut text = String::with_capacity(model.len());
    let mut is_left_out = false;
    for line in model.lines() {
        if is_head(line) {
            let name = line.split_once(':').map_or(line, |(name, _)| name);
            is_left_out = sections.contains_key(name);
        }
        if !is_left_out {
            text.extend([line, "\n"]);
        }
    }
    // JSON is YAML.
    sections.iter().for_each(|(name, section)| text += &format!("{name}: {section}\n"));
    text
}

enum Unlaid {
    Event(String),
    Full(Full),
}

impl From<DecodeError> for Unlaid {
    fn from(error: DecodeError) -> Self {
        Self::Event(error.to_string())
    }
}

impl Told {
    fn lay(
        &self,
        event_id: &str,
        apart_ms: i64,
        decoder: &Decoder,
        history: &mut History,
    ) -> Result<(), Unlaid> {
        let ts = self.ts.plus_millis(apart_ms);
        let mut fields = self.fields.clone();
        fields.entry("event_id").or_insert_with(|| json!(event_id));
        fields.entry("account_id").or_insert_with(|| json!(ACCOUNT));
        fields.insert("ts".to_owned(), json!(ts.to_string()));
        let text = |name: &str| {
            let text = fields.get(name).and_then(Value::as_str);
            text.ok_or_else(|| Unlaid::Event(format!("`{name}` must be a text")))
        };
        let type_name = text("type")?;
        let is_tombstone = type_name == "tombstone";
        let topic = topic_of(type_name, fields.contains_key("request_id"));
        let topic = topic.or(is_tombstone.then_some(Topic::Accounts));
        let unknown = || Unlaid::Event("`type` is no event type, nor `tombstone`".to_owned());
        let account_id = text("account_id")?;
        let value = (!is_tombstone).then(|| json!(fields).to_string().into_bytes());
        let record = Record {
            topic: topic.ok_or_else(unknown)?,
            key: Some(account_id.as_bytes()),
            value: value.as_deref(),
            headers: &[],
            broker_at: self.arrives.map_or(ts, |at| at.plus_millis(apart_ms)),
        };
        let decoded = decoder.decode(&record)?;
        history.push(&record, &decoded, self.with_next).map_err(Unlaid::Full)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lay(text: &str) -> Result<Vec<(String, String)>, StoryError> {
        let mut history = History::new(10_000);
        Story::parse(text)?.lay(&Decoder::new(), &mut history)?;
        history.sort();
        Ok(history.iter().map(|it| (it.at.to_string(), it.account_id.to_owned())).collect())
    }

    #[test]
    fn rows_are_spread_and_ids_filled_in() {
        let row = "events:\n- { ts: 2025-03-01T08:00Z, type: nps, score: 9, every_minutes: 60, \
                   times: 2 }\n- { ts: 2025-03-01, type: tombstone, account_id: other }";
        let laid = lay(row).unwrap();
        let laid: Vec<_> = laid.iter().map(|(at, id)| (&at[11..16], id.as_str())).collect();
        assert_eq!(laid, [("00:00", "other"), ("08:00", "acme"), ("09:00", "acme")]);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        let wrong = |events: &str| lay(&format!("events:\n{events}")).unwrap_err().to_string();
        assert!(wrong("- { ts: 2025-03-01, type: npc }").starts_with("event 1: `type` is no"));
        assert!(wrong("- { ts: 2025-03-01, type: nps }").contains("`score` is missing"));
        assert!(wrong("- { ts: 2025-03-01, type: nps, score: 1, times: 3 }").contains("row"));
        assert!(wrong("- { ts: never, type: nps }").contains("line 2"));
    }
}
