//! One account's life, a day at a time: the hidden state moves, then what shows of it happens.
//!
//! The parts that show are one file each; who deals the days is `world.rs`.

mod commercial;
mod contract;
mod feedback;
mod identity;
mod onboarding;
mod outcomes;
mod profile;
mod relationship;
mod state;
mod support;
mod today;
mod usage;

use super::calendar::Date;
use super::chance::{Chance, Purpose};
use super::outbox::{Outbox, Sender};
use super::truth::{Month, Truth};
use super::vendor::VendorDay;
use super::world::Settings;
use crate::engine::time::Day;
use commercial::Commercial;
use contract::Contract;
use feedback::Feedback;
use identity::Identity;
use onboarding::Onboarding;
use outcomes::Outcomes;
use relationship::Relationship;
use state::State;
use support::Support;
use today::Today;
use usage::Usage;

/// After its last day as a customer an account still shows for so many days.
const FADES_FOR_DAYS: i32 = 24;

/// One customer, from before the beginning to after the end.
#[derive(Debug)]
pub(super) struct Account {
    identity: Identity,
    contract: Contract,
    state: State,
    onboarding: Onboarding,
    usage: Usage,
    support: Support,
    feedback: Feedback,
    relationship: Relationship,
    outcomes: Outcomes,
    commercial: Commercial,
    chance: Chance,
    sender: Sender,
    truth: Truth,
    events_scale: f64,
}

impl Account {
    /// Account `number` on the eve of `first_day`, which it may not live to see as a customer.
    pub(super) fn new(settings: &Settings, number: u32, first_day: Day) -> Self {
        let mut chance = Chance::stream(settings.seed, Purpose::Life, u64::from(number));
        let identity = Identity::draw(settings.seed, number, &mut chance, first_day);
        let contract = Contract::draw(&identity, &mut chance, first_day);
        let state = State::draw(&mut chance, identity.is_new(first_day));
        Self {
            onboarding: Onboarding::draw(&identity, &mut chance),
            usage: Usage::draw(&identity, &contract, &state, &mut chance, first_day),
            support: Support::default(),
            feedback: Feedback::draw(&identity, &mut chance, first_day),
            relationship: Relationship::draw(&identity, &mut chance, first_day),
            outcomes: Outcomes::draw(&mut chance, first_day),
            commercial: Commercial::draw(&identity, &contract, &mut chance, first_day),
            sender: Sender::new(settings.seed, number, identity.id.clone()),
            truth: Truth {
                account_id: identity.id.clone(),
                segment: identity.segment,
                created_at: identity.created_on.start(),
                term_months: contract.term_months,
                months: Vec::new(),
                shocks: Vec::new(),
                decided_at: None,
                churned_at: None,
                reason: None,
            },
            identity,
            contract,
            state,
            chance,
            events_scale: settings.events_scale,
        }
    }

    pub(super) fn id(&self) -> &str {
        &self.identity.id
    }

    pub(super) const fn truth(&self) -> &Truth {
        &self.truth
    }

    /// Lives the local day `date` and puts what happens into `outbox`.
    pub(super) fn live(&mut self, date: Date, vendor: VendorDay, outbox: &mut Outbox) {
        let gone_days = self.contract.churned_on.map(|on| date.day.number() - on.number());
        let too_early = date.day < self.identity.created_on;
        if too_early || gone_days.is_some_and(|days| days > FADES_FOR_DAYS) {
            return;
        }
        let midnight = self.identity.zone.midnight(date.day);
        let mut today = Today {
            date,
            midnight,
            rhythm: date.rhythm(self.identity.zone.region),
            vendor,
            age_days: date.day.number() - self.identity.created_on.number(),
            fading: gone_days.map_or(1.0, |days| (-f64::from(days) / 5.0).exp()),
            events_scale: self.events_scale,
            who: &self.identity,
            chance: &mut self.chance,
            sender: &mut self.sender,
            outbox,
        };
        self.usage.day(&mut today, &self.state, &self.contract);
        if gone_days.is_some() {
            return;
        }
        self.state.day(&mut today, &mut self.truth);
        self.onboarding.day(&mut today, &self.state, &self.contract);
        let resolved = self.support.day(&mut today, &self.state, &self.usage);
        self.feedback.day(&mut today, &self.state, resolved);
        self.relationship.day(&mut today, &self.state, &self.contract);
        self.outcomes.day(&mut today, &self.state);
        self.commercial.day(&mut today, &self.state, &mut self.contract);
        self.contract.day(&mut today, &mut self.state, &mut self.truth);
        if self.contract.take_changed() {
            profile::announce(&mut today, &self.contract, self.relationship.sponsor());
            self.contract.introduce();
        }
        self.record(date);
    }

    fn record(&mut self, date: Date) {
        if !date.begins_month() && !self.truth.months.is_empty() {
            return;
        }
        let state = &self.state;
        let rounded = |figure: f64| (figure * 1000.0).round() / 1000.0;
        self.truth.months.push(Month {
            month: date.month_name(),
            value: rounded(state.value),
            friction: rounded(state.friction),
            sponsor: rounded(state.sponsor),
            budget: rounded(state.budget),
            competitor: rounded(state.competitor),
        });
    }
}
