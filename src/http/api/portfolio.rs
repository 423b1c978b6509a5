//! `/portfolio`: the four views of the pages, as figures.
//!
//! What figures mean is said in `view/`; lists of accounts are `accounts.rs`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use super::accounts::{self, CSM, Renewal, SEGMENT};
use super::answer;
use super::call::Call;
use super::endpoint::{Answer, Endpoint, Outcome, Parameter, schema_of};
use super::rows::AccountItem;
use crate::engine::account::profile::Segment;
use crate::engine::model::health::HealthBand;
use crate::engine::output::alert::{Alert, Severity};
use crate::engine::time::Timestamp;
use crate::view::account::Account;
use crate::view::attention::{Attention, Reason, WORKABLE_MAX};
use crate::view::list::{Filter, Query, Sort};

/// How many accounts that changed last are told.
const NEWEST_MAX: usize = 20;
/// How many renewals are told.
const RENEWALS_MAX: usize = 50;
/// Renewals are counted by stretches of so many days.
const STRETCH_DAYS: u16 = 30;
const STRETCHES: u16 = 3;
const NARROWED: &[Parameter] = &[SEGMENT, CSM];

/// The rows of this file.
pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::get(
        "/portfolio",
        "getPortfolio",
        "The view of a customer-success manager: first what needs attention today",
        Answer::json("Figures, and the accounts to work on.", schema_of::<Portfolio>),
        portfolio,
    )
    .with(NARROWED),
    Endpoint::get(
        "/portfolio/executive",
        "getExecutive",
        "The executive view: where the accounts of each segment stand",
        Answer::json("Figures of all accounts and by segment.", schema_of::<Executive>),
        executive,
    )
    .with(NARROWED),
    Endpoint::get(
        "/portfolio/accounts",
        "getHealthNow",
        "The view of health as it happens",
        Answer::json("Figures, and the accounts that changed last.", schema_of::<HealthNow>),
        health_now,
    )
    .with(NARROWED),
    Endpoint::get(
        "/portfolio/renewals",
        "getRenewals",
        "The view of renewals within 90 days",
        Answer::json("Figures by 30 days, and the next renewals.", schema_of::<Renewals>),
        renewals,
    )
    .with(NARROWED),
];

/// As of when an answer holds.
#[derive(Serialize, JsonSchema)]
struct Stamp {
    /// The newest instant that a record speaks of; null before the first record.
    as_of: Option<Timestamp>,
    /// The version of the view, counted up.
    version: u64,
}

/// Where some accounts stand.
#[derive(Default, Serialize, JsonSchema)]
struct Standing {
    /// How many accounts.
    accounts: usize,
    /// How many are displayed in each band.
    bands: BTreeMap<HealthBand, usize>,
}

#[derive(Serialize, JsonSchema)]
struct Portfolio {
    #[serde(flatten)]
    stamp: Stamp,
    #[serde(flatten)]
    standing: Standing,
    /// The accounts that somebody should work on now, the most at stake first; at most 10.
    attention: Vec<AttentionItem>,
}

/// An account that needs attention, and why.
#[derive(Serialize, JsonSchema)]
struct AttentionItem {
    /// Which.
    account: AccountItem,
    /// Revenue (in units of the reporting currency, at least 1) × risk × urgency.
    score: f64,
    /// The probability of leaving within 90 days.
    risk: f64,
    /// From 1; what makes it more is in `reasons`.
    urgency: f64,
    /// Why, the weightiest first.
    reasons: Vec<ReasonItem>,
}

/// Something that cannot wait.
#[derive(Serialize, JsonSchema)]
struct ReasonItem {
    /// By how much it multiplies the urgency.
    weight: f64,
    #[serde(flatten)]
    what: What,
}

/// What cannot wait.
#[derive(Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum What {
    /// An alert that nobody looks after yet.
    Alert {
        /// Its id.
        #[schemars(with = "String")]
        alert_id: Uuid,
        /// Which rule.
        rule: String,
        /// How bad it is.
        severity: Severity,
        /// By when somebody should have looked after it.
        due_at: Timestamp,
    },
    /// A run with steps that should have been done.
    Overdue {
        /// Its id.
        #[schemars(with = "String")]
        run_id: Uuid,
        /// Which playbook.
        playbook: String,
        /// How many steps.
        steps: u16,
    },
    /// The contract ends within 90 days.
    Renewal {
        /// In so many.
        days: f64,
    },
}

#[derive(Serialize, JsonSchema)]
struct Executive {
    #[serde(flatten)]
    stamp: Stamp,
    #[serde(flatten)]
    standing: Standing,
    /// The same by segment.
    by_segment: BTreeMap<Segment, Standing>,
    /// Open alerts about no single account.
    alerts: Vec<Alert>,
}

#[derive(Serialize, JsonSchema)]
struct HealthNow {
    #[serde(flatten)]
    stamp: Stamp,
    #[serde(flatten)]
    standing: Standing,
    /// The accounts that changed last, the newest first; at most 20.
    newest: Vec<AccountItem>,
}

