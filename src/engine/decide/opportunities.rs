//! Opportunities: made by dates, playbooks and events, handed over to sales, won and lost.
//!
//! What is kept of them stands in `account/workflow/opportunities.rs`.

use compact_str::CompactString;
use uuid::Uuid;

use super::Situation;
use crate::engine::account::fact::{Detail, Fact, FactKind};
use crate::engine::account::workflow::Workflow;
use crate::engine::account::workflow::opportunities::{OPPORTUNITIES_MAX, Opportunity};
use crate::engine::account::workflow::runs::Run;
use crate::engine::output::opportunity::{OpportunityKind, OpportunityRecord, Stage};
use crate::engine::output::{Output, OutputBody};
use crate::engine::time::DAY_MS;

/// Namespace of opportunity ids.
const OPPORTUNITY_NAMESPACE: Uuid = Uuid::from_u128(0x3f5a_9d1c_7be4_5c03_8d1a_60b2_44e9_7a16);

/// Takes the opportunities on; says whether any changed.
pub(super) fn look(
    situation: &Situation<'_>,
    facts: &[Fact],
    workflow: &mut Workflow,
    outputs: &mut Vec<Output>,
) -> bool {
    let already = outputs.len();
    let begun: Vec<Opportunity> = workflow
        .runs
        .open()
        .filter(|run| run.started_at == situation.now)
        .filter_map(|run| of_run(situation, workflow, run))
        .collect();
    for opportunity in begun {
        open(situation, workflow, opportunity, outputs);
    }
    for fact in facts {
        note(situation, workflow, fact, outputs);
    }
    let kept = workflow.opportunities.len();
    workflow
        .opportunities
        .retain(|it| it.closed_at.is_none_or(|at| situation.now.millis_since(at) < DAY_MS));
    outputs.len() != already || workflow.opportunities.len() != kept
}

/// The opportunity that a run is about, as its playbook says.
fn of_run(situation: &Situation<'_>, workflow: &Workflow, run: &Run) -> Option<Opportunity> {
    let playbooks = &situation.model.of(situation.assessment.segment).playbooks;
    let kind = playbooks.get(&run.playbook)?.opportunity?;
    let is_open = |it: &Opportunity| it.kind == kind && it.is_open();
    let (identity, amount_cents, due_at) = match kind {
        OpportunityKind::Renewal => {
            let ends_at = situation.account.contract_end()?;
            let arr = situation.account.profile.said().and_then(|said| said.arr_cents);
            (ends_at.day().to_string(), arr, Some(ends_at))
        }
        OpportunityKind::Expansion if workflow.opportunities.iter().any(is_open) => return None,
        OpportunityKind::Expansion => (run.run_id.to_string(), None, None),
    };
    Some(Opportunity {
        opportunity_id: id(situation, kind, &identity),
        kind,
        crm_id: None,
        amount_cents,
        stage: Stage::Open,
        evidence: vec![format!("playbook {}", run.playbook)],
        due_at,
        closed_at: None,
        sequence: 0,
    })
}

fn note(
    situation: &Situation<'_>,
    workflow: &mut Workflow,
    fact: &Fact,
    outputs: &mut Vec<Output>,
) {
    let expansion = match &fact.detail {
        Detail::Expansion { opportunity_id, amount_cents } => {
            Some((opportunity_id.clone(), *amount_cents))
        }
        _ => None,
    };
    if let Some((crm_id, amount_cents)) = expansion {
        let stage = if fact.is(FactKind::ExpansionOpened) {
            Stage::HandedOver
        } else if fact.is(FactKind::ExpansionWon) {
            Stage::Won
        } else {
            Stage::Lost
        };
        return note_expansion(situation, workflow, (fact, stage), (crm_id, amount_cents), outputs);
    }
    let stage = if fact.is(FactKind::ContractRenewed) {
        Stage::Won
    } else if fact.is(FactKind::ContractChurned) {
        Stage::Lost
    } else {
        return;
    };
    for place in 0..workflow.opportunities.len() {
        let it = &mut workflow.opportunities[place];
        let is_meant = it.kind == OpportunityKind::Renewal || stage == Stage::Lost;
        if is_meant && it.is_open() {
            if let Detail::Contract { arr_cents: Some(arr_cents), .. } = fact.detail {
                it.amount_cents = Some(arr_cents);
            }
            go_on(situation, it, stage, outputs);
        }
    }
}

