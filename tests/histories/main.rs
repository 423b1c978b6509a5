//! What holds for any history: order, lateness, copies and restarts change nothing.
//!
//! Exact scores of known histories are tested in `tests/vectors.rs`.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use customer_pulse::engine::account::Account;
use customer_pulse::engine::account::feed::Memory;
use customer_pulse::engine::assess::{Assessment, assess};
use customer_pulse::engine::decode::{Decoded, Decoder, Record};
use customer_pulse::engine::model::Model;
use customer_pulse::engine::silence::Silences;
use customer_pulse::engine::time::Timestamp;
use customer_pulse::engine::{Engine, Origin};
use made::{KEY, Made, any_history, folded, instant, of_all_facets, shuffled};
use proptest::prelude::*;

mod facets;
mod lifecycle;
mod made;
mod windows;

fn believed(account: &Account, now: Timestamp) -> Assessment {
    static MODEL: LazyLock<Model> = LazyLock::new(Model::default);
    assess(&MODEL, &Silences::NONE, account, now)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_order_gives_the_same_account(history in any_history(), swaps in any::<u64>()) {
        let account = folded(&history);
        prop_assert_eq!(&folded(&shuffled(&history, swaps)), &account);
        let mut sorted = history.clone();
        sorted.sort_by_key(|made| (made.at, made.id.to_string()));
        prop_assert_eq!(&folded(&sorted), &account);
        prop_assert_eq!(&folded(sorted.iter().rev()), &account);
        let now = account.last_event_at().expect("not empty").plus_days(1);
        let once: BTreeMap<u32, &Made> = history.iter().map(|made| (made.id, made)).collect();
        let unique = folded(once.into_values());
        prop_assert_eq!(believed(&unique, now), believed(&account, now));
    }

    #[test]
    fn any_interleaving_of_topics_gives_the_same_account(
        history in any_history(), swaps in any::<u64>(),
    ) {
        for memory in [Memory::Bounded, Memory::All] {
            let fold = |history: &[Made]| {
                let mut account = Account::new(memory);
                for made in history {
                    made.fold_into(&mut account);
                }
                account
            };
            // Topics in another order, each keeping its own.
            let mut interleaved = history.clone();
            let turns = shuffled(&[0, 1, 2, 3, 4, 5, 6, 7], swaps);
            interleaved.sort_by_key(|made| turns[made.topic.index()]);
            prop_assert_eq!(fold(&interleaved), fold(&history));
        }
    }

    #[test]
    fn a_restart_anywhere_changes_nothing(history in any_history(), cut in 0..200_usize) {
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
    fn scores_are_bounded_and_add_up(
        history in of_all_facets(), day in 0..400_i32, part in 0..5_u32,
    ) {
        let (account, now) = (folded(&history), instant(day, part));
        let found = believed(&account, now);
        let scores = found.metrics.iter().chain(&found.components).flatten().copied();
        for score in scores.chain([found.health, found.health_score, found.confidence * 100.0]) {
            prop_assert!((0.0..=100.0).contains(&score), "{score}");
        }
        for x in found.churn.signals.iter().flatten().chain([&found.churn.probability]) {
            prop_assert!((0.0..=1.0).contains(x), "{x}");
        }
        let said: f64 = found.churn.contributions.iter().map(|(_, said)| said).sum();
        prop_assert!((found.churn.base + said - found.churn.logit).abs() < 1e-9);
        let sum: f64 = found.contributions.iter().flatten().sum();
        prop_assert!(found.is_no_data || (sum - found.health).abs() < 1e-9);
        prop_assert_eq!(found.is_no_data, found.confidence <= 0.0);
        prop_assert_eq!(&believed(&account, now), &found);
    }
}

proptest! {
    // Each runs an engine and all of its timers.
    #![proptest_config(ProptestConfig {
        failure_persistence: None, cases: 24, ..ProptestConfig::default()
    })]

    #[test]
    fn a_rejected_record_changes_no_assessment(
        history in of_all_facets(), spoilt in prop::collection::vec(any::<(u16, u8)>(), 1..20),
    ) {
        let mut records: Vec<(Made, String, bool)> =
            history.iter().map(|made| (made.clone(), made.value(), true)).collect();
        for (place, how) in spoilt {
            let place = usize::from(place) % records.len();
            let (made, value, _) = records[place].clone();
            records.insert(place, (made, spoil(&value, how), false));
        }
        let (decoder, model) = (Decoder::new(), Arc::new(Model::default()));
        let mut engine = Engine::new(model, KEY, Memory::All);
        for (offset, (made, value, is_sound)) in records.iter().enumerate() {
            let record = Record {
                topic: made.topic,
                key: Some(b"a"),
                value: Some(value.as_bytes()),
                headers: &[],
                broker_at: made.at,
            };
            let decoded = decoder.decode(&record);
            prop_assert_eq!(decoded.is_ok(), *is_sound, "{}", value);
            if let Ok(Decoded::Event(event)) = decoded {
                engine.apply(&event, Origin { offset: offset as i64, broker_at: made.at });
            }
        }
        let found = &engine.account("a").expect("there are events").account;
        let now = instant(351, 2);
        prop_assert_eq!(believed(found, now), believed(&folded(&history), now));
    }
}

/// A value that must not be taken, though most of it is right.
fn spoil(value: &str, how: u8) -> String {
    match how % 5 {
        0 => value[..value.len() - 1].to_owned(),
        1 => value.replacen(r#""account_id":"a""#, r#""account_id":"b""#, 1),
        2 => value.replacen(r#""event_id":""#, r#""event_id":7,"was":""#, 1),
        3 => value.replacen(r#""ts":""#, r#""ts":"never"#, 1),
        _ => value.replacen(r#""type":""#, r#""type":"un"#, 1),
    }
}
