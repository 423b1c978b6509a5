//! Anchors: the piecewise linear curves by which measures become points.
//!
//! Which curve belongs to which metric is said by `health.rs` and the model file.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

use super::form::RISING;

/// `pwl` of `scoring.md` §1: straight lines between points `(x, y)` with rising x, constant
/// outside. Points lie between 0 and `TOP`: 100 of a metric, 1 of a churn signal.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(transparent)]
pub struct Anchors<const TOP: u8 = 100>(Vec<(f64, f64)>);

impl<const TOP: u8> Anchors<TOP> {
    /// The curve through these points, of which there is one and whose x rise.
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
}

impl<const TOP: u8> JsonSchema for Anchors<TOP> {
    fn schema_name() -> Cow<'static, str> {
        format!("Anchors{TOP}").into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "array",
            "items": {
                "type": "array",
                "items": [
                    { "type": "number" },
                    { "type": "number", "minimum": 0, "maximum": TOP },
                ],
                "minItems": 2,
                "maxItems": 2,
            },
            "minItems": 1,
            RISING: true,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_straight_between_and_constant_outside() {
        let curve = <Anchors>::new(vec![(0.0, 0.0), (1.0, 50.0), (3.0, 90.0)]);
        for (x, y) in [(-1.0, 0.0), (0.0, 0.0), (0.5, 25.0), (1.0, 50.0), (2.0, 70.0), (9.0, 90.0)]
        {
            assert!((curve.at(x) - y).abs() < 1e-12, "{x}");
        }
    }
}
