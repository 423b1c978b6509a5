//! Measures of work: how fast, how reliably and how much people look after accounts.
//!
//! The figures of an account are counted in `engine/decide/work.rs`; here they are put together by
//! customer-success manager or segment.

use std::collections::BTreeMap;

use compact_str::{CompactString, ToCompactString};

use crate::engine::account::profile::Segment;
use crate::engine::output::health::AccountHealth;
use crate::engine::output::work::{AccountWork, MITIGATIONS, RunStatus, StepCounts};
use crate::engine::time::Day;

/// How many days a week and a month have here, the last one included.
const WEEK_DAYS: i32 = 7;
const MONTH_DAYS: i32 = 30;

/// What was done for some accounts. A week is 7 days and a month 30, the last one included.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Measures {
    /// How many accounts.
    pub accounts: u32,
    /// How fast alerts were answered, of the last 50 of each account; nothing where none was.
    pub responses: Option<ResponseFigures>,
    /// Steps that were due in a month.
    pub steps: StepCounts,
    /// Meetings held, messages sent and touchpoints logged in a week.
    pub touchpoints_week: u32,
    /// The same in a month.
    pub touchpoints_month: u32,
    /// Business reviews that took place in a month.
    pub reviews: u32,
    /// Success plans made or updated in a month.
    pub plans_updated: u32,
    /// Expansion opportunities identified in a month.
    pub expansions: u32,
    /// Times that customers spoke for us in a month.
    pub advocacy: u32,
    /// Interventions that go on.
    pub mitigations_open: u32,
}

/// How long it took from raised to acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResponseFigures {
    /// How many alerts.
    pub alerts: u32,
    /// The least seconds that half of them did not exceed.
    pub median_secs: u64,
    /// The least seconds that nine of ten did not exceed.
    pub p90_secs: u64,
}

impl Measures {
    /// The share of the steps due that were done in time, 0 to 1; nothing where none was due.
    pub fn step_adherence(&self) -> Option<f64> {
        let StepCounts { due, in_time } = self.steps;
        (due > 0).then(|| f64::from(in_time) / f64::from(due))
    }
}

/// The measures of each customer-success manager until the end of `today`.
pub fn by_csm<'a>(
    accounts: impl IntoIterator<Item = (&'a AccountHealth, Option<&'a AccountWork>)>,
    today: Day,
) -> BTreeMap<CompactString, Measures> {
    let accounts = accounts.into_iter();
    by(accounts.map(|(health, work)| (health.csm.name.clone(), work)), today)
}

/// The measures of each segment until the end of `today`.
pub fn by_segment<'a>(
    accounts: impl IntoIterator<Item = (&'a AccountHealth, Option<&'a AccountWork>)>,
    today: Day,
) -> BTreeMap<Segment, Measures> {
    by(accounts.into_iter().map(|(health, work)| (health.segment, work)), today)
}

/// The measures of each group of accounts; one without work has none of its own, and counts.
pub fn by<'a, K: Ord>(
    accounts: impl IntoIterator<Item = (K, Option<&'a AccountWork>)>,
    today: Day,
) -> BTreeMap<K, Measures> {
    let mut groups: BTreeMap<K, (Measures, Vec<u64>)> = BTreeMap::new();
    for (group, work) in accounts {
        let (measures, secs) = groups.entry(group).or_default();
        measures.accounts += 1;
        if let Some(work) = work {
            add(measures, work, today);
            secs.extend(work.responses.values());
        }
    }
    let groups = groups.into_iter().map(|(group, (measures, secs))| {
        (group, Measures { responses: responses(secs), ..measures })
    });
    groups.collect()
}

fn add(measures: &mut Measures, work: &AccountWork, today: Day) {
    // Days are written so that their texts are in their order.
    let word = |back: i32| today.plus(-back).to_compact_string();
    let (week, month, last) = (word(WEEK_DAYS - 1), word(MONTH_DAYS - 1), word(0));
    for (day, figures) in work.activity.range(month.clone()..=last.clone()) {
        if *day >= week {
            measures.touchpoints_week += figures.touchpoints;
        }
        measures.touchpoints_month += figures.touchpoints;
        measures.reviews += figures.reviews;
        measures.plans_updated += figures.plans_updated;
        measures.expansions += figures.expansions;
        measures.advocacy += figures.advocacy;
    }
    for (_, counts) in work.steps.range(month..=last) {
        measures.steps.due += counts.due;
        measures.steps.in_time += counts.in_time;
    }
    let is_mitigation = |it: &str| MITIGATIONS.contains(&it);
    let open = work.runs.iter().filter(|it| it.status == RunStatus::Open);
    measures.mitigations_open += count(open.filter(|it| is_mitigation(&it.playbook)).count());
}

