//! Read copies built from the output topics: what pages and terminals show.
//!
//! Nothing is computed about an account here: the figures are those that were published.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use dashmap::DashMap;

use crate::engine::model::health::HealthBand;
use crate::engine::output::AccountId;
use crate::engine::output::alert::Alert;
use crate::engine::output::health::{AccountHealth, CauseKind};
use crate::engine::time::Timestamp;

pub mod figures;

/// How many of the newest alert transitions are kept.
const ALERTS_MAX: usize = 200;

/// What the output topics said so far.
#[derive(Default)]
pub struct View {
    accounts: DashMap<AccountId, Arc<AccountHealth>>,
    alerts: Mutex<VecDeque<Arc<Alert>>>,
    n_published: AtomicU64,
    n_alerts: AtomicU64,
}

/// A record of an output topic that is not what the contract says.
#[derive(Debug, thiserror::Error)]
#[error("a record of {topic} is not readable: {error}")]
pub struct Unreadable {
    topic: &'static str,
    error: serde_json::Error,
}

impl View {
    /// Takes a record of `cs.account-health`; no value means that the account was erased.
    ///
    /// # Errors
    /// When the value is not an account's health.
    pub fn take_health(&self, account_id: &str, value: Option<&[u8]>) -> Result<(), Unreadable> {
        self.n_published.fetch_add(1, Ordering::Relaxed);
        let Some(value) = value else {
            self.accounts.remove(account_id);
            return Ok(());
        };
        let health: AccountHealth = serde_json::from_slice(value)
            .map_err(|error| Unreadable { topic: "cs.account-health", error })?;
        self.accounts.insert(AccountId::from(account_id), Arc::new(health));
        Ok(())
    }

    /// Takes a record of `cs.alerts`.
    ///
    /// # Errors
    /// When the value is not an alert.
    pub fn take_alert(&self, value: &[u8]) -> Result<(), Unreadable> {
        let alert: Alert = serde_json::from_slice(value)
            .map_err(|error| Unreadable { topic: "cs.alerts", error })?;
        self.n_alerts.fetch_add(1, Ordering::Relaxed);
        let mut alerts = self.alerts.lock().unwrap_or_else(PoisonError::into_inner);
        if alerts.len() == ALERTS_MAX {
            alerts.pop_back();
        }
        alerts.push_front(Arc::new(alert));
        Ok(())
    }

    /// The accounts, those that changed last first.
    pub fn newest_accounts(&self, most: usize) -> Vec<Arc<AccountHealth>> {
        let mut accounts: Vec<_> =
            self.accounts.iter().map(|entry| Arc::clone(entry.value())).collect();
        accounts.sort_by(|a, b| b.at.cmp(&a.at).then_with(|| a.account_id.cmp(&b.account_id)));
        accounts.truncate(most);
        accounts
    }

    /// The newest alert transitions, the newest first.
    pub fn newest_alerts(&self, most: usize) -> Vec<Arc<Alert>> {
        let alerts = self.alerts.lock().unwrap_or_else(PoisonError::into_inner);
        alerts.iter().take(most).map(Arc::clone).collect()
    }

    /// How many accounts are displayed in each band, worst first.
    pub fn bands(&self) -> [usize; HealthBand::ALL.len()] {
        let mut counts = [0; HealthBand::ALL.len()];
        for entry in &self.accounts {
            counts[entry.value().displayed_health_band as usize] += 1;
        }
        counts
    }

    /// The newest instant that a record speaks of.
    pub fn as_of(&self) -> Option<Timestamp> {
        self.accounts.iter().map(|entry| entry.value().at).max()
    }

    /// How many assessments and alert transitions were published.
    pub fn published(&self) -> (u64, u64) {
        (self.n_published.load(Ordering::Relaxed), self.n_alerts.load(Ordering::Relaxed))
    }
}

/// The change of health since the publication before, in points.
pub fn change(health: &AccountHealth) -> Option<f64> {
    let before = health.cause.health_before?;
    Some(health.cause.health_after - before)
}

/// Why health changed, in one line: the metric that moved most, and what moved it.
pub fn why(health: &AccountHealth) -> String {
    let by = match (&health.cause.kind, &health.cause.event_type) {
        (CauseKind::Event, Some(event_type)) => event_type.to_string(),
        (CauseKind::LateEvent, Some(event_type)) => format!("late {event_type}"),
        (CauseKind::Event | CauseKind::LateEvent, None) => "event".to_owned(),
        (CauseKind::Time, _) => "time".to_owned(),
        (CauseKind::SourceOutage, _) => "source outage".to_owned(),
        (CauseKind::Model, _) => "model".to_owned(),
        (CauseKind::Override, _) => "override".to_owned(),
    };
    match health.cause.deltas.first() {
        Some(delta) => format!("{} {:+.1} ({by})", delta.metric, delta.points),
        None => by,
    }
}
