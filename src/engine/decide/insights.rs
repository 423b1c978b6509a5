//! The insights: what other teams want to know, and nobody has to act on here.
//!
//! What customers write about is counted in `fleet/feedback.rs`; records are `output/insight.rs`.

use compact_str::{CompactString, format_compact};

use super::Situation;
use crate::engine::account::workflow::Workflow;
use crate::engine::event::Topic;
use crate::engine::fleet::feedback::FeedbackCount;
use crate::engine::id::name_hash;
use crate::engine::output::insight::{Insight, InsightRecord};
use crate::engine::output::{AccountId, Output, OutputBody};
use crate::engine::time::{DAY_MS, Timestamp};

/// Says at the daily look of an account what is to be said of it once a day; answers whether
/// anything was.
pub(super) fn look(
    situation: &Situation<'_>,
    workflow: &mut Workflow,
    outputs: &mut Vec<Output>,
) -> bool {
    let (now, today) = (situation.now, situation.now.day());
    let is_daily = now.as_millis().rem_euclid(DAY_MS) == situation.look_ms;
    // An event of the very instant of the daily look has the account looked at once more.
    if !is_daily || workflow.churned_at.is_some() || workflow.insight_day == Some(today) {
        return false;
    }
    let Some(headroom) = licence_headroom(situation) else { return false };
    workflow.insight_day = Some(today);
    outputs.push(tell(situation, situation.account_id.clone(), headroom));
    true
}

/// What finance wants to know of an account that pays for many more users than it has.
fn licence_headroom(situation: &Situation<'_>) -> Option<Insight> {
    let Situation { account, model, fleet, now, .. } = *situation;
    let rule = &model.licences;
    let seats = account.profile.said()?.seats?;
    let monthly_active_users = situation.assessment.usage.monthly_active_users;
    // Nothing follows from users who are not told of.
    let is_known = account.usage.feed.is_live() && fleet.silences.since(Topic::Usage).is_none();
    let used = u32::try_from(monthly_active_users).unwrap_or(u32::MAX);
    let unused_seats = seats.saturating_sub(used);
    let is_large = f64::from(used) / f64::from(seats) < rule.used_share_below
        && unused_seats >= rule.unused_seats_min;
    let is_old = account.age_days(now) >= f64::from(rule.age_days_min);
    (is_known && is_large && is_old).then(|| Insight::LicenceHeadroom {
        seats,
        monthly_active_users,
        unused_seats,
        arr_reporting_cents: arr_reporting_cents(situation),
    })
}

/// Says once a day what customers write about, when the last day is over everywhere; answers
/// whether that day was told now.
pub(super) fn tell_feedback(
    situation: &Situation<'_>,
    workflow: &mut Workflow,
    outputs: &mut Vec<Output>,
) -> bool {
    let counted = &situation.fleet.peers;
    let is_told = workflow.insight_day.is_some_and(|told| told >= counted.day);
    if counted.feedback.is_empty() || is_told {
        return false;
    }
    workflow.insight_day = Some(counted.day);
    let categories = situation.model.texts.categories.keys();
    let names: Vec<(u64, &CompactString)> =
        categories.map(|name| (name_hash(name), name)).collect();
    let name_of = |hash| names.iter().find(|(held, _)| *held == hash).map(|(_, name)| *name);
    let of_model = counted.feedback.iter().filter_map(|it| Some((name_of(it.category)?, it)));
    let mut told: Vec<Output> =
        of_model.map(|(category, count)| product_feedback(situation, category, count)).collect();
    told.sort_by(|one, other| one.account_id.cmp(&other.account_id));
    outputs.append(&mut told);
    true
}

/// What product and documentation want to know; its subject stands in the account's place.
fn product_feedback(
    situation: &Situation<'_>,
    category: &CompactString,
    count: &FeedbackCount,
) -> Output {
    let subject = match &count.feature {
        Some(feature) => format_compact!("feedback:{category}:{feature}"),
        None => format_compact!("feedback:{category}"),
    };
    let insight = Insight::ProductFeedback {
        category: category.clone(),
        feature: count.feature.clone(),
        texts: count.texts,
        texts_before: count.texts_before,
        accounts: count.accounts,
        arr_reporting_cents: count.arr_reporting_cents,
    };
    tell(situation, subject, insight)
}

/// What incident response wants to know of an account that an incident touches.
pub(super) fn impact(
    situation: &Situation<'_>,
    reason: &str,
    features: &[CompactString],
    until: Timestamp,
) -> Output {
    let insight = Insight::HeldAccount {
        reason: reason.to_owned(),
        until,
        features: features.to_vec(),
        displayed_health_score: situation.displayed_score,
        weekly_active_users: situation.assessment.usage.weekly_active_users,
        arr_reporting_cents: arr_reporting_cents(situation),
    };
    tell(situation, situation.account_id.clone(), insight)
}

fn arr_reporting_cents(situation: &Situation<'_>) -> Option<i64> {
    situation.model.arr_reporting_cents(situation.account.profile.said()?)
}

fn tell(situation: &Situation<'_>, subject: AccountId, insight: Insight) -> Output {
    let record = InsightRecord {
        account_id: subject.clone(),
        at: situation.now,
        model_version: situation.model.version().into(),
        insight,
    };
    let body = OutputBody::Insight(Box::new(record));
    Output { account_id: subject, at: situation.now, body }
}
