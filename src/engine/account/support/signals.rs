//! The churn signals of the support facet: `scoring.md` §3.
//!
//! The state that they read is kept in `support.rs`, their numbers in the model file.

use smallvec::smallvec;

use crate::engine::event::Topic;
use crate::engine::signal::{Case, Observation, Observations, Signal, SignalId, Tier};
use crate::engine::window;

use super::metrics::ticket_ratio;

/// The rows of the catalogue.
pub static SIGNALS: [Signal; 2] = [
    Signal {
        id: SignalId::Escalations,
        tier: Tier::Strong,
        help: "Tickets are escalated.",
        topic: Some(Topic::Support),
        window: "365 days, half-life 30 days",
        formula: "sum over escalations of 2^(-age / half-life)",
        x: escalations,
        observed: observe_escalations,
    },
    Signal {
        id: SignalId::TicketIncrease,
        tier: Tier::Moderate,
        help: "They ask for more help than they used to.",
        topic: Some(Topic::Support),
        window: "30 days against the 90 before",
        formula: "tickets a day now / tickets a day before, as in S1",
        x: ticket_increase,
        observed: observe_ticket_increase,
    },
];

fn escalations(case: &Case<'_>) -> Option<f64> {
    let model = &case.churn.signals.escalations;
    let start = window::since(case.as_of, model.window_days);
    let escalated = &case.account.support.escalated_at;
    Some(model.curve.at(escalated.decayed(case.as_of, start, model.half_life_days)))
}

fn observe_escalations(case: &Case<'_>) -> Observations {
    let start = window::since(case.as_of, case.churn.signals.escalations.window_days);
    let escalated = case.account.support.escalated_at.since(start);
    let mut observed = Observations::new();
    observed.push(Observation::count("escalations", escalated.len()));
    observed.extend(Observation::instant("last_escalated_at", escalated.last().copied()));
    observed
}

fn ticket_increase(case: &Case<'_>) -> Option<f64> {
    let ratio = ticket_ratio(case.account, case.health, case.as_of)?;
    Some(case.churn.signals.ticket_increase.curve.at(ratio))
}

fn observe_ticket_increase(case: &Case<'_>) -> Observations {
    let (opened, model) = (&case.account.support.opened, &case.health.metrics.s1);
    let (from, to) = window::before(case.as_of, model.window_days, model.baseline_days);
    smallvec![
        Observation::count("tickets", opened.since(to)),
        Observation::count("tickets_before", opened.between(from, to)),
        Observation::count("window_days", model.window_days),
        Observation::count("baseline_days", model.baseline_days),
    ]
}
