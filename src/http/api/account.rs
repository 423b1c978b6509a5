//! `/accounts/{id}` and what is below it, commands excepted (`commands.rs`).
//!
//! Records are passed on as they were published; nothing is computed here.

use compact_str::CompactString;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

use super::answer::{self, Published};
use super::call::Call;
use super::endpoint::{Answer, Endpoint, Outcome, schema_of};
use crate::engine::model::churn::ChurnBand;
use crate::engine::model::health::HealthBand;
use crate::engine::output::AccountId;
use crate::engine::output::health::{
    AccountHealth, Cause, ContributionFacts, OverrideFigures, Step,
};
use crate::engine::output::work::AccountWork;
use crate::engine::time::Timestamp;
use crate::view::timeline::Moment;

/// The rows of this file.
pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::get(
        "/accounts/{id}",
        "getAccount",
        "One account: its assessment, and what is open there",
        Answer::json("The records as they were published.", schema_of::<AccountDetail>),
        detail,
    ),
    Endpoint::get(
        "/accounts/{id}/timeline",
        "getAccountTimeline",
        "What happened at an account lately",
        Answer::json("At most 40 moments, the newest first.", schema_of::<Timeline<'_>>),
        timeline,
    ),
    Endpoint::get(
        "/accounts/{id}/explanation",
        "getAccountExplanation",
        "Why the scores of an account are what they are",
        Answer::json("The published parts that add up to the scores.", schema_of::<Explanation>),
        explanation,
    ),
    Endpoint::get(
        "/accounts/{id}/history",
        "getAccountHistory",
        "Health and churn probability of an account by day",
        Answer::json("At most 90 days, the oldest first.", schema_of::<History>),
        history,
    ),
];

/// An account, as it was published.
#[derive(Serialize, JsonSchema)]
struct AccountDetail {
    /// Its assessment, as on `cs.account-health`.
    health: Published<AccountHealth>,
    /// What is open there and what was done, as on `cs.account-work`; null before its first record.
    work: Option<Published<AccountWork>>,
}

/// What happened at an account.
#[derive(Serialize, JsonSchema)]
struct Timeline<'a> {
    /// Which account.
    #[schemars(with = "String")]
    account_id: &'a AccountId,
    /// What happened, the newest first.
    #[schemars(with = "Vec<Moment>")]
    items: Vec<&'a Moment>,
}

/// Why the scores of an account are what they are.
#[derive(Serialize, JsonSchema)]
struct Explanation {
    /// Which account.
    #[schemars(with = "String")]
    account_id: AccountId,
    /// As of when.
    at: Timestamp,
    /// The model that the scores were computed with.
    #[schemars(with = "String")]
    model_version: CompactString,
    /// Computed health, 0 to 100.
    health_score: f64,
    /// Its band, undamped.
    health_band: HealthBand,
    /// What is shown.
    displayed_health_score: f64,
    /// Its band, damped.
    displayed_health_band: HealthBand,
    /// What a person says the health is, while that is in force.
    #[serde(rename = "override")]
    health_override: Option<OverrideFigures>,
    /// True when nothing at all is known and the score is the neutral one.
    no_data: bool,
    /// Share of the picture that is known, 0 to 1.
    confidence: f64,
    /// Scores of the components that exist.
    #[schemars(with = "BTreeMap<String, f64>")]
    components: BTreeMap<CompactString, f64>,
    /// The metrics that exist: what they are and what they bring.
    metrics: Vec<MetricShare>,
    /// Why health changed since the publication before.
    cause: Cause,
    /// What would reach the next band.
    to_next_band: Vec<Step>,
    /// P(churn within 90 days).
    churn_probability: f64,
    /// Its band.
    churn_band: ChurnBand,
    /// The log-odds of the prior, to which the contributions add.
    base: f64,
    /// What health and each signal add, by size.
    contributions: Vec<Contribution>,
    /// Topics whose feed stopped: what they feed is as of their last record.
    #[schemars(with = "Vec<String>")]
    stale: Vec<CompactString>,
}

/// A metric and what it brings.
#[derive(Serialize, JsonSchema)]
struct MetricShare {
    /// Which metric.
    #[schemars(with = "String")]
    metric: CompactString,
    /// Its score, 0 to 100.
    score: f64,
    /// The points of health that it brings; null when nothing is known.
    points: Option<f64>,
}

/// What something adds to the probability of leaving.
#[derive(Serialize, JsonSchema)]
struct Contribution {
    /// `health`, or the signal.
    #[schemars(with = "String")]
    term: CompactString,
    /// What it adds to the log-odds.
    log_odds: f64,
    /// What it was computed from.
    facts: Option<ContributionFacts>,
}

/// Scores by day.
#[derive(Serialize, JsonSchema)]
struct History {
    /// Which account.
    #[schemars(with = "String")]
    account_id: AccountId,
    /// The days, the oldest first.
    items: Vec<HistoryDay>,
}

/// The scores of a day, as last published on it.
#[derive(Serialize, JsonSchema)]
struct HistoryDay {
    /// Which day (UTC), as `2026-01-31`.
    #[schemars(with = "String")]
    day: CompactString,
    /// Displayed health.
    health: f64,
    /// P(churn within 90 days).
    churn_probability: f64,
}

fn detail(call: &Call) -> Outcome {
    let account = call.account()?;
    let work = account.work.as_ref().map(|work| Published::new(work.json())).transpose()?;
    let health = Published::new(account.health.json())?;
    answer::of_record(call, &AccountDetail { health, work })
}

fn timeline(call: &Call) -> Outcome {
    let account = call.account()?;
    let items = account.timeline.iter().rev().collect();
    answer::of_record(call, &Timeline { account_id: account.id(), items })
}

fn explanation(call: &Call) -> Outcome {
    answer::of_record(call, &Explanation::new(call.account()?.health.record()))
}

fn history(call: &Call) -> Outcome {
    let health = call.account()?.health.record();
    let days = health.trend.into_iter();
    let items = days.map(|it| HistoryDay { day: it.0, health: it.1, churn_probability: it.2 });
    answer::of_record(call, &History { account_id: health.account_id, items: items.collect() })
}

impl Explanation {
    fn new(health: AccountHealth) -> Self {
        let AccountHealth { mut contribution_facts, metric_contributions, .. } = health;
        let share = |(metric, score)| {
            let points = metric_contributions.get(&metric).copied();
            MetricShare { metric, score, points }
        };
        let contribution = |(term, log_odds)| {
            let facts = contribution_facts.remove(&term);
            Contribution { term, log_odds, facts }
        };
        let stale = health.freshness.into_iter().filter(|(_, feed)| feed.stale);
        Self {
            account_id: health.account_id,
            at: health.at,
            model_version: health.model_version,
            health_score: health.health_score,
            health_band: health.health_band,
            displayed_health_score: health.displayed_health_score,
            displayed_health_band: health.displayed_health_band,
            health_override: health.health_override,
            no_data: health.no_data,
            confidence: health.confidence,
            components: health.components,
            metrics: health.metrics.into_iter().map(share).collect(),
            cause: health.cause,
            to_next_band: health.to_next_band,
            churn_probability: health.churn_probability,
            churn_band: health.churn_band,
            base: health.base,
            contributions: health.contributions.into_iter().map(contribution).collect(),
            stale: stale.map(|(topic, _)| topic).collect(),
        }
    }
}
