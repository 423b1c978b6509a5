//! A share: what one account brings to the figures on one day.
//!
//! Shares are added up in `fold.rs`; which groups a share belongs to is said in `groups.rs`. What
//! an account did is counted in `engine/decide/work.rs`, nothing is counted here again.

use compact_str::{CompactString, ToCompactString};
use jiff::ToSpan as _;
use jiff::civil::Date;

use crate::engine::account::profile::Segment;
use crate::engine::assess::lifecycle::Phase;
use crate::engine::model::churn::ChurnBand;
use crate::engine::model::csm::AssignedBy;
use crate::engine::model::health::HealthBand;
use crate::engine::output::health::AccountHealth;
use crate::engine::output::work::{
    AccountWork, MITIGATIONS, NpsFigures, RenewalFigures, RunStatus, StepCounts,
};
use crate::engine::time::{Day, SECOND_MS, Timestamp};

/// How many days a week, a month and a year have here, today included.
const WEEK_DAYS: i32 = 7;
const MONTH_DAYS: i32 = 30;
const YEAR_DAYS: i32 = 365;
/// A CSM's whole capacity. The ratios 1:5, 1:10, 1:30 and 1:100 divide it, so that 30 accounts of
/// 1:30 are exactly one capacity.
pub(super) const CAPACITY: i64 = 720_720_000_000;

/// What one account brings to the figures on one UTC day.
///
/// It holds for that day only: on the next one it is made anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// Whose it is.
    pub account_id: CompactString,
    /// The customer-success manager.
    pub csm: CompactString,
    /// The segment.
    pub segment: Segment,
    /// The parent account; nothing for an account that names itself.
    pub parent: Option<CompactString>,
    /// Where it stands; nothing for one that left.
    pub(super) standing: Option<Standing>,
    pub(super) done: Done,
    pub(super) year: Year,
}

/// Where an account stands that did not leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    /// In cents of `currency`, the reporting one.
    pub(super) arr_cents: Option<i64>,
    pub(super) currency: Option<CompactString>,
    /// Displayed health in thousandths of a point, and its band; nothing while nothing is known
    /// and nobody said otherwise: the score is then the neutral one, and says nothing.
    pub(super) health: Option<(u32, HealthBand)>,
    pub(super) churn_band: ChurnBand,
    pub(super) term: Option<Term>,
    /// The part of its CSM's [`CAPACITY`] that it needs; nothing when nobody looks after it.
    pub(super) load: Option<i64>,
    /// Somebody looks after it, and something is known of it.
    pub(super) is_covered: bool,
}

/// When the contract ends, as far as that is soon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Term {
    Overdue,
    Within30,
    Within60,
    Within90,
}

/// What was done for an account, and what it said, in the windows that end today.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Done {
    pub(super) touchpoints_week: u32,
    pub(super) touchpoints_month: u32,
    pub(super) reviews: u32,
    pub(super) plans_updated: u32,
    pub(super) expansions: u32,
    pub(super) advocacy: u32,
    pub(super) mitigations_open: u32,
    /// From raised to acknowledged.
    pub(super) response_secs: Box<[u32]>,
    pub(super) steps: StepCounts,
    /// Sum and number of grades.
    pub(super) csat: (u32, u32),
    pub(super) nps: NpsFigures,
}

/// What the year that ends today brought.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Year {
    /// Revenue a year ago and now, in cents of the reporting currency, of an account that paid a
    /// year ago.
    pub(super) arr: Option<(i64, i64)>,
    /// The renewals that were due and are decided.
    pub(super) due: Retained,
    /// How many contracts were renewed, and of these how many with a higher revenue.
    pub(super) renewed: u32,
    pub(super) expanded: u32,
    /// From the first touch to the renewal.
    pub(super) cycle_secs: Box<[u32]>,
    /// From the beginning of the account to its first value.
    pub(super) first_value_secs: Option<u32>,
    /// The answers that counted when each month ended that had some, the oldest first.
    pub(super) nps_month_ends: Box<[(Day, NpsFigures)]>,
}

