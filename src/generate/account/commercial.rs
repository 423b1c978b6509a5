//! Money and talk about it: invoices, renewal talks, upselling, budgets, rivals.
//!
//! The contract itself, and whether it goes on, is `contract.rs`.

use super::contract::{Contract, Decision};
use super::identity::Identity;
use super::state::State;
use super::today::Today;
use crate::engine::account::commercial::{Budget, Intent};
use crate::engine::time::{Day, Timestamp};
use crate::generate::body::Body;
use crate::generate::calendar::plus_months;
use crate::generate::chance::Chance;
use crate::generate::names::COMPETITORS;
use crate::generate::truth::Shock;

/// What is open between the account and the vendor's sales and finance people.
#[derive(Debug)]
pub(super) struct Commercial {
    next_invoice: Day,
    /// Months that an invoice covers.
    invoice_months: u16,
    invoices: u32,
    next_touch: Option<Day>,
    /// Days before the end on which they say what they mean to do.
    intent_before: i32,
    expansion: Option<Expansion>,
    expansions: u32,
}

#[derive(Debug)]
struct Expansion {
    id: String,
    amount_cents: i64,
    closes: Day,
    wins: bool,
}

impl Commercial {
    pub(super) fn draw(
        who: &Identity,
        contract: &Contract,
        chance: &mut Chance,
        first_day: Day,
    ) -> Self {
        let invoice_months = match (contract.is_monthly(), chance.happens(0.6)) {
            (true, _) => 1,
            (false, true) => 3,
            (false, false) => 12,
        };
        let mut next_invoice = contract.start;
        while next_invoice < first_day {
            next_invoice = plus_months(next_invoice, invoice_months);
        }
        Self {
            next_invoice: next_invoice.max(who.created_on),
            invoice_months,
            invoices: 0,
            next_touch: None,
            intent_before: chance.whole(15, 45),
            expansion: None,
            expansions: 0,
        }
    }

    pub(super) fn day(&mut self, today: &mut Today<'_>, state: &State, contract: &mut Contract) {
        if today.date.day >= self.next_invoice {
            self.invoice(today, state, contract);
        }
        self.talk_of_renewal(today, state, contract);
        self.upsell(today, state, contract);
        talk_of_budget(today, state);
        if today.monthly((state.competitor - 0.22).max(0.0) * 1.5) {
            let at = today.office();
            let competitor = COMPETITORS[today.who.number as usize % COMPETITORS.len()];
            today.send(at, &Body::CompetitorMention { competitor });
        }
    }

    fn invoice(&mut self, today: &mut Today<'_>, state: &State, contract: &Contract) {
        self.next_invoice = plus_months(self.next_invoice, self.invoice_months);
        self.invoices += 1;
        let id = format!("INV-{:04}-{:03}", today.who.number, self.invoices);
        let amount_cents = contract.arr_cents * i64::from(self.invoice_months) / 12;
        let (at, card) = (today.hour(10.0), contract.is_monthly());
        let due = today.midnight.plus_days(if card { 7 } else { 30 }).day().start();
        today.send(at, &Body::InvoiceIssued { invoice_id: &id, due, amount_cents });
        let paid = if card {
            pay_by_card(today, state, &id, amount_cents)
        } else {
            pay_by_transfer(today, state, due)
        };
        if let Some(at) = paid {
            today.send(at, &Body::PaymentReceived { invoice_id: &id, amount_cents });
        }
    }

    fn talk_of_renewal(&mut self, today: &mut Today<'_>, state: &State, contract: &Contract) {
        let Some(left @ 0..=95) = contract.days_left(today.date.day) else {
            self.next_touch = None;
            return;
        };
        let day = today.date.day;
        if self.next_touch.is_none_or(|touch| touch <= day) && today.is_workday() && left > 5 {
            self.next_touch = Some(day.plus(today.chance.whole(11, 19)));
            let step = today.chance.pick(&["first-call", "proposal", "pricing", "follow-up"]);
            let at = today.office();
            today.send(at, &Body::RenewalTouch { step });
            let warmth = if contract.decided() == Some(Decision::Leave) { 0.4 } else { 1.0 };
            let willing = (0.45 + 0.45 * state.value + 0.15 * state.sponsor) * warmth;
            if today.chance.happens(willing * today.who.openness.min(1.1)) {
                let at = today.office_in(1.0, 6.0);
                today.send(at, &Body::RenewalReply { step });
            }
        }
        if left == self.intent_before && today.chance.happens(0.85) {
            let intent = intent(today.chance, contract.decided());
            let at = today.office();
            today.send(at, &Body::RenewalIntent { intent });
        }
        if left == self.intent_before + 20 {
            tell_budget(today, state);
        }
    }

