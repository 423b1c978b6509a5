//! The contract: term, seats, revenue, and the decision to stay or leave.
//!
//! The decision hangs on the hidden state (`state.rs`) and on luck; the talk about it, invoices
//! and upselling are in `commercial.rs`.

use super::identity::Identity;
use super::state::State;
use super::today::Today;
use crate::engine::time::{Day, Timestamp};
use crate::generate::body::Body;
use crate::generate::calendar::plus_months;
use crate::generate::chance::Chance;
use crate::generate::truth::Truth;

/// What account and vendor agreed on.
#[derive(Debug)]
pub(super) struct Contract {
    pub(super) start: Day,
    /// The day on which it ends or, if they stay, begins anew.
    pub(super) end: Day,
    pub(super) term_months: u16,
    pub(super) notice_days: u16,
    pub(super) seats: u32,
    pub(super) arr_cents: i64,
    /// The day on which they left.
    pub(super) churned_on: Option<Day>,
    decided: Option<Decision>,
    /// Days before the end on which they make up their mind, and on which they sign.
    decide_before: i32,
    sign_before: i32,
    changed: bool,
    introduced: bool,
}

/// What they mean to do at the end of the term.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    Stay,
    Leave,
}

/// Log-odds of leaving at the end of a yearly term when nothing is particularly good or bad:
/// with the hidden states of this world about 20 %, 10 %, 6 % and 4 % leave in a year.
const LEAVES_YEARLY: [f64; 4] = [-1.05, -1.95, -2.6, -3.1];
/// The same for each month of a monthly contract.
const LEAVES_MONTHLY: [f64; 4] = [-4.0, -4.6, -5.2, -5.5];
/// How often a year a customer goes under or is bought, which no event foretells.
const CEASES: [f64; 4] = [0.02, 0.008, 0.005, 0.002];
/// Share of those about to leave who are won over on the last day.
const TURNS_BACK: f64 = 0.06;

impl Contract {
    pub(super) fn draw(who: &Identity, chance: &mut Chance, first_day: Day) -> Self {
        let monthly = chance.happens(who.by_segment([0.4, 0.1, 0.0, 0.0]));
        let term_months = if monthly { 1 } else { 12 };
        let mut start = who.created_on;
        let mut end = plus_months(start, term_months);
        while end < first_day {
            start = end;
            end = plus_months(start, term_months);
        }
        let seats = chance.around(who.by_segment([6.0, 18.0, 50.0, 75.0]), 0.5);
        let seats = seats.clamp(2.0, who.by_segment([20.0, 48.0, 160.0, 200.0])) as u32;
        let arr = chance.around(who.by_segment([9e3, 45e3, 190e3, 400e3]), 0.4);
        let (low, high) =
            (who.by_segment([1.5e3, 26e3, 102e3, 150e3]), who.by_segment([24e3, 99e3, 900e3, 2e6]));
        Self {
            start,
            end,
            term_months,
            notice_days: if monthly { 0 } else { chance.pick(&[30, 30, 60]) },
            seats,
            arr_cents: arr.clamp(low, high) as i64 * 100,
            churned_on: None,
            decided: None,
            decide_before: chance.whole(35, 70),
            sign_before: chance.whole(1, 16),
            changed: true,
            introduced: false,
        }
    }

    pub(super) const fn is_monthly(&self) -> bool {
        self.term_months <= 1
    }

    /// Whether the profile was published before.
    pub(super) const fn is_introduced(&self) -> bool {
        self.introduced
    }

    /// Days until the term ends; nothing for a contract that rolls on by the month.
    pub(super) fn days_left(&self, day: Day) -> Option<i32> {
        (!self.is_monthly()).then_some(self.end.number() - day.number())
    }

    /// What they mean to do, once they know.
    pub(super) const fn decided(&self) -> Option<Decision> {
        self.decided
    }

