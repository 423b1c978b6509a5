//! Stories as data: events at times, and what the world hears of them (`scenarios/*.yaml`).
//!
//! A new story is a new file; `UPDATE_GOLDEN=1 cargo test --test scenarios` writes what is said
//! now into it, to be read before it is kept. Cuts by a restart are tested in `restore.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use customer_pulse::engine::account::feed::Memory;
use customer_pulse::engine::decode::{Decoded, Decoder};
use customer_pulse::engine::id::IdKey;
use customer_pulse::engine::model::health::HealthBand;
use customer_pulse::engine::model::{DEFAULT_TEXT, Model};
use customer_pulse::engine::output::alert::Alert;
use customer_pulse::engine::output::deliverable::Deliverable;
use customer_pulse::engine::output::health::AccountHealth;
use customer_pulse::engine::output::insight::InsightRecord;
use customer_pulse::engine::output::playbook::{RunRecord, RunTransition};
use customer_pulse::engine::output::{Output, OutputBody};
use customer_pulse::engine::time::Timestamp;
use customer_pulse::engine::{Engine, Origin, Outcome};
use customer_pulse::replay::history::{History, Kept};
use customer_pulse::replay::live::{Course, Heard, replay};
use customer_pulse::replay::story::{Story, with_sections};
use serde::Deserialize;
use serde_json::{Value, json};

/// Ends the part of a file that people write.
const EXPECT: &str = "\nexpect: |\n";

/// What is compared; a story is easier to read without the rest.
#[derive(Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Show {
    /// What publications say of texts and escalations, when it is other than before.
    Texts,
    /// Transitions of alerts.
    Alerts,
    /// Answers to commands.
    Answers,
    /// What other teams want to know.
    Insights,
    /// Transitions of playbook runs.
    Runs,
    /// With all starts of runs, their steps.
    Plans,
    /// Publications with another displayed band than the one before.
    Bands,
    /// All publications.
    Health,
    /// Publications with other stale feeds than the one before.
    Feeds,
    /// With all publications, the override and the displayed score.
    Override,
    /// With all publications, the trend.
    Trend,
    /// With all publications, the churn probability, its band and the largest contributions.
    Churn,
    /// With all publications, what would reach the next band.
    NextBand,
    /// Events that were not applied.
    Outcomes,
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
    let mut paths = stories_in(&directory);
    paths.sort();
    assert!(paths.len() >= 10, "few stories were found");
    let faults: Vec<String> = paths.iter().filter_map(|path| check(path).err()).collect();
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// The files of a folder and of those in it.
fn stories_in(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).expect("the stories are there");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths.flat_map(|path| if path.is_dir() { stories_in(&path) } else { vec![path] }).collect()
}

