//! Alert rules as the model file writes them, and when to publish.
//!
//! How rules become episodes is the business of `decide/alerts.rs`.

use compact_str::CompactString;
use serde::Deserialize;

use super::health::HealthBand;
use super::problems::Problems;
use crate::engine::output::alert::Severity;
use crate::engine::time::{HOUR_MS, MINUTE_MS, SECOND_MS};

/// Longest hold, cool-down or due time, in hours (a year).
const HOURS_MAX: u32 = 366 * 24;
/// Longest summary, in bytes: PagerDuty's limit.
const SUMMARY_BYTES_MAX: usize = 1024;

/// The `alerts` section.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alerts {
    /// How far health must move before an open alert is said again, in points.
    pub update_points: f64,
    /// The rules, in the order in which they are looked at.
    pub rules: Vec<Rule>,
}

/// One alert rule.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Its id, as published.
    pub id: CompactString,
    /// How bad it is.
    pub severity: Severity,
    /// What must hold.
    pub when: Condition,
    /// For how long it must hold before the alert is raised.
    pub hold_minutes: u32,
    /// For how long it must be clear before the alert is resolved.
    pub clear_hours: u32,
    /// For how long after its end no new episode begins.
    pub cool_down_hours: u32,
    /// How long somebody may take to look after it.
    pub due_hours: u32,
    /// Rules that are quiet while this one's condition holds.
    #[serde(default)]
    pub inhibits: Vec<CompactString>,
    /// One line without personal data.
    pub summary: String,
    /// What to do.
    pub actions: Vec<String>,
}

/// What must hold for an alert.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// The displayed band.
    pub displayed_band: HealthBand,
    /// The band that was displayed before it.
    pub fallen_from: Option<HealthBand>,
}

/// The `publication` section: when an assessment is worth a record (`contract.md` §1).
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Publication {
    /// Least time between two publications of an account, unless a band or an alert changed.
    pub interval_secs: u32,
    /// Least move of health, in points.
    pub health_points: f64,
    /// Over how many minutes all accounts are looked at again when this model comes into force.
    pub relook_minutes: u32,
    /// Least move of the churn probability, 0 to 1.
    pub churn_probability: f64,
    /// Least move of any churn signal, 0 to 1; one that does not exist counts as 0.
    pub signal: f64,
}

impl Alerts {
    /// Says what reads well and means nothing.
    pub(super) fn check(&self, problems: &mut Problems) {
        problems.range(&["alerts", "update_points"], self.update_points, 0.1, 100.0);
        for (index, rule) in self.rules.iter().enumerate() {
            let mut say = |problem: String| problems.say(&["alerts", "rules"], problem);
            if self.rules[..index].iter().any(|earlier| earlier.id == rule.id) {
                say(format!("the id {} stands twice", rule.id));
            }
            if rule.id.is_empty() || rule.id.len() > 64 || rule.id.contains(':') {
                say(format!("the id of rule {} must have 1 to 64 bytes, no colon", index + 1));
            }
            for inhibited in &rule.inhibits {
                if !self.rules.iter().any(|other| other.id == *inhibited) {
                    say(format!("{} inhibits {inhibited}, which is no rule", rule.id));
                }
            }
            let hours = [rule.hold_minutes / 60, rule.clear_hours, rule.cool_down_hours];
            if hours.into_iter().chain([rule.due_hours]).any(|hours| hours > HOURS_MAX) {
                say(format!("{}: no time may exceed a year", rule.id));
            }
            if rule.summary.is_empty() || rule.summary.len() > SUMMARY_BYTES_MAX {
                say(format!("{}: the summary must have 1 to 1024 bytes", rule.id));
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

    /// Says what reads well and means nothing.
    pub(super) fn check(&self, problems: &mut Problems) {
        let minutes = f64::from(self.relook_minutes);
        problems.range(&["publication", "relook_minutes"], minutes, 1.0, f64::from(24 * 60));
        let Self { health_points, churn_probability, signal, .. } = *self;
        problems.range(&["publication", "health_points"], health_points, 0.1, 100.0);
        problems.range(&["publication", "churn_probability"], churn_probability, 0.0001, 1.0);
        problems.range(&["publication", "signal"], signal, 0.005, 1.0);
    }
}
