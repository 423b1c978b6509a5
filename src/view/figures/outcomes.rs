//! Outcomes: whether accounts stay, grow, and say that it was worth it.
//!
//! The year is the 365 days until today. Accounts that left count here, that is what retention is
//! about. The targets stand in `definitions.rs`; what was done for accounts is `work.rs`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::definitions::{DEFINITIONS, Target};
use super::portfolio::PortfolioFold;
use super::share::{Done, Share, Year};
use super::sums::{AnswerSum, Figure, Multiset, change, count};
use crate::engine::time::Day;

/// Why nobody can say yet how good the predictions were.
const NOT_YET: &str = "not yet: predictions must first be held against what came of them";

/// Whether accounts stay, grow, and say that it was worth it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Outcomes {
    /// Promoters less detractors in a hundred answers, −100 to 100; over the last answer of each
    /// respondent in 90 days, which `n` counts.
    pub nps: Figure,
    /// The same at each month end since the same day of the year before, oldest first; those with
    /// answers only. An account's answers are counted in its daily look after that day.
    pub nps_trend: Vec<NpsPoint>,
    /// Revenue of a year ago that is left, 0 to 1, without what came in addition. Over accounts
    /// that paid at the last month end that lies a year back; one that left since has 0 now.
    /// Younger accounts, those whose revenue was not noted then (the feed was not read yet), and
    /// those whose revenue is not known now, are left out.
    pub gross_retention: Figure,
    /// The same with what came in addition: may be more than 1.
    pub net_retention: Figure,
    /// Gross retention over the renewals that were due within the year and are decided, lost ones
    /// included; converted at the account's present rate, left out without one. `n` counts
    /// renewals.
    pub gross_retention_due: Figure,
    /// Net retention over the same renewals.
    pub net_retention_due: Figure,
    /// Renewals with a higher revenue than before, of those made within the year, 0 to 1. A lost
    /// one is no renewal.
    pub expansion_rate: Figure,
    /// Median days from the first touch about a renewal to the renewal, of those within the year.
    pub renewal_cycle_days: Figure,
    /// Median days from the beginning of an account to its first value, of those that began
    /// within the year and reached it; 0 when it came before.
    pub time_to_value_days: Figure,
    /// What an account brings in its life, in cents of the reporting currency: mean revenue over
    /// the share of revenue lost in a year (1 − gross retention). Null when nothing was lost.
    /// `n` counts the accounts of the mean.
    pub lifetime_value_cents: Figure,
    /// Accounts that somebody looks after and of which something is known, 0 to 1.
    pub coverage: Figure,
    /// How often the churn prediction was right.
    pub churn_accuracy: Accuracy,
    /// The figures that have a target, in the order of their definitions.
    pub goals: Vec<Goal>,
}

/// NPS when a month ended.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct NpsPoint {
    /// The last day of the month (`2026-01-31`).
    pub day: String,
    /// −100 to 100.
    pub value: f64,
    /// Of how many answers.
    pub n: u64,
}

/// How often the churn prediction was right.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Accuracy {
    /// 0 to 1; null while it is not known.
    pub value: Option<f64>,
    /// Why it is not known.
    pub reason: Option<&'static str>,
}

/// A figure and its target.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Goal {
    /// Which figure.
    pub figure: &'static str,
    /// The figure, in its unit; null where it is undefined.
    pub value: Option<f64>,
    /// Of how many.
    pub n: u64,
    /// The target.
    pub target: Target,
    /// Whether it is reached; null where the figure is undefined.
    pub met: Option<bool>,
}

/// What the figures are made of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct OutcomesFold {
    answers: AnswerSum,
    answers_at: BTreeMap<Day, AnswerSum>,
    year: Retention,
    due: Retention,
    renewed: i64,
    expanded: i64,
    cycle_secs: Multiset,
    first_value_secs: Multiset,
    covered: i64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Retention {
    n: i64,
    before: i128,
    kept: i128,
    after: i128,
}

impl Default for Accuracy {
    fn default() -> Self {
        Self { value: None, reason: Some(NOT_YET) }
    }
}

