//! When an assessment is worth a record, and the record itself.
//!
//! The figures are computed in `assess.rs`; this file words them and names the cause of a change.

use std::collections::BTreeMap;

use compact_str::CompactString;

use super::texts::{escalation_pattern, text_figures};
use super::{Looks, Situation};
use crate::engine::account::workflow::{Said, SaidMetric, Workflow};
use crate::engine::event::Topic;
use crate::engine::metric::{Component, MetricId};
use crate::engine::model::health::HealthBand;
use crate::engine::output::health::{
    AccountHealth, Cause, CauseKind, Delta, Freshness, ProfileFigures, UsageFigures,
};
use crate::engine::output::{Output, OutputBody};
use crate::engine::time::Timestamp;

/// Publishes the assessment when it is worth a record, else asks for a look when it will be.
pub(super) fn publish(
    situation: &Situation<'_>,
    workflow: &Workflow,
    said: &mut Option<Said>,
    alert_changed: bool,
    look: &mut Looks,
    outputs: &mut Vec<Output>,
) {
    if situation.account.first_event_at().is_none() {
        // Commands alone make no account: there is nothing to say about it.
        return;
    }
    let assessment = situation.assessment;
    let displayed = workflow.band.map_or(assessment.health_band, |displayed| displayed.band);
    if let Some(before) = said {
        match urgency(situation, before, displayed, alert_changed) {
            Urgency::Now => {}
            Urgency::At(at) if at <= situation.now => {}
            Urgency::At(at) => return look.at(at),
            Urgency::Never => return,
        }
    }
    let health = account_health(situation, displayed, said.as_ref());
    outputs.push(situation.output(OutputBody::Health(Box::new(health))));
    *said = Some(Said {
        at: situation.now,
        model_version: CompactString::from(situation.model.version()),
        segment: assessment.segment,
        health_score: assessment.health_score,
        displayed_band: displayed,
        metrics: said_metrics(situation),
        silences: situation.fleet.silences,
    });
}

/// How soon an assessment must be published, given what was said last.
enum Urgency {
    Now,
    At(Timestamp),
    Never,
}

fn urgency(
    situation: &Situation<'_>,
    before: &Said,
    displayed: HealthBand,
    alert_changed: bool,
) -> Urgency {
    let publication = &situation.model.publication;
    // What is looked at twice in one instant is published once.
    let daily = situation.now != before.at
        && situation.now == situation.now.day().start().plus_millis(situation.look_ms);
    let moved = (situation.assessment.health_score - before.health_score).abs();
    if alert_changed
        || daily
        || displayed != before.displayed_band
        || before.model_version != situation.model.version()
    {
        Urgency::Now
    } else if moved >= publication.health_points {
        Urgency::At(before.at.plus_millis(publication.interval_ms()))
    } else {
        Urgency::Never
    }
}

fn said_metrics(situation: &Situation<'_>) -> Vec<SaidMetric> {
    let assessment = situation.assessment;
    MetricId::ALL
        .into_iter()
        .filter_map(|metric| {
            let score = assessment.metric(metric)?;
            Some(SaidMetric { metric, score, points: points(situation, metric) })
        })
        .collect()
}

/// The points of health that a metric brings; 0 for one that does not exist.
fn points(situation: &Situation<'_>, metric: MetricId) -> f64 {
    situation.assessment.contributions[metric.index()].unwrap_or(0.0)
}

fn account_health(
    situation: &Situation<'_>,
    displayed: HealthBand,
    before: Option<&Said>,
) -> AccountHealth {
    let assessment = situation.assessment;
    AccountHealth {
        account_id: situation.account_id.clone(),
        at: situation.now,
        model_version: CompactString::from(situation.model.version()),
        health_score: assessment.health_score,
        health_band: assessment.health_band,
        displayed_health_score: assessment.health_score,
        displayed_health_band: displayed,
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
        segment: assessment.segment,
        usage: UsageFigures {
            dau: assessment.usage.daily_active_users,
            wau: assessment.usage.weekly_active_users,
            mau: assessment.usage.monthly_active_users,
            seats: assessment.usage.seats,
        },
        peers: situation.fleet.peers_of(situation.model, situation.account, assessment),
        texts: text_figures(situation),
        escalation_pattern: escalation_pattern(situation),
        cause: cause(situation, before),
        freshness: freshness(situation),
        profile: profile_figures(situation),
    }
}

