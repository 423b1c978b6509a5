//! Records for the tests of this folder: small variations of the golden assessment.
//!
//! Whole histories are told in `tests/`; nothing of this is in the program.

use std::sync::Arc;

use serde_json::{Value, json};
use uuid::Uuid;

use super::snapshot::Snapshot;
use super::writer::{Record, Writer};
use crate::engine::output::OutputTopic;
use crate::engine::time::Timestamp;

/// 2026-02-01, a day after the golden assessment.
pub(super) const NOW: Timestamp = Timestamp::from_millis(1_769_904_000_000);

/// The golden assessment as another account's, changed.
pub(super) fn account(id: &str, change: impl FnOnce(&mut Value)) -> Value {
    let golden = include_str!("../../tests/golden/account-health.json");
    let mut value: Value = serde_json::from_str(golden).unwrap();
    value["account_id"] = id.into();
    value["profile"]["name"] = id.into();
    change(&mut value);
    value
}

/// A record of work with these open alerts.
pub(super) fn work(id: &str, alerts: Vec<Value>) -> Value {
    json!({
        "account_id": id, "at": "2026-01-31", "model_version": "1", "alerts": alerts,
        "runs": [], "opportunities": [], "activity": {}, "arr_month_ends": {}, "nps_month_ends": {},
        "responses": {}, "nps": { "promoters": 0, "passives": 0, "detractors": 0 },
        "csat": {}, "steps": {}, "renewals": [], "first_value_at": null,
    })
}

/// An alert that is due the day after [`NOW`].
pub(super) fn alert(id: &str, severity: &str, status: &str) -> Value {
    let transition = match status {
        "open" => "raised",
        other => other,
    };
    json!({
        "account_id": id, "at": "2026-01-31", "model_version": "1",
        "alert_id": Uuid::new_v5(&Uuid::nil(), id.as_bytes()),
        "dedup_key": format!("health_red:{id}"), "rule": "health_red", "severity": severity,
        "transition": transition, "status": status, "sequence": 1,
        "raised_at": "2026-01-31", "resolved_at": null, "resolution": null,
        "summary": "health is red", "reason": "it fell", "evidence": [], "actions": [],
        "owner": "zoe", "due_at": "2026-02-02", "links": [],
    })
}

/// Takes a value in.
pub(super) fn take(writer: &mut Writer, topic: OutputTopic, value: &Value) {
    let key = value["account_id"].as_str().unwrap().to_owned();
    let bytes = serde_json::to_vec(value).unwrap();
    writer.take(&Record { topic, partition: 0, key: &key, value: Some(&bytes) }).unwrap();
}

/// A view of these assessments.
pub(super) fn snapshot(accounts: &[Value]) -> Arc<Snapshot> {
    snapshot_with_work(accounts, &[])
}

/// A view of these assessments and records of work.
pub(super) fn snapshot_with_work(accounts: &[Value], work: &[Value]) -> Arc<Snapshot> {
    let (mut writer, view) = Writer::new(1);
    accounts.iter().for_each(|it| take(&mut writer, OutputTopic::AccountHealth, it));
    work.iter().for_each(|it| take(&mut writer, OutputTopic::AccountWork, it));
    writer.publish(NOW);
    view.latest()
}
