//! Figures of a few accounts, worked out on paper.
//!
//! That figures are right over many accounts is compared in `main.rs`.

use std::sync::Arc;

use customer_pulse::engine::assess::lifecycle::Phase;
use customer_pulse::engine::model::csm::AssignedBy;
use customer_pulse::engine::model::health::HealthBand;
use customer_pulse::engine::output::work::{NpsFigures, StepCounts};
use customer_pulse::engine::time::Day;
use customer_pulse::view::figures::Figures;
use customer_pulse::view::figures::fold::Fold;
use customer_pulse::view::figures::groups::Groups;
use customer_pulse::view::figures::portfolio::Portfolio;
use customer_pulse::view::figures::sums::{Figure, Tally};
use customer_pulse::view::figures::work::{Activity, Operations};

use super::records::{Records, at, renewal};

fn figures_on(day: &str, accounts: &[Records]) -> Figures {
    let (today, mut fold): (Day, _) = (at(day).day(), Fold::default());
    accounts.iter().for_each(|it| fold.add(&it.share(today)));
    Figures::of(&fold)
}

/// On the tenth of March 2026: a year ago the last month end was that of February 2025.
fn figures(accounts: &[Records]) -> Figures {
    figures_on("2026-03-10", accounts)
}

fn is_about(found: Figure, value: f64, n: u64) {
    let found_value = found.value.expect("defined");
    assert!((found_value - value).abs() < 1e-9, "{found_value}, not {value}");
    assert_eq!(found.n, n);
}

fn is_undefined(found: Figure, n: u64) {
    assert_eq!(found, Figure { value: None, n });
}

/// An account that paid `then` a year ago and pays `now`, both in dollars.
fn since(account_id: &str, then: i64, now: i64) -> Records {
    Records::new(account_id, now * 100).work(|work| {
        work.arr_month_ends.insert("2025-02-28".into(), then * 100);
        work.arr_month_ends.insert("2026-02-28".into(), now * 100);
    })
}

fn churned(records: Records) -> Records {
    records.health(|it| it.phase = Some(Phase::Churned))
}

#[test]
fn retention_and_lifetime_value() {
    let accounts = [
        since("grew", 10_000, 15_000),
        since("stayed", 20_000, 20_000),
        since("shrank", 40_000, 30_000),
        churned(since("left", 30_000, 30_000)),
        // Younger than a year: neither then nor now.
        Records::new("young", 5_500_000),
        // It did not pay then, so it could not be kept: a new customer.
        since("free", 0, 9_999),
    ];
    let found = figures(&accounts).outcomes;
    // (10 + 20 + 30 + 0) / 100 and (15 + 20 + 30 + 0) / 100
    is_about(found.gross_retention, 0.6, 4);
    is_about(found.net_retention, 0.65, 4);
    // Mean revenue of the five that are there: (15 + 20 + 30 + 55 + 9.999) K / 5 = 25,999.80; 40 %
    // are lost in a year: 64,999.50 dollars.
    is_about(found.lifetime_value_cents, 6_499_950.0, 5);
    let kept = [since("grew", 10_000, 15_000), since("stayed", 20_000, 20_000)];
    let found = figures(&kept).outcomes;
    is_about(found.gross_retention, 1.0, 2);
    is_about(found.net_retention, 35.0 / 30.0, 2);
    is_undefined(found.lifetime_value_cents, 2);
    assert_eq!(found.goals[1].met, Some(true));
}

#[test]
fn what_is_not_known_is_in_no_retention() {
    let unknown_now = since("unknown", 10_000, 0).health(|it| {
        it.profile.arr_cents = None;
        it.profile.arr_reporting_cents = None;
    });
    let unknown_then = Records::new("gap", 100).work(|work| {
        work.arr_month_ends.insert("2025-01-31".into(), 100);
        work.arr_month_ends.insert("2025-03-31".into(), 100);
    });
    let found = figures(&[unknown_now, unknown_then]);
    is_undefined(found.outcomes.gross_retention, 0);
    is_undefined(found.outcomes.net_retention, 0);
    assert_eq!(found.portfolio.arr.accounts, 1);
    assert_eq!(found.portfolio.arr.accounts_without, 1);
    // One that left has 0 now, whatever its profile says.
    let left = churned(since("left", 10_000, 0)).health(|it| it.profile.arr_reporting_cents = None);
    is_about(figures(&[left]).outcomes.gross_retention, 0.0, 1);
}

