//! The churn part of a record: what speaks for leaving, how loudly, and the facts behind it.
//!
//! The probability is computed in `assess/churn.rs`, the facts by the facets' signals.

use std::collections::BTreeMap;

use compact_str::CompactString;

use super::Situation;
use crate::engine::assess::churn::{self, Term};
use crate::engine::output::health::{ContributionFacts, FactValue};
use crate::engine::signal::{Observation, Observed, SIGNALS, SignalId};

/// A signal is kept in so many steps: ten of them are worth a record by default.
const STEPS: f64 = 200.0;

/// How strongly each signal is given; those that exist.
pub(super) fn signals(situation: &Situation<'_>) -> BTreeMap<CompactString, f64> {
    let given = SignalId::ALL.into_iter().filter_map(|signal| {
        let x = situation.assessment.churn.signal(signal)?;
        Some((CompactString::const_new(signal.name()), x))
    });
    given.collect()
}

/// What each term adds to the log-odds, by size.
pub(super) fn contributions(situation: &Situation<'_>) -> Vec<(CompactString, f64)> {
    let all = situation.assessment.churn.contributions.iter();
    all.map(|(term, said)| (CompactString::const_new(term.name()), *said)).collect()
}

/// The facts that fed each contribution.
pub(super) fn contribution_facts(
    situation: &Situation<'_>,
) -> BTreeMap<CompactString, ContributionFacts> {
    let all = situation.assessment.churn.contributions.iter();
    all.map(|(term, said)| {
        let facts = facts(situation, *term);
        (CompactString::const_new(term.name()), ContributionFacts { odds: said.exp(), ..facts })
    })
    .collect()
}

fn facts(situation: &Situation<'_>, term: Term) -> ContributionFacts {
    let Situation { model, fleet, account, assessment, now, .. } = *situation;
    let model = model.of(assessment.segment);
    let (tier, observations) = match term {
        Term::Health => {
            let health = Observation::number("health_score", assessment.health_score);
            let confidence = Observation::number("confidence", assessment.confidence);
            (None, [health, confidence].into_iter().collect())
        }
        Term::Signal(signal) => {
            let tier = model.churn.signals.tier(signal);
            let observed = churn::observed(model, &fleet.silences, account, signal, now);
            (Some(CompactString::const_new(tier.name())), observed)
        }
    };
    let facts = observations.iter().map(|observation| {
        let value = match observation.value {
            Observed::Number(number) => FactValue::Number(number),
            Observed::Count(count) => FactValue::Count(count),
            Observed::At(at) => FactValue::At(at),
        };
        (CompactString::const_new(observation.name), value)
    });
    ContributionFacts { odds: 1.0, tier, facts: facts.collect() }
}

/// The signals in steps of 1/200; what does not exist counts as 0.
pub(super) fn steps(signals: &[Option<f64>; SIGNALS]) -> [u8; SIGNALS] {
    signals.map(|x| (x.unwrap_or(0.0).clamp(0.0, 1.0) * STEPS).round() as u8)
}

/// How far the signal moved that moved most, 0 to 1.
pub(super) fn largest_move(from: &[u8; SIGNALS], to: &[u8; SIGNALS]) -> f64 {
    let moved = from.iter().zip(to).map(|(from, to)| from.abs_diff(*to)).max();
    f64::from(moved.unwrap_or(0)) / STEPS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_that_comes_or_goes_has_moved_from_or_to_0() {
        let mut signals = [None; SIGNALS];
        let none = steps(&signals);
        signals[3] = Some(0.05);
        let little = steps(&signals);
        assert!(largest_move(&none, &little) >= 0.05 && largest_move(&little, &none) >= 0.05);
        signals[3] = Some(0.04);
        assert!(largest_move(&none, &steps(&signals)) < 0.05);
        signals[3] = Some(0.0);
        assert!(largest_move(&none, &steps(&signals)) <= 0.0);
        signals[3] = Some(1.0);
        assert!(largest_move(&little, &steps(&signals)) >= 0.95);
    }
}
