//! The hidden state of an account: what it gets, what stands in its way, who is for it.
//!
//! It moves slowly and is shaken by shocks. Everything that shows follows from it, and so does
//! whether the account stays (`contract.rs`). How the engine scores plays no part here.

use super::today::Today;
use crate::generate::chance::Chance;
use crate::generate::truth::{Befallen, Shock, Truth};

/// Each figure 0 to 1.
#[derive(Debug)]
pub(super) struct State {
    /// What the customer gets out of the product.
    pub(super) value: f64,
    /// What stands in their way.
    pub(super) friction: f64,
    /// How much the sponsor stands behind it; 0 while there is none.
    pub(super) sponsor: f64,
    /// How safe the money is.
    pub(super) budget: f64,
    /// How near a rival is.
    pub(super) competitor: f64,
    /// Whether there is a sponsor at all.
    pub(super) has_sponsor: bool,
    /// Whether they have made up their mind to leave.
    pub(super) leaving: bool,
    /// What befell the account today.
    pub(super) today: Vec<Shock>,
    /// Where the figures drift to when nothing shakes them.
    calm: Calm,
}

#[derive(Debug)]
struct Calm {
    value: f64,
    friction: f64,
    sponsor: f64,
    budget: f64,
    competitor: f64,
}

/// How often a year each shock comes to an account.
const SPONSOR_LEAVES: f64 = 0.22;
const PROMOTION: f64 = 0.15;
const BUDGET_CUT: f64 = 0.16;
const RIVAL: f64 = 0.3;
const REORGANISATION: f64 = 0.15;
const PLANS_CHANGE: f64 = 1.0;

impl State {
    pub(super) fn draw(chance: &mut Chance, new: bool) -> Self {
        let calm = Calm {
            value: draw_value(chance),
            friction: (0.28 + 0.12 * chance.normal()).clamp(0.03, 0.7),
            sponsor: (0.7 + 0.15 * chance.normal()).clamp(0.2, 0.98),
            budget: (0.76 + 0.12 * chance.normal()).clamp(0.3, 0.98),
            competitor: (0.08 + 0.06 * chance.normal()).clamp(0.0, 0.4),
        };
        let has_sponsor = chance.happens(0.92);
        Self {
            value: if new { calm.value * 0.7 } else { calm.value },
            friction: calm.friction,
            sponsor: if has_sponsor { calm.sponsor } else { 0.0 },
            budget: calm.budget,
            competitor: calm.competitor,
            has_sponsor,
            leaving: false,
            today: Vec::new(),
            calm,
        }
    }

    /// How bad things stand, as log-odds around 0: the ground of the decision to stay or leave.
    pub(super) fn trouble(&self) -> f64 {
        self.grounds().iter().map(|(_, weight)| weight).sum()
    }