#[test]
fn a_year_ago_is_the_last_month_end_by_then() {
    let account = |end: &str| {
        [Records::new("acme", 100).work(|it| {
            it.arr_month_ends.insert(end.into(), 200);
        })]
    };
    for (today, end) in [
        ("2026-03-10", "2025-02-28"),
        ("2026-03-30", "2025-02-28"),
        ("2026-03-31", "2025-03-31"),
        ("2026-04-01", "2025-03-31"),
        ("2026-01-01", "2024-12-31"),
        ("2025-02-28", "2024-01-31"),
        ("2024-02-29", "2023-02-28"),
        ("2025-03-01", "2024-02-29"),
    ] {
        is_about(figures_on(today, &account(end)).outcomes.gross_retention, 0.5, 1);
    }
}

#[test]
fn renewals_that_were_due() {
    let year = [Some("2026-01-01"), Some("2026-02-10")];
    let euros = Records::new("euros", 20_000).health(|it| {
        it.profile.currency = Some("EUR".into());
        it.profile.arr_reporting_cents = Some(24_000);
    });
    let accounts = [
        // 100 before and after; 50 long ago; one that is due in a year.
        Records::new("a", 10_000).work(|it| {
            it.renewals = vec![
                renewal("2024-03-01", [None, Some("2024-03-01")], [Some(5_000), Some(10_000)]),
                renewal("2026-02-15", year, [Some(10_000), Some(10_000)]),
                renewal("2027-02-15", [None, None], [Some(10_000), Some(0)]),
            ];
        }),
        // 100 € to 200 €, at 1.2 dollars: 120 to 240.
        euros.work(|it| {
            let touched = [Some("2025-12-01"), Some("2026-02-01")];
            it.renewals = vec![renewal("2026-03-10", touched, [Some(10_000), Some(20_000)])];
        }),
        // 80 were lost; another one has no revenue before.
        churned(Records::new("c", 8_000)).work(|it| {
            it.renewals = vec![
                renewal("2025-03-11", [None, None], [Some(8_000), Some(0)]),
                renewal("2025-12-01", [None, Some("2025-12-01")], [None, Some(8_000)]),
            ];
        }),
    ];
    let found = figures(&accounts).outcomes;
    is_about(found.gross_retention_due, 220.0 / 300.0, 3);
    is_about(found.net_retention_due, 340.0 / 300.0, 3);
    // Renewed with both known: a's and the euros', of which one grew.
    is_about(found.expansion_rate, 0.5, 2);
    // 40 and 62 days: the lower of two is the median.
    is_about(found.renewal_cycle_days, 40.0, 2);
    let day_before = figures_on("2026-03-09", &accounts).outcomes;
    is_about(day_before.gross_retention_due, 100.0 / 180.0, 2);
    let year_after = figures_on("2026-03-11", &accounts).outcomes;
    is_about(year_after.gross_retention_due, 1.0, 2);
}

#[test]
fn answers_and_grades() {
    let said = |id: &str, promoters, passives, detractors| {
        let nps = NpsFigures { promoters, passives, detractors };
        Records::new(id, 0).work(|it| it.nps = nps)
    };
    // 6 of 10 less 1 of 10.
    is_about(figures(&[said("a", 4, 1, 1), said("b", 2, 2, 0)]).outcomes.nps, 50.0, 10);
    is_about(figures(&[said("a", 0, 0, 3), said("b", 0, 1, 0)]).outcomes.nps, -75.0, 4);
    is_about(figures(&[said("a", 0, 3, 0)]).outcomes.nps, 0.0, 3);
    is_undefined(figures(&[said("a", 0, 0, 0)]).outcomes.nps, 0);
    // What was said when months ended: of two accounts, and not of more than a year ago.
    let then = |id: &str, ends: &[(&str, [u32; 3])]| {
        Records::new(id, 0).work(|it| {
            for (end, [promoters, passives, detractors]) in ends.iter().copied() {
                let nps = NpsFigures { promoters, passives, detractors };
                it.nps_month_ends.insert(end.into(), nps);
            }
        })
    };
    let accounts = [
        then(
            "a",
            &[("2025-01-31", [9, 0, 0]), ("2025-02-28", [1, 0, 1]), ("2026-01-31", [3, 1, 0])],
        ),
        then("b", &[("2026-01-31", [0, 2, 2]), ("2026-03-31", [1, 0, 0])]),
    ];
    let found = figures_on("2026-03-10", &accounts).outcomes.nps_trend;
    let found: Vec<_> = found.iter().map(|it| (it.day.as_str(), it.value, it.n)).collect();
    assert_eq!(found, [("2025-02-28", 0.0, 2), ("2026-01-31", 12.5, 8)]);
    let graded = Records::new("a", 0).work(|it| {
        it.csat.insert("2026-02-08".into(), (1, 1));
        it.csat.insert("2026-02-09".into(), (10, 3));
        it.csat.insert("2026-03-10".into(), (8, 2));
        it.steps.insert("2026-02-09".into(), StepCounts { due: 3, in_time: 1 });
        it.steps.insert("2026-03-01".into(), StepCounts { due: 1, in_time: 1 });
    });
    let found = figures(&[graded]).operations;
    is_about(found.csat, 3.6, 5);
    is_about(found.adherence, 0.5, 4);
}

