//! Figures of the people: sponsor, reviews, surveys, tickets, texts, results.
//!
//! What they say is kept in the facets beside `account/usage.rs`.

use super::{Figure, Known, Value};
use crate::engine::event::Topic;
use crate::engine::time::Timestamp;
use crate::engine::window;

pub(super) static FIGURES: [Figure; 16] = [
    Figure {
        name: "sponsor_vacant",
        unit: "0 or 1",
        help: "Whether the sponsor left and nobody was assigned since.",
        topics: &[Topic::Relationship],
        value: Value::Of(sponsor_vacant),
    },
    Figure {
        name: "days_since_executive_review",
        unit: "days",
        help: "Since the last executive review that took place.",
        topics: &[Topic::Relationship],
        value: Value::Of(|known| {
            since(known, known.situation.account.relationship.reviews.executive_at)
        }),
    },
    Figure {
        name: "days_since_operational_review",
        unit: "days",
        help: "Since the last operational review that took place.",
        topics: &[Topic::Relationship],
        value: Value::Of(|known| {
            since(known, known.situation.account.relationship.reviews.operational_at)
        }),
    },
    Figure {
        name: "open_action_items",
        unit: "items",
        help: "What was promised and is not done.",
        topics: &[Topic::Relationship],
        value: Value::Of(open_action_items),
    },
    Figure {
        name: "escalations_30d",
        unit: "escalations",
        help: "Tickets escalated in 30 days.",
        topics: &[Topic::Support],
        value: Value::Of(escalations_30d),
    },
    Figure {
        name: "competitor_mentions_30d",
        unit: "mentions",
        help: "Mentions of competitors in 30 days, by event or text.",
        topics: &[],
        value: Value::Of(competitor_mentions_30d),
    },
    Figure {
        name: "texts_30d",
        unit: "texts",
        help: "Texts of 30 days whose mood is known.",
        topics: &[],
        value: Value::Of(|known| Some(f64::from(sentiment(known).0))),
    },
    Figure {
        name: "sentiment_30d",
        unit: "-1 to 1",
        help: "How the texts of 30 days sound.",
        topics: &[],
        value: Value::Of(|known| sentiment(known).1),
    },
    Figure {
        name: "sentiment_change",
        unit: "-2 to 2",
        help: "That less how those of the 90 days before sounded.",
        topics: &[],
        value: Value::Of(|known| sentiment(known).2),
    },
    Figure {
        name: "days_since_promoter",
        unit: "days",
        help: "Since the last answer of 9 or 10.",
        topics: &[Topic::Feedback],
        value: Value::Of(|known| since(known, known.situation.account.feedback.promoter_at)),
    },
    Figure {
        name: "days_since_relationship_survey",
        unit: "days",
        help: "Since somebody was last asked about the whole.",
        topics: &[Topic::Feedback],
        value: Value::Of(|known| {
            since(known, known.situation.account.feedback.relationship_survey_at)
        }),
    },
    Figure {
        name: "respondents_known",
        unit: "people",
        help: "Who was asked or answered.",
        topics: &[Topic::Feedback],
        value: Value::Of(respondents_known),
    },
    Figure {
        name: "askable_respondents",
        unit: "people",
        help: "Those of them who may be asked again.",
        topics: &[Topic::Feedback],
        value: Value::Of(askable_respondents),
    },
    Figure {
        name: "outcomes_90d",
        unit: "results",
        help: "Results documented, first values and returns reported in 90 days.",
        topics: &[Topic::Outcomes],
        value: Value::Of(outcomes_90d),
    },
    Figure {
        name: "roi_ratio",
        unit: "ratio",
        help: "What was realized over what was aimed at, as reported last.",
        topics: &[Topic::Outcomes],
        value: Value::Of(|known| known.situation.account.outcomes.roi.get().map(|roi| roi.ratio())),
    },
    Figure {
        name: "use_cases_net_180d",
        unit: "use cases",
        help: "Use cases activated less those retired in 180 days.",
        topics: &[Topic::Outcomes],
        value: Value::Of(use_cases_net_180d),
    },
];

fn since(known: &Known<'_>, at: Option<Timestamp>) -> Option<f64> {
    Some(known.situation.now.days_since(at?).max(0.0))
}

fn sponsor_vacant(known: &Known<'_>) -> Option<f64> {
    let sponsor = &known.situation.account.relationship.sponsor;
    sponsor.is_known().then(|| f64::from(u8::from(sponsor.is_vacant())))
}

fn open_action_items(known: &Known<'_>) -> Option<f64> {
    let items = known.situation.account.relationship.action_items.values();
    Some(items.filter(|item| !item.is_done()).count() as f64)
}

fn escalations_30d(known: &Known<'_>) -> Option<f64> {
    let start = window::since(known.as_of(Topic::Support), 30);
    Some(f64::from(known.situation.account.support.escalated.since(start)))
}

fn competitor_mentions_30d(known: &Known<'_>) -> Option<f64> {
    let account = known.situation.account;
    let start = window::since(known.situation.now, 30);
    account.is_competition_known().then(|| account.competitor_mentions(start) as f64)
}

/// How many texts there are, how they sound, and that less how those before sounded.
fn sentiment(known: &Known<'_>) -> (u32, Option<f64>, Option<f64>) {
    let (account, now) = (known.situation.account, known.situation.now);
    let (from, to) = window::before(now, 30, 90);
    let recent = account.sentiment_since(to);
    let before = account.sentiment_between(from, to);
    let change = recent.mean.zip(before.mean).map(|(recent, before)| recent - before);
    (recent.texts, recent.mean, change)
}

fn respondents_known(known: &Known<'_>) -> Option<f64> {
    Some(known.situation.account.feedback.respondents.values().len() as f64)
}

fn askable_respondents(known: &Known<'_>) -> Option<f64> {
    let model = known.situation.model;
    let again_days = i64::from(model.surveys.ask_again_days);
    let start = known.situation.now.plus_days(-again_days);
    let people = known.situation.account.feedback.respondents.values();
    Some(people.filter(|person| person.asked_at.is_none_or(|at| at <= start)).count() as f64)
}

fn outcomes_90d(known: &Known<'_>) -> Option<f64> {
    let outcomes = &known.situation.account.outcomes;
    let start = window::since(known.as_of(Topic::Outcomes), 90);
    let is_recent = |at: Option<Timestamp>| usize::from(at.is_some_and(|at| at >= start.start()));
    let documented = outcomes.outcomes_documented.since(start).len();
    Some((documented + is_recent(outcomes.first_value_at) + is_recent(outcomes.roi.at())) as f64)
}

fn use_cases_net_180d(known: &Known<'_>) -> Option<f64> {
    let outcomes = &known.situation.account.outcomes;
    let start = window::since(known.as_of(Topic::Outcomes), 180);
    let activated = outcomes.use_cases_activated.since(start).len() as f64;
    let retired = outcomes.use_cases_retired.since(start).len() as f64;
    outcomes.feed.is_live().then_some(activated - retired)
}
