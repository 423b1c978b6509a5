//! The churn part of the model file: priors, what evidence weighs, bands.
//!
//! The numbers of each signal stand in `signals.rs`; what is computed with all of them, in
//! `assess/churn.rs`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::problems::Problems;
use super::signals::Signals;
use crate::engine::account::Account;
use crate::engine::account::profile::Segment;
use crate::engine::signal::Tier;
use crate::engine::time::Timestamp;

/// How likely an account is to leave within 90 days, in words.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ChurnBand {
    /// As things are.
    Low,
    /// Worth a look.
    Moderate,
    /// As likely as not, or more.
    High,
    /// Most likely.
    Critical,
}

/// Where an account stands in its contract.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ContractPosition {
    /// It may leave every month.
    Monthly,
    /// It decides about these days.
    Renewal,
    /// It decides later.
    OffCycle,
    /// Nobody knows.
    Unknown,
}

/// How the churn probability is computed.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct ChurnModel {
    /// When an account decides whether to stay.
    pub position: PositionRule,
    /// How likely an account is to leave within 90 days when nothing else is known.
    pub prior: Priors,
    /// What a signal that is fully given says.
    pub tiers: Tiers,
    /// Signals overlap: of those sorted by what they say, each counts this much less than the one
    /// before it.
    #[schemars(range(min = 0, max = 1))]
    pub damping: f64,
    /// What of all evidence counts while the account cannot decide, position `off_cycle`.
    #[schemars(range(min = 0.01, max = 1))]
    pub off_cycle_share: f64,
    /// What health says.
    pub health: HealthTerm,
    /// Which probability has which name.
    pub bands: ChurnBands,
    /// What outcomes taught about the whole: 0 and 1 until then.
    pub calibration: Calibration,
    /// The numbers of each signal.
    pub signals: Signals,
}

/// When an account decides whether to stay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize, JsonSchema)]
pub struct PositionRule {
    /// A contract of at most so many months is `monthly`.
    pub monthly_up_to_months: u16,
    /// A contract is up for `renewal` from so many days before its end…
    #[schemars(range(min = 0, max = 3650))]
    pub renewal_days_before_end: u16,
    /// …until so many days after it.
    #[schemars(range(min = 0, max = 3650))]
    pub renewal_days_after_end: u16,
}

/// P(churn within 90 days) by position and segment.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, JsonSchema)]
#[allow(missing_docs)] // the positions say what each is
pub struct Priors {
    pub monthly: Prior,
    pub renewal: Prior,
    pub off_cycle: Prior,
    pub unknown: Prior,
}

/// P(churn within 90 days) by segment.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, JsonSchema)]
#[allow(missing_docs)] // the segments say what each is
pub struct Prior {
    #[schemars(range(min = 0.0001, max = 0.9999))]
    pub enterprise: f64,
    #[schemars(range(min = 0.0001, max = 0.9999))]
    pub mid_market: f64,
    #[schemars(range(min = 0.0001, max = 0.9999))]
    pub smb: f64,
    #[schemars(range(min = 0.0001, max = 0.9999))]
    pub strategic: f64,
}

/// What a signal that is fully given says.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct Tiers {
    /// By how much a strong one multiplies the odds, alone.
    #[schemars(range(min = 1, max = 1000))]
    pub strong_odds: f64,
    /// How many moderate ones say as much as a strong one.
    #[schemars(range(min = 1, max = 1000))]
    pub moderate_per_strong: f64,
    /// How many early ones say as much as a strong one.
    #[schemars(range(min = 1, max = 1000))]
    pub early_per_strong: f64,
}

/// What health says, as far as confidence goes.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct HealthTerm {
    /// The health that says nothing.
    #[schemars(range(min = 0, max = 100))]
    pub neutral: f64,
    /// So many points under it double the odds, as many above halve them.
    #[schemars(range(min = 0.1, max = 100))]
    pub points_per_doubling: f64,
    /// How often at most.
    #[schemars(range(min = 0, max = 100))]
    pub doublings_max: f64,
}

