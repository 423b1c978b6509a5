//! Figures of what is believed: scores, and the metrics and signals of the two other catalogues.
//!
//! How they are computed is said in `assess.rs`.

use super::{Figure, Value};
use crate::engine::metric::{Component, MetricId};
use crate::engine::signal;

pub(super) static FIGURES: [Figure; 6] = [
    Figure {
        name: "health_score",
        unit: "points",
        help: "The computed health.",
        topics: &[],
        value: Value::Of(|known| Some(known.situation.assessment.health_score)),
    },
    Figure {
        name: "displayed_health_score",
        unit: "points",
        help: "The health to show: the computed one unless somebody overrode it.",
        topics: &[],
        value: Value::Of(|known| Some(known.situation.displayed_score)),
    },
    Figure {
        name: "health_change_since_start",
        unit: "points",
        help: "In a step: the health to show less what it was when the run began.",
        topics: &[],
        value: Value::Of(|known| {
            Some(known.situation.displayed_score - known.run?.health_at_start())
        }),
    },
    Figure {
        name: "confidence",
        unit: "share",
        help: "How much of the picture is known.",
        topics: &[],
        value: Value::Of(|known| Some(known.situation.assessment.confidence)),
    },
    Figure {
        name: "churn_probability",
        unit: "probability",
        help: "The chance that they leave within 90 days.",
        topics: &[],
        value: Value::Of(|known| Some(known.situation.assessment.churn.probability)),
    },
    Figure {
        name: "renewal_risk",
        unit: "probability",
        help: "The chance that they do not renew, whenever that is.",
        topics: &[],
        value: Value::Of(|known| Some(known.situation.assessment.churn.renewal_risk)),
    },
];

/// The components of health, the metrics and the signals, by the names that are published.
pub(super) fn metrics_and_signals() -> impl Iterator<Item = Figure> {
    let components = Component::ALL.into_iter().map(|component| Figure {
        name: component.name(),
        unit: "points",
        help: "The score of this component of health.",
        topics: &[],
        value: Value::Component(component),
    });
    let metrics = MetricId::ALL.into_iter().map(|metric| Figure {
        name: metric.name(),
        unit: "points",
        help: metric.row().help,
        topics: metric.feeds(),
        value: Value::Metric(metric),
    });
    let signals = signal::CATALOGUE.iter().copied().flatten().map(|row| Figure {
        name: row.id.name(),
        unit: "0 to 1",
        help: row.help,
        topics: row.id.feeds(),
        value: Value::Signal(row.id),
    });
    components.chain(metrics).chain(signals)
}
