//! Charts as SVG: pure functions of figures, coloured by classes of the stylesheet alone.
//!
//! Each says in its `<title>` what it shows; the same figures stand beside it as text or table,
//! which is the business of the page.

use std::fmt::Write as _;

use crate::engine::model::health::HealthBand;

/// Width of a wide chart, in units of its view box.
const WIDTH: f64 = 720.0;
/// Height of a row of bars.
const ROW: f64 = 26.0;
/// Width of a chart of rows: they stand in half a page.
const ROWS_WIDTH: f64 = 540.0;
/// Where the bars of a row begin and end: names stand before, figures behind.
const BARS: (f64, f64) = (150.0, 470.0);

/// A day of a line, and what happened on it.
#[derive(Clone, Debug)]
pub(super) struct Mark {
    /// How many days after the first day of the line.
    pub(super) day: usize,
    /// What happened.
    pub(super) text: String,
    /// Whether it is bad news.
    pub is_bad: bool,
}

/// A bar of a waterfall or of contributions.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Bar {
    /// What it is.
    pub(super) name: String,
    /// How much; its sign is its direction.
    pub(super) value: f64,
    /// The same for people.
    pub(super) text: String,
}

/// A column of a pipeline: a name under it, and amounts by band, worst first.
#[derive(Clone, Debug)]
pub(super) struct Column {
    /// What it is.
    pub(super) name: String,
    /// Amounts, not negative.
    pub(super) amounts: [f64; HealthBand::ALL.len()],
    /// The same for people.
    pub(super) text: String,
}

/// A number as a coordinate: finite, with one decimal.
struct At(f64);

impl std::fmt::Display for At {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.1}", if self.0.is_finite() { self.0 } else { 0.0 })
    }
}

/// Text inside markup.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn svg(class: &str, width: f64, height: f64, title: &str, inner: &str) -> String {
    let title = escaped(title);
    format!(
        "<svg class=\"chart {class}\" viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{title}\">\
         <title>{title}</title>{inner}</svg>",
        At(width),
        At(height)
    )
}

/// Writing to a string cannot fail.
macro_rules! put {
    ($out:expr, $($arg:tt)*) => {{ let _infallible = write!($out, $($arg)*); }};
}

/// How many accounts are in each band, worst first, as one bar.
pub(super) fn bands(counts: [usize; HealthBand::ALL.len()]) -> String {
    let total = counts.iter().sum::<usize>().max(1) as f64;
    let (mut inner, mut x) = (String::new(), 0.0);
    for (band, count) in HealthBand::ALL.into_iter().zip(counts) {
        let width = WIDTH * count as f64 / total;
        let name = band.name();
        put!(
            inner,
            "<rect class=\"fill-{name}\" x=\"{}\" y=\"0\" width=\"{}\" height=\"14\">\
             <title>{name}: {count}</title></rect>",
            At(x),
            At((width - 2.0).max(0.0))
        );
        x += width;
    }
    let [red, yellow, green] = counts;
    let title = format!("{red} accounts are red, {yellow} yellow and {green} green");
    svg("bands", WIDTH, 14.0, &title, &inner)
}

/// Health by day, 0 to 100, as a small line.
pub(super) fn sparkline(health: &[u8]) -> String {
    let (width, height) = (96.0, 24.0);
    let (Some(first), Some(last)) = (health.first(), health.last()) else { return String::new() };
    let step = width / health.len().saturating_sub(1).max(1) as f64;
    // The scale follows the line, yet small moves stay small: it spans 20 points at least.
    let (low, high) = (*health.iter().min().unwrap_or(first), *health.iter().max().unwrap_or(last));
    let span = f64::from(high - low).max(20.0);
    let middle = f64::midpoint(f64::from(low), f64::from(high));
    let y = |value: u8| height / 2.0 - (f64::from(value) - middle) / span * (height - 6.0);
    let points: Vec<_> = health
        .iter()
        .enumerate()
        .map(|(n, value)| format!("{},{}", At(n as f64 * step), At(y(*value))))
        .collect();
    let end = At(if health.len() > 1 { width } else { 0.0 });
    let inner = format!(
        "<polyline class=\"line\" points=\"{}\"/>\
         <circle class=\"dot\" cx=\"{end}\" cy=\"{}\" r=\"2\"/>",
        points.join(" "),
        At(y(*last))
    );
    let title = format!("health went from {first} to {last} in {} days", health.len());
    svg("spark", width + 4.0, height, &title, &inner)
}

