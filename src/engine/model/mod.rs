//! The model file: everything that is believed about customers and not about computers.
//!
//! Brokers, addresses and limits of the service belong to `config.rs`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::account::profile::{Said, Segment};
use super::id::name_hash;
use health::HealthModel;
use problems::{ModelErrors, Problems};
use rules::{Alerts, Publication};

pub mod anchors;
pub mod health;
pub mod problems;
pub mod rules;

/// The model that ships.
pub const DEFAULT_TEXT: &str = include_str!("../../../config/model.yaml");

/// A model file, read and checked.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// Names this model in outputs: as given in the file, else made from its text.
    pub version: Option<String>,
    /// What money is worth.
    pub currencies: Currencies,
    /// The bounds of the segments.
    pub segments: Segments,
    /// The feature catalogue.
    pub features: Vec<Feature>,
    /// How health is computed.
    pub health: HealthModel,
    /// When an assessment is worth a record.
    pub publication: Publication,
    /// What people are told to look after.
    pub alerts: Alerts,
}

/// What money is worth.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Currencies {
    /// The currency of all bounds and sums, as an ISO 4217 code.
    pub reporting: String,
    /// What one unit of another is worth in it; one that is not listed counts 1:1.
    pub rates: BTreeMap<String, f64>,
}

/// The bounds of the segments, in whole units of the reporting currency and in seats.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Segments {
    /// More ARR than this is enterprise.
    pub enterprise_above_arr: f64,
    /// From this ARR on it is mid-market.
    pub mid_market_from_arr: f64,
    /// More seats than this are enterprise, where ARR is not known.
    pub enterprise_above_seats: u32,
    /// From so many seats on it is mid-market, where ARR is not known.
    pub mid_market_from_seats: u32,
}

/// A feature of the product.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Feature {
    /// Its name, as in events.
    pub name: String,
    /// Whether customers buy the product for it.
    pub core: bool,
}

impl Model {
    /// Reads a model file.
    ///
    /// # Errors
    /// Every thing that is wrong with its meaning, or the first with its form, with the place.
    pub fn parse(text: &str) -> Result<Self, ModelErrors> {
        let options = serde_saphyr::options! { with_snippet: false };
        let mut model: Model = serde_saphyr::from_str_with_options(text, options)?;
        let mut problems = Problems::default();
        model.check(&mut problems);
        problems.into_result(text)?;
        let core = model.features.iter().filter(|feature| feature.core);
        model.health.core_features = core.map(|feature| name_hash(&feature.name)).collect();
        model.health.core_features.sort_unstable();
        model.health.core_features.dedup();
        let of_text = || format!("{:012x}", name_hash(text) >> 16);
        model.version = Some(model.version.unwrap_or_else(of_text));
        Ok(model)
    }

    /// Names this model in outputs.
    pub fn version(&self) -> &str {
        self.version.as_deref().unwrap_or_default()
    }

    /// An account's ARR in whole units of the reporting currency.
    pub fn arr(&self, said: &Said) -> Option<f64> {
        let rate = said.currency.as_deref().and_then(|code| self.currencies.rates.get(code));
        Some(said.arr_cents? as f64 / 100.0 * rate.copied().unwrap_or(1.0))
    }

    /// The segment of an account (`scoring.md` §1).
    pub fn segment(&self, said: Option<&Said>) -> Segment {
        let bounds = &self.segments;
        let Some(said) = said else { return Segment::MidMarket };
        if let Some(segment) = said.segment {
            segment
        } else if said.is_strategic {
            Segment::Strategic
        } else if let Some(arr) = self.arr(said) {
            match arr {
                arr if arr > bounds.enterprise_above_arr => Segment::Enterprise,
                arr if arr >= bounds.mid_market_from_arr => Segment::MidMarket,
                _ => Segment::Smb,
            }
        } else if let Some(seats) = said.seats {
            match seats {
                seats if seats > bounds.enterprise_above_seats => Segment::Enterprise,
                seats if seats >= bounds.mid_market_from_seats => Segment::MidMarket,
                _ => Segment::Smb,
            }
        } else {
            Segment::MidMarket
        }
    }

    fn check(&self, problems: &mut Problems) {
        for (code, rate) in &self.currencies.rates {
            problems.range(&["currencies", "rates", code], *rate, 1e-9, 1e9);
        }
        if self
            .currencies
            .rates
            .get(&self.currencies.reporting)
            .is_some_and(|rate| (*rate - 1.0).abs() > 0.0)
        {
            problems.say(
                &["currencies", "rates", &self.currencies.reporting],
                "the reporting currency is worth 1 of itself: leave it out",
            );
        }
        let Segments { enterprise_above_arr, mid_market_from_arr, .. } = self.segments;
        problems.range(&["segments", "mid_market_from_arr"], mid_market_from_arr, 0.0, 1e15);
        problems.range(&["segments", "enterprise_above_arr"], enterprise_above_arr, 0.0, 1e15);
        if enterprise_above_arr < mid_market_from_arr {
            let problem = "must not be less than mid_market_from_arr";
            problems.say(&["segments", "enterprise_above_arr"], problem);
        }
        if self.segments.enterprise_above_seats < self.segments.mid_market_from_seats {
            let problem = "must not be less than mid_market_from_seats";
            problems.say(&["segments", "enterprise_above_seats"], problem);
        }
        self.health.check(problems);
        self.publication.check(problems);
        self.alerts.check(problems);
    }
}

impl Default for Model {
    /// The model that ships.
    fn default() -> Self {
        Self::parse(DEFAULT_TEXT).expect("the model that ships is valid: a test reads it")
    }
}
