//! What an account's texts tell: sentiment and its trend, what escalations share, feedback.
//!
//! How labels are made is said in `text.rs`; how they are kept in `account/texts.rs`.

use std::collections::BTreeMap;

use crate::engine::account::Account;
use crate::engine::account::support::escalations::Several;
use crate::engine::account::texts::Texts;
use crate::engine::model::terms::TextModel;
use crate::engine::time::Timestamp;
use crate::engine::window;
use crate::engine::window::day_log::DayLog;

/// What an account's texts tell; made when a record tells it, not with each assessment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TextFigures<'a> {
    /// How they sound.
    pub sentiment: SentimentFigures,
    /// What escalations have in common.
    pub escalations: EscalationPattern<'a>,
    /// Feedback by the hash of its category's name, of the categories lately spoken of.
    pub categories: BTreeMap<u64, CategoryFigures>,
}

/// How texts sound; only those whose language is known count.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SentimentFigures {
    /// How many texts there are in the window.
    pub texts: u32,
    /// Their mean, -1 to 1.
    pub mean: Option<f64>,
    /// That less the mean of the days before; nothing when there are too few texts in either.
    pub trend: Option<f64>,
}

/// Escalations that are about one feature, or of one severity: nothing below the model's number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EscalationPattern<'a> {
    /// The feature's name.
    pub feature: Option<Several<&'a str>>,
    /// 1 (worst) to 4.
    pub severity: Option<Several<u8>>,
}

/// Feedback of one category.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CategoryFigures {
    /// How many texts there are in the window.
    pub texts: u32,
    /// How many in the days before.
    pub texts_before: u32,
}

impl<'a> TextFigures<'a> {
    /// The figures of an account as of `now`.
    pub fn of(account: &'a Account, model: &TextModel, now: Timestamp) -> Self {
        Self {
            sentiment: SentimentFigures::of(account, model, now),
            escalations: EscalationPattern::of(account, model, now),
            categories: categories(account, model, now),
        }
    }
}

impl CategoryFigures {
    /// The figures of these texts; nothing when there was none lately.
    fn of(texts: &DayLog, model: &TextModel, now: Timestamp) -> Option<Self> {
        let (from, to) = window::before(now, model.window_days, model.baseline_days);
        let figures = Self { texts: texts.since(to), texts_before: texts.between(from, to) };
        (figures != Self::default()).then_some(figures)
    }
}

/// Feedback by the hash of its category's name, of the categories lately spoken of.
pub fn categories(
    account: &Account,
    model: &TextModel,
    now: Timestamp,
) -> BTreeMap<u64, CategoryFigures> {
    let mut categories: BTreeMap<u64, CategoryFigures> = BTreeMap::new();
    for (hash, category) in account.texts().into_iter().flat_map(Texts::categories) {
        if let Some(more) = CategoryFigures::of(&category.texts, model, now) {
            let figures = categories.entry(hash).or_default();
            figures.texts += more.texts;
            figures.texts_before += more.texts_before;
        }
    }
    categories
}

/// Feedback in tickets that name a feature: the hash of the category's name, the feature, the
/// figures; of those lately spoken of.
pub fn features<'a>(
    account: &'a Account,
    model: &TextModel,
    now: Timestamp,
) -> impl Iterator<Item = (u64, &'a str, CategoryFigures)> {
    account.support.feature_texts.iter().filter_map(move |held| {
        let figures = CategoryFigures::of(&held.texts, model, now)?;
        Some((held.category, held.feature.as_str(), figures))
    })
}

impl SentimentFigures {
    fn of(account: &Account, model: &TextModel, now: Timestamp) -> Self {
        let (from, to) = window::before(now, model.window_days, model.baseline_days);
        let recent = account.sentiment_since(to);
        let before = account.sentiment_between(from, to);
        let is_enough = recent.texts.min(before.texts) >= model.trend_texts_min;
        let trend = recent.mean.zip(before.mean).map(|(recent, before)| recent - before);
        Self { texts: recent.texts, mean: recent.mean, trend: trend.filter(|_| is_enough) }
    }
}

impl<'a> EscalationPattern<'a> {
    fn of(account: &'a Account, model: &TextModel, now: Timestamp) -> Self {
        let rule = model.escalation_pattern;
        let start = window::since(now, rule.window_days);
        let feature = account.support.most_escalated_feature(start);
        let severity = account.support.most_escalated_severity(start);
        Self {
            feature: feature.filter(|several| several.escalations >= rule.escalations_min),
            severity: severity.filter(|several| several.escalations >= rule.escalations_min),
        }
    }
}
