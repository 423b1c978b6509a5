//! The model file: everything that is believed about customers and not about computers.
//!
//! Brokers, addresses and limits of the service belong to `config.rs`.
//!
//! A file is read in four steps, and everything that is wrong is said at once: text → tree of
//! values with their places (`tree.rs`) → held against the JSON Schema of the types (`form.rs`) →
//! types, by serde → what a well-formed model may still get wrong (`check`).
//!
//! To add a section or a number:
//!
//! - The types derive `Deserialize` and `JsonSchema`. Their documentation is what editors show. A
//!   key of an `Option` or with `#[serde(default)]` may be left out, all others must be there, and
//!   a key that no field has is an error without `deny_unknown_fields`.
//! - Bounds stand at the field: `#[schemars(range(min = 0, max = 1))]`, `length(min = 1)`,
//!   `inner(range(…))` for each of a list, `schema::number` for each of a map.
//! - A curve is `Anchors` to 100 or `Anchors<1>` to 1. A map with a key for each of some names
//!   (`ComponentWeights`) takes its schema from `schema::each_of`. A `CompactString` says
//!   `#[schemars(with = "String")]`.
//! - What no attribute can say (green above yellow, a name that must exist) goes to
//!   `fn check(&self, problems: &mut Problems)` of the section.
//! - A section about customers is a field of `SegmentModel` and a line in its `check`: then it may
//!   differ by segment too. Any other is a field of [`Model`] and a line in its `check`.
//! - `UPDATE_DOCS=1 cargo test --test model` writes `schemas/model.schema.json` anew.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::account::profile::{Said, Segment};
use super::event::EventBody;
use super::id::name_hash;
use super::text::{self, Labels};
use by_segment::{BySegment, SegmentModel};
use condition::read::Names;
use fleet::{FleetDropRule, PeersRule, SilenceRule};
use offer::{Feature, LicenceRule, MeterRule, Offer, SurveyRule, UsageMilestone};
use problems::{ModelErrors, Problems};
use rules::{Alerts, Publication};
use terms::TextModel;
use tree::Tree;

pub mod anchors;
pub mod by_segment;
pub mod calendar;
pub mod churn;
pub mod condition;
pub mod csm;
pub mod differences;
pub mod fleet;
mod form;
pub mod health;
pub mod lifecycle;
pub mod movable;
pub mod offer;
pub mod playbooks;
pub mod problems;
pub mod rules;
pub mod schema;
pub mod signals;
pub mod terms;
pub mod tree;
mod wording;

/// The model that ships.
pub const DEFAULT_TEXT: &str = include_str!("../../../config/model.yaml");

/// A model file, read and checked.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct Model {
    /// Names this model in outputs: as given in the file, else made from its text.
    pub version: Option<String>,
    /// What money is worth.
    pub currencies: Currencies,
    /// The bounds of the segments.
    pub segments: Segments,
    /// The feature catalogue.
    pub features: Vec<Feature>,
    /// What can be bought.
    pub offer: Offer,
    /// When a meter of the plan is near its limit.
    pub meters: MeterRule,
    /// Milestones of use.
    pub usage_milestones: Vec<UsageMilestone>,
    /// Whom to ask.
    pub surveys: SurveyRule,
    /// When an account has far more licences than users.
    pub licences: LicenceRule,
    /// What is believed about customers, for each segment; see `of`.
    #[serde(flatten)]
    by_segment: BySegment,
    /// When a feed counts as stopped.
    pub silence: SilenceRule,
    /// When many accounts use the product less all at once.
    pub fleet_drop: FleetDropRule,
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
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct Currencies {
    /// The currency of all bounds and sums, as an ISO 4217 code.
    pub reporting: String,
    /// What one unit of another is worth in it; one that is not listed counts 1:1.
    #[schemars(extend("additionalProperties" = schema::number(1e-9, 1e9)))]
    pub rates: BTreeMap<String, f64>,
}

/// The bounds of the segments, in whole units of the reporting currency and in seats.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct Segments {
    /// More ARR than this is enterprise.
    #[schemars(range(min = 0, max = 1e15))]
    pub enterprise_above_arr: f64,
    /// From this ARR on it is mid-market.
    #[schemars(range(min = 0, max = 1e15))]
    pub mid_market_from_arr: f64,
    /// More seats than this are enterprise, where ARR is not known.
    pub enterprise_above_seats: u32,
    /// From so many seats on it is mid-market, where ARR is not known.
    pub mid_market_from_seats: u32,
}

impl Model {
    /// Reads a model file.
    ///
    /// # Errors
    /// Everything that is wrong with it, with line, column and path; the first thing only where it
    /// is no YAML.
    pub fn parse(text: &str) -> Result<Self, ModelErrors> {
        let tree = Tree::read(text)?;
        let mut problems = Problems::default();
        let value = form::read(schema::of_model(), &tree, &mut problems);
        let model = serde_json::from_value::<Self>(value);
        match &model {
            Ok(model) => model.check(&mut problems),
            // Of another form than its schema says: nothing else would tell.
            Err(error) if problems.is_empty() => problems.say(&[], error.to_string()),
            Err(_) => {}
        }
        problems.into_result(&tree)?;
        let mut model = model.map_err(|error| ModelErrors::unreadable(error.to_string()))?;
        let core = model.features.iter().filter(|feature| feature.core);
        let mut core: Vec<u64> = core.map(|feature| name_hash(&feature.name)).collect();
        core.sort_unstable();
        core.dedup();
        for sections in model.by_segment.iter_mut() {
            sections.health.core_features.clone_from(&core);
            sections.health.position = sections.churn.position;
            sections.playbooks.prepare();
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

    /// What is believed about the customers of a segment.
    pub fn of(&self, segment: Segment) -> &SegmentModel {
        self.by_segment.of(segment)
    }

    /// What is found in the text of an event; [`Labels::NONE`] when it has none.
    pub fn labels(&self, body: &EventBody<'_>) -> Labels {
        text::of_event(body).map_or(Labels::NONE, |text| self.texts.labels(&text))
    }

    /// The segments for which something differs.
    pub fn changed_segments(&self) -> impl Iterator<Item = Segment> {
        self.by_segment.changed()
    }

    /// An account's ARR in whole units of the reporting currency.
    pub fn arr(&self, said: &Said) -> Option<f64> {
        let rate = said.currency.as_deref().and_then(|code| self.currencies.rates.get(code));
        Some(said.arr_cents? as f64 / 100.0 * rate.copied().unwrap_or(1.0))
    }

    /// The same in cents.
    pub fn arr_reporting_cents(&self, said: &Said) -> Option<i64> {
        self.arr(said).map(|arr| (arr * 100.0).round() as i64)
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
        let bounds = &self.segments;
        if bounds.enterprise_above_arr < bounds.mid_market_from_arr {
            let problem = "must not be less than mid_market_from_arr";
            problems.say(&["segments", "enterprise_above_arr"], problem);
        }
        if bounds.enterprise_above_seats < bounds.mid_market_from_seats {
            let problem = "must not be less than mid_market_from_seats";
            problems.say(&["segments", "enterprise_above_seats"], problem);
        }
        let rules: Vec<&str> = self.alerts.rules.iter().map(|rule| rule.id.as_str()).collect();
        self.check_offer(problems);
        self.by_segment.check(&rules, problems);
        self.texts.check(problems);
        let playbooks = self.by_segment.playbook_ids();
        let names = Names { rules: &rules, playbooks: &playbooks };
        self.alerts.check(&names, problems);
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
