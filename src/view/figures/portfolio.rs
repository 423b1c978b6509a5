//! The portfolio: how many accounts there are, what they pay, and how they stand.
//!
//! An account that left does not count here, but for `left`. What was done for accounts is
//! `work.rs`, what came of it `outcomes.rs`.

use std::collections::BTreeMap;

use compact_str::CompactString;
use schemars::JsonSchema;
use serde::Serialize;

use super::share::{CAPACITY, Share, Standing, Term};
use super::sums::{Arr, ArrSum, Figure, HealthSum, Sum, Tally, change, count};
use crate::engine::account::profile::Segment;
use crate::engine::model::churn::ChurnBand;
use crate::engine::model::health::HealthBand;

/// How many accounts there are, what they pay, and how they stand.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Portfolio {
    /// Accounts that did not leave.
    pub accounts: u64,
    /// Accounts that left and are remembered.
    pub left: u64,
    /// Annual recurring revenue of the accounts.
    pub arr: Arr,
    /// Accounts by segment.
    pub by_segment: Segments,
    /// Mean of displayed health, in points, 0 to 100; over accounts of which something is known.
    pub health_mean: Figure,
    /// The same, each account by its revenue; over those whose revenue is known.
    pub health_by_arr: Figure,
    /// Accounts displayed green.
    pub healthy: Tally,
    /// Accounts displayed yellow.
    pub at_risk: Tally,
    /// Accounts displayed red.
    pub critical: Tally,
    /// Accounts of which nothing is known, and whose health nobody set: in no band.
    pub no_data: Tally,
    /// Accounts by how likely they are to leave within 90 days.
    pub churn_bands: ChurnBands,
    /// Accounts whose contract ends soon.
    pub renewals: Renewals,
    /// How much the customer-success managers have to look after.
    pub load: Load,
}

/// Accounts by segment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Segments {
    /// By flag.
    pub strategic: Tally,
    /// Above 100 K ARR or 500 seats, unless the model says otherwise.
    pub enterprise: Tally,
    /// From 25 K ARR or 50 seats.
    pub mid_market: Tally,
    /// Below.
    pub smb: Tally,
}

/// Accounts by how likely they are to leave within 90 days.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ChurnBands {
    /// As things are.
    pub low: Tally,
    /// Worth a look.
    pub moderate: Tally,
    /// As likely as not, or more.
    pub high: Tally,
    /// Most likely.
    pub critical: Tally,
}

/// Accounts whose contract ends soon; monthly contracts, too, when their end is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Renewals {
    /// From today until 90 days from now: the next three together.
    pub due: Tally,
    /// In 0 to 30 days.
    pub within_30: Tally,
    /// In 31 to 60 days.
    pub within_60: Tally,
    /// In 61 to 90 days.
    pub within_90: Tally,
    /// Before today, and neither renewed nor left; not in `due`.
    pub overdue: Tally,
}

/// How much the customer-success managers have to look after: an account takes the part of one
/// that the ratio of its segment says, one tenth at 1:10. Only accounts of the group are counted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Load {
    /// How many there are who look after an account.
    pub csms: u64,
    /// How many of them have more than the ratios allow: a load above 1.
    pub overloaded: u64,
    /// The mean load; null without a manager.
    pub mean: Option<f64>,
    /// The highest load.
    pub highest: Option<f64>,
    /// Whose it is; the first by name of several.
    pub highest_csm: Option<String>,
    /// Accounts that nobody looks after: they are in no load.
    pub unassigned: u64,
}

/// What the figures are made of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct PortfolioFold {
    accounts: i64,
    left: i64,
    pub(super) arr: ArrSum,
    segments: [Sum; Segment::ALL.len()],
    health: HealthSum,
    bands: [Sum; HealthBand::ALL.len()],
    no_data: Sum,
    churn: [Sum; 4],
    terms: [Sum; Term::COUNT],
    loads: BTreeMap<CompactString, (i64, i64)>,
    unassigned: i64,
}

impl PortfolioFold {
    pub(super) fn change(&mut self, sign: i64, share: &Share) {
        let Some(standing) = &share.standing else {
            self.left += sign;
            return;
        };
        self.accounts += sign;
        self.arr.change(sign, standing);
        self.segments[share.segment as usize].change(sign, standing);
        self.health.change(sign, standing);
        self.band(standing).change(sign, standing);
        self.churn[standing.churn_band as usize].change(sign, standing);
        if let Some(term) = standing.term {
            self.terms[term as usize].change(sign, standing);
        }
        let Some(part) = standing.load else {
            self.unassigned += sign;
            return;
        };
        change(&mut self.loads, &share.csm, |(accounts, load)| {
            *accounts += sign;
            *load += sign * part;
        });
    }

    fn band(&mut self, standing: &Standing) -> &mut Sum {
        match standing.health {
            Some((_, band)) => &mut self.bands[band as usize],
            None => &mut self.no_data,
        }
    }

    /// How many accounts did not leave.
    pub(super) const fn accounts(&self) -> i64 {
        self.accounts
    }

    pub(super) fn figures(&self) -> Portfolio {
        let segment = |it: Segment| self.segments[it as usize].tally();
        let band = |it: HealthBand| self.bands[it as usize].tally();
        Portfolio {
            accounts: count(self.accounts),
            left: count(self.left),
            arr: self.arr.figures(),
            by_segment: Segments {
                strategic: segment(Segment::Strategic),
                enterprise: segment(Segment::Enterprise),
                mid_market: segment(Segment::MidMarket),
                smb: segment(Segment::Smb),
            },
            health_mean: self.health.mean(),
            health_by_arr: self.health.by_arr(),
            healthy: band(HealthBand::Green),
            at_risk: band(HealthBand::Yellow),
            critical: band(HealthBand::Red),
            no_data: self.no_data.tally(),
            churn_bands: self.churn_bands(),
            renewals: self.renewals(),
            load: self.load(),
        }
    }

    fn churn_bands(&self) -> ChurnBands {
        let band = |it: ChurnBand| self.churn[it as usize].tally();
        ChurnBands {
            low: band(ChurnBand::Low),
            moderate: band(ChurnBand::Moderate),
            high: band(ChurnBand::High),
            critical: band(ChurnBand::Critical),
        }
    }

    fn renewals(&self) -> Renewals {
        let term = |it: Term| self.terms[it as usize];
        let [first, second, third] = [Term::Within30, Term::Within60, Term::Within90].map(term);
        Renewals {
            due: first.plus(second).plus(third).tally(),
            within_30: first.tally(),
            within_60: second.tally(),
            within_90: third.tally(),
            overdue: term(Term::Overdue).tally(),
        }
    }

    fn load(&self) -> Load {
        let csms = self.loads.len();
        let part = |load: i64| load as f64 / CAPACITY as f64;
        let sum: i64 = self.loads.values().map(|it| it.1).sum();
        let highest = self.loads.iter().rev().max_by_key(|it| it.1.1);
        Load {
            csms: csms as u64,
            overloaded: self.loads.values().filter(|it| it.1 > CAPACITY).count() as u64,
            mean: (csms > 0).then(|| part(sum) / csms as f64),
            highest: highest.map(|it| part(it.1.1)),
            highest_csm: highest.map(|it| it.0.to_string()),
            unassigned: count(self.unassigned),
        }
    }
}
