//! The outcomes facet: what the customer got out of the product.
//!
//! Success plans as documents are the business of `report/`.

use serde::{Deserialize, Serialize};

use crate::engine::event::{Nothing, event_types};
use crate::engine::field::{Finite, Id, Positive, Str};
use crate::engine::id::IdKey;
use crate::engine::stamp::Moment;
use crate::engine::time::Timestamp;

use super::fact::Fact;
use super::feed::Feed;

// Events

event_types! {
    /// The types of `cs.outcomes`.
    pub enum Event in "cs.outcomes" {
        /// The return on the investment was measured.
        "roi_reported" => RoiReported(RoiReported),
        /// A key figure of the customer was measured.
        "kpi" => Kpi(Kpi<'a>),
        /// The customer had a first benefit.
        "first_value" => FirstValue(Nothing),
        /// A use case went live.
        "use_case_activated" => UseCaseActivated(UseCase<'a>),
        /// A use case was given up.
        "use_case_retired" => UseCaseRetired(UseCase<'a>),
        /// An integration went live.
        "integration_deployed" => IntegrationDeployed(Integration<'a>),
        /// A milestone has a date; the last one counts.
        "milestone_planned" => MilestonePlanned(MilestonePlanned<'a>),
        /// A milestone was reached; the first one counts.
        "milestone_completed" => MilestoneCompleted(MilestoneCompleted<'a>),
        /// A project is late.
        "project_delayed" => ProjectDelayed(ProjectDelayed<'a>),
        /// The customer set an objective.
        "objective_set" => ObjectiveSet(ObjectiveSet<'a>),
        /// A result was written down.
        "outcome_documented" => OutcomeDocumented(OutcomeDocumented<'a>),
        /// The success plan changed.
        "success_plan_updated" => SuccessPlanUpdated(SuccessPlanUpdated<'a>),
    }
}

/// Fields of `roi_reported`, in one unit of the customer's choice.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
pub struct RoiReported {
    /// What was gained.
    pub realized: Finite,
    /// What was aimed at.
    pub target: Positive,
}

/// Fields of `kpi`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Kpi<'a> {
    /// Which figure.
    #[serde(borrow)]
    pub kpi_id: Id<'a>,
    /// What was reached.
    pub actual: Finite,
    /// What was aimed at.
    pub target: Positive,
}

/// Fields of `use_case_activated` and `use_case_retired`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct UseCase<'a> {
    /// Which use case.
    #[serde(borrow)]
    pub use_case: Id<'a>,
}

/// Fields of `integration_deployed`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Integration<'a> {
    /// Which integration.
    #[serde(borrow)]
    pub integration: Option<Str<'a>>,
}

/// Fields of `milestone_planned`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct MilestonePlanned<'a> {
    /// Which milestone.
    #[serde(borrow)]
    pub milestone_id: Id<'a>,
    /// By when.
    pub due: Timestamp,
}

/// Fields of `milestone_completed`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct MilestoneCompleted<'a> {
    /// Which milestone.
    #[serde(borrow)]
    pub milestone_id: Id<'a>,
}

/// Fields of `project_delayed`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct ProjectDelayed<'a> {
    /// Which milestone suffers.
    #[serde(borrow)]
    pub milestone_id: Option<Id<'a>>,
}

/// Fields of `objective_set`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct ObjectiveSet<'a> {
    /// Which objective.
    #[serde(borrow)]
    pub objective_id: Id<'a>,
    /// In the customer's words.
    pub title: Str<'a>,
}

/// Fields of `outcome_documented`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct OutcomeDocumented<'a> {
    /// In a sentence.
    #[serde(borrow)]
    pub summary: Option<Str<'a>>,
}

/// Fields of `success_plan_updated`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct SuccessPlanUpdated<'a> {
    /// Which plan.
    #[serde(borrow)]
    pub plan_id: Option<Id<'a>>,
}

// State

/// What the account got out of the product: what `cs.outcomes` told.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Outcomes {
    /// The stream of `cs.outcomes`.
    pub feed: Feed,
}

impl Event<'_> {
    /// Whether `scoring.md` §1 lists this type.
    pub(super) const fn makes_live(&self) -> bool {
        match self {
            Self::RoiReported(_)
            | Self::Kpi(_)
            | Self::FirstValue(_)
            | Self::UseCaseActivated(_)
            | Self::UseCaseRetired(_)
            | Self::MilestonePlanned(_)
            | Self::MilestoneCompleted(_)
            | Self::ProjectDelayed(_) => true,
            Self::IntegrationDeployed(_)
            | Self::ObjectiveSet(_)
            | Self::OutcomeDocumented(_)
            | Self::SuccessPlanUpdated(_) => false,
        }
    }
}

impl Outcomes {
    pub(super) fn fold(
        &mut self,
        _event: &Event<'_>,
        _moment: Moment<'_>,
        _key: &IdKey,
    ) -> Option<Fact> {
        None
    }
}
