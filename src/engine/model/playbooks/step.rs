//! A step of a playbook: who does what by when, and how one knows that it was done.
//!
//! What becomes of the steps of a run is decided in `decide/playbooks/steps.rs`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::at;
use crate::engine::account::fact::{FactKind, FactKinds};
use crate::engine::message;
use crate::engine::model::condition::read::{Condition, Names};
use crate::engine::model::problems::Problems;
use crate::engine::model::wording;
use crate::engine::output::playbook::Role;
use crate::engine::time::{DAY_MS, HOUR_MS};

/// The alert rule for steps that name no other.
pub const STEP_OVERDUE: &str = "step_overdue";

/// Something to be done. Without anything that closes it a command does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Step {
    /// What is to be done.
    #[schemars(length(min = 1, max = 200))]
    pub title: String,
    /// Whether new runs have it.
    #[serde(default = "super::yes")]
    pub enabled: bool,
    /// Who does it.
    pub role: Role,
    /// By when, counted from `from`; at once where it is not said.
    #[serde(default)]
    pub due: Span,
    /// What `due` is counted from; where it is not said from the step of `after`, else the start.
    pub from: Option<CountedFrom>,
    /// It waits until this step is done.
    pub after: Option<String>,
    /// One of these shows that it was done.
    #[serde(default, deserialize_with = "super::kinds")]
    #[schemars(with = "Vec<FactKind>")]
    pub done_on: FactKinds,
    /// How many of them it takes.
    #[serde(default = "super::one")]
    #[schemars(range(min = 1, max = 100))]
    pub done_times: u32,
    /// This shows that it was done.
    pub done_when: Option<Condition>,
    /// It is left out unless this holds when it falls due.
    pub only_if: Option<Condition>,
    /// What the service itself fills in, at once.
    pub fills: Option<Fill>,
    /// It comes again after so many days, until `until` holds.
    #[schemars(range(min = 1, max = 366))]
    pub every_days: Option<u32>,
    /// Ends what comes again.
    pub until: Option<Condition>,
    /// The text for the customer, by its name among those of `templates/messages`.
    pub message: Option<String>,
    /// The alert rule that speaks when it is overdue; `step_overdue` where it is not said.
    pub alert: Option<String>,
    /// To whom it is handed up when it stays undone.
    #[serde(default = "lead")]
    pub escalate_to: Role,
    /// How long after it was due.
    #[serde(default = "two_days")]
    pub escalate_after: Span,
}

/// A span of time; below 0 before what it is counted from.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
pub struct Span {
    /// Whole days.
    #[serde(default)]
    #[schemars(range(min = -400, max = 400))]
    pub days: i32,
    /// Hours on top, by the playbook's clock.
    #[serde(default)]
    #[schemars(range(max = 1000))]
    pub hours: u32,
}

/// What a due time is counted from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CountedFrom {
    /// The start of the run.
    Start,
    /// The day that the run is about: the review, the end of the contract.
    Anchor,
    /// When the step before was done.
    Step,
}

/// What the service fills in by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Fill {
    /// What costs the most health, by component.
    RootCause,
    /// The feature not in use that similar healthy accounts use most.
    RecommendFeature,
    /// Which features are used, and by how many.
    UsageInsights,
    /// How use developed.
    UsageTrend,
    /// Health and risk as they are.
    HealthAssessment,
    /// The answers of the last 90 days against those before.
    NpsTrend,
}

impl Step {
    /// The rule that speaks when it is overdue.
    pub fn rule(&self) -> &str {
        self.alert.as_deref().unwrap_or(STEP_OVERDUE)
    }

    /// What its due time is counted from.
    pub fn counted_from(&self) -> CountedFrom {
        self.from.unwrap_or(if self.after.is_some() {
            CountedFrom::Step
        } else {
            CountedFrom::Start
        })
    }

    pub(super) fn check(
        &self,
        path: &[&str],
        has_anchor: bool,
        names: &Names<'_>,
        problems: &mut Problems,
    ) {
        for (key, condition) in
            [("done_when", &self.done_when), ("only_if", &self.only_if), ("until", &self.until)]
        {
            if let Some(condition) = condition {
                condition.check(&at(path, &[key]), names, problems);
            }
        }
        match self.counted_from() {
            CountedFrom::Anchor if !has_anchor => {
                problems.say(&at(path, &["from"]), "only dates and cadences have an anchor");
            }
            CountedFrom::Step if self.after.is_none() => {
                problems.say(&at(path, &["from"]), "needs `after`: the step to count from");
            }
            CountedFrom::Start | CountedFrom::Step if self.due.days < 0 => {
                problems.say(&at(path, &["due"]), "only steps from an anchor are due before it");
            }
            _ => {}
        }
        if let Some(rule) = self.alert.as_ref().filter(|it| !names.rules.contains(&it.as_str())) {
            problems.say(&at(path, &["alert"]), wording::unknown("rule", rule, names.rules));
        }
        let texts = message::names();
        if let Some(text) = self.message.as_ref().filter(|it| !texts.contains(&it.as_str())) {
            problems.say(&at(path, &["message"]), wording::unknown("message", text, texts));
        }
        if self.every_days.is_some() != self.until.is_some() {
            problems.say(path, "`every_days` and `until` go together");
        }
        if self.escalate_after.days < 0 {
            problems.say(&at(path, &["escalate_after"]), "must not be below 0");
        }
    }
}

impl Span {
    /// Its length in milliseconds when every hour counts.
    pub const fn calendar_ms(self) -> i64 {
        self.days as i64 * DAY_MS + self.hours as i64 * HOUR_MS
    }
}

const fn lead() -> Role {
    Role::CsmLead
}

const fn two_days() -> Span {
    Span { days: 2, hours: 0 }
}
