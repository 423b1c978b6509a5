//! When an assessment is worth a record, and what is kept of it to tell when the next one is.
//!
//! The record itself is filled in `health.rs`.

use super::{Looks, Situation, cause, churn, health, points};
use crate::engine::account::workflow::Workflow;
use crate::engine::account::workflow::overrides::HealthOverride;
use crate::engine::account::workflow::said::{Heard, Said, model_hash};
use crate::engine::account::workflow::trend::TrendDay;
use crate::engine::assess::Assessment;
use crate::engine::event::Topic;
use crate::engine::model::health::HealthBand;
use crate::engine::output::{Output, OutputBody};
use crate::engine::time::Timestamp;

/// What became of a look at an assessment.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Published {
    pub(super) is_published: bool,
    /// It was the first of its day: the trend has the day before now.
    pub(super) is_day_closed: bool,
}

/// Publishes the assessment when it is worth a record, else asks for a look when it will be.
pub(super) fn publish(
    situation: &Situation<'_>,
    workflow: &mut Workflow,
    said: &mut Option<Said>,
    alert_changed: bool,
    look: &mut Looks,
    outputs: &mut Vec<Output>,
) -> Published {
    if situation.account.first_event_at().is_none() {
        // Commands alone make no account: there is nothing to say about it.
        return Published::default();
    }
    if let Some(before) = said {
        match urgency(situation, workflow, before, alert_changed) {
            Urgency::Now => {}
            Urgency::At(at) if at <= situation.now => {}
            Urgency::At(at) => {
                look.at(at);
                return Published::default();
            }
            Urgency::Never => return Published::default(),
        }
    }
    let is_day_closed = close_day(situation, said.as_ref(), workflow);
    let now = to_say(situation, workflow);
    let cause = cause::cause(situation, workflow, said.as_ref(), &now);
    let record = health::record(situation, workflow, &now, cause);
    outputs.push(situation.output(OutputBody::Health(Box::new(record))));
    *said = Some(now);
    Published { is_published: true, is_day_closed }
}

/// How soon an assessment must be published, given what was said last.
enum Urgency {
    Now,
    At(Timestamp),
    Never,
}

fn urgency(
    situation: &Situation<'_>,
    workflow: &Workflow,
    before: &Said,
    alert_changed: bool,
) -> Urgency {
    let publication = &situation.model.publication;
    let assessment = situation.assessment;
    // What is looked at twice in one instant is published once.
    let daily = situation.now != before.at
        && situation.now == situation.now.day().start().plus_millis(situation.look_ms);
    if alert_changed
        || daily
        || displayed_band(assessment, workflow) != before.displayed_band
        || assessment.churn.band != before.churn_band
        || override_number(workflow) != before.health_override
        || model_hash(situation.model.version()) != before.model
    {
        return Urgency::Now;
    }
    let health_moved = tenths(assessment.health_score).abs_diff(before.health_tenths);
    let churn_moved = myriadths(assessment.churn.probability).abs_diff(before.churn_myriadths);
    let signals = churn::steps(&assessment.churn.signals);
    if f64::from(health_moved) / 10.0 >= publication.health_points
        || f64::from(churn_moved) / 1e4 >= publication.churn_probability
        || churn::largest_move(&before.signals, &signals) >= publication.signal
    {
        Urgency::At(before.at.plus_millis(publication.interval_ms()))
    } else {
        Urgency::Never
    }
}

/// The present assessment as it is compared with the next one.
fn to_say(situation: &Situation<'_>, workflow: &Workflow) -> Said {
    let assessment = situation.assessment;
    Said {
        at: situation.now,
        model: model_hash(situation.model.version()),
        segment: assessment.segment,
        health_tenths: tenths(assessment.health_score),
        displayed_band: displayed_band(assessment, workflow),
        churn_myriadths: myriadths(assessment.churn.probability),
        churn_band: assessment.churn.band,
        signals: churn::steps(&assessment.churn.signals),
        health_override: override_number(workflow),
        metrics: points::of(assessment),
        silent_topics: situation.fleet.silences.topics(),
        heard: Topic::ALL.map(|topic| Heard::of(situation.account.feed(topic))),
    }
}

/// Puts what was last said of a day that is over into the trend; says whether there was any.
fn close_day(situation: &Situation<'_>, before: Option<&Said>, workflow: &mut Workflow) -> bool {
    let today = situation.now.day();
    let Some(before) = before.filter(|before| before.at.day() < today && !before.is_no_data())
    else {
        return false;
    };
    let Said { health_tenths, churn_myriadths, .. } = *before;
    workflow.trend.add(TrendDay { day: before.at.day(), health_tenths, churn_myriadths });
    true
}

/// The band to show; the first one is shown before it is damped.
pub(super) fn displayed_band(assessment: &Assessment, workflow: &Workflow) -> HealthBand {
    workflow.band.map_or(assessment.health_band, |displayed| displayed.band)
}

fn override_number(workflow: &Workflow) -> Option<u32> {
    workflow.overrides.in_force().map(HealthOverride::number)
}

/// A probability with four decimals as a whole number.
pub(super) fn myriadths(probability: f64) -> u16 {
    (probability * 1e4).round() as u16
}

/// A health score with one decimal as a whole number.
fn tenths(score: f64) -> u16 {
    (score * 10.0).round() as u16
}
