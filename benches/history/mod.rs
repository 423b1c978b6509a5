//! An account with a past in every facet, as the engine's benches use it.
//!
//! What is measured on it is said in `engine.rs` and `instructions.rs` beside this folder.

use std::hint::black_box;

use customer_pulse::engine::account::Account;
use customer_pulse::engine::account::feed::Memory;
use customer_pulse::engine::decode::Body;
use customer_pulse::engine::event::{Event, EventBody, Topic};
use customer_pulse::engine::field::{Id, Str};
use customer_pulse::engine::id::IdKey;
use customer_pulse::engine::text::Labels;
use customer_pulse::engine::time::{HOUR_MS, Timestamp};

/// How long the past is.
pub(crate) const DAYS: i64 = 90;
/// 2024-01-01, where it begins.
pub(crate) const START: Timestamp = Timestamp::from_millis(1_704_067_200_000);

/// What happens on every n-th day, besides use.
const SELDOM: [(i64, Topic, &str, &str); 22] = [
    (9, Topic::Support, "ticket_opened", r#"{"ticket_id":"t#","severity":2,"feature":"search"}"#),
    (18, Topic::Support, "ticket_escalated", r#"{"ticket_id":"t#"}"#),
    (11, Topic::Support, "csat", r#"{"score":4}"#),
    (13, Topic::Support, "self_service", r"{}"),
    (30, Topic::Feedback, "nps", r#"{"respondent_id":"r#","score":8}"#),
    (30, Topic::Relationship, "sponsor_engaged", r"{}"),
    (45, Topic::Relationship, "business_review", r#"{"status":"attended"}"#),
    (14, Topic::Relationship, "outreach_sent", r#"{"outreach_id":"o#"}"#),
    (28, Topic::Relationship, "outreach_replied", r#"{"outreach_id":"o#"}"#),
    (15, Topic::Relationship, "meeting", r#"{"status":"attended"}"#),
    (60, Topic::Relationship, "advocacy", r#"{"kind":"reference"}"#),
    (20, Topic::Relationship, "community", r"{}"),
    (30, Topic::Outcomes, "roi_reported", r#"{"realized":90,"target":100}"#),
    (30, Topic::Outcomes, "kpi", r#"{"kpi_id":"k","actual":95,"target":100}"#),
    (80, Topic::Outcomes, "first_value", r"{}"),
    (40, Topic::Outcomes, "use_case_activated", r#"{"use_case":"u#"}"#),
    (30, Topic::Outcomes, "milestone_planned", r#"{"milestone_id":"m#","due":"2024-03-01"}"#),
    (30, Topic::Commercial, "invoice_issued", r#"{"invoice_id":"i#","due":"2024-03-01"}"#),
    (60, Topic::Commercial, "payment_received", r#"{"invoice_id":"i#"}"#),
    (70, Topic::Commercial, "competitor_mention", r"{}"),
    (50, Topic::Commercial, "expansion_opened", r"{}"),
    (60, Topic::Commercial, "budget_status", r#"{"status":"confirmed"}"#),
];

/// The body of a session of each of `users` people.
pub(crate) fn sessions(users: usize) -> Vec<String> {
    (0..users)
        .map(|user| {
            let feature = user % 7;
            format!(
                r#"{{"user_id":"user-{user}","duration_s":600,"features":["search","f{feature}"]}}"#
            )
        })
        .collect()
}

/// A session, borrowed from `body`.
pub(crate) fn session<'a>(event_id: &'a str, body: &'a str, at: Timestamp) -> Event<'a> {
    event(event_id, Topic::Usage, "session", body, at)
}

/// Each person worked every other day; the rest of the facets are fed now and then.
pub(crate) fn account(number: usize, sessions: &[String], key: &IdKey) -> Account {
    let mut account = Account::new(Memory::Bounded);
    let profile = r#"{"seats":40,"arr_cents":5000000,"term_months":12,
        "created_at":"2023-06-01","contract_end":"2024-05-01","core_features":["search","f1"]}"#;
    let mut fold = |id: &str, topic, kind, body: &str, at: Timestamp| {
        black_box(account.fold(&event(id, topic, kind, body, at), at, key, &Labels::NONE));
    };
    fold("p", Topic::Accounts, "account_updated", profile, START);
    for day in 0..DAYS {
        let at = START.plus_days(day).plus_millis(9 * HOUR_MS);
        for (user, body) in sessions.iter().enumerate() {
            if (user as i64 + day) % 2 == 0 {
                fold(&format!("{number}-{day}-{user}"), Topic::Usage, "session", body, at);
            }
        }
        for (nth, (every, topic, kind, body)) in SELDOM.iter().enumerate() {
            if day % every == 0 {
                let body = body.replace('#', &day.to_string());
                fold(&format!("{nth}-{day}"), *topic, kind, &body, at);
            }
        }
    }
    account
}

fn event<'a>(
    event_id: &'a str,
    topic: Topic,
    kind: &str,
    body: &'a str,
    at: Timestamp,
) -> Event<'a> {
    let body = EventBody::read(topic, kind, &Body::Json(body));
    Event {
        event_id: Id::new(Str::borrowed(event_id)).expect("an id"),
        account_id: Id::new(Str::borrowed("acme")).expect("an id"),
        at,
        source: None,
        body: body.expect("an event of this type"),
    }
}
