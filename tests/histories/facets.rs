//! What holds for the relationship, outcomes and commercial facets: windows are recounts, nothing
//! grows without end, the last or first of a kind counts however late it comes.
//!
//! What holds for any history of the whole account is tested in `main.rs`.

use std::collections::BTreeMap;

use customer_pulse::engine::account::Account;
use customer_pulse::engine::account::commercial;
use customer_pulse::engine::account::fact::{FactKind, Folded};
use customer_pulse::engine::account::feed::Memory;
use customer_pulse::engine::account::outcomes;
use customer_pulse::engine::account::relationship::{self, action_items, meetings, outreach};
use customer_pulse::engine::event::Topic;
use customer_pulse::engine::time::Timestamp;
use proptest::prelude::*;

use crate::made::{
    COMMERCIAL, KEY, Kinds, Made, OUTCOMES, RELATIONSHIP, folded, instant, of_one_facet,
};

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn windows_are_recounts(history in of_one_facet(), ages in (0..380_i32, 0..380_i32)) {
        let account = folded(&history);
        let unique: BTreeMap<u32, &Made> = history.iter().map(|made| (made.id, made)).collect();
        let newest = history.iter().map(|made| made.at.day()).max().expect("not empty");
        let from = newest.plus(-ages.0.max(ages.1));
        let to = newest.plus(-ages.0.min(ages.1));
        let (start, end) = (from.start(), to.start());
        let of = |type_name: &'static str| {
            unique.values().filter(move |made| made.type_name == type_name)
        };
        let count = |type_name, end| {
            of(type_name).filter(|made| made.at >= start && made.at < end).count()
        };
        let forever = Timestamp::from_millis(i64::MAX);
        let relationship = &account.relationship;
        prop_assert_eq!(relationship.community.since(from) as usize, count("community", forever));
        let answered = relationship.outreach.between(start, end);
        prop_assert_eq!(answered.sent as usize, count("outreach_sent", end));
        let commercial = &account.commercial;
        let touches = commercial.renewal.touches_between(start, end);
        prop_assert_eq!(touches.len(), count("renewal_touch", end));
        let last_reply = of("renewal_reply").map(|made| (made.at, made.id.to_string())).max();
        let unanswered = of("renewal_touch")
            .filter(|made| made.at >= start && made.at < end)
            .filter(|made| Some((made.at, made.id.to_string())) > last_reply);
        let found = commercial.renewal.unanswered_between(start, end);
        prop_assert_eq!(found as usize, unanswered.count());
        let opened = commercial.expansions_opened.between(start, end).len();
        prop_assert_eq!(opened, count("expansion_opened", end));
    }
}

/// Folds `count` events of each type, a minute between one of each and the next.
fn flood(account: &mut Account, topic: Topic, kinds: Kinds, count: u32) {
    for number in 1..=count {
        let at = instant(900, 0).plus_millis(i64::from(number) * 60_000);
        for (index, kind) in kinds.iter().enumerate() {
            Made::new(index as u32 * count + number, topic, *kind, number, at).fold_into(account);
        }
    }
}

#[test]
fn nothing_grows_without_end() {
    let mut account = Account::new(Memory::Bounded);
    flood(&mut account, Topic::Relationship, RELATIONSHIP, 700);
    flood(&mut account, Topic::Outcomes, OUTCOMES, 700);
    flood(&mut account, Topic::Commercial, COMMERCIAL, 700);
    let Account { relationship, outcomes, commercial, .. } = &account;
    let lost = |count: usize| 700 - count as u32;
    for (held, lost_count, max) in [
        (relationship.outreach.sent.as_slice().len(), relationship.outreach.sent.lost(), 512),
        (relationship.org_changes.since(instant(0, 0).day()).len(), lost(128), 128),
        (outcomes.milestones.values().len(), outcomes.milestones.lost(), 256),
        (commercial.invoices.by_id.values().len(), commercial.invoices.by_id.lost(), 512),
    ] {
        assert_eq!((held, lost_count), (max, lost(max)));
    }
    assert_eq!(relationship.outreach.replied.values().len(), outreach::REPLIED_MAX);
    assert_eq!(relationship.stakeholders.values().len(), relationship::ROLES_MAX);
    assert_eq!(relationship.action_items.values().len(), action_items::ACTION_ITEMS_MAX);
    assert_eq!(relationship.reviews.scheduled.as_slice().len(), meetings::DATES_MAX);
    assert_eq!(outcomes.kpis.values().len(), outcomes::KPIS_MAX);
    let held = commercial.contract.renewals.as_slice().len();
    assert_eq!(held, commercial::contract::RENEWALS_MAX);
    assert_eq!(relationship.org_changes.lost(), lost(relationship::INSTANTS_MAX));
    let bytes = postcard::to_allocvec(&account).unwrap().len();
    assert!(bytes < 128 * 1024, "{bytes} bytes");
}

