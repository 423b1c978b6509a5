//! `/alerts`: what is open at the accounts that one may see, and about all of them.
//!
//! When an alert is raised and ends is decided in `decide/alerts.rs` of the engine; what one can do
//! about it is `commands.rs`.

use std::sync::Arc;

use compact_str::CompactString;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

use super::accounts::CSM;
use super::answer::{self, Published};
use super::call::Call;
use super::endpoint::{Answer, Endpoint, Form, Outcome, Parameter, schema_of};
use super::paging::{self, CURSOR, LIMIT, Page};
use crate::engine::output::alert::{Alert, AlertStatus, Severity};
use crate::engine::time::Timestamp;
use crate::view::account::{Account, AlertRow};

/// Of one account.
pub(super) const ACCOUNT: Parameter =
    Parameter { name: "account", form: Form::Text, about: "The account, by its id." };
const LIST: &[Parameter] = &[
    Parameter {
        name: "severity",
        form: Form::Words(&["critical", "error", "warning", "info"]),
        about: "How bad it is; repeat it for several.",
    },
    Parameter {
        name: "status",
        form: Form::Words(&["open", "acknowledged", "snoozed"]),
        about: "Whether somebody looks after it; repeat it for several.",
    },
    Parameter { name: "rule", form: Form::Text, about: "The rule, by its id." },
    CSM,
    ACCOUNT,
    LIMIT,
    CURSOR,
];

/// The rows of this file.
pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::get(
        "/alerts",
        "listAlerts",
        "Alerts that are not resolved, the gravest and those that are due first",
        Answer::json("A page of alerts.", schema_of::<Page<AlertItem>>),
        list,
    )
    .with(LIST),
    Endpoint::get(
        "/alerts/{id}",
        "getAlert",
        "One alert, with its evidence",
        Answer::json("The alert as it was last published.", schema_of::<Published<Alert>>),
        detail,
    ),
];

/// An alert in a list.
#[derive(Serialize, JsonSchema)]
struct AlertItem {
    /// Its id.
    #[schemars(with = "String")]
    alert_id: Uuid,
    /// Whose it is; of an alert about all accounts its subject: `fleet`, or the feed.
    #[schemars(with = "String")]
    account_id: CompactString,
    /// Display name of the account.
    #[schemars(with = "String")]
    account_name: CompactString,
    /// The customer-success manager; null for an alert about all accounts.
    #[schemars(with = "Option<String>")]
    csm: Option<CompactString>,
    /// Which rule.
    #[schemars(with = "String")]
    rule: CompactString,
    /// How bad it is.
    severity: Severity,
    /// Whether somebody looks after it.
    status: AlertStatus,
    /// Since when.
    raised_at: Timestamp,
    /// By when somebody should have looked after it.
    due_at: Timestamp,
    /// One line.
    summary: String,
}

/// The order of the list.
type Key = (Severity, Timestamp, Uuid);

/// Where an alert stands.
enum Found<'a> {
    Of(&'a Arc<Account>, &'a AlertRow),
    OfAll(&'a Alert),
}

/// Of a record of work, the alerts as they were published.
#[derive(Deserialize)]
struct Alerts<'a> {
    #[serde(borrow)]
    alerts: Vec<&'a RawValue>,
}

/// Of a record of work, what lists do not keep.
#[derive(Deserialize)]
struct Summaries {
    alerts: Vec<Summary>,
}

#[derive(Deserialize)]
struct Summary {
    alert_id: Uuid,
    summary: String,
}

