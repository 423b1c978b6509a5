//! Health by day with what happened: alerts, playbooks and commands on a lane below the line.
//!
//! The line without axes is `sparkline.rs`.

use std::fmt::Write as _;

use crate::engine::model::health::Bands;

use super::{
    Chart, Escaped, Place, Svg, Unit, axis_words, dot, finite, line, polyline, rect, text,
};

const HEIGHT: f64 = 210.0;
const TOP: f64 = 12.0;
/// Where the plot ends, and the lane of marks is.
const BOTTOM: f64 = 162.0;
const LANE: f64 = 178.0;
const DATES: f64 = 203.0;
const LEFT: f64 = 30.0;
const RIGHT: f64 = 40.0;

/// A day of an account.
#[derive(Clone, Debug)]
pub struct DayOf {
    /// Which (`2026-01-31`).
    pub day: String,
    /// The same in short (`31 Jan`).
    pub short: String,
    /// Health, 0 to 100.
    pub health: f64,
    /// The probability of leaving, as text for the table.
    pub churn: String,
}

/// Something that happened.
#[derive(Clone, Debug)]
pub struct Mark {
    /// On which day.
    pub day: String,
    /// Its class: `critical`, `error`, `warning`, `info`, `run` or `command`.
    pub class: &'static str,
    /// What it was.
    pub text: String,
}

/// Health over the days, oldest first, with the bounds of the bands.
pub fn trend(days: &[DayOf], marks: &[Mark], bands: &Bands) -> Chart {
    let row = |day: &DayOf| {
        let happened = marks.iter().filter(|mark| mark.day == day.day);
        let happened: Vec<_> = happened.map(|mark| mark.text.as_str()).collect();
        let health = format!("{:.1}", finite(day.health));
        vec![day.short.clone(), health, day.churn.clone(), happened.join("; ")]
    };
    Chart {
        id: "trend",
        title: format!("Health, last {} days", days.len()),
        wide: drawn(days, marks, bands, Place::Wide),
        narrow: drawn(days, marks, bands, Place::Narrow),
        head: vec!["Day", "Health", "Churn", "What happened"],
        rows: days.iter().rev().map(row).collect(),
    }
}

/// The lines of a plot: which part of 0 to 100 it shows, and where.
struct Scale {
    low: f64,
    right: f64,
    step: f64,
}

impl Scale {
    /// Shows all days and the bound `shown`.
    fn new(days: &[DayOf], shown: f64, place: Place) -> Self {
        let least = days.iter().map(|day| score(day.health)).fold(shown, f64::min);
        let right = place.width() - RIGHT;
        Self {
            low: (((least - 5.0) / 10.0).floor() * 10.0).max(0.0),
            right,
            step: (right - LEFT) / (days.len().max(2) - 1) as f64,
        }
    }

    fn x(&self, index: usize) -> f64 {
        LEFT + index as f64 * self.step
    }

    fn y(&self, health: f64) -> f64 {
        let part = (score(health) - self.low) / (100.0 - self.low);
        BOTTOM - part.clamp(0.0, 1.0) * (BOTTOM - TOP)
    }
}

fn score(health: f64) -> f64 {
    finite(health).clamp(0.0, 100.0)
}

fn drawn(days: &[DayOf], marks: &[Mark], bands: &Bands, place: Place) -> Svg {
    let scale = Scale::new(days, bands.yellow, place);
    let mut body = frame(&scale, bands);
    body += &curve(days, &scale);
    body += &dates(days, &scale, place);
    body += &lane(days, marks, &scale);
    let id = format!("trend-{}", place.name());
    let title = format!("Health over the last {} days", days.len());
    Svg::image(&id, (place.width(), HEIGHT), place, (&title, &said(days, marks)), &body)
}

/// Grid, bounds of the bands and the numbers at the left.
fn frame(scale: &Scale, bands: &Bands) -> String {
    let mut body = String::new();
    let (yellow, green) = (scale.y(bands.yellow), scale.y(bands.green));
    let width = scale.right - LEFT;
    for (class, from, to) in
        [("zone green", TOP, green), ("zone yellow", green, yellow), ("zone red", yellow, BOTTOM)]
    {
        body += &rect(class, (LEFT, from), (width, (to - from).max(0.0)));
    }
    let step = if scale.low < 40.0 { 20 } else { 10 };
    let mut value = 100;
    while f64::from(value) >= scale.low {
        let y = scale.y(f64::from(value));
        body += &line("grid", (LEFT, y), (scale.right, y));
        body += &text("tick end", (LEFT - 6.0, y + 3.5), &value.to_string());
        value -= step;
    }
    for y in [yellow, green] {
        body += &line("bound", (LEFT, y), (scale.right, y));
    }
    body
}

