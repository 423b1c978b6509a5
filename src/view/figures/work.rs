//! Work: what was done for accounts, how fast and how reliably.
//!
//! What an account's customers did is in `engine/output/work.rs`; what came of it is `outcomes.rs`.

use schemars::JsonSchema;
use serde::Serialize;

use super::share::Done;
use super::sums::{Figure, Multiset, count};

/// What was done. A week is 7 days and a month 30 (UTC), today included; what was done for
/// accounts that left since counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Activity {
    /// Meetings held, messages sent and touchpoints logged in a week.
    pub touchpoints_week: u64,
    /// The same in a month.
    pub touchpoints_month: u64,
    /// Business reviews that took place in a month.
    pub reviews: u64,
    /// Success plans made or updated in a month.
    pub plans_updated: u64,
    /// Expansion opportunities identified in a month.
    pub expansions: u64,
    /// Runs that are open of the playbooks that mitigate a risk.
    pub mitigations_open: u64,
}

/// How fast and how reliably.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Operations {
    /// How long it takes until somebody looks after an alert.
    pub response: Response,
    /// Steps of playbooks that were done by their due time, of those due in a month; 0 to 1.
    pub adherence: Figure,
    /// Mean of the grades that customers gave in a month, 1 to 5; `n` counts grades.
    pub csat: Figure,
    /// Times that customers spoke for us in a month: references, reviews, case studies, talks.
    pub advocacy: u64,
}

/// From raised to acknowledged, over the last 50 answers of each account, to alerts of all rules.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Response {
    /// The least seconds that half of them did not exceed; null when nobody answered one.
    pub median_secs: Option<u64>,
    /// The least seconds that nine of ten did not exceed.
    pub p90_secs: Option<u64>,
    /// How many alerts.
    pub n: u64,
}

/// What the figures are made of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct WorkFold {
    touchpoints_week: i64,
    touchpoints_month: i64,
    reviews: i64,
    plans_updated: i64,
    expansions: i64,
    mitigations_open: i64,
    advocacy: i64,
    steps_due: i64,
    steps_in_time: i64,
    csat_sum: i64,
    csat_n: i64,
    response_secs: Multiset,
}

impl WorkFold {
    pub(super) fn change(&mut self, sign: i64, done: &Done) {
        for (sum, n) in [
            (&mut self.touchpoints_week, done.touchpoints_week),
            (&mut self.touchpoints_month, done.touchpoints_month),
            (&mut self.reviews, done.reviews),
            (&mut self.plans_updated, done.plans_updated),
            (&mut self.expansions, done.expansions),
            (&mut self.mitigations_open, done.mitigations_open),
            (&mut self.advocacy, done.advocacy),
            (&mut self.steps_due, done.steps.due),
            (&mut self.steps_in_time, done.steps.in_time),
            (&mut self.csat_sum, done.csat.0),
            (&mut self.csat_n, done.csat.1),
        ] {
            *sum += sign * i64::from(n);
        }
        self.response_secs.change(sign, &done.response_secs);
    }

    pub(super) fn activity(&self) -> Activity {
        Activity {
            touchpoints_week: count(self.touchpoints_week),
            touchpoints_month: count(self.touchpoints_month),
            reviews: count(self.reviews),
            plans_updated: count(self.plans_updated),
            expansions: count(self.expansions),
            mitigations_open: count(self.mitigations_open),
        }
    }

    pub(super) fn operations(&self) -> Operations {
        let ratio = |part: i64, whole: i64| Figure::ratio(part.into(), whole.into(), whole);
        let secs = |percent: u64| self.response_secs.percentile(percent).map(u64::from);
        Operations {
            response: Response {
                median_secs: secs(50),
                p90_secs: secs(90),
                n: self.response_secs.len(),
            },
            adherence: ratio(self.steps_in_time, self.steps_due),
            csat: ratio(self.csat_sum, self.csat_n),
            advocacy: count(self.advocacy),
        }
    }
}
