//! Sums that can be taken back: counts, revenue, health and values in order.
//!
//! All are integers, so that what was added and taken away again leaves no trace. What is summed is
//! said in `portfolio.rs`, `work.rs`, `outcomes.rs` and `parents.rs`.

use std::collections::BTreeMap;

use compact_str::CompactString;
use schemars::JsonSchema;
use serde::Serialize;

use super::share::Standing;
use crate::engine::output::work::NpsFigures;

/// A figure that is a mean, a ratio or a median, with what it is of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Figure {
    /// The figure; null where it is undefined, as of nothing.
    pub value: Option<f64>,
    /// Of how many: accounts, answers, renewals, steps.
    pub n: u64,
}

/// How many accounts, and their revenue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Tally {
    /// How many accounts, those without known revenue included.
    pub accounts: u64,
    /// Their annual recurring revenue, in cents of the reporting currency.
    pub arr_cents: i64,
}

/// Annual recurring revenue.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Arr {
    /// In cents of `currency`.
    pub cents: i64,
    /// ISO 4217 code of the reporting currency; null while no revenue is known. While a model with
    /// another one spreads, the one that most accounts are in.
    pub currency: Option<String>,
    /// How many accounts' revenue is known.
    pub accounts: u64,
    /// How many accounts' revenue is not: they add nothing.
    pub accounts_without: u64,
}

/// A number of accounts and their revenue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sum {
    n: i64,
    arr: i128,
}

/// Revenue and its currency.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ArrSum {
    cents: i128,
    known: i64,
    unknown: i64,
    currencies: BTreeMap<CompactString, i64>,
}

/// Health in thousandths of a point, plain and times revenue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct HealthSum {
    n: i64,
    milli: i64,
    n_weighted: i64,
    weight: i128,
    weighted: i128,
}

/// Answers to surveys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct AnswerSum {
    promoters: i64,
    passives: i64,
    detractors: i64,
}

/// Values in order, each as often as it was added.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Multiset {
    counts: BTreeMap<u32, u32>,
    n: u64,
}

impl Figure {
    /// `part` of `whole`; undefined when the whole is not more than 0.
    pub(super) fn ratio(part: i128, whole: i128, n: i64) -> Self {
        Self { value: (whole > 0).then(|| part as f64 / whole as f64), n: count(n) }
    }

    /// The same times `factor`.
    pub(super) fn times(self, factor: f64) -> Self {
        Self { value: self.value.map(|value| value * factor), n: self.n }
    }
}

impl Sum {
    pub(super) fn change(&mut self, sign: i64, standing: &Standing) {
        self.n += sign;
        self.arr += i128::from(sign) * i128::from(standing.arr_cents.unwrap_or(0));
    }

    pub(super) fn plus(self, other: Self) -> Self {
        Self { n: self.n + other.n, arr: self.arr + other.arr }
    }

    pub(super) fn tally(&self) -> Tally {
        Tally { accounts: count(self.n), arr_cents: saturated(self.arr) }
    }
}

impl ArrSum {
    pub(super) fn change(&mut self, sign: i64, standing: &Standing) {
        let Some(cents) = standing.arr_cents else {
            self.unknown += sign;
            return;
        };
        self.known += sign;
        self.cents += i128::from(sign) * i128::from(cents);
        if let Some(currency) = &standing.currency {
            change(&mut self.currencies, currency, |n| *n += sign);
        }
    }

    /// Revenue of all, and of how many.
    pub(super) fn known(&self) -> (i128, i64) {
        (self.cents, self.known)
    }

    pub(super) fn figures(&self) -> Arr {
        let currency = self.currencies.iter().max_by_key(|it| it.1);
        Arr {
            cents: saturated(self.cents),
            currency: currency.map(|it| it.0.to_string()),
            accounts: count(self.known),
            accounts_without: count(self.unknown),
        }
    }
}

impl HealthSum {
    pub(super) fn change(&mut self, sign: i64, standing: &Standing) {
        let Some((milli, _)) = standing.health else { return };
        self.n += sign;
        self.milli += sign * i64::from(milli);
        if let Some(cents) = standing.arr_cents {
            // A negative weight would make a healthy account lower the mean.
            let weight = i128::from(sign) * i128::from(cents.max(0));
            self.n_weighted += sign;
            self.weight += weight;
            self.weighted += weight * i128::from(milli);
        }
    }

    /// The mean, in points.
    pub(super) fn mean(&self) -> Figure {
        Figure::ratio(i128::from(self.milli), i128::from(self.n) * 1_000, self.n)
    }

    /// The mean by revenue, in points.
    pub(super) fn by_arr(&self) -> Figure {
        Figure::ratio(self.weighted, self.weight * 1_000, self.n_weighted)
    }
}

impl AnswerSum {
    pub(super) fn change(&mut self, sign: i64, nps: NpsFigures) {
        self.promoters += sign * i64::from(nps.promoters);
        self.passives += sign * i64::from(nps.passives);
        self.detractors += sign * i64::from(nps.detractors);
    }

    /// Promoters less detractors in a hundred answers.
    pub(super) fn nps(&self) -> Figure {
        let n = self.promoters + self.passives + self.detractors;
        Figure::ratio(i128::from(self.promoters - self.detractors), n.into(), n).times(100.0)
    }
}

impl Multiset {
    pub(super) fn change(&mut self, sign: i64, values: &[u32]) {
        for value in values {
            if sign > 0 {
                *self.counts.entry(*value).or_default() += 1;
                self.n += 1;
            } else if let Some(held) = self.counts.get_mut(value) {
                *held -= 1;
                self.n -= 1;
                if *held == 0 {
                    self.counts.remove(value);
                }
            }
        }
    }

    /// How many values.
    pub(super) const fn len(&self) -> u64 {
        self.n
    }

    /// The least value that so many of a hundred do not exceed (nearest rank).
    pub(super) fn percentile(&self, percent: u64) -> Option<u32> {
        let rank = (self.n * percent).div_ceil(100).max(1);
        let mut passed = 0;
        let at = self.counts.iter().find(|(_, n)| {
            passed += u64::from(**n);
            passed >= rank
        });
        at.map(|(value, _)| *value)
    }

    /// The median in days, of values in seconds.
    pub(super) fn median_days(&self) -> Figure {
        let days = self.percentile(50).map(|secs| f64::from(secs) / 86_400.0);
        Figure { value: days, n: self.n }
    }
}

/// Changes what is held of `key`, and forgets it when nothing is left.
pub(super) fn change<K: Clone + Ord, V: Default + PartialEq>(
    held: &mut BTreeMap<K, V>,
    key: &K,
    how: impl FnOnce(&mut V),
) {
    let value = held.entry(key.clone()).or_default();
    how(value);
    if *value == V::default() {
        held.remove(key);
    }
}

/// A count as published.
pub(super) fn count(n: i64) -> u64 {
    u64::try_from(n).unwrap_or(0)
}

/// An amount as published: the largest that fits when it does not.
pub(super) fn saturated(cents: i128) -> i64 {
    i64::try_from(cents).unwrap_or(if cents < 0 { i64::MIN } else { i64::MAX })
}
