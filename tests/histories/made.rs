//! Made-up histories: any events of any facet, at any time, in any order, at times copied.
//!
//! What must hold for them is said in `main.rs` and `facets.rs`.

use customer_pulse::engine::account::Account;
use customer_pulse::engine::account::fact::Folded;
use customer_pulse::engine::account::feed::Memory;
use customer_pulse::engine::decode::Body;
use customer_pulse::engine::event::{Event, EventBody, Topic};
use customer_pulse::engine::field::{Id, Str};
use customer_pulse::engine::id::IdKey;
use customer_pulse::engine::text::Labels;
use customer_pulse::engine::time::{DAY_MS, Day, Timestamp};
use proptest::prelude::*;

/// 2024-01-01, the first day of every history here.
pub(crate) const FIRST_DAY: i32 = 19_723;
pub(crate) const KEY: IdKey = IdKey::new([7; 16]);

/// Type and fields; `@` stands for a small number, `%` for an instant.
pub(crate) type Kinds = &'static [(&'static str, &'static str)];

const ACCOUNTS: Kinds = &[
    ("account_updated", r#"{"seats":@,"core_features":["f1","f@"]}"#),
    ("account_updated", r#"{"arr_cents":9@00000,"created_at":"%"}"#),
    ("account_updated", r#"{"term_months":@,"contract_end":"%"}"#),
];

const USAGE: Kinds = &[
    ("session", r#"{"user_id":"u@","duration_s":9@0,"features":["f@","g"]}"#),
    ("login", r#"{"user_id":"u@"}"#),
    ("feature_used", r#"{"user_id":"u@","feature":"f@"}"#),
    ("feature_used", r#"{"feature":"f@","count":@}"#),
    ("api_call", r#"{"count":1@,"errors":@}"#),
    ("plan_usage", r#"{"meter":"m@","used":@,"limit":9}"#),
];

const SUPPORT: Kinds = &[
    ("ticket_opened", r#"{"ticket_id":"t@","severity":2}"#),
    ("ticket_opened", r#"{"ticket_id":"t@","severity":4}"#),
    ("ticket_escalated", r#"{"ticket_id":"t@"}"#),
    ("ticket_resolved", r#"{"ticket_id":"t@"}"#),
    ("ticket_reopened", r#"{"ticket_id":"t@"}"#),
    ("csat", r#"{"score":3}"#),
    ("self_service", "{}"),
];

const FEEDBACK: Kinds =
    &[("nps", r#"{"score":@,"respondent_id":"r@"}"#), ("survey_sent", r#"{"respondent_id":"r@"}"#)];

pub(crate) const RELATIONSHIP: Kinds = &[
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

pub(crate) const OUTCOMES: Kinds = &[
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

pub(crate) const COMMERCIAL: Kinds = &[
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

const FACETS: [(Topic, Kinds); 7] = [
    (Topic::Accounts, ACCOUNTS),
    (Topic::Usage, USAGE),
    (Topic::Support, SUPPORT),
    (Topic::Feedback, FEEDBACK),
    (Topic::Relationship, RELATIONSHIP),
    (Topic::Outcomes, OUTCOMES),
    (Topic::Commercial, COMMERCIAL),
];

/// A made-up event.
#[derive(Clone, Debug)]
pub(crate) struct Made {
    pub(crate) id: u32,
    pub(crate) topic: Topic,
    pub(crate) type_name: &'static str,
    body: String,
    pub(crate) at: Timestamp,
}

/// An instant of a history.
pub(crate) fn instant(day: i32, part: u32) -> Timestamp {
    Day::from_number(FIRST_DAY + day).start().plus_millis(i64::from(part) * DAY_MS / 5)
}

impl Made {
    pub(crate) fn new(
        id: u32,
        topic: Topic,
        kind: (&'static str, &str),
        who: u32,
        at: Timestamp,
    ) -> Self {
        let date = at.plus_days(i64::from(who * 7) - 20).to_string();
        let body = kind.1.replace('@', &who.to_string()).replace('%', &date);
        Self { id, topic, type_name: kind.0, body, at }
    }

    pub(crate) fn fold_into(&self, account: &mut Account) -> Folded {
        // Ids of more than one digit tell an order of bytes from an order of numbers.
        let event_id = self.id.to_string();
        let body = EventBody::read(self.topic, self.type_name, &Body::Json(&self.body));
        let event = Event {
            event_id: Id::new(Str::borrowed(&event_id)).expect("digits are an id"),
            account_id: Id::new(Str::borrowed("a")).expect("a letter is an id"),
            at: self.at,
            source: None,
            body: body.expect("the kinds are valid for numbers from 1"),
        };
        account.fold(&event, self.at, &KEY, &Labels::NONE)
    }

    /// Its record's value.
    pub(crate) fn value(&self) -> String {
        let Self { id, type_name, body, at, .. } = self;
        let separator = if body == "{}" { "" } else { "," };
        let envelope =
            format!(r#""event_id":"{id}","account_id":"a","type":"{type_name}","ts":"{at}""#);
        format!("{{{envelope}{separator}{}", &body[1..])
    }
}

/// Histories of up to 350 days of all facets.
pub(crate) fn of_all_facets() -> impl Strategy<Value = Vec<Made>> {
    let kinds = FACETS.iter().flat_map(|(topic, kinds)| kinds.iter().map(|kind| (*topic, *kind)));
    histories(kinds.collect(), (0..350_i32).boxed())
}

/// Histories of three years, far beyond every horizon, of one of the three facets that hold most.
pub(crate) fn of_one_facet() -> impl Strategy<Value = Vec<Made>> {
    let day = prop_oneof![0..1100_i32, 700..720_i32, 300..330_i32].boxed();
    (4..FACETS.len()).prop_flat_map(move |facet| {
        let (topic, kinds) = FACETS[facet];
        histories(kinds.iter().map(|kind| (topic, *kind)).collect(), day.clone())
    })
}

/// Any history: at times copied and tied, in no order.
pub(crate) fn any_history() -> impl Strategy<Value = Vec<Made>> {
    prop_oneof![of_all_facets(), of_one_facet()]
}

fn histories(
    kinds: Vec<(Topic, (&'static str, &'static str))>,
    day: BoxedStrategy<i32>,
) -> impl Strategy<Value = Vec<Made>> {
    let made = (0..kinds.len(), 1..9_u32, day, 0..5_u32);
    prop::collection::vec(made, 1..160).prop_map(move |things| {
        let made = |(id, (kind, who, day, part)): (usize, (usize, u32, i32, u32))| {
            let (topic, kind) = kinds[kind];
            Made::new(id as u32, topic, kind, who, instant(day, part))
        };
        let mut history: Vec<Made> = things.into_iter().enumerate().map(made).collect();
        let copies: Vec<Made> = history.iter().step_by(7).cloned().collect();
        history.extend(copies);
        history
    })
}

/// The same things in another order.
pub(crate) fn shuffled<T: Clone>(things: &[T], seed: u64) -> Vec<T> {
    let mut things = things.to_vec();
    let mut state = seed;
    for end in (1..things.len()).rev() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        things.swap(end, (state >> 33) as usize % (end + 1));
    }
    things
}

/// The account that remembers all of a history.
pub(crate) fn folded<'a>(history: impl IntoIterator<Item = &'a Made>) -> Account {
    let mut account = Account::new(Memory::All);
    for made in history {
        made.fold_into(&mut account);
    }
    account
}
