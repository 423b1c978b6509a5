//! A generated world with commands in it, and what people answer to its alerts and runs.
//!
//! Single events that keep something going are `trickle.rs`.

use anyhow::{Context as _, ensure};
use customer_pulse::engine::event::Topic;
use customer_pulse::engine::time::Timestamp;
use customer_pulse::generate::world::{Generated, Settings, World};
use serde_json::{Value, json};

use crate::history::read_topic;
use crate::installation::{Installation, now};

/// One record in so many is a command.
const COMMAND_EVERY: usize = 40;

/// The last `events` of a world of so many accounts up to now, commands included.
pub(crate) fn world(accounts: u32, events: usize) -> anyhow::Result<Vec<Generated>> {
    let days = i64::try_from(events)? / (6 * i64::from(accounts)) + 2;
    let until = now();
    let world = World::new(Settings::new(7, accounts, until.plus_days(-days), until));
    let mut records = Vec::with_capacity(events);
    for event in world {
        if records.len() == events {
            break;
        }
        if records.len() % COMMAND_EVERY == COMMAND_EVERY - 1 {
            records.push(command(records.len(), &event.account_id, event.broker_at));
        }
        records.push(event);
    }
    records.truncate(events);
    ensure!(records.len() == events, "the world ended after {} events", records.len());
    Ok(records)
}

/// Publishes records.
pub(crate) fn write(installation: &Installation, records: &[Generated]) -> anyhow::Result<()> {
    let publisher = installation.publisher()?;
    for record in records {
        publisher.publish(record.topic, &record.account_id, record.broker_at, &record.value)?;
    }
    Ok(publisher.finish()?)
}

/// Publishes the last `events` of a world up to now.
pub(crate) fn write_world(
    installation: &Installation,
    accounts: u32,
    events: usize,
) -> anyhow::Result<()> {
    write(installation, &world(accounts, events)?)
}

/// What somebody does, in turns.
fn command(n: usize, account: &str, at: Timestamp) -> Generated {
    let body = match n / COMMAND_EVERY % 5 {
        0 => json!({"type": "log_touchpoint", "kind": "call"}),
        1 => json!({"type": "start_playbook", "playbook": "at_risk_intervention"}),
        2 => json!({"type": "override_health", "value": n % 100, "note": "known better",
                    "expires_at": at.plus_days(5).to_string()}),
        3 => json!({"type": "hold_account", "until": at.plus_days(1).to_string(),
                    "reason": "an incident"}),
        // Nobody knows this alert: the command is refused.
        _ => json!({"type": "acknowledge_alert",
                    "alert_id": "4a0e2c55-6a7e-5bb0-a5c3-0c4cfc0a2d11"}),
    };
    ordered(&format!("command-{n}"), account, at, body)
}

fn ordered(event_id: &str, account: &str, at: Timestamp, mut body: Value) -> Generated {
    body["event_id"] = event_id.into();
    body["account_id"] = account.into();
    body["ts"] = at.to_string().into();
    body["actor"] = "csm:mara".into();
    let value = body.to_string().into_bytes();
    Generated { topic: Topic::Commands, account_id: account.to_owned(), broker_at: at, value }
}

/// What people answer at `at` to the alerts and runs that were published so far.
pub(crate) fn answers(
    installation: &Installation,
    at: Timestamp,
) -> anyhow::Result<Vec<Generated>> {
    let topics = &installation.config.topics;
    let mut answers = Vec::new();
    for (topic, id, first) in
        [(&topics.alerts, "alert_id", "raised"), (&topics.playbooks, "run_id", "started")]
    {
        for record in read_topic(&installation.config, topic)?.iter().flatten() {
            let said: Value = serde_json::from_slice(record.value.as_deref().context("a value")?)?;
            let account = said["account_id"].as_str().unwrap_or_default();
            let is_of_account = record.key.as_deref() == Some(account.as_bytes());
            if said["transition"] != first || !is_of_account {
                continue;
            }
            let n = answers.len();
            let mut body = if id == "alert_id" { to_alert(n, at) } else { to_run(n, &said) };
            body[id] = said[id].clone();
            answers.push(ordered(&format!("answer-{n}"), account, at, body));
        }
    }
    Ok(answers)
}

fn to_alert(n: usize, at: Timestamp) -> Value {
    match n % 3 {
        0 => json!({"type": "acknowledge_alert"}),
        1 => json!({"type": "snooze_alert", "until": at.plus_days(3).to_string(),
                    "reason": "on leave"}),
        _ => json!({"type": "resolve_alert", "reason": "talked it through"}),
    }
}

fn to_run(n: usize, said: &Value) -> Value {
    let step = &said["steps"][0]["step"];
    match n % 3 {
        0 => json!({"type": "complete_step", "step": step}),
        1 => json!({"type": "skip_step", "step": step}),
        _ => json!({"type": "cancel_run", "reason": "solved by mail"}),
    }
}
