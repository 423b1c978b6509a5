//! `/runs`: playbook runs that go on, and one run with its steps.
//!
//! When a run begins and ends is decided in `decide/playbooks.rs` of the engine; what one can do
//! about it is `commands.rs`.

use compact_str::CompactString;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

use super::accounts::CSM;
use super::alerts::ACCOUNT;
use super::answer::{self, Published};
use super::call::Call;
use super::endpoint::{Answer, Endpoint, Form, Outcome, Parameter, schema_of};
use super::errors;
use super::paging::{self, CURSOR, LIMIT, Page};
use crate::engine::output::work::RunFigures;
use crate::engine::time::Timestamp;
use crate::view::account::{Account, RunRow};

const LIST: &[Parameter] = &[
    Parameter { name: "playbook", form: Form::Text, about: "The playbook, by its id." },
    Parameter {
        name: "overdue",
        form: Form::Flag,
        about: "Only runs with steps that should have been done, or only those without.",
    },
    CSM,
    ACCOUNT,
    LIMIT,
    CURSOR,
];

/// The rows of this file.
pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::get(
        "/runs",
        "listRuns",
        "Playbook runs that go on, the one that is due next first",
        Answer::json("A page of runs.", schema_of::<Page<RunItem>>),
        list,
    )
    .with(LIST),
    Endpoint::get(
        "/runs/{id}",
        "getRun",
        "One playbook run, with its steps",
        Answer::json("The run, and whose it is.", schema_of::<RunDetail>),
        detail,
    ),
];

/// A run in a list.
#[derive(Serialize, JsonSchema)]
struct RunItem {
    /// Its id.
    #[schemars(with = "String")]
    run_id: Uuid,
    /// Whose it is.
    #[schemars(with = "String")]
    account_id: CompactString,
    /// Display name of the account.
    #[schemars(with = "String")]
    account_name: CompactString,
    /// The customer-success manager.
    #[schemars(with = "String")]
    csm: CompactString,
    /// Which playbook.
    #[schemars(with = "String")]
    playbook: CompactString,
    /// Since when.
    started_at: Timestamp,
    /// How many steps it has.
    steps: u16,
    /// How many of them are done or not needed.
    closed_steps: u16,
    /// How many should have been done.
    overdue_steps: u16,
    /// The first step to be done.
    #[schemars(with = "Option<String>")]
    next_step: Option<CompactString>,
    /// By when that is.
    next_due_at: Option<Timestamp>,
}

/// A run.
#[derive(Serialize, JsonSchema)]
struct RunDetail {
    /// Whose it is.
    #[schemars(with = "String")]
    account_id: CompactString,
    /// The run, as on `cs.account-work`: open, or ended within a day.
    run: Published<RunFigures>,
}

/// Of a record of work, the runs as they were published.
#[derive(Deserialize)]
struct Runs<'a> {
    #[serde(borrow)]
    runs: Vec<&'a RawValue>,
}

fn list(call: &Call) -> Outcome {
    answer::of_view(call, || {
        let (playbook, is_overdue) = (call.given.text("playbook"), call.given.flag("overdue"));
        let passes = |run: &&RunRow| {
            playbook.is_none_or(|playbook| playbook == run.playbook)
                && is_overdue.is_none_or(|it| it == (run.n_overdue > 0))
        };
        let takes_all = playbook.is_none() && is_overdue.is_none();
        let (mut first, mut total) = (paging::first(call)?, 0);
        let scope = call.scope_of_lists();
        for account in call.accounts(&scope) {
            let runs = account.runs();
            if takes_all {
                total += runs.len();
                first.put_sorted(runs, |run| run.rank(), |run| (account, run));
            } else {
                let found = runs.iter().filter(passes).inspect(|_| total += 1);
                found.for_each(|run| first.put(run.rank(), (account, run)));
            }
        }
        paging::page(call, first, total, |(account, run)| RunItem::new(account, run))
    })
}

fn detail(call: &Call) -> Outcome {
    let not_found = || call.not_found("run");
    let id: Uuid = call.id.parse().map_err(|_| not_found())?;
    let account = call.snapshot.account_of(id).filter(|it| call.may_see(&it.health.csm));
    let account = account.ok_or_else(not_found)?;
    let json = account.work.as_ref().ok_or_else(not_found)?.json();
    let work: Runs<'_> = serde_json::from_slice(&json).map_err(|error| {
        tracing::error!(%error, "a record of work is not readable");
        errors::internal()
    })?;
    let run = work.runs.into_iter().find(|run| is_named(run, id)).ok_or_else(not_found)?;
    let run = Published::part(run);
    answer::of_record(call, &RunDetail { account_id: account.id().clone(), run })
}

fn is_named(run: &RawValue, id: Uuid) -> bool {
    #[derive(Deserialize)]
    struct Named {
        run_id: Uuid,
    }
    serde_json::from_str::<Named>(run.get()).is_ok_and(|named| named.run_id == id)
}

impl RunItem {
    fn new(account: &Account, run: &RunRow) -> Self {
        Self {
            run_id: run.run_id,
            account_id: account.id().clone(),
            account_name: account.health.name.clone(),
            csm: account.health.csm.clone(),
            playbook: run.playbook.clone(),
            started_at: run.started_at,
            steps: run.n_steps,
            closed_steps: run.n_closed,
            overdue_steps: run.n_overdue,
            next_step: run.next_step.as_ref().map(|(step, _)| step.clone()),
            next_due_at: run.due_at(),
        }
    }
}
