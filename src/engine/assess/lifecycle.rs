//! Where an account stands in its life: its phase, and what onboarding has reached.
//!
//! The bounds and goals stand in the model file (`model/lifecycle.rs`).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::engine::account::Account;
use crate::engine::account::support::metrics::nps;
use crate::engine::account::usage::metrics::adoption;
use crate::engine::model::by_segment::SegmentModel;
use crate::engine::model::churn::ContractPosition;
use crate::engine::model::lifecycle::{Goal, Phases};
use crate::engine::time::Timestamp;

/// A phase of an account's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// It begins.
    Kickoff,
    /// People come to use it.
    Activation,
    /// It brings a first benefit.
    EarlyValue,
    /// It is used more and more.
    Adoption,
    /// The decision about the renewal is at most 90 days away.
    #[serde(rename = "renewal_90")]
    Renewal90,
    /// At most 60 days.
    #[serde(rename = "renewal_60")]
    Renewal60,
    /// At most 30 days, or overdue.
    #[serde(rename = "renewal_30")]
    Renewal30,
    /// It left.
    Churned,
    /// It left and came back.
    WonBack,
}

/// Where onboarding stands, goal by goal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Onboarding {
    /// Days to the first value.
    pub first_value: Progress,
    /// Distinct users ever active over seats.
    pub activation: Progress,
    /// Share of the core features in use.
    pub core_features: Progress,
    /// Net promoter score.
    pub nps: Progress,
    /// Outcomes documented, and an ROI at its target.
    pub wins: Progress,
}

/// How far a goal is reached.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// The figure, as far as it is known.
    pub value: Option<f64>,
    /// The figure to beat.
    pub target: f64,
    /// Whether it is beaten.
    pub is_met: bool,
    /// By when it is to be.
    pub due_at: Timestamp,
}

impl Phase {
    /// The phase of an account; nothing for one of which nothing is known.
    ///
    /// Onboarding comes before the renewal: an account that is three months old has other worries.
    pub fn of(model: &SegmentModel, account: &Account, now: Timestamp) -> Option<Self> {
        account.created_at()?;
        let phases = &model.lifecycle.phases;
        let contract = &account.commercial.contract;
        if contract.churned_at().is_some() {
            return Some(Phase::Churned);
        }
        let won_back = i64::from(phases.won_back_days);
        if contract.won_back_at().is_some_and(|at| now < at.plus_days(won_back)) {
            return Some(Phase::WonBack);
        }
        let renewal = || renewal_phase(model, account, now).unwrap_or(Phase::Adoption);
        Some(onboarding_phase(phases, account.age_days(now)).unwrap_or_else(renewal))
    }

    /// All phases, in the order of a life.
    pub const ALL: [Phase; 9] = [
        Phase::Kickoff,
        Phase::Activation,
        Phase::EarlyValue,
        Phase::Adoption,
        Phase::Renewal90,
        Phase::Renewal60,
        Phase::Renewal30,
        Phase::Churned,
        Phase::WonBack,
    ];

    /// The name as published.
    pub const fn name(self) -> &'static str {
        match self {
            Phase::Kickoff => "kickoff",
            Phase::Activation => "activation",
            Phase::EarlyValue => "early_value",
            Phase::Adoption => "adoption",
            Phase::Renewal90 => "renewal_90",
            Phase::Renewal60 => "renewal_60",
            Phase::Renewal30 => "renewal_30",
            Phase::Churned => "churned",
            Phase::WonBack => "won_back",
        }
    }
}

fn onboarding_phase(phases: &Phases, age_days: f64) -> Option<Phase> {
    match age_days.floor() {
        day if day <= f64::from(phases.kickoff_to_day) => Some(Phase::Kickoff),
        day if day <= f64::from(phases.activation_to_day) => Some(Phase::Activation),
        day if day <= f64::from(phases.early_value_to_day) => Some(Phase::EarlyValue),
        _ => None,
    }
}

