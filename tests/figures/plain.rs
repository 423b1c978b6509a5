//! The figures once more, said as plainly as they can be: from the records, account by account.
//!
//! No share and no fold is used here, and days are counted as numbers, not compared as texts. The
//! figures of outcomes are in `plain_outcomes.rs`.

use std::collections::BTreeMap;

use customer_pulse::engine::account::profile::Segment;
use customer_pulse::engine::assess::lifecycle::Phase;
use customer_pulse::engine::model::churn::ChurnBand;
use customer_pulse::engine::model::csm::AssignedBy;
use customer_pulse::engine::model::health::HealthBand;
use customer_pulse::engine::output::work::{AccountWork, RunStatus};
use customer_pulse::engine::time::{Day, Timestamp};
use customer_pulse::view::figures::Figures;
use customer_pulse::view::figures::parents::{ParentFigures, WorstChild};
use customer_pulse::view::figures::portfolio::{ChurnBands, Load, Portfolio, Renewals, Segments};
use customer_pulse::view::figures::sums::{Arr, Figure, Tally};
use customer_pulse::view::figures::work::{Activity, Operations, Response};

use super::plain_outcomes;
use super::records::Records;

pub(crate) fn has_left(it: &Records) -> bool {
    it.health.phase == Some(Phase::Churned)
}

pub(crate) fn figures(accounts: &[&Records], today: Day) -> Figures {
    let works: Vec<_> = accounts.iter().filter_map(|it| it.work.as_ref()).collect();
    Figures {
        portfolio: portfolio(accounts, today),
        activity: activity(&works, today),
        outcomes: plain_outcomes::outcomes(accounts, today),
        operations: operations(&works, today),
    }
}

pub(crate) fn parent(children: &[&Records]) -> ParentFigures {
    let known = children.iter().filter(|it| is_known(it));
    let worst = known.min_by(|a, b| {
        let health = |it: &Records| it.health.displayed_health_score;
        let order = health(a).total_cmp(&health(b));
        order.then_with(|| a.health.account_id.cmp(&b.health.account_id))
    });
    ParentFigures {
        children: children.len() as u64,
        arr: arr(children),
        health_mean: health_mean(children),
        health_by_arr: health_by_arr(children),
        worst: worst.map(|it| WorstChild {
            account_id: it.health.account_id.to_string(),
            health: it.health.displayed_health_score,
        }),
    }
}

// The portfolio

fn portfolio(accounts: &[&Records], today: Day) -> Portfolio {
    let here: Vec<&Records> = accounts.iter().copied().filter(|it| !has_left(it)).collect();
    let tally = |is_it: &dyn Fn(&Records) -> bool| {
        let mine = here.iter().filter(|it| is_it(it));
        let cents = mine.clone().filter_map(|it| it.health.profile.arr_reporting_cents);
        Tally { accounts: mine.count() as u64, arr_cents: cents.sum() }
    };
    let segment = |segment: Segment| tally(&|it| it.health.segment == segment);
    let band =
        |band: HealthBand| tally(&|it| is_known(it) && it.health.displayed_health_band == band);
    let churn = |band: ChurnBand| tally(&|it| it.health.churn_band == band);
    let ends = |from: i32, to: i32| {
        tally(&|it| {
            let end = it.health.profile.contract_end;
            end.is_some_and(|end| (from..=to).contains(&days_until(end, today)))
        })
    };
    Portfolio {
        accounts: here.len() as u64,
        left: (accounts.len() - here.len()) as u64,
        arr: arr(&here),
        by_segment: Segments {
            strategic: segment(Segment::Strategic),
            enterprise: segment(Segment::Enterprise),
            mid_market: segment(Segment::MidMarket),
            smb: segment(Segment::Smb),
        },
        health_mean: health_mean(&here),
        health_by_arr: health_by_arr(&here),
        healthy: band(HealthBand::Green),
        at_risk: band(HealthBand::Yellow),
        critical: band(HealthBand::Red),
        no_data: tally(&|it| !is_known(it)),
        churn_bands: ChurnBands {
            low: churn(ChurnBand::Low),
            moderate: churn(ChurnBand::Moderate),
            high: churn(ChurnBand::High),
            critical: churn(ChurnBand::Critical),
        },
        renewals: Renewals {
            due: ends(0, 90),
            within_30: ends(0, 30),
            within_60: ends(31, 60),
            within_90: ends(61, 90),
            overdue: ends(-100_000, -1),
        },
        load: load(&here),
    }
}

pub(crate) fn days_until(at: Timestamp, today: Day) -> i32 {
    at.day().number() - today.number()
}

fn is_known(it: &Records) -> bool {
    !it.health.no_data || it.health.health_override.is_some()
}

fn arr(here: &[&Records]) -> Arr {
    let known: Vec<i64> =
        here.iter().filter_map(|it| it.health.profile.arr_reporting_cents).collect();
    let currency = here.iter().find_map(|it| it.health.profile.reporting_currency.as_ref());
    Arr {
        cents: known.iter().sum(),
        currency: currency.map(ToString::to_string),
        accounts: known.len() as u64,
        accounts_without: (here.len() - known.len()) as u64,
    }
}

