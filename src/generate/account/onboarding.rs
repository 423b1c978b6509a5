//! The first weeks of a customer: kickoff, training, integration, first use case, first value.
//!
//! What comes later is in `outcomes.rs` and `relationship.rs`.

use super::contract::Contract;
use super::identity::Identity;
use super::state::State;
use super::today::Today;
use crate::generate::body::Body;
use crate::generate::chance::Chance;
use crate::generate::names::{COURSES, USE_CASES};

/// On which day of its life a customer reaches what; a slow one much later.
#[derive(Debug)]
pub(super) struct Onboarding {
    kickoff: i32,
    training: i32,
    integration: i32,
    use_case: i32,
    first_value: i32,
}

impl Onboarding {
    pub(super) fn draw(who: &Identity, chance: &mut Chance) -> Self {
        let slow = chance.around(who.by_segment([0.8, 1.0, 1.3, 1.4]), 0.3);
        let mut day = |low: f64, high: f64| (chance.between(low, high) * slow) as i32;
        Self {
            kickoff: day(2.0, 7.0).max(1),
            training: day(8.0, 20.0),
            integration: day(10.0, 30.0),
            use_case: day(9.0, 26.0),
            first_value: day(12.0, 40.0),
        }
    }

    pub(super) fn day(&mut self, today: &mut Today<'_>, state: &State, contract: &Contract) {
        let age = today.age_days;
        if age > 365 {
            return;
        }
        let at = today.office();
        if age == self.kickoff {
            today.send(at, &Body::KickoffHeld);
        }
        if age == self.training || (age == self.training + 9 && contract.seats > 10) {
            let course = COURSES[usize::from(age != self.training)];
            today.send(at, &Body::TrainingCompleted { course });
        }
        if let Some(integration) = today.who.integration.filter(|_| age == self.integration) {
            today.send(at, &Body::IntegrationDeployed { integration });
        }
        if age == self.use_case {
            let use_case = USE_CASES[today.who.number as usize % USE_CASES.len()];
            today.send(at, &Body::UseCaseActivated { use_case });
        }
        if age == self.first_value {
            // Where little is to be had, the first benefit comes late.
            if state.value > 0.4 {
                today.send(at, &Body::FirstValue);
            } else {
                self.first_value += 15;
            }
        }
    }
}
