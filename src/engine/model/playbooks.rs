//! The part of the model file about playbooks: what is set in motion, when, and for whom.
//!
//! What a step is says `playbooks/step.rs`, what begins a run `playbooks/start.rs`; runs are kept
//! in `account/workflow/runs.rs` and decided in `decide/playbooks/`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use super::condition::read::{Condition, Names};
use super::problems::Problems;
use super::wording;
use crate::engine::account::fact::{FactKind, FactKinds};
use crate::engine::id::name_hash;
use crate::engine::output::opportunity::OpportunityKind;
use start::Start;
use step::Step;

pub mod start;
pub mod step;

/// Most playbooks.
const PLAYBOOKS_MAX: usize = 100;
/// Most steps of a playbook.
pub const STEPS_MAX: usize = 16;

/// The `playbooks` section: each playbook by its id.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Playbooks(BTreeMap<String, Playbook>);

/// Everything that happens over time for one reason.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Playbook {
    /// What it is called.
    #[schemars(length(min = 1, max = 100))]
    pub title: String,
    /// Whether new runs begin.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// Names what runs keep; made from the playbook where it is not given.
    pub version: Option<String>,
    /// What begins a run.
    pub start: Start,
    /// It is for customers that left; all others are for those that did not.
    #[serde(default)]
    pub for_churned: bool,
    /// Most runs of an account at the same time.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 16))]
    pub parallel_max: u32,
    /// Least days from one start to the next. Without it a condition must be clear in between, and
    /// each event begins a run.
    #[schemars(range(min = 1, max = 1000))]
    pub repeat_after_days: Option<u32>,
    /// A run is cancelled when this holds.
    pub cancel_when: Option<Condition>,
    /// A run is cancelled when one of these happens.
    #[serde(default, deserialize_with = "kinds")]
    #[schemars(with = "Vec<FactKind>")]
    pub cancel_on: FactKinds,
    /// The opportunity that its runs are about.
    pub opportunity: Option<OpportunityKind>,
    /// How the hours of its steps are counted.
    #[serde(default)]
    pub clock: Clock,
    /// Who takes part, by side.
    #[serde(default)]
    pub participants: BTreeMap<String, Vec<String>>,
    /// What is to be done, by id.
    pub steps: BTreeMap<String, Step>,
}

/// How hours are counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Clock {
    /// All of them.
    #[default]
    Calendar,
    /// Those in which people work.
    Business,
}

impl Playbooks {
    /// Each with its id, by id.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Playbook)> {
        self.0.iter().map(|(id, playbook)| (id.as_str(), playbook))
    }

    /// The playbook of this id.
    pub fn get(&self, id: &str) -> Option<&Playbook> {
        self.0.get(id)
    }

    /// All ids, in order.
    pub fn ids(&self) -> Vec<&str> {
        self.0.keys().map(String::as_str).collect()
    }

    /// Names the versions of those that do not name them.
    pub(super) fn prepare(&mut self) {
        for playbook in self.0.values_mut() {
            if playbook.version.is_none() {
                let text = serde_json::to_string(playbook).unwrap_or_default();
                playbook.version = Some(format!("{:012x}", name_hash(&text) >> 16));
            }
        }
    }

    /// Says everything that reads well and means nothing.
    pub(super) fn check(&self, names: &Names<'_>, problems: &mut Problems) {
        if self.0.len() > PLAYBOOKS_MAX {
            let problem = format!("{} playbooks are more than {PLAYBOOKS_MAX}", self.0.len());
            problems.say(&["playbooks"], problem);
        }
        for (id, playbook) in &self.0 {
            check_id(id, &["playbooks", id], problems);
            playbook.check(&["playbooks", id], names, problems);
        }
    }
}

impl Playbook {
    /// Names what runs keep.
    pub fn version(&self) -> &str {
        self.version.as_deref().unwrap_or_default()
    }

    fn check(&self, path: &[&str], names: &Names<'_>, problems: &mut Problems) {
        self.start.check(&at(path, &["start"]), names, problems);
        if let Some(condition) = &self.cancel_when {
            condition.check(&at(path, &["cancel_when"]), names, problems);
        }
        if self.steps.is_empty() || self.steps.len() > STEPS_MAX {
            let problem = format!("must have 1 to {STEPS_MAX} steps");
            problems.say(&at(path, &["steps"]), problem);
        }
        let ids: Vec<&str> = self.steps.keys().map(String::as_str).collect();
        for (id, step) in &self.steps {
            let path = at(path, &["steps", id]);
            check_id(id, &path, problems);
            step.check(&path, self.start.has_anchor(), names, problems);
            let Some(after) = &step.after else { continue };
            if !self.steps.get(after).is_some_and(|it| it.enabled) {
                problems.say(&at(&path, &["after"]), wording::unknown("step", after, &ids));
            } else if self.waits_for_itself(id) {
                problems.say(&at(&path, &["after"]), "waits for itself");
            }
        }
    }

    fn waits_for_itself(&self, id: &str) -> bool {
        let mut before = Some(id);
        for _ in 0..=self.steps.len() {
            before = before.and_then(|id| self.steps.get(id)?.after.as_deref());
        }
        before.is_some()
    }
}

/// A path with more steps.
fn at<'a>(path: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    [path, more].concat()
}

fn check_id(id: &str, path: &[&str], problems: &mut Problems) {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if id.is_empty() || id.len() > 64 || !id.bytes().all(is_plain) {
        problems.say(path, "an id has 1 to 64 of a-z, 0-9 and _");
    }
}

pub(super) fn kinds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<FactKinds, D::Error> {
    Ok(FactKinds::of(Vec::<FactKind>::deserialize(deserializer)?))
}

const fn yes() -> bool {
    true
}

const fn one() -> u32 {
    1
}
