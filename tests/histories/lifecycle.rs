//! Where an account stands in its life: stages of the renewal, who came back, goals of onboarding.
//!
//! The bounds of the first phases are tested beside them (`src/engine/assess/lifecycle.rs`).

use customer_pulse::engine::account::Account;
use customer_pulse::engine::account::profile::Segment;
use customer_pulse::engine::assess::lifecycle::{Onboarding, Phase};
use customer_pulse::engine::event::Topic;
use customer_pulse::engine::model::Model;

use crate::made::{Made, folded, instant};

/// An account that these events of the given days were folded into.
fn told(events: &[(Topic, &'static str, &str, i32)]) -> Account {
    let made = |(id, (topic, type_name, body, day)): (usize, &(Topic, &'static str, &str, i32))| {
        Made::new(id as u32, *topic, (type_name, body), 1, instant(*day, 0))
    };
    let history: Vec<Made> = events.iter().enumerate().map(made).collect();
    folded(&history)
}

fn phase(account: &Account, day: i32) -> Option<Phase> {
    Phase::of(Model::default().of(Segment::Smb), account, instant(day, 0))
}

#[test]
fn stages_of_the_renewal_count_from_the_last_day_of_notice() {
    // 2024 is a leap year: the contract ends with day 366, notice with day 336.
    let profile = r#"{"created_at":"2024-01-01","contract_end":"2025-01-01","notice_days":30}"#;
    let account = told(&[(Topic::Accounts, "account_updated", profile, 0)]);
    for (day, wanted) in [
        (245, Phase::Adoption),
        (246, Phase::Renewal90),
        (275, Phase::Renewal90),
        (276, Phase::Renewal60),
        (306, Phase::Renewal30),
        (396, Phase::Renewal30),
        (397, Phase::Adoption),
    ] {
        assert_eq!(phase(&account, day), Some(wanted), "day {day}");
    }
    let monthly = r#"{"created_at":"2024-01-01","contract_end":"2025-01-01","term_months":1}"#;
    let account = told(&[(Topic::Accounts, "account_updated", monthly, 0)]);
    assert_eq!(phase(&account, 360), Some(Phase::Adoption));
}

#[test]
fn who_comes_back_is_called_so_for_a_while() {
    let gone = (Topic::Commercial, "contract_churned", "{}", 200);
    let profile = (Topic::Accounts, "account_updated", r#"{"created_at":"2024-01-01"}"#, 0);
    assert_eq!(phase(&told(&[profile, gone]), 220), Some(Phase::Churned));
    let account = told(&[profile, gone, (Topic::Commercial, "contract_renewed", "{}", 250)]);
    assert_eq!(phase(&account, 250), Some(Phase::WonBack));
    assert_eq!(phase(&account, 339), Some(Phase::WonBack));
    assert_eq!(phase(&account, 340), Some(Phase::Adoption));
}

#[test]
fn goals_are_met_beyond_their_figure_and_due_by_age() {
    let profile = r#"{"created_at":"2024-01-01","seats":5,"core_features":["a","b","c"]}"#;
    let mut events = vec![
        (Topic::Accounts, "account_updated", profile, 0),
        (Topic::Usage, "session", r#"{"user_id":"u1","features":["a"]}"#, 3),
        (Topic::Usage, "session", r#"{"user_id":"u2","features":["b"]}"#, 4),
        (Topic::Usage, "login", r#"{"user_id":"u3"}"#, 5),
        (Topic::Usage, "login", r#"{"user_id":"u4"}"#, 5),
        (Topic::Outcomes, "first_value", "{}", 30),
    ];
    let model = Model::default();
    let goals =
        |events: &[_], day| Onboarding::of(model.of(Segment::Smb), &told(events), instant(day, 0));
    let found = goals(&events, 31).expect("it is young");
    let said = |it: Onboarding| it.goals().map(|(_, goal)| (goal.value, goal.is_met));
    assert_eq!(
        said(found),
        [
            (Some(30.0), false),
            (Some(0.8), false),
            (Some(2.0 / 3.0), true),
            (None, false),
            (Some(0.0), false),
        ]
    );
    assert_eq!(found.first_value.due_at, instant(30, 0));
    assert_eq!(found.wins.due_at, instant(90, 0));
    events.extend([
        (Topic::Usage, "login", r#"{"user_id":"u5"}"#, 6),
        (Topic::Outcomes, "first_value", "{}", 29),
        (Topic::Feedback, "nps", r#"{"score":9}"#, 20),
        (Topic::Outcomes, "roi_reported", r#"{"realized":2,"target":2}"#, 25),
    ]);
    assert!(said(goals(&events, 32).expect("it is young")).iter().all(|(_, is_met)| *is_met));
    assert!(goals(&events, 180).is_some() && goals(&events, 181).is_none());
}
