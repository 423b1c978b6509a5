//! What holds for the windows whatever happens in them: they are recounts, in any order.
//!
//! What holds for the accounts that are made of them is tested in `main.rs`.

use std::collections::BTreeSet;

use customer_pulse::engine::time::Day;
use customer_pulse::engine::window::day_log::DayLog;
use customer_pulse::engine::window::day_ring::DayRing;
use customer_pulse::engine::window::distinct_days::DistinctDays;
use customer_pulse::engine::window::instants::Instants;
use customer_pulse::engine::window::{HORIZON_DAYS, WINDOW_DAYS_MAX};
use proptest::prelude::*;

use crate::made::{FIRST_DAY, instant, shuffled};

/// Days of up to three years in no order, clustered so that some are repeated.
fn days() -> impl Strategy<Value = Vec<(i32, u32)>> {
    let day = prop_oneof![0..1100_i32, 700..730_i32, 400..800_i32];
    prop::collection::vec((day, 0..4_u32), 1..80)
}

/// Who was seen on which day.
fn sightings() -> impl Strategy<Value = Vec<(u64, i32)>> {
    prop::collection::vec((0..12_u64, prop_oneof![0..1100_i32, 700..800_i32]), 1..150)
}

/// The newest day on which something happened.
fn newest(things: &[(i32, u32)]) -> i32 {
    things.iter().map(|(day, _)| *day).max().unwrap_or(0)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn sums_by_day_are_recounts(things in days(), ages in (0..380_i32, 0..380_i32)) {
        let things: Vec<_> = things.into_iter().filter(|(_, amount)| *amount > 0).collect();
        let (mut ring, mut log) = (DayRing::<u32, HORIZON_DAYS>::default(), DayLog::default());
        for (day, amount) in &things {
            ring.add(Day::from_number(*day), *amount);
            log.add(Day::from_number(*day), *amount);
        }
        let newest = newest(&things);
        let (from, to) = (newest - ages.0.max(ages.1), newest - ages.0.min(ages.1));
        let recount = |from: i32, to: i32| -> u32 {
            things.iter().filter(|(day, _)| (from..to).contains(day)).map(|(_, n)| n).sum()
        };
        let (first, end) = (Day::from_number(from), Day::from_number(to));
        prop_assert_eq!(ring.since(first), recount(from, i32::MAX));
        prop_assert_eq!(ring.between(first, end), recount(from, to));
        prop_assert_eq!(log.since(first), recount(from, i32::MAX));
        prop_assert_eq!(log.between(first, end), recount(from, to));
        let bytes = postcard::to_allocvec(&ring).unwrap();
        let read: DayRing<u32, HORIZON_DAYS> = postcard::from_bytes(&bytes).unwrap();
        prop_assert_eq!(read, ring);
    }

    #[test]
    fn sums_by_day_depend_on_no_order(things in days(), swaps in any::<u64>()) {
        let sum = |things: &[(i32, u32)]| {
            let (mut ring, mut log) = (DayRing::<u64, 64>::default(), DayLog::default());
            for (day, amount) in things {
                ring.add(Day::from_number(*day), u64::from(*amount));
                log.add(Day::from_number(*day), *amount);
            }
            (ring, log)
        };
        prop_assert_eq!(sum(&things), sum(&shuffled(&things, swaps)));
    }

    #[test]
    fn a_moved_amount_is_one_that_was_added_there(
        things in days(), from in 1000..1090_i32, to in 1000..1090_i32,
    ) {
        let add_all = |extra: i32| {
            let (mut ring, mut log) = (DayRing::<u32, HORIZON_DAYS>::default(), DayLog::default());
            for (day, amount) in things.iter().copied().chain([(1090, 1), (extra, 1)]) {
                ring.add(Day::from_number(day), amount);
                log.add(Day::from_number(day), amount);
            }
            (ring, log)
        };
        let (mut ring, mut log) = add_all(from);
        ring.move_to(Day::from_number(from), Day::from_number(to), 1);
        log.move_to(Day::from_number(from), Day::from_number(to), 1);
        prop_assert_eq!((ring, log), add_all(to));
    }

    #[test]
    fn distinct_ids_are_recounts(
        things in sightings(),
        ages in (0..380_i32, 0..380_i32),
        swaps in any::<u64>(),
    ) {
        let count = |things: &[(u64, i32)]| {
            let mut ids = DistinctDays::<64>::default();
            let mut pairs = DayRing::<u32, HORIZON_DAYS>::default();
            for (id, day) in things {
                if ids.record(*id, Day::from_number(*day), |_| {}) {
                    pairs.add(Day::from_number(*day), 1);
                }
            }
            (ids, pairs)
        };
        let (ids, pairs) = count(&things);
        let newest = things.iter().map(|(_, day)| *day).max().unwrap_or(0);
        let (from, to) = (newest - ages.0.max(ages.1), newest - ages.0.min(ages.1));
        let recount = |from: i32, to: i32| -> BTreeSet<u64> {
            things.iter().filter(|(_, day)| (from..to).contains(day)).map(|(id, _)| *id).collect()
        };
        let (first, end) = (Day::from_number(from), Day::from_number(to));
        let seen = recount(from, i32::MAX);
        prop_assert_eq!(ids.since(first) as usize, seen.len());
        prop_assert_eq!(ids.between(first, end) as usize, recount(from, to).len());
        for id in 0..12 {
            prop_assert_eq!(ids.is_seen_since(id, first), seen.contains(&id));
        }
        let distinct: BTreeSet<_> = things.iter().filter(|(_, day)| *day >= from).collect();
        prop_assert_eq!(pairs.since(first) as usize, distinct.len());
        prop_assert_eq!((ids, pairs), count(&shuffled(&things, swaps)));
    }

    #[test]
    fn instants_are_the_newest(things in days(), age in 0..380_i32, swaps in any::<u64>()) {
        let keep = |things: &[(i32, u32)]| {
            let mut instants = Instants::<1000>::default();
            things.iter().for_each(|(day, part)| instants.add(instant(*day, *part)));
            instants
        };
        let from = Day::from_number(FIRST_DAY + newest(&things) - age);
        let mut wanted: Vec<_> = things.iter().map(|(day, part)| instant(*day, *part)).collect();
        wanted.retain(|at| *at >= from.start());
        wanted.sort_unstable();
        let instants = keep(&things);
        prop_assert_eq!(instants.since(from), &wanted[..]);
        prop_assert_eq!(instants, keep(&shuffled(&things, swaps)));
    }
}

#[test]
fn windows_that_a_model_may_ask_for_are_remembered() {
    let mut ring = DayRing::<u32, HORIZON_DAYS>::default();
    let first = Day::from_number(0);
    ring.add(first, 1);
    ring.add(first.plus(i32::from(WINDOW_DAYS_MAX)), 1);
    assert_eq!(ring.since(first), 2);
}
