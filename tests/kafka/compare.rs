//! Recomputed records beside those that lie in Kafka, one by one and byte by byte.
//!
//! What is recomputed is said in `recount.rs`.

use std::collections::BTreeMap;

use anyhow::{Context as _, bail, ensure};
use customer_pulse::engine::Engine;
use customer_pulse::engine::output::{Output, OutputBody, OutputTopic};
use customer_pulse::engine::state::{StateChange, StateKind};
use customer_pulse::kafka::changelog::{self, Key};
use serde::Deserialize;
use uuid::Uuid;

use crate::counts::Counts;
use crate::history::Record;

/// Namespace of `ce_id`, which is the UUIDv5 of topic, key, instant and value.
const RECORD_NAMESPACE: Uuid = Uuid::from_u128(0x1b0c_38f3_77f5_5d0b_9c1b_51a1_2f5c_8a02);
/// What Kafka Connect's headers of a dead letter begin with.
const CONNECT: &str = "__connect.errors";

/// The records of one partition number that were not compared yet, by output topic.
pub(crate) struct Found<'a> {
    /// In the order of `OutputTopic::ALL`.
    pub(crate) left: Vec<&'a [Record]>,
}

impl<'a> Found<'a> {
    /// Takes the record of `output`, which must be the next one of its topic.
    pub(crate) fn take(&mut self, output: &Output, counts: &mut Counts) -> anyhow::Result<()> {
        let (topic, kind, value) = published(output)?;
        counts.said[topic.index()] += 1;
        let about = format!("{} of {} at {}", topic.name(), output.account_id, output.at);
        let found = self.next(topic).with_context(|| format!("missing: {about}"))?;
        let key = output.account_id.as_bytes();
        ensure!(found.key.as_deref() == Some(key), "{about}: another key at {}", found.offset);
        compare(value.as_deref(), found.value.as_deref())
            .with_context(|| format!("{about}, offset {}", found.offset))?;
        let at = output.at.to_string();
        let value = value.unwrap_or_default();
        let identity = [topic.name().as_bytes(), key, at.as_bytes(), &value].join(&0);
        let headers = [
            ("ce_specversion", "1.0"),
            ("ce_id", &Uuid::new_v5(&RECORD_NAMESPACE, &identity).to_string()),
            ("ce_source", "/pulse"),
            ("ce_type", kind),
            ("ce_subject", output.account_id.as_str()),
            ("ce_time", &at),
            ("content-type", "application/json"),
        ];
        let expected = headers.map(|(name, text)| (name.to_owned(), Some(text.into())));
        ensure!(found.headers == expected, "{about}: headers {:?}", found.headers);
        Ok(())
    }

    /// Takes the dead letter of `record`, which must be the next one.
    pub(crate) fn take_dead_letter(
        &mut self,
        record: &Record,
        topic: &str,
        number: usize,
        reason: &str,
    ) -> anyhow::Result<()> {
        let about = format!("dead letter of {topic}/{number} at {}", record.offset);
        let found =
            self.next(OutputTopic::DeadLetters).with_context(|| format!("missing: {about}"))?;
        for (name, expected) in [
            ("topic", topic),
            ("partition", &number.to_string()),
            ("offset", &record.offset.to_string()),
            ("exception.class.name", &format!("pulse.{reason}")),
        ] {
            let header = found.header(&format!("{CONNECT}.{name}"));
            ensure!(header == Some(expected), "{about}: {name} is {header:?}, not {expected}");
        }
        ensure!(found.key == record.key, "{about}: another key");
        compare(record.value.as_deref(), found.value.as_deref()).context(about)
    }

    /// Nothing may be left: it would be more than was recomputed.
    pub(crate) fn check_end(&self) -> anyhow::Result<()> {
        for (topic, left) in OutputTopic::ALL.iter().zip(&self.left) {
            if let Some(record) = left.first() {
                bail!("{} more records on {} from {}", left.len(), topic.name(), record.offset);
            }
        }
        Ok(())
    }

    fn next(&mut self, topic: OutputTopic) -> Option<&'a Record> {
        let left = &mut self.left[topic.index()];
        let (first, rest) = left.split_first()?;
        *left = rest;
        Some(first)
    }
}

/// The topic, the type and the value of an output.
fn published(output: &Output) -> anyhow::Result<(OutputTopic, &'static str, Option<Vec<u8>>)> {
    use OutputTopic::{AccountHealth, AccountWork, Alerts, Deliverables, Insights, Opportunities};
    let json = |(topic, kind, value): (_, _, Result<Vec<u8>, _>)| Ok((topic, kind, Some(value?)));
    let erased = |topic| Ok((topic, "account_erased", None));
    json(match &output.body {
        OutputBody::HealthErased => return erased(AccountHealth),
        OutputBody::WorkErased => return erased(AccountWork),
        OutputBody::Health(it) => (AccountHealth, "account_health", serde_json::to_vec(it)),
        OutputBody::Work(it) => (AccountWork, "account_work", serde_json::to_vec(it)),
        OutputBody::Alert(it) => (Alerts, "alert", serde_json::to_vec(it)),
        OutputBody::Run(it) => (OutputTopic::Playbooks, "playbook_run", serde_json::to_vec(it)),
        OutputBody::Opportunity(it) => (Opportunities, "opportunity", serde_json::to_vec(it)),
        OutputBody::Deliverable(it) => (Deliverables, "deliverable", serde_json::to_vec(it)),
        OutputBody::Insight(it) => (Insights, "insight", serde_json::to_vec(it)),
    })
}

