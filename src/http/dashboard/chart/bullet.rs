//! Bars of one figure: how much of a whole it is, and where its target lies.
//!
//! The figure and the target stand beside the bar as text; bars of several parts are `stack.rs`.

use super::{Svg, line, rect, share};

const WIDTH: f64 = 100.0;
const HEIGHT: f64 = 8.0;

/// A figure between 0 and `most`, with a mark at its target, which it meets or misses.
pub fn bullet(value: Option<f64>, target: f64, most: f64, is_met: bool) -> Svg {
    let mut body = rect("track", (0.0, 0.0), (WIDTH, HEIGHT));
    if let Some(value) = value {
        let class = if is_met { "fill met" } else { "fill missed" };
        body += &rect(class, (0.0, 0.0), (share(value, most) * WIDTH, HEIGHT));
    }
    let x = share(target, most) * WIDTH;
    body += &line("target", (x, 0.0), (x, HEIGHT));
    Svg::decoration((WIDTH, HEIGHT), "bullet", &body)
}

/// A share of 1, in a cell of a table. `class` is a band or nothing.
pub fn meter(part: f64, class: &str) -> Svg {
    let fill = match class {
        "green" => "fill green",
        "yellow" => "fill yellow",
        "red" => "fill red",
        _ => "fill",
    };
    let body = rect("track", (0.0, 0.0), (WIDTH, HEIGHT))
        + &rect(fill, (0.0, 0.0), (share(part, 1.0) * WIDTH, HEIGHT));
    Svg::decoration((WIDTH, HEIGHT), "meter", &body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::dashboard::chart::checks::{is_inside, numbers};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn they_stay_inside(value in proptest::num::f64::ANY, target in proptest::num::f64::ANY) {
            is_inside(&bullet(Some(value), target, 100.0, true));
            is_inside(&bullet(None, target, value, false));
            is_inside(&meter(value, "red"));
        }
    }

    #[test]
    fn a_bar_is_as_long_as_its_figure() {
        assert_eq!(numbers(&bullet(Some(60.0), 45.0, 120.0, false), "width"), [100.0, 50.0]);
        assert!(bullet(Some(60.0), 45.0, 90.0, false).to_string().contains("missed"));
        assert!(bullet(Some(60.0), 45.0, 90.0, true).to_string().contains("met"));
        assert_eq!(numbers(&meter(0.25, ""), "width"), [100.0, 25.0]);
    }
}
