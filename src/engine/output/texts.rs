//! The part of the record of `cs.account-health` that tells what texts say and escalations share.
//!
//! The figures are computed in `assess/texts.rs`; no text is published, only terms of the model.

use std::collections::BTreeMap;

use compact_str::CompactString;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::engine::time::Timestamp;

/// What an account's texts say: tickets, survey comments, notes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TextFigures {
    /// How they sound.
    pub sentiment: SentimentFigures,
    /// Feedback about the product, by category.
    #[schemars(with = "BTreeMap<String, FeedbackFigures>")]
    pub feedback: BTreeMap<CompactString, FeedbackFigures>,
    /// The last mentions: `competitor` and `budget_concern`, those that there are.
    #[schemars(with = "BTreeMap<String, MentionFigures>")]
    pub mentions: BTreeMap<CompactString, MentionFigures>,
}

/// How the texts of the model's window sound; only those whose language is known count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SentimentFigures {
    /// How many there are.
    pub texts: u32,
    /// Their mean, -1 to 1, three decimals.
    pub mean: Option<f64>,
    /// That less the mean of the days before; absent when there are too few texts in either.
    pub trend: Option<f64>,
}

/// Feedback of one category.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FeedbackFigures {
    /// Texts in the model's window.
    pub texts: u32,
    /// Texts in the days before it.
    pub texts_before: u32,
    /// The terms of the model that were found in the window, the last one first.
    #[schemars(with = "Vec<String>")]
    pub terms: Vec<CompactString>,
}

/// Something that texts mention.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MentionFigures {
    /// When a text did so last.
    pub last_at: Timestamp,
    /// The terms of the model that were found, the last one first.
    #[schemars(with = "Vec<String>")]
    pub terms: Vec<CompactString>,
}

/// Escalations that have a feature or a severity in common.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EscalationPattern {
    /// The feature of most of them, when they are enough for a pattern.
    #[schemars(with = "Option<String>")]
    pub feature: Option<CompactString>,
    /// How many are about that feature.
    pub feature_escalations: u32,
    /// The severity of most of them, 1 (worst) to 4, when they are enough for a pattern.
    pub severity: Option<u8>,
    /// How many are of that severity.
    pub severity_escalations: u32,
}
