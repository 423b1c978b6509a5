//! The CSV file of questions, and an assessment a row as an answer.
//!
//! The answers are found in `replay/as_of.rs`; the names of their fields are those of the vectors
//! that independent implementations of the scoring give.

use std::path::Path;

use anyhow::{Context as _, bail};
use compact_str::CompactString;
use serde::Serialize;
use serde::ser::Serializer;

use super::output::LineWriter;
use super::progress::Progress;
use crate::config::Config;
use crate::engine::account::profile::Segment;
use crate::engine::assess::Assessment;
use crate::engine::decode::Decoder;
use crate::engine::id::IdKey;
use crate::engine::metric::{Component, MetricId};
use crate::engine::model::Model;
use crate::engine::model::churn::{ChurnBand, ContractPosition};
use crate::engine::model::health::HealthBand;
use crate::engine::signal::SignalId;
use crate::engine::time::Timestamp;
use crate::replay::as_of::{Answerer, Question};
use crate::replay::history::History;

/// The questions of a file, with each instant as it is written there.
pub struct Questions {
    questions: Vec<Question>,
    texts: Vec<String>,
}

/// One answer.
#[derive(Serialize)]
struct Answer<'a> {
    account_id: &'a str,
    as_of: &'a str,
    health_score: f64,
    health_band: HealthBand,
    confidence: f64,
    components: Pairs,
    metrics: Pairs,
    signals: Pairs,
    segment: Segment,
    churn_probability: f64,
    churn_band: ChurnBand,
    renewal_risk: f64,
    logit: f64,
    evidence: f64,
    contributions: Vec<(&'static str, f64)>,
    contract_position: ContractPosition,
}

/// An object in the order of its pairs.
struct Pairs(Vec<(&'static str, f64)>);

impl Serialize for Pairs {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

/// Reads the questions of a file.
///
/// # Errors
/// A file, a header or a row that cannot be read; the text names the line.
pub fn read(path: &Path) -> anyhow::Result<Questions> {
    let about = || format!("the file of instants {}", path.display());
    let text = std::fs::read(path).with_context(about)?;
    parse(&text).with_context(about)
}

fn parse(text: &[u8]) -> anyhow::Result<Questions> {
    let mut rows = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text);
    let header = rows.headers()?;
    let column = |name: &str| header.iter().position(|it| it == name);
    let (Some(account_column), Some(as_of_column)) = (column("account_id"), column("as_of")) else {
        bail!("line 1: the header must name the columns account_id and as_of");
    };
    let mut read = Questions { questions: Vec::new(), texts: Vec::new() };
    for row in rows.records() {
        let row = row?;
        let line = row.position().map_or(0, csv::Position::line);
        let (account_id, text) = (&row[account_column], &row[as_of_column]);
        if account_id.is_empty() {
            bail!("line {line}: account_id is empty");
        }
        let as_of = Timestamp::parse(text).with_context(|| format!("line {line}: as_of"))?;
        read.questions.push(Question { account_id: CompactString::from(account_id), as_of });
        read.texts.push(text.to_owned());
    }
    Ok(read)
}

/// Writes an answer to each question, in their order.
///
/// # Errors
/// When they cannot be written.
pub fn answer(
    config: &Config,
    model: &Model,
    history: &History,
    asked: &Questions,
    progress: &Progress,
    lines: &mut LineWriter,
) -> anyhow::Result<()> {
    let id_key = IdKey::new(config.privacy.key());
    let answerer = Answerer { model, id_key, decoder: Decoder::new() };
    progress.begin("assessing", asked.questions.len() as u64);
    let mut answers: Vec<Option<Box<[u8]>>> = Vec::new();
    answers.resize_with(asked.questions.len(), || None);
    answerer.answer(history, &asked.questions, |place, assessment| {
        progress.advance(1);
        let answer = Answer::of(&asked.questions[place], &asked.texts[place], assessment);
        answers[place] = Some(serde_json::to_vec(&answer)?.into_boxed_slice());
        anyhow::Ok(())
    })?;
    answers.iter().flatten().try_for_each(|answer| lines.write_line(answer))
}

impl<'a> Answer<'a> {
    fn of(question: &'a Question, as_of: &'a str, assessment: &Assessment) -> Self {
        let component = |it: Component| Some((it.name(), assessment.component(it)?));
        let metric = |it: MetricId| Some((it.name(), assessment.metric(it)?));
        let churn = &assessment.churn;
        let signal = |it: SignalId| Some((it.name(), churn.signal(it)?));
        Self {
            account_id: &question.account_id,
            as_of,
            health_score: assessment.health_score,
            health_band: assessment.health_band,
            confidence: assessment.confidence,
            components: Pairs(Component::ALL.into_iter().filter_map(component).collect()),
            metrics: Pairs(MetricId::ALL.into_iter().filter_map(metric).collect()),
            signals: Pairs(SignalId::ALL.into_iter().filter_map(signal).collect()),
            segment: assessment.segment,
            churn_probability: churn.probability,
            churn_band: churn.band,
            renewal_risk: churn.renewal_risk,
            logit: churn.logit,
            evidence: churn.evidence,
            contributions: churn
                .contributions
                .iter()
                .map(|(it, said)| (it.name(), *said))
                .collect(),
            contract_position: churn.position,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_read_by_their_header() {
        let text = b"\xef\xbb\xbfnote, as_of ,account_id\r\nx,2024-02-15,acme\r\n\
            \"a,b\",2024-02-15T01:00:00+01:00,\"b,c\"\n";
        let read = parse(text).unwrap();
        let midnight = Timestamp::parse("2024-02-15").unwrap();
        let ids: Vec<_> = read.questions.iter().map(|it| (&*it.account_id, it.as_of)).collect();
        assert_eq!(ids, [("acme", midnight), ("b,c", midnight)]);
        assert_eq!(read.texts, ["2024-02-15", "2024-02-15T01:00:00+01:00"]);
    }

    #[test]
    fn a_bad_row_is_named() {
        for (text, told) in [
            ("", "line 1"),
            ("account,as_of\na,2024-02-15\n", "line 1"),
            ("account_id,as_of\na,2024-02-15\na,never\n", "line 3: as_of"),
            ("account_id,as_of\n,2024-02-15\n", "line 2: account_id"),
            ("account_id,as_of\na\n", "line: 2"),
        ] {
            let error = format!("{:#}", parse(text.as_bytes()).err().unwrap());
            assert!(error.contains(told), "{text:?}: {error}");
        }
    }
}
