//! The two records of an account, made by hand.
//!
//! What an engine publishes comes from `world.rs`.

use customer_pulse::engine::output::health::AccountHealth;
use customer_pulse::engine::output::work::{AccountWork, RenewalFigures};
use customer_pulse::engine::time::{Day, Timestamp};
use customer_pulse::view::figures::share::Share;

const HEALTH: &str = r#"{
    "account_id": "", "at": "2026-03-10T08:00:00Z", "model_version": "1",
    "health_score": 95.0, "health_band": "green", "displayed_health_score": 95.0,
    "displayed_health_band": "green", "override": null, "no_data": false, "confidence": 1.0,
    "components": {}, "metrics": {}, "metric_contributions": {}, "signals": {},
    "churn_probability": 0.1, "churn_band": "low", "renewal_risk": 0.1, "logit": 0.0,
    "base": 0.0, "evidence": 0.0, "contributions": [], "contribution_facts": {},
    "contract_position": "off_cycle", "segment": "smb", "phase": "adoption", "onboarding": {},
    "usage": { "dau": 0, "wau": 0, "mau": 0, "seats": null, "activation": null, "meters": {} },
    "peers": { "health_percentile": null, "unused_features": [] },
    "cause": { "kind": "event", "event_id": null, "event_type": null, "health_before": null,
        "health_after": 95.0, "deltas": [] },
    "trend": [], "to_next_band": [], "freshness": {},
    "csm": { "name": "zoe", "assigned_by": "profile", "accounts_per_csm": 100, "touch": "digital" },
    "profile": { "currency": "USD", "reporting_currency": "USD", "created_at": "2020-01-01" }
}"#;

const WORK: &str = r#"{
    "account_id": "", "at": "2026-03-10T08:00:00Z", "model_version": "1", "alerts": [], "runs": [],
    "opportunities": [], "activity": {}, "arr_month_ends": {}, "nps_month_ends": {},
    "responses": {},
    "nps": { "promoters": 0, "passives": 0, "detractors": 0 }, "csat": {}, "steps": {},
    "renewals": []
}"#;

/// The last records of an account.
#[derive(Clone, Debug)]
pub(crate) struct Records {
    pub(crate) health: AccountHealth,
    pub(crate) work: Option<AccountWork>,
}

impl Records {
    /// A green SMB account of some revenue, in dollars, which are reported.
    pub(crate) fn new(account_id: &str, arr_cents: i64) -> Self {
        let mut health: AccountHealth = serde_json::from_str(HEALTH).unwrap();
        health.account_id = account_id.into();
        health.profile.arr_cents = Some(arr_cents);
        health.profile.arr_reporting_cents = Some(arr_cents);
        let mut work: AccountWork = serde_json::from_str(WORK).unwrap();
        work.account_id = account_id.into();
        Self { health, work: Some(work) }
    }

    /// With changes to the assessment.
    pub(crate) fn health(mut self, change: impl FnOnce(&mut AccountHealth)) -> Self {
        change(&mut self.health);
        self
    }

    /// With changes to the work.
    pub(crate) fn work(mut self, change: impl FnOnce(&mut AccountWork)) -> Self {
        change(self.work.as_mut().unwrap());
        self
    }

    pub(crate) fn share(&self, today: Day) -> Share {
        Share::of(&self.health, self.work.as_ref(), today)
    }
}

pub(crate) fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

/// A renewal: when it was due, first touched and renewed, revenue before and after.
pub(crate) fn renewal(
    due: &str,
    [first_touch, renewed_at]: [Option<&str>; 2],
    [arr_before, arr_after]: [Option<i64>; 2],
) -> RenewalFigures {
    let (first_touch, renewed_at) = (first_touch.map(at), renewed_at.map(at));
    RenewalFigures { due: at(due), first_touch, renewed_at, arr_before, arr_after }
}
