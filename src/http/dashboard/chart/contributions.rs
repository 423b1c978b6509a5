//! What makes a customer likely to leave or to stay: a bar to either side for each reason.
//!
//! Each bar is a small image in a row of a table; the figures beside it are text.

use super::{Svg, finite, line, rect, share};

const WIDTH: f64 = 200.0;
const HEIGHT: f64 = 10.0;

/// The bars of so many contributions to the log-odds, all on one scale around zero.
pub fn contributions(log_odds: &[f64]) -> Vec<Svg> {
    let most = log_odds.iter().map(|it| finite(*it)).fold(0.0, f64::max);
    let least = log_odds.iter().map(|it| finite(*it)).fold(0.0, f64::min);
    let span = finite(most - least);
    let x = |value: f64| share(finite(value - least), span) * WIDTH;
    let zero = x(0.0);
    let bar = |value: &f64| {
        let value = finite(*value);
        let (class, left, right) =
            if value > 0.0 { ("worse", zero, x(value)) } else { ("better", x(value), zero) };
        let bar = rect(class, (left, 1.0), ((right - left).max(0.0), HEIGHT - 2.0));
        let axis = line("axis", (zero, 0.0), (zero, HEIGHT));
        Svg::decoration((WIDTH, HEIGHT), "diverging", &format!("{bar}{axis}"))
    };
    log_odds.iter().map(bar).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::dashboard::chart::checks::{is_inside, numbers};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn they_stay_inside(
            log_odds in proptest::collection::vec(proptest::num::f64::ANY, 0..20),
        ) {
            for svg in contributions(&log_odds) {
                is_inside(&svg);
            }
        }
    }

    #[test]
    fn bars_have_one_scale_and_meet_at_zero() {
        let bars = contributions(&[1.5, -0.5]);
        assert_eq!((numbers(&bars[0], "x"), numbers(&bars[0], "width")), (vec![50.0], vec![150.0]));
        assert_eq!((numbers(&bars[1], "x"), numbers(&bars[1], "width")), (vec![0.0], vec![50.0]));
    }
}
