//! Stories as data: events at times, and what the world hears of them (`scenarios/*.yaml`).
//!
//! A new story is a new file; `UPDATE_GOLDEN=1 cargo test --test scenarios` writes what is said
//! now into it, to be read before it is kept. Cuts by a restart are tested in `restore.rs`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use customer_pulse::engine::account::feed::Memory;
use customer_pulse::engine::decode::{Decoded, Decoder, Record};
use customer_pulse::engine::event::Topic;
use customer_pulse::engine::fleet::rhythm::SLOT_MS;
use customer_pulse::engine::id::IdKey;
use customer_pulse::engine::model::Model;
use customer_pulse::engine::model::health::HealthBand;
use customer_pulse::engine::output::alert::Alert;
use customer_pulse::engine::output::health::AccountHealth;
use customer_pulse::engine::output::{Output, OutputBody};
use customer_pulse::engine::time::{MINUTE_MS, Timestamp};
use customer_pulse::engine::{Engine, Origin, Outcome};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// Ends the part of a file that people write.
const EXPECT: &str = "\nexpect: |\n";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Story {
    /// What is told, in prose.
    #[serde(rename = "about")]
    _about: String,
    /// Time goes on to this instant after the last event.
    until: Timestamp,
    show: Vec<Show>,
    /// What all accounts say together is looked at: a feed may be found silent.
    #[serde(default)]
    fleet: bool,
    events: Vec<Told>,
    expect: String,
}

/// What is compared; a story is easier to read without the rest.
#[derive(Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Show {
    /// Transitions of alerts.
    Alerts,
    /// Publications with another displayed band than the one before.
    Bands,
    /// All publications.
    Health,
    /// Events that were not applied.
    Outcomes,
    /// With all publications, the override and the displayed score.
    Override,
    /// With all publications, the trend.
    Trend,
    /// With all publications, the churn probability, its band and the largest contributions.
    Churn,
    /// With all publications, what would reach the next band.
    NextBand,
    /// Publications with other stale feeds than the one before.
    Feeds,
}

/// An event, or a row of equal ones; what is missing of the envelope is filled in.
#[derive(Deserialize)]
struct Told {
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

/// A record as it lies in its topic.
struct Laid {
    broker_at: Timestamp,
    topic: Topic,
    event_id: String,
    account_id: String,
    value: Option<Vec<u8>>,
    with_next: bool,
}

/// When steps end, besides after records.
#[derive(Clone, Copy, PartialEq)]
enum Pace {
    /// Whenever a timer is due.
    EachTimer,
    /// Never: timers run late, one account a step.
    Stalled,
}

#[test]
fn stories_are_told_as_written() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let mut paths: Vec<_> = fs::read_dir(directory)
        .expect("the stories are there")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    paths.sort();
    assert!(paths.len() >= 10, "few stories were found");
    let faults: Vec<String> = paths.iter().filter_map(|path| check(path).err()).collect();
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// Compares what is said with what the file expects, and what a stalled loop says late with it.
fn check(path: &Path) -> Result<(), String> {
    let name = path.file_name().expect("a file").to_string_lossy().into_owned();
    let text = fs::read_to_string(path).expect("readable");
    let story: Story = serde_saphyr::from_str(&text).map_err(|why| format!("{name}: {why}"))?;
    let (said, said_late) = (run(&story, Pace::EachTimer), run(&story, Pace::Stalled));
    let (punctual, stalled) = (by_account(&said), by_account(&said_late));
    // A timer that runs late is told what became of the fleet meanwhile.
    if !story.fleet && punctual != stalled {
        return Err(format!("{name}: timers that run late say\n{stalled:#?}\nnot\n{punctual:#?}"));
    }
    let found: String =
        said.iter().map(|(account_id, line)| format!("{account_id} {line}\n")).collect();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        let head = text.split(EXPECT).next().expect("a first part");
        let indented: String = found.lines().map(|line| format!("  {line}\n")).collect();
        fs::write(path, format!("{head}{EXPECT}{indented}")).expect("writable");
        return Ok(());
    }
    let differs = format!("{name}: expected\n{}\nfound\n{found}", story.expect);
    (found.trim() == story.expect.trim()).then_some(()).ok_or(differs)
}

fn by_account(said: &[(String, String)]) -> BTreeMap<&str, Vec<&str>> {
    let mut lines: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (account_id, line) in said {
        lines.entry(account_id).or_default().push(line);
    }
    lines
}

