//! Tickets from the first word to the grade, and people who help themselves.
//!
//! Why there are many or few is `state.rs`; what is written is `texts.rs`.

use super::state::State;
use super::today::Today;
use super::usage::Usage;
use crate::engine::time::{HOUR_MS, Timestamp};
use crate::generate::body::Body;
use crate::generate::names::COMPETITORS;
use crate::generate::texts::{fill, ticket, ticket_update};
use crate::generate::truth::Shock;

/// How many tickets there were.
#[derive(Debug, Default)]
pub(super) struct Support {
    tickets: u32,
}

/// Hours in which the vendor's support usually solves a ticket, by severity 1 to 4.
const USUAL_HOURS: [f64; 4] = [4.0, 11.0, 34.0, 58.0];
/// How often a ticket is escalated, by severity.
const ESCALATED: [f64; 4] = [0.16, 0.07, 0.012, 0.002];

/// How a ticket goes.
struct Course {
    id: String,
    opened_at: Timestamp,
    hours: f64,
    severity: usize,
}

impl Support {
    /// The day's tickets; answers when the last of them is resolved.
    pub(super) fn day(
        &mut self,
        today: &mut Today<'_>,
        state: &State,
        usage: &Usage,
    ) -> Option<Timestamp> {
        let usual = today.who.by_segment([0.5, 1.2, 2.8, 3.5]) / 21.0;
        let new = if today.age_days < 45 { 1.8 } else { 1.0 };
        let mut mean = usual * new * (0.3 + 2.6 * state.friction) * today.rhythm;
        mean *= (usage.adoption() * 1.6).min(1.0);
        if state.today.contains(&Shock::Outage) {
            mean += 0.45;
        }
        if state.today.contains(&Shock::BadRelease) {
            mean += 0.9;
        }
        let helped_selves = today.chance.times(mean.min(0.4) * (0.8 + 4.0 * state.value));
        for _ in 0..helped_selves {
            let kind = today.chance.pick(&["article", "search", "bot", "video"]);
            let at = today.office();
            today.send(at, &Body::SelfService { kind });
        }
        let mut resolved = None;
        for _ in 0..today.chance.times(mean) {
            resolved = self.ticket(today, state).or(resolved);
        }
        resolved
    }

    fn ticket(&mut self, today: &mut Today<'_>, state: &State) -> Option<Timestamp> {
        self.tickets += 1;
        let shaken = state.today.iter().any(|s| matches!(s, Shock::Outage | Shock::BadRelease));
        let urgency = today.chance.unit() - 0.3 * (state.friction - 0.3);
        let severity: u8 = match urgency {
            _ if shaken => 1 + u8::from(today.chance.happens(0.6)),
            ..0.04 => 1,
            0.04..0.22 => 2,
            0.22..0.68 => 3,
            _ => 4,
        };
        let place = usize::from(severity) - 1;
        let pace = (0.4 + 2.1 * state.friction) * today.chance.around(0.85, 0.55);
        let course = Course {
            id: format!("T-{:04}-{:04}", today.who.number, self.tickets),
            opened_at: today.office(),
            hours: USUAL_HOURS[place] * pace,
            severity: place,
        };
        let feature = today.chance.pick(&today.who.core_features);
        let (subject, body) = ticket(today.chance, today.who.language, severity);
        let (subject, body) = (fill(subject, feature, ""), fill(body, feature, ""));
        let (ticket_id, subject, body) = (course.id.as_str(), &*subject, &*body);
        let opened = Body::TicketOpened { ticket_id, severity, subject, body, feature };
        today.send(course.opened_at, &opened);
        course.unfold(today, state)
    }
}

impl Course {
    fn after(&self, share: f64) -> Timestamp {
        self.opened_at.plus_millis((self.hours * share * HOUR_MS as f64) as i64)
    }

    fn unfold(&self, today: &mut Today<'_>, state: &State) -> Option<Timestamp> {
        let ticket_id = self.id.as_str();
        if today.chance.happens(0.35) {
            let at = self.after(0.4);
            let rival = COMPETITORS[today.who.number as usize % COMPETITORS.len()];
            let mention = today.chance.happens(0.1 * state.competitor);
            let body = if mention {
                fill("If this goes on we will have to look at {rival}.", "", rival)
            } else {
                ticket_update(today.chance).to_owned()
            };
            today.send(at, &Body::TicketUpdated { ticket_id, body: &body });
        }
        let escalates = ESCALATED[self.severity] * (0.3 + 2.6 * state.friction);
        if today.chance.happens(escalates) {
            today.send(self.after(0.6), &Body::TicketEscalated { ticket_id });
        }
        if today.chance.happens(0.005 + 0.02 * state.friction) {
            return None;
        }
        let mut at = self.after(1.0);
        today.send(at, &Body::TicketResolved { ticket_id });
        if today.chance.happens(0.02 + 0.1 * state.friction) {
            at = at.plus_millis(today.chance.whole(2, 60) as i64 * HOUR_MS);
            today.send(at, &Body::TicketReopened { ticket_id });
            at = at.plus_millis((self.hours * 0.5 * HOUR_MS as f64) as i64 + HOUR_MS);
            today.send(at, &Body::TicketResolved { ticket_id });
        }
        if today.chance.happens(0.4) {
            let slow = self.hours / USUAL_HOURS[self.severity] - 1.0;
            let pleased = 5.2 - 2.9 * state.friction - 0.3 * slow + 0.6 * today.chance.normal();
            let score = pleased.round().clamp(1.0, 5.0) as u8;
            let at = at.plus_millis(i64::from(today.chance.whole(1, 30)) * HOUR_MS);
            today.send(at, &Body::Csat { score, ticket_id });
        }
        Some(at)
    }
}