fn responses(mut secs: Vec<u64>) -> Option<ResponseFigures> {
    secs.sort_unstable();
    // The value at or below which so many of 100 lie, by nearest rank.
    let at = |percent: usize| secs.get((secs.len() * percent).div_ceil(100).checked_sub(1)?);
    let (median_secs, p90_secs) = (*at(50)?, *at(90)?);
    Some(ResponseFigures { alerts: count(secs.len()), median_secs, p90_secs })
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::engine::output::work::{ActivityFigures, RunFigures};

    const TODAY: Day = Day::from_number(20_400);
    const PLAYBOOKS: [&str; 4] =
        ["at_risk_intervention", "low_engagement_revival", "usage_decline", "renewal_90"];

    /// How many days ago; what was done then; how many steps were due, and done in time.
    type Row = (i32, [u32; 6], u32, u32);
    /// What happened at an account: its group, days, seconds, and runs with whether they go on.
    type Told = (u8, Vec<Row>, Vec<u64>, Vec<(usize, bool)>);

    fn told() -> impl Strategy<Value = Vec<Told>> {
        let days = vec((-3_i32..35, any::<[u8; 6]>(), 0_u32..9, 0_u32..9), 0..12);
        let days = days.prop_map(|days| {
            // One row a day, as the record has it.
            let rows: BTreeMap<_, _> = days.into_iter().map(|it| (it.0, it)).collect();
            let rows = rows.into_values();
            rows.map(|(back, done, due, late)| (back, done.map(u32::from), due + late, due))
                .collect()
        });
        let runs = vec((0..PLAYBOOKS.len(), any::<bool>()), 0..5);
        vec((0_u8..3, days, vec(0_u64..50, 0..12), runs), 0..12)
    }

    fn work(told: &Told) -> AccountWork {
        let (_, days, secs, runs) = told;
        let mut work: AccountWork = serde_json::from_value(serde_json::json!({
            "account_id": "acme", "at": "2025-11-08", "model_version": "1", "alerts": [],
            "runs": [], "opportunities": [], "activity": {}, "arr_month_ends": {},
            "responses": {}, "nps": { "promoters": 0, "passives": 0, "detractors": 0 },
            "csat": {}, "steps": {}, "renewals": [], "first_value_at": null,
        }))
        .unwrap();
        for (back, done, due, in_time) in days {
            let day = TODAY.plus(-back).to_compact_string();
            let [touchpoints, reviews, plans_updated, expansions, advocacy, mitigations] = *done;
            let figures = ActivityFigures {
                touchpoints,
                reviews,
                plans_updated,
                expansions,
                advocacy,
                mitigations,
            };
            work.activity.insert(day.clone(), figures);
            work.steps.insert(day, StepCounts { due: *due, in_time: *in_time });
        }
        let ids = secs.iter().enumerate();
        work.responses = ids.map(|(id, secs)| (id.to_compact_string(), *secs)).collect();
        let run = |(playbook, is_open): &(usize, bool)| -> RunFigures {
            serde_json::from_value(serde_json::json!({
                "run_id": uuid::Uuid::nil(), "playbook": PLAYBOOKS[*playbook],
                "playbook_version": "1", "started_at": "2025-11-01",
                "trigger": { "kind": "condition" }, "steps": [],
                "status": if *is_open { "open" } else { "completed" },
            }))
            .unwrap()
        };
        work.runs = runs.iter().map(run).collect();
        work
    }

    /// The same, said as plainly as it can be.
    fn plainly(told: &[Told], group: u8) -> Measures {
        let mine: Vec<_> = told.iter().filter(|it| it.0 == group).collect();
        let sum = |days: i32, of: &dyn Fn(&Row) -> u32| -> u32 {
            let rows = mine.iter().flat_map(|it| &it.1);
            rows.filter(|row| (0..days).contains(&row.0)).map(of).sum()
        };
        let secs: Vec<u64> = mine.iter().flat_map(|it| it.2.clone()).collect();
        let least = |tenths: usize| {
            let within = |most: u64| secs.iter().filter(|it| **it <= most).count();
            (0..50).find(|most| within(*most) * 10 >= secs.len() * tenths).unwrap()
        };
        let runs = mine.iter().flat_map(|it| &it.3);
        Measures {
            accounts: mine.len() as u32,
            responses: (!secs.is_empty()).then(|| ResponseFigures {
                alerts: secs.len() as u32,
                median_secs: least(5),
                p90_secs: least(9),
            }),
            steps: StepCounts { due: sum(30, &|it| it.2), in_time: sum(30, &|it| it.3) },
            touchpoints_week: sum(7, &|it| it.1[0]),
            touchpoints_month: sum(30, &|it| it.1[0]),
            reviews: sum(30, &|it| it.1[1]),
            plans_updated: sum(30, &|it| it.1[2]),
            expansions: sum(30, &|it| it.1[3]),
            advocacy: sum(30, &|it| it.1[4]),
            mitigations_open: runs.filter(|it| it.1 && it.0 < 3).count() as u32,
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn measures_are_those_of_brute_force(told in told()) {
            let works: Vec<_> = told.iter().map(|it| (it.0, work(it))).collect();
            let found = by(works.iter().map(|(group, work)| (*group, Some(work))), TODAY);
            let groups = (0..3).filter(|group| told.iter().any(|it| it.0 == *group));
            prop_assert_eq!(found.len(), groups.count());
            for (group, measures) in found {
                prop_assert_eq!(&measures, &plainly(&told, group));
            }
        }
    }

    #[test]
    fn what_there_is_none_of_is_nothing() {
        let found = by([("zoe", None), ("zoe", None)], TODAY);
        assert_eq!(found["zoe"], Measures { accounts: 2, ..Measures::default() });
        assert_eq!(found["zoe"].step_adherence(), None);
        let steps = StepCounts { due: 4, in_time: 3 };
        assert_eq!(Measures { steps, ..Measures::default() }.step_adherence(), Some(0.75));
    }
}
