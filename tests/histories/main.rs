//! What holds for any history: order, lateness, copies and restarts change nothing.
//!
//! Exact scores of known histories are tested in `vectors.rs`, windows in `windows.rs`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use customer_pulse::engine::account::Account;
use customer_pulse::engine::account::feed::Memory;
use customer_pulse::engine::assess::{Assessment, assess};
use customer_pulse::engine::model::Model;
use customer_pulse::engine::silence::Silences;
use customer_pulse::engine::time::Timestamp;
use made::{Made, folded, histories, instant, shuffled};
use proptest::prelude::*;

mod made;

fn believed(account: &Account, now: Timestamp) -> Assessment {
    static MODEL: LazyLock<Model> = LazyLock::new(Model::default);
    assess(&MODEL, &Silences::NONE, account, now)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_order_gives_the_same_account(history in histories(), swaps in any::<u64>()) {
        let account = folded(&history);
        prop_assert_eq!(&folded(&shuffled(&history, swaps)), &account);
        let now = instant(351, 2);
        let once: BTreeMap<u32, &Made> = history.iter().map(|made| (made.id, made)).collect();
        let unique = folded(once.into_values());
        prop_assert_eq!(believed(&unique, now), believed(&account, now));
    }

    #[test]
    fn any_interleaving_of_topics_gives_the_same_account(
        history in histories(), swaps in any::<u64>(),
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
            interleaved.sort_by_key(|made| turns[made.topic().index()]);
            prop_assert_eq!(fold(&interleaved), fold(&history));
        }
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