fn curve(days: &[DayOf], scale: &Scale) -> String {
    let Some(last) = days.last() else { return String::new() };
    let points = days.iter().enumerate().map(|(n, day)| (scale.x(n), scale.y(day.health)));
    let (x, y) = (scale.x(days.len() - 1), scale.y(last.health));
    let value = text("value", (x + 8.0, y + 4.0), &format!("{:.1}", score(last.health)));
    polyline(points) + &dot((x, y), 3.5) + &value
}

fn dates(days: &[DayOf], scale: &Scale, place: Place) -> String {
    let words = days.iter().enumerate().map(|(n, day)| (scale.x(n), day.short.as_str()));
    axis_words(if place == Place::Wide { 5 } else { 3 }, words, DATES)
}

/// The marks, each with a thin line up to the curve.
fn lane(days: &[DayOf], marks: &[Mark], scale: &Scale) -> String {
    let mut body = line("lane", (LEFT, LANE), (scale.right, LANE));
    for mark in marks {
        let index = days.partition_point(|day| day.day < mark.day);
        let Some(day) = days.get(index) else { continue };
        let (x, y) = (scale.x(index), scale.y(day.health));
        let shape = match mark.class {
            "run" => format!("<circle cx=\"{}\" cy=\"{LANE}\" r=\"4\"/>", Unit(x)),
            "command" => rect("square", (x - 3.5, LANE - 3.5), (7.0, 7.0)),
            _ => triangle(x),
        };
        let _ = write!(
            body,
            "<g class=\"mark {}\">{}{shape}<title>{} · {}</title></g>",
            mark.class,
            line("stem", (x, y), (x, LANE - 5.0)),
            Escaped(&day.short),
            Escaped(&mark.text),
        );
    }
    body
}

fn triangle(x: f64) -> String {
    let (left, right) = (Unit(x - 5.0), Unit(x + 5.0));
    let (top, bottom) = (Unit(LANE - 5.0), Unit(LANE + 4.0));
    format!("<polygon points=\"{},{top} {right},{bottom} {left},{bottom}\"/>", Unit(x))
}

fn said(days: &[DayOf], marks: &[Mark]) -> String {
    let (Some(first), Some(last)) = (days.first(), days.last()) else {
        return "There is no health yet.".to_owned();
    };
    let healths = || days.iter().map(|day| score(day.health));
    let (low, high) = (healths().fold(100.0, f64::min), healths().fold(0.0, f64::max));
    format!(
        "From {:.0} on {} to {:.0} on {}, between {low:.0} and {high:.0}. {} events are marked; \
         the table below lists them.",
        score(first.health),
        first.short,
        score(last.health),
        last.short,
        marks.len(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::dashboard::chart::checks::{is_inside, numbers};
    use proptest::prelude::*;

    const BANDS: Bands =
        Bands { green: 85.0, yellow: 65.0, hysteresis_points: 2.0, dwell_hours: 24.0 };

    fn days(healths: &[f64]) -> Vec<DayOf> {
        let day = |(n, health): (usize, &f64)| DayOf {
            day: format!("2026-01-{n:02}"),
            short: format!("{n} Jan"),
            health: *health,
            churn: String::new(),
        };
        healths.iter().enumerate().map(day).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn it_stays_inside(
            healths in proptest::collection::vec(proptest::num::f64::ANY, 0..90),
            marked in proptest::collection::vec(0_usize..99, 0..6),
        ) {
            let mark = |n: &usize| Mark {
                day: format!("2026-01-{n:02}"),
                class: ["error", "run", "command"][n % 3],
                text: "</svg>".to_owned(),
            };
            let marks: Vec<_> = marked.iter().map(mark).collect();
            let chart = trend(&days(&healths), &marks, &BANDS);
            for svg in [&chart.wide, &chart.narrow] {
                is_inside(svg);
                prop_assert_eq!(svg.to_string().matches("</svg>").count(), 1);
            }
            prop_assert_eq!(chart.rows.len(), healths.len());
        }
    }

    #[test]
    fn better_is_higher_and_later_is_further_right() {
        let chart = trend(&days(&[50.0, 100.0]), &[], &BANDS);
        let points = numbers(&chart.wide, "points");
        assert!(points[0] < points[2] && points[1] > points[3], "{points:?}");
        assert_eq!(points.get(3), Some(&TOP));
        // The bounds are those of the model, whatever they are.
        let wide = chart.wide.to_string();
        assert_eq!(wide.matches("class=\"bound\"").count(), 2);
        assert!(wide.contains("From 50 on 0 Jan to 100 on 1 Jan"));
    }
}
