//! `/portfolio`: the four views of the pages, as figures, and `/definitions`: what they mean.
//!
//! Figures are summed in `view/figures/`; lists of accounts are `accounts.rs`.

use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use super::accounts::{self, CSM, Renewal, SEGMENT};
use super::answer;
use super::call::Call;
use super::endpoint::{Answer, Endpoint, Outcome, Parameter, schema_of};
use super::rows::AccountItem;
use crate::engine::account::profile::Segment;
use crate::engine::output::AccountId;
use crate::engine::output::alert::{Alert, Severity};
use crate::engine::time::Timestamp;
use crate::view::attention::{Attention, Reason, WORKABLE_MAX};
use crate::view::figures::definitions::{DEFINITIONS, Definition};
use crate::view::figures::fold::Fold;
use crate::view::figures::parents::ParentFigures;
use crate::view::figures::{Figures, portfolio};
use crate::view::list::{Filter, Query, Sort};

/// How many accounts that changed last are told.
const NEWEST_MAX: usize = 20;
/// How many renewals are told, of those within so many days.
const RENEWALS_MAX: usize = 50;
const RENEWAL_DAYS: u16 = 90;
/// How many parents are told.
const PARENTS_MAX: usize = 50;
const NARROWED: &[Parameter] = &[SEGMENT, CSM];

/// The rows of this file.
pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::get(
        "/portfolio",
        "getPortfolio",
        "The view of a customer-success manager: first what needs attention today",
        Answer::json("Figures, and the accounts to work on.", schema_of::<PortfolioView>),
        csm_view,
    )
    .with(NARROWED),
    Endpoint::get(
        "/portfolio/executive",
        "getExecutive",
        "The executive view: retention and outcomes, whole and by segment",
        Answer::json("Figures with their targets.", schema_of::<ExecutiveView>),
        executive,
    )
    .with(NARROWED),
    Endpoint::get(
        "/portfolio/accounts",
        "getHealthNow",
        "The view of health as it happens",
        Answer::json("Figures, and the accounts that changed last.", schema_of::<HealthView>),
        health_now,
    )
    .with(NARROWED),
    Endpoint::get(
        "/portfolio/renewals",
        "getRenewals",
        "The view of renewals within 90 days",
        Answer::json("Figures, and the next renewals.", schema_of::<RenewalsView>),
        renewals,
    )
    .with(NARROWED),
    Endpoint::get(
        "/definitions",
        "listDefinitions",
        "What each figure means, its unit and its target",
        Answer::json("Definitions, in the order of the pages.", schema_of::<Definitions>),
        definitions,
    ),
];

/// As of when an answer holds.
#[derive(Serialize, JsonSchema)]
struct Stamp {
    /// The newest instant that a record speaks of; null before the first record.
    as_of: Option<Timestamp>,
    /// The version of the view, counted up.
    version: u64,
}