fn profile_figures(situation: &Situation<'_>) -> ProfileFigures {
    let Some(said) = situation.account.profile.said() else { return ProfileFigures::default() };
    ProfileFigures {
        name: said.name.clone(),
        csm: said.csm.clone(),
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

/// Why health is not what it was when it was last published (`contract.md` §1, `cause`).
///
/// The kind and the event are those of the metric that moved most: the last event that feeds it,
/// when that arrived since the last publication, else the time that passed.
fn cause(situation: &Situation<'_>, before: Option<&Said>) -> Cause {
    let deltas = deltas(situation, before);
    let mut cause = Cause {
        kind: CauseKind::Time,
        event_id: None,
        event_type: None,
        health_before: before.map(|said| said.health_score),
        health_after: situation.assessment.health_score,
        deltas,
    };
    if before.is_some_and(|said| said.model_version != situation.model.version()) {
        cause.kind = CauseKind::Model;
        return cause;
    }
    // A metric whose score stands still moves health only by the weight that others take or leave.
    let moved_most = cause.deltas.iter().find(|delta| delta.before != delta.after);
    let topics = moved_most.or(cause.deltas.first()).and_then(|delta| topics_of(&delta.metric));
    let silences = &situation.fleet.silences;
    let stopped = |said: &Said| silences.differ_for(&said.silences, topics.unwrap_or(&[]));
    if before.is_some_and(stopped) {
        cause.kind = CauseKind::SourceOutage;
        return cause;
    }
    let feed = situation.account.newest_feed(topics.unwrap_or(&Topic::ALL));
    let said_at = before.map(|said| said.at);
    if let Some(last) = feed.last_event().filter(|last| Some(last.broker_at) > said_at) {
        cause.kind = if last.is_late { CauseKind::LateEvent } else { CauseKind::Event };
        cause.event_id = Some(last.event_id.clone());
        cause.event_type = Some(last.event_type.clone());
    }
    cause
}

/// The topics whose events move a metric, its own last: the profile says seats and dates.
fn topics_of(metric: &str) -> Option<&'static [Topic]> {
    let metric = MetricId::ALL.into_iter().find(|id| id.name() == metric)?;
    Some(match metric.component() {
        Component::Product => &[Topic::Accounts, Topic::Usage],
        Component::Support if metric == MetricId::S3 => {
            &[Topic::Accounts, Topic::Feedback, Topic::Support]
        }
        Component::Support => &[Topic::Accounts, Topic::Support],
        Component::Relationship => &[Topic::Accounts, Topic::Relationship],
        Component::Outcomes => &[Topic::Accounts, Topic::Outcomes],
        Component::Commercial => &[Topic::Accounts, Topic::Commercial],
    })
}

/// What each metric did to health since the last publication, largest first.
fn deltas(situation: &Situation<'_>, before: Option<&Said>) -> Vec<Delta> {
    let mut deltas: Vec<Delta> = MetricId::ALL
        .into_iter()
        .filter_map(|metric| {
            let was = before.and_then(|said| said.metrics.iter().find(|was| was.metric == metric));
            let after = situation.assessment.metric(metric);
            let points = points(situation, metric) - was.map_or(0.0, |was| was.points);
            let moved = points.abs() > 0.0 || after != was.map(|was| was.score);
            moved.then(|| Delta {
                metric: CompactString::const_new(metric.name()),
                before: was.map(|was| was.score),
                after,
                points,
            })
        })
        .collect();
    deltas.sort_by(|a, b| b.points.abs().total_cmp(&a.points.abs()));
    deltas
}