/// Compares the state that a step must have written with what it has.
pub(crate) fn compare_states(engine: &mut Engine, found: &[&Record]) -> anyhow::Result<()> {
    let mut expected: Vec<(Vec<u8>, Option<Vec<u8>>)> = Vec::with_capacity(found.len());
    engine.take_changes(|change| {
        let mut put = |kind, value| {
            expected.push((Key::State(kind, change.account_id).encode(), value));
        };
        match &change.state {
            StateChange::Usage(usage) => {
                put(StateKind::Usage, Some(changelog::encode(usage, Vec::new())));
            }
            StateChange::Rest(rest) => {
                put(StateKind::Rest, Some(changelog::encode(rest, Vec::new())));
            }
            StateChange::Said(said) => {
                put(StateKind::Said, Some(changelog::encode(said, Vec::new())));
            }
            StateChange::Erased(rest) => {
                put(StateKind::Rest, Some(changelog::encode(rest, Vec::new())));
                put(StateKind::Usage, None);
                put(StateKind::Said, None);
            }
            StateChange::Gone => StateKind::ALL.into_iter().for_each(|kind| put(kind, None)),
        }
    });
    let keys = |key: &[u8]| String::from_utf8_lossy(key).into_owned();
    ensure!(
        expected.len() == found.len(),
        "{} records of state where {} must be",
        found.len(),
        expected.len()
    );
    for ((key, value), record) in expected.iter().zip(found) {
        let about = format!("state {} at {}", keys(key), record.offset);
        ensure!(record.key.as_ref() == Some(key), "{about}: another key");
        compare(value.as_deref(), record.value.as_deref()).context(about)?;
    }
    Ok(())
}

/// What of an alert is checked by itself.
#[derive(Deserialize)]
struct Transition {
    alert_id: Uuid,
    sequence: u32,
    transition: String,
}

/// Each alert is raised once, counts its transitions without a gap, and says nothing once resolved.
pub(crate) fn check_alerts<'a>(records: impl Iterator<Item = &'a Record>) -> anyhow::Result<()> {
    let mut alerts = BTreeMap::<Uuid, Transition>::new();
    for record in records {
        let alert: Transition = serde_json::from_slice(record.value.as_deref().unwrap_or(b"null"))?;
        let id = alert.alert_id;
        let before = alerts.get(&id);
        ensure!(
            alert.sequence == before.map_or(0, |before| before.sequence) + 1
                && (alert.transition == "raised") == before.is_none()
                && before.is_none_or(|before| before.transition != "resolved"),
            "alert {id}: {} {} is doubled, or one before it is missing",
            alert.transition,
            alert.sequence
        );
        alerts.insert(id, alert);
    }
    Ok(())
}

/// What of a run is checked by itself.
#[derive(Deserialize)]
struct RunTransition {
    run_id: Uuid,
    sequence: u32,
    transition: String,
}

/// Each run starts once, counts its transitions without a gap, and says nothing once it ended.
pub(crate) fn check_runs<'a>(records: impl Iterator<Item = &'a Record>) -> anyhow::Result<()> {
    let mut runs = BTreeMap::<Uuid, RunTransition>::new();
    for record in records {
        let run: RunTransition =
            serde_json::from_slice(record.value.as_deref().unwrap_or(b"null"))?;
        let id = run.run_id;
        let before = runs.get(&id);
        let is_over =
            before.is_some_and(|it| ["completed", "cancelled"].contains(&it.transition.as_str()));
        ensure!(
            run.sequence == before.map_or(0, |before| before.sequence) + 1
                && (run.transition == "started") == before.is_none()
                && !is_over,
            "run {id}: {} {} is doubled, or one before it is missing",
            run.transition,
            run.sequence
        );
        runs.insert(id, run);
    }
    Ok(())
}

/// What is said about an account never goes back in time.
pub(crate) fn check_times<'a>(records: impl Iterator<Item = &'a Record>) -> anyhow::Result<()> {
    let mut last = BTreeMap::<&[u8], &str>::new();
    for record in records {
        let key = record.key.as_deref().context("an output has no key")?;
        let at = record.header("ce_time").context("an output has no ce_time")?;
        let before = last.insert(key, at);
        ensure!(
            before.is_none_or(|before| before <= at),
            "{} was told of {before:?}, then of {at} (offset {})",
            String::from_utf8_lossy(key),
            record.offset
        );
    }
    Ok(())
}

/// Tells the first place where two values differ.
fn compare(expected: Option<&[u8]>, found: Option<&[u8]>) -> anyhow::Result<()> {
    if expected == found {
        return Ok(());
    }
    let (Some(expected), Some(found)) = (expected, found) else {
        bail!("a value is there: {}, must be: {}", found.is_some(), expected.is_some());
    };
    // Of two records of state the checksums differ first, which says nothing.
    let head = if expected.first() == Some(&changelog::FORMAT) { changelog::HEAD_BYTES } else { 0 };
    let same = expected.iter().zip(found).skip(head).take_while(|(a, b)| a == b).count();
    let place = head + same;
    let around = |bytes: &[u8]| {
        let part = &bytes[place.saturating_sub(60)..bytes.len().min(place + 100)];
        part.escape_ascii().to_string()
    };
    bail!(
        "differs at byte {place}:\n  must be …{}…\n  is      …{}…",
        around(expected),
        around(found)
    )
}
