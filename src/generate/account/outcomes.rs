//! What the customer gets out of it, where it is written down: ROI, figures, projects, use cases.
//!
//! The first weeks of a new customer are `onboarding.rs`; the value itself is `state.rs`.

use super::state::State;
use super::today::Today;
use crate::engine::time::{Day, Timestamp};
use crate::generate::body::Body;
use crate::generate::chance::Chance;
use crate::generate::names::{INTEGRATIONS, KPIS, OBJECTIVES, USE_CASES};
use crate::generate::truth::Shock;

/// What is measured, and which projects there were.
#[derive(Debug)]
pub(super) struct Outcomes {
    kpis: Vec<&'static str>,
    next_roi: Day,
    milestones: u32,
    objectives: u32,
    plans: u32,
}

impl Outcomes {
    pub(super) fn draw(chance: &mut Chance, first_day: Day) -> Self {
        let mut kpis = KPIS.to_vec();
        kpis.truncate(chance.whole(1, 3) as usize);
        Self {
            kpis,
            next_roi: first_day.plus(chance.whole(5, 150)),
            milestones: 0,
            objectives: 0,
            plans: 0,
        }
    }

    pub(super) fn day(&mut self, today: &mut Today<'_>, state: &State) {
        let touch = today.who.by_segment([0.6, 1.0, 1.3, 1.5]);
        if today.date.day >= self.next_roi && today.age_days > 90 && today.is_workday() {
            self.next_roi = today.date.day.plus(today.chance.whole(80, 190));
            report_roi(today, state);
        }
        if today.age_days > 25 {
            self.measure(today, state);
        }
        if today.monthly(0.3 * touch) && !state.leaving {
            self.plan_milestone(today, state);
        }
        use_cases_change(today, state);
        let planned = state.today.contains(&Shock::PlansChanged);
        if today.age_days == 0 || planned || today.monthly(0.06) {
            self.objectives += 1;
            let objective_id = &*format!("OBJ-{:04}-{:02}", today.who.number, self.objectives);
            let title = today.chance.pick(OBJECTIVES);
            let at = today.office();
            today.send(at, &Body::ObjectiveSet { objective_id, title });
        }
        if today.monthly(0.25 * touch) {
            self.plans += 1;
            let plan_id = &*format!("PLAN-{:04}", today.who.number);
            let at = today.office();
            today.send(at, &Body::SuccessPlanUpdated { plan_id });
        }
        if today.monthly(0.4 * touch * (state.value - 0.5).max(0.0)) {
            let at = today.office();
            let summary = today.chance.pick(&SUMMARIES);
            today.send(at, &Body::OutcomeDocumented { summary });
        }
        if today.who.integration.is_some() && today.yearly(0.25) {
            let integration = today.chance.pick(INTEGRATIONS);
            let at = today.office();
            today.send(at, &Body::IntegrationDeployed { integration });
        }
    }

    /// The customer's own figures, once a month each.
    fn measure(&self, today: &mut Today<'_>, state: &State) {
        for kpi_id in &self.kpis {
            if today.monthly(0.9) {
                let target = 100.0;
                let reached = 0.45 + 0.72 * state.value + 0.07 * today.chance.normal();
                let actual = (target * reached).round();
                let at = today.office();
                today.send(at, &Body::Kpi { kpi_id, actual, target });
            }
        }
    }

    fn plan_milestone(&mut self, today: &mut Today<'_>, state: &State) {
        self.milestones += 1;
        let milestone_id = &*format!("MS-{:04}-{:02}", today.who.number, self.milestones);
        let at = today.office();
        let days = f64::from(today.chance.whole(20, 60));
        let due = Timestamp::day(at).start().plus_days(days as i64);
        today.send(at, &Body::MilestonePlanned { milestone_id, due });
        let trouble = 0.5 * state.friction + 0.5 * (0.7 - state.value).max(0.0);
        let outcome = today.chance.unit();
        let done_after = match outcome {
            _ if outcome < 0.25 * trouble => None,
            _ if outcome < 1.2 * trouble => Some(days + today.chance.between(8.0, 35.0)),
            _ => Some((days + today.chance.between(-10.0, 5.0)).max(3.0)),
        };
        if done_after.is_none_or(|after| after > days + 7.0) && today.chance.happens(0.7) {
            let at = today.office_in(days * 0.7, days);
            today.send(at, &Body::ProjectDelayed { milestone_id });
        }
        if let Some(after) = done_after {
            let at = today.office_in(after, after + 1.0);
            today.send(at, &Body::MilestoneCompleted { milestone_id });
        }
    }
}

const SUMMARIES: [&str; 4] = [
    "Month end now takes two days instead of five.",
    "Response time to customers cut by a third.",
    "Two legacy tools were switched off.",
    "The forecast was within three per cent of actuals.",
];

fn report_roi(today: &mut Today<'_>, state: &State) {
    let target = f64::from(today.chance.whole(4, 20)) * 5_000.0;
    let reached = (0.2 + 1.15 * state.value + 0.12 * today.chance.normal()).max(0.0);
    let realized = (target * reached).round();
    let at = today.office();
    today.send(at, &Body::RoiReported { realized, target });
}

fn use_cases_change(today: &mut Today<'_>, state: &State) {
    if today.age_days > 45 && today.monthly(0.5 * (state.value - 0.35).max(0.0)) {
        let use_case = today.chance.pick(USE_CASES);
        let at = today.office();
        today.send(at, &Body::UseCaseActivated { use_case });
    }
    if today.monthly(0.35 * (0.55 - state.value).max(0.0)) {
        let use_case = today.chance.pick(USE_CASES);
        let at = today.office();
        today.send(at, &Body::UseCaseRetired { use_case });
    }
}
