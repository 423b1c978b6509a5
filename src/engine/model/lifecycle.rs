//! The part of the model file about an account's life: its phases, and what onboarding is to reach.
//!
//! Where an account stands in them is computed in `assess/lifecycle.rs`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::problems::Problems;

/// The `lifecycle` section.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct Lifecycle {
    /// The phases.
    pub phases: Phases,
    /// What is to be reached, and by when.
    pub onboarding: OnboardingGoals,
}

/// When one phase follows the other.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct Phases {
    /// The last whole day of age in `kickoff`, in `activation` and in `early_value`.
    #[schemars(range(min = 0, max = 3650))]
    pub kickoff_to_day: u16,
    /// See `kickoff_to_day`.
    #[schemars(range(min = 0, max = 3650))]
    pub activation_to_day: u16,
    /// See `kickoff_to_day`.
    #[schemars(range(min = 0, max = 3650))]
    pub early_value_to_day: u16,
    /// How long an account that came back is called so.
    #[schemars(range(min = 0, max = 3650))]
    pub won_back_days: u16,
}

/// What onboarding is to reach.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct OnboardingGoals {
    /// So many days after the account began its goals are published for the last time.
    #[schemars(range(min = 0, max = 370))]
    pub shown_to_day: u16,
    /// Days from the beginning to the first value: fewer than this.
    pub first_value: Goal,
    /// Distinct users ever active over seats: more than this.
    pub activation: Goal,
    /// Share of the features that P2 is about: more than this.
    pub core_features: Goal,
    /// NPS, -100 to 100: more than this.
    pub nps: Goal,
    /// Outcomes documented, and one more when the ROI is at its target: at least so many.
    pub wins: Goal,
}

/// A goal: a figure and by when.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct Goal {
    /// The figure to beat; the goals say in which direction.
    #[schemars(range(min = -100, max = 3650))]
    pub target: f64,
    /// Due so many days after the account began.
    #[schemars(range(min = 0, max = 3650))]
    pub due_days: u16,
}

impl Lifecycle {
    /// Says everything that reads well and means nothing.
    pub(super) fn check(&self, problems: &mut Problems) {
        let Phases { kickoff_to_day, activation_to_day, early_value_to_day, .. } = self.phases;
        if activation_to_day <= kickoff_to_day {
            let path = ["lifecycle", "phases", "activation_to_day"];
            problems.say(&path, "must be more than kickoff_to_day");
        }
        if early_value_to_day <= activation_to_day {
            let path = ["lifecycle", "phases", "early_value_to_day"];
            problems.say(&path, "must be more than activation_to_day");
        }
    }
}
