//! What holds for any history: order, lateness, copies and restarts change nothing.
//!
//! Exact scores of known histories are tested in `vectors.rs`.

use std::collections::{BTreeMap, BTreeSet};

use customer_pulse::engine::account::Account;
use customer_pulse::engine::account::fact::Folded;
use customer_pulse::engine::account::feed::Memory;
use customer_pulse::engine::assess::assess;
use customer_pulse::engine::decode::Body;
use customer_pulse::engine::event::{Event, EventBody, Topic};
use customer_pulse::engine::field::{Id, Str};
use customer_pulse::engine::id::IdKey;
use customer_pulse::engine::model::Model;
use customer_pulse::engine::silence::Silences;
use customer_pulse::engine::text::Labels;
use customer_pulse::engine::time::{DAY_MS, Day, Timestamp};
use customer_pulse::engine::window::day_log::DayLog;
use customer_pulse::engine::window::day_ring::DayRing;
use customer_pulse::engine::window::distinct_days::DistinctDays;
use customer_pulse::engine::window::instants::Instants;
use customer_pulse::engine::window::{HORIZON_DAYS, WINDOW_DAYS_MAX};
use proptest::prelude::*;

/// 2024-01-01, the first day of every history here.
const FIRST_DAY: i32 = 19_723;

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

/// A made-up event: how many days and parts of a day after the first one, what, of whom.
#[derive(Clone, Debug)]
struct Made {
    id: u32,
    day: i32,
    part: u32,
    kind: usize,
    who: u8,
}