/// What is shown of what a loop says whose clock is the broker time of its records.
fn run(story: &Story, pace: Pace) -> Vec<(String, String)> {
    let model = Arc::new(Model::default());
    let mut engine = Engine::new(model, IdKey::from_secret("stories"), Memory::Bounded);
    let mut told = Teller { show: &story.show, lines: Vec::new(), ..Teller::default() };
    let mut fleet = FleetLooks { is_wanted: story.fleet, next_at: Timestamp::default() };
    for (offset, laid) in lay(&story.events).iter().enumerate() {
        if pace == Pace::EachTimer {
            pass_time(&mut engine, laid.broker_at.plus_millis(-1), &mut fleet, &mut told);
        }
        fleet.look(&mut engine, laid.broker_at);
        let origin = Origin { offset: offset as i64, broker_at: laid.broker_at };
        let outcome = apply(&mut engine, laid, origin);
        if outcome != Outcome::Applied && story.show.contains(&Show::Outcomes) {
            told.say(&laid.account_id, format!("{} {outcome:?}", short(laid.broker_at)));
        }
        if !laid.with_next {
            end_step(&mut engine, laid.broker_at, pace);
        }
        told.hear(engine.take_outputs());
    }
    pass_time(&mut engine, story.until, &mut fleet, &mut told);
    told.lines
}

fn end_step(engine: &mut Engine, now: Timestamp, pace: Pace) {
    match pace {
        Pace::EachTimer => assert!(!engine.finish_step(now, usize::MAX)),
        Pace::Stalled => drop(engine.finish_step(now, 1)),
    }
}

/// When the fleet is looked at: before whatever happens first in each of its slots.
struct FleetLooks {
    is_wanted: bool,
    next_at: Timestamp,
}

impl FleetLooks {
    fn look(&mut self, engine: &mut Engine, now: Timestamp) {
        if self.is_wanted && now >= self.next_at {
            engine.look_at_fleet(now);
            self.next_at = now.plus_millis(SLOT_MS);
        }
    }
}

fn pass_time(engine: &mut Engine, until: Timestamp, fleet: &mut FleetLooks, told: &mut Teller<'_>) {
    while let Some(due_at) = engine.next_due_at().filter(|due_at| *due_at <= until) {
        fleet.look(engine, due_at);
        end_step(engine, due_at, Pace::EachTimer);
        told.hear(engine.take_outputs());
    }
}

fn apply(engine: &mut Engine, laid: &Laid, origin: Origin) -> Outcome {
    let record = Record {
        topic: laid.topic,
        key: Some(laid.account_id.as_bytes()),
        value: laid.value.as_deref(),
        headers: &[],
        broker_at: laid.broker_at,
    };
    match Decoder::new().decode(&record) {
        Ok(Decoded::Event(event)) => engine.apply(&event, origin),
        Ok(Decoded::Erase { account_id }) => {
            engine.erase(&account_id, origin);
            Outcome::Applied
        }
        Err(error) => panic!("{}: {error}", laid.event_id),
    }
}

/// The records of a story in the order in which they are taken.
fn lay(events: &[Told]) -> Vec<Laid> {
    let mut records = Vec::new();
    for (line, told) in events.iter().enumerate() {
        assert_eq!(told.every_minutes.is_some(), told.times.is_some(), "a row needs both");
        for turn in 0..told.times.unwrap_or(1) {
            let apart = i64::from(turn * told.every_minutes.unwrap_or(0)) * MINUTE_MS;
            records.push(told.record(line, turn, apart));
        }
    }
    records.sort_by(|a, b| {
        (a.broker_at, a.topic, &a.event_id).cmp(&(b.broker_at, b.topic, &b.event_id))
    });
    records
}

impl Told {
    fn record(&self, line: usize, turn: u32, apart_ms: i64) -> Laid {
        let ts = self.ts.plus_millis(apart_ms);
        let mut fields = self.fields.clone();
        let event_id = format!("{line:03}-{turn:03}");
        fields.entry("event_id").or_insert_with(|| json!(event_id));
        fields.entry("account_id").or_insert_with(|| json!("acme"));
        fields.insert("ts".to_owned(), json!(ts.to_string()));
        let text = |name: &str| fields[name].as_str().expect("a text").to_owned();
        let kind = text("type");
        let is_tombstone = kind == "tombstone";
        let topic = Topic::ALL.into_iter().find(|topic| topic.types().contains(&&*kind));
        Laid {
            broker_at: self.arrives.map_or(ts, |at| at.plus_millis(apart_ms)),
            topic: topic.or(is_tombstone.then_some(Topic::Accounts)).expect("a known type"),
            event_id: text("event_id"),
            account_id: text("account_id"),
            value: (!is_tombstone).then(|| json!(fields).to_string().into_bytes()),
            with_next: self.with_next,
        }
    }
}

