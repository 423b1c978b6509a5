//! The figures that a condition may name as its `metric`: metrics, signals, scores, counts, dates.
//!
//! How metrics and signals are computed stands in the facets; what a condition is, in
//! `model/condition.rs`.

use std::fmt;
use std::sync::LazyLock;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::account::workflow::Workflow;
use super::account::workflow::runs::Run;
use super::decide::Situation;
use super::event::Topic;
use super::metric::{Component, MetricId};
use super::signal::SignalId;
use super::time::Timestamp;

mod believed;
mod contract;
mod people;
mod product;
mod work;

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
    value: Value,
}

/// Where a figure comes from.
#[derive(Clone, Copy)]
enum Value {
    Metric(MetricId),
    Signal(SignalId),
    Component(Component),
    /// Anything else; nothing when it is not known.
    Of(fn(&Known<'_>) -> Option<f64>),
}

/// A row of the catalogue; written and read by its name.
#[derive(Clone, Copy)]
pub struct FigureId(&'static Figure);

static CATALOGUE: LazyLock<Vec<Figure>> = LazyLock::new(|| {
    let own = [
        &believed::FIGURES[..],
        &product::FIGURES,
        &people::FIGURES,
        &contract::FIGURES,
        &work::FIGURES,
    ];
    let own = own.into_iter().flatten().map(|row| Figure { ..*row });
    believed::metrics_and_signals().chain(own).collect()
});

/// All figures.
pub fn catalogue() -> &'static [Figure] {
    &CATALOGUE
}

impl Known<'_> {
    /// As of when a topic is known: now, or when its feed fell silent.
    fn as_of(&self, topic: Topic) -> Timestamp {
        self.situation.fleet.silences.as_of(topic, self.situation.now)
    }
}

impl FigureId {
    /// The figure of this name.
    pub fn named(name: &str) -> Option<Self> {
        catalogue().iter().find(|figure| figure.name == name).map(Self)
    }

    /// Its row of the catalogue.
    pub const fn row(self) -> &'static Figure {
        self.0
    }

    /// Whether it is known how it was on the days before: of what is published, see `trend.rs`.
    pub fn has_history(self) -> bool {
        matches!(self.0.name, "health_score" | "churn_probability")
    }

    /// What it was so many days ago, as it was published then; nothing for one without a history.
    pub fn before(self, known: &Known<'_>, days: u16) -> Option<f64> {
        let day = known.situation.now.day().plus(-i32::from(days));
        let entry = known.workflow.trend.days_after(day.plus(-1)).next()?;
        match self.0.name {
            "health_score" => Some(f64::from(entry.health_tenths) / 10.0),
            "churn_probability" => Some(f64::from(entry.churn_myriadths) / 1e4),
            _ => None,
        }
    }

    /// The figure, or nothing when it is not known.
    pub fn of(self, known: &Known<'_>) -> Option<f64> {
        let assessment = known.situation.assessment;
        match self.0.value {
            Value::Metric(metric) => assessment.metrics[metric.index()],
            Value::Signal(signal) => assessment.churn.signal(signal),
            Value::Component(component) => assessment.component(component),
            Value::Of(value) => value(known),
        }
    }
}

impl PartialEq for FigureId {
    fn eq(&self, other: &Self) -> bool {
        self.0.name == other.0.name
    }
}

impl fmt::Debug for FigureId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.0.name)
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn each_figure_has_a_name_of_its_own_and_says_what_it_tells() {
        let names: BTreeSet<&str> = catalogue().iter().map(|figure| figure.name).collect();
        assert_eq!(names.len(), catalogue().len());
        for figure in catalogue() {
            assert!(!figure.unit.is_empty() && figure.help.ends_with('.'), "{}", figure.name);
            assert_eq!(FigureId::named(figure.name).map(|it| it.row().name), Some(figure.name));
        }
    }
}