fn list(call: &Call) -> Outcome {
    answer::of_view(call, || {
        let given = &call.given;
        let severities: Vec<Severity> = given.words("severity");
        let statuses: Vec<AlertStatus> = given.words("status");
        let (rule, subject) = (given.text("rule"), given.text(ACCOUNT.name));
        let passes = |severity, status, of: &str| {
            (severities.is_empty() || severities.contains(&severity))
                && (statuses.is_empty() || statuses.contains(&status))
                && rule.is_none_or(|rule| rule == of)
        };
        let (mut first, mut total) = (paging::first::<Key, _>(call)?, 0);
        let of_all = call.snapshot.fleet_alerts().iter().filter(|alert| {
            given.text(CSM.name).is_none()
                && subject.is_none_or(|subject| subject == alert.account_id)
                && passes(alert.severity, alert.status, &alert.rule)
        });
        for alert in of_all {
            total += 1;
            first.put((alert.severity, alert.due_at, alert.alert_id), Found::OfAll(alert));
        }
        let takes_all = severities.is_empty() && statuses.is_empty() && rule.is_none();
        let scope = call.scope_of_lists();
        for account in call.accounts(&scope) {
            let alerts = account.alerts();
            let of_one = |it| Found::Of(account, it);
            if takes_all {
                total += alerts.len();
                first.put_sorted(alerts, |it| it.rank(), of_one);
            } else {
                let found = alerts.iter().filter(|it| passes(it.severity, it.status, &it.rule));
                let found = found.inspect(|_| total += 1);
                found.for_each(|it| first.put(it.rank(), of_one(it)));
            }
        }
        paging::page(call, first, total, AlertItem::new)
    })
}

fn detail(call: &Call) -> Outcome {
    let not_found = || call.not_found("alert");
    let id: Uuid = call.id.parse().map_err(|_| not_found())?;
    let account = call.snapshot.account_of(id).filter(|it| call.may_see(&it.health.csm));
    if let Some(work) = account.and_then(|account| account.work.as_ref()) {
        let json = work.json();
        let alert = part_with_id(&json, id).ok_or_else(not_found)?;
        return answer::of_record(call, &Published::<Alert>::part(alert));
    }
    // What is about all accounts, and what ended lately.
    let of_all = call.snapshot.fleet_alerts().iter().chain(call.snapshot.newest_alerts());
    let alert = of_all.into_iter().find(|it| it.alert_id == id).ok_or_else(not_found)?;
    let account = call.snapshot.account(&alert.account_id);
    if alert.is_about_all() || account.is_some_and(|it| call.may_see(&it.health.csm)) {
        answer::of_record(call, &as_seen(call, alert))
    } else {
        Err(not_found())
    }
}

/// An alert that names other accounts, without those that the one who asks may not see.
pub(super) fn as_seen(call: &Call, alert: &Alert) -> Alert {
    let is_seen = |account: &Arc<Account>| call.may_see(&account.health.csm);
    let mut alert = alert.clone();
    if call.viewer.csms.is_some() {
        alert.accounts.retain(|id| call.snapshot.account(id).is_some_and(is_seen));
    }
    alert
}

fn part_with_id(json: &[u8], id: Uuid) -> Option<&RawValue> {
    #[derive(Deserialize)]
    struct Named {
        alert_id: Uuid,
    }
    let work: Alerts<'_> = serde_json::from_slice(json).ok()?;
    let is_it = |part: &&RawValue| {
        serde_json::from_str::<Named>(part.get()).is_ok_and(|named| named.alert_id == id)
    };
    work.alerts.into_iter().find(is_it)
}

impl AlertItem {
    fn new(found: Found<'_>) -> Self {
        match found {
            Found::Of(account, alert) => Self {
                alert_id: alert.alert_id,
                account_id: account.id().clone(),
                account_name: account.health.name.clone(),
                csm: Some(account.health.csm.clone()),
                rule: alert.rule.clone(),
                severity: alert.severity,
                status: alert.status,
                raised_at: alert.raised_at,
                due_at: alert.due_at,
                summary: summary(account, alert.alert_id).unwrap_or_default(),
            },
            Found::OfAll(alert) => Self {
                alert_id: alert.alert_id,
                account_id: alert.account_id.clone(),
                account_name: alert.account_id.clone(),
                csm: None,
                rule: alert.rule.clone(),
                severity: alert.severity,
                status: alert.status,
                raised_at: alert.raised_at,
                due_at: alert.due_at,
                summary: alert.summary.clone(),
            },
        }
    }
}

/// What lists of alerts do not keep is in the packed record of the account.
fn summary(account: &Account, id: Uuid) -> Option<String> {
    let json = account.work.as_ref()?.json();
    let said: Summaries = serde_json::from_slice(&json).ok()?;
    said.alerts.into_iter().find(|it| it.alert_id == id).map(|it| it.summary)
}
