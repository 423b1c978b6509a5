//! Why health is not what it was when it was last published: kind, event, and each metric's part.
//!
//! The points of each metric are made in `points.rs`.

use compact_str::CompactString;

use super::publication::myriadths;
use super::{Situation, points};
use crate::engine::account::FACET_TOPICS;
use crate::engine::account::feed::LastEvent;
use crate::engine::account::workflow::Workflow;
use crate::engine::account::workflow::said::{MILLI, Said, SaidMetrics};
use crate::engine::assess::{NO_DATA_SCORE, assess};
use crate::engine::event::Topic;
use crate::engine::metric::{Component, METRICS, MetricId};
use crate::engine::output::health::{Cause, CauseKind, Delta};
use crate::engine::silence::Silences;

/// The name of the neutral score's delta.
const NO_DATA: &str = "no_data";

/// Topics, in the order of [`Topic::ALL`].
type Topics = [bool; Topic::ALL.len()];

/// Why health changed from what was said `before` to what is said `now`.
pub(super) fn cause(
    situation: &Situation<'_>,
    workflow: &Workflow,
    before: Option<&Said>,
    now: &Said,
) -> Cause {
    let mut cause = Cause {
        kind: CauseKind::Time,
        event_id: None,
        event_type: None,
        health_before: before.map(|said| f64::from(said.health_tenths) / 10.0),
        health_after: situation.assessment.health_score,
        deltas: deltas(before.map(|said| &said.metrics), &now.metrics),
    };
    if before.is_some_and(|before| before.health_override != now.health_override) {
        cause.kind = CauseKind::Override;
        if let Some(it) = workflow.overrides.in_force() {
            cause.event_id = Some(it.command.event_id.clone());
            cause.event_type = Some(CompactString::const_new("override_health"));
        }
        return cause;
    }
    if before.is_some_and(|before| before.model != now.model) {
        cause.kind = CauseKind::Model;
        return cause;
    }
    if before.is_some_and(|before| is_outage(&situation.fleet.silences, before, &cause.deltas)) {
        cause.kind = CauseKind::SourceOutage;
        return cause;
    }
    let Some(topic) = moved_by(situation, before, now) else { return cause };
    let last = situation.account.feed(topic).last_event();
    // An event that came after a younger one is no longer known by its id.
    let is_new = |_: &&LastEvent| {
        let index = topic.index();
        before.is_none_or(|before| now.heard[index].has_other_last(before.heard[index]))
    };
    cause.kind = CauseKind::Event;
    if let Some(last) = last.filter(is_new) {
        if last.is_late {
            cause.kind = CauseKind::LateEvent;
        }
        cause.event_id = Some(last.event_id.clone());
        cause.event_type = Some(last.event_type.clone());
    }
    cause
}

/// Whether a feed of the metric that moved most stopped or spoke again since; any feed, when none
/// moved.
fn is_outage(silences: &Silences, before: &Said, deltas: &[Delta]) -> bool {
    // One whose score stands still moves only by the weight that others take or leave.
    let moved_most = deltas.iter().find(|delta| delta.before != delta.after);
    let metric = moved_most.or(deltas.first()).map(|delta| &*delta.metric);
    let metric = MetricId::ALL.into_iter().find(|id| Some(id.name()) == metric);
    silences.differ_for(before.silent_topics, metric.map_or(&Topic::ALL, MetricId::feeds))
}

/// The topic whose events moved the most; nothing when the passing of time moved more than all.
///
/// The parts are told apart by a third assessment: of what is known now, as of what was said
/// before. From there to now only time has passed, and to there only events came.
fn moved_by(situation: &Situation<'_>, before: Option<&Said>, now: &Said) -> Option<Topic> {
    let heard: Topics = match before {
        Some(before) => std::array::from_fn(|topic| now.heard[topic] != before.heard[topic]),
        None => Topic::ALL.map(|topic| situation.account.feed(topic).last_event().is_some()),
    };
    let newest = newest(situation, &FACET_TOPICS, &heard)?;
    let Some(before) = before else {
        let zero = SaidMetrics::new(&[None; METRICS], [0; METRICS], 0);
        return Some(largest(situation, &heard, &zero, &now.metrics).unwrap_or(newest));
    };
    let Situation { model, fleet, account, .. } = *situation;
    let then = assess(model, &fleet.silences, account, before.at);
    let churn_then = myriadths(then.churn.probability);
    let then = points::of(&then);
    // Where health stands still, it is the churn probability that was worth a record.
    let (by_time, by_events) = if before.health_tenths == now.health_tenths {
        let by_time = now.churn_myriadths.abs_diff(churn_then);
        (u32::from(by_time), u32::from(churn_then.abs_diff(before.churn_myriadths)))
    } else {
        (moved(&then, &now.metrics), moved(&before.metrics, &then))
    };
    if by_time > by_events {
        return None;
    }
    Some(largest(situation, &heard, &before.metrics, &then).unwrap_or(newest))
}

