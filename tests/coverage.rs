//! Every alert rule, playbook and step has stories: one that makes it speak, one that keeps it
//! quiet, one that ends it.
//!
//! What the stories say, word by word, is compared in `scenarios.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use customer_pulse::engine::Engine;
use customer_pulse::engine::account::feed::Memory;
use customer_pulse::engine::account::profile::Segment;
use customer_pulse::engine::decode::Decoder;
use customer_pulse::engine::id::IdKey;
use customer_pulse::engine::model::{DEFAULT_TEXT, Model};
use customer_pulse::engine::output::alert::Transition;
use customer_pulse::engine::output::playbook::RunTransition;
use customer_pulse::engine::output::{Output, OutputBody};
use customer_pulse::replay::history::History;
use customer_pulse::replay::live::{Course, Heard, replay};
use customer_pulse::replay::story::{Story, with_sections};

#[test]
fn everything_that_may_be_said_is_told_in_a_story() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let (mut told, mut faults) = (BTreeSet::new(), Vec::new());
    let nothing = BTreeSet::new();
    for path in stories_in(&directory) {
        let story = fs::read_to_string(&path).expect("readable");
        let story = Story::parse(&story).expect("a story");
        let said = said_in(&story);
        for (account_id, ids) in &story.keeps_quiet {
            // Of all accounts together nothing is said at all while nothing is the matter.
            let is_of_all = account_id == "fleet" || account_id.starts_with("feed:");
            let of_account = said.get(account_id).or(is_of_all.then_some(&nothing));
            for id in ids {
                let starts = format!("{id}: ");
                if of_account.is_none_or(|it| it.iter().any(|line| line.starts_with(&starts))) {
                    faults.push(format!("{}: {account_id} has {id}", path.display()));
                }
                told.insert(format!("{id}: kept quiet"));
            }
        }
        told.extend(said.into_values().flatten());
    }
    let wanted = wanted();
    faults.extend(wanted.difference(&told).map(|it| format!("no story: {it}")));
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// What the model that ships may say.
fn wanted() -> BTreeSet<String> {
    let model = Model::default();
    let mut wanted = BTreeSet::new();
    for rule in &model.alerts.rules {
        let what = ["kept quiet", "raised", "resolved"];
        wanted.extend(what.map(|what| format!("alert {}: {what}", rule.id)));
    }
    let playbooks = &model.of(Segment::MidMarket).playbooks;
    for (id, playbook) in playbooks.iter().filter(|(_, it)| it.enabled) {
        let what = ["kept quiet", "started", "ended"];
        wanted.extend(what.map(|what| format!("run {id}: {what}")));
        for (step, plan) in playbook.steps.iter().filter(|(_, it)| it.enabled) {
            wanted.insert(format!("step {id}.{step}: done"));
            // What the service fills in is never late.
            if plan.fills.is_none() {
                wanted.insert(format!("step {id}.{step}: overdue"));
            }
            if plan.only_if.is_some() {
                wanted.insert(format!("step {id}.{step}: skipped"));
            }
        }
    }
    wanted
}

/// What is said in a story, by account; nothing for those about whom only health is said.
fn said_in(story: &Story) -> BTreeMap<String, BTreeSet<String>> {
    let (decoder, mut history) = (Decoder::new(), History::new(u64::MAX));
    story.lay(&decoder, &mut history).expect("a story");
    history.sort();
    let model = Model::parse(&with_sections(DEFAULT_TEXT, &story.model));
    let model = Arc::new(model.expect("a model"));
    let mut engine = Engine::new(model, IdKey::from_secret("coverage"), Memory::Bounded);
    let mut said: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let course = Course { until: story.until, with_fleet: story.fleet };
    let taken = replay(&history, &mut engine, course, |heard| {
        if let Heard::Said(output) = heard {
            let of_account = said.entry(output.account_id.to_string()).or_default();
            of_account.extend(words(&output));
        }
        Ok::<_, Infallible>(())
    });
    assert_eq!(taken, Ok(()));
    said
}

/// An output in the words of [`wanted`].
fn words(output: &Output) -> Option<String> {
    match &output.body {
        OutputBody::Alert(alert) => match alert.transition {
            Transition::Raised => Some(format!("alert {}: raised", alert.rule)),
            Transition::Resolved => Some(format!("alert {}: resolved", alert.rule)),
            _ => None,
        },
        OutputBody::Run(run) => {
            let (id, step) = (&run.playbook, run.step.as_deref().unwrap_or_default());
            match run.transition {
                RunTransition::Started => Some(format!("run {id}: started")),
                RunTransition::Completed | RunTransition::Cancelled => {
                    Some(format!("run {id}: ended"))
                }
                RunTransition::StepDone => Some(format!("step {id}.{step}: done")),
                RunTransition::StepOverdue => Some(format!("step {id}.{step}: overdue")),
                RunTransition::StepSkipped => Some(format!("step {id}.{step}: skipped")),
                RunTransition::StepEscalated => None,
            }
        }
        _ => None,
    }
}

/// The files of a folder and of those in it.
fn stories_in(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).expect("the stories are there");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths.flat_map(|path| if path.is_dir() { stories_in(&path) } else { vec![path] }).collect()
}
