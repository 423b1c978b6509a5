//! The metric catalogue: which metrics there are, what they mean, and who computes them.
//!
//! The functions stand in the facets (`account/*.rs`), their numbers in the model file.

use serde::{Deserialize, Serialize};

use super::account::{Account, commercial, outcomes, relationship, support, usage};
use super::event::Topic;
use super::model::health::HealthModel;
use super::time::Timestamp;

/// One of the five parts of health.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Component {
    /// How the product is used.
    Product,
    /// How help is needed and given.
    Support,
    /// How close the people are.
    Relationship,
    /// What was gained.
    Outcomes,
    /// What is paid and will be.
    Commercial,
}

/// A metric by its short name (`scoring.md` §2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[allow(missing_docs)] // the catalogue says what each means
pub enum MetricId {
    P1,
    P2,
    P3,
    P4,
    P5,
    S1,
    S2,
    S3,
    S4,
    S5,
    R1,
    R2,
    R3,
    R4,
    R5,
    O1,
    O2,
    O3,
    O4,
    O5,
    C1,
    C2,
    C3,
    C4,
    C5,
}

/// How many metrics there are.
pub const METRICS: usize = MetricId::ALL.len();
/// How many components there are.
pub const COMPONENTS: usize = Component::ALL.len();

/// One row of the catalogue.
pub struct Metric {
    /// Its short name.
    pub id: MetricId,
    /// What it is about, in words.
    pub name: &'static str,
    /// The unit of what it is computed from; the score itself is 0 to 100 points.
    pub unit: &'static str,
    /// What it tells a customer-success manager.
    pub help: &'static str,
    /// The topic that must be live for it to exist, if any.
    pub topic: Option<Topic>,
    /// Which stretch of time it looks at, by default.
    pub window: &'static str,
    /// How it is computed, by default.
    pub formula: &'static str,
    /// The score, 0 to 100, or nothing when it does not exist (its topic is live already).
    pub score: fn(&Account, &HealthModel, Timestamp) -> Option<f64>,
}

/// All metrics, in the order of their components.
pub static CATALOGUE: [&[Metric]; COMPONENTS] = [
    &usage::metrics::METRICS,
    &support::metrics::METRICS,
    &relationship::metrics::METRICS,
    &outcomes::metrics::METRICS,
    &commercial::metrics::METRICS,
];

impl Component {
    /// All components.
    pub const ALL: [Component; 5] = [
        Component::Product,
        Component::Support,
        Component::Relationship,
        Component::Outcomes,
        Component::Commercial,
    ];

    /// The name as published.
    pub const fn name(self) -> &'static str {
        match self {
            Component::Product => "product",
            Component::Support => "support",
            Component::Relationship => "relationship",
            Component::Outcomes => "outcomes",
            Component::Commercial => "commercial",
        }
    }

    /// The position in [`Component::ALL`].
    pub const fn index(self) -> usize {
        self as usize
    }

    /// The metrics that it consists of.
    pub fn metrics(self) -> &'static [MetricId] {
        const EACH: usize = METRICS / COMPONENTS;
        &MetricId::ALL[self.index() * EACH..(self.index() + 1) * EACH]
    }
}

impl MetricId {
    /// All metrics, in the order of their components.
    #[rustfmt::skip]
    pub const ALL: [MetricId; 25] = {
        use MetricId::{
            C1, C2, C3, C4, C5, O1, O2, O3, O4, O5, P1, P2, P3, P4, P5, R1, R2, R3, R4, R5,
            S1, S2, S3, S4, S5,
        };
        [
            P1, P2, P3, P4, P5, S1, S2, S3, S4, S5, R1, R2, R3, R4, R5,
            O1, O2, O3, O4, O5, C1, C2, C3, C4, C5,
        ]
    };

    /// The name as published.
    #[rustfmt::skip]
    pub const fn name(self) -> &'static str {
        const NAMES: [&str; METRICS] = [
            "P1", "P2", "P3", "P4", "P5", "S1", "S2", "S3", "S4", "S5",
            "R1", "R2", "R3", "R4", "R5", "O1", "O2", "O3", "O4", "O5",
            "C1", "C2", "C3", "C4", "C5",
        ];
        NAMES[self.index()]
    }

    /// The position in [`MetricId::ALL`].
    pub const fn index(self) -> usize {
        self as usize
    }

    /// The component that it belongs to.
    pub const fn component(self) -> Component {
        Component::ALL[self.index() * COMPONENTS / METRICS]
    }

    /// The topics without which it cannot be told: while one is silent, it is as of then.
    pub const fn feeds(self) -> &'static [Topic] {
        match (self, self.component()) {
            (MetricId::S3, _) => &[Topic::Feedback, Topic::Support],
            (_, Component::Product) => &[Topic::Usage],
            (_, Component::Support) => &[Topic::Support],
            (_, Component::Relationship) => &[Topic::Relationship],
            (_, Component::Outcomes) => &[Topic::Outcomes],
            (_, Component::Commercial) => &[Topic::Commercial],
        }
    }

    /// Its row of the catalogue.
    pub fn row(self) -> &'static Metric {
        const EACH: usize = METRICS / COMPONENTS;
        &CATALOGUE[self.index() / EACH][self.index() % EACH]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_metric_has_one_component_and_one_row() {
        for (index, id) in MetricId::ALL.into_iter().enumerate() {
            assert_eq!(id.index(), index);
            assert_eq!(id.name(), format!("{id:?}"));
            assert!(id.component().metrics().contains(&id), "{id:?}");
            let letter = id.component().name().to_uppercase().remove(0);
            assert!(id.name().starts_with(letter), "{id:?}");
            assert_eq!(id.row().id, id);
        }
    }

    #[test]
    fn each_row_says_what_it_means() {
        for row in CATALOGUE.iter().copied().flatten() {
            for text in [row.name, row.unit, row.help, row.window, row.formula] {
                assert!(!text.is_empty(), "{:?}", row.id);
            }
            assert!(row.help.ends_with('.'), "{:?}", row.id);
        }
    }
}
