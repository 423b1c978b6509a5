//! The figures of outcomes once more: whether accounts stay, grow, and say that it was worth it.
//!
//! The other figures are in `plain.rs`, and the cases with numbers in `by_hand.rs`.

use std::collections::BTreeSet;

use compact_str::CompactString;
use customer_pulse::engine::model::csm::AssignedBy;
use customer_pulse::engine::output::work::{AccountWork, RenewalFigures};
use customer_pulse::engine::time::{Day, Timestamp};
use customer_pulse::view::figures::definitions::definition;
use customer_pulse::view::figures::outcomes::{Accuracy, Goal, NpsPoint, Outcomes};
use customer_pulse::view::figures::sums::Figure;

use super::plain::{days_until, has_left, least, mean, ratio};
use super::records::Records;

pub(crate) fn outcomes(accounts: &[&Records], today: Day) -> Outcomes {
    let year = year(accounts, today);
    let due = due(accounts, today);
    let gross = |all: &[(f64, f64)]| retention(all, |before, after| before.min(after));
    let net = |all: &[(f64, f64)]| retention(all, |_, after| after);
    let here: Vec<&&Records> = accounts.iter().filter(|it| !has_left(it)).collect();
    let covered = here
        .iter()
        .filter(|it| !it.health.no_data && it.health.csm.assigned_by != AssignedBy::Nobody);
    let covered = covered.count() as f64;
    let revenue: Vec<f64> = here
        .iter()
        .filter_map(|it| it.health.profile.arr_reporting_cents)
        .map(|cents| cents as f64)
        .collect();
    let lost = gross(&year).value.map(|left| 1.0 - left).filter(|lost| *lost > 1e-12);
    let lifetime = Figure {
        value: mean(&revenue).value.zip(lost).map(|(mean, lost)| mean / lost),
        n: revenue.len() as u64,
    };
    let mut outcomes = Outcomes {
        nps: nps(accounts),
        nps_trend: nps_trend(accounts, today),
        gross_retention: gross(&year),
        net_retention: net(&year),
        gross_retention_due: gross(&due),
        net_retention_due: net(&due),
        expansion_rate: expansion_rate(accounts, today),
        renewal_cycle_days: renewal_cycle(accounts, today),
        time_to_value_days: time_to_value(accounts, today),
        lifetime_value_cents: lifetime,
        coverage: ratio(covered, here.len() as f64),
        churn_accuracy: Accuracy::default(),
        goals: Vec::new(),
    };
    outcomes.goals = goals(&outcomes);
    outcomes
}

/// A figure with its name, and whether a value is good enough.
type Aim = (&'static str, Figure, fn(f64) -> bool);

fn goals(outcomes: &Outcomes) -> Vec<Goal> {
    let goals: [Aim; 8] = [
        ("nps", outcomes.nps, |it| it > 50.0),
        ("gross_retention", outcomes.gross_retention, |it| it > 0.95),
        ("net_retention", outcomes.net_retention, |it| it > 1.1),
        ("expansion_rate", outcomes.expansion_rate, |it| it > 0.25),
        ("renewal_cycle_days", outcomes.renewal_cycle_days, |it| it < 45.0),
        ("time_to_value_days", outcomes.time_to_value_days, |it| it < 30.0),
        ("coverage", outcomes.coverage, |it| it > 0.999_999),
        ("churn_accuracy", Figure::default(), |it| it > 0.8),
    ];
    let goal = |(figure, Figure { value, n }, is_met): Aim| Goal {
        figure,
        value,
        n,
        target: definition(figure).unwrap().target.unwrap(),
        met: value.map(is_met),
    };
    goals.into_iter().map(goal).collect()
}

fn works<'a>(accounts: &'a [&Records]) -> impl Iterator<Item = (&'a Records, &'a AccountWork)> {
    accounts.iter().filter_map(|it| Some((*it, it.work.as_ref()?)))
}

/// The last month end that lies a year back.
fn year_ago(today: Day) -> String {
    let [year, month, date] = parts(today);
    // The same date of the year before; there is no leap day in it.
    let date = if (month, date) == (2, 29) { 28 } else { date };
    let text = format!("{:04}-{month:02}-{date:02}", year - 1);
    let mut end = Timestamp::parse(&text).unwrap().day();
    while parts(end.plus(1))[2] != 1 {
        end = end.plus(-1);
    }
    end.to_string()
}

/// Revenue of each account a year ago and now.
fn year(accounts: &[&Records], today: Day) -> Vec<(f64, f64)> {
    let end = year_ago(today);
    let pairs = works(accounts).filter_map(|(it, work)| {
        let then = *work.arr_month_ends.get(end.as_str())?;
        let now = if has_left(it) { 0 } else { it.health.profile.arr_reporting_cents? };
        (then > 0).then_some((then as f64, now as f64))
    });
    pairs.collect()
}