/// What a customer-success manager looks after.
#[derive(Serialize, JsonSchema)]
struct PortfolioView {
    #[serde(flatten)]
    stamp: Stamp,
    /// The figures of these accounts.
    figures: Figures,
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

/// How the whole portfolio does.
#[derive(Serialize, JsonSchema)]
struct ExecutiveView {
    #[serde(flatten)]
    stamp: Stamp,
    /// The figures of these accounts.
    figures: Figures,
    /// The same by segment; those that have an account.
    by_segment: BTreeMap<Segment, Figures>,
    /// Parents with all their children, the largest first; at most 50. Nobody who sees some
    /// accounts only is told of them, and nobody who asks for some only.
    parents: Vec<Parent>,
    /// Open alerts about no single account.
    alerts: Vec<Alert>,
}

/// A parent and how its children stand together.
#[derive(Serialize, JsonSchema)]
struct Parent {
    /// Which account.
    #[schemars(with = "String")]
    account_id: AccountId,
    #[serde(flatten)]
    figures: ParentFigures,
}

/// Health as it happens.
#[derive(Serialize, JsonSchema)]
struct HealthView {
    #[serde(flatten)]
    stamp: Stamp,
    /// How these accounts stand.
    portfolio: portfolio::Portfolio,
    /// The accounts that changed last, the newest first; at most 20.
    newest: Vec<AccountItem>,
}

/// Contracts that end soon.
#[derive(Serialize, JsonSchema)]
struct RenewalsView {
    #[serde(flatten)]
    stamp: Stamp,
    /// Accounts and their revenue by the days until their contract ends.
    renewals: portfolio::Renewals,
    /// Those whose contract ends next, within 90 days; at most 50. `/renewals` pages through all.
    items: Vec<Renewal>,
}

/// What figures mean.
#[derive(Serialize, JsonSchema)]
struct Definitions {
    /// One for each figure, by the name of its field.
    items: &'static [Definition],
}

fn csm_view(call: &Call) -> Outcome {
    answer::of_view(call, || {
        let filter = accounts::filter(call);
        // Of the same moment as its tag, not of now.
        let now = call.snapshot.now;
        let attention = call.snapshot.attention(&filter, now, WORKABLE_MAX);
        let attention = attention.iter().map(|it| AttentionItem::new(it, now)).collect();
        let figures = Figures::clone(&call.snapshot.figures(&filter));
        Ok(PortfolioView { stamp: Stamp::new(call), figures, attention })
    })
}

fn executive(call: &Call) -> Outcome {
    answer::of_view(call, || {
        let filter = accounts::filter(call);
        let (all, by_segment) = if filter.whole() {
            let published = &call.snapshot.figures;
            let by_segment = published.by_segment.iter();
            let by_segment = by_segment.map(|(segment, it)| (*segment, Figures::clone(it)));
            (Figures::clone(&published.all), by_segment.collect())
        } else {
            added_up(call, &filter)
        };
        let alerts = call.snapshot.fleet_alerts().iter();
        let alerts = alerts.map(|alert| super::alerts::as_seen(call, alert)).collect();
        Ok(ExecutiveView {
            stamp: Stamp::new(call),
            figures: all,
            by_segment,
            parents: if filter.whole() { Parent::all(call) } else { Vec::new() },
            alerts,
        })
    })
}

/// The figures of the accounts that a filter lets pass, all and by segment, in one go.
fn added_up(call: &Call, filter: &Filter) -> (Figures, BTreeMap<Segment, Figures>) {
    let mut all = Fold::default();
    let mut by_segment: BTreeMap<Segment, Fold> = BTreeMap::new();
    for account in call.snapshot.filtered(filter) {
        all.add(&account.share);
        by_segment.entry(account.health.segment).or_default().add(&account.share);
    }
    let by_segment = by_segment.into_iter().map(|(segment, fold)| (segment, Figures::of(&fold)));
    (Figures::of(&all), by_segment.collect())
}

fn health_now(call: &Call) -> Outcome {
    answer::of_view(call, || {
        let filter = accounts::filter(call);
        let portfolio = call.snapshot.figures(&filter).portfolio.clone();
        let (sort, limit) = (Sort::At, NEWEST_MAX);
        let query = Query { filter, sort, is_descending: true, limit, ..Query::default() };
        let newest = call.snapshot.list(&query).accounts;
        let newest = newest.iter().map(|account| AccountItem::new(account)).collect();
        Ok(HealthView { stamp: Stamp::new(call), portfolio, newest })
    })
}

fn renewals(call: &Call) -> Outcome {
    answer::of_view(call, || {
        let filter = accounts::filter(call);
        let renewals = call.snapshot.figures(&filter).portfolio.renewals;
        let filter = Filter { renewal_within_days: Some(RENEWAL_DAYS), ..filter };
        let (sort, limit) = (Sort::Renewal, RENEWALS_MAX);
        let page = call.snapshot.list(&Query { filter, sort, limit, ..Query::default() });
        let items = page.accounts.iter().map(|account| Renewal::new(call, account)).collect();
        Ok(RenewalsView { stamp: Stamp::new(call), renewals, items })
    })
}

fn definitions(call: &Call) -> Outcome {
    answer::of_record(call, &Definitions { items: &DEFINITIONS })
}

impl Stamp {
    fn new(call: &Call) -> Self {
        Self { as_of: call.snapshot.as_of, version: call.snapshot.version }
    }
}

impl Parent {
    fn all(call: &Call) -> Vec<Self> {
        let parents = call.snapshot.figures.parents.iter();
        let parent = |(id, figures): (&AccountId, &Arc<ParentFigures>)| Self {
            account_id: id.clone(),
            figures: ParentFigures::clone(figures),
        };
        let mut parents: Vec<_> = parents.map(parent).collect();
        parents.sort_by_key(|parent| (-parent.figures.arr.cents, parent.account_id.clone()));
        parents.truncate(PARENTS_MAX);
        parents
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
