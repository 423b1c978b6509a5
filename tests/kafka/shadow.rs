//! Plain folds of some accounts, assessed without an engine: a second opinion on their health.
//!
//! The engine's own recount is `recount.rs`.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::ensure;
use customer_pulse::engine::account::Account;
use customer_pulse::engine::account::feed::Memory;
use customer_pulse::engine::assess::assess;
use customer_pulse::engine::event::Event;
use customer_pulse::engine::id::{IdKey, name_hash};
use customer_pulse::engine::metric::{Component, MetricId};
use customer_pulse::engine::model::Model;
use customer_pulse::engine::output::health::AccountHealth;
use customer_pulse::engine::output::{Output, OutputBody};
use customer_pulse::engine::signal::SignalId;
use customer_pulse::engine::silence::Silences;
use customer_pulse::engine::time::Timestamp;

/// One account in so many has a shadow.
const ONE_IN: u64 = 8;

/// The plain folds, by account.
pub(crate) struct Shadows {
    /// The model of the step.
    pub(crate) model: Arc<Model>,
    id_key: IdKey,
    accounts: BTreeMap<String, Account>,
    /// The account of the last event as it was before it: timers ran on that.
    before: Option<(String, Account)>,
    /// The feeds that are silent now.
    pub(crate) silences: Silences,
    /// Records of health that were checked.
    pub(crate) assessed: usize,
}

impl Shadows {
    /// No account yet.
    pub(crate) fn new(model: Arc<Model>, id_key: IdKey) -> Self {
        let (accounts, silences) = (BTreeMap::new(), Silences::NONE);
        Self { model, id_key, accounts, before: None, silences, assessed: 0 }
    }

    /// Folds an event that was not refused.
    pub(crate) fn fold(&mut self, event: &Event<'_>, broker_at: Timestamp) {
        let id: &str = &event.account_id;
        if !name_hash(id).is_multiple_of(ONE_IN) {
            return;
        }
        let new = || Account::new(Memory::Bounded);
        let account = self.accounts.entry(id.to_owned()).or_insert_with(new);
        self.before = Some((id.to_owned(), account.clone()));
        account.fold(event, broker_at, &self.id_key, &self.model.labels(&event.body));
    }

    /// Forgets an account.
    pub(crate) fn erase(&mut self, account_id: &str) {
        self.accounts.remove(account_id);
    }

    /// From now on accounts stand as they are: the events of the step are all folded.
    pub(crate) fn settle(&mut self) {
        self.before = None;
    }

    /// Assesses the accounts anew as of what was said about them.
    pub(crate) fn check(&mut self, outputs: &[Output]) -> anyhow::Result<()> {
        for output in outputs {
            let OutputBody::Health(said) = &output.body else { continue };
            let Some(account) = self.accounts.get(said.account_id.as_str()) else { continue };
            let before = self.before.iter().filter(|(id, _)| *id == *said.account_id);
            let mut candidates = before.map(|(_, account)| account).chain([account]);
            ensure!(
                candidates.any(|account| is_assessed(&self.model, &self.silences, account, said)),
                "health of {} at {} is not what its fold is assessed as",
                said.account_id,
                said.at
            );
            self.assessed += 1;
        }
        Ok(())
    }
}

#[allow(clippy::float_cmp)] // the same figures computed twice are equal to the last bit
fn is_assessed(
    model: &Model,
    silences: &Silences,
    account: &Account,
    said: &AccountHealth,
) -> bool {
    let assessment = assess(model, silences, account, said.at);
    let components = Component::ALL.into_iter().all(|component| {
        assessment.component(component) == said.components.get(component.name()).copied()
    });
    let metrics = MetricId::ALL
        .into_iter()
        .all(|metric| assessment.metric(metric) == said.metrics.get(metric.name()).copied());
    let churn = &assessment.churn;
    let signals = SignalId::ALL
        .into_iter()
        .all(|signal| churn.signal(signal) == said.signals.get(signal.name()).copied());
    let contributions = churn.contributions.iter().map(|(term, said)| (term.name(), *said));
    components
        && metrics
        && signals
        && contributions.eq(said.contributions.iter().map(|(term, said)| (&**term, *said)))
        && churn.probability == said.churn_probability
        && churn.band == said.churn_band
        && churn.renewal_risk == said.renewal_risk
        && churn.position == said.contract_position
        && assessment.health_score == said.health_score
        && assessment.health_band == said.health_band
        && assessment.confidence == said.confidence
}
