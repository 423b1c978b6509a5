//! `pulse replay`: what a live service would have said of these events, without a broker.
//!
//! The replay itself is `replay/` in the library; here its inputs are found and its outputs
//! written.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::ensure;
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser as _};

use crate::cli::{Exit, model};
use crate::config::Config;
use crate::engine::Engine;
use crate::engine::account::feed::Memory;
use crate::engine::id::IdKey;
use crate::engine::model::Model;
use crate::engine::output::OutputTopic;
use crate::engine::time::Timestamp;
use crate::kafka::clock;
use crate::replay::live::{self, Course, Heard};
use gather::Gathered;
use input::Input;
use output::LineWriter;
use progress::Progress;
use rejects::Rejects;

pub mod gather;
pub mod input;
pub mod output;
pub mod progress;
pub mod rejects;

pub mod as_of;

/// `pulse replay …`
#[derive(Clone, Debug, Args)]
#[command(after_long_help = HELP)]
pub struct Replay {
    /// Events: JSON lines (plain, gzip or zstd; - is standard input), stories (.yaml), or topics
    /// (kafka: for all input topics, kafka:cs.accounts,cs.outcomes for some)
    #[arg(required = true, value_name = "EVENTS")]
    pub events: Vec<Input>,
    /// Write the outputs to this file instead of standard output
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Let time pass on to this instant after the last event (RFC 3339 or a date; default: stop at
    /// the last event, or where a story ends)
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    pub until: Option<Timestamp>,
    /// Write outputs of these topics only, such as cs.alerts,cs.playbooks
    #[arg(long, value_name = "TOPICS", value_delimiter = ',', value_parser = output_topic())]
    pub topics: Vec<OutputTopic>,
    /// Write an assessment for each row of this CSV file instead; its columns are account_id and
    /// as_of (a date is 00:00 UTC), the events before that instant count
    #[arg(long, value_name = "FILE.csv", conflicts_with_all = ["until", "topics", "alone"])]
    pub as_of_file: Option<PathBuf>,
    /// Write lines that cannot be used to this file, with input, line number and reason
    #[arg(long, value_name = "FILE")]
    pub rejects: Option<PathBuf>,
    /// Judge each account by itself: the events are those of some accounts only, so a feed that
    /// stops in them tells nothing of the feed
    #[arg(long)]
    pub alone: bool,
    /// First instant that is read from topics
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    pub from: Option<Timestamp>,
    /// First instant that is no longer read from topics
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    pub to: Option<Timestamp>,
    /// Most memory for the events, such as 500MB or 8GB
    #[arg(long, value_name = "SIZE", default_value = "4GB", value_parser = size)]
    pub memory: u64,
}

const HELP: &str = "\
Lines:
  An event a line, with its envelope; `topic` may be left out, CloudEvents in structured mode are
  read too. Records with their key are written {\"topic\":…,\"key\":…,\"ts\":…,\"value\":{…}}; null
  as the value of a record of cs.accounts erases the account. The order of the lines does not
  matter: events are taken by ts, topic and event_id.

Limits:
  All events are held in memory to put them in order, about 100 bytes more than the line for each;
  beyond --memory the replay fails. A line of more than 256 KiB is rejected.

Lines that cannot be used:
  They change nothing and are no outputs: cs.dead-letters stays empty. --rejects keeps them.

Exit code:
  0 all lines were used, 1 some were not, 2 wrong usage, 78 settings or model cannot be used.";

/// Replays the events.
pub fn main(config: &Config, args: &Replay) -> anyhow::Result<Exit> {
    let has_topics = args.events.iter().any(|input| matches!(input, Input::Topics(_)));
    let is_ranged = args.from.is_some() || args.to.is_some();
    ensure!(has_topics || !is_ranged, "--from and --to are about topics: name them as kafka:TOPIC");
    let own = model::own(config)?;
    let questions = args.as_of_file.as_deref().map(as_of::read).transpose()?;
    let started = clock::instant();
    let progress = Progress::new(args.out.is_none());
    let gathered =
        gather::gather(config, &args.into(), Rejects::open(args.rejects.as_deref())?, &progress)?;
    let model = gathered.model(own)?;
    let mut lines = LineWriter::open(args.out.as_deref())?;
    match &questions {
        Some(questions) => {
            as_of::answer(config, &model, &gathered.history, questions, &progress, &mut lines)?;
        }
        None => replay(config, args, &model, &gathered, &progress, &mut lines)?,
    }
    let n_lines = lines.finish()?;
    progress.finish();
    gathered.report(n_lines, started.elapsed())?;
    Ok(if gathered.rejects.is_empty() { Exit::Done } else { Exit::Failed })
}

fn replay(
    config: &Config,
    args: &Replay,
    model: &Arc<Model>,
    gathered: &Gathered,
    progress: &Progress,
    lines: &mut LineWriter,
) -> anyhow::Result<()> {
    let id_key = IdKey::new(config.privacy.key());
    let mut engine = Engine::new(Arc::clone(model), id_key, Memory::All);
    let course = Course {
        until: args.until.or(gathered.until),
        with_fleet: !args.alone && gathered.with_fleet,
    };
    progress.begin("replaying", gathered.history.len() as u64);
    live::replay(&gathered.history, &mut engine, course, |heard| {
        match heard {
            Heard::Taken(..) => progress.advance(1),
            Heard::Said(output) => lines.write(&output, &args.topics)?,
        }
        Ok(())
    })
}

fn output_topic() -> impl clap::builder::TypedValueParser<Value = OutputTopic> {
    PossibleValuesParser::new(OutputTopic::ALL.map(OutputTopic::name)).map(|name| {
        let found = OutputTopic::ALL.into_iter().find(|topic| topic.name() == name);
        found.expect("one of the possible values")
    })
}

/// Reads an instant of a flag.
pub fn instant(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse(text).map_err(|error| error.to_string())
}

fn size(text: &str) -> Result<u64, String> {
    let upper = text.to_ascii_uppercase();
    let number = upper.trim_end_matches(|sign: char| sign.is_ascii_alphabetic());
    let unit: u64 = match upper[number.len()..].trim_end_matches(['B', 'I']) {
        "" => 1,
        "K" => 1 << 10,
        "M" => 1 << 20,
        "G" => 1 << 30,
        _ => return Err("expected a size such as 500MB or 8GB".to_owned()),
    };
    let number: u64 = number.parse().map_err(|_| "expected a size such as 8GB".to_owned())?;
    number.checked_mul(unit).ok_or_else(|| "that is too much".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units() {
        assert_eq!(size("8GB"), Ok(8 << 30));
        assert_eq!(size("500mib"), Ok(500 << 20));
        assert_eq!(size("77"), Ok(77));
        assert!(size("8 parsecs").is_err() && size("GB").is_err());
    }
}
