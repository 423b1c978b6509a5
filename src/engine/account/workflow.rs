//! What `decide` remembers of an account: its displayed band, open alerts, overrides, the trend.
//!
//! What is remembered of its events are the facets beside this file.

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use crate::engine::model::health::HealthBand;
use crate::engine::output::alert::Severity;
use crate::engine::time::Timestamp;
use backlog::Backlog;
use held::Held;
use overrides::Overrides;
use runs::{OverdueStep, Run, Runs};
use trend::Trend;

pub mod backlog;
pub mod held;
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
    /// One an alert rule that is not at rest, by rule id.
    pub episodes: Vec<Episode>,
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
}

impl Workflow {
    /// Whether an alert of this rule is open.
    pub fn is_alert_open(&self, rule: &str) -> bool {
        let is_open = |it: &Episode| it.rule == rule && matches!(it.phase, Phase::Raised(_));
        self.episodes.iter().any(is_open)
    }

    /// Whether any alert that is at least this grave is open.
    pub fn is_alert_open_of(&self, severity: Severity) -> bool {
        self.episodes.iter().any(|episode| match &episode.phase {
            Phase::Raised(raised) => raised.severity <= severity,
            Phase::Holding { .. } | Phase::Baseline | Phase::CoolingDown { .. } => false,
        })
    }

    /// How many alerts are open.
    pub fn open_alerts(&self) -> usize {
        self.episodes.iter().filter(|it| matches!(it.phase, Phase::Raised(_))).count()
    }

    /// Whether alerts of the first day wait for their turn.
    pub fn is_baseline_waiting(&self) -> bool {
        self.episodes.iter().any(|episode| matches!(episode.phase, Phase::Baseline))
    }

    /// Whether a record of the account's work was published.
    pub fn is_work_said(&self) -> bool {
        false
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

/// Where one alert rule stands with an account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Episode {
    /// The rule's id.
    pub rule: CompactString,
    /// Where it stands.
    pub phase: Phase,
}

/// The phases of an episode.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Phase {
    /// The condition holds, but not yet for long enough.
    Holding {
        /// Since when.
        since: Timestamp,
    },
    /// The condition held when everything began to be published: the alert waits for its turn.
    Baseline,
    /// The alert was raised.
    Raised(Raised),
    /// The alert is over; the rule stays quiet for a while.
    CoolingDown {
        /// Until when.
        until: Timestamp,
    },
}

/// An alert as it was last said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Raised {
    /// When the episode was raised.
    pub raised_at: Timestamp,
    /// The last sequence number said.
    pub sequence: u32,
    /// How bad it was called.
    pub severity: Severity,
    /// The figure that was last said.
    pub observed: f64,
    /// Since when the condition is clear.
    pub clear_since: Option<Timestamp>,
    /// It was one of the first day.
    pub is_baseline: bool,
}
