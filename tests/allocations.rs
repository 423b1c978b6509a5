//! The path of a usage event asks the allocator for nothing once an account has settled in.
//!
//! How long it takes is measured in `benches/engine.rs`.

#![allow(unsafe_code)] // counting what is allocated needs an allocator

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::hint::black_box;

use customer_pulse::engine::account::Account;
use customer_pulse::engine::account::fact::{Facts, Folded};
use customer_pulse::engine::assess::assess;
use customer_pulse::engine::decode::Body;
use customer_pulse::engine::event::{Event, EventBody, Topic};
use customer_pulse::engine::field::{Id, Str};
use customer_pulse::engine::id::IdKey;
use customer_pulse::engine::model::Model;
use customer_pulse::engine::silence::Silences;
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
