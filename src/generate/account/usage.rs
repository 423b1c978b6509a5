//! What shows of an account in the product: its users' days, its API, its meters.
//!
//! Tickets about it are in `support.rs`; why people use it more or less is `state.rs`.

use smallvec::SmallVec;

use super::contract::Contract;
use super::identity::Identity;
use super::state::State;
use super::today::Today;
use crate::engine::time::{Day, SECOND_MS};
use crate::generate::body::Body;
use crate::generate::chance::Chance;
use crate::generate::names::person_id;

/// The account's people and programs.
#[derive(Debug)]
pub(super) struct Usage {
    users: Vec<User>,
    /// Share of the seats whose people have taken to the product.
    adoption: f64,
    /// API calls of a good working day.
    api_calls: f64,
    /// Calls since the month began, of the plan's limit.
    api: Meter,
    storage: Meter,
}

#[derive(Debug)]
struct User {
    id: String,
    /// On board while the account's adoption is above this.
    joins_at: f64,
    /// Chance of working with the product on a working day.
    regularity: f64,
    /// Local hour at which their day in the product begins.
    begins_hour: f64,
}

#[derive(Debug)]
struct Meter {
    name: &'static str,
    used: f64,
    limit: f64,
}

/// Features of one session: few, most in core, borrowed from the account.
type Touched = SmallVec<[&'static str; 6]>;

impl Usage {
    pub(super) fn draw(
        who: &Identity,
        contract: &Contract,
        state: &State,
        chance: &mut Chance,
        first_day: Day,
    ) -> Self {
        let api_calls = chance.around(who.by_segment([400.0, 2_500.0, 12e3, 20e3]), 0.6);
        let storage_limit = who.by_segment([20.0, 100.0, 500.0, 1_000.0]);
        Self {
            users: (0..contract.seats).map(|place| User::draw(chance, place as usize)).collect(),
            adoption: if who.is_new(first_day) { 0.05 } else { adoption_for(state) },
            api: Meter {
                name: "api_calls",
                used: 0.0,
                limit: (api_calls * chance.between(22.0, 60.0)).round(),
            },
            api_calls,
            storage: Meter {
                name: "storage_gb",
                used: storage_limit * chance.between(0.1, 0.75),
                limit: storage_limit,
            },
        }
    }

    /// Share of the seats whose people have taken to the product, 0 to 1.
    pub(super) const fn adoption(&self) -> f64 {
        self.adoption
    }

    pub(super) fn day(&mut self, today: &mut Today<'_>, state: &State, contract: &Contract) {
        // On the day of the signature nobody has an account yet.
        if today.age_days == 0 {
            return;
        }
        while (self.users.len() as u32) < contract.seats {
            let newcomer = User::draw(today.chance, self.users.len());
            self.users.push(newcomer);
        }
        let pace_days = if today.age_days < 90 { 14.0 } else { 24.0 };
        self.adoption += (adoption_for(state) - self.adoption) / pace_days;
        let outage = if today.vendor.outage { 0.6 } else { 1.0 };
        let spirit = today.rhythm * today.fading * outage * (0.4 + 0.75 * state.value);
        for user in self.users.iter().take(contract.seats as usize) {
            let there = user.joins_at < self.adoption;
            if there && today.chance.happens(user.regularity * spirit) {
                user.day(today, state);
            }
        }
        self.programs_run(today, state);
        self.meters_are_read(today, contract);
    }

    fn programs_run(&mut self, today: &mut Today<'_>, state: &State) {
        if today.who.integration.is_none() || today.age_days < 20 || self.adoption < 0.08 {
            return;
        }
        let share = today.rhythm.max(0.35) * today.fading * (0.3 + 0.8 * state.value);
        let errors = if today.vendor.outage { 0.2 } else { 0.003 + 0.04 * state.friction.powi(2) };
        let records = today.chance.rounded(2.0 * today.events_scale);
        for record in 0..records {
            let hours = (f64::from(record) + today.chance.unit()) * 24.0 / f64::from(records);
            let mean = self.api_calls * share / f64::from(records);
            let count = today.chance.around(mean, 0.25) as u32;
            let errors = today.chance.around(f64::from(count) * errors, 0.5).round() as u32;
            self.api.used += f64::from(count);
            let at = today.hour(hours);
            today.send(at, &Body::ApiCall { count, errors: errors.min(count) });
        }
    }

    fn meters_are_read(&mut self, today: &mut Today<'_>, contract: &Contract) {
        if today.fading < 1.0 {
            return;
        }
        let storage = &mut self.storage;
        let growth = f64::from(contract.seats) * self.adoption * today.rhythm * 0.004;
        storage.used = (storage.used + growth).min(storage.limit);
        // Customers who are full clean up, or are given more with the next thing they buy.
        if storage.used > storage.limit * 0.97 && today.chance.happens(0.03) {
            storage.used *= today.chance.between(0.5, 0.8);
        }
        storage.read(today);
        if today.who.integration.is_some() && today.age_days >= 20 {
            self.api.read(today);
        }
        if today.date.begins_month() {
            self.api.used = 0.0;
        }
    }
}

impl Meter {
    fn read(&self, today: &mut Today<'_>) {
        let used = (self.used.min(self.limit) * 100.0).round() / 100.0;
        let at = today.hour(23.5).plus_millis(i64::from(today.who.number % 900) * SECOND_MS);
        today.send(at, &Body::PlanUsage { meter: self.name, used, limit: self.limit });
    }
}

impl User {
    fn draw(chance: &mut Chance, place: usize) -> Self {
        let regularity = match chance.unit() {
            0.0..0.7 => chance.between(0.65, 0.98),
            0.7..0.92 => chance.between(0.3, 0.6),
            _ => chance.between(0.05, 0.2),
        };
        Self {
            id: person_id(chance, place),
            joins_at: chance.unit(),
            regularity,
            begins_hour: chance.between(7.5, 14.0),
        }
    }

    fn day(&self, today: &mut Today<'_>, state: &State) {
        let user_id = self.id.as_str();
        let mut hour = (self.begins_hour + 0.7 * today.chance.normal()).clamp(5.5, 19.0);
        let sessions = today.chance.rounded(1.15 * today.events_scale);
        for _ in 0..sessions {
            let at = today.hour(hour);
            if today.chance.happens(0.22) {
                today.send(at.plus_millis(-4 * SECOND_MS), &Body::Login { user_id });
            }
            let median_s = 60.0 * (1.5 + 13.0 * state.value.powf(1.5));
            let duration_s = today.chance.around(median_s, 0.6).clamp(20.0, 14_400.0) as u32;
            let touched = touched(today.chance, today.who, state);
            if today.chance.happens(0.1) {
                let count = today.chance.whole(1, 6) as u32;
                let feature = touched[0];
                let at = at.plus_millis(i64::from(duration_s) * SECOND_MS / 2);
                today.send(at, &Body::FeatureUsed { feature, user_id, count });
            }
            today.send(at, &Body::Session { user_id, duration_s, features: &touched });
            hour = (hour + today.chance.between(0.8, 4.0)).min(22.0);
        }
    }
}

/// The share of the seats that value and friction would make use the product in the long run.
fn adoption_for(state: &State) -> f64 {
    let share = 1.3 * state.value - 0.04 - 0.3 * (state.friction - 0.25).max(0.0);
    let share = if state.leaving { share * 0.6 } else { share };
    share.clamp(0.02, 1.0)
}

/// What a session touches: the more value the account gets, the more of its features are in use.
fn touched(chance: &mut Chance, who: &Identity, state: &State) -> Touched {
    let in_use = |all: &[&'static str], share: f64| {
        ((all.len() as f64 * share).round() as usize).clamp(1, all.len())
    };
    let core = &who.core_features[..in_use(&who.core_features, 0.12 + 0.95 * state.value)];
    let optional = &who.optional_features[..in_use(&who.optional_features, 1.1 * state.value)];
    let mut touched = Touched::new();
    for _ in 0..1 + chance.times(1.2 * state.value).min(4) {
        let from = if chance.happens(0.8) { core } else { optional };
        let feature = chance.pick(from);
        if !touched.contains(&feature) {
            touched.push(feature);
        }
    }
    touched
}
