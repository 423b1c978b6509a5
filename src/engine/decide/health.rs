//! The record of `cs.account-health`: what is believed of an account, worded for the world.
//!
//! When it is published is decided in `publication.rs`; the figures are computed in `assess.rs`.

use std::collections::BTreeMap;

use compact_str::{CompactString, ToCompactString};

use super::{Situation, churn, next_band, texts};
use crate::engine::account::workflow::Workflow;
use crate::engine::account::workflow::said::{MILLI, Said, SaidMetrics};
use crate::engine::account::workflow::trend::{TREND_DAYS, TrendDay};
use crate::engine::assess::lifecycle::{Onboarding, Phase, Progress};
use crate::engine::event::Topic;
use crate::engine::metric::{Component, MetricId};
use crate::engine::model::csm::Care;
use crate::engine::output::health::{
    AccountHealth, Cause, CsmFigures, Freshness, GoalFigures, MeterFigures, OverrideFigures,
    ProfileFigures, TrendEntry, UsageFigures,
};

/// The record of what is said `now`.
pub(super) fn record(
    situation: &Situation<'_>,
    workflow: &Workflow,
    now: &Said,
    cause: Cause,
) -> AccountHealth {
    let assessment = situation.assessment;
    let of_segment = situation.model.of(assessment.segment);
    let (texts, escalation_pattern) = texts::said(situation);
    AccountHealth {
        account_id: situation.account_id.clone(),
        at: situation.now,
        model_version: CompactString::from(situation.model.version()),
        health_score: assessment.health_score,
        health_band: assessment.health_band,
        displayed_health_score: situation.displayed_score,
        displayed_health_band: now.displayed_band,
        health_override: override_figures(workflow),
        no_data: assessment.is_no_data,
        confidence: assessment.confidence,
        components: Component::ALL
            .into_iter()
            .filter_map(|component| {
                let score = assessment.component(component)?;
                Some((CompactString::const_new(component.name()), score))
            })
            .collect(),
        metrics: MetricId::ALL
            .into_iter()
            .filter_map(|metric| {
                let score = assessment.metric(metric)?;
                Some((CompactString::const_new(metric.name()), score))
            })
            .collect(),
        metric_contributions: contributions(situation, &now.metrics),
        signals: churn::signals(situation),
        churn_probability: assessment.churn.probability,
        churn_band: assessment.churn.band,
        renewal_risk: assessment.churn.renewal_risk,
        logit: assessment.churn.logit,
        base: assessment.churn.base,
        evidence: assessment.churn.evidence,
        contributions: churn::contributions(situation),
        contribution_facts: churn::contribution_facts(situation),
        contract_position: assessment.churn.position,
        segment: assessment.segment,
        phase: Phase::of(of_segment, situation.account, situation.now),
        onboarding: goals(Onboarding::of(of_segment, situation.account, situation.now).as_ref()),
        usage: usage_figures(situation),
        peers: situation.fleet.peers_of(situation.model, situation.account, assessment),
        texts,
        escalation_pattern,
        cause,
        trend: trend(situation, workflow, now),
        to_next_band: next_band::steps(situation.model, assessment),
        freshness: freshness(situation),
        csm: csm_figures(situation),
        profile: profile_figures(situation),
    }
}

fn override_figures(workflow: &Workflow) -> Option<OverrideFigures> {
    let it = workflow.overrides.in_force()?;
    Some(OverrideFigures {
        value: it.value,
        note: it.note.clone(),
        by: it.by.clone(),
        expires_at: it.expires_at,
    })
}

/// The points of the metrics that give any weight, as whole thousandths.
fn contributions(situation: &Situation<'_>, metrics: &SaidMetrics) -> BTreeMap<CompactString, f64> {
    MetricId::ALL
        .into_iter()
        .filter(|metric| situation.assessment.contributions[metric.index()].is_some())
        .map(|metric| {
            let points = f64::from(metrics.points[metric.index()]) / f64::from(MILLI);
            (CompactString::const_new(metric.name()), points)
        })
        .collect()
}

/// The days before, and this one.
fn trend(situation: &Situation<'_>, workflow: &Workflow, now: &Said) -> Vec<TrendEntry> {
    let today = situation.now.day();
    let before = workflow.trend.days_after(today.plus(-(TREND_DAYS as i32)));
    let present = TrendDay {
        day: today,
        health_tenths: now.health_tenths,
        churn_myriadths: now.churn_myriadths,
    };
    before
        .chain((!now.is_no_data()).then_some(present))
        .map(|it| {
            let health = f64::from(it.health_tenths) / 10.0;
            let probability = f64::from(it.churn_myriadths) / 1e4;
            TrendEntry(it.day.to_compact_string(), health, probability)
        })
        .collect()
}

fn usage_figures(situation: &Situation<'_>) -> UsageFigures {
    let usage = &situation.assessment.usage;
    let meters = situation.account.usage.meters.values().filter_map(|meter| {
        let reading = meter.reading.get()?;
        let figures = MeterFigures {
            used: reading.used,
            limit: reading.limit,
            reached_on: meter.reached_on().map(|day| day.to_compact_string()),
        };
        Some((reading.meter.clone(), figures))
    });
    UsageFigures {
        dau: usage.daily_active_users,
        wau: usage.weekly_active_users,
        mau: usage.monthly_active_users,
        seats: usage.seats,
        activation: usage.activation,
        meters: meters.collect(),
    }
}

fn goals(onboarding: Option<&Onboarding>) -> BTreeMap<CompactString, GoalFigures> {
    let goals = onboarding.map(Onboarding::goals).into_iter().flatten();
    goals
        .map(|(name, &Progress { value, target, is_met, due_at })| {
            (CompactString::const_new(name), GoalFigures { value, target, met: is_met, due_at })
        })
        .collect()
}

fn csm_figures(situation: &Situation<'_>) -> CsmFigures {
    let (name, assigned_by) = situation.owner();
    let segment = situation.assessment.segment;
    let Care { accounts_per_csm, touch } = situation.model.of(segment).csm.care(segment);
    CsmFigures { name: name.clone(), assigned_by, accounts_per_csm, touch }
}

fn profile_figures(situation: &Situation<'_>) -> ProfileFigures {
    let csm = Some(situation.owner().0.clone());
    let Some(said) = situation.account.profile.said() else {
        return ProfileFigures { csm, ..ProfileFigures::default() };
    };
    let model = situation.model;
    let arr_reporting_cents = model.arr_reporting_cents(said);
    ProfileFigures {
        name: said.name.clone(),
        csm,
        arr_reporting_cents,
        reporting_currency: arr_reporting_cents
            .map(|_| CompactString::from(&*model.currencies.reporting)),
        arr_cents: said.arr_cents,
        currency: said.currency.clone(),
        seats: said.seats,
        parent: said.parent.clone(),
        created_at: said.created_at,
        contract_end: said.contract_end,
        plan: said.plan.clone(),
    }
}

fn freshness(situation: &Situation<'_>) -> BTreeMap<CompactString, Freshness> {
    Topic::ALL
        .into_iter()
        .filter_map(|topic| {
            let last_event_at = situation.assessment.freshness[topic.index()]?;
            let stale = situation.fleet.silences.since(topic).is_some();
            Some((CompactString::const_new(topic.name()), Freshness { last_event_at, stale }))
        })
        .collect()
}
