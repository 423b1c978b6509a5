//! Figures of how the product is used: users, features, calls, limits.
//!
//! The windows are kept in `account/usage.rs`.

use super::{Figure, Known, Value};
use crate::engine::account::usage::metrics::adoption;
use crate::engine::account::usage::signals::drop_of_two_weeks;
use crate::engine::assess::lifecycle::activation;
use crate::engine::decide::Situation;
use crate::engine::event::Topic;
use crate::engine::signal::{Case, SignalId};
use crate::engine::time::Day;

pub(super) static FIGURES: [Figure; 13] = [
    Figure {
        name: "usage_drop_14_28",
        unit: "share",
        help: "How much less use a day there is in 14 days than in the 28 before.",
        topics: &[Topic::Usage],
        value: Value::Of(usage_drop_14_28),
    },
    Figure {
        name: "core_feature_share",
        unit: "share",
        help: "Share of the core features in use, as in P2.",
        topics: &[Topic::Usage],
        value: Value::Of(core_feature_share),
    },
    Figure {
        name: "activation",
        unit: "share",
        help: "Distinct users ever active over seats.",
        topics: &[Topic::Usage],
        value: Value::Of(|known| activation(known.situation.account)),
    },
    Figure {
        name: "seat_share",
        unit: "share",
        help: "Distinct users of 30 days over seats.",
        topics: &[Topic::Usage],
        value: Value::Of(seat_share),
    },
    Figure {
        name: "users_7d",
        unit: "users",
        help: "Distinct users of 7 days.",
        topics: &[Topic::Usage],
        value: Value::Of(|known| users(known, 7)),
    },
    Figure {
        name: "users_30d",
        unit: "users",
        help: "Distinct users of 30 days.",
        topics: &[Topic::Usage],
        value: Value::Of(|known| users(known, 30)),
    },
    Figure {
        name: "users_ever",
        unit: "users",
        help: "Distinct users ever active.",
        topics: &[Topic::Usage],
        value: Value::Of(|known| Some(known.situation.account.usage.users.total())),
    },
    Figure {
        name: "sessions_ever",
        unit: "0 or 1",
        help: "Whether there ever was a session or login.",
        topics: &[Topic::Usage],
        value: Value::Of(sessions_ever),
    },
    Figure {
        name: "api_calls_ever",
        unit: "calls",
        help: "Calls of programs, ever.",
        topics: &[Topic::Usage],
        value: Value::Of(|known| Some(known.situation.account.usage.calls_ever as f64)),
    },
    Figure {
        name: "days_without_product_activity",
        unit: "days",
        help: "Whole days since the product was last used.",
        topics: &[Topic::Usage],
        value: Value::Of(days_without_product_activity),
    },
    Figure {
        name: "meter_share",
        unit: "share",
        help: "The largest share of a limit of the plan that is used.",
        topics: &[Topic::Usage],
        value: Value::Of(meter_share),
    },
    Figure {
        name: "plan_limit_near_days",
        unit: "days",
        help: "On how many days in a row, until today, a meter was near its limit.",
        topics: &[Topic::Usage],
        value: Value::Of(plan_limit_near_days),
    },
    Figure {
        name: "days_to_plan_limit",
        unit: "days",
        help: "Days until the first limit is reached at the present slope.",
        topics: &[Topic::Usage],
        value: Value::Of(days_to_plan_limit),
    },
];

fn usage_drop_14_28(known: &Known<'_>) -> Option<f64> {
    let Situation { account, assessment, model, .. } = *known.situation;
    assessment.churn.signal(SignalId::UsageDrop)?;
    let of_segment = model.of(assessment.segment);
    Some(drop_of_two_weeks(&Case {
        account,
        health: &of_segment.health,
        churn: &of_segment.churn,
        position: assessment.churn.position,
        as_of: known.as_of(Topic::Usage),
    }))
}

fn core_feature_share(known: &Known<'_>) -> Option<f64> {
    let situation = known.situation;
    let health = &situation.model.of(situation.assessment.segment).health;
    adoption(situation.account, health, known.as_of(Topic::Usage))
}

fn users(known: &Known<'_>, days: u16) -> Option<f64> {
    let usage = &known.situation.account.usage;
    usage.users.is_any_ever().then(|| usage.active_users(known.as_of(Topic::Usage), days))
}

fn seat_share(known: &Known<'_>) -> Option<f64> {
    let seats = known.situation.account.profile.said()?.seats?;
    Some(users(known, 30)? / f64::from(seats))
}

fn sessions_ever(known: &Known<'_>) -> Option<f64> {
    Some(f64::from(u8::from(known.situation.account.usage.is_any_session_ever)))
}

fn days_without_product_activity(known: &Known<'_>) -> Option<f64> {
    let usage = &known.situation.account.usage;
    let last = usage.user_days.newest().max(usage.calls.newest())?;
    let today = known.as_of(Topic::Usage).day();
    Some(f64::from((today.number() - last.number()).max(0)))
}

fn meter_share(known: &Known<'_>) -> Option<f64> {
    let meters = known.situation.account.usage.meters.values();
    meters.filter_map(|meter| meter.share()).reduce(f64::max)
}

fn plan_limit_near_days(known: &Known<'_>) -> Option<f64> {
    let rule = &known.situation.model.meters;
    let today = known.as_of(Topic::Usage).day();
    let meters = known.situation.account.usage.meters.values();
    let days = meters.map(|meter| meter.days_at_least(rule.near_share, rule.carry_days, today));
    days.max().map(f64::from)
}

fn days_to_plan_limit(known: &Known<'_>) -> Option<f64> {
    let today = known.as_of(Topic::Usage).day();
    let meters = known.situation.account.usage.meters.values();
    let reached = meters.filter_map(|meter| meter.reached_on()).map(Day::number).min()?;
    Some(f64::from((reached - today.number()).max(0)))
}
