//! What a record of an account's health says of itself: its deltas add up, its trend is one of
//! days, and the way that it shows leads to the next band.
//!
//! Which records are published is told in `scenarios.rs`; the scores are tested in `vectors.rs`.

use std::collections::BTreeMap;
use std::sync::Arc;

use customer_pulse::engine::account::feed::Memory;
use customer_pulse::engine::decode::{Decoded, Decoder, Record};
use customer_pulse::engine::event::Topic;
use customer_pulse::engine::id::IdKey;
use customer_pulse::engine::model::Model;
use customer_pulse::engine::model::health::HealthBand;
use customer_pulse::engine::output::health::{AccountHealth, CauseKind};
use customer_pulse::engine::output::{Output, OutputBody};
use customer_pulse::engine::time::{HOUR_MS, Timestamp};
use customer_pulse::engine::{Engine, Origin};
use proptest::prelude::*;
use serde_json::{Value, json};

/// 2025-01-01.
const START: Timestamp = Timestamp::from_millis(1_735_689_600_000);

/// Types of every facet and an override; `@` stands for a small number.
const KINDS: [&str; 18] = [
    r#"{"type":"session","user_id":"u@","duration_s":9@0,"features":["f@","g"]}"#,
    r#"{"type":"feature_used","user_id":"u@","feature":"f@"}"#,
    r#"{"type":"api_call","count":1@,"errors":@}"#,
    r#"{"type":"plan_usage","meter":"m@","used":@,"limit":9}"#,
    r#"{"type":"ticket_opened","ticket_id":"t@","severity":2}"#,
    r#"{"type":"ticket_escalated","ticket_id":"t@"}"#,
    r#"{"type":"ticket_resolved","ticket_id":"t@"}"#,
    r#"{"type":"csat","score":3}"#,
    r#"{"type":"self_service"}"#,
    r#"{"type":"nps","score":@,"respondent_id":"r@"}"#,
    r#"{"type":"account_updated","seats":@,"core_features":["f1","f@"]}"#,
    r#"{"type":"account_updated","arr_cents":9@00000,"created_at":"2024-01-0@"}"#,
    r#"{"type":"sponsor_engaged"}"#,
    r#"{"type":"sponsor_departed"}"#,
    r#"{"type":"kpi","kpi_id":"k@","actual":@,"target":5}"#,
    r#"{"type":"competitor_mention"}"#,
    r#"{"type":"contract_churned"}"#,
    r#"{"type":"override_health","actor":"ann","value":@0,"note":"n","expires_at":"2025-0@-01"}"#,
];

/// Hours after the start, hours by which it is late, what, of whom.
type Made = (u32, u32, usize, u8);

fn histories() -> impl Strategy<Value = Vec<Made>> {
    let late = prop_oneof![Just(0_u32), Just(0), Just(0), 1..500_u32];
    prop::collection::vec((0..3000_u32, late, 0..KINDS.len(), 1..9_u8), 1..60).prop_map(|mut it| {
        it.sort_by_key(|(hour, ..)| *hour);
        it
    })
}

/// All records of health of a history, to a week after its end.
fn published(history: &[Made]) -> Vec<AccountHealth> {
    let model = Arc::new(Model::default());
    let mut engine = Engine::new(model, IdKey::from_secret("explained"), Memory::Bounded);
    let mut records = Vec::new();
    for (number, (hour, late, kind, who)) in history.iter().enumerate() {
        let broker_at = START.plus_millis(i64::from(*hour) * HOUR_MS);
        pass_time(&mut engine, broker_at.plus_millis(-1), &mut records);
        apply(&mut engine, number, broker_at, *late, KINDS[*kind], *who);
        engine.finish_step(broker_at, usize::MAX);
        hear(&mut engine, &mut records);
    }
    let end = history.last().map_or(0, |(hour, ..)| *hour);
    pass_time(&mut engine, START.plus_millis(i64::from(end) * HOUR_MS).plus_days(7), &mut records);
    records
}

fn apply(engine: &mut Engine, number: usize, broker_at: Timestamp, late: u32, kind: &str, who: u8) {
    let fields = kind.replace('@', &who.to_string());
    let mut event: Value = serde_json::from_str(&fields).expect("the kinds are JSON");
    let at = broker_at.plus_millis(-i64::from(late) * HOUR_MS);
    event["event_id"] = json!(format!("e{number}"));
    event["account_id"] = json!("acme");
    event["ts"] = json!(at.to_string());
    let has_type = |topic: &Topic| topic.types().iter().any(|it| event["type"] == *it);
    let topic = Topic::ALL.into_iter().find(has_type).expect("the kinds have types");
    let value = event.to_string();
    let record = Record {
        topic,
        key: Some(b"acme"),
        value: Some(value.as_bytes()),
        headers: &[],
        broker_at,
    };
    let Ok(Decoded::Event(event)) = Decoder::new().decode(&record) else { panic!("{value}") };
    engine.apply(&event, Origin { offset: number as i64, broker_at });
}