/// Revenue before and after, in cents of the reporting currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Retained {
    pub(super) n: u32,
    pub(super) before: i64,
    /// What is left of it.
    pub(super) kept: i64,
    /// With what came in addition.
    pub(super) after: i64,
}

impl Share {
    /// What an account brings on `today`; one without a record of its work has done nothing.
    pub fn of(health: &AccountHealth, work: Option<&AccountWork>, today: Day) -> Self {
        let has_left = health.phase == Some(Phase::Churned);
        let parent = health.profile.parent.clone();
        Self {
            account_id: health.account_id.clone(),
            csm: health.csm.name.clone(),
            segment: health.segment,
            parent: parent.filter(|it| *it != health.account_id),
            standing: (!has_left).then(|| Standing::of(health, today)),
            done: work.map(|work| Done::of(work, today)).unwrap_or_default(),
            year: work.map(|work| Year::of(health, work, has_left, today)).unwrap_or_default(),
        }
    }
}

impl Standing {
    fn of(health: &AccountHealth, today: Day) -> Self {
        // The published score has one decimal, an override may have more.
        let milli = (health.displayed_health_score * 1_000.0).round().clamp(0.0, 100_000.0) as u32;
        let has_csm = health.csm.assigned_by != AssignedBy::Nobody;
        let profile = &health.profile;
        Self {
            arr_cents: profile.arr_reporting_cents,
            currency: profile.reporting_currency.clone(),
            health: health.is_known().then_some((milli, health.displayed_health_band)),
            churn_band: health.churn_band,
            term: profile.contract_end.and_then(|end| Term::of(end.day(), today)),
            load: has_csm.then(|| CAPACITY / i64::from(health.csm.accounts_per_csm.max(1))),
            is_covered: has_csm && !health.no_data,
        }
    }
}

impl Term {
    /// How many there are.
    pub(super) const COUNT: usize = 4;

    fn of(end: Day, today: Day) -> Option<Self> {
        match end.number().saturating_sub(today.number()) {
            ..0 => Some(Term::Overdue),
            0..=30 => Some(Term::Within30),
            31..=60 => Some(Term::Within60),
            61..=90 => Some(Term::Within90),
            _ => None,
        }
    }
}

impl Done {
    fn of(work: &AccountWork, today: Day) -> Self {
        // Days are written so that their texts are in their order.
        let word = |back: i32| today.plus(-back).to_compact_string();
        let (week, month, last) = (word(WEEK_DAYS - 1), word(MONTH_DAYS - 1), word(0));
        let open = work.runs.iter().filter(|it| it.status == RunStatus::Open);
        let mitigations = open.filter(|it| MITIGATIONS.contains(&it.playbook.as_str()));
        let mut done = Self {
            mitigations_open: u32::try_from(mitigations.count()).unwrap_or(u32::MAX),
            response_secs: work.responses.values().map(|secs| short(*secs)).collect(),
            nps: work.nps,
            ..Self::default()
        };
        for (day, figures) in work.activity.range(month.clone()..=last.clone()) {
            if *day >= week {
                done.touchpoints_week += figures.touchpoints;
            }
            done.touchpoints_month += figures.touchpoints;
            done.reviews += figures.reviews;
            done.plans_updated += figures.plans_updated;
            done.expansions += figures.expansions;
            done.advocacy += figures.advocacy;
        }
        for (_, counts) in work.steps.range(month.clone()..=last.clone()) {
            done.steps.due += counts.due;
            done.steps.in_time += counts.in_time;
        }
        for (_, (sum, n)) in work.csat.range(month..=last) {
            done.csat.0 += sum;
            done.csat.1 += n;
        }
        done
    }
}

