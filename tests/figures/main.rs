//! The figures of the dashboard are those of a second, plain computation over the records.
//!
//! Cases with numbers worked out on paper are in `by_hand.rs`, the plain computation is in
//! `plain.rs` and `plain_outcomes.rs`. That sums give back what was added is tested beside them, in
//! `view/figures/`.

#![allow(clippy::unwrap_used)]

mod by_hand;
mod lists;
mod month_ends;
mod plain;
mod plain_outcomes;
mod records;
mod world;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use customer_pulse::engine::account::profile::Segment;
use customer_pulse::engine::time::Day;
use customer_pulse::view::figures::Figures;
use customer_pulse::view::figures::groups::{Groups, Published};
use customer_pulse::view::figures::share::Share;
use proptest::prelude::*;
use serde_json::Value;

use records::Records;

/// Both ways of counting agree to this part of the figure: one sums integers, the other does not.
const PRECISION: f64 = 1e-9;

/// The book that a world left, made once.
fn book() -> &'static (Vec<Records>, Day) {
    static BOOK: OnceLock<(Vec<Records>, Day)> = OnceLock::new();
    BOOK.get_or_init(world::lived)
}

fn compare(found: &Value, wanted: &Value, path: &str) {
    match (found, wanted) {
        (Value::Number(found), Value::Number(wanted)) => {
            let (found, wanted) = (found.as_f64().unwrap(), wanted.as_f64().unwrap());
            let off = (found - wanted).abs();
            assert!(off <= PRECISION * wanted.abs().max(1.0), "{path}: {found}, not {wanted}");
        }
        (Value::Object(found), Value::Object(wanted)) => {
            let names =
                |it: &serde_json::Map<String, Value>| it.keys().cloned().collect::<Vec<_>>();
            assert_eq!(names(found), names(wanted), "{path}");
            found
                .iter()
                .for_each(|(name, it)| compare(it, &wanted[name], &format!("{path}.{name}")));
        }
        (Value::Array(found), Value::Array(wanted)) => {
            assert_eq!(found.len(), wanted.len(), "{path}");
            let pairs = found.iter().zip(wanted).enumerate();
            pairs.for_each(|(n, (found, wanted))| compare(found, wanted, &format!("{path}[{n}]")));
        }
        _ => assert_eq!(found, wanted, "{path}"),
    }
}

fn check(found: &Figures, accounts: &[&Records], today: Day) {
    let wanted = plain::figures(accounts, today);
    compare(&serde_json::to_value(found).unwrap(), &serde_json::to_value(wanted).unwrap(), "");
}

/// Holds all groups against the plain computation.
fn check_all(found: &Published, accounts: &[&Records], today: Day) {
    check(&found.all, accounts, today);
    let mut by_csm: BTreeMap<&str, Vec<&Records>> = BTreeMap::new();
    let mut by_segment: BTreeMap<Segment, Vec<&Records>> = BTreeMap::new();
    let mut by_parent: BTreeMap<&str, Vec<&Records>> = BTreeMap::new();
    for it in accounts {
        by_csm.entry(&it.health.csm.name).or_default().push(it);
        by_segment.entry(it.health.segment).or_default().push(it);
        let parent = it.health.profile.parent.as_deref();
        let parent = parent.filter(|parent| *parent != it.health.account_id);
        if let Some(parent) = parent.filter(|_| !plain::has_left(it)) {
            by_parent.entry(parent).or_default().push(it);
        }
    }
    assert!(found.by_csm.keys().eq(by_csm.keys()));
    assert!(found.by_segment.keys().eq(by_segment.keys()));
    assert!(found.parents.keys().eq(by_parent.keys()));
    by_csm.iter().for_each(|(csm, mine)| check(&found.by_csm[*csm], mine, today));
    by_segment.iter().for_each(|(it, mine)| check(&found.by_segment[it], mine, today));
    for (parent, children) in by_parent {
        let found = serde_json::to_value(&*found.parents[parent]).unwrap();
        compare(&found, &serde_json::to_value(plain::parent(&children)).unwrap(), parent);
    }
}

