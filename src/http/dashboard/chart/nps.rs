//! NPS by month: a point for each month end and one for now, with the target.
//!
//! How it is counted is `view/figures/`; a line of days is `trend.rs`.

use super::{Chart, Place, Svg, axis_words, dot, finite, line, polyline, text};
use crate::http::dashboard::words;

const HEIGHT: f64 = 190.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 160.0;
const MONTHS: f64 = 183.0;
const LEFT: f64 = 36.0;
const RIGHT: f64 = 44.0;
/// What the scale's ends are multiples of.
const STEP: f64 = 25.0;

/// NPS at one moment.
#[derive(Clone, Debug)]
pub struct Point {
    /// When (`Jan 2026`, `now`).
    pub when: String,
    /// −100 to 100.
    pub value: f64,
    /// Of how many answers.
    pub n: u64,
}

/// NPS at the points, oldest first, and the value to reach.
pub fn nps(points: &[Point], target: f64) -> Chart {
    let row = |point: &Point| {
        vec![point.when.clone(), words::signed(score(point.value), 0), point.n.to_string()]
    };
    Chart {
        id: "nps-trend",
        title: "NPS by month".to_owned(),
        wide: drawn(points, target, Place::Wide),
        narrow: drawn(points, target, Place::Narrow),
        head: vec!["Month end", "NPS", "Answers"],
        rows: points.iter().rev().map(row).collect(),
    }
}

/// Which part of −100 to 100 is shown, and where.
struct Scale {
    low: f64,
    high: f64,
    right: f64,
    step: f64,
}

impl Scale {
    /// Shows all points, zero and the target.
    fn new(points: &[Point], target: f64, place: Place) -> Self {
        let values = || points.iter().map(|point| score(point.value)).chain([0.0, score(target)]);
        let (least, most) = (values().fold(0.0, f64::min), values().fold(0.0, f64::max));
        let right = place.width() - RIGHT;
        Self {
            low: ((least / STEP).floor() * STEP).max(-100.0),
            high: ((most / STEP).floor() * STEP + STEP).min(100.0),
            right,
            step: (right - LEFT) / (points.len().max(2) - 1) as f64,
        }
    }

    fn x(&self, index: usize) -> f64 {
        LEFT + index as f64 * self.step
    }

    fn y(&self, value: f64) -> f64 {
        let part = (score(value) - self.low) / (self.high - self.low);
        BOTTOM - part.clamp(0.0, 1.0) * (BOTTOM - TOP)
    }
}

fn score(value: f64) -> f64 {
    finite(value).clamp(-100.0, 100.0)
}

fn drawn(points: &[Point], target: f64, place: Place) -> Svg {
    let scale = Scale::new(points, target, place);
    let mut body = frame(&scale, target);
    body += &curve(points, &scale);
    body += &months(points, &scale, place);
    let id = format!("nps-trend-{}", place.name());
    let said = said(points, target);
    Svg::image(&id, (place.width(), HEIGHT), place, ("NPS by month", &said), &body)
}

/// Grid, target and the numbers at the left.
fn frame(scale: &Scale, target: f64) -> String {
    let mut body = String::new();
    // Its steps count from zero, which is the one line that means something by itself.
    let step = if scale.high - scale.low > 100.0 { 50 } else { 25 };
    for value in (-100..=100).step_by(step) {
        let value = f64::from(value);
        if (scale.low..=scale.high).contains(&value) {
            let y = scale.y(value);
            let class = if value.abs() < 0.5 { "axis" } else { "grid" };
            body += &line(class, (LEFT, y), (scale.right, y));
            body += &text("tick end", (LEFT - 6.0, y + 3.5), &words::minus(&format!("{value:.0}")));
        }
    }
    let y = scale.y(target);
    body += &line("bound", (LEFT, y), (scale.right, y));
    body + &text("tick end", (scale.right, y - 5.0), &format!("target {target:.0}"))
}

fn curve(points: &[Point], scale: &Scale) -> String {
    let Some(last) = points.last() else { return String::new() };
    let places = || points.iter().enumerate().map(|(n, it)| (scale.x(n), scale.y(it.value)));
    let dots: String = places().map(|place| dot(place, 3.0)).collect();
    let place = (scale.x(points.len() - 1) + 8.0, scale.y(last.value) + 4.0);
    polyline(places()) + &dots + &text("value", place, &words::signed(score(last.value), 0))
}

fn months(points: &[Point], scale: &Scale, place: Place) -> String {
    let words = points.iter().enumerate().map(|(n, it)| (scale.x(n), it.when.as_str()));
    axis_words(if place == Place::Wide { 7 } else { 3 }, words, MONTHS)
}

fn said(points: &[Point], target: f64) -> String {
    let (Some(first), Some(last)) = (points.first(), points.last()) else {
        return "Nobody answered yet.".to_owned();
    };
    format!(
        "From {} ({}) to {} ({}), at {} points; the target is above {target:.0}. The table \
         below lists them.",
        words::signed(score(first.value), 0),
        first.when,
        words::signed(score(last.value), 0),
        last.when,
        points.len(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::dashboard::chart::checks::{is_inside, numbers};
    use proptest::prelude::*;

    fn points(values: &[f64]) -> Vec<Point> {
        let point = |value: &f64| Point { when: "</svg>".to_owned(), value: *value, n: 1 };
        values.iter().map(point).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn it_stays_inside(
            values in proptest::collection::vec(proptest::num::f64::ANY, 0..14),
            target in -100.0..100.0,
        ) {
            let chart = nps(&points(&values), target);
            for svg in [&chart.wide, &chart.narrow] {
                is_inside(svg);
                prop_assert_eq!(svg.to_string().matches("</svg>").count(), 1);
            }
            prop_assert_eq!(chart.rows.len(), values.len());
        }
    }

    #[test]
    fn more_is_higher_and_the_scale_shows_all() {
        let chart = nps(&points(&[-100.0, 0.0, 100.0]), 50.0);
        let places = numbers(&chart.wide, "points");
        assert_eq!(places.get(1), Some(&BOTTOM));
        assert_eq!(places.get(5), Some(&TOP));
        assert!(places[0] < places[2] && places[2] < places[4], "{places:?}");
        assert!(chart.wide.to_string().contains("From −100"));
        assert_eq!(chart.rows[0][1], "+100");
    }
}
