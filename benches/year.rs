//! A simulated year of a vendor's book: what is said, suppressed and set in motion, and the same
//! year read as back-fill on the first day.
//!
//! `PULSE_YEAR_ACCOUNTS` (2,000) says how many accounts. How fast the engine is stands in
//! `engine.rs`; the guarantees are tested in `tests/`.

#![allow(clippy::print_stdout)] // a bench prints what it found

use std::collections::BTreeMap;
use std::sync::Arc;

use customer_pulse::engine::account::feed::Memory;
use customer_pulse::engine::account::workflow::episodes::{Suppressed, Suppression};
use customer_pulse::engine::decode::{Decoded, Decoder, Record};
use customer_pulse::engine::id::IdKey;
use customer_pulse::engine::model::Model;
use customer_pulse::engine::output::alert::Transition;
use customer_pulse::engine::output::playbook::RunTransition;
use customer_pulse::engine::output::{Output, OutputBody};
use customer_pulse::engine::time::{DAY_MS, Day, HOUR_MS, Timestamp};
use customer_pulse::engine::{Engine, Origin};
use customer_pulse::generate::world::{Settings, World};

const DAYS: i64 = 365;
const PARTITIONS: u32 = 6;
/// How many days of baseline alerts are looked at after the year.
const FIRST_DAYS: i64 = 5;

/// What was counted.
#[derive(Default)]
struct Counts {
    raised: BTreeMap<String, u32>,
    baseline: u32,
    baseline_by_csm: BTreeMap<(Day, String), u32>,
    by_account_and_day: BTreeMap<(String, Day), u32>,
    runs: BTreeMap<String, [u32; 5]>,
    records: BTreeMap<&'static str, u32>,
    suppressed: Suppressed,
}

impl Counts {
    fn hear(&mut self, output: &Output) {
        let name = match &output.body {
            OutputBody::Alert(alert) => {
                if alert.transition == Transition::Raised {
                    *self.raised.entry(alert.rule.to_string()).or_default() += 1;
                    let day = (output.account_id.to_string(), output.at.day());
                    *self.by_account_and_day.entry(day).or_default() += 1;
                    if alert.baseline {
                        self.baseline += 1;
                        let owner = alert.owner.as_deref().unwrap_or_default().to_owned();
                        *self.baseline_by_csm.entry((output.at.day(), owner)).or_default() += 1;
                    }
                }
                "alerts"
            }
            OutputBody::Run(run) => {
                let place = match run.transition {
                    RunTransition::Started => Some(0),
                    RunTransition::Completed => Some(1),
                    RunTransition::Cancelled => Some(2),
                    RunTransition::StepOverdue => Some(3),
                    RunTransition::StepDone => Some(4),
                    RunTransition::StepSkipped | RunTransition::StepEscalated => None,
                };
                let counts = self.runs.entry(run.playbook.to_string()).or_default();
                place.into_iter().for_each(|place| counts[place] += 1);
                "playbooks"
            }
            OutputBody::Health(_) | OutputBody::HealthErased => "account-health",
            OutputBody::Work(_) | OutputBody::WorkErased => "account-work",
            OutputBody::Opportunity(_) => "opportunities",
            OutputBody::Deliverable(_) => "deliverables",
            OutputBody::Insight(_) => "insights",
        };
        *self.records.entry(name).or_default() += 1;
    }

    fn drain(&mut self, engine: &mut Engine) {
        engine.take_outputs().iter().for_each(|output| self.hear(output));
        engine.take_changes(|_| {});
        let more = engine.take_suppressed();
        self.suppressed.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
    }

    fn print(&self, name: &str, accounts: u32, weeks: f64) {
        let raised: u32 = self.raised.values().sum();
        let each = f64::from(raised) / f64::from(accounts) / weeks;
        println!("{name}: {raised} alerts raised, {each:.3} an account and week");
        println!("  by rule: {:?}", self.raised);
        println!("  most of an account on a day: {:?}", self.by_account_and_day.values().max());
        let suppressed: u32 = self.suppressed.iter().sum();
        for (reason, count) in Suppression::ALL.into_iter().zip(self.suppressed) {
            let share = 100.0 * f64::from(count) / f64::from((raised + suppressed).max(1));
            println!("  suppressed by {}: {count} ({share:.1} %)", reason.name());
        }
        println!("  runs started, completed, cancelled; steps overdue, done:");
        self.runs.iter().for_each(|(playbook, counts)| println!("    {playbook}: {counts:?}"));
        let most = self.baseline_by_csm.values().max();
        println!("  baseline alerts: {}, most of a CSM on a day: {most:?}", self.baseline);
        println!("  records: {:?}", self.records);
    }
}

/// Reads the year; quietly, when it is history by the time that it is read.
fn year(accounts: u32, is_history: bool) -> Counts {
    let from = Timestamp::parse("2025-01-01").expect("a date");
    let until = from.plus_days(DAYS);
    let settings = Settings { events_scale: 0.2, ..Settings::new(7, accounts, from, until) };
    let model = Arc::new(Model::default());
    let mut engine = Engine::new(model, IdKey::from_secret("year"), Memory::Bounded);
    engine.watch_fleet();
    if is_history {
        engine.keep_quiet();
    }
    let (decoder, mut counts) = (Decoder::new(), Counts::default());
    let mut step_at = from;
    for (offset, it) in World::new(settings).enumerate() {
        while it.broker_at >= step_at.plus_millis(HOUR_MS) {
            step_at = step_at.plus_millis(HOUR_MS);
            engine.look_at_fleet(step_at);
            while engine.finish_step(step_at, 500) {}
            counts.drain(&mut engine);
        }
        let record = Record {
            topic: it.topic,
            key: Some(it.account_id.as_bytes()),
            value: Some(&it.value),
            headers: &[],
            broker_at: it.broker_at,
        };
        if let Ok(Decoded::Event(event)) = decoder.decode(&record) {
            let offset = i64::try_from(offset).expect("few records");
            engine.apply(&event, Origin { offset, broker_at: it.broker_at });
        }
    }
    while engine.finish_step(until, 500) {}
    counts.drain(&mut engine);
    if is_history {
        counts = Counts::default();
        engine.attend(until, PARTITIONS);
        for day in 0..FIRST_DAYS {
            while engine.finish_step(until.plus_millis(day * DAY_MS), 500) {}
            if day == 0 {
                counts.drain(&mut engine);
                counts.print("  at once", accounts, 1.0);
            }
        }
        counts.drain(&mut engine);
    }
    counts
}

fn main() {
    let accounts = std::env::var("PULSE_YEAR_ACCOUNTS").ok();
    let accounts = accounts.and_then(|text| text.parse().ok()).unwrap_or(2_000);
    year(accounts, false).print("the year as it happens", accounts, DAYS as f64 / 7.0);
    let days = FIRST_DAYS as f64;
    year(accounts, true).print("the same as back-fill, first days", accounts, days / 7.0);
}
