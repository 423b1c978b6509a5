//! Alert rules as the model file writes them, and when to publish.
//!
//! How rules become episodes is the business of `decide/alerts.rs`.

use compact_str::CompactString;
use schemars::JsonSchema;
use serde::Deserialize;

use super::health::HealthBand;
use super::problems::Problems;
use super::wording;
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
    /// How far health must move before an open alert is said again, in points.
    #[schemars(range(min = 0.1, max = 100))]
    pub update_points: f64,
    /// The rules, in the order in which they are looked at.
    pub rules: Vec<Rule>,
}

/// One alert rule.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct Rule {
    /// Its id, as published.
    #[schemars(with = "String", length(min = 1, max = ID_CHARS_MAX))]
    pub id: CompactString,
    /// How bad it is.
    pub severity: Severity,
    /// What must hold.
    pub when: Condition,
    /// For how long it must hold before the alert is raised.
    #[schemars(range(max = HOURS_MAX * 60))]
    pub hold_minutes: u32,
    /// For how long it must be clear before the alert is resolved.
    #[schemars(range(max = HOURS_MAX))]
    pub clear_hours: u32,
    /// For how long after its end no new episode begins.
    #[schemars(range(max = HOURS_MAX))]
    pub cool_down_hours: u32,
    /// How long somebody may take to look after it.
    #[schemars(range(max = HOURS_MAX))]
    pub due_hours: u32,
    /// Rules that are quiet while this one's condition holds.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub inhibits: Vec<CompactString>,
    /// One line without personal data.
    #[schemars(length(min = 1, max = SUMMARY_CHARS_MAX))]
    pub summary: String,
    /// What to do.
    pub actions: Vec<String>,
}

/// What must hold for an alert.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct Condition {
    /// The displayed band.
    pub displayed_band: HealthBand,
    /// The band that was displayed before it.
    pub fallen_from: Option<HealthBand>,
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
    /// Says what reads well and means nothing.
    pub(super) fn check(&self, problems: &mut Problems) {
        for (index, rule) in self.rules.iter().enumerate() {
            let place = index.to_string();
            let id = ["alerts", "rules", &place, "id"];
            if self.rules[..index].iter().any(|earlier| earlier.id == rule.id) {
                problems.say(&id, format!("the id {} stands twice", rule.id));
            }
            if rule.id.contains(':') {
                problems.say(&id, "must have no colon");
            }
            let ids: Vec<&str> = self.rules.iter().map(|other| other.id.as_str()).collect();
            for (nth, inhibited) in rule.inhibits.iter().enumerate() {
                if !ids.contains(&inhibited.as_str()) {
                    let path = ["alerts", "rules", &place, "inhibits", &nth.to_string()];
                    problems.say(&path, wording::unknown("rule", inhibited, &ids));
                }
            }
        }
    }
}

impl Rule {
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
