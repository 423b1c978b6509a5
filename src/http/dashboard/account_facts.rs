//! Who an account is and how it uses the product, put into words: facts, usage, goals, texts.
//!
//! Scores are `account_scores.rs`, work is `account_work.rs`.

use crate::engine::output::health::AccountHealth;
use crate::engine::time::Timestamp;

use super::chart::Svg;
use super::chart::bullet::meter;
use super::words;

/// From which share of a limit on its bar warns.
const NEAR_LIMIT: f64 = 0.8;
/// And from which it is urgent.
const AT_LIMIT: f64 = 0.95;

/// A limit of the plan.
pub(super) struct MeterPart {
    pub(super) title: String,
    pub(super) used: String,
    pub(super) share: String,
    pub(super) full: String,
    pub(super) meter: Svg,
}

/// A goal of onboarding.
pub(super) struct GoalPart {
    pub(super) title: String,
    pub(super) value: String,
    pub(super) class: &'static str,
    pub(super) status: String,
}

/// A fact of the line below the name, and where it leads.
pub(super) struct AccountFact {
    pub(super) title: &'static str,
    pub(super) value: String,
    pub(super) href: String,
}

/// The line below the name.
pub(super) fn facts(
    health: &AccountHealth,
    parent_name: String,
    currency: &str,
    now: Timestamp,
) -> Vec<AccountFact> {
    let profile = &health.profile;
    let fact = |title, value| AccountFact { title, value, href: String::new() };
    let csm_href = format!("/?csm={}", words::encoded(&health.csm.name));
    let mut facts = vec![
        fact("ARR", words::money_or_none(profile.arr_reporting_cents, currency)),
        AccountFact { href: csm_href, ..fact("CSM", health.csm.name.to_string()) },
        fact("Segment", words::title(health.segment.name())),
    ];
    facts.extend(health.phase.map(|phase| fact("Phase", words::title(phase.name()))));
    facts.extend(profile.contract_end.map(|end| {
        fact("Renewal", format!("{}, {}", words::day(end, now), words::from_now(end, now)))
    }));
    facts.extend(profile.plan.as_ref().map(|plan| fact("Plan", words::title(plan))));
    facts.extend(profile.parent.as_ref().map(|parent| {
        let href = format!("/accounts?parent={}", words::encoded(parent));
        AccountFact { href, ..fact("Parent", parent_name) }
    }));
    facts.extend(profile.created_at.map(|at| fact("Customer since", words::day(at, now))));
    facts.push(fact("As of", words::instant(health.at, now)));
    facts
}

/// How it stands among its peers.
pub(super) fn peers(health: &AccountHealth) -> String {
    let percentile = health.peers.health_percentile.map(|it| {
        let segment = words::lower(&words::title(health.segment.name()));
        format!("Healthier than {it:.0} of 100 {segment} accounts.")
    });
    let unused = health.peers.unused_features.iter();
    let unused: Vec<_> = unused
        .map(|it| {
            format!(
                "{} ({})",
                words::title(&it.feature).to_lowercase(),
                words::percent(it.share, 0)
            )
        })
        .collect();
    let unused =
        (!unused.is_empty()).then(|| format!("Healthy peers also use {}.", unused.join(", ")));
    [percentile, unused].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// Active users.
pub(super) fn usage(health: &AccountHealth) -> Vec<(&'static str, String)> {
    let it = &health.usage;
    let number = |n: u64| words::grouped(i64::try_from(n).unwrap_or(i64::MAX));
    let mut rows = vec![
        ("Active users, 2 days", number(it.dau)),
        ("Active users, 7 days", number(it.wau)),
        ("Active users, 30 days", number(it.mau)),
    ];
    rows.extend(it.seats.map(|seats| ("Seats", number(seats.into()))));
    rows.extend(it.activation.map(|share| ("Activation", words::percent(share, 0))));
    rows
}

/// The limits of the plan.
pub(super) fn meters(health: &AccountHealth, now: Timestamp) -> Vec<MeterPart> {
    let part = health.usage.meters.iter().map(|(name, it)| {
        let share = if it.limit > 0.0 { it.used / it.limit } else { 0.0 };
        let class = match share {
            _ if share >= AT_LIMIT => "red",
            _ if share >= NEAR_LIMIT => "yellow",
            _ => "",
        };
        MeterPart {
            title: words::title(name),
            used: format!("{} of {}", words::amount(it.used), words::amount(it.limit)),
            share: words::percent(share, 0),
            full: full(it.reached_on.as_deref(), now),
            meter: meter(share, class),
        }
    });
    part.collect()
}

/// When a limit will be reached; what is more than a year away nobody knows.
fn full(day: Option<&str>, now: Timestamp) -> String {
    let at = day.and_then(|day| Timestamp::parse(day).ok());
    let at = at.filter(|at| now <= *at && *at <= now.plus_days(365));
    at.map_or_else(String::new, |at| format!("full about {}", words::day(at, now)))
}

/// The goals of onboarding.
pub(super) fn goals(health: &AccountHealth, now: Timestamp) -> Vec<GoalPart> {
    let part = health.onboarding.iter().map(|(name, goal)| {
        let value = goal.value.map_or_else(|| words::NONE.to_owned(), words::rounded);
        let (class, status) = if goal.met {
            ("met", "met".to_owned())
        } else if goal.due_at < now {
            ("missed", "not met".to_owned())
        } else {
            ("", format!("due {}", words::from_now(goal.due_at, now)))
        };
        let value = format!("{value} / {}", words::rounded(goal.target));
        GoalPart { title: words::title(name), value, class, status }
    });
    part.collect()
}

/// What tickets, comments and notes say, without their words.
pub(super) fn texts(health: &AccountHealth, now: Timestamp) -> Vec<(String, String, String)> {
    let texts = &health.texts;
    let mut rows = Vec::new();
    if let Some(mean) = texts.sentiment.mean {
        let trend = texts.sentiment.trend;
        let trend = trend.map(|it| format!(", {} against before", words::signed(it, 2)));
        let n = words::plural(texts.sentiment.texts as usize, "text", "texts");
        rows.push((
            "Sentiment, −1 to 1".to_owned(),
            words::signed(mean, 2),
            format!("{n}{}", trend.unwrap_or_default()),
        ));
    }
    for (kind, mention) in &texts.mentions {
        let terms = mention.terms.join(", ");
        rows.push((words::title(kind), words::from_now(mention.last_at, now), terms));
    }
    for (category, it) in texts.feedback.iter().filter(|(_, it)| it.texts > 0) {
        let n = words::plural(it.texts as usize, "text", "texts");
        rows.push((format!("About {}", words::lower(category)), n, it.terms.join(", ")));
    }
    rows
}

/// When each topic last told something.
pub(super) fn freshness(health: &AccountHealth, now: Timestamp) -> Vec<(String, String, bool)> {
    let part = health.freshness.iter().map(|(topic, feed)| {
        let name = topic.rsplit('.').next().unwrap_or(topic).replace('-', " ");
        (words::title(&name), words::from_now(feed.last_event_at, now), feed.stale)
    });
    part.collect()
}