/// Health over days, with the bounds of the bands and what happened.
pub(super) fn trend(
    health: &[f64],
    first: &str,
    last: &str,
    bounds: (f64, f64),
    marks: &[Mark],
) -> String {
    let (left, right, top, bottom) = (28.0, WIDTH - 8.0, 8.0, 150.0);
    let span = health.len().saturating_sub(1).max(1) as f64;
    let x = |day: f64| left + (right - left) * day / span;
    let y = |value: f64| bottom - (bottom - top) * value.clamp(0.0, 100.0) / 100.0;
    let mut inner = String::new();
    for value in [0.0, bounds.0, bounds.1, 100.0] {
        put!(
            inner,
            "<line class=\"grid\" x1=\"{}\" x2=\"{}\" y1=\"{2}\" y2=\"{2}\"/>\
             <text class=\"tick end\" x=\"{3}\" y=\"{4}\">{value:.0}</text>",
            At(left),
            At(right),
            At(y(value)),
            At(left - 6.0),
            At(y(value) + 4.0)
        );
    }
    for mark in marks.iter().filter(|mark| mark.day < health.len()) {
        put!(
            inner,
            "<g class=\"mark {}\"><title>{}</title><line x1=\"{2}\" x2=\"{2}\" y1=\"{3}\" \
             y2=\"{4}\"/><circle cx=\"{2}\" cy=\"{4}\" r=\"3\"/></g>",
            if mark.is_bad { "bad" } else { "good" },
            escaped(&mark.text),
            At(x(mark.day as f64)),
            At(top),
            At(bottom)
        );
    }
    let points: Vec<_> = (health.iter().enumerate())
        .map(|(day, value)| format!("{},{}", At(x(day as f64)), At(y(*value))))
        .collect();
    put!(inner, "<polyline class=\"line\" points=\"{}\"/>", points.join(" "));
    if let Some(value) = health.last() {
        let (cx, cy) = (At(x(health.len() as f64 - 1.0)), At(y(*value)));
        put!(inner, "<circle class=\"dot\" cx=\"{cx}\" cy=\"{cy}\" r=\"3.5\"/>");
    }
    put!(
        inner,
        "<text class=\"tick\" x=\"{}\" y=\"170\">{}</text>\
         <text class=\"tick end\" x=\"{}\" y=\"170\">{}</text>",
        At(left),
        escaped(first),
        At(right),
        escaped(last)
    );
    let ends = health.first().zip(health.last());
    let title = ends.map_or_else(
        || "no health is known yet".to_owned(),
        |(from, to)| format!("health from {first} ({}) to {last} ({})", At(*from), At(*to)),
    );
    svg("trend", WIDTH, 176.0, &title, &inner)
}

/// From one score to another, step by step.
pub(super) fn waterfall(before: f64, steps: &[Bar], after: f64) -> String {
    let mut ends = vec![before];
    ends.extend(steps.iter().scan(before, |sum, step| {
        *sum += step.value;
        Some(*sum)
    }));
    let all = || ends.iter().copied().chain([after]);
    let low = (all().fold(100.0, f64::min) - 3.0).max(0.0);
    let high = (all().fold(0.0, f64::max) + 3.0).max(low + 1.0);
    let x =
        |value: f64| BARS.0 + (BARS.1 - BARS.0) * ((value - low) / (high - low)).clamp(0.0, 1.0);
    let mut inner = String::new();
    row(&mut inner, 0, "before", &format!("{before:.1}"), "total", (BARS.0, x(before)));
    for (n, step) in steps.iter().enumerate() {
        let class = if step.value < 0.0 { "down" } else { "up" };
        let (from, to) = (x(ends[n]), x(ends[n + 1]));
        row(&mut inner, n + 1, &step.name, &step.text, class, (from.min(to), from.max(to)));
    }
    let last = steps.len() + 1;
    row(&mut inner, last, "now", &format!("{after:.1}"), "total", (BARS.0, x(after)));
    let title = format!("health went from {before:.1} to {after:.1} in {} steps", steps.len());
    svg("waterfall", ROWS_WIDTH, (last + 1) as f64 * ROW, &title, &inner)
}

/// What adds to a sum and what takes from it, as bars to both sides of a middle.
pub(super) fn contributions(title: &str, bars: &[Bar]) -> String {
    let largest = bars.iter().map(|bar| bar.value.abs()).fold(0.1, f64::max);
    let middle = f64::midpoint(BARS.0, BARS.1);
    let mut inner = String::new();
    for (n, bar) in bars.iter().enumerate() {
        let end = middle + (BARS.1 - middle) * (bar.value / largest).clamp(-1.0, 1.0);
        let class = if bar.value < 0.0 { "up" } else { "down" };
        row(&mut inner, n, &bar.name, &bar.text, class, (middle.min(end), middle.max(end)));
    }
    let height = bars.len().max(1) as f64 * ROW;
    put!(
        inner,
        "<line class=\"axis\" x1=\"{0}\" x2=\"{0}\" y1=\"0\" y2=\"{1}\"/>",
        At(middle),
        At(height)
    );
    svg("contributions", ROWS_WIDTH, height, title, &inner)
}

fn row(out: &mut String, n: usize, name: &str, text: &str, class: &str, (from, to): (f64, f64)) {
    let y = n as f64 * ROW;
    put!(
        out,
        "<g class=\"row {class}\"><text class=\"name\" x=\"0\" y=\"{0}\">{1}</text>\
         <rect x=\"{2}\" y=\"{3}\" width=\"{4}\" height=\"14\" rx=\"2\"/>\
         <text class=\"value end\" x=\"{5}\" y=\"{0}\">{6}</text></g>",
        At(y + 17.0),
        escaped(name),
        At(from),
        At(y + 6.0),
        At((to - from).max(1.5)),
        At(ROWS_WIDTH),
        escaped(text)
    );
}