/// An expansion that the CRM tells of: the one that it calls so, else one that it has no name for.
fn note_expansion(
    situation: &Situation<'_>,
    workflow: &mut Workflow,
    (fact, stage): (&Fact, Stage),
    (crm_id, amount_cents): (Option<CompactString>, Option<i64>),
    outputs: &mut Vec<Output>,
) {
    let is_it = |it: &Opportunity| it.kind == OpportunityKind::Expansion && it.is_open();
    let open = &mut workflow.opportunities;
    let named = crm_id
        .as_ref()
        .and_then(|id| open.iter().position(|it| is_it(it) && it.crm_id.as_ref() == Some(id)));
    let place = named.or_else(|| {
        open.iter().position(|it| {
            is_it(it)
                && it.crm_id.is_none()
                && (stage != Stage::HandedOver || it.stage == Stage::Open)
        })
    });
    if let Some(place) = place {
        let it = &mut open[place];
        it.crm_id = crm_id.or(it.crm_id.take());
        it.amount_cents = amount_cents.or(it.amount_cents);
        return go_on(situation, it, stage, outputs);
    }
    let identity = crm_id.clone().unwrap_or_else(|| fact.stamp.event_id.clone());
    let opportunity = Opportunity {
        opportunity_id: id(situation, OpportunityKind::Expansion, &identity),
        kind: OpportunityKind::Expansion,
        crm_id,
        amount_cents,
        stage,
        evidence: Vec::new(),
        due_at: None,
        closed_at: None,
        sequence: 0,
    };
    self::open(situation, workflow, opportunity, outputs);
}

/// Keeps a new opportunity and says it, unless it is known already.
fn open(
    situation: &Situation<'_>,
    workflow: &mut Workflow,
    mut opportunity: Opportunity,
    outputs: &mut Vec<Output>,
) {
    let id = opportunity.opportunity_id;
    if workflow.opportunities.iter().any(|it| it.opportunity_id == id) {
        return;
    }
    if workflow.opportunities.len() == OPPORTUNITIES_MAX {
        let closed = workflow.opportunities.iter().position(|it| !it.is_open());
        workflow.opportunities.remove(closed.unwrap_or(0));
    }
    let stage = opportunity.stage;
    go_on(situation, &mut opportunity, stage, outputs);
    workflow.opportunities.push(opportunity);
}

/// Says where an opportunity stands now.
fn go_on(
    situation: &Situation<'_>,
    opportunity: &mut Opportunity,
    stage: Stage,
    outputs: &mut Vec<Output>,
) {
    opportunity.stage = stage;
    opportunity.sequence += 1;
    if !opportunity.is_open() {
        opportunity.closed_at = Some(situation.now);
    }
    let record = record(situation, opportunity);
    outputs.push(situation.output(OutputBody::Opportunity(Box::new(record))));
}

/// An opportunity as it is published.
pub(super) fn record(situation: &Situation<'_>, it: &Opportunity) -> OpportunityRecord {
    let currency = situation.account.profile.said().and_then(|said| said.currency.clone());
    OpportunityRecord {
        account_id: situation.account_id.clone(),
        at: situation.now,
        model_version: situation.model.version().into(),
        opportunity_id: it.opportunity_id,
        kind: it.kind,
        amount_cents: it.amount_cents,
        currency: it.amount_cents.and(currency),
        stage: it.stage,
        evidence: it.evidence.clone(),
        owner: situation.owner().0.clone(),
        due_at: it.due_at,
        sequence: it.sequence,
    }
}

fn id(situation: &Situation<'_>, kind: OpportunityKind, what: &str) -> Uuid {
    let identity = situation.identity(&format!("{kind:?}\0{what}"));
    Uuid::new_v5(&OPPORTUNITY_NAMESPACE, identity.as_bytes())
}
