//! The churn signals of the commercial facet: `scoring.md` §3.
//!
//! The state that they read is kept in `commercial.rs`, mentions in texts in `account/texts.rs`,
//! their numbers in the model file.

use smallvec::smallvec;

use super::invoices::Failure;
use crate::engine::account::Account;
use crate::engine::event::Topic;
use crate::engine::model::churn::{ChurnModel, ContractPosition};
use crate::engine::signal::{Case, Observation, Observations, Signal, SignalId, Tier};
use crate::engine::stamp::Stamp;
use crate::engine::time::Timestamp;
use crate::engine::window;

/// The rows of the catalogue.
pub static SIGNALS: [Signal; 5] = [
    Signal {
        id: SignalId::PaymentIssue,
        tier: Tier::Strong,
        help: "They do not pay, or cannot.",
        topic: Some(Topic::Commercial),
        window: "oldest unpaid invoice; failed payments of 90 days, half-life 30 days",
        formula: "the larger of pwl(days overdue) and 2^(-age of a failed payment / half-life), \
                  that times 0.3 once paid",
        x: payment_issue,
        observed: observe_payment_issue,
    },
    Signal {
        id: SignalId::Competitor,
        tier: Tier::Strong,
        help: "They speak of a competitor.",
        topic: None,
        window: "365 days, half-life 45 days",
        formula: "sum over mentions, in texts too, of 2^(-age / half-life)",
        x: competitor,
        observed: observe_competitor,
    },
    Signal {
        id: SignalId::RenewalGhosting,
        tier: Tier::Strong,
        help: "They do not answer when we speak of the renewal.",
        topic: Some(Topic::Commercial),
        window: "from 90 days before the end of the contract until 5 days ago, position renewal",
        formula: "touches since the last reply; nothing when they said what they will do",
        x: renewal_ghosting,
        observed: observe_renewal_ghosting,
    },
    Signal {
        id: SignalId::BudgetConcern,
        tier: Tier::Moderate,
        help: "Their budget is in danger.",
        topic: None,
        window: "200 days, half-life 90 days",
        formula: "2^(-age of the last concern, in texts too, risk or cut / half-life), times 0.3 \
                  once confirmed",
        x: budget_concern,
        observed: observe_budget_concern,
    },
    Signal {
        id: SignalId::NoExpansion,
        tier: Tier::Early,
        help: "They stay as they are.",
        topic: Some(Topic::Commercial),
        window: "expansions of 365 days, use cases of 180",
        formula: "1 when none was opened or activated",
        x: no_expansion,
        observed: observe_no_expansion,
    },
];

fn failures<'a>(case: &'a Case<'_>) -> &'a [Failure] {
    let days = case.churn.signals.payment_issue.failed_window_days;
    let start = window::since(case.as_of, days).start();
    let failures = case.account.commercial.invoices.failures.as_slice();
    &failures[failures.partition_point(|failure| failure.stamp.at < start)..]
}

fn payment_issue(case: &Case<'_>) -> Option<f64> {
    let (invoices, model) = (&case.account.commercial.invoices, &case.churn.signals.payment_issue);
    let due_at = invoices.first_unpaid_due_at().filter(|due_at| *due_at < case.as_of);
    let overdue =
        due_at.map_or(0.0, |due_at| model.overdue_curve.at(case.as_of.days_since(due_at)));
    let failed = failures(case).iter().map(|failure| {
        let left = case.decay(failure.stamp.at, model.failed_half_life_days);
        if invoices.is_settled(failure) { left * model.settled_share } else { left }
    });
    Some(failed.fold(overdue, f64::max))
}

fn observe_payment_issue(case: &Case<'_>) -> Observations {
    let invoices = &case.account.commercial.invoices;
    let due_at = invoices.first_unpaid_due_at().filter(|due_at| *due_at < case.as_of);
    let failures = failures(case);
    let unsettled = failures.iter().filter(|failure| !invoices.is_settled(failure)).count();
    let last_failed_at = failures.last().map(|failure| failure.stamp.at);
    let mut observed = Observations::new();
    observed.extend(Observation::instant("overdue_since", due_at));
    observed.push(Observation::count("failed_payments", failures.len()));
    observed.push(Observation::count("failed_payments_unsettled", unsettled));
    observed.extend(Observation::instant("last_failed_at", last_failed_at));
    observed
}

fn competitor(case: &Case<'_>) -> Option<f64> {
    let (account, model) = (case.account, &case.churn.signals.competitor);
    let start = window::since(case.as_of, model.window_days);
    account.is_competition_known().then(|| {
        let half_life_days = model.half_life_days;
        model.curve.at(account.competitor_mentions_decayed(case.as_of, start, half_life_days))
    })
}

