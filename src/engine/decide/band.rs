//! The displayed band: a band that does not flutter.
//!
//! The band of the computed score, undamped, belongs to the assessment.

use super::overrides::Noted;
use super::{Looks, Situation};
use crate::engine::account::workflow::{DisplayedBand, Workflow};
use crate::engine::model::health::{Bands, HealthBand};
use crate::engine::time::Timestamp;

/// Brings the displayed band up to date, by the displayed score; says whether it changed.
pub(super) fn damp(
    situation: &Situation<'_>,
    workflow: &mut Workflow,
    noted: Noted,
    look: &mut Looks,
) -> bool {
    let before = workflow.band;
    if situation.assessment.is_no_data && workflow.overrides.in_force().is_none() {
        if noted == Noted::Ended {
            // It was a person's band; nothing that is known gives another one.
            workflow.band = None;
        }
        return workflow.band != before;
    }
    let (band, again_at) = damped(
        workflow.band,
        situation.displayed_score,
        &situation.model.of(situation.assessment.segment).health.bands,
        situation.now,
    );
    workflow.band = Some(band);
    if let Some(at) = again_at {
        look.at(at);
    }
    workflow.band != before
}

/// The displayed band after `score` was seen at `now`, and when the dwell ends that holds it back.
///
/// A band is left only when the score lies `hysteresis_points` beyond its bound, and not before
/// it was displayed for the dwell time. The first band of an account is taken as it is.
fn damped(
    displayed: Option<DisplayedBand>,
    score: f64,
    bands: &Bands,
    now: Timestamp,
) -> (DisplayedBand, Option<Timestamp>) {
    let Some(displayed) = displayed else {
        return (DisplayedBand { band: bands.of(score), since: now, before: None }, None);
    };
    let fallen = bands.of(score + bands.hysteresis_points).min(displayed.band);
    let risen = bands.of(score - bands.hysteresis_points).max(displayed.band);
    let target: HealthBand = if fallen < displayed.band { fallen } else { risen };
    if target == displayed.band {
        return (displayed, None);
    }
    let free_at = displayed.since.plus_millis(bands.dwell_ms());
    if now < free_at {
        return (displayed, Some(free_at));
    }
    (DisplayedBand { band: target, since: now, before: Some(displayed.band) }, None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::account::profile::Segment;
    use crate::engine::model::Model;
    use crate::engine::time::{DAY_MS, HOUR_MS};

    fn walk(scores: &[(i64, f64)]) -> Vec<HealthBand> {
        let bands = Model::default().of(Segment::Smb).health.bands;
        let mut displayed = None;
        let mut seen = Vec::new();
        for (hour, score) in scores {
            let now = Timestamp::from_millis(DAY_MS + hour * HOUR_MS);
            let (next, _) = damped(displayed, *score, &bands, now);
            displayed = Some(next);
            seen.push(next.band);
        }
        seen
    }

    #[test]
    fn the_first_band_is_taken_as_it_is() {
        use HealthBand::{Green, Red, Yellow};
        assert_eq!(walk(&[(0, 69.9)]), [Red]);
        assert_eq!(walk(&[(0, 70.0)]), [Yellow]);
        assert_eq!(walk(&[(0, 90.0)]), [Green]);
    }

    #[test]
    fn a_band_is_left_only_beyond_the_hysteresis() {
        use HealthBand::{Green, Red, Yellow};
        let scores = [(0, 75.0), (24, 69.5), (48, 68.9), (72, 70.5), (96, 71.0), (120, 95.0)];
        assert_eq!(walk(&scores), [Yellow, Yellow, Red, Red, Yellow, Green]);
    }

    #[test]
    fn a_band_stays_for_its_dwell_time() {
        use HealthBand::{Green, Red};
        assert_eq!(walk(&[(0, 95.0), (1, 40.0), (5, 40.0), (6, 40.0)]), [Green, Green, Green, Red]);
    }

    #[test]
    fn the_end_of_the_dwell_is_looked_at() {
        let bands = Model::default().of(Segment::Smb).health.bands;
        let start = Timestamp::from_millis(DAY_MS);
        let green = DisplayedBand { band: HealthBand::Green, since: start, before: None };
        let (_, again_at) = damped(Some(green), 40.0, &bands, start.plus_millis(HOUR_MS));
        assert_eq!(again_at, Some(start.plus_millis(bands.dwell_ms())));
    }
}
