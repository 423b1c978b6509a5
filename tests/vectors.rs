//! The scores of independent implementations, row by row: `vectors/README.md` says what they are.
//!
//! Properties that hold for any history are tested in `histories/`.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use customer_pulse::engine::account::Account;
use customer_pulse::engine::account::feed::Memory;
use customer_pulse::engine::account::profile::Segment;
use customer_pulse::engine::assess::churn::Churn;
use customer_pulse::engine::assess::{Assessment, assess};
use customer_pulse::engine::decode::{Decoded, Decoder, Record};
use customer_pulse::engine::event::Topic;
use customer_pulse::engine::id::IdKey;
use customer_pulse::engine::metric::{Component, MetricId};
use customer_pulse::engine::model::Model;
use customer_pulse::engine::model::churn::{ChurnBand, ContractPosition};
use customer_pulse::engine::model::health::HealthBand;
use customer_pulse::engine::signal::SignalId;
use customer_pulse::engine::silence::Silences;
use customer_pulse::engine::text::Labels;
use customer_pulse::engine::time::Timestamp;
use flate2::read::GzDecoder;
use serde::Deserialize;

/// How far a metric may be from the expected one.
const TOLERANCE: f64 = 1e-6;

#[derive(Deserialize)]
struct Envelope<'a> {
    event_id: String,
    account_id: String,
    ts: Timestamp,
    topic: &'a str,
}

#[derive(Deserialize)]
struct Expected {
    account_id: String,
    as_of: Timestamp,
    health_score: f64,
    health_band: HealthBand,
    confidence: f64,
    components: BTreeMap<Component, f64>,
    metrics: BTreeMap<MetricId, f64>,
    signals: BTreeMap<SignalId, f64>,
    segment: Segment,
    churn_probability: f64,
    churn_band: ChurnBand,
    renewal_risk: f64,
    logit: f64,
    evidence: f64,
    contributions: Vec<(String, f64)>,
    contract_position: ContractPosition,
}

/// One event of the file, and what it is ordered by.
struct Line {
    ts: Timestamp,
    topic: Topic,
    event_id: String,
    account_id: String,
    text: String,
}

#[derive(Default)]
struct Tally {
    rows: usize,
    metrics: usize,
    components: usize,
    health: usize,
    signals: usize,
    contributions: usize,
    churn: usize,
    faults: Vec<String>,
}

#[test]
fn ordinary_histories() {
    compare("events.jsonl.gz", "expected.jsonl");
}

#[test]
fn branches() {
    compare("branches-events.jsonl.gz", "branches-expected.jsonl");
}

#[allow(clippy::print_stdout)] // how much was compared is half of the result
fn compare(events: &str, expected: &str) {
    let accounts = read_events(&directory().join(events));
    let model = Model::default();
    let mut tally = Tally::default();
    for line in BufReader::new(open(&directory().join(expected))).lines() {
        let expected: Expected = serde_json::from_str(&line.expect("readable")).expect("a row");
        let account = fold(&accounts[&expected.account_id], expected.as_of);
        tally.compare(&expected, &assess(&model, &Silences::NONE, &account, expected.as_of));
    }
    println!(
        "{events}: {} rows, {} metrics, {} components, {} of health, {} signals, \
         {} contributions, {} of churn compared",
        tally.rows,
        tally.metrics,
        tally.components,
        tally.health,
        tally.signals,
        tally.contributions,
        tally.churn
    );
    assert!(tally.rows > 100, "few rows were read");
    let shown = tally.faults[..tally.faults.len().min(40)].join("\n");
    assert!(tally.faults.is_empty(), "{} faults:\n{shown}", tally.faults.len());
}

impl Tally {
    fn compare(&mut self, expected: &Expected, found: &Assessment) {
        self.rows += 1;
        let name = format!("{} at {}", expected.account_id, expected.as_of);
        for metric in MetricId::ALL {
            let (want, have) = (expected.metrics.get(&metric).copied(), found.metric(metric));
            self.metrics += usize::from(want.is_some());
            let is_equal = match (want, have) {
                (Some(want), Some(have)) => (want - have).abs() <= TOLERANCE,
                (want, have) => want.is_none() && have.is_none(),
            };
            self.check(is_equal, || format!("{name}: {metric:?} {want:?}, found {have:?}"));
        }
        for component in Component::ALL {
            let want = expected.components.get(&component).copied();
            let have = found.component(component);
            self.components += usize::from(want.is_some());
            self.check(want == have, || format!("{name}: {component:?} {want:?}, found {have:?}"));
        }
        let want = expected.segment;
        self.check(want == found.segment, || format!("{name}: {want:?}, {:?}", found.segment));
        self.health += 1;
        let want = (expected.health_score, expected.health_band, expected.confidence);
        let have = (found.health_score, found.health_band, found.confidence);
        self.check(want == have, || format!("{name}: health {want:?}, found {have:?}"));
        self.compare_churn(expected, found, &name);
        self.compare_signals(expected, &found.churn, &name);
    }