#[test]
fn medians_are_values_that_were_seen() {
    let answered = |id: &str, secs: &[u64]| {
        let secs = secs.iter().enumerate().map(|(n, secs)| (format!("{id}-{n}").into(), *secs));
        Records::new(id, 0).work(|it| it.responses = secs.collect())
    };
    let found = figures(&[answered("a", &[60, 10, 30]), answered("b", &[20])]).operations.response;
    assert_eq!((found.median_secs, found.p90_secs, found.n), (Some(20), Some(60), 4));
    let tenths: Vec<u64> = (1..=10).collect();
    let found = figures(&[answered("a", &tenths)]).operations.response;
    assert_eq!((found.median_secs, found.p90_secs), (Some(5), Some(9)));
    let began = |id: &str, created_at: &str, first_value_at: &str| {
        Records::new(id, 0)
            .health(|it| it.profile.created_at = Some(at(created_at)))
            .work(|it| it.first_value_at = Some(at(first_value_at)))
    };
    let accounts = [
        began("slow", "2025-06-01", "2025-08-30"),
        began("quick", "2025-06-01", "2025-06-11T12:00:00Z"),
        began("before", "2025-06-01", "2025-05-01"),
        began("old", "2025-03-10", "2025-09-01"),
        Records::new("waits", 0).health(|it| it.profile.created_at = Some(at("2026-01-01"))),
    ];
    // 0, 10.5 and 90 days.
    is_about(figures(&accounts).outcomes.time_to_value_days, 10.5, 3);
}

#[test]
fn the_portfolio_of_three_accounts() {
    let stands = |id: &str, arr_cents, health: f64, band, ratio| {
        Records::new(id, arr_cents).health(|it| {
            it.displayed_health_score = health;
            it.displayed_health_band = band;
            it.csm.accounts_per_csm = ratio;
        })
    };
    let ends = |day: &'static str| {
        move |it: Records| it.health(|it| it.profile.contract_end = Some(at(day)))
    };
    let accounts = [
        ends("2026-04-09")(stands("a", 10_000, 95.5, HealthBand::Green, 5)),
        ends("2026-04-10")(stands("b", 30_000, 75.5, HealthBand::Yellow, 2)),
        ends("2026-06-08T23:00:00Z")(stands("c", 0, 30.0, HealthBand::Red, 3)),
        ends("2026-03-09")(stands("d", 100, 50.0, HealthBand::Red, 1)).health(|it| {
            it.no_data = true;
            it.csm.assigned_by = AssignedBy::Nobody;
        }),
        churned(ends("2026-03-20")(stands("e", 90_000, 10.0, HealthBand::Red, 1))),
    ];
    let found = figures(&accounts);
    let portfolio = found.portfolio;
    assert_eq!((portfolio.accounts, portfolio.left), (4, 1));
    assert_eq!((portfolio.arr.cents, portfolio.arr.accounts), (40_100, 4));
    assert_eq!(portfolio.arr.currency.as_deref(), Some("USD"));
    is_about(portfolio.health_mean, 67.0, 3);
    is_about(portfolio.health_by_arr, 80.5, 3);
    let tally = |accounts, arr_cents| Tally { accounts, arr_cents };
    assert_eq!(portfolio.healthy, tally(1, 10_000));
    assert_eq!(portfolio.at_risk, tally(1, 30_000));
    assert_eq!(portfolio.critical, tally(1, 0));
    assert_eq!(portfolio.no_data, tally(1, 100));
    let renewals = portfolio.renewals;
    assert_eq!(renewals.due, tally(3, 40_000));
    assert_eq!(renewals.within_30, tally(1, 10_000));
    assert_eq!(renewals.within_60, tally(1, 30_000));
    assert_eq!(renewals.within_90, tally(1, 0));
    assert_eq!(renewals.overdue, tally(1, 100));
    // 1/5 + 1/2 + 1/3
    assert_eq!((portfolio.load.csms, portfolio.load.overloaded), (1, 1));
    assert!((portfolio.load.highest.unwrap() - 31.0 / 30.0).abs() < 1e-9);
    assert_eq!(portfolio.load.unassigned, 1);
    is_about(found.outcomes.coverage, 0.75, 4);
    // What is owed to an account does not turn its health against the others.
    let owed = [
        stands("a", 10_000, 80.0, HealthBand::Yellow, 5),
        stands("b", -5_000, 20.0, HealthBand::Red, 5),
    ];
    is_about(figures(&owed).portfolio.health_by_arr, 80.0, 2);
    // Thirty accounts at 1:30 are what one can look after: no more, no less.
    let thirty: Vec<_> =
        (0..30).map(|n| stands(&n.to_string(), 0, 90.0, HealthBand::Green, 30)).collect();
    let load = figures(&thirty).portfolio.load;
    assert_eq!((load.highest, load.overloaded), (Some(1.0), 0));
}

