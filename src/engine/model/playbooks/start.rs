//! What begins a run: something that happens or is the case, a date, or a cadence.
//!
//! When it did is decided in `decide/playbooks/start.rs`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::at;
use crate::engine::account::fact::{FactKind, FactKinds};
use crate::engine::model::condition::read::{Condition, Names};
use crate::engine::model::health::HealthBand;
use crate::engine::model::problems::Problems;

/// What begins a run: any of `on`, `date`, `every`, `launch` and `milestone`, while `when`
/// holds; or, where there is none of them, that `when` comes to hold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Start {
    /// One of these happens.
    #[serde(default, deserialize_with = "super::kinds")]
    #[schemars(with = "Vec<FactKind>")]
    pub on: FactKinds,
    /// A date comes.
    pub date: Option<DateStart>,
    /// It is time again.
    pub every: Option<Cadence>,
    /// A feature is launched that is relevant for the account.
    #[serde(default)]
    pub launch: bool,
    /// The account passes a milestone of use for the first time.
    #[serde(default)]
    pub milestone: bool,
    /// What must hold.
    pub when: Option<Condition>,
}

/// A span before or after a date of the account: a run begins once for each date, within it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DateStart {
    /// Which date.
    pub of: DateOf,
    /// The first day, counted from the date; below 0 before it.
    #[schemars(range(min = -1000, max = 1000))]
    pub from_day: i32,
    /// The first day on which it is too late.
    #[schemars(range(min = -1000, max = 1000))]
    pub before_day: i32,
}

/// A date of the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DateOf {
    /// The account began.
    CreatedAt,
    /// The contract ends.
    ContractEnd,
    /// The last day on which the contract can be given up: its end less the days of notice.
    NoticeDeadline,
}

/// Again and again, counted from the last time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Cadence {
    /// What takes place again.
    pub of: CadenceOf,
    /// Days from one time to the next, by displayed band.
    pub days: BandDays,
    /// How many days before it a run begins.
    #[serde(default)]
    #[schemars(range(max = 100))]
    pub lead_days: u32,
}

/// What takes place again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CadenceOf {
    /// A review with leaders of both sides.
    ExecutiveReview,
    /// A review with the people who work with the product.
    OperationalReview,
    /// A survey about the whole.
    RelationshipSurvey,
}

/// Days by displayed band.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[allow(missing_docs)] // the bands say what each is
pub struct BandDays {
    #[schemars(range(min = 1, max = 1000))]
    pub green: u32,
    #[schemars(range(min = 1, max = 1000))]
    pub yellow: u32,
    #[schemars(range(min = 1, max = 1000))]
    pub red: u32,
}

impl Start {
    /// Whether its runs have a day that steps may be counted from.
    pub const fn has_anchor(&self) -> bool {
        self.date.is_some() || self.every.is_some()
    }

    /// Whether nothing but its condition begins a run.
    pub fn is_by_condition_alone(&self) -> bool {
        self.on.is_empty() && !self.has_anchor() && !self.launch && !self.milestone
    }

    pub(super) fn check(&self, path: &[&str], names: &Names<'_>, problems: &mut Problems) {
        if self.is_by_condition_alone() && self.when.is_none() {
            problems.say(path, "nothing begins a run: say `on`, `date`, `every` or `when`");
        }
        if let Some(condition) = &self.when {
            condition.check(&at(path, &["when"]), names, problems);
        }
        if self.date.is_some_and(|date| date.before_day <= date.from_day) {
            problems.say(&at(path, &["date", "before_day"]), "must be more than from_day");
        }
    }
}

impl DateOf {
    /// The name, as in the model file.
    pub const fn name(self) -> &'static str {
        match self {
            DateOf::CreatedAt => "created_at",
            DateOf::ContractEnd => "contract_end",
            DateOf::NoticeDeadline => "notice_deadline",
        }
    }
}

impl CadenceOf {
    /// The name, as in the model file.
    pub const fn name(self) -> &'static str {
        match self {
            CadenceOf::ExecutiveReview => "executive_review",
            CadenceOf::OperationalReview => "operational_review",
            CadenceOf::RelationshipSurvey => "relationship_survey",
        }
    }
}

impl BandDays {
    /// The days of a band.
    pub const fn of(&self, band: HealthBand) -> u32 {
        match band {
            HealthBand::Green => self.green,
            HealthBand::Yellow => self.yellow,
            HealthBand::Red => self.red,
        }
    }
}
