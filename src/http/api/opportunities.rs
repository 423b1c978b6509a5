//! `/opportunities`: renewals and expansions, those closed within a day included.
//!
//! When one is made and closed is decided in `decide/opportunities.rs` of the engine.

use compact_str::CompactString;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::accounts::CSM;
use super::alerts::ACCOUNT;
use super::answer;
use super::call::Call;
use super::endpoint::{Answer, Endpoint, Form, Outcome, Parameter, schema_of};
use super::paging::{self, CURSOR, LIMIT, Page};
use crate::engine::output::opportunity::{OpportunityKind, Stage};
use crate::engine::time::Timestamp;
use crate::view::account::{Account, OpportunityRow};

const LIST: &[Parameter] = &[
    Parameter {
        name: "kind",
        form: Form::Words(&["renewal", "expansion"]),
        about: "What it is about; repeat it for several.",
    },
    Parameter {
        name: "stage",
        form: Form::Words(&["open", "handed_over", "won", "lost"]),
        about: "Where it stands; repeat it for several.",
    },
    CSM,
    ACCOUNT,
    LIMIT,
    CURSOR,
];

/// The rows of this file.
pub(super) const ENDPOINTS: &[Endpoint] = &[Endpoint::get(
    "/opportunities",
    "listOpportunities",
    "Renewals and expansions, the one that is decided next first",
    Answer::json(
        "A page of opportunities: the open ones, and those closed within a day.",
        schema_of::<Page<OpportunityItem>>,
    ),
    list,
)
.with(LIST)];

/// An opportunity in a list.
#[derive(Serialize, JsonSchema)]
struct OpportunityItem {
    /// Its id.
    #[schemars(with = "String")]
    opportunity_id: Uuid,
    /// Whose it is.
    #[schemars(with = "String")]
    account_id: CompactString,
    /// Display name of the account.
    #[schemars(with = "String")]
    account_name: CompactString,
    /// The customer-success manager.
    #[schemars(with = "String")]
    csm: CompactString,
    /// What it is about.
    kind: OpportunityKind,
    /// Where it stands.
    stage: Stage,
    /// Its annual value in cents of `currency`, as far as it is known.
    amount_cents: Option<i64>,
    /// ISO 4217 code, as far as it is known.
    #[schemars(with = "Option<String>")]
    currency: Option<CompactString>,
    /// By when it is decided.
    due_at: Option<Timestamp>,
}

/// Of a record of work, what lists do not keep.
#[derive(Deserialize)]
struct Currencies {
    opportunities: Vec<Currency>,
}

#[derive(Deserialize)]
struct Currency {
    opportunity_id: Uuid,
    currency: Option<CompactString>,
}

fn list(call: &Call) -> Outcome {
    answer::of_view(call, || {
        let kinds: Vec<OpportunityKind> = call.given.words("kind");
        let stages: Vec<Stage> = call.given.words("stage");
        let passes = |it: &&OpportunityRow| {
            (kinds.is_empty() || kinds.contains(&it.kind))
                && (stages.is_empty() || stages.contains(&it.stage))
        };
        let (mut first, mut total) = (paging::first(call)?, 0);
        let scope = call.scope_of_lists();
        for account in call.accounts(&scope) {
            let found = account.opportunities().iter().filter(passes).inspect(|_| total += 1);
            found.for_each(|it| first.put(it.rank(), (account, it)));
        }
        paging::page(call, first, total, |(account, it)| OpportunityItem::new(account, it))
    })
}

impl OpportunityItem {
    fn new(account: &Account, it: &OpportunityRow) -> Self {
        Self {
            opportunity_id: it.opportunity_id,
            account_id: account.id().clone(),
            account_name: account.health.name.clone(),
            csm: account.health.csm.clone(),
            kind: it.kind,
            stage: it.stage,
            amount_cents: it.amount_cents,
            currency: it.amount_cents.and_then(|_| currency(account, it.opportunity_id)),
            due_at: it.due_at,
        }
    }
}

/// It is in the packed record of the account only.
fn currency(account: &Account, id: Uuid) -> Option<CompactString> {
    let json = account.work.as_ref()?.json();
    let said: Currencies = serde_json::from_slice(&json).ok()?;
    said.opportunities.into_iter().find(|it| it.opportunity_id == id)?.currency
}
