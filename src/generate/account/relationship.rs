//! People on both sides: sponsors, reviews, outreach, meetings, advocacy, notes.
//!
//! Talk about the contract is in `commercial.rs`; how they feel is `state.rs`.

use super::contract::Contract;
use super::identity::Identity;
use super::state::State;
use super::today::Today;
use crate::engine::account::relationship::{AdvocacyKind, ReviewKind};
use crate::engine::time::{DAY_MS, Day, HOUR_MS, Timestamp};
use crate::generate::body::{Attendance, Body, ItemStatus};
use crate::generate::chance::Chance;
use crate::generate::names::{COMPETITORS, COURSES, person};
use crate::generate::texts::{Matter, Mood, fill, remark};
use crate::generate::truth::Shock;

/// Who the sponsor is, and what the two sides have planned.
#[derive(Debug)]
pub(super) struct Relationship {
    sponsor: Option<String>,
    next_review: Day,
    outreaches: u32,
    items: u32,
}

impl Relationship {
    pub(super) fn draw(who: &Identity, chance: &mut Chance, first_day: Day) -> Self {
        Self {
            sponsor: None,
            next_review: first_day.max(who.created_on.plus(30)).plus(chance.whole(10, 100)),
            outreaches: 0,
            items: 0,
        }
    }

    /// The sponsor's name, while there is one.
    pub(super) fn sponsor(&self) -> Option<&str> {
        self.sponsor.as_deref()
    }

    pub(super) fn day(&mut self, today: &mut Today<'_>, state: &State, contract: &Contract) {
        self.sponsor_comes_and_goes(today, state, contract);
        if self.sponsor.is_some() && today.monthly(0.25 + 1.6 * state.sponsor) {
            let kind = today.chance.pick(&["mail", "call", "meeting", "login"]);
            let at = today.office();
            today.send(at, &Body::SponsorEngaged { kind });
        }
        if today.date.day >= self.next_review && today.is_workday() {
            self.plan_review(today, state);
        }
        let worried = if state.value < 0.5 { 1.5 } else { 1.0 };
        if today.monthly(today.who.by_segment([0.9, 1.5, 2.2, 3.0]) * worried) {
            self.reach_out(today, state);
        }
        if today.monthly(today.who.by_segment([0.35, 0.8, 1.6, 2.2])) {
            meet(today, state);
        }
        let glad = (state.value - 0.55).max(0.0);
        if today.monthly(glad * today.who.by_segment([0.3, 0.5, 0.8, 1.0])) {
            let kinds = [
                AdvocacyKind::Reference,
                AdvocacyKind::Review,
                AdvocacyKind::CaseStudy,
                AdvocacyKind::Talk,
            ];
            let kind = today.chance.pick(&kinds);
            let at = today.office();
            today.send(at, &Body::Advocacy { kind });
        }
        if today.monthly(1.4 * glad * today.who.openness) {
            let kind = today.chance.pick(&["question", "answer", "event", "idea"]);
            let at = today.office();
            today.send(at, &Body::Community { kind });
        }
        colleagues_change(today, state);
        if today.monthly(today.who.by_segment([0.12, 0.3, 0.6, 0.8])) {
            note(today, state);
        }
    }

    fn sponsor_comes_and_goes(
        &mut self,
        today: &mut Today<'_>,
        state: &State,
        contract: &Contract,
    ) {
        let departed = state.today.contains(&Shock::SponsorLeft);
        if departed {
            self.sponsor = None;
            let at = today.office();
            today.send(at, &Body::SponsorDeparted);
        }
        let found = state.has_sponsor && self.sponsor.is_none();
        if found && !departed {
            let sponsor = person(today.chance);
            let known = !contract.is_introduced() && today.age_days > 0;
            // What the CRM knew before the history began comes with the first profile.
            let at = if known { today.outbox.since().plus_millis(HOUR_MS) } else { today.office() };
            today.send(at, &Body::SponsorAssigned { sponsor: &sponsor });
            if !known && today.age_days > 0 && today.chance.happens(0.6) {
                let at = today.office();
                today.send(at, &Body::StakeholderChanged { role: "sponsor", person: &sponsor });
            }
            self.sponsor = Some(sponsor);
        }
    }

    fn plan_review(&mut self, today: &mut Today<'_>, state: &State) {
        let months = today.who.by_segment([6.0, 3.0, 3.0, 3.0]);
        self.next_review = today.date.day.plus((months * 30.5) as i32 + today.chance.whole(-8, 8));
        let executive = today.chance.happens(today.who.by_segment([0.1, 0.3, 0.5, 0.6]));
        let kind = if executive { ReviewKind::Executive } else { ReviewKind::Operational };
        let scheduled_at = today.office();
        let at = today.office_in(10.0, 16.0);
        today.send(scheduled_at, &Body::BusinessReviewScheduled { at, kind });
        let comes = (0.5 + 0.5 * state.value + 0.15 * state.sponsor) * today.who.openness.min(1.05);
        let attended = today.chance.happens(comes) && !state.leaving;
        let status = if attended { Attendance::Attended } else { Attendance::Missed };
        let participants: &[&str] =
            if executive { &["sponsor", "vp", "csm"] } else { &["admin", "power-user", "csm"] };
        today.send(at, &Body::BusinessReview { status, kind, participants });
        if attended {
            self.promise(today, at);
        }
    }