/// Compares what is said with what the file expects, and what a stalled loop says late with it.
fn check(path: &Path) -> Result<(), String> {
    let name = path.file_name().expect("a file").to_string_lossy().into_owned();
    let text = fs::read_to_string(path).expect("readable");
    let story = Story::parse(&text).map_err(|why| format!("{name}: {why}"))?;
    let (said, ids) = run(&story, Pace::EachTimer);
    let (said_late, ids_late) = run(&story, Pace::Stalled);
    let (_, ids_again) = run(&story, Pace::EachTimer);
    if ids_again != ids || !story.fleet && ids_late != ids {
        return Err(format!("{name}: told again, alerts, runs or opportunities have other ids"));
    }
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

/// What is shown, each line with its account.
type Lines = Vec<(String, String)>;
/// Each alert, run and opportunity, and how often it was spoken of.
type Ids = BTreeSet<(String, u32)>;

/// What is shown of what is said: by a replay, and by a loop whose timers run late.
fn run(story: &Story, pace: Pace) -> (Lines, Ids) {
    let model = Model::parse(&with_sections(DEFAULT_TEXT, &story.model));
    let model = Arc::new(model.expect("a model"));
    let mut engine = Engine::new(model, IdKey::from_secret("stories"), Memory::Bounded);
    let show: Vec<Show> = serde_json::from_value(json!(story.show)).expect("words of `Show`");
    let mut told = Teller {
        show: &show,
        playbooks: &story.playbooks,
        rules: &story.rules,
        ..Teller::default()
    };
    let mut history = History::new(u64::MAX);
    story.lay(&Decoder::new(), &mut history).expect("a story");
    history.sort();
    match pace {
        Pace::EachTimer => {
            let course = Course { until: story.until, with_fleet: story.fleet };
            let taken = replay(&history, &mut engine, course, |heard| {
                match heard {
                    Heard::Taken(kept, outcome) => told.take(kept, outcome),
                    Heard::Said(output) => told.hear(output),
                }
                Ok::<_, Infallible>(())
            });
            assert_eq!(taken, Ok(()));
        }
        Pace::Stalled => stall(&history, story, &mut engine, &mut told),
    }
    (told.lines, told.ids)
}

/// A loop that runs one timer a step, and otherwise those of the accounts that are touched.
fn stall(history: &History, story: &Story, engine: &mut Engine, told: &mut Teller<'_>) {
    for (offset, kept) in history.iter().enumerate() {
        let origin = Origin { offset: offset as i64, broker_at: kept.broker_at };
        let outcome = match Decoder::new().decode(&kept.record(&[])).expect("decoded before") {
            Decoded::Event(event) => engine.apply(&event, origin),
            Decoded::Erase { account_id } => {
                engine.erase(&account_id, origin);
                Outcome::Applied
            }
        };
        told.take(&kept, outcome);
        if !kept.with_next {
            engine.finish_step(kept.broker_at, 1);
        }
        engine.take_outputs().into_iter().for_each(|output| told.hear(output));
    }
    let until = story.until.expect("a story ends");
    while let Some(due_at) = engine.next_due_at().filter(|due_at| *due_at <= until) {
        engine.finish_step(due_at, usize::MAX);
        engine.take_outputs().into_iter().for_each(|output| told.hear(output));
    }
}

/// Words what is said, one line an output.
#[derive(Default)]
struct Teller<'a> {
    show: &'a [Show],
    playbooks: &'a [String],
    rules: &'a [String],
    bands: BTreeMap<String, HealthBand>,
    stale: BTreeMap<String, Vec<String>>,
    lines: Lines,
    ids: Ids,
}