/// Words what is said, one line an output.
#[derive(Default)]
struct Teller<'a> {
    show: &'a [Show],
    bands: BTreeMap<String, HealthBand>,
    stale: BTreeMap<String, Vec<String>>,
    lines: Vec<(String, String)>,
}

impl Teller<'_> {
    fn say(&mut self, account_id: &str, line: String) {
        self.lines.push((account_id.to_owned(), line));
    }

    fn hear(&mut self, outputs: Vec<Output>) {
        for output in outputs {
            let (id, at) = (output.account_id.to_string(), short(output.at));
            let line = match &output.body {
                OutputBody::Alert(alert) => self.alert(alert),
                OutputBody::Health(health) => self.health(&id, health),
                OutputBody::HealthErased => {
                    self.bands.remove(&id);
                    Some("erased".to_owned())
                }
            };
            if let Some(line) = line {
                self.say(&id, format!("{at} {line}"));
            }
        }
    }

    fn alert(&self, alert: &Alert) -> Option<String> {
        let observed = alert.evidence[0].observed;
        let resolution = alert.resolution.map_or(Value::Null, |how| json!(how));
        let how = resolution.as_str().map_or(String::new(), |how| format!(" ({how})"));
        let (rule, transition) = (&alert.rule, alert.transition.name());
        let line = format!("{rule} #{} {transition} at {observed:.1}{how}", alert.sequence);
        self.show.contains(&Show::Alerts).then_some(line)
    }

    fn health(&mut self, account_id: &str, health: &AccountHealth) -> Option<String> {
        let band = health.displayed_health_band;
        let is_news = self.bands.insert(account_id.to_owned(), band) != Some(band);
        let stale = health.freshness.iter().filter(|(_, feed)| feed.stale);
        let stale: Vec<String> = stale.map(|(topic, _)| topic.to_string()).collect();
        let before = self.stale.insert(account_id.to_owned(), stale.clone()).unwrap_or_default();
        let name = json!(band);
        let name = name.as_str().expect("a word");
        let score = health.health_score;
        let is_feed_news = stale != before && self.show.contains(&Show::Feeds);
        if is_feed_news || self.show.contains(&Show::Health) {
            let (cause, kind) = (&health.cause, json!(health.cause.kind));
            let words = [kind.as_str(), cause.event_type.as_deref()];
            let metric = cause.deltas.first().map(|delta| &*delta.metric);
            let why: Vec<&str> = words.into_iter().chain([metric]).flatten().collect();
            let stale = stale.iter().map(|topic| format!(", {topic} is stale"));
            let stale: String = stale.collect();
            let more = self.more(health);
            return Some(format!("{name} {score:.1} by {}{stale}{more}", why.join(" ")));
        }
        (is_news && self.show.contains(&Show::Bands)).then(|| format!("{name} {score:.1}"))
    }
}

impl Teller<'_> {
    /// The parts of a record that a story asks for.
    fn more(&self, health: &AccountHealth) -> String {
        let mut more = String::new();
        if self.show.contains(&Show::Override) {
            let said = health.health_override.as_ref();
            let said = said.map(|it| format!(" ({} says {}: {})", it.by, it.value, it.note));
            more += &format!(", shown {:.1}", health.displayed_health_score);
            more += &said.unwrap_or_default();
        }
        if self.show.contains(&Show::Trend) {
            let days = health.trend.iter().map(|it| format!("{} {:.1}", &it.0[5..], it.1));
            more += &format!(", trend {}", days.collect::<Vec<_>>().join(", "));
        }
        if self.show.contains(&Show::Churn) {
            let said = health.contributions.iter().filter(|(_, said)| said.abs() >= 0.001);
            let said = said.take(3).map(|(term, said)| format!(" {term} {said:+.3}"));
            let (p, band) = (health.churn_probability, health.churn_band.name());
            more += &format!(", churn {p:.4} {band}{}", said.collect::<String>());
        }
        if self.show.contains(&Show::NextBand) {
            let steps = health.to_next_band.iter();
            let steps = steps.map(|it| format!(" {} {:.2}→{:.2}", it.metric, it.from, it.to));
            more += &format!(", next band by{}", steps.collect::<String>());
        }
        more
    }
}

/// An instant without fractions of a second that are none.
fn short(at: Timestamp) -> String {
    at.to_string().replace(".000Z", "Z")
}
