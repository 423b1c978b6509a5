//! A fold: the sum of the shares of some accounts, to which a share is added or taken from.
//!
//! What is summed is said in `portfolio.rs`, `work.rs` and `outcomes.rs`; which accounts make a
//! group, in `groups.rs`.

use super::Figures;
use super::outcomes::OutcomesFold;
use super::portfolio::PortfolioFold;
use super::share::Share;
use super::work::WorkFold;

/// The sum of the shares of some accounts.
///
/// Everything is an integer: a share that is added and taken away again leaves no trace, whatever
/// happened in between.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fold {
    shares: i64,
    portfolio: PortfolioFold,
    work: WorkFold,
    outcomes: OutcomesFold,
}

impl Fold {
    /// Adds what an account brings.
    pub fn add(&mut self, share: &Share) {
        self.change(1, share);
    }

    /// Takes away what an account brought: the very share that was added.
    pub fn subtract(&mut self, share: &Share) {
        self.change(-1, share);
    }

    fn change(&mut self, sign: i64, share: &Share) {
        self.shares += sign;
        self.portfolio.change(sign, share);
        self.work.change(sign, &share.done);
        self.outcomes.change(sign, share);
    }

    /// Whether no account brings anything, not even one that left.
    pub const fn is_empty(&self) -> bool {
        self.shares <= 0
    }

    pub(super) fn figures(&self) -> Figures {
        Figures {
            portfolio: self.portfolio.figures(),
            activity: self.work.activity(),
            outcomes: self.outcomes.figures(&self.portfolio),
            operations: self.work.operations(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::option::of;
    use proptest::prelude::*;

    use super::*;
    use crate::engine::account::profile::Segment;
    use crate::engine::model::churn::ChurnBand;
    use crate::engine::model::health::HealthBand;
    use crate::engine::output::work::{NpsFigures, StepCounts};
    use crate::engine::time::Day;
    use crate::view::figures::parents::ParentFold;
    use crate::view::figures::share::{Done, Retained, Standing, Term, Year};

    fn standing() -> impl Strategy<Value = Standing> {
        let terms = [None, Some(Term::Overdue), Some(Term::Within30), Some(Term::Within90)];
        let churn = [ChurnBand::Low, ChurnBand::Moderate, ChurnBand::High, ChurnBand::Critical];
        let health = (0_u32..=100_000, prop::sample::select(HealthBand::ALL.to_vec()));
        let parts = (
            of(any::<i64>()),
            of(health),
            prop::sample::select(churn.to_vec()),
            prop::sample::select(terms.to_vec()),
            of(1_i64..1_000_000_000_000),
            any::<bool>(),
        );
        parts.prop_map(|(arr_cents, health, churn_band, term, load, is_covered)| Standing {
            arr_cents,
            currency: arr_cents.map(|cents| if cents % 2 == 0 { "USD" } else { "EUR" }.into()),
            health,
            churn_band,
            term,
            load,
            is_covered,
        })
    }

    fn done() -> impl Strategy<Value = Done> {
        (any::<[u32; 11]>(), vec(0_u32..20, 0..8)).prop_map(|(n, secs)| Done {
            touchpoints_week: n[0],
            touchpoints_month: n[1],
            reviews: n[2],
            plans_updated: n[3],
            expansions: n[4],
            advocacy: n[5],
            mitigations_open: n[6],
            response_secs: secs.into(),
            steps: StepCounts { due: n[7], in_time: n[8] },
            csat: (n[9], n[10]),
            nps: NpsFigures { promoters: n[0], passives: n[3], detractors: n[9] },
        })
    }

    fn year() -> impl Strategy<Value = Year> {
        let secs = vec(0_u32..20, 0..8);
        let ends = vec((0..13, any::<[u32; 3]>()), 0..4);
        let end = |(month, [promoters, passives, detractors]): (i32, [u32; 3])| {
            (Day::from_number(30 * month), NpsFigures { promoters, passives, detractors })
        };
        let ends = ends.prop_map(move |all| all.into_iter().map(end).collect());
        let parts = (of(any::<(i64, i64)>()), any::<[i64; 3]>(), any::<[u32; 3]>(), secs, ends);
        parts.prop_map(|(arr, [before, kept, after], [n, renewed, expanded], secs, ends)| Year {
            nps_month_ends: ends,
            arr,
            due: Retained { n, before, kept, after },
            renewed,
            expanded,
            first_value_secs: secs.first().copied(),
            cycle_secs: secs.into(),
        })
    }

    fn shares() -> impl Strategy<Value = Vec<Share>> {
        let share = (0_u8..4, of(standing()), done(), year());
        let share = share.prop_map(|(who, standing, done, year)| Share {
            account_id: "".into(),
            csm: ["zoe", "max", "ida", ""][usize::from(who)].into(),
            segment: Segment::ALL[usize::from(who)],
            parent: None,
            standing,
            done,
            year,
        });
        let number =
            |(n, share): (usize, Share)| Share { account_id: n.to_string().into(), ..share };
        vec(share, 0..12).prop_map(move |all| all.into_iter().enumerate().map(number).collect())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn what_is_added_and_taken_away_leaves_no_trace(
            (kept, gone) in (shares(), shares()), order in any::<u64>(),
        ) {
            let (mut fold, mut wanted) = (Fold::default(), Fold::default());
            let (mut parent, mut wanted_parent) = (ParentFold::default(), ParentFold::default());
            let gone: Vec<_> = gone
                .into_iter()
                .map(|it| Share { account_id: format!("gone-{}", it.account_id).into(), ..it })
                .collect();
            for share in &kept {
                wanted.add(share);
                wanted_parent.add(share);
            }
            // The other way round, with the others before, between or after.
            for (n, share) in kept.iter().rev().chain(&gone).enumerate() {
                fold.add(share);
                parent.add(share);
                if order >> (n % 64) & 1 == 1 {
                    fold.subtract(share);
                    fold.add(share);
                }
            }
            for share in &gone {
                fold.subtract(share);
                parent.subtract(share);
            }
            prop_assert_eq!(&fold, &wanted);
            prop_assert_eq!(Figures::of(&fold), Figures::of(&wanted));
            prop_assert_eq!(&parent, &wanted_parent);
            for share in &kept {
                fold.subtract(share);
                parent.subtract(share);
            }
            prop_assert_eq!(fold, Fold::default());
            prop_assert_eq!(parent, ParentFold::default());
        }
    }
}