    fn upsell(&mut self, today: &mut Today<'_>, state: &State, contract: &mut Contract) {
        if let Some(open) = self.expansion.take_if(|open| open.closes <= today.date.day) {
            let (opportunity_id, amount_cents) = (open.id.as_str(), open.amount_cents);
            let at = today.office();
            if open.wins && !state.leaving {
                today.send(at, &Body::ExpansionWon { opportunity_id, amount_cents });
                contract.grow(amount_cents);
            } else {
                today.send(at, &Body::ExpansionLost { opportunity_id, amount_cents });
            }
        }
        let eager = (state.value - 0.55).max(0.0) * (state.budget - 0.3).max(0.0);
        let rested = self.expansion.is_none() && today.age_days > 60 && !state.leaving;
        if rested && today.monthly(0.75 * eager) {
            self.expansions += 1;
            let share = today.chance.between(0.08, 0.3);
            let amount_cents = (contract.arr_cents as f64 * share / 100.0) as i64 * 100;
            let id = format!("OPP-{:04}-{:02}", today.who.number, self.expansions);
            let at = today.office();
            today.send(at, &Body::ExpansionOpened { opportunity_id: &id, amount_cents });
            let wins = today.chance.happens(0.75 * state.value);
            let closes = today.date.day.plus(today.chance.whole(20, 75));
            self.expansion = Some(Expansion { id, amount_cents, closes, wins });
        }
    }
}

/// Cards are charged within two days; a failed charge is mostly mended within the week.
fn pay_by_card(
    today: &mut Today<'_>,
    state: &State,
    invoice_id: &str,
    amount_cents: i64,
) -> Option<Timestamp> {
    let fails = 0.015 + 0.2 * (0.5 - state.budget).max(0.0) + f64::from(state.leaving) * 0.06;
    let at = today.office_in(1.0, 3.0);
    if !today.chance.happens(fails) {
        return Some(at);
    }
    today.send(at, &Body::PaymentFailed { invoice_id, amount_cents });
    let mended = if state.leaving { 0.4 } else { 0.85 };
    today.chance.happens(mended).then(|| today.office_in(3.0, 12.0))
}

/// Transfers come around the due date, by temper; short budgets pay late.
fn pay_by_transfer(today: &mut Today<'_>, state: &State, due: Timestamp) -> Option<Timestamp> {
    if state.leaving && today.chance.happens(0.35) {
        return None;
    }
    let strained = today.chance.happens(0.04 + (0.55 - state.budget).max(0.0));
    let late_days = if strained { today.chance.between(6.0, 45.0) } else { 0.0 };
    let usual_days = today.who.pays_after_days + 2.0 * today.chance.normal();
    let days = due.days_since(today.midnight) + usual_days.min(6.0) + late_days;
    Some(today.office_in(days.max(1.0), days.max(1.0) + 1.0))
}

/// What they say they mean to do, which is not always what they do.
fn intent(chance: &mut Chance, decided: Option<Decision>) -> Intent {
    match (decided, chance.unit()) {
        (Some(Decision::Leave), 0.0..0.4) => Intent::Unlikely,
        (Some(Decision::Leave), 0.4..0.8) => Intent::Unsure,
        (Some(Decision::Leave), _) => Intent::Likely,
        (Some(Decision::Stay), 0.0..0.45) => Intent::VerbalYes,
        (Some(Decision::Stay), 0.45..0.85) => Intent::Likely,
        _ => Intent::Unsure,
    }
}

fn talk_of_budget(today: &mut Today<'_>, state: &State) {
    if state.today.contains(&Shock::BudgetCut) && today.chance.happens(0.7) {
        let at = today.office_in(2.0, 20.0);
        let cut = state.budget < 0.33;
        let status = if cut { Budget::Cut } else { Budget::AtRisk };
        today.send(at, &Body::BudgetStatus { status });
    }
    if today.monthly((0.5 - state.budget).max(0.0) * 1.6) {
        let at = today.office();
        today.send(at, &Body::BudgetConcern);
    }
    if today.monthly(0.2) {
        tell_budget(today, state);
    }
}

fn tell_budget(today: &mut Today<'_>, state: &State) {
    let status = match state.budget {
        ..0.3 => Budget::Cut,
        0.3..0.5 => Budget::AtRisk,
        _ => Budget::Confirmed,
    };
    let at = today.office();
    today.send(at, &Body::BudgetStatus { status });
}