impl OutcomesFold {
    pub(super) fn change(&mut self, sign: i64, share: &Share) {
        let Share { standing, done: Done { nps, .. }, year, .. } = share;
        self.answers.change(sign, *nps);
        for (end, nps) in &year.nps_month_ends {
            change(&mut self.answers_at, end, |answers| answers.change(sign, *nps));
        }
        if let Some((then, now)) = year.arr {
            self.year.change(sign, 1, [then, then.min(now), now]);
        }
        let Year { due, .. } = year;
        self.due.change(sign, i64::from(due.n), [due.before, due.kept, due.after]);
        self.renewed += sign * i64::from(year.renewed);
        self.expanded += sign * i64::from(year.expanded);
        self.cycle_secs.change(sign, &year.cycle_secs);
        self.first_value_secs.change(sign, year.first_value_secs.as_slice());
        let is_covered = standing.as_ref().is_some_and(|it| it.is_covered);
        self.covered += sign * i64::from(is_covered);
    }

    pub(super) fn figures(&self, portfolio: &PortfolioFold) -> Outcomes {
        let (renewed, accounts) = (self.renewed, portfolio.accounts());
        let mut outcomes = Outcomes {
            nps: self.answers.nps(),
            nps_trend: self.nps_trend(),
            gross_retention: self.year.gross(),
            net_retention: self.year.net(),
            gross_retention_due: self.due.gross(),
            net_retention_due: self.due.net(),
            expansion_rate: Figure::ratio(self.expanded.into(), renewed.into(), renewed),
            renewal_cycle_days: self.cycle_secs.median_days(),
            time_to_value_days: self.first_value_secs.median_days(),
            lifetime_value_cents: self.lifetime_value(portfolio),
            coverage: Figure::ratio(self.covered.into(), accounts.into(), accounts),
            churn_accuracy: Accuracy::default(),
            goals: Vec::new(),
        };
        outcomes.goals = outcomes.goals();
        outcomes
    }

    fn nps_trend(&self) -> Vec<NpsPoint> {
        let points = self.answers_at.iter().filter_map(|(end, answers)| {
            let Figure { value, n } = answers.nps();
            Some(NpsPoint { day: end.to_string(), value: value?, n })
        });
        points.collect()
    }

    fn lifetime_value(&self, portfolio: &PortfolioFold) -> Figure {
        let (cents, accounts) = portfolio.arr.known();
        let lost = (self.year.before > self.year.kept)
            .then(|| (self.year.before - self.year.kept) as f64 / self.year.before as f64);
        let mean = (accounts > 0).then(|| cents as f64 / accounts as f64);
        Figure { value: mean.zip(lost).map(|(mean, lost)| mean / lost), n: count(accounts) }
    }
}

impl Retention {
    fn change(&mut self, sign: i64, n: i64, [before, kept, after]: [i64; 3]) {
        self.n += sign * n;
        self.before += i128::from(sign) * i128::from(before);
        self.kept += i128::from(sign) * i128::from(kept);
        self.after += i128::from(sign) * i128::from(after);
    }

    fn gross(&self) -> Figure {
        Figure::ratio(self.kept, self.before, self.n)
    }

    fn net(&self) -> Figure {
        Figure::ratio(self.after, self.before, self.n)
    }
}

impl Outcomes {
    fn goals(&self) -> Vec<Goal> {
        let goals = DEFINITIONS.iter().filter_map(|it| {
            let (target, Figure { value, n }) = (it.target?, self.figure(it.id)?);
            let met = value.map(|value| target.is_met(value));
            Some(Goal { figure: it.id, value, n, target, met })
        });
        goals.collect()
    }

    /// A figure by its id; nothing for one of another group.
    fn figure(&self, id: &str) -> Option<Figure> {
        match id {
            "nps" => Some(self.nps),
            "gross_retention" => Some(self.gross_retention),
            "net_retention" => Some(self.net_retention),
            "expansion_rate" => Some(self.expansion_rate),
            "renewal_cycle_days" => Some(self.renewal_cycle_days),
            "time_to_value_days" => Some(self.time_to_value_days),
            "coverage" => Some(self.coverage),
            "churn_accuracy" => Some(Figure { value: self.churn_accuracy.value, n: 0 }),
            _ => None,
        }
    }
}