/// Amounts by column, stacked by band.
pub(super) fn pipeline(title: &str, columns: &[Column]) -> String {
    let (bottom, top) = (150.0, 14.0);
    let sum = |column: &Column| column.amounts.iter().sum::<f64>();
    let largest = columns.iter().map(sum).fold(1.0, f64::max);
    let width = WIDTH / columns.len().max(1) as f64;
    let mut inner = String::new();
    for (n, column) in columns.iter().enumerate() {
        let x = n as f64 * width;
        put!(inner, "<g><title>{}: {}</title>", escaped(&column.name), escaped(&column.text));
        let mut y = bottom;
        for (band, amount) in HealthBand::ALL.into_iter().zip(column.amounts) {
            let height = (bottom - top) * (amount / largest).clamp(0.0, 1.0);
            y -= height;
            put!(
                inner,
                "<rect class=\"fill-{}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>",
                band.name(),
                At(x + 3.0),
                At(y),
                At((width - 6.0).max(1.0)),
                At((height - 1.0).max(0.0))
            );
        }
        put!(
            inner,
            "<text class=\"tick mid\" x=\"{}\" y=\"168\">{}</text></g>",
            At(x + width / 2.0),
            escaped(&column.name)
        );
    }
    put!(
        inner,
        "<line class=\"axis\" x1=\"0\" x2=\"{0}\" y1=\"{1}\" y2=\"{1}\"/>",
        At(WIDTH),
        At(bottom)
    );
    svg("pipeline", WIDTH, 176.0, title, &inner)
}

/// A value beside the target that it should reach, on a scale from `low` to `high`.
pub(super) fn bullet(
    title: &str,
    value: f64,
    target: f64,
    (low, high): (f64, f64),
    is_met: bool,
) -> String {
    let width = 240.0;
    let x = |value: f64| width * ((value - low) / (high - low)).clamp(0.0, 1.0);
    let inner = format!(
        "<rect class=\"track\" x=\"0\" y=\"4\" width=\"{}\" height=\"8\" rx=\"2\"/>\
         <rect class=\"{}\" x=\"0\" y=\"4\" width=\"{}\" height=\"8\" rx=\"2\"/>\
         <line class=\"target\" x1=\"{3}\" x2=\"{3}\" y1=\"0\" y2=\"16\"/>",
        At(width),
        if is_met { "met" } else { "missed" },
        At(x(value)),
        At(x(target))
    );
    svg("bullet", width, 16.0, title, &inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn numbers(svg: &str, attribute: &str) -> Vec<f64> {
        let before = format!(" {attribute}=\"");
        let parts = svg.split(before.as_str()).skip(1);
        parts.map(|part| part.split('"').next().unwrap().parse().unwrap()).collect()
    }

    proptest! {
        #[test]
        fn what_is_drawn_lies_in_the_picture(
            before in 0.0..100.0_f64,
            moves in proptest::collection::vec(-30.0..30.0_f64, 0..8),
            health in proptest::collection::vec(proptest::num::f64::ANY, 0..90),
            amounts in proptest::collection::vec(proptest::array::uniform3(0.0..1e9_f64), 0..13),
        ) {
            let bar = |value: &f64| Bar { name: "P1".into(), value: *value, text: "x".into() };
            let bars: Vec<_> = moves.iter().map(bar).collect();
            let after = before + moves.iter().sum::<f64>();
            let column = |amounts: &[f64; 3]| {
                Column { name: "w".into(), amounts: *amounts, text: "x".into() }
            };
            let columns: Vec<_> = amounts.iter().map(column).collect();
            for svg in [
                waterfall(before, &bars, after),
                contributions("of churn", &bars),
                trend(&health, "a", "b", (70.0, 90.0), &[]),
                pipeline("renewals", &columns),
            ] {
                for name in ["x", "x1", "x2", "cx", "width", "height", "y"] {
                    for number in numbers(&svg, name) {
                        prop_assert!((-0.1..=WIDTH + 0.1).contains(&number), "{name} {svg}");
                    }
                }
                prop_assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
            }
        }
    }

    #[test]
    fn hostile_text_stays_text() {
        let bar = Bar { name: "<b>".into(), value: 1.0, text: "\"'&".into() };
        let svg = contributions("<script>", &[bar]);
        assert!(!svg.contains("<b>") && !svg.contains("<script>"), "{svg}");
        assert!(svg.contains("&lt;b&gt;") && svg.contains("&quot;'&amp;"), "{svg}");
    }

    #[test]
    fn a_line_of_one_day_and_of_none() {
        assert_eq!(sparkline(&[]), "");
        assert!(sparkline(&[50]).contains("from 50 to 50 in 1 days"));
    }
}
