//! What `decide` remembers of an account: its displayed band, open alerts, overrides, the trend.
//!
//! What is remembered of its events are the facets beside this file.

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use crate::engine::model::health::HealthBand;
use crate::engine::output::alert::Severity;
use crate::engine::time::{Day, Timestamp};
use activity::Activity;
use backlog::Backlog;
use episodes::{Episode, Hold, Phase, RaisedOn, Response};
use held::Held;
use opportunities::Opportunity;
use overrides::Overrides;
use runs::{OverdueStep, Run, Runs};
use trend::Trend;

pub mod activity;
pub mod backlog;
pub mod episodes;
pub mod held;
pub mod opportunities;
pub mod overrides;
pub mod runs;
pub mod said;
pub mod trend;

/// The playbooks of a renewal, in the order in which they begin.
const RENEWAL_STAGES: [&str; 3] = ["renewal_90", "renewal_60", "renewal_30"];

/// Everything `decide` reads besides the assessment and the facts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Workflow {
    /// The displayed band; nothing while nothing is known of the account.
    pub band: Option<DisplayedBand>,
    /// One for each alert rule that is not at rest, and each thing that it is about.
    pub episodes: Vec<Episode>,
    /// How many alerts were raised today.
    pub raised_on: RaisedOn,
    /// How long people took to look after the last alerts.
    pub responses: Vec<Response>,
    /// An incident of the vendor that holds the account's alerts.
    pub hold: Option<Hold>,
    /// When the customer left; nothing for one that stays or came back.
    pub churned_at: Option<Timestamp>,
    /// What a person says against the score.
    pub overrides: Overrides,
    /// What was published on the days before.
    pub trend: Trend,
    /// Since when conditions hold that must do so for a while.
    pub held: Held,
    /// What happened while only health was published; nothing once everything is.
    pub backlog: Option<Backlog>,
    /// The version of the model with which a look at the account panicked.
    pub quarantine: Option<CompactString>,
    /// What is under way.
    pub runs: Runs,
    /// Renewals and expansions.
    pub opportunities: Vec<Opportunity>,
    /// What was done, and what was published of it.
    pub activity: Activity,
    /// The last day of which an insight was told that is told once a day.
    pub insight_day: Option<Day>,
}

impl Workflow {
    /// Whether an alert of this rule is open.
    pub fn is_alert_open(&self, rule: &str) -> bool {
        self.episodes.iter().any(|it| it.rule == rule && it.raised().is_some())
    }

    /// Whether an alert rule is quiet because its last alert ended lately.
    pub fn is_cooling_down(&self, rule: &str, now: Timestamp) -> bool {
        let is_cooling =
            |it: &Episode| matches!(it.phase, Phase::CoolingDown { until, .. } if now < until);
        self.episodes.iter().any(|it| it.rule == rule && is_cooling(it))
    }

    /// Whether any alert that is at least this grave is open.
    pub fn is_alert_open_of(&self, severity: Severity) -> bool {
        let raised = self.episodes.iter().filter_map(Episode::raised);
        raised.into_iter().any(|raised| raised.severity <= severity)
    }

    /// How many alerts are open.
    pub fn open_alerts(&self) -> usize {
        self.episodes.iter().filter(|it| it.raised().is_some()).count()
    }

    /// Whether alerts of the first day wait for their turn.
    pub fn is_baseline_waiting(&self) -> bool {
        self.episodes.iter().any(|episode| matches!(episode.phase, Phase::Baseline))
    }

    /// Whether a record of the account's work was published.
    pub fn is_work_said(&self) -> bool {
        self.activity.said.is_some()
    }

    /// Whether a run of this playbook is open.
    pub fn is_run_open(&self, playbook: &str) -> bool {
        self.runs.open_of(playbook).next().is_some()
    }

    /// The steps that are past due.
    pub fn overdue_steps(&self) -> impl Iterator<Item = OverdueStep<'_>> {
        self.runs.overdue_steps()
    }

    /// How many steps of a stage of the renewal are open though a later stage began.
    pub fn renewal_steps_left_behind(&self) -> u32 {
        let begun_at = |stage: &&str| self.runs.past(stage).and_then(|past| past.anchor_at);
        let left_behind = |(nth, stage): (usize, &&'static str)| {
            let later = &RENEWAL_STAGES[nth + 1..];
            let is_behind = |run: &&Run| {
                later.iter().any(|it| begun_at(it).is_some_and(|at| Some(at) == run.anchor_at))
            };
            let runs = self.runs.open_of(stage).filter(is_behind);
            runs.flat_map(|run| &run.steps).filter(|step| !step.is_over()).count()
        };
        RENEWAL_STAGES.iter().enumerate().map(left_behind).sum::<usize>() as u32
    }
}

/// A band that is damped by hysteresis and dwell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DisplayedBand {
    /// The band.
    pub band: HealthBand,
    /// Since when it is displayed.
    pub since: Timestamp,
    /// The band before it.
    pub before: Option<HealthBand>,
}