/// The stage of the renewal, by the last day on which notice can be given.
fn renewal_phase(model: &SegmentModel, account: &Account, now: Timestamp) -> Option<Phase> {
    let days_left = account.notice_deadline()?.days_since(now);
    // Before the position is `renewal` the notice may have to be thought of already.
    match model.churn.position.of(account, now) {
        ContractPosition::Renewal | ContractPosition::OffCycle => match days_left {
            days if days <= 30.0 => Some(Phase::Renewal30),
            days if days <= 60.0 => Some(Phase::Renewal60),
            days if days <= 90.0 => Some(Phase::Renewal90),
            _ => None,
        },
        ContractPosition::Monthly | ContractPosition::Unknown => None,
    }
}

impl Onboarding {
    /// Where onboarding stands; nothing once it lies too far back.
    pub fn of(model: &SegmentModel, account: &Account, now: Timestamp) -> Option<Self> {
        let created_at = account.created_at()?;
        let goals = &model.lifecycle.onboarding;
        if account.age_days(now) > f64::from(goals.shown_to_day) {
            return None;
        }
        let progress = |goal: &Goal, value: Option<f64>, is_met: fn(f64, f64) -> bool| Progress {
            value,
            target: goal.target,
            is_met: value.is_some_and(|value| is_met(value, goal.target)),
            due_at: created_at.plus_days(i64::from(goal.due_days)),
        };
        let outcomes = &account.outcomes;
        let documented = outcomes.outcomes_documented.since(created_at.day()).len();
        let is_paid_back = outcomes.roi.get().is_some_and(|roi| roi.ratio() >= 1.0);
        let wins = documented + usize::from(is_paid_back);
        let first_value = outcomes.first_value_at.map(|first_at| first_at.days_since(created_at));
        let is_less = |value: f64, target: f64| value < target;
        let is_more = |value: f64, target: f64| value > target;
        Some(Self {
            first_value: progress(&goals.first_value, first_value, is_less),
            activation: progress(&goals.activation, activation(account), is_more),
            core_features: progress(
                &goals.core_features,
                adoption(account, &model.health, now),
                is_more,
            ),
            nps: progress(&goals.nps, nps(account, &model.health, now), is_more),
            wins: progress(&goals.wins, Some(wins as f64), |value, target| value >= target),
        })
    }

    /// The goals with their names as published.
    pub const fn goals(&self) -> [(&'static str, &Progress); 5] {
        [
            ("first_value", &self.first_value),
            ("activation", &self.activation),
            ("core_features", &self.core_features),
            ("nps", &self.nps),
            ("wins", &self.wins),
        ]
    }
}

/// Distinct users ever active (as far back as users are remembered: 384 days) over seats; nothing
/// without seats.
pub fn activation(account: &Account) -> Option<f64> {
    let seats = account.profile.said()?.seats?;
    Some(account.usage.users.total() / f64::from(seats))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::account::profile::Segment;
    use crate::engine::model::Model;

    #[test]
    fn onboarding_phases_end_with_their_last_whole_day() {
        let model = Model::default();
        let phases = &model.of(Segment::Smb).lifecycle.phases;
        for (age_days, phase) in [
            (-3.0, Some(Phase::Kickoff)),
            (7.99, Some(Phase::Kickoff)),
            (8.0, Some(Phase::Activation)),
            (30.99, Some(Phase::Activation)),
            (31.0, Some(Phase::EarlyValue)),
            (90.99, Some(Phase::EarlyValue)),
            (91.0, None),
        ] {
            assert_eq!(onboarding_phase(phases, age_days), phase, "{age_days}");
        }
    }

    #[test]
    fn of_an_account_without_events_nothing_is_said() {
        let (model, account) = (Model::default(), Account::default());
        let sections = model.of(Segment::Smb);
        let now = Timestamp::default();
        assert_eq!(Phase::of(sections, &account, now), None);
        assert_eq!(Onboarding::of(sections, &account, now), None);
        assert_eq!(activation(&account), None);
    }

    #[test]
    fn published_names_are_those_of_the_enum() {
        for phase in [Phase::Kickoff, Phase::EarlyValue, Phase::Renewal90, Phase::WonBack] {
            let written = serde_json::to_value(phase).expect("a name");
            assert_eq!(written, phase.name());
        }
    }
}