fn parts(day: Day) -> [i32; 3] {
    let text = day.to_string();
    [&text[..4], &text[5..7], &text[8..]].map(|it| it.parse().unwrap())
}

/// Revenue before and after of each renewal that was due within a year.
fn due(accounts: &[&Records], today: Day) -> Vec<(f64, f64)> {
    let mut pairs = Vec::new();
    for (it, work) in works(accounts) {
        for renewal in renewals(work, today, |it| Some(it.due)) {
            let profile = &it.health.profile;
            let Some((own, reporting)) = profile.arr_cents.zip(profile.arr_reporting_cents) else {
                continue;
            };
            let rate = match own {
                _ if profile.currency == profile.reporting_currency => 1.0,
                1.. => reporting as f64 / own as f64,
                _ => continue,
            };
            let reported = |cents: i64| (cents as f64 * rate).round();
            if let (Some(before @ 1..), Some(after)) = (renewal.arr_before, renewal.arr_after) {
                pairs.push((reported(before), reported(after)));
            }
        }
    }
    pairs
}

fn renewals(
    work: &AccountWork,
    today: Day,
    of: fn(&RenewalFigures) -> Option<Timestamp>,
) -> impl Iterator<Item = &RenewalFigures> {
    let is_within = move |at: Timestamp| (-364..=0).contains(&days_until(at, today));
    work.renewals.iter().filter(move |it| of(it).is_some_and(is_within))
}

fn retention(all: &[(f64, f64)], kept: fn(f64, f64) -> f64) -> Figure {
    let before: f64 = all.iter().map(|it| it.0).sum();
    let after: f64 = all.iter().map(|it| kept(it.0, it.1)).sum();
    Figure { value: (before > 0.0).then(|| after / before), n: all.len() as u64 }
}

fn nps(accounts: &[&Records]) -> Figure {
    let [mut up, mut down, mut n] = [0.0; 3];
    for (_, work) in works(accounts) {
        up += f64::from(work.nps.promoters);
        down += f64::from(work.nps.detractors);
        n += f64::from(work.nps.promoters + work.nps.passives + work.nps.detractors);
    }
    Figure { value: (n > 0.0).then(|| 100.0 * up / n - 100.0 * down / n), n: n as u64 }
}

fn nps_trend(accounts: &[&Records], today: Day) -> Vec<NpsPoint> {
    let (from, to) = (year_ago(today), today.to_string());
    let ends: BTreeSet<_> =
        works(accounts).flat_map(|(_, work)| work.nps_month_ends.keys()).collect();
    let ends =
        ends.into_iter().filter(|end| from.as_str() <= end.as_str() && end.as_str() <= to.as_str());
    let point = |end: &CompactString| {
        let [mut up, mut between, mut down] = [0.0; 3];
        for (_, work) in works(accounts) {
            let Some(answers) = work.nps_month_ends.get(end) else { continue };
            up += f64::from(answers.promoters);
            between += f64::from(answers.passives);
            down += f64::from(answers.detractors);
        }
        let n = up + between + down;
        NpsPoint { day: end.to_string(), value: 100.0 * (up - down) / n, n: n as u64 }
    };
    ends.map(point).collect()
}

fn expansion_rate(accounts: &[&Records], today: Day) -> Figure {
    let [mut higher, mut all] = [0.0; 2];
    for (_, work) in works(accounts) {
        for it in renewals(work, today, |it| it.renewed_at) {
            if let (Some(before), Some(after)) = (it.arr_before, it.arr_after) {
                all += 1.0;
                higher += f64::from(u8::from(before < after));
            }
        }
    }
    ratio(higher, all)
}

fn days(secs: &[u64]) -> Figure {
    Figure { value: least(secs, 50).map(|it| it as f64 / 86_400.0), n: secs.len() as u64 }
}

fn renewal_cycle(accounts: &[&Records], today: Day) -> Figure {
    let all = works(accounts).flat_map(|(_, work)| renewals(work, today, |it| it.renewed_at));
    let secs = all.filter_map(|it| {
        let ms = it.renewed_at?.as_millis() - it.first_touch?.as_millis();
        u64::try_from(ms).ok().map(|ms| ms / 1_000)
    });
    days(&secs.collect::<Vec<_>>())
}

fn time_to_value(accounts: &[&Records], today: Day) -> Figure {
    let secs = works(accounts).filter_map(|(it, work)| {
        let created_at = it.health.profile.created_at?;
        let ms = work.first_value_at?.as_millis() - created_at.as_millis();
        let is_new = (-364..=0).contains(&days_until(created_at, today));
        is_new.then_some(ms.max(0).unsigned_abs() / 1_000)
    });
    days(&secs.collect::<Vec<_>>())
}
