//! What would reach the next band: the smallest set of metric changes, for people to work on.
//!
//! Which metrics anybody can move is said in the model file (`health.movable`).

use compact_str::CompactString;

use crate::engine::assess::{Assessment, round_half_up};
use crate::engine::metric::{Component, METRICS, MetricId};
use crate::engine::model::Model;
use crate::engine::model::health::{HealthBand, HealthModel};
use crate::engine::output::health::Step;

/// Sets of up to so many metrics are all tried; beyond, the largest come first.
const EXHAUSTIVE_MAX: usize = 3;
/// Least change of a score, in points: scores are named with two decimals.
const GRAIN: f64 = 0.01;

/// A metric that can be moved.
#[derive(Clone, Copy, Debug)]
struct Movable {
    metric: MetricId,
    score: f64,
    /// Points of health per point of score.
    weight: f64,
}

impl Movable {
    /// The points of health that it brings at most.
    fn room(&self) -> f64 {
        self.weight * (100.0 - self.score)
    }
}

/// The fewest metrics that reach the band after the present one, then the fewest points of their
/// scores, then the order of the catalogue; nothing when there is no such band or set.
pub(super) fn steps(model: &Model, assessment: &Assessment) -> Vec<Step> {
    let health_model = &model.of(assessment.segment).health;
    let bound = match assessment.health_band {
        HealthBand::Red => health_model.bands.yellow,
        HealthBand::Yellow => health_model.bands.green,
        HealthBand::Green => return Vec::new(),
    };
    if assessment.is_no_data {
        return Vec::new();
    }
    // Bands are bounds on the rounded score: the least score that is rounded to it suffices.
    let needed = (bound * 10.0 - 1e-9).ceil() / 10.0 - 0.05 - assessment.health;
    let movable = movable(health_model, assessment);
    let Some(set) = smallest_set(&movable, needed) else { return Vec::new() };
    raise(&set, needed, |gain| round_half_up(assessment.health + gain, 1) >= bound)
}

/// The metrics that exist, weigh something, are not at their best, and can be moved.
fn movable(model: &HealthModel, assessment: &Assessment) -> Vec<Movable> {
    let weights = effective_weights(model, &assessment.metrics);
    MetricId::ALL
        .into_iter()
        .filter_map(|metric| {
            let score = assessment.metric(metric)?;
            let weight = weights[metric.index()];
            let it = Movable { metric, score, weight };
            (model.movable.is(metric) && it.room() > 0.0).then_some(it)
        })
        .collect()
}

/// What a point of each metric's score is worth in points of health.
pub(super) fn effective_weights(
    model: &HealthModel,
    metrics: &[Option<f64>; METRICS],
) -> [f64; METRICS] {
    let known = |component: Component| -> f64 {
        let of_component = component.metrics().iter();
        let known = of_component.filter(|metric| metrics[metric.index()].is_some());
        known.map(|metric| model.metric_weight(*metric)).sum()
    };
    let live = Component::ALL.into_iter().filter(|component| known(*component) > 0.0);
    let total: f64 = live.map(|component| model.component_weight(component)).sum();
    MetricId::ALL.map(|metric| {
        let component = metric.component();
        let weight = model.component_weight(component) * model.metric_weight(metric)
            / (total * known(component));
        if weight.is_finite() { weight } else { 0.0 }
    })
}

/// The set to move: of the smallest that suffice the one with the fewest points.
fn smallest_set(movable: &[Movable], needed: f64) -> Option<Vec<Movable>> {
    let mut by_room = movable.to_vec();
    by_room.sort_by(|a, b| b.room().total_cmp(&a.room()));
    // No set of a size has more room than the largest ones together.
    let mut room = 0.0;
    let size = 1 + by_room.iter().position(|it| {
        room += it.room();
        suffices(room, needed)
    })?;
    by_room.truncate(size);
    if size > EXHAUSTIVE_MAX {
        by_room.sort_by_key(|it| it.metric.index());
        return Some(by_room);
    }
    let mut best: Option<(f64, Vec<Movable>)> = None;
    for_each_set(movable, size, &mut Vec::new(), &mut |set| {
        if !suffices(set.iter().map(Movable::room).sum(), needed) {
            return;
        }
        let points: f64 = shares(set, needed).iter().sum();
        if best.as_ref().is_none_or(|(fewest, _)| points < fewest - 1e-9) {
            best = Some((points, set.to_vec()));
        }
    });
    best.map(|(_, set)| set)
}

fn suffices(room: f64, needed: f64) -> bool {
    room >= needed - 1e-9
}

/// Calls `see` with each set of `size` metrics, in the order of the catalogue.
fn for_each_set(
    movable: &[Movable],
    size: usize,
    set: &mut Vec<Movable>,
    see: &mut impl FnMut(&[Movable]),
) {
    if size == 0 {
        return see(set);
    }
    for (place, it) in movable.iter().enumerate() {
        set.push(*it);
        for_each_set(&movable[place + 1..], size - 1, set, see);
        set.pop();
    }
}