fn health_mean(here: &[&Records]) -> Figure {
    let scores: Vec<f64> =
        here.iter().filter(|it| is_known(it)).map(|it| it.health.displayed_health_score).collect();
    mean(&scores)
}

fn health_by_arr(here: &[&Records]) -> Figure {
    let known = here.iter().filter(|it| is_known(it));
    let pairs: Vec<(f64, f64)> = known
        .filter_map(|it| {
            let cents = it.health.profile.arr_reporting_cents?;
            Some((cents as f64, it.health.displayed_health_score))
        })
        .collect();
    let weight: f64 = pairs.iter().map(|it| it.0).sum();
    let sum: f64 = pairs.iter().map(|it| it.0 * it.1).sum();
    Figure { value: (weight > 0.0).then(|| sum / weight), n: pairs.len() as u64 }
}

pub(crate) fn mean(values: &[f64]) -> Figure {
    let sum: f64 = values.iter().sum();
    let n = values.len();
    Figure { value: (n > 0).then(|| sum / n as f64), n: n as u64 }
}

fn load(here: &[&Records]) -> Load {
    let mut loads: BTreeMap<&str, f64> = BTreeMap::new();
    let is_assigned = |it: &&&Records| it.health.csm.assigned_by != AssignedBy::Nobody;
    for it in here.iter().filter(is_assigned) {
        *loads.entry(&it.health.csm.name).or_default() +=
            1.0 / f64::from(it.health.csm.accounts_per_csm);
    }
    let highest = loads.iter().fold(None, |most: Option<(&str, f64)>, (csm, load)| match most {
        Some((_, held)) if *load <= held + 1e-9 => most,
        _ => Some((csm, *load)),
    });
    Load {
        csms: loads.len() as u64,
        overloaded: loads.values().filter(|load| **load > 1.0 + 1e-9).count() as u64,
        mean: mean(&loads.values().copied().collect::<Vec<_>>()).value,
        highest: highest.map(|it| it.1),
        highest_csm: highest.map(|it| it.0.to_owned()),
        unassigned: here.iter().filter(|it| !is_assigned(it)).count() as u64,
    }
}

// Work

/// Whether a day, as it is written, is one of the last so many.
fn is_of_last(days: i32, day: &str, today: Day) -> bool {
    let number = Timestamp::parse(day).unwrap().day().number();
    number <= today.number() && number > today.number() - days
}

fn activity(works: &[&AccountWork], today: Day) -> Activity {
    let done = |days: i32| {
        let all = works.iter().flat_map(|it| &it.activity);
        all.filter(move |(day, _)| is_of_last(days, day, today)).map(|it| it.1)
    };
    let runs = works.iter().flat_map(|it| &it.runs);
    let mitigates = |playbook: &str| {
        matches!(playbook, "at_risk_intervention" | "low_engagement_revival" | "usage_decline")
    };
    Activity {
        touchpoints_week: done(7).map(|it| u64::from(it.touchpoints)).sum(),
        touchpoints_month: done(30).map(|it| u64::from(it.touchpoints)).sum(),
        reviews: done(30).map(|it| u64::from(it.reviews)).sum(),
        plans_updated: done(30).map(|it| u64::from(it.plans_updated)).sum(),
        expansions: done(30).map(|it| u64::from(it.expansions)).sum(),
        mitigations_open: runs
            .filter(|it| it.status == RunStatus::Open && mitigates(&it.playbook))
            .count() as u64,
    }
}

fn operations(works: &[&AccountWork], today: Day) -> Operations {
    let secs: Vec<u64> = works.iter().flat_map(|it| it.responses.values().copied()).collect();
    let steps = works.iter().flat_map(|it| &it.steps);
    let steps: Vec<_> = steps.filter(|it| is_of_last(30, it.0, today)).map(|it| it.1).collect();
    let grades = works.iter().flat_map(|it| &it.csat);
    let grades: Vec<_> = grades.filter(|it| is_of_last(30, it.0, today)).map(|it| it.1).collect();
    let advocacy = works.iter().flat_map(|it| &it.activity);
    let advocacy = advocacy.filter(|it| is_of_last(30, it.0, today));
    Operations {
        response: Response {
            median_secs: least(&secs, 50),
            p90_secs: least(&secs, 90),
            n: secs.len() as u64,
        },
        adherence: ratio(
            steps.iter().map(|it| f64::from(it.in_time)).sum(),
            steps.iter().map(|it| f64::from(it.due)).sum(),
        ),
        csat: ratio(
            grades.iter().map(|it| f64::from(it.0)).sum(),
            grades.iter().map(|it| f64::from(it.1)).sum(),
        ),
        advocacy: advocacy.map(|it| u64::from(it.1.advocacy)).sum(),
    }
}

/// The least value that so many of a hundred do not exceed.
pub(crate) fn least(values: &[u64], percent: usize) -> Option<u64> {
    let is_enough =
        |most: &u64| values.iter().filter(|it| *it <= most).count() * 100 >= values.len() * percent;
    values.iter().copied().filter(is_enough).min()
}

pub(crate) fn ratio(part: f64, whole: f64) -> Figure {
    Figure { value: (whole > 0.0).then(|| part / whole), n: whole as u64 }
}
