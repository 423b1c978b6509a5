//! What happened at an account lately: one moment a transition, as far as topics are retained.
//!
//! Scores by day are in the account's own record; what is open is in its record of work.

use compact_str::CompactString;
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use crate::engine::output::alert::{Alert, Severity, Transition};
use crate::engine::output::deliverable::Deliverable;
use crate::engine::output::opportunity::{OpportunityKind, OpportunityRecord, Stage};
use crate::engine::output::playbook::RunRecord;
use crate::engine::time::Timestamp;

/// The rule whose alerts are about steps of runs.
pub const STEP_OVERDUE: &str = "step_overdue";
/// How many moments of an account are kept: the newest.
pub const MOMENTS_MAX: usize = 40;

/// Something that happened at an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Moment {
    /// When.
    pub at: Timestamp,
    /// To what kind of thing.
    pub kind: MomentKind,
    /// To which: the rule, the playbook, the kind of opportunity, the command.
    #[schemars(with = "String")]
    pub what: CompactString,
    /// Which step of a playbook.
    #[schemars(with = "Option<String>")]
    pub step: Option<CompactString>,
    /// What happened to it.
    pub transition: &'static str,
    /// How bad it is, of an alert.
    pub severity: Option<Severity>,
    /// The alert, run or opportunity; nothing of a command.
    #[schemars(with = "Option<String>")]
    pub id: Option<Uuid>,
}

/// What a moment is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MomentKind {
    /// An alert.
    Alert,
    /// A playbook run.
    Run,
    /// An opportunity.
    Opportunity,
    /// A command, and what became of it.
    Command,
}

impl Moment {
    /// Of an alert; nothing for one whose figures moved only, or that speaks of a step: its run
    /// tells that itself.
    pub(super) fn of_alert(alert: &Alert) -> Option<Self> {
        let is_told = alert.transition != Transition::Updated && alert.rule != STEP_OVERDUE;
        is_told.then(|| Self {
            at: alert.at,
            kind: MomentKind::Alert,
            what: alert.rule.clone(),
            step: None,
            transition: alert.transition.name(),
            severity: Some(alert.severity),
            id: Some(alert.alert_id),
        })
    }

    /// Of a run.
    pub(super) fn of_run(run: &RunRecord) -> Self {
        Self {
            at: run.at,
            kind: MomentKind::Run,
            what: run.playbook.clone(),
            step: run.step.clone(),
            transition: run.transition.name(),
            severity: None,
            id: Some(run.run_id),
        }
    }

    /// Of an opportunity.
    pub(super) fn of_opportunity(opportunity: &OpportunityRecord) -> Self {
        let what = match opportunity.kind {
            OpportunityKind::Renewal => "renewal",
            OpportunityKind::Expansion => "expansion",
        };
        let transition = match opportunity.stage {
            Stage::Open => "open",
            Stage::HandedOver => "handed_over",
            Stage::Won => "won",
            Stage::Lost => "lost",
        };
        Self {
            at: opportunity.at,
            kind: MomentKind::Opportunity,
            what: CompactString::const_new(what),
            step: None,
            transition,
            severity: None,
            id: Some(opportunity.opportunity_id),
        }
    }

    /// Of a command that was answered; nothing for other answers.
    pub(super) fn of_answer(answer: &Deliverable) -> Option<Self> {
        Some(Self {
            at: answer.at,
            kind: MomentKind::Command,
            what: answer.command.clone()?,
            step: None,
            transition: answer.status.name(),
            severity: None,
            id: None,
        })
    }
}

/// Puts a moment where it belongs in time, and drops the oldest beyond the limit.
///
/// A record that is read again, as after a feed began afresh, changes nothing.
pub(super) fn insert(moments: &mut Vec<Moment>, moment: Moment) {
    if moments.iter().rev().any(|known| *known == moment) {
        return;
    }
    let place = moments.partition_point(|known| known.at <= moment.at);
    moments.insert(place, moment);
    if moments.len() > MOMENTS_MAX {
        moments.remove(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(second: i64) -> Moment {
        Moment {
            at: Timestamp::from_millis(second * 1_000),
            kind: MomentKind::Run,
            what: "usage_decline".into(),
            step: None,
            transition: "started",
            severity: None,
            id: None,
        }
    }

    #[test]
    fn the_newest_moments_are_kept_in_order_and_once() {
        let mut moments = Vec::new();
        for second in (0..60).rev().chain(0..60) {
            insert(&mut moments, moment(second));
        }
        let newest: Vec<_> = (20..60).map(moment).collect();
        assert_eq!(moments, newest);
    }
}
