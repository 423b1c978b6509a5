//! All inputs of a replay into one history; what cannot be used goes to the rejects.
//!
//! Files are unpacked in `input.rs`, topics read in `kafka/range.rs`.

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use serde_json::{Map, Value};

use super::Replay;
use super::input::{Input, Line, Lines};
use super::progress::Progress;
use super::rejects::{Place, Rejected, Rejects};
use crate::config::Config;
use crate::engine::decode::Decoder;
use crate::engine::decode::error::DecodeError;
use crate::engine::event::Topic;
use crate::engine::model::Model;
use crate::engine::time::Timestamp;
use crate::kafka::model_record::ModelText;
use crate::kafka::range::{self, Range};
use crate::kafka::topics;
use crate::replay::history::History;
use crate::replay::line::{Reader, Refusal};
use crate::replay::story::{Story, with_sections};

/// Lines between two moves of the progress bar on standard input.
const BEAT_LINES: u64 = 1024;

/// What was read.
pub struct Gathered {
    /// The records, in order.
    pub history: History,
    /// What could not be used.
    pub rejects: Rejects,
    /// The latest instant to which a story goes on.
    pub until: Option<Timestamp>,
    /// Whether the fleet is to be looked at; a story says so itself.
    pub with_fleet: bool,
    /// Sections of the model that stories bring.
    sections: Map<String, Value>,
}

/// Where events are looked for.
pub struct Sources<'a> {
    /// The inputs.
    pub inputs: &'a [Input],
    /// First instant that is read from topics, and the first that is not.
    pub range: Range,
    /// Most bytes of memory for the events.
    pub memory: u64,
}

struct Gatherer<'a> {
    config: &'a Config,
    names: [String; Topic::ALL.len()],
    progress: &'a Progress,
    gathered: Gathered,
}

impl<'a> From<&'a Replay> for Sources<'a> {
    fn from(args: &'a Replay) -> Self {
        let range = Range { from: args.from, to: args.to };
        Self { inputs: &args.events, range, memory: args.memory }
    }
}

/// Reads all inputs and puts the events in order.
///
/// # Errors
/// An input that cannot be read, or more events than may be held.
pub fn gather(
    config: &Config,
    sources: &Sources<'_>,
    rejects: Rejects,
    progress: &Progress,
) -> anyhow::Result<Gathered> {
    let sizes = sources.inputs.iter().filter_map(|input| match input {
        Input::Lines(path) => std::fs::metadata(path).ok().map(|about| about.len()),
        Input::Stdin | Input::Story(_) | Input::Topics(_) => None,
    });
    progress.begin("reading", sizes.sum());
    let mut gatherer = Gatherer {
        config,
        names: Topic::ALL.map(|topic| topics::name_of(&config.topics, topic).to_owned()),
        progress,
        gathered: Gathered {
            history: History::new(sources.memory),
            rejects,
            until: None,
            sections: Map::new(),
            with_fleet: sources.inputs.iter().any(|input| !matches!(input, Input::Story(_))),
        },
    };
    for input in sources.inputs {
        match input {
            Input::Stdin => gatherer.lines("-", Lines::stdin()?)?,
            Input::Lines(path) => {
                let bar = progress.clone();
                let lines = Lines::open(path, move |n_bytes| bar.advance(n_bytes))?;
                gatherer.lines(&input.to_string(), lines)?;
            }
            Input::Story(path) => gatherer.story(path)?,
            Input::Topics(names) => gatherer.topics(names, sources.range)?,
        }
    }
    let mut gathered = gatherer.gathered;
    gathered.rejects.finish()?;
    gathered.history.sort();
    Ok(gathered)
}