    fn compare_signals(&mut self, expected: &Expected, found: &Churn, name: &str) {
        for signal in SignalId::ALL {
            let (want, have) = (expected.signals.get(&signal).copied(), found.signal(signal));
            self.signals += usize::from(want.is_some());
            let is_equal = match (want, have) {
                (Some(want), Some(have)) => (want - have).abs() <= TOLERANCE,
                (want, have) => want.is_none() && have.is_none(),
            };
            self.check(is_equal, || format!("{name}: {signal:?} {want:?}, found {have:?}"));
        }
        let (want, have) = (expected.contract_position, found.position);
        self.check(want == have, || format!("{name}: position {want:?}, found {have:?}"));
    }

    /// What follows from health and signals.
    fn compare_churn(&mut self, expected: &Expected, found: &Assessment, name: &str) {
        self.churn += 1;
        let churn = &found.churn;
        let want = (expected.churn_probability, expected.churn_band, expected.renewal_risk);
        let have = (churn.probability, churn.band, churn.renewal_risk);
        self.check(want == have, || format!("{name}: churn {want:?}, found {have:?}"));
        for (what, want, have) in [
            ("logit", expected.logit, churn.logit),
            ("evidence", expected.evidence, churn.evidence),
        ] {
            let is_equal = (want - have).abs() <= TOLERANCE;
            self.check(is_equal, || format!("{name}: {what} {want}, found {have}"));
        }
        self.contributions += expected.contributions.len();
        let have = churn.contributions.iter().map(|(term, said)| (term.name(), *said));
        let is_equal = expected.contributions.len() == churn.contributions.len()
            && (expected.contributions.iter().zip(have)).all(
                |((want_term, want), (term, have))| {
                    want_term == term && (want - have).abs() <= TOLERANCE
                },
            );
        let want = &expected.contributions;
        self.check(is_equal, || format!("{name}: {want:?}, found {:?}", churn.contributions));
    }

    fn check(&mut self, is_equal: bool, fault: impl FnOnce() -> String) {
        if !is_equal {
            self.faults.push(fault());
        }
    }
}

fn fold(lines: &[Line], as_of: Timestamp) -> Account {
    let mut account = Account::new(Memory::All);
    let (decoder, key) = (Decoder::new(), IdKey::from_secret("vectors"));
    for line in lines.iter().take_while(|line| line.ts < as_of) {
        let record = Record {
            topic: line.topic,
            key: Some(line.account_id.as_bytes()),
            value: Some(line.text.as_bytes()),
            headers: &[],
            broker_at: line.ts,
        };
        match decoder.decode(&record).expect("a valid event") {
            Decoded::Event(event) => account.fold(&event, line.ts, &key, &Labels::NONE),
            Decoded::Erase { .. } => panic!("no line is a tombstone"),
        };
    }
    account
}

/// The events of each account in the order of (ts, topic, event_id).
fn read_events(path: &Path) -> BTreeMap<String, Vec<Line>> {
    let mut text = String::new();
    GzDecoder::new(open(path)).read_to_string(&mut text).expect("readable");
    let mut accounts: BTreeMap<String, Vec<Line>> = BTreeMap::new();
    for line in text.lines() {
        let envelope: Envelope<'_> = serde_json::from_str(line).expect("an envelope");
        let topic = Topic::ALL.into_iter().find(|topic| topic.name() == envelope.topic);
        let lines = accounts.entry(envelope.account_id.clone()).or_default();
        lines.push(Line {
            ts: envelope.ts,
            topic: topic.expect("a known topic"),
            event_id: envelope.event_id,
            account_id: envelope.account_id,
            text: line.to_owned(),
        });
    }
    for lines in accounts.values_mut() {
        lines.sort_by(|a, b| (a.ts, a.topic, &a.event_id).cmp(&(b.ts, b.topic, &b.event_id)));
    }
    accounts
}

fn open(path: &Path) -> File {
    File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// `PULSE_VECTORS`, else the copy in this repository.
fn directory() -> PathBuf {
    std::env::var_os("PULSE_VECTORS")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors"), PathBuf::from)
}