fn observe_competitor(case: &Case<'_>) -> Observations {
    let start = window::since(case.as_of, case.churn.signals.competitor.window_days);
    let mut observed = Observations::new();
    observed.push(Observation::count("mentions", case.account.competitor_mentions(start)));
    let last_at = case.account.last_competitor_mention_at();
    observed.extend(Observation::instant("last_mentioned_at", last_at));
    observed
}

/// Touches that nobody answered, while the renewal is near.
fn unanswered(case: &Case<'_>) -> Option<u32> {
    unanswered_touches(case.account, case.churn, case.position, case.as_of)
}

/// Touches that nobody answered, while the renewal is near and nobody said what they will do.
pub fn unanswered_touches(
    account: &Account,
    churn: &ChurnModel,
    position: ContractPosition,
    as_of: Timestamp,
) -> Option<u32> {
    let (renewal, model) = (&account.commercial.renewal, &churn.signals.renewal_ghosting);
    let intent_start = window::since(as_of, model.intent_window_days).start();
    if position != ContractPosition::Renewal || renewal.intent.at() >= Some(intent_start) {
        return None;
    }
    let end = account.contract_end()?;
    let from = end.plus_days(-i64::from(model.touch_days_before_end));
    let to = as_of.plus_days(-i64::from(model.grace_days));
    Some(renewal.unanswered_between(from, to))
}

fn renewal_ghosting(case: &Case<'_>) -> Option<f64> {
    let model = &case.churn.signals.renewal_ghosting;
    unanswered(case).map(|touches| model.curve.at(f64::from(touches)))
}

fn observe_renewal_ghosting(case: &Case<'_>) -> Observations {
    let renewal = &case.account.commercial.renewal;
    let mut observed = Observations::new();
    observed.push(Observation::count("unanswered", unanswered(case).unwrap_or(0)));
    observed.extend(Observation::instant("last_reply_at", renewal.last_reply.at()));
    observed.extend(Observation::instant("contract_end", case.account.contract_end()));
    observed
}

/// The last danger to the budget, and when it was confirmed after that.
fn budget<'a>(case: &'a Case<'_>) -> Option<(&'a Stamp, Option<Timestamp>)> {
    let threat = case.account.last_budget_threat()?;
    let confirmed = case.account.commercial.budget.confirmed.stamp();
    let start = window::since(case.as_of, case.churn.signals.budget_concern.window_days).start();
    let confirmed_at = confirmed.filter(|confirmed| *confirmed > threat).map(|it| it.at);
    (threat.at >= start).then_some((threat, confirmed_at))
}

fn budget_concern(case: &Case<'_>) -> Option<f64> {
    let model = &case.churn.signals.budget_concern;
    let (threat, confirmed_at) = budget(case)?;
    let left = case.decay(threat.at, model.half_life_days);
    Some(if confirmed_at.is_some() { left * model.confirmed_share } else { left })
}

fn observe_budget_concern(case: &Case<'_>) -> Observations {
    let (threat, confirmed_at) = budget(case).unzip();
    let threat = Observation::instant("last_threat_at", threat.map(|stamp| stamp.at));
    let confirmed = Observation::instant("confirmed_at", confirmed_at.flatten());
    threat.into_iter().chain(confirmed).collect()
}

fn no_expansion(case: &Case<'_>) -> Option<f64> {
    let (account, model) = (case.account, &case.churn.signals.no_expansion);
    if case.age_days() <= model.age_above_days {
        return None;
    }
    let expansions = window::since(case.as_of, model.expansion_window_days);
    let use_cases = window::since(case.as_of, model.use_case_window_days);
    let is_still = account.commercial.expansions_opened.since(expansions).is_empty()
        && account.outcomes.use_cases_activated.since(use_cases).is_empty();
    Some(if is_still { 1.0 } else { 0.0 })
}

fn observe_no_expansion(case: &Case<'_>) -> Observations {
    let (account, model) = (case.account, &case.churn.signals.no_expansion);
    let expansions = window::since(case.as_of, model.expansion_window_days);
    let use_cases = window::since(case.as_of, model.use_case_window_days);
    smallvec![
        Observation::count(
            "expansions",
            account.commercial.expansions_opened.since(expansions).len()
        ),
        Observation::count(
            "use_cases",
            account.outcomes.use_cases_activated.since(use_cases).len()
        ),
    ]
}
