//! How likely an account is to leave within 90 days, and what says so (`scoring.md` §4).
//!
//! Signals are computed by the facets (`account/*/signals.rs`); the numbers stand in
//! `model/churn.rs`.

use std::cmp::Ordering;

use smallvec::SmallVec;

use super::round_half_up;
use crate::engine::account::Account;
use crate::engine::account::profile::Segment;
use crate::engine::model::by_segment::SegmentModel;
use crate::engine::model::churn::{ChurnBand, ChurnModel, ContractPosition};
use crate::engine::signal::{CATALOGUE, Case, Observations, SIGNALS, SignalId};
use crate::engine::silence::Silences;
use crate::engine::time::Timestamp;

/// How likely an account is to leave within 90 days, and what says so.
#[derive(Clone, Debug, PartialEq)]
pub struct Churn {
    /// How strongly each signal is given, 0 to 1; see [`Churn::signal`].
    pub signals: [Option<f64>; SIGNALS],
    /// P(churn within 90 days), rounded to 4 decimals.
    pub probability: f64,
    /// The band of `probability`.
    pub band: ChurnBand,
    /// The risk at the next renewal, whenever that is, rounded to 4 decimals.
    pub renewal_risk: f64,
    /// The log-odds of the probability: `base` and `contributions` together.
    pub logit: f64,
    /// What health and signals say together, in log-odds, before calibration.
    pub evidence: f64,
    /// What is known without evidence, in log-odds.
    pub base: f64,
    /// What health and each given signal add to the log-odds, by size, then by name.
    pub contributions: Contributions,
    /// Where the account stands in its contract.
    pub position: ContractPosition,
}

/// What each term adds to the log-odds.
pub type Contributions = SmallVec<[(Term, f64); SIGNALS + 1]>;

/// What may speak for or against churn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Term {
    /// The health score, as far as confidence goes.
    Health,
    /// A signal.
    Signal(SignalId),
}

/// What signals are weighed beside.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Circumstances {
    /// Which kind of account it is.
    pub segment: Segment,
    /// Where it stands in its contract.
    pub position: ContractPosition,
    /// Health, rounded to 1 decimal.
    pub health_score: f64,
    /// How much of the picture is known: 0 to 1, rounded to 3 decimals.
    pub confidence: f64,
}

impl Term {
    /// The name as published.
    pub const fn name(self) -> &'static str {
        match self {
            Term::Health => "health",
            Term::Signal(signal) => signal.name(),
        }
    }
}

impl Churn {
    /// How strongly a signal is given, unless it does not exist.
    pub const fn signal(&self, signal: SignalId) -> Option<f64> {
        self.signals[signal.index()]
    }

    /// What follows from signals.
    pub fn weigh(
        model: &ChurnModel,
        circumstances: &Circumstances,
        signals: [Option<f64>; SIGNALS],
    ) -> Self {
        let Circumstances { segment, position, health_score, confidence } = *circumstances;
        let mut contributions = said_by_signals(model, &signals);
        let health = said_by_health(model, health_score, confidence);
        contributions.push((Term::Health, health));
        let all: f64 = contributions.iter().map(|(_, said)| said).sum();
        let (a, b) = (model.calibration.a, model.calibration.b);
        let counting = match position {
            ContractPosition::OffCycle => model.off_cycle_share,
            _ => 1.0,
        };
        for (_, said) in &mut contributions {
            *said *= counting * b;
        }
        contributions.sort_unstable_by(|(a, said_a), (b, said_b)| {
            by_size(said_a.abs(), said_b.abs()).then_with(|| a.name().cmp(b.name()))
        });
        let evidence = counting * all;
        let base = log_odds(model.prior.of(position, segment)) + a;
        let logit = base + b * evidence;
        let at_renewal = match position {
            ContractPosition::Monthly => ContractPosition::Monthly,
            _ => ContractPosition::Renewal,
        };
        let renewal_logit = log_odds(model.prior.of(at_renewal, segment)) + a + b * all;
        let probability = round_half_up(probability(logit), 4);
        Self {
            signals,
            probability,
            band: model.band(probability),
            renewal_risk: round_half_up(self::probability(renewal_logit), 4),
            logit,
            evidence,
            base,
            contributions,
            position,
        }
    }
}

/// What a signal was computed from; nothing where it does not exist.
pub fn observed(
    model: &SegmentModel,
    silences: &Silences,
    account: &Account,
    signal: SignalId,
    now: Timestamp,
) -> Observations {
    let row = signal.row();
    if row.topic.is_some_and(|topic| !account.feed(topic).is_live()) {
        return Observations::new();
    }
    let case = Case { as_of: silences.as_of_all(signal.feeds(), now), ..case(model, account, now) };
    (row.observed)(&case)
}

/// The signals of an account, each as of the last record of a feed that stopped.
pub(super) fn signals(
    model: &SegmentModel,
    silences: &Silences,
    account: &Account,
    now: Timestamp,
) -> (ContractPosition, [Option<f64>; SIGNALS]) {
    let mut case = case(model, account, now);
    let mut signals = [None; SIGNALS];
    for row in CATALOGUE.iter().copied().flatten() {
        if row.topic.is_none_or(|topic| account.feed(topic).is_live()) {
            case.as_of = silences.as_of_all(row.id.feeds(), now);
            signals[row.id.index()] = (row.x)(&case);
        }
    }
    (case.position, signals)
}

fn case<'a>(model: &'a SegmentModel, account: &'a Account, now: Timestamp) -> Case<'a> {
    let position = model.churn.position.of(account, now);
    Case { account, health: &model.health, churn: &model.churn, position, as_of: now }
}

/// What each given signal says, the loudest first: they overlap, so each counts less than the one
/// before it.
fn said_by_signals(model: &ChurnModel, signals: &[Option<f64>; SIGNALS]) -> Contributions {
    let mut said = Contributions::new();
    for (id, x) in SignalId::ALL.into_iter().zip(signals) {
        if let Some(x) = x.filter(|x| *x > 0.0) {
            said.push((Term::Signal(id), model.weight(model.signals.tier(id)) * x));
        }
    }
    said.sort_unstable_by(|(a, said_a), (b, said_b)| {
        by_size(*said_a, *said_b).then_with(|| a.name().cmp(b.name()))
    });
    let mut counting = 1.0;
    for (_, said) in &mut said {
        *said *= counting;
        counting *= model.damping;
    }
    said
}

/// What health says, as far as confidence goes.
fn said_by_health(model: &ChurnModel, health_score: f64, confidence: f64) -> f64 {
    let term = &model.health;
    let doublings = (term.neutral - health_score) / term.points_per_doubling;
    let doublings = doublings.clamp(-term.doublings_max, term.doublings_max);
    // Adding 0 makes -0, which health above neutral without confidence gives, 0.
    std::f64::consts::LN_2 * doublings * confidence + 0.0
}

/// The larger first.
fn by_size(a: f64, b: f64) -> Ordering {
    b.total_cmp(&a)
}

fn log_odds(probability: f64) -> f64 {
    (probability / (1.0 - probability)).ln()
}

fn probability(log_odds: f64) -> f64 {
    1.0 / (1.0 + (-log_odds).exp())
}
