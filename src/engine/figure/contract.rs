//! Figures of the contract: its dates, what is paid, and what else could be bought.
//!
//! They are kept in `account/commercial.rs` and `account/profile.rs`.

use super::{Figure, Known, Value};
use crate::engine::account::commercial::signals::unanswered_touches;
use crate::engine::event::Topic;

pub(super) static FIGURES: [Figure; 11] = [
    Figure {
        name: "age_days",
        unit: "days",
        help: "Since the account began.",
        topics: &[],
        value: Value::Of(|known| Some(known.situation.account.age_days(known.situation.now))),
    },
    Figure {
        name: "days_to_contract_end",
        unit: "days",
        help: "Until the contract ends; below 0 after it.",
        topics: &[],
        value: Value::Of(days_to_contract_end),
    },
    Figure {
        name: "days_to_notice",
        unit: "days",
        help: "Until the last day on which notice can be given; below 0 after it.",
        topics: &[],
        value: Value::Of(days_to_notice),
    },
    Figure {
        name: "days_since_renewed",
        unit: "days",
        help: "Since the contract was last renewed.",
        topics: &[],
        value: Value::Of(days_since_renewed),
    },
    Figure {
        name: "term_months",
        unit: "months",
        help: "The length of the contract.",
        topics: &[],
        value: Value::Of(|known| {
            Some(f64::from(known.situation.account.profile.said()?.term_months?))
        }),
    },
    Figure {
        name: "seats",
        unit: "seats",
        help: "Licensed seats.",
        topics: &[],
        value: Value::Of(|known| Some(f64::from(known.situation.account.profile.said()?.seats?))),
    },
    Figure {
        name: "arr",
        unit: "reporting currency",
        help: "Annual recurring revenue, in whole units.",
        topics: &[],
        value: Value::Of(|known| {
            known.situation.model.arr(known.situation.account.profile.said()?)
        }),
    },
    Figure {
        name: "arr_headroom",
        unit: "0 or 1",
        help: "Whether there is a product or a larger plan that they do not have.",
        topics: &[],
        value: Value::Of(arr_headroom),
    },
    Figure {
        name: "invoice_overdue_days",
        unit: "days",
        help: "How long the oldest unpaid invoice is overdue; 0 when none is.",
        topics: &[Topic::Commercial],
        value: Value::Of(invoice_overdue_days),
    },
    Figure {
        name: "failed_payment_unpaid_days",
        unit: "days",
        help: "Since the oldest payment of 90 days that failed and was not made since.",
        topics: &[Topic::Commercial],
        value: Value::Of(failed_payment_unpaid_days),
    },
    Figure {
        name: "unanswered_renewal_touches",
        unit: "touches",
        help: "Touches about the renewal that nobody answered, as in renewal_ghosting.",
        topics: &[Topic::Commercial],
        value: Value::Of(unanswered_renewal_touches),
    },
];

fn days_to_contract_end(known: &Known<'_>) -> Option<f64> {
    Some(known.situation.account.contract_end()?.days_since(known.situation.now))
}

fn days_to_notice(known: &Known<'_>) -> Option<f64> {
    let deadline = known.situation.account.notice_deadline()?;
    Some(deadline.days_since(known.situation.now))
}

fn days_since_renewed(known: &Known<'_>) -> Option<f64> {
    let renewals = known.situation.account.commercial.contract.renewals.as_slice();
    Some(known.situation.now.days_since(renewals.last()?.stamp.at).max(0.0))
}

fn arr_headroom(known: &Known<'_>) -> Option<f64> {
    let offer = &known.situation.model.offer;
    let said = known.situation.account.profile.said()?;
    let has = |name: &String| said.products.iter().any(|product| product == name.as_str());
    let is_product_left = offer.products.iter().any(|name| !has(name));
    let largest = offer.plans.last();
    let is_plan_left = said.plan.as_deref().is_some_and(|plan| {
        offer.plans.iter().any(|name| name == plan) && largest.is_some_and(|name| name != plan)
    });
    let is_known = !offer.products.is_empty() || !offer.plans.is_empty();
    is_known.then(|| f64::from(u8::from(is_product_left || is_plan_left)))
}

fn invoice_overdue_days(known: &Known<'_>) -> Option<f64> {
    let commercial = &known.situation.account.commercial;
    let now = known.as_of(Topic::Commercial);
    let due_at = commercial.invoices.first_unpaid_due_at();
    let overdue = due_at.map_or(0.0, |due_at| now.days_since(due_at).max(0.0));
    commercial.feed.is_live().then_some(overdue)
}

fn failed_payment_unpaid_days(known: &Known<'_>) -> Option<f64> {
    let invoices = &known.situation.account.commercial.invoices;
    let now = known.as_of(Topic::Commercial);
    let start = now.plus_days(-90);
    let mut open = invoices.failures.as_slice().iter().filter(|it| !invoices.is_settled(it));
    let oldest = open.find(|failure| failure.stamp.at >= start)?;
    Some(now.days_since(oldest.stamp.at).max(0.0))
}

fn unanswered_renewal_touches(known: &Known<'_>) -> Option<f64> {
    let situation = known.situation;
    let churn = &situation.model.of(situation.assessment.segment).churn;
    let as_of = known.as_of(Topic::Commercial);
    let position = situation.assessment.churn.position;
    unanswered_touches(situation.account, churn, position, as_of).map(f64::from)
}