impl Teller<'_> {
    fn say(&mut self, account_id: &str, line: String) {
        self.lines.push((account_id.to_owned(), line));
    }

    fn take(&mut self, kept: &Kept<'_>, outcome: Outcome) {
        if outcome != Outcome::Applied && self.show.contains(&Show::Outcomes) {
            self.say(kept.account_id, format!("{} {outcome:?}", short(kept.broker_at)));
        }
    }

    fn hear(&mut self, output: Output) {
        let (id, at) = (output.account_id.to_string(), short(output.at));
        self.ids.extend(match &output.body {
            OutputBody::Alert(alert) => Some((alert.alert_id.to_string(), alert.sequence)),
            OutputBody::Run(run) => Some((run.run_id.to_string(), run.sequence)),
            OutputBody::Opportunity(it) => Some((it.opportunity_id.to_string(), it.sequence)),
            _ => None,
        });
        let line = match &output.body {
            OutputBody::Alert(alert) => self.alert(alert),
            OutputBody::Run(run) => self.run(run),
            OutputBody::Deliverable(answer) => self.answer(answer),
            OutputBody::Insight(insight) => self.insight(insight),
            OutputBody::Health(health) => self.health(&id, health),
            OutputBody::HealthErased => {
                self.bands.remove(&id);
                Some("erased".to_owned())
            }
            _ => None,
        };
        if let Some(line) = line {
            self.say(&id, format!("{at} {line}"));
        }
    }

    fn alert(&self, alert: &Alert) -> Option<String> {
        let is_asked = self.rules.is_empty() || self.rules.contains(&alert.rule.to_string());
        let observed = alert.evidence.first().map(|it| format!(" at {:.1}", it.observed));
        let observed = observed.unwrap_or_default();
        let resolution = alert.resolution.map_or(Value::Null, |how| json!(how));
        let how = resolution.as_str().map_or(String::new(), |how| format!(" ({how})"));
        let (rule, transition) = (&alert.rule, alert.transition.name());
        let line = format!("{rule} #{} {transition}{observed}{how}", alert.sequence);
        (is_asked && self.show.contains(&Show::Alerts)).then_some(line)
    }

    fn answer(&self, answer: &Deliverable) -> Option<String> {
        let status = json!(answer.status);
        let status = status.as_str().expect("a word");
        let why = answer.error.as_ref().map_or(String::new(), |why| format!(" ({})", why.code));
        let command = answer.command.as_deref().unwrap_or("nothing");
        let line = format!("{command} is {status}{why}");
        self.show.contains(&Show::Answers).then_some(line)
    }

    fn insight(&self, insight: &InsightRecord) -> Option<String> {
        self.show.contains(&Show::Insights).then(|| json!(insight.insight).to_string())
    }

    fn run(&self, run: &RunRecord) -> Option<String> {
        let is_asked =
            self.playbooks.is_empty() || self.playbooks.contains(&run.playbook.to_string());
        let step = run.step.as_ref().map(|step| format!(" {step}"));
        let due = run.due_at.map(|at| format!(", due {}", short(at)));
        let late = Some(run.late_by_seconds).filter(|late| *late > 0);
        let late = late.map(|late| format!(", {late} s late"));
        let owner = run.owner_role.filter(|_| run.transition == RunTransition::StepEscalated);
        let owner = owner.map(|role| format!(" to {}", role.name()));
        let is_plan_asked = self.show.contains(&Show::Plans);
        let plan = run.steps.iter().flatten().filter(|_| is_plan_asked).map(|step| {
            let due = step.due_at.map_or("later".to_owned(), short);
            format!("\n    {} {} by {due}", step.step, step.owner_role.name())
        });
        let words: String = [step, owner, due, late].into_iter().flatten().collect();
        let (playbook, transition) = (&run.playbook, run.transition.name());
        let plan: String = plan.collect();
        let feature = run.context.get("feature").and_then(Value::as_str);
        let feature = feature.map(|feature| format!(" ({feature})")).unwrap_or_default();
        let line = format!("{playbook} {transition}{words}: {}{feature}{plan}", run.reason);
        (is_asked && self.show.contains(&Show::Runs)).then_some(line)
    }

    fn health(&mut self, account_id: &str, health: &AccountHealth) -> Option<String> {
        if self.show.contains(&Show::Texts) {
            return self.texts(account_id, health);
        }
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
            return Some(format!("{name} {score:.1} by {}{more}{stale}", why.join(" ")));
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

impl Teller<'_> {
    fn texts(&self, account_id: &str, health: &AccountHealth) -> Option<String> {
        let (mood, pattern) = (health.texts.sentiment, &health.escalation_pattern);
        let of = |number: Option<f64>| number.map_or("?".to_owned(), |it| it.to_string());
        let mut said = vec![format!("{} {} {}", mood.texts, of(mood.mean), of(mood.trend))];
        for (category, feedback) in &health.texts.feedback {
            let (texts, before) = (feedback.texts, feedback.texts_before);
            said.push(format!("{category} {texts}/{before} {}", json!(feedback.terms)));
        }
        for (name, mention) in &health.texts.mentions {
            said.push(format!("{name} {} {}", short(mention.last_at), json!(mention.terms)));
        }
        said.extend(pattern.as_ref().map(|pattern| json!(pattern).to_string()));
        let line = said.join(", ");
        let before = self.lines.iter().rev().find(|(account, _)| account == account_id);
        before.is_none_or(|(_, before)| !before.ends_with(&line)).then_some(line)
    }
}