impl Gatherer<'_> {
    fn lines(&mut self, input: &str, mut lines: Lines) -> anyhow::Result<()> {
        let names = self.names.clone();
        let reader = Reader::new(Decoder::new(), &names);
        while let Some(line) = lines.take().with_context(|| format!("reading {input}"))? {
            if input == "-" && line.number % BEAT_LINES == 0 {
                self.progress.advance(0);
            }
            self.line(&reader, input, &line)?;
        }
        Ok(())
    }

    fn line(&mut self, reader: &Reader<'_>, input: &str, line: &Line<'_>) -> anyhow::Result<()> {
        let history = &mut self.gathered.history;
        let read = match line.too_long_bytes {
            Some(bytes) => Err(Refusal::from(DecodeError::TooLarge { bytes })),
            None => {
                reader.read(line.bytes, |said| history.push(&said.record, &said.decoded, false))
            }
        };
        match read {
            Ok(pushed) => Ok(pushed?),
            Err(refusal) => self.gathered.rejects.take(&Rejected {
                input,
                place: Place::Line { line: line.number },
                reason: refusal.reason(),
                message: &refusal.to_string(),
                bytes: Some(line.bytes),
            }),
        }
    }

    fn story(&mut self, path: &Path) -> anyhow::Result<()> {
        let told = || format!("reading {}", path.display());
        let text = std::fs::read_to_string(path).with_context(told)?;
        let story = Story::parse(&text).with_context(told)?;
        story.lay(&Decoder::new(), &mut self.gathered.history).with_context(told)?;
        self.gathered.until = self.gathered.until.max(story.until);
        self.gathered.with_fleet |= story.fleet;
        for (name, section) in story.model {
            let before = self.gathered.sections.get(&name);
            ensure!(
                before.is_none_or(|before| *before == section),
                "{} brings another `{name}` of the model than a story before it: replay them apart",
                path.display()
            );
            self.gathered.sections.insert(name, section);
        }
        Ok(())
    }

    fn topics(&mut self, wanted: &[String], range: Range) -> anyhow::Result<()> {
        let topics = self.wanted_topics(wanted)?;
        let decoder = Decoder::new();
        for topic in topics {
            let name = self.names[topic.index()].clone();
            let gathered = &mut self.gathered;
            range::read(self.config, &name, None, range, |partition, held| {
                let headers = held.headers();
                let record = held.record(topic, &headers);
                match decoder.decode(&record) {
                    Ok(decoded) => Ok(gathered.history.push(&record, &decoded, false)?),
                    Err(error) => gathered.rejects.take(&Rejected {
                        input: &name,
                        place: Place::Record { partition, offset: held.offset },
                        reason: error.reason(),
                        message: &error.to_string(),
                        bytes: held.value.as_deref(),
                    }),
                }
            })?;
        }
        Ok(())
    }

    fn wanted_topics(&self, wanted: &[String]) -> anyhow::Result<Vec<Topic>> {
        if wanted.is_empty() {
            return Ok(Topic::ALL.to_vec());
        }
        let find = |name: &String| {
            let has_name =
                |topic: &Topic| topic.name() == name || self.names[topic.index()] == *name;
            let known = || Topic::ALL.map(Topic::name).join(", ");
            Topic::ALL
                .into_iter()
                .find(has_name)
                .with_context(|| format!("`{name}` is no input topic; these are: {}", known()))
        };
        wanted.iter().map(find).collect()
    }
}

impl Gathered {
    /// A model with the sections that stories bring.
    ///
    /// # Errors
    /// What is wrong with those.
    pub fn model(&self, own: ModelText) -> anyhow::Result<Arc<Model>> {
        if self.sections.is_empty() {
            return Ok(own.model);
        }
        let model = Model::parse(&with_sections(&own.text, &self.sections));
        Ok(Arc::new(model.context("the model with the sections of the story")?))
    }

    /// Tells on standard error what the replay came to.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn report(&self, n_lines: u64, took: Duration) -> anyhow::Result<()> {
        self.report_rejects()?;
        let mut out = std::io::stderr().lock();
        let n_events = self.history.len();
        let seconds = took.as_secs_f64();
        let rate = n_events as f64 / seconds.max(1e-9);
        writeln!(
            out,
            "pulse: {n_events} events, {n_lines} lines out in {seconds:.1} s, {rate:.0} events/s"
        )?;
        Ok(())
    }

    /// Tells on standard error what was rejected, if anything.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn report_rejects(&self) -> anyhow::Result<()> {
        let mut out = std::io::stderr().lock();
        for line in self.rejects.summary() {
            writeln!(out, "pulse: {line}")?;
        }
        Ok(())
    }
}
