//! What holds for any history of the relationship, outcomes and commercial facets: order, copies
//! and restarts change nothing, windows are recounts, and nothing grows without end.
//!
//! The same for the account as a whole, and for the shapes below it, stands in `properties.rs`.

use std::collections::BTreeMap;

use customer_pulse::engine::account::Account;
use customer_pulse::engine::account::commercial;
use customer_pulse::engine::account::fact::{Fact, Folded};
use customer_pulse::engine::account::feed::Memory;
use customer_pulse::engine::account::outcomes;
use customer_pulse::engine::account::relationship::{self, action_items, meetings, outreach};
use customer_pulse::engine::decode::Body;
use customer_pulse::engine::event::{Event, EventBody, Topic};
use customer_pulse::engine::field::{Id, Str};
use customer_pulse::engine::id::IdKey;
use customer_pulse::engine::text::Labels;
use customer_pulse::engine::time::{DAY_MS, Day, Timestamp};
use proptest::prelude::*;

/// 2024-01-01, the first day of every history here.
const FIRST_DAY: i32 = 19_723;
const KEY: IdKey = IdKey::new([7; 16]);

/// Type and fields; `@` stands for a small number, `%` for an instant.
type Kinds = &'static [(&'static str, &'static str)];

const RELATIONSHIP: Kinds = &[
    ("sponsor_assigned", r#"{"sponsor":"p@"}"#),
    ("sponsor_engaged", r#"{"kind":"call"}"#),
    ("sponsor_departed", "{}"),
    ("stakeholder_changed", r#"{"role":"r@","person":"p"}"#),
    ("business_review", r#"{"status":"attended","kind":"executive"}"#),
    ("business_review", r#"{"status":"attended","kind":"operational"}"#),
    ("business_review", r#"{"status":"missed"}"#),
    ("business_review_scheduled", r#"{"at":"%"}"#),
    ("outreach_sent", r#"{"outreach_id":"o@"}"#),
    ("outreach_replied", r#"{"outreach_id":"o@"}"#),
    ("meeting", r#"{"status":"scheduled","at":"%"}"#),
    ("meeting", r#"{"status":"attended"}"#),
    ("meeting", r#"{"status":"missed"}"#),
    ("action_item", r#"{"item_id":"i@","status":"opened","due":"%"}"#),
    ("action_item", r#"{"item_id":"i@","status":"done"}"#),
    ("advocacy", r#"{"kind":"case_study"}"#),
    ("community", "{}"),
    ("org_change", "{}"),
    ("training_completed", "{}"),
    ("kickoff_held", "{}"),
    ("note", r#"{"channel":"mail","text":"hello"}"#),
];

const OUTCOMES: Kinds = &[
    ("roi_reported", r#"{"realized":@,"target":5}"#),
    ("kpi", r#"{"kpi_id":"k@","actual":@,"target":4}"#),
    ("kpi", r#"{"kpi_id":"k@","actual":2,"target":@}"#),
    ("first_value", "{}"),
    ("use_case_activated", r#"{"use_case":"u@"}"#),
    ("use_case_retired", r#"{"use_case":"u@"}"#),
    ("integration_deployed", "{}"),
    ("milestone_planned", r#"{"milestone_id":"m@","due":"%"}"#),
    ("milestone_completed", r#"{"milestone_id":"m@"}"#),
    ("project_delayed", "{}"),
    ("objective_set", r#"{"objective_id":"o@","title":"more"}"#),
    ("outcome_documented", "{}"),
    ("success_plan_updated", "{}"),
];

const COMMERCIAL: Kinds = &[
    ("invoice_issued", r#"{"invoice_id":"i@","due":"%"}"#),
    ("payment_received", r#"{"invoice_id":"i@"}"#),
    ("payment_failed", r#"{"invoice_id":"i@"}"#),
    ("renewal_touch", "{}"),
    ("renewal_reply", "{}"),
    ("renewal_intent", r#"{"intent":"unsure"}"#),
    ("renewal_intent", r#"{"intent":"likely"}"#),
    ("expansion_opened", "{}"),
    ("expansion_won", "{}"),
    ("expansion_lost", "{}"),
    ("budget_status", r#"{"status":"confirmed"}"#),
    ("budget_status", r#"{"status":"at_risk"}"#),
    ("budget_concern", "{}"),
    ("competitor_mention", r#"{"competitor":"c@"}"#),
    ("contract_signed", "{}"),
    ("contract_renewed", r#"{"arr_cents":@00}"#),
    ("contract_renewed", r#"{"contract_end":"%"}"#),
    ("contract_churned", "{}"),
];

/// A made-up event.
#[derive(Clone, Debug)]
struct Made {
    id: u32,
    topic: Topic,
    type_name: &'static str,
    body: String,
    at: Timestamp,
}

impl Made {
    fn new(id: u32, topic: Topic, kind: (&'static str, &str), who: u32, at: Timestamp) -> Self {
        let date = at.plus_days(i64::from(who * 7) - 20).to_string();
        let body = kind.1.replace('@', &who.to_string()).replace('%', &date);
        Self { id, topic, type_name: kind.0, body, at }
    }

    fn fold_into(&self, account: &mut Account) -> Folded {
        // Ids of more than one digit tell an order of bytes from an order of numbers.
        let event_id = self.id.to_string();
        let body = EventBody::read(self.topic, self.type_name, &Body::Json(&self.body));
        let event = Event {
            event_id: Id::new(Str::borrowed(&event_id)).expect("digits are an id"),
            account_id: Id::new(Str::borrowed("a")).expect("a letter is an id"),
            at: self.at,
            source: None,
            body: body.expect("the kinds are valid for any number from 1"),
        };
        account.fold(&event, self.at, &KEY, &Labels::NONE)
    }
}

fn instant(day: i32, part: u32) -> Timestamp {
    Day::from_number(FIRST_DAY + day).start().plus_millis(i64::from(part) * DAY_MS / 3)
}

/// Histories of three years, far beyond every horizon, with ties and copies, in no order.
fn histories() -> impl Strategy<Value = Vec<Made>> {
    let facet = prop_oneof![
        Just((Topic::Relationship, RELATIONSHIP)),
        Just((Topic::Outcomes, OUTCOMES)),
        Just((Topic::Commercial, COMMERCIAL)),
    ];
    let day = prop_oneof![0..1100_i32, 700..720_i32, 300..330_i32];
    facet.prop_flat_map(move |(topic, kinds)| {
        let made = (0..kinds.len(), 1..7_u32, day.clone(), 0..3_u32);
        prop::collection::vec(made, 1..120).prop_map(move |things| {
            let made = |(id, (kind, who, day, part)): (usize, _)| {
                Made::new(id as u32, topic, kinds[kind], who, instant(day, part))
            };
            let mut history: Vec<Made> = things.into_iter().enumerate().map(made).collect();
            let copies: Vec<Made> = history.iter().step_by(9).cloned().collect();
            history.extend(copies);
            history
        })
    })
}

fn folded<'a>(history: impl IntoIterator<Item = &'a Made>) -> Account {
    let mut account = Account::new(Memory::All);
    for made in history {
        made.fold_into(&mut account);
    }
    account
}

fn shuffled(history: &[Made], seed: u64) -> Vec<Made> {
    let mut history = history.to_vec();
    let mut state = seed;
    for end in (1..history.len()).rev() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        history.swap(end, (state >> 33) as usize % (end + 1));
    }
    history
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_order_gives_the_same_state(history in histories(), swaps in any::<u64>()) {
        let account = folded(&history);
        prop_assert_eq!(&folded(&shuffled(&history, swaps)), &account);
        let mut sorted = history;
        sorted.sort_by_key(|made| (made.at, made.id.to_string()));
        prop_assert_eq!(&folded(&sorted), &account);
        prop_assert_eq!(&folded(sorted.iter().rev()), &account);
    }

    #[test]
    fn a_restart_anywhere_changes_nothing(history in histories(), cut in 0..120_usize) {
        let (mut uncut, mut resumed) = (Account::new(Memory::All), Account::new(Memory::All));
        for (index, made) in history.iter().enumerate() {
            if index == cut {
                let bytes = postcard::to_allocvec(&resumed).unwrap();
                resumed = postcard::from_bytes(&bytes).unwrap();
            }
            prop_assert_eq!(made.fold_into(&mut uncut), made.fold_into(&mut resumed));
        }
        prop_assert_eq!(uncut, resumed);
    }

    #[test]
    fn windows_are_recounts(history in histories(), ages in (0..380_i32, 0..380_i32)) {
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

fn told(topic: Topic, events: &[(&'static str, &str, i32)]) -> (Account, Vec<Fact>) {
    let mut account = Account::new(Memory::All);
    let mut facts = Vec::new();
    for (id, (type_name, body, day)) in events.iter().enumerate() {
        let made = Made::new(id as u32, topic, (type_name, body), 1, instant(*day, 0));
        if let Folded::Applied(found) = made.fold_into(&mut account) {
            facts.extend(found.into_each());
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
    assert_eq!(facts, [Fact::SponsorDeparted, Fact::SponsorAssigned]);
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
        Fact::PaymentFailed,
        Fact::CompetitorMentioned,
        Fact::ContractSigned,
        Fact::ContractChurned,
        Fact::ContractRenewed,
    ];
    assert_eq!(facts, wanted);
    assert_eq!(account.commercial.contract.churned_at(), None, "won back");
}
