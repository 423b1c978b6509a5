//! The figures that a condition may name as its `metric`: metrics, signals, scores, counts, dates.
//!
//! How metrics and signals are computed stands in the facets; what a condition is, in
//! `model/condition.rs`.

use std::fmt;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::account::workflow::Workflow;
use super::account::workflow::runs::Run;
use super::decide::Situation;
use super::event::Topic;

/// All that a condition may ask about.
#[derive(Clone, Copy)]
pub struct Known<'a> {
    /// The account and what is believed about it.
    pub situation: &'a Situation<'a>,
    /// What was said, and what people answered.
    pub workflow: &'a Workflow,
    /// The run whose step asks, if one does.
    pub run: Option<&'a Run>,
}

/// One row of the catalogue.
pub struct Figure {
    /// The name, as in conditions.
    pub name: &'static str,
    /// Its unit.
    pub unit: &'static str,
    /// What it tells.
    pub help: &'static str,
    /// The topics without which it cannot be told: rules that read it wait while one is silent.
    pub topics: &'static [Topic],
    /// The figure, or nothing when it is not known.
    pub value: fn(&Known<'_>) -> Option<f64>,
}

/// A figure by its place in [`CATALOGUE`]; written and read by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FigureId(u16);

/// All figures.
pub static CATALOGUE: &[Figure] = &[
    Figure {
        name: "health_score",
        unit: "points",
        help: "The computed health.",
        topics: &[],
        value: |known| Some(known.situation.assessment.health_score),
    },
    Figure {
        name: "displayed_health_score",
        unit: "points",
        help: "The health to show: the computed one unless somebody overrode it.",
        topics: &[],
        value: |known| Some(known.situation.displayed_score),
    },
    Figure {
        name: "health_change_since_start",
        unit: "points",
        help: "In a step: the health to show less what it was when the run began.",
        topics: &[],
        value: |known| Some(known.situation.displayed_score - known.run?.health_at_start()),
    },
];

impl FigureId {
    /// The figure of this name.
    pub fn named(name: &str) -> Option<Self> {
        let place = CATALOGUE.iter().position(|figure| figure.name == name)?;
        Some(Self(u16::try_from(place).expect("the catalogue is short")))
    }

    /// Its row of the catalogue.
    pub fn row(self) -> &'static Figure {
        &CATALOGUE[usize::from(self.0)]
    }

    /// Whether it is known how it was on the days before: of what is published, see `trend.rs`.
    pub fn has_history(self) -> bool {
        matches!(self.row().name, "health_score" | "churn_probability")
    }

    /// What it was so many days ago, as it was published then; nothing for one without a history.
    pub fn before(self, known: &Known<'_>, days: u16) -> Option<f64> {
        let day = known.situation.now.day().plus(-i32::from(days));
        let entry = known.workflow.trend.days_after(day.plus(-1)).next()?;
        match self.row().name {
            "health_score" => Some(f64::from(entry.health_tenths) / 10.0),
            "churn_probability" => Some(f64::from(entry.churn_myriadths) / 1e4),
            _ => None,
        }
    }

    /// The figure, or nothing when it is not known.
    pub fn of(self, known: &Known<'_>) -> Option<f64> {
        (self.row().value)(known)
    }
}

impl Serialize for FigureId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.row().name)
    }
}

struct NameVisitor;

impl Visitor<'_> for NameVisitor {
    type Value = FigureId;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("the name of a figure")
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<FigureId, E> {
        FigureId::named(name).ok_or_else(|| E::custom("a figure that this version does not know"))
    }
}

impl<'de> Deserialize<'de> for FigureId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(NameVisitor)
    }
}
