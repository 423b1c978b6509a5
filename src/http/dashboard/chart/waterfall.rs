//! How health came from its last value to this one: a bar for each metric that moved it.
//!
//! Each bar is a small image in a row of a table, so that names and figures stay text. What moved
//! the metrics is not said here.

use super::{Svg, Unit, finite, line, rect, share};

const WIDTH: f64 = 200.0;
const HEIGHT: f64 = 28.0;
/// Free above and below a bar; the line to the next bar is drawn through it.
const EDGE: f64 = 7.0;
/// So many metrics have a bar of their own.
const SHOWN_MAX: usize = 6;
/// Less than this many points are folded into "other".
const POINTS_MIN: f64 = 0.05;

/// What a metric did to health.
#[derive(Clone, Debug)]
pub struct Moved {
    /// Its name.
    pub name: String,
    /// From which score to which one, in words.
    pub note: String,
    /// The points of health that it brought or cost.
    pub points: f64,
}

/// A row of the waterfall.
#[derive(Clone, Debug)]
pub struct Fall {
    /// What it is about.
    pub name: String,
    /// A remark beside the name.
    pub note: String,
    /// Health, or points with a sign.
    pub value: String,
    /// `total`, `up` or `down`.
    pub class: &'static str,
    /// Its bar.
    pub bar: Svg,
}

/// The rows from `before` to `after`; what is not told by `moved` comes under "other".
pub fn waterfall(before: f64, moved: &[Moved], after: f64) -> Vec<Fall> {
    let (before, after) = (finite(before), finite(after));
    let mut steps: Vec<Moved> = Vec::new();
    let mut n_others = 0;
    for one in moved {
        if steps.len() < SHOWN_MAX && finite(one.points).abs() >= POINTS_MIN {
            steps.push(one.clone());
        } else {
            n_others += 1;
        }
    }
    let told: f64 = steps.iter().map(|step| finite(step.points)).sum();
    let rest = finite(after - before - told);
    if rest.abs() >= POINTS_MIN {
        let note = if n_others == 0 { String::new() } else { format!("{n_others} metrics") };
        steps.push(Moved { name: "Other".to_owned(), note, points: rest });
    }
    let scale = Scale::new(before, &steps, after);
    let mut rows = vec![total("Before", before, &scale, Ends { above: None, below: Some(before) })];
    let mut at = before;
    for step in &steps {
        let points = finite(step.points);
        rows.push(scale.step(step, at, at + points));
        at = finite(at + points);
    }
    rows.push(total("Now", after, &scale, Ends { above: Some(at), below: None }));
    rows
}

/// The part of the line of health that is shown.
struct Scale {
    low: f64,
    span: f64,
}

/// Where the lines to the rows above and below are.
struct Ends {
    above: Option<f64>,
    below: Option<f64>,
}

impl Scale {
    fn new(before: f64, steps: &[Moved], after: f64) -> Self {
        let (mut at, mut low, mut high) = (before, before.min(after), before.max(after));
        for step in steps {
            at = finite(at + finite(step.points));
            (low, high) = (low.min(at), high.max(at));
        }
        let span = finite(high - low).max(4.0);
        // A quarter of it is left of the lowest point, so that the totals have a body.
        Self { low: low - span * 0.25, span: span * 1.3 }
    }

    fn x(&self, health: f64) -> f64 {
        share(health - self.low, self.span) * WIDTH
    }

    fn step(&self, step: &Moved, from: f64, to: f64) -> Fall {
        let class = if to >= from { "up" } else { "down" };
        let (left, right) = (self.x(from.min(to)), self.x(from.max(to)));
        let left = left.min(WIDTH - 1.0);
        let bar = rect(class, (left, EDGE), ((right - left).max(1.0), HEIGHT - 2.0 * EDGE));
        Fall {
            name: step.name.clone(),
            note: step.note.clone(),
            value: signed(finite(step.points)),
            class,
            bar: self.image(&bar, &Ends { above: Some(from), below: Some(to) }),
        }
    }

    fn image(&self, bar: &str, ends: &Ends) -> Svg {
        let line = |health: Option<f64>, from: f64, to: f64| {
            health.map_or_else(String::new, |health| {
                let x = self.x(health);
                line("join", (x, from), (x, to))
            })
        };
        let above = line(ends.above, 0.0, EDGE);
        let below = line(ends.below, HEIGHT - EDGE, HEIGHT);
        Svg::decoration((WIDTH, HEIGHT), "fall", &format!("{bar}{above}{below}"))
    }
}

fn total(name: &str, health: f64, scale: &Scale, ends: Ends) -> Fall {
    let bar = rect("total", (0.0, EDGE), (scale.x(health), HEIGHT - 2.0 * EDGE));
    Fall {
        name: name.to_owned(),
        note: String::new(),
        value: format!("{health:.1}"),
        class: "total",
        bar: scale.image(&bar, &ends),
    }
}

/// `+1.5`, `−1.5` with a true minus sign, `0.0`.
fn signed(points: f64) -> String {
    let text = Unit(points.abs());
    let text = format!("{:.1}", text.0);
    match points {
        _ if text == "0.0" => text,
        points if points < 0.0 => format!("−{text}"),
        _ => format!("+{text}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::dashboard::chart::checks::is_inside;
    use proptest::prelude::*;

    fn moved(points: &[f64]) -> Vec<Moved> {
        let one = |points: &f64| Moved { name: "m".into(), note: String::new(), points: *points };
        points.iter().map(one).collect()
    }

    fn values(rows: &[Fall]) -> Vec<&str> {
        rows.iter().map(|row| row.value.as_str()).collect()
    }

    proptest! {
        #[test]
        fn it_stays_inside_and_is_not_long(
            before in proptest::num::f64::ANY,
            points in proptest::collection::vec(proptest::num::f64::ANY, 0..12),
            after in proptest::num::f64::ANY,
        ) {
            let rows = waterfall(before, &moved(&points), after);
            prop_assert!(rows.len() <= SHOWN_MAX + 3);
            for row in rows {
                is_inside(&row.bar);
            }
        }
    }

    #[test]
    fn the_bars_add_up() {
        let rows = waterfall(85.0, &moved(&[-3.0, 1.0]), 83.0);
        assert_eq!(values(&rows), ["85.0", "−3.0", "+1.0", "83.0"]);
        let many = [-1.0, -1.0, -1.0, -1.0, -1.0, -1.0, -0.5, -0.25];
        let rows = waterfall(85.0, &moved(&many), 78.25);
        assert_eq!(values(&rows)[7..], ["−0.8", "78.2"]);
        assert_eq!((rows[7].name.as_str(), rows[7].note.as_str()), ("Other", "2 metrics"));
        assert_eq!(values(&waterfall(50.0, &[], 50.0)), ["50.0", "50.0"]);
    }
}
