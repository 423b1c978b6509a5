//! Where the alert rules stand with an account: what was raised, what people answered, what waits.
//!
//! What a rule says stands in the model file; when an episode goes on is decided in
//! `decide/alerts/`.

use compact_str::CompactString;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::engine::output::alert::Severity;
use crate::engine::stamp::Stamp;
use crate::engine::time::{Day, Timestamp};

/// Most episodes of an account; what would begin another is suppressed, and counted.
pub const EPISODES_MAX: usize = 64;
/// Most answers whose time is remembered; the oldest goes.
pub const RESPONSES_MAX: usize = 50;

/// Where one alert rule stands with an account, or with one thing at it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Episode {
    /// The rule's id.
    pub rule: CompactString,
    /// What it is about, within the account; empty for the account itself.
    pub instance: CompactString,
    /// The last event that it is about, for a rule about events.
    pub event: Option<Stamp>,
    /// The run that it ends with was seen.
    pub is_run_seen: bool,
    /// Where it stands.
    pub phase: Phase,
}

/// The phases of an episode.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Phase {
    /// The condition holds, but the alert is not raised: not for long enough yet, or suppressed.
    Holding {
        /// Since when.
        since: Timestamp,
        /// What suppresses it, once its time is over.
        why: Option<Suppression>,
    },
    /// The condition held when everything began to be published: the alert waits for its turn.
    Baseline,
    /// The alert was raised.
    Raised(Raised),
    /// The alert is over; the rule stays quiet for a while.
    CoolingDown {
        /// Until when.
        until: Timestamp,
        /// The condition held again meanwhile, which was counted.
        is_counted: bool,
    },
    /// Somebody resolved the alert: quiet until the condition was clear, or for so long.
    Dismissed {
        /// Until when at the latest.
        until: Timestamp,
        /// That it went on was counted.
        is_counted: bool,
    },
}

/// Why an alert is not raised although its condition holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Suppression {
    /// A graver alert speaks for it.
    Inhibited,
    /// The last one ended too lately.
    CoolDown,
    /// The account had its alerts of the day.
    Cap,
    /// Somebody wants it to be quiet for a while.
    Snoozed,
    /// A feed that it reads is silent.
    SilentFeed,
    /// Many accounts have it at once.
    Portfolio,
    /// An incident of the vendor holds the account's alerts.
    Held,
    /// Somebody resolved it.
    Dismissed,
    /// There is no room for more episodes.
    Overflow,
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
    /// The figure that was last said, where there is one.
    pub observed: Option<f64>,
    /// Since when the condition is clear.
    pub clear_since: Option<Timestamp>,
    /// It was one of the first day.
    pub is_baseline: bool,
    /// What people answered.
    pub answer: Answer,
    /// It was handed up.
    pub is_escalated: bool,
}

/// What people answered to an open alert.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// Nothing.
    #[default]
    None,
    /// Somebody looks after it.
    Acknowledged,
    /// It is to be quiet for a while.
    Snoozed(Snooze),
}

/// How long an alert is to be quiet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snooze {
    /// Until when.
    pub until: Timestamp,
    /// Somebody looked after the alert before.
    pub is_acknowledged: bool,
    /// What was not said meanwhile was counted.
    pub is_counted: bool,
}

/// An incident of the vendor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hold {
    /// Until when nothing new is raised.
    pub until: Timestamp,
}

/// How many alerts were raised on a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RaisedOn {
    /// Which day (UTC).
    pub day: Day,
    /// How many.
    pub alerts: u32,
}

/// How long it took until somebody looked after an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Response {
    /// Which alert.
    pub alert_id: Uuid,
    /// From raised to acknowledged, in seconds.
    pub secs: u64,
}

impl Suppression {
    /// All reasons.
    pub const ALL: [Suppression; 9] = [
        Suppression::Inhibited,
        Suppression::CoolDown,
        Suppression::Cap,
        Suppression::Snoozed,
        Suppression::SilentFeed,
        Suppression::Portfolio,
        Suppression::Held,
        Suppression::Dismissed,
        Suppression::Overflow,
    ];

    /// The name, as a label of a series.
    pub const fn name(self) -> &'static str {
        match self {
            Suppression::Inhibited => "inhibited",
            Suppression::CoolDown => "cool_down",
            Suppression::Cap => "cap",
            Suppression::Snoozed => "snoozed",
            Suppression::SilentFeed => "silent_feed",
            Suppression::Portfolio => "portfolio",
            Suppression::Held => "held",
            Suppression::Dismissed => "dismissed",
            Suppression::Overflow => "overflow",
        }
    }
}

/// How often alerts were suppressed, by reason in the order of [`Suppression::ALL`].
pub type Suppressed = [u32; Suppression::ALL.len()];

impl Raised {
    /// An alert that is raised now.
    pub const fn new(raised_at: Timestamp, severity: Severity) -> Self {
        Self {
            raised_at,
            sequence: 1,
            severity,
            observed: None,
            clear_since: None,
            is_baseline: false,
            answer: Answer::None,
            is_escalated: false,
        }
    }

    /// Ends a snooze whose time is over; says whether it did.
    pub fn wake(&mut self, now: Timestamp) -> bool {
        let Answer::Snoozed(snooze) = self.answer else { return false };
        let is_over = snooze.until <= now;
        if is_over {
            let is_acknowledged = snooze.is_acknowledged;
            self.answer = if is_acknowledged { Answer::Acknowledged } else { Answer::None };
        }
        is_over
    }

    /// Whether somebody looks after it, be it quiet or not.
    pub const fn is_acknowledged(&self) -> bool {
        match self.answer {
            Answer::None => false,
            Answer::Acknowledged => true,
            Answer::Snoozed(snooze) => snooze.is_acknowledged,
        }
    }

    /// Until when it is to be quiet.
    pub const fn snoozed_until(&self) -> Option<Timestamp> {
        match self.answer {
            Answer::Snoozed(snooze) => Some(snooze.until),
            Answer::None | Answer::Acknowledged => None,
        }
    }
}

impl Episode {
    /// The alert, while it is open.
    pub const fn raised(&self) -> Option<&Raised> {
        match &self.phase {
            Phase::Raised(raised) => Some(raised),
            _ => None,
        }
    }
}

impl RaisedOn {
    /// How many were raised on a day.
    pub fn on(self, day: Day) -> u32 {
        if self.day == day { self.alerts } else { 0 }
    }

    /// Notes one more.
    pub fn note(&mut self, day: Day) {
        *self = Self { day, alerts: self.on(day) + 1 };
    }
}
