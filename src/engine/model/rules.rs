//! Alert rules as the model file writes them, and when to publish.
//!
//! How rules become episodes is the business of `decide/alerts.rs`.

use compact_str::CompactString;
use schemars::JsonSchema;
use serde::Deserialize;

use super::condition::read::{Condition, Names};
use super::problems::Problems;
use super::wording;
use crate::engine::account::fact::{FactKind, FactKinds};
use crate::engine::figure::{FigureId, catalogue};
use crate::engine::output::alert::Severity;
use crate::engine::time::{HOUR_MS, MINUTE_MS, SECOND_MS};

/// Longest hold, cool-down or due time, in hours (a year).
const HOURS_MAX: u32 = 366 * 24;
/// Longest id of a rule, in characters.
const ID_CHARS_MAX: usize = 64;
/// Longest summary, in characters: PagerDuty's limit.
const SUMMARY_CHARS_MAX: usize = 1024;

/// The `alerts` section.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct Alerts {
    /// How far a figure in points must move before an open alert is said again.
    #[schemars(range(min = 0.1, max = 100))]
    pub update_points: f64,
    /// The same for all other figures, as a share of what was said last.
    #[schemars(range(min = 0.01, max = 10))]
    pub update_share: f64,
    /// How many alerts are raised at most for an account on a day (UTC).
    #[schemars(range(min = 1, max = 1000))]
    pub per_account_and_day_max: u32,
    /// The rules, in the order in which they are looked at: the graver ones first.
    pub rules: Vec<Rule>,
}

/// One alert rule: of `when`, `on`, `steps` and `fleet` it has one.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct Rule {
    /// Its id, as published.
    #[schemars(with = "String", length(min = 1, max = ID_CHARS_MAX))]
    pub id: CompactString,
    /// How bad it is.
    pub severity: Severity,
    /// What must hold.
    pub when: Option<Condition>,
    /// What must hold for it to be clear again; where it is not said, that `when` does not.
    pub until: Option<Condition>,
    /// One of these happens: each is an alert of its own.
    #[serde(default, deserialize_with = "super::playbooks::kinds")]
    #[schemars(with = "Vec<FactKind>")]
    pub on: FactKinds,
    /// An alert of `on` ends when the run of this playbook does that the same event began.
    pub ends_with_run: Option<String>,
    /// It ends after so many days at the latest.
    #[schemars(range(min = 1, max = 366))]
    pub ends_after_days: Option<u32>,
    /// It speaks for the overdue steps that name it.
    #[serde(default)]
    pub steps: bool,
    /// It is about all accounts together.
    pub fleet: Option<FleetRule>,
    /// For how long it must hold before the alert is raised.
    #[serde(default)]
    #[schemars(range(max = HOURS_MAX * 60))]
    pub hold_minutes: u32,
    /// For how long it must be clear before the alert is resolved.
    #[serde(default)]
    #[schemars(range(max = HOURS_MAX))]
    pub clear_hours: u32,
    /// For how long after its end no new episode begins.
    #[serde(default)]
    #[schemars(range(max = HOURS_MAX))]
    pub cool_down_hours: u32,
    /// How long somebody may take to look after it; then it is handed up, once.
    #[schemars(range(max = HOURS_MAX))]
    pub due_hours: u32,
    /// Resolved by hand, it may be raised again after so many days though it was never clear.
    #[serde(default = "fortnight")]
    #[schemars(range(min = 1, max = 366))]
    pub reopen_after_days: u32,
    /// Rules that are quiet while this one's condition holds or its alert is open.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub inhibits: Vec<CompactString>,
    /// Figures that the alert cites besides those of `when`.
    #[serde(default)]
    pub evidence: Vec<String>,
    /// One line without personal data.
    #[schemars(length(min = 1, max = SUMMARY_CHARS_MAX))]
    pub summary: String,
    /// What to do.
    #[serde(default)]
    pub actions: Vec<String>,
}

/// What may be the case with all accounts together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FleetRule {
    /// A feed stopped.
    SilentFeed,
    /// Many accounts use the product less, all at once.
    PortfolioDrop,
}