fn pass_time(engine: &mut Engine, until: Timestamp, records: &mut Vec<AccountHealth>) {
    while let Some(due_at) = engine.next_due_at().filter(|due_at| *due_at <= until) {
        engine.finish_step(due_at, usize::MAX);
        hear(engine, records);
    }
}

fn hear(engine: &mut Engine, records: &mut Vec<AccountHealth>) {
    for Output { body, .. } in engine.take_outputs() {
        if let OutputBody::Health(health) = body {
            records.push(*health);
        }
    }
}

/// A number of the JSON in thousandths, to the last decimal that is written.
fn thousandths(number: f64) -> i64 {
    let text = json!(number).to_string();
    let (whole, part) = text.split_once('.').expect("a decimal number");
    assert!(part.len() <= 3, "{text} has more than three decimals");
    let digits = format!("{whole}{part:0<3}");
    digits.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn adds_up(record: &AccountHealth, before: Option<&AccountHealth>) {
    let cause = &record.cause;
    assert_eq!(cause.health_before, before.map(|before| before.health_score));
    assert_eq!(cause.health_after.to_bits(), record.health_score.to_bits());
    let change = thousandths(cause.health_after) - cause.health_before.map_or(0, thousandths);
    let sum: i64 = cause.deltas.iter().map(|delta| thousandths(delta.points)).sum();
    assert_eq!(sum, change, "{cause:?}");
    let scores = |record: &AccountHealth| -> BTreeMap<String, Option<i64>> {
        let deltas = record.cause.deltas.iter();
        deltas.map(|it| (it.metric.to_string(), it.after.map(thousandths))).collect()
    };
    if let Some(before) = before {
        let told = scores(before);
        for delta in &cause.deltas {
            if let Some(after) = told.get(delta.metric.as_str()) {
                assert_eq!(*after, delta.before.map(thousandths), "{delta:?} goes on from there");
            }
        }
    }
    let shares: i64 = record.metric_contributions.values().map(|it| thousandths(*it)).sum();
    let whole = if record.no_data { 0 } else { thousandths(record.health_score) };
    assert_eq!(shares, whole, "{:?}", record.metric_contributions);
}

fn has_a_trend(record: &AccountHealth) {
    let days: Vec<&str> = record.trend.iter().map(|entry| &*entry.0).collect();
    assert!(days.len() <= 90 && days.is_sorted_by(|a, b| a < b), "{days:?}");
    let today = record.at.day().to_string();
    let last = record.trend.last().filter(|entry| entry.0 == today);
    assert_eq!(last.is_none(), record.no_data);
    assert!(last.is_none_or(|entry| entry.1.to_bits() == record.health_score.to_bits()));
}

fn shows_the_way(record: &AccountHealth) {
    let steps = &record.to_next_band;
    if steps.is_empty() {
        return;
    }
    let bound = match record.health_band {
        HealthBand::Red => 70.0,
        HealthBand::Yellow => 90.0,
        HealthBand::Green => panic!("there is nothing better"),
    };
    let mut gain = 0.0;
    for step in steps {
        let score = record.metrics[&step.metric];
        assert!((score - step.from).abs() < 1e-9 && step.to > step.from && step.to <= 100.0);
        gain += step.points;
        let contribution = record.metric_contributions[&step.metric];
        if score > 1.0 {
            let points = contribution / score * (step.to - step.from);
            assert!((points - step.points).abs() < 0.1 + 0.05 * points, "{step:?} {contribution}");
        }
    }
    // What is published of the health is rounded: the way begins up to 0.05 points off.
    let reached = record.health_score + gain;
    assert!((bound - 0.11..).contains(&reached), "{reached} with {steps:?}");
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None, cases: 96, ..ProptestConfig::default()
    })]

    #[test]
    fn every_record_explains_itself(history in histories()) {
        let mut before: Option<AccountHealth> = None;
        for record in published(&history) {
            adds_up(&record, before.as_ref());
            has_a_trend(&record);
            shows_the_way(&record);
            if let Some(before) = &before {
                let is_other = record.health_override != before.health_override;
                prop_assert_eq!(is_other, record.cause.kind == CauseKind::Override);
            }
            before = Some(record);
        }
    }
}

#[test]
fn an_event_that_comes_after_the_clock_has_passed_it_is_no_passing_of_time() {
    let model = Arc::new(Model::default());
    let mut engine = Engine::new(model, IdKey::from_secret("explained"), Memory::Bounded);
    let mut records = Vec::new();
    let at = |hours: i64| START.plus_millis(hours * HOUR_MS);
    apply(&mut engine, 0, at(1), 0, KINDS[10], 4);
    apply(&mut engine, 1, at(1), 0, KINDS[0], 1);
    engine.finish_step(at(20), usize::MAX);
    // Another topic's record, older than what the clock has passed since.
    apply(&mut engine, 2, at(19), 0, KINDS[9], 1);
    engine.finish_step(at(21), usize::MAX);
    hear(&mut engine, &mut records);
    let cause = &records.last().expect("health moved").cause;
    assert_eq!((cause.kind, cause.event_id.as_deref()), (CauseKind::Event, Some("e2")));
}
