//! What was last published of an account, small enough to be written with each publication.
//!
//! When something is published is decided in `decide/publication.rs`, which compares with this.

use serde::{Deserialize, Serialize};

use crate::engine::account::feed::Feed;
use crate::engine::account::profile::Segment;
use crate::engine::event::Topic;
use crate::engine::id::name_hash;
use crate::engine::metric::{METRICS, MetricId};
use crate::engine::model::churn::ChurnBand;
use crate::engine::model::health::HealthBand;
use crate::engine::signal::SIGNALS;
use crate::engine::time::Timestamp;

/// Thousandths of a point in one point of health.
pub const MILLI: u32 = 1000;

/// What was last published to `cs.account-health`, in whole numbers: at most 200 bytes written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// When.
    pub at: Timestamp,
    /// The model that it was computed with, see [`model_hash`].
    pub model: [u8; 4],
    /// The segment.
    pub segment: Segment,
    /// The computed health, in tenths of a point.
    pub health_tenths: u16,
    /// The displayed band.
    pub displayed_band: HealthBand,
    /// The churn probability, in ten-thousandths.
    pub churn_myriadths: u16,
    /// Its band.
    pub churn_band: ChurnBand,
    /// How strongly each signal was given, in steps of 1/200; 0 for one that did not exist.
    pub signals: [u8; SIGNALS],
    /// The override that was in force, by its number.
    pub health_override: Option<u32>,
    /// The metrics.
    pub metrics: SaidMetrics,
    /// The feeds that were silent, see [`crate::engine::silence::Silences::topics`].
    pub silent_topics: u8,
    /// How far each feed had come, in the order of [`Topic::ALL`].
    pub heard: [Heard; Topic::ALL.len()],
}

/// The metrics as they were last published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SaidMetrics {
    /// One more than the score in hundredths; 0 for a metric that did not exist.
    scores: [u16; METRICS],
    /// The points of health that each brought, in thousandths.
    pub points: [u32; METRICS],
    /// The points of the neutral score where no metric said anything; all add up to the health.
    pub neutral: u32,
}

/// How far a feed had come: it differs when an event was heard since.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heard {
    /// How many events the feed had, modulo 256.
    n_events: u8,
    /// A byte of the hash of the last event's id.
    last_event: u8,
}

/// Four bytes that tell one model's version from another.
pub fn model_hash(version: &str) -> [u8; 4] {
    (name_hash(version) as u32).to_le_bytes()
}

impl Said {
    /// Nothing was known, and the health was the neutral one.
    pub const fn is_no_data(&self) -> bool {
        self.metrics.neutral > 0
    }
}

impl SaidMetrics {
    /// Of scores, 0 to 100, and points in thousandths.
    pub fn new(
        scores: &[Option<f64>; METRICS],
        points: [u32; METRICS],
        neutral: u32,
    ) -> SaidMetrics {
        let hundredths = |score: f64| (score * 100.0).round() as u16;
        let scores = scores.map(|score| score.map_or(0, |score| hundredths(score) + 1));
        Self { scores, points, neutral }
    }

    /// The score of a metric in hundredths, unless it did not exist.
    pub const fn score_hundredths(&self, metric: MetricId) -> Option<u16> {
        self.scores[metric.index()].checked_sub(1)
    }
}

impl Heard {
    /// How far a feed has come.
    pub fn of(feed: &Feed) -> Self {
        let last_event = feed.last_event().map_or(0, |last| name_hash(&last.event_id) as u8);
        Self { n_events: feed.n_events() as u8, last_event }
    }

    /// Whether the last event was another one then.
    pub const fn has_other_last(self, then: Heard) -> bool {
        self.last_event != then.last_event
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_said_is_written_in_200_bytes() {
        let mut points = [6_000; METRICS];
        points[..6].fill(16_400);
        let said = Said {
            at: Timestamp::from_millis(4_102_444_799_999),
            model: model_hash("0123456789ab"),
            segment: Segment::Strategic,
            health_tenths: 1000,
            displayed_band: HealthBand::Green,
            churn_myriadths: 10_000,
            churn_band: ChurnBand::Critical,
            signals: [200; SIGNALS],
            health_override: Some(u32::MAX),
            metrics: SaidMetrics::new(&[Some(100.0); METRICS], points, 75_000),
            silent_topics: u8::MAX,
            heard: [Heard { n_events: 255, last_event: 255 }; Topic::ALL.len()],
        };
        let bytes = postcard::to_allocvec(&said).unwrap();
        // Format byte and checksum of the changelog come on top.
        assert!(5 + bytes.len() <= 200, "{} bytes", 5 + bytes.len());
        assert_eq!(postcard::from_bytes::<Said>(&bytes).unwrap(), said);
    }

    #[test]
    fn scores_are_kept_in_hundredths() {
        let mut scores = [None; METRICS];
        scores[MetricId::S2.index()] = Some(66.666);
        scores[MetricId::C5.index()] = Some(0.0);
        let metrics = SaidMetrics::new(&scores, [0; METRICS], 0);
        assert_eq!(metrics.score_hundredths(MetricId::S2), Some(6667));
        assert_eq!(metrics.score_hundredths(MetricId::C5), Some(0));
        assert_eq!(metrics.score_hundredths(MetricId::P1), None);
    }
}