#[test]
fn of_nothing_everything_is_nothing() {
    let found = figures(&[]);
    let Figures { portfolio, activity, outcomes, operations } = &found;
    assert_eq!(*portfolio, Portfolio::default());
    assert_eq!(*activity, Activity::default());
    assert_eq!(*operations, Operations::default());
    assert!(outcomes.goals.iter().all(|it| it.value.is_none() && it.met.is_none()));
    assert!(outcomes.churn_accuracy.reason.is_some());
}

#[test]
fn an_empty_group_vanishes() {
    let today = at("2026-03-10").day();
    let child = Records::new("child", 100).health(|it| it.profile.parent = Some("parent".into()));
    let (one, other) = (child.share(today), child.clone().health(|it| it.csm.name = "max".into()));
    let other = other.share(today);
    let mut groups = Groups::default();
    groups.put(None, Some(&one));
    let before = groups.publish();
    assert_eq!(before.parents["parent"].children, 1);
    groups.put(Some(&one), Some(&other));
    let found = groups.publish();
    assert_eq!(found.by_csm.keys().collect::<Vec<_>>(), ["max"]);
    assert_eq!(found.all.portfolio.arr.cents, 100);
    let left = churned(child).share(today);
    groups.put(Some(&other), Some(&left));
    let found = groups.publish();
    assert_eq!((found.by_csm.len(), found.parents.len()), (1, 0));
    groups.put(Some(&left), None);
    let found = groups.publish();
    assert_eq!((found.by_csm.len(), found.by_segment.len()), (0, 0));
    assert_eq!(*groups.all(), Fold::default());
}

#[test]
fn only_what_changed_is_computed_again() {
    let today = at("2026-03-10").day();
    let [zoe, max] =
        ["zoe", "max"].map(|csm| Records::new(csm, 100).health(|it| it.csm.name = csm.into()));
    let mut groups = Groups::default();
    groups.put(None, Some(&zoe.share(today)));
    groups.put(None, Some(&max.share(today)));
    let before = groups.publish();
    let more = zoe.clone().health(|it| it.profile.arr_reporting_cents = Some(200));
    groups.put(Some(&zoe.share(today)), Some(&more.share(today)));
    groups.put(Some(&max.share(today)), Some(&max.share(today)));
    let after = groups.publish();
    assert!(Arc::ptr_eq(&before.by_csm["max"], &after.by_csm["max"]));
    assert_eq!(before.by_csm["zoe"].portfolio.arr.cents, 100);
    assert_eq!(after.by_csm["zoe"].portfolio.arr.cents, 200);
    assert_eq!(after.all.portfolio.arr.cents, 300);
}
