//! The record of `cs.account-work`: what is open at an account, and what was done for it.
//!
//! What it counts is kept in `account/workflow/activity.rs`; its shape is said in
//! `output/work.rs`.

use std::collections::BTreeMap;
use std::ops::RangeBounds;

use compact_str::{CompactString, ToCompactString};

use super::{Situation, alerts, opportunities, playbooks};
use crate::engine::account::fact::{Detail, Fact, FactKind, FactKinds};
use crate::engine::account::workflow::Workflow;
use crate::engine::account::workflow::activity::{ACTIVITY_DAYS, Activity, MonthEnd, RenewalDone};
use crate::engine::account::workflow::runs::Run;
use crate::engine::id::name_hash;
use crate::engine::output::playbook::{RunRecord, RunTransition};
use crate::engine::output::work::{
    AccountWork, ActivityFigures, MITIGATIONS, NpsFigures, RenewalFigures, RunFigures, StepCounts,
    StepFigures,
};
use crate::engine::output::{Output, OutputBody};
use crate::engine::time::{Day, Timestamp};

/// How many days an answer to a survey counts.
const NPS_DAYS: i64 = 90;
/// How many days before its end the first touch about a renewal is looked for.
const TOUCH_DAYS: i64 = 180;

/// Counts what happened in this look, and publishes the record when it says something else than
/// before; says whether anything that is kept changed. `heard` is what was said in this look.
pub(super) fn publish(
    situation: &Situation<'_>,
    facts: &[Fact],
    workflow: &mut Workflow,
    already: usize,
    outputs: &mut Vec<Output>,
) -> bool {
    let is_said = outputs[already..].iter().any(|it| !matches!(it.body, OutputBody::Health(_)));
    let is_silent = facts.is_empty() && !is_said && !is_daily(situation);
    if is_silent || situation.account.first_event_at().is_none() {
        return false;
    }
    facts.iter().for_each(|fact| note_fact(situation, &mut workflow.activity, fact));
    for output in &outputs[already..] {
        if let OutputBody::Run(run) = &output.body {
            note_run(&mut workflow.activity, run);
        }
    }
    let work = record(situation, workflow);
    let said = hash(&work);
    let is_new = workflow.activity.said != Some(said);
    if is_new {
        workflow.activity.said = Some(said);
        outputs.push(situation.output(OutputBody::Work(Box::new(work))));
    }
    is_new || !facts.is_empty()
}

fn note_fact(situation: &Situation<'_>, activity: &mut Activity, fact: &Fact) {
    use FactKind as K;
    let day = fact.stamp.at.day();
    if day.number() <= situation.now.day().number() - ACTIVITY_DAYS {
        return;
    }
    let is = |kinds: &[FactKind]| u32::from(fact.is_any(FactKinds::of(kinds.iter().copied())));
    let advocacy = [K::AdvocacyReference, K::AdvocacyReview, K::AdvocacyCaseStudy, K::AdvocacyTalk];
    let more = ActivityFigures {
        touchpoints: is(&[K::MeetingAttended, K::OutreachSent, K::TouchpointLogged]),
        reviews: is(&[K::BusinessReviewAttended]),
        plans_updated: is(&[K::SuccessPlanUpdated, K::SuccessPlanCreated]),
        expansions: is(&[K::ExpansionOpened, K::ExpansionIdentified]),
        advocacy: is(&advocacy),
        mitigations: 0,
    };
    if more != ActivityFigures::default() {
        let (held, _) = activity.on(day);
        held.touchpoints += more.touchpoints;
        held.reviews += more.reviews;
        held.plans_updated += more.plans_updated;
        held.expansions += more.expansions;
        held.advocacy += more.advocacy;
    }
    if fact.is(K::ContractRenewed) || fact.is(K::ContractChurned) {
        activity.note_renewal(renewal(situation, fact));
    }
}

/// A renewal that was decided: the end of the contract is the one that the profile still says.
fn renewal(situation: &Situation<'_>, fact: &Fact) -> RenewalDone {
    let at = fact.stamp.at;
    let said = situation.account.profile.said();
    let due_at = said.and_then(|said| said.contract_end).unwrap_or(at);
    let arr_before_cents = said.and_then(|said| said.arr_cents);
    let touches = &situation.account.commercial.renewal;
    let first_touch = touches.touches_between(due_at.plus_days(-TOUCH_DAYS), at).first();
    let is_renewed = fact.is(FactKind::ContractRenewed);
    let arr_after_cents = match fact.detail {
        Detail::Contract { arr_cents, .. } => arr_cents.or(arr_before_cents),
        _ => Some(0),
    };
    RenewalDone {
        due_at,
        first_touch_at: first_touch.map(|stamp| stamp.at),
        renewed_at: is_renewed.then_some(at),
        arr_before_cents,
        arr_after_cents,
    }
}

fn note_run(activity: &mut Activity, run: &RunRecord) {
    let is_mitigation = MITIGATIONS.contains(&run.playbook.as_str());
    match (run.transition, run.due_at) {
        (RunTransition::Started, _) if is_mitigation => {
            activity.on(run.at.day()).0.mitigations += 1;
        }
        (RunTransition::StepOverdue, Some(due_at)) => activity.on(due_at.day()).1.due += 1,
        // What the service fills in by itself was due at once.
        (RunTransition::StepDone, Some(due_at)) if run.at < due_at => {
            let (_, steps) = activity.on(run.at.day());
            steps.due += 1;
            steps.in_time += 1;
        }
        _ => {}
    }
}

fn is_daily(situation: &Situation<'_>) -> bool {
    situation.now.millis_since(situation.now.day().start()) == situation.look_ms
}

