//! The path of a usage event asks the allocator for nothing once an account has settled in, nor
//! does a look at an account of which there is nothing to say.
//!
//! How long it takes is measured in `benches/engine.rs`.

#![allow(unsafe_code)] // counting what is allocated needs an allocator

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::hint::black_box;

use customer_pulse::engine::account::Account;
use customer_pulse::engine::account::fact::{Facts, Folded};
use customer_pulse::engine::account::workflow::Workflow;
use customer_pulse::engine::account::workflow::said::Said;
use customer_pulse::engine::assess::assess;
use customer_pulse::engine::decide::{Attention, Decided, Situation, decide};
use customer_pulse::engine::decode::Body;
use customer_pulse::engine::event::{Event, EventBody, Topic};
use customer_pulse::engine::field::{Id, Str};
use customer_pulse::engine::fleet::Fleet;
use customer_pulse::engine::id::IdKey;
use customer_pulse::engine::model::Model;
use customer_pulse::engine::output::AccountId;
use customer_pulse::engine::silence::Silences;
use customer_pulse::engine::text::Labels;
use customer_pulse::engine::time::{MINUTE_MS, Timestamp};

struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: every call is handed on as it came; counting touches no memory of the allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: the caller's promise about `layout` is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: `pointer` came from `System` above.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn a_usage_event_allocates_nothing() {
    let (model, key) = (Model::default(), IdKey::new([1; 16]));
    let mut account = Account::default();
    let start = Timestamp::parse("2024-02-01").expect("a date");
    let bodies: Vec<String> = (0..20)
        .map(|user| {
            let features = format!(r#"["search","f{}"]"#, user % 5);
            format!(r#"{{"user_id":"user-{user}","duration_s":600,"features":{features}}}"#)
        })
        .collect();
    let mut fold = |turn: usize, at: Timestamp| {
        let event_id = format!("a-rather-long-event-id-as-some-write-them-{turn:04}");
        let before = ALLOCATIONS.get();
        let body = &bodies[turn % bodies.len()];
        let body = EventBody::read(Topic::Usage, "session", &Body::Json(body));
        let event = Event {
            event_id: Id::new(Str::borrowed(&event_id)).expect("an id"),
            account_id: Id::new(Str::borrowed("a")).expect("an id"),
            at,
            source: None,
            body: body.expect("a session"),
        };
        let labels = model.labels(&event.body);
        assert_eq!(account.fold(&event, at, &key, &labels), Folded::Applied(Facts::NONE));
        black_box(assess(&model, &Silences::NONE, &account, at));
        ALLOCATIONS.get() - before
    };
    let settling: usize = (0..400).map(|turn| fold(turn, start)).sum();
    assert!(settling > 0, "the allocator is not counting");
    let late = |turn: usize| start.plus_millis(turn as i64 % 1440 * MINUTE_MS);
    let settled: usize = (400..5000).map(|turn| fold(turn, late(turn))).sum();
    assert_eq!(settled, 0);
}

/// An account that was published, and everything that is needed to look at it again.
struct Quiet {
    model: Model,
    account: Account,
    account_id: AccountId,
    workflow: Workflow,
    said: Option<Said>,
}

impl Quiet {
    /// What a look at `now` leaves, and how often it asked the allocator.
    fn look(&mut self, now: Timestamp) -> (Decided, usize) {
        let mut outputs = Vec::new();
        let before = ALLOCATIONS.get();
        let assessment = assess(&self.model, &Silences::NONE, &self.account, now);
        let situation = Situation {
            account_id: &self.account_id,
            account: &self.account,
            assessment: &assessment,
            model: &self.model,
            fleet: &Fleet::default(),
            displayed_score: assessment.health_score,
            now,
            wall: now,
            look_ms: 0,
            attention: Attention::Full,
            erased_at: None,
            late: None,
        };
        let Self { workflow, said, .. } = self;
        let mut suppressed = Default::default();
        let decided = decide(&situation, &[], workflow, said, &mut outputs, &mut suppressed);
        (decided, ALLOCATIONS.get() - before)
    }
}

#[test]
fn a_look_that_finds_nothing_to_say_allocates_nothing() {
    let key = IdKey::new([1; 16]);
    let start = Timestamp::parse("2024-02-01").expect("a date");
    let mut account = Account::default();
    for ticket in 0..6 {
        let body = format!(r#"{{"ticket_id":"t{ticket}"}}"#);
        let event_id = format!("e{ticket}");
        let body = EventBody::read(Topic::Support, "ticket_escalated", &Body::Json(&body));
        let event = Event {
            event_id: Id::new(Str::borrowed(&event_id)).expect("an id"),
            account_id: Id::new(Str::borrowed("a")).expect("an id"),
            at: start,
            source: None,
            body: body.expect("an escalation"),
        };
        account.fold(&event, start, &key, &Labels::default());
    }
    let mut quiet = Quiet {
        model: Model::default(),
        account,
        account_id: AccountId::const_new("a"),
        workflow: Workflow::default(),
        said: None,
    };
    // It is red, published once, and its alert is open.
    assert!(quiet.look(start.plus_millis(MINUTE_MS)).0.is_published);
    for minute in 2..60 {
        let (decided, allocations) = quiet.look(start.plus_millis(minute * MINUTE_MS));
        assert!(!decided.is_published && !decided.is_workflow_changed, "at minute {minute}");
        assert_eq!(allocations, 0, "at minute {minute}");
    }
    assert!(!quiet.workflow.episodes.is_empty(), "the alert is open");
}
