//! Assessment and facts against the workflow: what to say, and when to look again.
//!
//! What is believed is computed in `assess.rs`; records are written in `kafka/`.

mod alerts;
mod band;
mod cause;
mod churn;
pub(in crate::engine) mod everyone;
mod health;
mod insights;
mod next_band;
mod opportunities;
mod orders;
mod overrides;
pub(in crate::engine) mod playbooks;
mod points;
mod publication;
mod texts;
mod work;

use std::borrow::Cow;

use compact_str::CompactString;

use super::account::Account;
use super::account::fact::{Fact, FactKind, FactKinds};
use super::account::feed::Late;
use super::account::workflow::Workflow;
use super::account::workflow::episodes::Suppressed;
use super::account::workflow::said::Said;
use super::assess::Assessment;
use super::assess::lifecycle::Phase;
use super::fleet::Fleet;
use super::model::Model;
use super::model::csm::AssignedBy;
use super::output::alert::Resolution;
use super::output::{AccountId, Output, OutputBody};
use super::time::{DAY_MS, Timestamp};
use overrides::Noted;

/// Most rounds of runs and alerts in one look; what is left is told by the next.
const ROUNDS_MAX: usize = 4;

/// All that a decision reads, besides what it changes.
#[derive(Clone, Copy)]
pub struct Situation<'a> {
    /// Whose decision it is.
    pub account_id: &'a AccountId,
    /// The account's facets.
    pub account: &'a Account,
    /// What is believed about it.
    pub assessment: &'a Assessment,
    /// The model in force.
    pub model: &'a Model,
    /// All accounts together.
    pub fleet: &'a Fleet,
    /// The score to show; [`decide`] puts the one of an override in its place.
    pub displayed_score: f64,
    /// As of when.
    pub now: Timestamp,
    /// The wall clock of the step: later than `now` by as much as this decision is late.
    pub wall: Timestamp,
    /// Milliseconds after midnight (UTC) at which the account has its daily look.
    pub look_ms: i64,
    /// How much may be said.
    pub attention: Attention,
    /// When the account of the same id was erased that was there before.
    pub erased_at: Option<Timestamp>,
    /// The events that this look hears of late.
    pub late: Option<Late>,
}

/// How much a decision may say (`engine/first_day.rs`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attention {
    /// Health, and answers to commands.
    Quiet,
    /// Everything that begins now; what was already the case is a baseline alert, and waits.
    First,
    /// Everything; baseline alerts wait.
    Full,
    /// Everything, and so many of the baseline alerts that wait.
    Allotted(u32),
}

/// What a decision leaves besides its outputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decided {
    /// When to look again.
    pub look_again_at: Timestamp,
    /// The workflow is not what it was.
    pub is_workflow_changed: bool,
    /// A record of the account's health is among the outputs.
    pub is_published: bool,
}

impl Situation<'_> {
    /// Who looks after the account, and who said so.
    pub(in crate::engine) fn owner(&self) -> (&CompactString, AssignedBy) {
        let csm = &self.model.of(self.assessment.segment).csm;
        csm.owner(self.account_id, self.assessment.segment, self.account.profile.said())
    }

    /// Where the account stands in its life; nothing for one of which nothing is known.
    pub fn phase(&self) -> Option<Phase> {
        Phase::of(self.model.of(self.assessment.segment), self.account, self.now)
    }

    /// What an id is made of: an account that begins anew has no id of the one before it.
    fn identity(&self, what: &str) -> String {
        let life = self.erased_at.map(|at| format!("\0since {}", at.as_millis()));
        format!("{}\0{what}{}", self.account_id, life.unwrap_or_default())
    }

    fn output(&self, body: OutputBody) -> Output {
        Output { account_id: self.account_id.clone(), at: self.now, body }
    }
}

/// Says what has to be said as of `now`, and answers when to look again.
///
/// `workflow` and `said` are brought up to date; the outputs go to the end of `outputs`.
pub fn decide(
    situation: &Situation<'_>,
    facts: &[Fact],
    workflow: &mut Workflow,
    said: &mut Option<Said>,
    outputs: &mut Vec<Output>,
    suppressed: &mut Suppressed,
) -> Decided {
    let now = situation.now;
    let mut look = Looks { now, next: next_daily_look(now, situation.look_ms) };
    let churned_before = workflow.churned_at;
    let churned = note_contract(situation, facts, workflow);
    let noted = overrides::note(facts, workflow, now, &mut look);
    let mut changed = churned_before != workflow.churned_at || noted != Noted::Same;
    let displayed_score = overrides::displayed_score(situation.assessment, workflow);
    let (attention, facts, is_backlog_changed) = attend(situation, facts, workflow);
    changed |= is_backlog_changed;
    let situation = &Situation { displayed_score, attention, ..*situation };
    changed |= band::damp(situation, workflow, noted, &mut look);
    let already = outputs.len();
    changed |= orders::carry_out(situation, &facts, workflow, &mut look, outputs);
    if churned {
        alerts::resolve_all(situation, workflow, Resolution::Churned, outputs);
    }
    if attention != Attention::Quiet {
        changed |= settle(situation, &facts, workflow, &mut look, outputs, suppressed);
        changed |= opportunities::look(situation, &facts, workflow, outputs);
        changed |= insights::look(situation, workflow, outputs);
    }
    changed |= outputs.len() > already;
    let is_alert = |output: &Output| matches!(output.body, OutputBody::Alert(_));
    let alert_changed = outputs[already..].iter().any(is_alert);
    changed |= workflow.held.take_changed();
    changed |= work::keep_month_end(situation, &mut workflow.activity);
    let published =
        publication::publish(situation, workflow, said, alert_changed, &mut look, outputs);
    if attention != Attention::Quiet {
        changed |= work::publish(situation, &facts, workflow, already, outputs);
    }
    Decided {
        look_again_at: look.next,
        is_workflow_changed: changed || published.is_day_closed,
        is_published: published.is_published,
    }
}