#[test]
fn a_book_of_a_year_has_all_figures() {
    let (book, today) = book();
    let mut groups = Groups::default();
    for it in book {
        groups.put(None, Some(&it.share(*today)));
    }
    let found = groups.publish();
    check_all(&found, &book.iter().collect::<Vec<_>>(), *today);
    let Figures { portfolio, activity, outcomes, operations } = &*found.all;
    // What is compared is there: a year of some accounts leaves no figure without a case.
    assert!(portfolio.accounts > 20 && portfolio.left > 0 && portfolio.renewals.due.accounts > 0);
    assert!(portfolio.arr.accounts > 0 && portfolio.no_data.accounts > 0);
    assert!(portfolio.load.csms > 1 && found.parents.len() > 1);
    assert!(activity.touchpoints_week > 0 && activity.expansions > 0 && activity.reviews > 0);
    let all = [
        outcomes.nps,
        outcomes.gross_retention,
        outcomes.gross_retention_due,
        outcomes.expansion_rate,
        outcomes.renewal_cycle_days,
        outcomes.time_to_value_days,
        outcomes.lifetime_value_cents,
        operations.adherence,
        operations.csat,
    ];
    assert!(all.iter().all(|it| it.value.is_some()), "{all:?}");
    assert!(operations.response.n > 0 && operations.advocacy > 0);
    assert!(outcomes.nps_trend.len() > 6, "{:?}", outcomes.nps_trend);
}

/// What happens to an account: a record comes, in which it may have moved to the manager and the
/// family of another one, and may have no work yet; or it is erased.
#[derive(Clone, Debug)]
enum Turn {
    Comes { account: usize, moves_to: Option<usize>, is_worked: bool },
    Goes { account: usize },
}

fn turns() -> impl Strategy<Value = Vec<Turn>> {
    let account = || any::<prop::sample::Index>().prop_map(|it| it.index(book().0.len()));
    let comes = (account(), prop::option::of(account()), any::<bool>());
    let comes = comes.prop_map(|(account, moves_to, is_worked)| Turn::Comes {
        account,
        moves_to,
        is_worked,
    });
    let goes = account().prop_map(|account| Turn::Goes { account });
    prop::collection::vec(prop_oneof![3 => comes, 1 => goes], 1..150)
}

fn moved(mut records: Records, to: Option<usize>, is_worked: bool) -> Records {
    if let Some(other) = to.map(|to| &book().0[to].health) {
        records.health.csm = other.csm.clone();
        records.health.segment = other.segment;
        records.health.profile.parent = Some(other.account_id.clone());
    }
    records.work = records.work.filter(|_| is_worked);
    records
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None, ..ProptestConfig::with_cases(24)
    })]

    #[test]
    fn any_order_of_updates_and_removals_leaves_the_same_figures(turns in turns()) {
        let (book, today) = book();
        let mut groups = Groups::default();
        let mut held: Vec<Option<(Records, Share)>> = vec![None; book.len()];
        for (n, turn) in turns.into_iter().enumerate() {
            let (account, records) = match turn {
                Turn::Comes { account, moves_to, is_worked } => {
                    (account, Some(moved(book[account].clone(), moves_to, is_worked)))
                }
                Turn::Goes { account } => (account, None),
            };
            let new = records.map(|it| (it.clone(), it.share(*today)));
            let share = |it: &Option<(Records, Share)>| it.as_ref().map(|it| it.1.clone());
            groups.put(share(&held[account]).as_ref(), share(&new).as_ref());
            held[account] = new;
            if n % 40 == 0 {
                groups.publish();
            }
        }
        let held: Vec<_> = held.iter().flatten().map(|it| &it.0).collect();
        check_all(&groups.publish(), &held, *today);
    }

    #[test]
    fn days_go_by(days in -400..400_i32) {
        // The windows of any day: what was, what is not yet, what is long ago.
        let (book, today) = book();
        let (today, mut groups) = (today.plus(days), Groups::default());
        book.iter().for_each(|it| groups.put(None, Some(&it.share(today))));
        check_all(&groups.publish(), &book.iter().collect::<Vec<_>>(), today);
    }
}