    fn promise(&mut self, today: &mut Today<'_>, at: Timestamp) {
        const TITLES: [&str; 4] = [
            "Send the usage figures by team",
            "Plan a training for the new colleagues",
            "Clarify the roadmap for reporting",
            "Name a second administrator",
        ];
        for _ in 0..today.chance.whole(1, 3) {
            self.items += 1;
            let item_id = format!("AI-{:04}-{:03}", today.who.number, self.items);
            let (title, due) = (today.chance.pick(&TITLES), at.plus_days(14));
            let owner = if today.chance.happens(0.6) { today.who.csm } else { "customer" };
            let item = |status| Body::ActionItem { item_id: &item_id, status, title, owner, due };
            today.send(at, &item(ItemStatus::Opened));
            if today.chance.happens(0.85) {
                let wait_ms = today.chance.between(1.0, 20.0) * DAY_MS as f64;
                today.send(at.plus_millis(wait_ms as i64), &item(ItemStatus::Done));
            }
        }
    }

    fn reach_out(&mut self, today: &mut Today<'_>, state: &State) {
        self.outreaches += 1;
        let outreach_id = &*format!("OUT-{:04}-{:04}", today.who.number, self.outreaches);
        let at = today.office();
        today.send(at, &Body::OutreachSent { outreach_id });
        let willing = 0.15 + 0.55 * state.value + 0.15 * state.sponsor;
        let willing = if state.leaving { willing * 0.4 } else { willing };
        if today.chance.happens(willing * today.who.openness) {
            let at = if today.chance.happens(0.4) {
                at.plus_millis((today.chance.between(0.2, 6.0) * HOUR_MS as f64) as i64)
            } else {
                today.office_in(1.0, 6.0)
            };
            today.send(at, &Body::OutreachReplied { outreach_id });
        }
    }
}

fn meet(today: &mut Today<'_>, state: &State) {
    let arranged_at = today.office();
    let at = today.office_in(2.0, 9.0);
    today.send(arranged_at, &Body::Meeting { status: Attendance::Scheduled, at: Some(at) });
    let comes = (0.55 + 0.45 * state.value) * today.who.openness.min(1.05);
    let comes = if state.leaving { comes * 0.6 } else { comes };
    let attended = today.chance.happens(comes);
    let status = if attended { Attendance::Attended } else { Attendance::Missed };
    today.send(at, &Body::Meeting { status, at: None });
}

fn colleagues_change(today: &mut Today<'_>, state: &State) {
    if state.today.contains(&Shock::Reorganised) {
        let kind = today.chance.pick(&["reorganisation", "merger", "layoffs", "new_leadership"]);
        let at = today.office_in(0.0, 10.0);
        today.send(at, &Body::OrgChange { kind });
    }
    if state.today.contains(&Shock::ChampionPromoted) || today.yearly(0.15) {
        let person = person(today.chance);
        let role = today.chance.pick(&["champion", "administrator", "procurement"]);
        let at = today.office();
        today.send(at, &Body::StakeholderChanged { role, person: &person });
    }
    if today.monthly(0.12 + 0.15 * state.value) {
        let course = today.chance.pick(COURSES);
        let at = today.office();
        today.send(at, &Body::TrainingCompleted { course });
    }
}

fn note(today: &mut Today<'_>, state: &State) {
    let felt = state.value - 0.5 * (state.friction - 0.25) + 0.12 * today.chance.normal();
    let mood = match felt {
        0.72.. => Mood::Glad,
        0.5..0.72 => Mood::Even,
        _ => Mood::Cross,
    };
    let matter = if today.chance.happens(0.9 * (state.competitor - 0.2)) {
        Matter::Rival
    } else if today.chance.happens(0.9 * (0.5 - state.budget)) {
        Matter::Budget
    } else {
        Matter::Product
    };
    let text = remark(today.chance, today.who.language, mood, matter);
    let feature = today.chance.pick(&today.who.core_features);
    let rival = COMPETITORS[today.who.number as usize % COMPETITORS.len()];
    let text = &*fill(text, feature, rival);
    let channel = today.chance.pick(&["mail", "mail", "call", "chat", "community"]);
    let at = today.office();
    today.send(at, &Body::Note { channel, text });
}