/// Takes runs and alerts on until neither has news for the other: runs wait for alerts, and alerts
/// speak of the steps of runs. Says whether anything that is kept changed.
fn settle(
    situation: &Situation<'_>,
    facts: &[Fact],
    workflow: &mut Workflow,
    look: &mut Looks,
    outputs: &mut Vec<Output>,
    suppressed: &mut Suppressed,
) -> bool {
    let (mut situation, mut facts, mut changed) = (*situation, facts, false);
    for _ in 0..ROUNDS_MAX {
        let already = outputs.len();
        changed |= playbooks::advance(&situation, facts, workflow, look, outputs);
        if workflow.churned_at.is_none() {
            changed |= alerts::look(&situation, facts, workflow, look, outputs, suppressed);
        }
        changed |= playbooks::start(&situation, facts, workflow, look, outputs);
        if outputs.len() == already {
            break;
        }
        facts = &[];
        // The budget of baseline alerts is spent once.
        if let Attention::Allotted(_) = situation.attention {
            situation.attention = Attention::Full;
        }
    }
    changed
}

/// Ends what is open because the account was erased; nothing else is said of it.
pub fn end_all(situation: &Situation<'_>, workflow: &mut Workflow, outputs: &mut Vec<Output>) {
    const REASON: &str = "the account was erased";
    let mut look = Looks { now: situation.now, next: Timestamp::from_millis(i64::MAX) };
    let already = outputs.len();
    alerts::resolve_all(situation, workflow, Resolution::Superseded, outputs);
    playbooks::cancel_all(situation, workflow, &mut look, outputs, REASON);
    for output in &mut outputs[already..] {
        if let OutputBody::Alert(alert) = &mut output.body {
            alert.evidence.clear();
            alert.reason = REASON.to_owned();
        }
    }
}

/// How much this look may say, and the facts that it may speak of: while it is quiet they are kept,
/// and the first look after that has the young ones. Says whether what is kept changed.
fn attend<'f>(
    situation: &Situation<'_>,
    facts: &'f [Fact],
    workflow: &mut Workflow,
) -> (Attention, Cow<'f, [Fact]>, bool) {
    if situation.attention == Attention::Quiet {
        let is_new = workflow.backlog.is_none();
        let changed = workflow.backlog.get_or_insert_default().keep(facts, situation.now);
        return (Attention::Quiet, Cow::Borrowed(facts), is_new || changed);
    }
    match workflow.backlog.take() {
        None => (situation.attention, Cow::Borrowed(facts), false),
        Some(backlog) => {
            let kept = backlog.into_young(situation.now);
            (Attention::First, kept.chain(facts.iter().cloned()).collect(), true)
        }
    }
}

/// Keeps whether the account left, as the last of its contract's events says, in whatever order
/// they came; true when it left by these facts.
fn note_contract(situation: &Situation<'_>, facts: &[Fact], workflow: &mut Workflow) -> bool {
    let about_contract = FactKinds::of([
        FactKind::ContractSigned,
        FactKind::ContractRenewed,
        FactKind::ContractChurned,
    ]);
    let is_about_contract = facts.iter().any(|fact| fact.is_any(about_contract));
    if !is_about_contract {
        return false;
    }
    let stayed = workflow.churned_at.is_none();
    workflow.churned_at = situation.account.commercial.contract.churned_at();
    stayed && workflow.churned_at.is_some()
}

/// The earliest of the instants at which something may change by itself.
pub struct Looks {
    now: Timestamp,
    next: Timestamp,
}

impl Looks {
    /// Asks for a look at `at`; an instant that is not in the future is no reason to look.
    pub(in crate::engine) fn at(&mut self, at: Timestamp) {
        if at > self.now {
            self.next = self.next.min(at);
        }
    }
}

/// The first daily look after `now`.
pub(in crate::engine) fn next_daily_look(now: Timestamp, look_ms: i64) -> Timestamp {
    let today = now.day().start().plus_millis(look_ms);
    if today > now { today } else { today.plus_millis(DAY_MS) }
}