#[derive(Serialize, JsonSchema)]
struct Renewals {
    #[serde(flatten)]
    stamp: Stamp,
    /// Accounts by the days until their contract ends.
    stretches: Vec<Stretch>,
    /// Those whose contract ends next; at most 50. `/renewals` pages through all.
    items: Vec<Renewal>,
}

/// Accounts whose contract ends in some days.
#[derive(Serialize, JsonSchema)]
struct Stretch {
    /// After more than so many days.
    after_days: u16,
    /// Within so many.
    within_days: u16,
    #[serde(flatten)]
    standing: Standing,
    /// Their annual revenue in cents of the reporting currency, as far as it is known.
    arr_reporting_cents: i64,
}

fn portfolio(call: &Call) -> Outcome {
    answer::of_view(call, || {
        let (filter, now) = (accounts::filter(call), call.snapshot.now);
        let attention = call.snapshot.attention(&filter, now, WORKABLE_MAX);
        let attention = attention.iter().map(|it| AttentionItem::new(it, now)).collect();
        Ok(Portfolio { stamp: Stamp::new(call), standing: Standing::new(call, &filter), attention })
    })
}

fn executive(call: &Call) -> Outcome {
    answer::of_view(call, || {
        let filter = accounts::filter(call);
        let mut by_segment: BTreeMap<Segment, Standing> = BTreeMap::new();
        for account in call.snapshot.filtered(&filter) {
            by_segment.entry(account.health.segment).or_default().count(account);
        }
        let alerts = call.snapshot.fleet_alerts().iter();
        let alerts = alerts.map(|alert| super::alerts::as_seen(call, alert)).collect();
        let (stamp, standing) = (Stamp::new(call), Standing::new(call, &filter));
        Ok(Executive { stamp, standing, by_segment, alerts })
    })
}

fn health_now(call: &Call) -> Outcome {
    answer::of_view(call, || {
        let filter = accounts::filter(call);
        let standing = Standing::new(call, &filter);
        let query = Query {
            filter,
            sort: Sort::At,
            is_descending: true,
            limit: NEWEST_MAX,
            ..Query::default()
        };
        let newest = call.snapshot.list(&query).accounts;
        let newest = newest.iter().map(|account| AccountItem::new(account)).collect();
        Ok(HealthNow { stamp: Stamp::new(call), standing, newest })
    })
}

fn renewals(call: &Call) -> Outcome {
    answer::of_view(call, || {
        let renewal_within_days = Some(STRETCH_DAYS * STRETCHES);
        let filter = Filter { renewal_within_days, ..accounts::filter(call) };
        let mut stretches: Vec<_> = (0..STRETCHES).map(Stretch::new).collect();
        for account in call.snapshot.filtered(&filter) {
            let Some(end) = account.health.contract_end else { continue };
            let days = end.days_since(call.snapshot.now);
            let is_it = |stretch: &&mut Stretch| days <= f64::from(stretch.within_days);
            if let Some(stretch) = stretches.iter_mut().find(is_it) {
                stretch.standing.count(account);
                stretch.arr_reporting_cents += account.health.arr_cents.unwrap_or(0);
            }
        }
        let (sort, limit) = (Sort::Renewal, RENEWALS_MAX);
        let page = call.snapshot.list(&Query { filter, sort, limit, ..Query::default() });
        let items = page.accounts.iter().map(|account| Renewal::new(call, account)).collect();
        Ok(Renewals { stamp: Stamp::new(call), stretches, items })
    })
}

impl Stamp {
    fn new(call: &Call) -> Self {
        Self { as_of: call.snapshot.as_of, version: call.snapshot.version }
    }
}

impl Standing {
    fn new(call: &Call, filter: &Filter) -> Self {
        let mut standing = Self::default();
        call.snapshot.filtered(filter).for_each(|account| standing.count(account));
        standing
    }

    fn count(&mut self, account: &Account) {
        self.accounts += 1;
        if self.bands.is_empty() {
            self.bands = HealthBand::ALL.into_iter().map(|band| (band, 0)).collect();
        }
        *self.bands.entry(account.health.band).or_default() += 1;
    }
}

impl Stretch {
    fn new(number: u16) -> Self {
        let after_days = number * STRETCH_DAYS;
        let within_days = after_days + STRETCH_DAYS;
        let standing = Standing::default();
        Self { after_days, within_days, standing, arr_reporting_cents: 0 }
    }
}

impl AttentionItem {
    fn new(it: &Attention, now: Timestamp) -> Self {
        let reason = |reason: &Reason| {
            let what = match reason {
                Reason::Alert(alert) => What::Alert {
                    alert_id: alert.alert_id,
                    rule: alert.rule.to_string(),
                    severity: alert.severity,
                    due_at: alert.due_at,
                },
                Reason::Overdue(run) => What::Overdue {
                    run_id: run.run_id,
                    playbook: run.playbook.to_string(),
                    steps: run.n_overdue,
                },
                Reason::Renewal(days) => What::Renewal { days: *days },
            };
            ReasonItem { weight: reason.weight(now), what }
        };
        Self {
            account: AccountItem::new(&it.account),
            score: it.score,
            risk: it.risk,
            urgency: it.urgency,
            reasons: it.reasons.iter().map(reason).collect(),
        }
    }
}