/// The `publication` section: when an assessment is worth a record (`contract.md` §1).
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct Publication {
    /// Least time between two publications of an account, unless a band or an alert changed.
    pub interval_secs: u32,
    /// Least move of health, in points.
    #[schemars(range(min = 0.1, max = 100))]
    pub health_points: f64,
    /// Over how many minutes all accounts are looked at again when this model comes into force.
    #[schemars(range(min = 1, max = 24 * 60))]
    pub relook_minutes: u32,
    /// Least move of the churn probability, 0 to 1.
    #[schemars(range(min = 0.0001, max = 1))]
    pub churn_probability: f64,
    /// Least move of any churn signal, 0 to 1; one that does not exist counts as 0.
    #[schemars(range(min = 0.005, max = 1))]
    pub signal: f64,
}

impl Alerts {
    /// The rule of an id.
    pub fn rule(&self, id: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.id == id)
    }

    /// The ids of all rules.
    pub fn ids(&self) -> Vec<&str> {
        self.rules.iter().map(|rule| rule.id.as_str()).collect()
    }

    /// Says what reads well and means nothing.
    pub(super) fn check(&self, names: &Names<'_>, problems: &mut Problems) {
        for (index, rule) in self.rules.iter().enumerate() {
            let place = index.to_string();
            let path = ["alerts", "rules", place.as_str()];
            let id = [&path[..], &["id"]].concat();
            if self.rules[..index].iter().any(|earlier| earlier.id == rule.id) {
                problems.say(&id, format!("the id {} stands twice", rule.id));
            }
            if rule.id.contains(':') {
                problems.say(&id, "must have no colon");
            }
            rule.check(&path, names, problems);
        }
    }
}

impl Rule {
    fn check(&self, path: &[&str], names: &Names<'_>, problems: &mut Problems) {
        let at = |more: &[&'static str]| [path, more].concat();
        let sources = [self.when.is_some(), !self.on.is_empty(), self.steps, self.fleet.is_some()];
        if sources.into_iter().filter(|it| *it).count() != 1 {
            problems.say(path, "must have one of `when`, `on`, `steps: true` and `fleet`");
        }
        for (key, condition) in [("when", &self.when), ("until", &self.until)] {
            if let Some(condition) = condition {
                condition.check(&at(&[key]), names, problems);
            }
        }
        if let Some(playbook) = &self.ends_with_run
            && !names.playbooks.contains(&playbook.as_str())
        {
            let problem = wording::unknown("playbook", playbook, names.playbooks);
            problems.say(&at(&["ends_with_run"]), problem);
        }
        for (nth, inhibited) in self.inhibits.iter().enumerate() {
            if !names.rules.contains(&inhibited.as_str()) {
                let nth = nth.to_string();
                let path = [path, &["inhibits", &nth]].concat();
                problems.say(&path, wording::unknown("rule", inhibited, names.rules));
            }
        }
        for (nth, name) in self.evidence.iter().enumerate() {
            if FigureId::named(name).is_none() {
                let nth = nth.to_string();
                let figures: Vec<&str> = catalogue().iter().map(|figure| figure.name).collect();
                let path = [path, &["evidence", &nth]].concat();
                problems.say(&path, wording::unknown("metric", name, &figures));
            }
        }
    }

    /// The hold time in milliseconds.
    pub fn hold_ms(&self) -> i64 {
        i64::from(self.hold_minutes) * MINUTE_MS
    }

    /// The clear time in milliseconds.
    pub fn clear_ms(&self) -> i64 {
        i64::from(self.clear_hours) * HOUR_MS
    }

    /// The cool-down in milliseconds.
    pub fn cool_down_ms(&self) -> i64 {
        i64::from(self.cool_down_hours) * HOUR_MS
    }

    /// The time to look after an alert, in milliseconds.
    pub fn due_ms(&self) -> i64 {
        i64::from(self.due_hours) * HOUR_MS
    }
}

const fn fortnight() -> u32 {
    14
}

impl Publication {
    /// The interval in milliseconds.
    pub fn interval_ms(&self) -> i64 {
        i64::from(self.interval_secs) * SECOND_MS
    }

    /// `relook_minutes` in milliseconds.
    pub fn relook_ms(&self) -> i64 {
        i64::from(self.relook_minutes) * MINUTE_MS
    }
}