/// By how many points each score of a set must rise, so that together they rise least: those that
/// are worth most first.
fn shares(set: &[Movable], needed: f64) -> Vec<f64> {
    let mut order: Vec<usize> = (0..set.len()).collect();
    order.sort_by(|a, b| set[*b].weight.total_cmp(&set[*a].weight));
    let mut rises = vec![0.0; set.len()];
    let mut left = needed;
    for place in order {
        let it = &set[place];
        rises[place] = (left / it.weight).clamp(0.0, 100.0 - it.score);
        left -= rises[place] * it.weight;
    }
    rises
}

/// The steps of a set; the last point of rounding goes to where there is room for it.
fn raise(set: &[Movable], needed: f64, reaches: impl Fn(f64) -> bool) -> Vec<Step> {
    let rises = shares(set, needed);
    let mut targets: Vec<f64> = set
        .iter()
        .zip(rises)
        .map(|(it, rise)| {
            (((it.score + rise) / GRAIN - 1e-6).ceil() * GRAIN).clamp(it.score, 100.0)
        })
        .collect();
    let gain = |targets: &[f64]| -> f64 {
        set.iter().zip(targets).map(|(it, to)| it.weight * (to - it.score)).sum()
    };
    while !reaches(gain(&targets)) {
        let Some(place) = targets.iter().position(|to| *to < 100.0) else { return Vec::new() };
        targets[place] = (targets[place] + GRAIN).min(100.0);
    }
    let steps = set.iter().zip(targets).map(|(it, to)| Step {
        metric: CompactString::const_new(it.metric.name()),
        from: it.score,
        to: round_half_up(to, 2),
        points: round_half_up(it.weight * (to - it.score), 3),
    });
    steps.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_movable() -> impl Strategy<Value = Vec<Movable>> {
        let one = (0..100_u32, 1..12_u32)
            .prop_map(|(score, weight)| (f64::from(score) + 0.123, f64::from(weight) / 100.0));
        prop::collection::vec(one, 1..7).prop_map(|all| {
            let named = all.into_iter().zip(MetricId::ALL);
            named.map(|((score, weight), metric)| Movable { metric, score, weight }).collect()
        })
    }

    /// The least rise of a set's scores, by trying each order in which to raise them.
    fn least_rise(set: &[Movable], needed: f64) -> f64 {
        (0..set.len())
            .map(|first| {
                let it = &set[first];
                let rise = (needed / it.weight).min(100.0 - it.score);
                let mut rest = set.to_vec();
                rest.remove(first);
                rise + least_rise(&rest, (needed - rise * it.weight).max(0.0))
            })
            .fold(if set.is_empty() { 0.0 } else { f64::INFINITY }, f64::min)
    }

    fn sets(movable: &[Movable]) -> impl Iterator<Item = Vec<Movable>> {
        (0..1_u32 << movable.len()).map(|mask| {
            let each = movable.iter().enumerate();
            each.filter(|(place, _)| mask >> place & 1 == 1).map(|(_, it)| *it).collect()
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn no_smaller_set_and_no_fewer_points_reach_it(
            movable in any_movable(),
            needed in (1..400_u32).prop_map(|tenths| f64::from(tenths) / 10.0),
        ) {
            let room = |set: &[Movable]| set.iter().map(Movable::room).sum::<f64>();
            let enough: Vec<_> = sets(&movable).filter(|set| room(set) >= needed).collect();
            let size = enough.iter().map(Vec::len).min();
            let Some(set) = smallest_set(&movable, needed) else {
                prop_assert_eq!(size, None);
                return Ok(());
            };
            prop_assert_eq!(Some(set.len()), size);
            let steps = raise(&set, needed, |gain| gain >= needed - 1e-9);
            let rise: f64 = steps.iter().map(|step| step.to - step.from).sum();
            let mut gain = 0.0;
            for (step, it) in steps.iter().zip(&set) {
                prop_assert!(step.to > step.from && step.to <= 100.0, "{step:?}");
                gain += it.weight * (step.to - step.from);
            }
            prop_assert!(gain >= needed - 1e-6, "{gain} of {needed}");
            if set.len() <= EXHAUSTIVE_MAX {
                let same = enough.iter().filter(|other| other.len() == set.len());
                let fewest = same.map(|it| least_rise(it, needed)).fold(f64::INFINITY, f64::min);
                prop_assert!(rise <= fewest + 0.05, "{rise} instead of {fewest}");
            }
        }
    }

    #[test]
    fn of_equal_sets_the_first_of_the_catalogue_counts() {
        let of = |metric| Movable { metric, score: 50.0, weight: 0.05 };
        let movable = [of(MetricId::P2), of(MetricId::S3), of(MetricId::R1)];
        let set = smallest_set(&movable, 2.0).unwrap();
        assert_eq!(set[0].metric, MetricId::P2);
        let two: Vec<_> = smallest_set(&movable, 4.0).unwrap().iter().map(|it| it.metric).collect();
        assert_eq!(two, [MetricId::P2, MetricId::S3]);
        assert!(smallest_set(&movable, 7.6).is_none());
    }
}
