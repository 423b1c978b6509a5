//! The outcomes facet: what the customer got out of the product.
//!
//! Success plans as documents are the business of `report/`.

use serde::{Deserialize, Serialize};

use crate::engine::event::{Nothing, event_types};
use crate::engine::field::{Finite, Id, Positive, Str};
use crate::engine::id::IdKey;
use crate::engine::stamp::{Last, Moment};
use crate::engine::time::Timestamp;
use crate::engine::window::id_map::IdMap;
use crate::engine::window::instants::Instants;

use super::feed::Feed;

pub mod metrics;
pub mod signals;

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

/// Most key figures of an account; the one not measured for longest goes.
pub const KPIS_MAX: usize = 128;
/// Most milestones of an account; the one that lies back furthest goes.
pub const MILESTONES_MAX: usize = 256;
/// Most instants of each kind of rare event; the oldest goes.
pub const INSTANTS_MAX: usize = 128;

/// What the account got out of the product: what `cs.outcomes` told.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Outcomes {
    /// The stream of `cs.outcomes`.
    pub feed: Feed,
    /// The return on the investment, as reported last.
    pub roi: Last<Attainment>,
    /// Key figures by hash, as measured last.
    pub kpis: IdMap<Last<Attainment>, KPIS_MAX>,
    /// The customer's first benefit.
    pub first_value_at: Option<Timestamp>,
    /// Use cases that went live.
    pub use_cases_activated: Instants<INSTANTS_MAX>,
    /// Use cases that were given up.
    pub use_cases_retired: Instants<INSTANTS_MAX>,
    /// Integrations that went live.
    pub integrations: Instants<INSTANTS_MAX>,
    /// Milestones by hash.
    pub milestones: IdMap<MilestoneState, MILESTONES_MAX>,
    /// Times that a project was said to be late.
    pub project_delays: Instants<INSTANTS_MAX>,
    /// Objectives that the customer set.
    pub objectives: Instants<INSTANTS_MAX>,
    /// Results that were written down.
    pub outcomes_documented: Instants<INSTANTS_MAX>,
    /// Changes of the success plan.
    pub plan_updates: Instants<INSTANTS_MAX>,
}

/// What was reached beside what was aimed at, in one unit of the customer's choice.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attainment {
    /// What was reached.
    pub actual: f64,
    /// What was aimed at; greater than 0.
    pub target: f64,
}

/// One milestone.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MilestoneState {
    /// By when it is to be reached, as planned last.
    pub due: Last<Timestamp>,
    /// When it was first reached, planned or not.
    pub completed_at: Option<Timestamp>,
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
    pub(super) fn fold(&mut self, event: &Event<'_>, moment: Moment<'_>, key: &IdKey) {
        let at = moment.at;
        match event {
            Event::RoiReported(roi) => {
                let reported = || Attainment::new(roi.realized, roi.target);
                self.roi.see(moment, reported);
            }
            Event::Kpi(kpi) => {
                let measured = || Attainment::new(kpi.actual, kpi.target);
                let hash = key.hash(&kpi.kpi_id);
                self.kpis.update(hash, |last| last.see(moment, measured), |last| last.at());
            }
            Event::FirstValue(_) => keep_first(&mut self.first_value_at, at),
            Event::UseCaseActivated(_) => self.use_cases_activated.add(at),
            Event::UseCaseRetired(_) => self.use_cases_retired.add(at),
            Event::IntegrationDeployed(_) => self.integrations.add(at),
            Event::MilestonePlanned(planned) => {
                self.note_milestone(key.hash(&planned.milestone_id), |milestone| {
                    milestone.due.see(moment, || planned.due);
                });
            }
            Event::MilestoneCompleted(completed) => {
                self.note_milestone(key.hash(&completed.milestone_id), |milestone| {
                    keep_first(&mut milestone.completed_at, at);
                });
            }
            Event::ProjectDelayed(_) => self.project_delays.add(at),
            Event::ObjectiveSet(_) => self.objectives.add(at),
            Event::OutcomeDocumented(_) => self.outcomes_documented.add(at),
            Event::SuccessPlanUpdated(_) => self.plan_updates.add(at),
        }
    }

    fn note_milestone(&mut self, hash: u64, change: impl FnOnce(&mut MilestoneState)) {
        self.milestones.update(hash, change, MilestoneState::age_key);
    }
}

impl Attainment {
    const fn new(actual: Finite, target: Positive) -> Self {
        Self { actual: actual.get(), target: target.get() }
    }

    /// What was reached in units of what was aimed at; never NaN.
    pub fn ratio(self) -> f64 {
        self.actual / self.target
    }
}

impl MilestoneState {
    /// By when it is to be reached; nothing when it was never planned.
    pub fn due_at(&self) -> Option<Timestamp> {
        self.due.get().copied()
    }

    /// The newest instant that is known of it, its due date included: one that is still to come
    /// outlives those that are over.
    fn age_key(&self) -> Option<Timestamp> {
        self.due_at().max(self.due.at()).max(self.completed_at)
    }
}

fn keep_first(first: &mut Option<Timestamp>, at: Timestamp) {
    *first = Some(first.map_or(at, |held| held.min(at)));
}
