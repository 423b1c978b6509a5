//! Health in whole thousandths of a point, shared out among the metrics so that nothing is left.
//!
//! Before rounding, the shares are the contributions of the assessment (`assess.rs`).

use crate::engine::account::workflow::said::{MILLI, SaidMetrics};
use crate::engine::assess::Assessment;
use crate::engine::metric::METRICS;

/// The metrics of an assessment as they are published.
///
/// Their points are whole numbers that add up to the published health, so that the changes from
/// one publication to the next add up to its change, to the last decimal.
pub(super) fn of(assessment: &Assessment) -> SaidMetrics {
    let total = (assessment.health_score * f64::from(MILLI)).round() as u32;
    if assessment.is_no_data {
        SaidMetrics::new(&assessment.metrics, [0; METRICS], total)
    } else {
        let points = shared_out(total, &assessment.contributions);
        SaidMetrics::new(&assessment.metrics, points, 0)
    }
}

/// Shares `total` out in proportion to `parts`: what rounding down leaves goes to the largest
/// remainders, of equal ones to the first. All is 0 when the parts are.
fn shared_out(total: u32, parts: &[Option<f64>; METRICS]) -> [u32; METRICS] {
    let sum: f64 = parts.iter().flatten().sum();
    let mut shares = [0; METRICS];
    if sum <= 0.0 {
        return shares;
    }
    let quotas = parts.map(|part| part.unwrap_or(0.0) * f64::from(total) / sum);
    let mut left = total;
    for (share, quota) in shares.iter_mut().zip(quotas) {
        *share = (quota.floor() as u32).min(left);
        left -= *share;
    }
    let mut by_remainder: [usize; METRICS] = std::array::from_fn(|index| index);
    by_remainder.sort_by(|a, b| quotas[*b].fract().total_cmp(&quotas[*a].fract()));
    for index in by_remainder.into_iter().take(left as usize) {
        shares[index] += 1;
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parts() -> impl Strategy<Value = [Option<f64>; METRICS]> {
        prop::array::uniform25(prop::option::of(prop_oneof![Just(0.0), 0.0..4.0_f64]))
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn nothing_is_left_and_each_share_is_its_part(parts in parts()) {
            let sum: f64 = parts.iter().flatten().sum();
            let total = ((sum * 10.0 + 0.5).floor() * 100.0) as u32;
            let shares = shared_out(total, &parts);
            prop_assert_eq!(shares.iter().sum::<u32>(), if sum > 0.0 { total } else { 0 });
            for (share, part) in shares.iter().zip(parts) {
                let exact = part.unwrap_or(0.0) * 1000.0;
                // The rounding of health itself, 0.05 points, is shared out as well.
                prop_assert!((f64::from(*share) - exact).abs() <= 51.0, "{share} is not {exact}");
                prop_assert!(part.is_some() || *share == 0, "what does not exist has no share");
            }
        }
    }

    #[test]
    fn equal_remainders_go_to_the_first() {
        let mut parts = [None; METRICS];
        parts[3] = Some(1.0);
        parts[7] = Some(1.0);
        parts[9] = Some(1.0);
        let shares = shared_out(100, &parts);
        assert_eq!((shares[3], shares[7], shares[9]), (34, 33, 33));
    }
}