    /// Whether the profile must be published; true once for each change.
    pub(super) fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.changed)
    }

    pub(super) const fn introduce(&mut self) {
        self.introduced = true;
    }

    /// They bought more.
    pub(super) fn grow(&mut self, amount_cents: i64) {
        let share = amount_cents as f64 / self.arr_cents as f64;
        self.seats += (f64::from(self.seats) * share).ceil() as u32;
        self.arr_cents += amount_cents;
        self.changed = true;
    }

    pub(super) fn day(&mut self, today: &mut Today<'_>, state: &mut State, truth: &mut Truth) {
        let day = today.date.day;
        let at = today.hour(9.0);
        if today.age_days == 0 {
            let contract_end = self.end.start();
            today.send(at, &Body::ContractSigned { contract_end });
        }
        if today.yearly(today.who.by_segment(CEASES)) {
            let acquired = today.chance.happens(0.5);
            truth.decided_at = Some(at);
            truth.reason = Some(if acquired { "acquired" } else { "went out of business" });
            self.leave(today, truth);
        } else if self.is_monthly() {
            if day >= self.end {
                self.end_month(today, state, truth);
            }
        } else {
            self.near_the_end(today, state, truth);
        }
    }

    fn near_the_end(&mut self, today: &mut Today<'_>, state: &mut State, truth: &mut Truth) {
        let left = self.end.number() - today.date.day.number();
        if left <= self.decide_before && self.decided.is_none() {
            self.decide(LEAVES_YEARLY, today, state, truth);
        }
        let leaves_tomorrow = left == 1 && self.decided == Some(Decision::Leave);
        if leaves_tomorrow && today.chance.happens(TURNS_BACK) {
            self.decided = Some(Decision::Stay);
            (truth.decided_at, truth.reason) = (None, None);
        }
        match self.decided {
            Some(Decision::Stay) if left <= self.sign_before => self.renew(today, state),
            Some(Decision::Leave) if left <= 0 => self.leave(today, truth),
            _ => {}
        }
    }

    fn end_month(&mut self, today: &mut Today<'_>, state: &mut State, truth: &mut Truth) {
        if self.decided == Some(Decision::Leave) {
            return self.leave(today, truth);
        }
        self.start = self.end;
        self.end = plus_months(self.start, 1);
        self.decide(LEAVES_MONTHLY, today, state, truth);
    }

    fn decide(
        &mut self,
        log_odds: [f64; 4],
        today: &mut Today<'_>,
        state: &mut State,
        truth: &mut Truth,
    ) {
        let log_odds = today.who.by_segment(log_odds) + state.trouble();
        let leaves = today.chance.happens(1.0 / (1.0 + (-log_odds).exp()));
        if leaves {
            truth.decided_at = Some(today.midnight);
            truth.reason = Some(state.reason());
            state.give_up();
        }
        self.decided = Some(if leaves { Decision::Leave } else { Decision::Stay });
    }

    fn renew(&mut self, today: &mut Today<'_>, state: &mut State) {
        let growth = match state.value + 0.4 * (state.budget - 0.7) {
            ..0.45 => today.chance.between(0.75, 0.95),
            0.8.. => today.chance.between(1.03, 1.2),
            _ => today.chance.between(1.0, 1.05),
        };
        if growth < 1.0 {
            self.seats = ((f64::from(self.seats) * growth) as u32).max(2);
        }
        self.arr_cents = (self.arr_cents as f64 * growth / 100.0) as i64 * 100;
        self.start = self.end;
        self.end = plus_months(self.start, self.term_months);
        self.decided = None;
        self.decide_before = today.chance.whole(35, 70);
        self.sign_before = today.chance.whole(1, 16);
        self.changed = true;
        state.recommit();
        let (contract_end, arr_cents) = (self.end.start(), self.arr_cents);
        let at = today.office();
        today.send(at, &Body::ContractRenewed { contract_end, arr_cents });
    }

    fn leave(&mut self, today: &mut Today<'_>, truth: &mut Truth) {
        let at: Timestamp = today.hour(17.0);
        let reason = truth.reason.get_or_insert("no particular reason");
        today.send(at, &Body::ContractChurned { reason });
        truth.churned_at = Some(at);
        self.churned_on = Some(today.date.day);
    }
}