/// Types of every facet; `@` stands for a small number, `#` for a date.
const KINDS: [(Topic, &str, &str); 22] = [
    (Topic::Usage, "session", r#"{"user_id":"u@","duration_s":9@0,"features":["f@","g"]}"#),
    (Topic::Usage, "login", r#"{"user_id":"u@"}"#),
    (Topic::Usage, "feature_used", r#"{"user_id":"u@","feature":"f@"}"#),
    (Topic::Usage, "feature_used", r#"{"feature":"f@","count":@}"#),
    (Topic::Usage, "api_call", r#"{"count":1@,"errors":@}"#),
    (Topic::Usage, "plan_usage", r#"{"meter":"m@","used":@,"limit":9}"#),
    (Topic::Support, "ticket_opened", r#"{"ticket_id":"t@","severity":2}"#),
    (Topic::Support, "ticket_opened", r#"{"ticket_id":"t@","severity":4}"#),
    (Topic::Support, "ticket_escalated", r#"{"ticket_id":"t@"}"#),
    (Topic::Support, "ticket_resolved", r#"{"ticket_id":"t@"}"#),
    (Topic::Support, "ticket_reopened", r#"{"ticket_id":"t@"}"#),
    (Topic::Support, "csat", r#"{"score":3}"#),
    (Topic::Support, "self_service", "{}"),
    (Topic::Feedback, "nps", r#"{"score":@,"respondent_id":"r@"}"#),
    (Topic::Feedback, "survey_sent", r#"{"respondent_id":"r@"}"#),
    (Topic::Accounts, "account_updated", r#"{"seats":@,"core_features":["f1","f@"]}"#),
    (Topic::Accounts, "account_updated", r#"{"arr_cents":9@00000,"created_at":"2024-01-0@"}"#),
    (Topic::Relationship, "sponsor_departed", "{}"),
    (Topic::Relationship, "outreach_sent", r#"{"outreach_id":"o@"}"#),
    (Topic::Outcomes, "kpi", r#"{"kpi_id":"k@","actual":@,"target":5}"#),
    (Topic::Commercial, "payment_failed", r#"{"invoice_id":"i@"}"#),
    (Topic::Commercial, "contract_renewed", "{}"),
];

fn instant(day: i32, part: u32) -> Timestamp {
    Day::from_number(FIRST_DAY + day).start().plus_millis(i64::from(part) * DAY_MS / 5)
}

impl Made {
    fn at(&self) -> Timestamp {
        instant(self.day, self.part)
    }

    fn fold_into(&self, account: &mut Account) -> Folded {
        let (topic, type_name, body) = KINDS[self.kind];
        let body = body.replace('@', &self.who.to_string());
        let event_id = self.id.to_string();
        let body = EventBody::read(topic, type_name, &Body::Json(&body));
        let event = Event {
            event_id: Id::new(Str::borrowed(&event_id)).expect("digits are an id"),
            account_id: Id::new(Str::borrowed("a")).expect("a letter is an id"),
            at: self.at(),
            source: None,
            body: body.expect("the kinds are valid for 1 to 8"),
        };
        account.fold(&event, self.at(), &IdKey::new([7; 16]), &Labels::NONE)
    }
}

/// Histories of up to 350 days, at times copied and tied, in no order.
fn histories() -> impl Strategy<Value = Vec<Made>> {
    let made = (0..350_i32, 0..5_u32, 0..KINDS.len(), 1..9_u8)
        .prop_map(|(day, part, kind, who)| Made { id: 0, day, part, kind, who });
    prop::collection::vec(made, 1..120).prop_map(|mut history| {
        for (id, made) in history.iter_mut().enumerate() {
            made.id = id as u32;
        }
        let copies: Vec<Made> = history.iter().step_by(7).cloned().collect();
        history.extend(copies);
        history
    })
}

fn shuffled<T: Clone>(things: &[T], seed: u64) -> Vec<T> {
    let mut things = things.to_vec();
    let mut state = seed;
    for end in (1..things.len()).rev() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        things.swap(end, (state >> 33) as usize % (end + 1));
    }
    things
}

fn folded(history: &[Made]) -> Account {
    let mut account = Account::new(Memory::All);
    for made in history {
        made.fold_into(&mut account);
    }
    account
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_order_gives_the_same_account(history in histories(), swaps in any::<u64>()) {
        let account = folded(&history);
        prop_assert_eq!(&folded(&shuffled(&history, swaps)), &account);
        let model = Model::default();
        let now = instant(351, 2);
        let once: BTreeMap<u32, &Made> = history.iter().map(|made| (made.id, made)).collect();
        let unique: Vec<Made> = once.into_values().cloned().collect();
        prop_assert_eq!(assess(&model, &Silences::NONE, &folded(&unique), now), assess(&model, &Silences::NONE, &account, now));
    }

    #[test]
    fn a_restart_anywhere_changes_nothing(history in histories(), cut in 0..200_usize) {
        for memory in [Memory::Bounded, Memory::All] {
            let (mut uncut, mut resumed) = (Account::new(memory), Account::new(memory));
            for (index, made) in history.iter().enumerate() {
                if index == cut {
                    let bytes = postcard::to_allocvec(&resumed).unwrap();
                    resumed = postcard::from_bytes(&bytes).unwrap();
                }
                prop_assert_eq!(made.fold_into(&mut uncut), made.fold_into(&mut resumed));
            }
            prop_assert_eq!(uncut, resumed);
        }
    }

    #[test]
    fn scores_are_bounded_and_add_up(history in histories(), day in 0..400_i32, part in 0..5_u32) {
        let (model, account, now) = (Model::default(), folded(&history), instant(day, part));
        let found = assess(&model, &Silences::NONE, &account, now);
        let scores = found.metrics.iter().chain(&found.components).flatten().copied();
        for score in scores.chain([found.health, found.health_score, found.confidence * 100.0]) {
            prop_assert!((0.0..=100.0).contains(&score), "{score}");
        }
        let sum: f64 = found.contributions.iter().flatten().sum();
        prop_assert!(found.is_no_data || (sum - found.health).abs() < 1e-9);
        prop_assert_eq!(found.is_no_data, found.confidence <= 0.0);
        prop_assert_eq!(&assess(&model, &Silences::NONE, &account, now), &found);
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
