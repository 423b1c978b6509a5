//! What an account's texts tell: sentiment and its trend, what escalations share, feedback.
//!
//! How labels are made is said in `text.rs`; how they are kept in `account/texts.rs`.

use crate::engine::account::Account;
use crate::engine::account::support::escalations::Several;
use crate::engine::account::texts::Texts;
use crate::engine::id::name_hash;
use crate::engine::model::terms::{CATEGORIES_MAX, TextModel};
use crate::engine::time::Timestamp;
use crate::engine::window;

/// What an account's texts tell.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TextFigures {
    /// How they sound.
    pub sentiment: SentimentFigures,
    /// What escalations have in common.
    pub escalations: EscalationPattern,
    /// Feedback by category, in the order of the model's categories.
    pub categories: [CategoryFigures; CATEGORIES_MAX],
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
pub struct EscalationPattern {
    /// The public hash of the feature's name.
    pub feature: Option<Several<u64>>,
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

impl TextFigures {
    /// The figures of an account as of `now`.
    pub(super) fn of(account: &Account, model: &TextModel, now: Timestamp) -> Self {
        let mut figures = Self {
            sentiment: SentimentFigures::of(account, model, now),
            escalations: EscalationPattern::of(account, model, now),
            ..Self::default()
        };
        let (from, to) = window::before(now, model.window_days, model.baseline_days);
        for (hash, category) in account.texts().into_iter().flat_map(Texts::categories) {
            let is_recent = category.terms.last_at() >= Some(from.start());
            if let Some(place) = model.category_place(hash).filter(|_| is_recent) {
                figures.categories[place].texts += category.texts.since(to);
                figures.categories[place].texts_before += category.texts.between(from, to);
            }
        }
        figures
    }

    /// A figure by the name under which conditions know it: `sentiment`, `sentiment_trend`,
    /// `sentiment_texts`, `escalation_pattern` (the larger number), `feedback.CATEGORY`; nothing
    /// when it does not exist.
    pub fn by_name(&self, model: &TextModel, name: &str) -> Option<f64> {
        match name {
            "sentiment" => self.sentiment.mean,
            "sentiment_trend" => self.sentiment.trend,
            "sentiment_texts" => Some(self.sentiment.texts.into()),
            "escalation_pattern" => {
                let feature = self.escalations.feature.map(|several| several.escalations);
                let severity = self.escalations.severity.map(|several| several.escalations);
                feature.max(severity).map(f64::from)
            }
            name => {
                let place = model.category_place(name_hash(name.strip_prefix("feedback.")?))?;
                Some(self.categories[place].texts.into())
            }
        }
    }
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

impl EscalationPattern {
    fn of(account: &Account, model: &TextModel, now: Timestamp) -> Self {
        let rule = model.escalation_pattern;
        let start = window::since(now, rule.window_days);
        let feature = account.support.most_escalated_feature(start);
        let severity = account.support.most_escalated_severity(start);
        Self {
            feature: feature
                .filter(|several| several.escalations >= rule.escalations_min)
                .map(|Several { of, escalations }| Several { of: name_hash(of), escalations }),
            severity: severity.filter(|several| several.escalations >= rule.escalations_min),
        }
    }
}