fn told(topic: Topic, events: &[(&'static str, &str, i32)]) -> (Account, Vec<FactKind>) {
    let mut account = Account::new(Memory::All);
    let mut facts = Vec::new();
    for (id, (type_name, body, day)) in events.iter().enumerate() {
        let made = Made::new(id as u32, topic, (type_name, body), 1, instant(*day, 0));
        if let Folded::Applied(found) = made.fold_into(&mut account) {
            facts.extend(found.into_each().flat_map(|fact| fact.kinds.iter()));
        }
    }
    (account, facts)
}

#[test]
fn a_milestone_is_due_by_its_last_plan_and_completed_by_its_first_completion() {
    let (account, _) = told(
        Topic::Outcomes,
        &[
            ("milestone_completed", r#"{"milestone_id":"m"}"#, 9),
            ("milestone_planned", r#"{"milestone_id":"m","due":"2024-05-01"}"#, 5),
            ("milestone_planned", r#"{"milestone_id":"m","due":"2024-04-01"}"#, 3),
            ("milestone_completed", r#"{"milestone_id":"m"}"#, 2),
        ],
    );
    let milestone = account.outcomes.milestones.get(KEY.hash("m")).unwrap();
    assert_eq!(milestone.due_at(), Timestamp::parse("2024-05-01").ok());
    assert_eq!(milestone.completed_at, Some(instant(2, 0)));
}

#[test]
fn the_last_measurement_counts_however_late_the_others_come() {
    let (account, _) = told(
        Topic::Outcomes,
        &[
            ("roi_reported", r#"{"realized":3,"target":2}"#, 8),
            ("roi_reported", r#"{"realized":1,"target":2}"#, 7),
            ("kpi", r#"{"kpi_id":"k","actual":1,"target":4}"#, 6),
            ("kpi", r#"{"kpi_id":"k","actual":3,"target":4}"#, 2),
            ("first_value", "{}", 30),
            ("first_value", "{}", 20),
        ],
    );
    let outcomes = &account.outcomes;
    let kpi = outcomes.kpis.get(KEY.hash("k")).and_then(|kpi| kpi.get()).unwrap();
    assert_eq!((outcomes.roi.get().unwrap().ratio(), kpi.ratio()), (1.5, 0.25));
    assert_eq!(outcomes.first_value_at, Some(instant(20, 0)));
}

#[test]
fn what_is_worth_a_decision_leaves_a_fact() {
    let (_, facts) = told(
        Topic::Relationship,
        &[
            ("sponsor_departed", "{}", 1),
            ("sponsor_engaged", "{}", 2),
            ("sponsor_assigned", "{}", 3),
        ],
    );
    let wanted = [FactKind::SponsorDeparted, FactKind::SponsorEngaged, FactKind::SponsorAssigned];
    assert_eq!(facts, wanted);
    let (account, facts) = told(
        Topic::Commercial,
        &[
            ("payment_failed", r#"{"invoice_id":"i"}"#, 1),
            ("competitor_mention", "{}", 2),
            ("contract_signed", "{}", 3),
            ("contract_churned", "{}", 4),
            ("contract_renewed", "{}", 5),
        ],
    );
    let wanted = [
        FactKind::PaymentFailed,
        FactKind::CompetitorMention,
        FactKind::ContractSigned,
        FactKind::ContractChurned,
        FactKind::ContractRenewed,
    ];
    assert_eq!(facts, wanted);
    assert_eq!(account.commercial.contract.churned_at(), None, "won back");
}