/// How much all points together moved, whatever their direction.
fn moved(from: &SaidMetrics, to: &SaidMetrics) -> u32 {
    let metrics: u32 = (0..METRICS).map(|it| from.points[it].abs_diff(to.points[it])).sum();
    metrics + from.neutral.abs_diff(to.neutral)
}

/// Of the topics that were heard the one whose metrics moved most.
fn largest(
    situation: &Situation<'_>,
    heard: &Topics,
    from: &SaidMetrics,
    to: &SaidMetrics,
) -> Option<Topic> {
    let mut by_topic = [0; Topic::ALL.len()];
    for metric in MetricId::ALL {
        // One whose score stands still moves only by the weight that others take or leave.
        let moved = from.points[metric.index()].abs_diff(to.points[metric.index()]);
        if moved > 0
            && from.score_hundredths(metric) != to.score_hundredths(metric)
            && let Some(topic) = newest(situation, topics_of(metric), heard)
        {
            by_topic[topic.index()] += moved;
        }
    }
    let most = by_topic.iter().copied().max().filter(|most| *most > 0)?;
    Topic::ALL.into_iter().find(|topic| by_topic[topic.index()] == most)
}

/// Of some topics that were heard the one with the newest event; of equal ones the last.
fn newest(situation: &Situation<'_>, topics: &[Topic], heard: &Topics) -> Option<Topic> {
    let at = |topic: &Topic| situation.account.feed(*topic).last_event().map(|it| it.broker_at);
    topics.iter().copied().filter(|topic| heard[topic.index()]).max_by_key(at)
}

/// The topics whose events move a metric, its own last: the profile says seats and dates, and
/// mentions are found in free text too.
fn topics_of(metric: MetricId) -> &'static [Topic] {
    use Topic::{Accounts, Commercial, Feedback, Outcomes, Relationship, Support, Usage};
    match (metric.component(), metric) {
        (Component::Product, _) => &[Accounts, Usage],
        (Component::Support, MetricId::S3) => &[Accounts, Feedback, Support],
        (Component::Support, _) => &[Accounts, Support],
        (Component::Relationship, _) => &[Accounts, Relationship],
        (Component::Outcomes, _) => &[Accounts, Outcomes],
        (Component::Commercial, MetricId::C4 | MetricId::C5) => {
            &[Accounts, Support, Feedback, Relationship, Commercial]
        }
        (Component::Commercial, _) => &[Accounts, Commercial],
    }
}

/// What each metric did to health since the last publication, largest first.
fn deltas(before: Option<&SaidMetrics>, now: &SaidMetrics) -> Vec<Delta> {
    let score = |hundredths: u16| f64::from(hundredths) / 100.0;
    let mut deltas: Vec<(u32, Delta)> = MetricId::ALL
        .into_iter()
        .filter_map(|metric| {
            let was = before.and_then(|before| before.score_hundredths(metric));
            let is = now.score_hundredths(metric);
            let points_before = before.map_or(0, |before| before.points[metric.index()]);
            let points = now.points[metric.index()];
            (was != is || points != points_before).then(|| {
                let delta = Delta {
                    metric: CompactString::const_new(metric.name()),
                    before: was.map(score),
                    after: is.map(score),
                    points: difference(points_before, points),
                };
                (points.abs_diff(points_before), delta)
            })
        })
        .collect();
    deltas.sort_by_key(|(size, _)| std::cmp::Reverse(*size));
    let mut deltas: Vec<Delta> = deltas.into_iter().map(|(_, delta)| delta).collect();
    let neutral = before.map_or(0, |before| before.neutral);
    if neutral != now.neutral {
        deltas.push(Delta {
            metric: CompactString::const_new(NO_DATA),
            before: (neutral > 0).then_some(NO_DATA_SCORE),
            after: (now.neutral > 0).then_some(NO_DATA_SCORE),
            points: difference(neutral, now.neutral),
        });
    }
    deltas
}

/// From one number of thousandths to another, in points.
fn difference(from: u32, to: u32) -> f64 {
    (f64::from(to) - f64::from(from)) / f64::from(MILLI)
}
