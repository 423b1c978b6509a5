//! The demo's team: the managers of the invented vendor look after alerts and do their steps, most
//! of them in time.
//!
//! They give commands as people do; what becomes of them is decided by the engine. What customers
//! do is `generate/`.

use std::collections::HashSet;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::engine::event::Topic;
use crate::engine::id::name_hash;
use crate::engine::output::alert::AlertStatus;
use crate::engine::time::{DAY_MS, HOUR_MS, Timestamp};
use crate::generate::world::Generated;
use crate::view::account::{Account, AlertRow, RunRow};
use crate::view::snapshot::Snapshot;

/// Names the ids of the team's commands.
const SPACE: Uuid = Uuid::from_u128(0x9c1f_6f0e_5a55_4c52_9d0b_6c8e_9b53_17aa);
/// Which part of the alerts nobody ever looks at.
const IGNORED: f64 = 0.15;
/// Which part of the steps is not needed, as turns out days after they were due.
const SKIPPED: f64 = 0.06;
/// Which part of the steps is done late.
const LATE: f64 = 0.12;

/// Managers at work.
#[derive(Debug, Default)]
pub(super) struct Team {
    /// What was done of that which is still open as far as is known.
    done: HashSet<Uuid>,
}

impl Team {
    /// What the team does at `now`, with what it sees: each thing once.
    pub(super) fn commands(&mut self, view: &Snapshot, now: Timestamp) -> Vec<Generated> {
        let mut commands = Vec::new();
        let mut done = HashSet::new();
        for account in view.accounts() {
            let alerts = account.alerts().iter().filter_map(|alert| answer(alert, now));
            let steps = account.runs().iter().filter_map(|run| step(run, now));
            for (event_id, what) in alerts.chain(steps) {
                if !self.done.contains(&event_id) {
                    commands.push(command(account, event_id, what, now));
                }
                done.insert(event_id);
            }
        }
        self.done = done;
        commands
    }
}

/// An acknowledgement, once somebody would have come to it: some at once, some after it was due.
fn answer(alert: &AlertRow, now: Timestamp) -> Option<(Uuid, Value)> {
    let name = format!("acknowledge\n{}", alert.alert_id);
    let [temper, speed] = chances(&name);
    let allowed_ms = alert.due_at.millis_since(alert.raised_at) as f64;
    let at = alert.raised_at.plus_millis((allowed_ms * (0.02 + 1.2 * speed * speed)) as i64);
    let is_due = alert.status == AlertStatus::Open && temper >= IGNORED && at <= now;
    is_due.then(|| {
        let what = json!({ "type": "acknowledge_alert", "alert_id": alert.alert_id });
        (Uuid::new_v5(&SPACE, name.as_bytes()), what)
    })
}

/// What becomes of the next step of a run, once its time has come.
fn step(run: &RunRow, now: Timestamp) -> Option<(Uuid, Value)> {
    let (step, due_at) = run.next_step.as_ref()?;
    let due_at = (*due_at)?;
    let name = format!("step\n{}\n{step}", run.run_id);
    let [temper, speed] = chances(&name);
    let is_skipped = temper < SKIPPED;
    let ahead_ms = match temper {
        _ if is_skipped => -3.0 * DAY_MS as f64,
        _ if temper < SKIPPED + LATE => -speed * 2.0 * DAY_MS as f64,
        _ => HOUR_MS as f64 + speed * DAY_MS as f64,
    };
    let kind = if is_skipped { "skip_step" } else { "complete_step" };
    let at = due_at.plus_millis(-(ahead_ms as i64));
    (at <= now).then(|| {
        let what = json!({ "type": kind, "run_id": run.run_id, "step": step });
        (Uuid::new_v5(&SPACE, name.as_bytes()), what)
    })
}

fn command(account: &Account, event_id: Uuid, mut what: Value, now: Timestamp) -> Generated {
    what["event_id"] = json!(event_id);
    what["account_id"] = json!(account.id());
    what["ts"] = json!(now);
    what["source"] = json!("pulse-demo");
    what["actor"] = json!(account.health.csm);
    Generated {
        topic: Topic::Commands,
        account_id: account.id().to_string(),
        broker_at: now,
        value: what.to_string().into_bytes(),
    }
}

/// Two numbers between 0 and 1, the same for the same name.
fn chances(name: &str) -> [f64; 2] {
    ["temper", "speed"].map(|what| {
        let bits = name_hash(&format!("{what}\n{name}")) >> 11;
        bits as f64 / (1_u64 << 53) as f64
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn most_is_done_in_time_some_late_and_some_never() {
        let run = |n: u128| RunRow {
            run_id: Uuid::from_u128(n),
            playbook: "nps_closed_loop".into(),
            started_at: Timestamp::from_millis(0),
            n_overdue: 0,
            n_closed: 0,
            n_steps: 2,
            next_step: Some(("follow_up".into(), Some(Timestamp::from_millis(10 * DAY_MS)))),
        };
        let done = |now: i64, kind: &str| {
            let done = (0..1_000).filter_map(|n| step(&run(n), Timestamp::from_millis(now)));
            done.filter(|(_, what)| what["type"] == kind).count()
        };
        let (in_time, in_the_end) =
            (done(10 * DAY_MS, "complete_step"), done(20 * DAY_MS, "complete_step"));
        assert!((780..860).contains(&in_time), "{in_time}");
        assert!((900..980).contains(&in_the_end), "{in_the_end}");
        assert_eq!(in_the_end + done(20 * DAY_MS, "skip_step"), 1_000);
        assert_eq!(done(10 * DAY_MS, "skip_step"), 0);
    }
}