    /// The heaviest ground for leaving.
    pub(super) fn reason(&self) -> &'static str {
        let heavier =
            |a: (&'static str, f64), b: (&'static str, f64)| if b.1 > a.1 { b } else { a };
        self.grounds().into_iter().fold(("no particular reason", 0.25), heavier).0
    }

    fn grounds(&self) -> [(&'static str, f64); 5] {
        [
            ("too little value", 6.5 * (0.58 - self.value)),
            ("too many problems", 5.0 * (self.friction - 0.33)),
            ("no sponsor", 2.0 * (0.5 - self.sponsor)),
            ("budget", 4.5 * (0.62 - self.budget)),
            ("competitor", 5.0 * (self.competitor - 0.14)),
        ]
    }

    /// They have made up their mind: nobody works at it any more.
    pub(super) fn give_up(&mut self) {
        self.leaving = true;
        self.calm.value *= 0.5;
        self.calm.sponsor *= 0.6;
    }

    /// They signed again: spirits rise a little.
    pub(super) fn recommit(&mut self) {
        self.leaving = false;
        self.calm.value = (self.calm.value + 0.05).min(0.97);
        self.calm.competitor *= 0.5;
    }

    /// Moves by a day; shocks fall.
    pub(super) fn day(&mut self, today: &mut Today<'_>, truth: &mut Truth) {
        self.today.clear();
        self.be_shaken(today);
        let Calm { value, friction, sponsor, budget, competitor } = self.calm;
        let value = value - 0.35 * (self.friction - 0.3).max(0.0) + 0.08 * (self.sponsor - 0.6);
        drift(&mut self.value, value, 40.0, 0.006 * today.chance.normal());
        drift(&mut self.friction, friction, 25.0, 0.008 * today.chance.normal());
        drift(&mut self.budget, budget, 60.0, 0.004 * today.chance.normal());
        drift(&mut self.competitor, competitor, 50.0, 0.004 * today.chance.normal());
        if self.has_sponsor {
            drift(&mut self.sponsor, sponsor, 30.0, 0.008 * today.chance.normal());
        } else {
            self.sponsor = 0.0;
        }
        // Rivals go away and budgets recover; what plans changed stays.
        self.calm.competitor += (0.08 - self.calm.competitor) / 150.0;
        self.calm.budget += (0.75 - self.calm.budget) / 250.0;
        self.calm.friction += (0.28 - self.calm.friction) / 120.0;
        let at = today.midnight;
        truth.shocks.extend(self.today.iter().map(|&shock| Befallen { at, shock }));
    }

    fn be_shaken(&mut self, today: &mut Today<'_>) {
        if self.has_sponsor && today.yearly(SPONSOR_LEAVES) {
            self.has_sponsor = false;
            self.befall(Shock::SponsorLeft);
        } else if !self.has_sponsor && today.yearly(6.0 * self.value) {
            self.has_sponsor = true;
            self.sponsor = 0.4;
            self.calm.sponsor = (0.66 + 0.18 * today.chance.normal()).clamp(0.1, 0.98);
            self.befall(Shock::SponsorFound);
        }
        if today.yearly(PROMOTION) {
            self.calm.value = (self.calm.value + 0.1).min(0.97);
            self.calm.sponsor = (self.calm.sponsor + 0.15).min(0.98);
            self.befall(Shock::ChampionPromoted);
        }
        if today.yearly(BUDGET_CUT) {
            self.budget *= 0.5;
            self.calm.budget *= 0.5;
            self.befall(Shock::BudgetCut);
        }
        if today.yearly(RIVAL + 0.5 * (0.6 - self.value).max(0.0)) {
            self.calm.competitor = (self.calm.competitor + 0.6).min(0.95);
            self.befall(Shock::RivalCourts);
        }
        if today.yearly(REORGANISATION) {
            self.friction = (self.friction + 0.15).min(1.0);
            self.sponsor *= 0.6;
            self.befall(Shock::Reorganised);
        }
        if today.yearly(PLANS_CHANGE) {
            self.calm.value = 0.3 * self.calm.value + 0.7 * draw_value(today.chance);
            self.befall(Shock::PlansChanged);
        }
        self.suffer_vendor(today);
    }

    fn suffer_vendor(&mut self, today: &mut Today<'_>) {
        if today.vendor.outage {
            self.friction = (self.friction + 0.2).min(1.0);
            self.befall(Shock::Outage);
        }
        let needs = |feature| today.who.core_features.contains(&feature);
        if today.vendor.broken.is_some_and(needs) {
            self.friction = (self.friction + 0.25).min(1.0);
            self.calm.friction = (self.calm.friction + 0.2).min(0.9);
            self.befall(Shock::BadRelease);
        }
    }

    fn befall(&mut self, shock: Shock) {
        self.today.push(shock);
    }
}

/// Most customers get a good deal out of it, some little.
fn draw_value(chance: &mut Chance) -> f64 {
    (0.65 + 0.21 * chance.normal()).clamp(0.06, 0.97)
}

/// Moves `figure` a day's way towards `calm` (time constant `days`), with `noise`.
fn drift(figure: &mut f64, calm: f64, days: f64, noise: f64) {
    *figure = (*figure + (calm - *figure) / days + noise).clamp(0.0, 1.0);
}
