//! When an assessment is worth a record, and the record itself.
//!
//! The figures are computed in `assess.rs`; this file words them and names the cause of a change.

use std::collections::BTreeMap;

use compact_str::CompactString;

use super::{Looks, Situation};
use crate::engine::account::workflow::{Said, SaidMetric, Workflow};
use crate::engine::event::Topic;
use crate::engine::metric::CATALOGUE;
use crate::engine::output::{
    AccountHealth, Cause, CauseKind, Delta, Freshness, HealthBand, Output, OutputBody,
};
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
        model_version: situation.model.version.clone(),
        health_score: assessment.health_score,
        displayed_band: displayed,
        metrics: said_metrics(situation),
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
    let daily = situation.now == situation.now.day().start().plus_millis(situation.look_ms);
    let moved = (situation.assessment.health_score - before.health_score).abs();
    if alert_changed
        || daily
        || displayed != before.displayed_band
        || situation.model.version != before.model_version
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
    CATALOGUE
        .iter()
        .filter_map(|metric| {
            let index = metric.id.index();
            let score = assessment.metrics[index]?;
            Some(SaidMetric { index: index as u8, score, points: assessment.points[index] })
        })
        .collect()
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
        model_version: situation.model.version.clone(),
        health_score: assessment.health_score,
        health_band: assessment.health_band,
        displayed_health_score: assessment.health_score,
        displayed_health_band: displayed,
        no_data: assessment.no_data,
        confidence: assessment.confidence,
        components: assessment
            .components()
            .map(|(component, score)| (CompactString::const_new(component.name()), score))
            .collect(),
        metrics: CATALOGUE
            .iter()
            .filter_map(|metric| {
                let score = assessment.metrics[metric.id.index()]?;
                Some((CompactString::const_new(metric.id.name()), score))
            })
            .collect(),
        segment: assessment.segment,
        usage: assessment.usage,
        cause: cause(situation, before),
        freshness: freshness(situation),
        profile: situation.account.profile.figures(),
    }
}

fn freshness(situation: &Situation<'_>) -> BTreeMap<CompactString, Freshness> {
    Topic::ALL
        .into_iter()
        .filter_map(|topic| {
            let last_event_at = situation.account.feed(topic)?.last_at?;
            Some((CompactString::const_new(topic.name()), Freshness { last_event_at }))
        })
        .collect()
}

/// Why health is not what it was when it was last published (`product.md` §2, Explanation).
///
/// The kind and the event are those of the metric that moved most: its facet's last event, when
/// that arrived since the last publication, else the time that passed.
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
    if before.is_some_and(|said| said.model_version != situation.model.version) {
        cause.kind = CauseKind::Model;
        return cause;
    }
    let largest = cause.deltas.first().and_then(|delta| {
        CATALOGUE.iter().find(|metric| metric.id.name() == delta.metric.as_str())
    });
    let newest = Topic::ALL.into_iter().filter_map(|topic| situation.account.feed(topic)).max_by_key(
        |feed| feed.last_broker_at,
    );
    let feed = match largest {
        Some(metric) => situation.account.feed(metric.topic),
        None => newest,
    };
    let said_at = before.map(|said| said.at);
    if let Some(feed) = feed.filter(|feed| feed.last_broker_at > said_at) {
        cause.kind = if feed.last_was_late { CauseKind::LateEvent } else { CauseKind::Event };
        cause.event_id = Some(feed.last_event_id.clone());
        cause.event_type = Some(feed.last_event_type.clone());
    }
    cause
}

/// What each metric did to health since the last publication, largest first.
fn deltas(situation: &Situation<'_>, before: Option<&Said>) -> Vec<Delta> {
    let assessment = situation.assessment;
    let mut deltas: Vec<Delta> = CATALOGUE
        .iter()
        .filter_map(|metric| {
            let index = metric.id.index();
            let was = before
                .and_then(|said| said.metrics.iter().find(|was| usize::from(was.index) == index));
            let after = assessment.metrics[index];
            let points = after.map_or(0.0, |_| assessment.points[index])
                - was.map_or(0.0, |was| was.points);
            let moved = points != 0.0 || after != was.map(|was| was.score);
            moved.then(|| Delta {
                metric: CompactString::const_new(metric.id.name()),
                before: was.map(|was| was.score),
                after,
                points,
            })
        })
        .collect();
    deltas.sort_by(|a, b| b.points.abs().total_cmp(&a.points.abs()));
    deltas
}