/// Keeps what the account paid and said at the end of the month before, in the daily looks after
/// it; says whether anything changed. It is kept of a history that is only read as well: retention
/// compares with a year ago.
pub(super) fn keep_month_end(situation: &Situation<'_>, activity: &mut Activity) -> bool {
    if !is_daily(situation) {
        return false;
    }
    let today = situation.now.day();
    let day_of_month: i32 = today.to_string()[8..].parse().unwrap_or(1);
    let end = today.plus(-day_of_month);
    let is_until_then = |at: Timestamp| at.day() <= end;
    let is_older = situation.account.created_at().is_some_and(is_until_then);
    // Who was not heard of then had not answered, whatever is known by now.
    let was_heard = situation.account.first_event_at().is_some_and(is_until_then);
    let end_at = end.plus(1).start();
    let has_left = situation.account.commercial.contract.churned_at().is_some();
    let said = situation.account.profile.said();
    let cents = said.and_then(|said| situation.model.arr_reporting_cents(said));
    let end = MonthEnd {
        day: end,
        arr_cents: if has_left { Some(0) } else { cents }.filter(|_| is_older),
        nps: if was_heard {
            nps(situation, end_at.plus_days(-NPS_DAYS)..end_at)
        } else {
            NpsFigures::default()
        },
    };
    (was_heard || end.arr_cents.is_some()) && activity.note_month(end)
}

fn record(situation: &Situation<'_>, workflow: &Workflow) -> AccountWork {
    let today = situation.now.day();
    let word = |day: Day| day.to_compact_string();
    let days = || workflow.activity.days(today);
    let months = || workflow.activity.months().iter();
    let said = |it: &&MonthEnd| it.nps != NpsFigures::default();
    let is_done = |figures: &ActivityFigures| *figures != ActivityFigures::default();
    let is_due = |steps: &StepCounts| steps.due > 0;
    let opportunities = workflow.opportunities.iter();
    AccountWork {
        account_id: situation.account_id.clone(),
        at: situation.now,
        model_version: situation.model.version().into(),
        alerts: alerts::open_alerts(situation, workflow),
        runs: workflow.runs.runs.iter().map(|run| run_figures(situation, run)).collect(),
        opportunities: opportunities.map(|it| opportunities::record(situation, it)).collect(),
        activity: days().filter(|it| is_done(&it.1)).map(|it| (word(it.0), it.1)).collect(),
        arr_month_ends: months().filter_map(|it| Some((word(it.day), it.arr_cents?))).collect(),
        nps_month_ends: months().filter(said).map(|it| (word(it.day), it.nps)).collect(),
        responses: workflow
            .responses
            .iter()
            .map(|it| (it.alert_id.to_compact_string(), it.secs))
            .collect(),
        nps: nps(situation, situation.now.plus_days(-NPS_DAYS)..),
        csat: csat(situation, today),
        steps: days().filter(|it| is_due(&it.2)).map(|it| (word(it.0), it.2)).collect(),
        renewals: workflow.activity.renewals.iter().map(renewal_figures).collect(),
        first_value_at: situation.account.outcomes.first_value_at,
    }
}

fn run_figures(situation: &Situation<'_>, run: &Run) -> RunFigures {
    let steps = run.steps.iter().map(|step| StepFigures {
        step: step.id.clone(),
        title: playbooks::title(situation, run, step),
        owner_role: step.role,
        due_at: step.due_at,
        status: step.status,
    });
    RunFigures {
        run_id: run.run_id,
        playbook: run.playbook.clone(),
        playbook_version: run.version.clone(),
        started_at: run.started_at,
        trigger: playbooks::trigger(&run.cause),
        status: run.status,
        steps: steps.collect(),
    }
}

fn renewal_figures(it: &RenewalDone) -> RenewalFigures {
    RenewalFigures {
        due: it.due_at,
        first_touch: it.first_touch_at,
        renewed_at: it.renewed_at,
        arr_before: it.arr_before_cents,
        arr_after: it.arr_after_cents,
    }
}

/// The answers of this stretch of time that are the last of their respondents.
fn nps(situation: &Situation<'_>, when: impl RangeBounds<Timestamp>) -> NpsFigures {
    let mut figures = NpsFigures::default();
    for person in situation.account.feedback.respondents.values() {
        let is_within = person.answer.at().is_some_and(|at| when.contains(&at));
        let answer = person.answer.get().filter(|_| is_within);
        match answer {
            Some(9..) => figures.promoters += 1,
            Some(7..=8) => figures.passives += 1,
            Some(0..=6) => figures.detractors += 1,
            None => {}
        }
    }
    figures
}

fn csat(situation: &Situation<'_>, today: Day) -> BTreeMap<CompactString, (u32, u32)> {
    let support = &situation.account.support;
    let days = (1 - ACTIVITY_DAYS..=0).map(|back| today.plus(back));
    let of_day = days.map(|day| {
        let (from, to) = (day, day.plus(1));
        let sum = support.grade_points.between(from, to);
        (day.to_compact_string(), (sum, support.grades.between(from, to)))
    });
    of_day.filter(|(_, (_, n))| *n > 0).collect()
}

/// Tells what the record says from what another one says: of alerts, by what was said of each.
fn hash(work: &AccountWork) -> u64 {
    let alerts: Vec<_> = work.alerts.iter().map(|it| (it.alert_id, it.sequence)).collect();
    let opportunities: Vec<_> =
        work.opportunities.iter().map(|it| (it.opportunity_id, it.sequence)).collect();
    let rest = (&work.activity, &work.arr_month_ends, &work.responses, work.nps, &work.csat);
    let more = (&work.nps_month_ends, &work.steps, &work.renewals, work.first_value_at);
    let all = (alerts, &work.runs, opportunities, rest, more);
    name_hash(&serde_json::to_string(&all).unwrap_or_default())
}
