//! Made-up histories: any events of any facet, at any time, in any order, at times copied.
//!
//! What must hold for them is said in `main.rs`.

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
const FIRST_DAY: i32 = 19_723;

/// A made-up event: how many days and parts of a day after the first one, what, of whom.
#[derive(Clone, Debug)]
pub(crate) struct Made {
    pub(crate) id: u32,
    day: i32,
    part: u32,
    kind: usize,
    who: u8,
}

/// Types of every facet; `@` stands for a number from 1 to 8.
const KINDS: &[(Topic, &str, &str)] = &[
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
    (Topic::Accounts, "account_updated", r#"{"term_months":@,"contract_end":"2024-0@-01"}"#),
    (Topic::Relationship, "sponsor_assigned", "{}"),
    (Topic::Relationship, "sponsor_engaged", "{}"),
    (Topic::Relationship, "sponsor_departed", "{}"),
    (Topic::Relationship, "business_review", r#"{"status":"attended"}"#),
    (Topic::Relationship, "business_review", r#"{"status":"missed"}"#),
    (Topic::Relationship, "outreach_sent", r#"{"outreach_id":"o@"}"#),
    (Topic::Relationship, "outreach_replied", r#"{"outreach_id":"o@"}"#),
    (Topic::Relationship, "meeting", r#"{"status":"attended"}"#),
    (Topic::Relationship, "meeting", r#"{"status":"missed"}"#),
    (Topic::Relationship, "advocacy", r#"{"kind":"review"}"#),
    (Topic::Relationship, "community", "{}"),
    (Topic::Relationship, "org_change", "{}"),
    (Topic::Outcomes, "roi_reported", r#"{"realized":@,"target":5}"#),
    (Topic::Outcomes, "kpi", r#"{"kpi_id":"k@","actual":@,"target":5}"#),
    (Topic::Outcomes, "first_value", "{}"),
    (Topic::Outcomes, "use_case_activated", r#"{"use_case":"c@"}"#),
    (Topic::Outcomes, "use_case_retired", r#"{"use_case":"c@"}"#),
    (Topic::Outcomes, "milestone_planned", r#"{"milestone_id":"m@","due":"2024-0@-11"}"#),
    (Topic::Outcomes, "milestone_completed", r#"{"milestone_id":"m@"}"#),
    (Topic::Outcomes, "project_delayed", "{}"),
    (Topic::Commercial, "invoice_issued", r#"{"invoice_id":"i@","due":"2024-0@-21"}"#),
    (Topic::Commercial, "payment_received", r#"{"invoice_id":"i@"}"#),
    (Topic::Commercial, "payment_failed", r#"{"invoice_id":"i@"}"#),
    (Topic::Commercial, "renewal_touch", "{}"),
    (Topic::Commercial, "renewal_reply", "{}"),
    (Topic::Commercial, "renewal_intent", r#"{"intent":"unsure"}"#),
    (Topic::Commercial, "expansion_opened", "{}"),
    (Topic::Commercial, "budget_status", r#"{"status":"at_risk"}"#),
    (Topic::Commercial, "budget_status", r#"{"status":"confirmed"}"#),
    (Topic::Commercial, "budget_concern", "{}"),
    (Topic::Commercial, "competitor_mention", "{}"),
    (Topic::Commercial, "contract_renewed", r#"{"contract_end":"2025-0@-01"}"#),
    (Topic::Commercial, "contract_churned", "{}"),
];

/// An instant of a history.
pub(crate) fn instant(day: i32, part: u32) -> Timestamp {
    Day::from_number(FIRST_DAY + day).start().plus_millis(i64::from(part) * DAY_MS / 5)
}

impl Made {
    pub(crate) fn at(&self) -> Timestamp {
        instant(self.day, self.part)
    }

    pub(crate) fn topic(&self) -> Topic {
        KINDS[self.kind].0
    }

    pub(crate) fn fold_into(&self, account: &mut Account) -> Folded {
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
pub(crate) fn histories() -> impl Strategy<Value = Vec<Made>> {
    let made = (0..350_i32, 0..5_u32, 0..KINDS.len(), 1..9_u8)
        .prop_map(|(day, part, kind, who)| Made { id: 0, day, part, kind, who });
    prop::collection::vec(made, 1..160).prop_map(|mut history| {
        for (id, made) in history.iter_mut().enumerate() {
            made.id = id as u32;
        }
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