impl Year {
    fn of(health: &AccountHealth, work: &AccountWork, has_left: bool, today: Day) -> Self {
        let is_within = |at: Timestamp| {
            (today.number() - YEAR_DAYS + 1..=today.number()).contains(&at.day().number())
        };
        let now = if has_left { Some(0) } else { health.profile.arr_reporting_cents };
        let year_ago = month_end_a_year_ago(today);
        let then = year_ago.as_ref().and_then(|end| work.arr_month_ends.get(end));
        let then = then.copied().filter(|cents| *cents > 0);
        let since = year_ago.map(|end| work.nps_month_ends.range(end..)).into_iter().flatten();
        let answers =
            since.filter_map(|(end, nps)| Some((Timestamp::parse(end).ok()?.day(), *nps)));
        let answers = answers.filter(|(end, _)| *end <= today);
        let mut year =
            Self { arr: then.zip(now), nps_month_ends: answers.collect(), ..Self::default() };
        let mut cycle_secs = Vec::new();
        for it in &work.renewals {
            if is_within(it.due) {
                year.due.note(health, it);
            }
            let Some(renewed_at) = it.renewed_at.filter(|at| is_within(*at)) else { continue };
            if let Some((before, after)) = it.arr_before.zip(it.arr_after) {
                year.renewed += 1;
                year.expanded += u32::from(after > before);
            }
            let first_touch = it.first_touch.filter(|at| *at <= renewed_at);
            cycle_secs.extend(first_touch.map(|at| secs_between(at, renewed_at)));
        }
        year.cycle_secs = cycle_secs.into();
        let created_at = health.profile.created_at.filter(|at| is_within(*at));
        let reached = created_at.zip(work.first_value_at);
        year.first_value_secs = reached.map(|(created_at, at)| secs_between(created_at, at));
        year
    }
}

impl Retained {
    /// Counts a renewal, unless its revenue is not known or cannot be converted.
    fn note(&mut self, health: &AccountHealth, it: &RenewalFigures) {
        let reported = |cents: i64| reporting_cents(health, cents);
        let before = it.arr_before.filter(|cents| *cents > 0).and_then(reported);
        let Some((before, after)) = before.zip(it.arr_after.and_then(reported)) else { return };
        self.n += 1;
        self.before = self.before.saturating_add(before);
        self.kept = self.kept.saturating_add(after.min(before));
        self.after = self.after.saturating_add(after);
    }
}

/// Cents of the account's currency in cents of the reporting one: by the rate that lies between
/// what its profile says in both, for the model's rates are not published.
fn reporting_cents(health: &AccountHealth, cents: i64) -> Option<i64> {
    let profile = &health.profile;
    let (own, reporting) = (profile.arr_cents?, profile.arr_reporting_cents?);
    // Without a currency the model takes revenue to be in the reporting one.
    if profile.currency.is_none() || profile.currency == profile.reporting_currency {
        return Some(cents);
    }
    (own > 0).then(|| (cents as f64 * (reporting as f64 / own as f64)).round() as i64)
}

/// The last month end that lies a year back or more, as the record writes it.
fn month_end_a_year_ago(today: Day) -> Option<CompactString> {
    let today: Date = today.to_string().parse().ok()?;
    let date = today.checked_sub(1.year()).ok()?;
    let end =
        if date == date.last_of_month() { date } else { date.first_of_month().yesterday().ok()? };
    Some(end.to_compact_string())
}

/// Whole seconds between, none when `to` is earlier.
fn secs_between(from: Timestamp, to: Timestamp) -> u32 {
    short((to.millis_since(from).max(0) / SECOND_MS).unsigned_abs())
}

/// Seconds in few bytes: 136 years are enough.
fn short(secs: u64) -> u32 {
    u32::try_from(secs).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_small() {
        // There is one for each account: of 100,000 they take 40 MB, and what answers need.
        assert!(size_of::<Share>() <= 400, "{}", size_of::<Share>());
    }
}
