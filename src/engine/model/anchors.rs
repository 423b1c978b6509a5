//! Anchors: the piecewise linear curves by which measures become points.
//!
//! Which curve belongs to which metric is said by `health.rs` and the model file.

use serde::Deserialize;

/// `pwl` of `scoring.md` §1: straight lines between points `(x, y)` with rising x, constant
/// outside.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(transparent)]
pub struct Anchors(Vec<(f64, f64)>);

impl Anchors {
    /// The curve through these points; [`Anchors::problem`] says whether they make one.
    pub const fn new(points: Vec<(f64, f64)>) -> Self {
        Self(points)
    }

    /// The height at `x`.
    pub fn at(&self, x: f64) -> f64 {
        let (mut left_x, mut left_y) = match self.0.first() {
            Some(&(first_x, first_y)) if x > first_x => (first_x, first_y),
            Some(&(_, first_y)) => return first_y,
            None => return 0.0,
        };
        for &(right_x, right_y) in &self.0[1..] {
            if x <= right_x {
                return left_y + (right_y - left_y) * (x - left_x) / (right_x - left_x);
            }
            (left_x, left_y) = (right_x, right_y);
        }
        left_y
    }

    /// What is wrong with them as a curve to `0..=y_max`.
    pub fn problem(&self, y_max: f64) -> Option<String> {
        if self.0.is_empty() {
            return Some("at least one [x, y] is needed".to_owned());
        }
        let mut previous = f64::NEG_INFINITY;
        for &(x, y) in &self.0 {
            if !x.is_finite() || !y.is_finite() {
                return Some(format!("[{x}, {y}] must be finite numbers"));
            }
            if x <= previous {
                return Some(format!("x must rise: {x} stands after {previous}"));
            }
            if !(0.0..=y_max).contains(&y) {
                return Some(format!("y must lie between 0 and {y_max}: {y}"));
            }
            previous = x;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_straight_between_and_constant_outside() {
        let curve = Anchors::new(vec![(0.0, 0.0), (1.0, 50.0), (3.0, 90.0)]);
        for (x, y) in [(-1.0, 0.0), (0.0, 0.0), (0.5, 25.0), (1.0, 50.0), (2.0, 70.0), (9.0, 90.0)]
        {
            assert!((curve.at(x) - y).abs() < 1e-12, "{x}");
        }
    }

    #[test]
    fn names_what_makes_no_curve() {
        let problem = |points| Anchors::new(points).problem(100.0).unwrap_or_default();
        assert!(problem(vec![]).contains("at least one"));
        assert!(problem(vec![(1.0, 0.0), (1.0, 5.0)]).contains("must rise"));
        assert!(problem(vec![(0.0, 101.0)]).contains("between 0 and 100"));
        assert!(problem(vec![(f64::NAN, 1.0)]).contains("finite"));
        assert_eq!(problem(vec![(0.0, 1.0)]), "");
    }
}
