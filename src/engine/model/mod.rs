//! The model file: everything that is believed about customers and not about computers.
//!
//! Brokers, addresses and limits of the service belong to `config.rs`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::account::profile::{Said, Segment};
use super::event::EventBody;
use super::id::name_hash;
use super::text::{self, Labels};
use by_segment::BySegment;
use fleet::{PeersRule, SilenceRule};
use health::HealthModel;
use problems::{ModelErrors, Problems};
use rules::{Alerts, Publication};
use terms::TextModel;

pub mod anchors;
pub mod by_segment;
pub mod fleet;
pub mod health;
pub mod movable;
pub mod problems;
pub mod rules;
pub mod terms;

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
    /// How health is computed, unless `by_segment` says otherwise; see [`Model::health_of`].
    pub health: HealthModel,
    /// What differs by segment, as written.
    health_by_segment: BTreeMap<Segment, IgnoredAny>,
    /// The same, read.
    #[serde(skip)]
    by_segment: BySegment,
    /// When a feed counts as stopped.
    pub silence: SilenceRule,
    /// Whom an account is compared with.
    pub peers: PeersRule,
    /// What is looked for in texts.
    pub texts: TextModel,
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
        model.by_segment = BySegment::read(text, &mut problems)?;
        problems.into_result(text)?;
        let core = model.features.iter().filter(|feature| feature.core);
        let mut core: Vec<u64> = core.map(|feature| name_hash(&feature.name)).collect();
        core.sort_unstable();
        core.dedup();
        for health in model.by_segment.iter_mut().chain([&mut model.health]) {
            health.core_features.clone_from(&core);
        }
        model.texts.prepare();
        let of_text = || format!("{:012x}", name_hash(text) >> 16);
        model.version = Some(model.version.unwrap_or_else(of_text));
        Ok(model)
    }

    /// Names this model in outputs.
    pub fn version(&self) -> &str {
        self.version.as_deref().unwrap_or_default()
    }

    /// How the health of a segment's accounts is computed.
    pub fn health_of(&self, segment: Segment) -> &HealthModel {
        self.by_segment.get(segment).unwrap_or(&self.health)
    }

    /// What is found in the text of an event; [`Labels::NONE`] when it has none.
    pub fn labels(&self, body: &EventBody<'_>) -> Labels {
        text::of_event(body).map_or(Labels::NONE, |text| self.texts.labels(&text))
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
        self.silence.check(problems);
        self.peers.check(problems);
        self.texts.check(problems);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::metric::MetricId;

    /// The errors of the model that ships with one text put in place of another.
    fn errors(from: &str, to: &str) -> String {
        assert!(DEFAULT_TEXT.contains(from), "{from}");
        let changed = DEFAULT_TEXT.replacen(from, to, 1);
        Model::parse(&changed).expect_err("the change is an error").to_string()
    }

    fn place(of: &str) -> String {
        let before = &DEFAULT_TEXT[..DEFAULT_TEXT.find(of).unwrap()];
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
        format!("line {line}, column {column}: ")
    }

    #[test]
    fn names_the_model_by_its_text_unless_it_names_itself() {
        let shipped = Model::default();
        assert_eq!(shipped.version().len(), 12);
        let named = Model::parse(&format!("version: spring\n{DEFAULT_TEXT}")).unwrap();
        assert_eq!(named.version(), "spring");
        let changed = Model::parse(&DEFAULT_TEXT.replace("green: 90", "green: 91")).unwrap();
        assert_ne!(changed.version(), shipped.version());
    }

    #[test]
    fn unknown_keys_are_errors_with_a_suggestion() {
        let found = errors("dwell_hours:", "dwell_hour:");
        assert_eq!(
            found,
            place("dwell_hours") + "unknown name `dwell_hour`: did you mean `dwell_hours`?"
        );
        let found = errors("P2: 1,", "P9: 1,");
        assert!(found.contains("unknown name `P9`: expected one of P1, P2"), "{found}");
    }

    #[test]
    fn what_is_missing_or_misshapen_is_named_with_its_place() {
        let found = errors("    green: 90\n", "");
        assert!(found.contains("`green` is missing"), "{found}");
        let found = errors("green: 90", "green: high");
        assert!(found.starts_with(&place("90\n    yellow")), "{found}");
        let found = errors("P3: 1, ", "");
        assert!(found.contains("health.metric_weights.P3: is missing"), "{found}");
        assert!(Model::parse("").is_err() && Model::parse("a: [").is_err());
    }

    #[test]
    fn all_that_means_nothing_is_named_at_once() {
        let changed = DEFAULT_TEXT
            .replacen("green: 90", "green: 60", 1)
            .replacen("window_days: 365", "window_days: 381", 1)
            .replacen("[0.2, 40]", "[-1, 40]", 1)
            .replacen("support: 0.20", "support: -1", 1);
        let found = Model::parse(&changed).unwrap_err();
        let problems: Vec<_> = found.0.iter().map(|error| error.problem.as_str()).collect();
        assert_eq!(
            problems,
            [
                "health.component_weights.support: must lie between 0 and 1000000: -1",
                "health.bands.green: must be more than yellow",
                "health.metrics.P1.anchors: x must rise: -1 stands after 0",
                "health.metrics.P2.breadth_window_days: must lie between 1 and 380 days: 381",
            ]
        );
        let lines: Vec<_> = found.0.iter().map(|error| error.line).collect();
        assert!(lines.is_sorted() && lines[0] > 0, "{lines:?}");
    }

    #[test]
    fn a_model_without_any_weight_is_refused() {
        let mut text = DEFAULT_TEXT.to_owned();
        for weight in [
            "product: 0.35",
            "support: 0.20",
            "relationship: 0.20",
            "outcomes: 0.15",
            "commercial: 0.10",
        ] {
            let name = weight.split(':').next().unwrap();
            text = text.replacen(weight, &format!("{name}: 0"), 1);
        }
        let found = Model::parse(&text).unwrap_err().to_string();
        assert!(found.contains("must weigh more than 0"), "{found}");
    }

    #[test]
    fn a_segment_may_replace_any_part() {
        let part = "{ smb: { component_weights: { product: 0.45 }, metric_weights: { R1: 0 },
            metrics: { P1: { window_days: 14 }, S2: { sla_hours: [1, 2, 3, 4] } } } }";
        let part = format!("health_by_segment: {part}");
        let text = DEFAULT_TEXT.replacen("health_by_segment: {}", &part, 1);
        let model = Model::parse(&text).unwrap();
        let (smb, common) = (model.health_of(Segment::Smb), model.health_of(Segment::Enterprise));
        assert_eq!(common, &Model::default().health);
        assert_eq!((smb.metrics.p1.window_days, common.metrics.p1.window_days), (14, 7));
        assert_eq!(smb.metrics.s2.sla_hours[3].to_bits(), 4.0_f64.to_bits());
        assert_eq!(smb.metrics.p2, common.metrics.p2);
        let weight = |health: &HealthModel| health.metric_weight(MetricId::R1).to_bits();
        assert_eq!((weight(smb), weight(common)), (0.0_f64.to_bits(), 1.0_f64.to_bits()));

        let bad = text.replacen("window_days: 14 }, S2", "window_days: 999 }, S2", 1);
        let found = Model::parse(&bad).unwrap_err().to_string();
        assert!(found.contains("health_by_segment.smb.metrics.P1.window_days: must"), "{found}");
        let line = bad[..bad.find("window_days: 999 }, S2").unwrap()].matches('\n').count() + 1;
        assert!(found.starts_with(&format!("line {line}, ")), "{found}");
        let found = Model::parse(&text.replacen("R1: 0", "R9: 0", 1)).unwrap_err().to_string();
        assert!(found.contains("health_by_segment.smb: unknown variant `R9`"), "{found}");
    }

    #[test]
    fn segments_go_by_word_then_flag_then_arr_then_seats() {
        let model = Model::default();
        let arr = |cents, currency: Option<&str>| Said {
            arr_cents: Some(cents),
            currency: currency.map(Into::into),
            seats: Some(1000),
            ..Said::default()
        };
        let seats = |seats| Said { seats: Some(seats), ..Said::default() };
        for (said, segment) in [
            (arr(10_000_001, None), Segment::Enterprise),
            (arr(10_000_000, Some("USD")), Segment::MidMarket),
            (arr(10_000_000, Some("EUR")), Segment::Enterprise),
            (arr(10_000_000, Some("XXX")), Segment::MidMarket),
            (arr(2_500_000, None), Segment::MidMarket),
            (arr(2_499_999, None), Segment::Smb),
            (seats(501), Segment::Enterprise),
            (seats(500), Segment::MidMarket),
            (seats(49), Segment::Smb),
            (Said::default(), Segment::MidMarket),
            (Said { is_strategic: true, ..arr(1, None) }, Segment::Strategic),
            (
                Said { segment: Some(Segment::Smb), is_strategic: true, ..Said::default() },
                Segment::Smb,
            ),
        ] {
            assert_eq!(model.segment(Some(&said)), segment, "{said:?}");
        }
        assert_eq!(model.segment(None), Segment::MidMarket);
    }
}
