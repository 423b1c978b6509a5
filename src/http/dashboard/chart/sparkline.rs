//! A line without axes: how health went, in a cell of a table.
//!
//! The line with axes and events is `trend.rs`.

use super::{Svg, dot, polyline};

const WIDTH: f64 = 96.0;
const HEIGHT: f64 = 24.0;
/// Free of the line above and below, so that its width stays inside.
const EDGE: f64 = 3.0;
/// Scores closer than this lie flat: noise is not drawn as a mountain.
const SPAN_MIN: f64 = 12.0;

/// Health by day, oldest first, with its last value marked.
pub fn sparkline(days: &[u8]) -> Svg {
    let (Some(first), Some(last)) = (days.first(), days.last()) else {
        return Svg::strip((WIDTH, HEIGHT), "spark", "no health yet", "");
    };
    let low = f64::from(days.iter().copied().min().unwrap_or_default());
    let high = f64::from(days.iter().copied().max().unwrap_or_default());
    let span = (high - low).max(SPAN_MIN);
    let base = (low + high - span) / 2.0;
    let step = (WIDTH - 2.0 * EDGE) / (days.len().max(2) - 1) as f64;
    let y = |score: u8| HEIGHT - EDGE - (f64::from(score) - base) / span * (HEIGHT - 2.0 * EDGE);
    let places: Vec<_> =
        (days.iter().enumerate()).map(|(n, score)| (EDGE + n as f64 * step, y(*score))).collect();
    let end = (EDGE + (days.len() - 1) as f64 * step, y(*last));
    let body = polyline(places.into_iter()) + &dot(end, 2.0);
    let n = days.len();
    let label = match n {
        1 => format!("health {last}, first day"),
        _ => format!("health over {n} days: from {first} to {last}, between {low} and {high}"),
    };
    let svg = format!(
        "<svg class=\"spark\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" \
         aria-label=\"{label}\">{body}</svg>"
    );
    Svg(svg)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::dashboard::chart::checks::is_inside;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_stays_inside(days in proptest::collection::vec(0_u8..=100, 0..40)) {
            is_inside(&sparkline(&days));
        }
    }

    #[test]
    fn its_label_says_what_is_seen() {
        let svg = sparkline(&[80, 90, 70]).to_string();
        assert!(svg.contains("health over 3 days: from 80 to 70, between 70 and 90"), "{svg}");
    }
}