/// Bounds on the rounded probability.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct ChurnBands {
    /// More than this is critical.
    #[schemars(range(min = 0, max = 1))]
    pub critical_above: f64,
    /// From this on it is high.
    #[schemars(range(min = 0, max = 1))]
    pub high_from: f64,
    /// From this on it is moderate.
    #[schemars(range(min = 0, max = 1))]
    pub moderate_from: f64,
}

/// The log-odds are those of the prior, `a`, and `b` times the evidence.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct Calibration {
    /// Added to the log-odds.
    #[schemars(range(min = -10, max = 10))]
    pub a: f64,
    /// What the evidence is multiplied by.
    #[schemars(range(min = 0, max = 10))]
    pub b: f64,
}

impl ChurnBand {
    /// All bands, the least likely first.
    pub const ALL: [ChurnBand; 4] =
        [ChurnBand::Low, ChurnBand::Moderate, ChurnBand::High, ChurnBand::Critical];

    /// The name as published.
    pub const fn name(self) -> &'static str {
        match self {
            ChurnBand::Low => "low",
            ChurnBand::Moderate => "moderate",
            ChurnBand::High => "high",
            ChurnBand::Critical => "critical",
        }
    }
}

impl ContractPosition {
    /// All positions.
    pub const ALL: [ContractPosition; 4] = [
        ContractPosition::Monthly,
        ContractPosition::Renewal,
        ContractPosition::OffCycle,
        ContractPosition::Unknown,
    ];

    /// The name as published.
    pub const fn name(self) -> &'static str {
        match self {
            ContractPosition::Monthly => "monthly",
            ContractPosition::Renewal => "renewal",
            ContractPosition::OffCycle => "off_cycle",
            ContractPosition::Unknown => "unknown",
        }
    }
}

impl ChurnModel {
    /// What a signal of this tier says in log-odds when it is fully given.
    pub fn weight(&self, tier: Tier) -> f64 {
        let strong = self.tiers.strong_odds.ln();
        match tier {
            Tier::Strong => strong,
            Tier::Moderate => strong / self.tiers.moderate_per_strong,
            Tier::Early => strong / self.tiers.early_per_strong,
        }
    }

    /// The band of a rounded probability.
    pub fn band(&self, probability: f64) -> ChurnBand {
        match probability {
            it if it > self.bands.critical_above => ChurnBand::Critical,
            it if it >= self.bands.high_from => ChurnBand::High,
            it if it >= self.bands.moderate_from => ChurnBand::Moderate,
            _ => ChurnBand::Low,
        }
    }

    /// Says everything that reads well and means nothing.
    pub(super) fn check(&self, problems: &mut Problems) {
        let ChurnBands { critical_above, high_from, moderate_from } = self.bands;
        if critical_above < high_from {
            let problem = "must not be less than high_from";
            problems.say(&["churn", "bands", "critical_above"], problem);
        }
        if high_from <= moderate_from {
            problems.say(&["churn", "bands", "high_from"], "must be more than moderate_from");
        }
    }
}

impl PositionRule {
    /// Where an account stands in its contract.
    pub fn of(&self, account: &Account, now: Timestamp) -> ContractPosition {
        let said = account.profile.said();
        if said.and_then(|said| said.term_months).is_some_and(|it| it <= self.monthly_up_to_months)
        {
            return ContractPosition::Monthly;
        }
        let opens_at = now.plus_days(i64::from(self.renewal_days_before_end));
        let closed_at = now.plus_days(-i64::from(self.renewal_days_after_end));
        match account.contract_end() {
            Some(end) if end > opens_at => ContractPosition::OffCycle,
            Some(end) if end >= closed_at => ContractPosition::Renewal,
            _ => ContractPosition::Unknown,
        }
    }
}

impl Priors {
    /// P(churn within 90 days), between 0 and 1.
    pub const fn of(&self, position: ContractPosition, segment: Segment) -> f64 {
        let prior = match position {
            ContractPosition::Monthly => &self.monthly,
            ContractPosition::Renewal => &self.renewal,
            ContractPosition::OffCycle => &self.off_cycle,
            ContractPosition::Unknown => &self.unknown,
        };
        match segment {
            Segment::Enterprise => prior.enterprise,
            Segment::MidMarket => prior.mid_market,
            Segment::Smb => prior.smb,
            Segment::Strategic => prior.strategic,
        }
    }
}
