//! What a publication says of an account's texts and escalations.
//!
//! The figures are computed in `assess/texts.rs`; this file words them and cites terms.

use std::collections::BTreeMap;

use compact_str::CompactString;

use super::Situation;
use crate::engine::account::texts::{Cited, Texts};
use crate::engine::assess::round_half_up;
use crate::engine::output::texts::{
    EscalationPattern, FeedbackFigures, MentionFigures, SentimentFigures, TextFigures,
};
use crate::engine::time::Day;
use crate::engine::window;

/// What the texts say.
pub(super) fn text_figures(situation: &Situation<'_>) -> TextFigures {
    let sentiment = situation.assessment.texts.sentiment;
    TextFigures {
        sentiment: SentimentFigures {
            texts: sentiment.texts,
            mean: sentiment.mean.map(|mean| round_half_up(mean, 3)),
            trend: sentiment.trend.map(|trend| round_half_up(trend, 3)),
        },
        feedback: feedback(situation),
        mentions: [
            ("competitor", mention(situation, Texts::competitor_terms)),
            ("budget_concern", mention(situation, Texts::budget_terms)),
        ]
        .into_iter()
        .filter_map(|(name, mention)| Some((CompactString::const_new(name), mention?)))
        .collect(),
    }
}

/// What the escalations have in common, if that is a pattern.
pub(super) fn escalation_pattern(situation: &Situation<'_>) -> Option<EscalationPattern> {
    let found = situation.assessment.texts.escalations;
    let days = situation.model.texts.escalation_pattern.window_days;
    let support = &situation.account.support;
    let named = support.most_escalated_feature(window::since(situation.now, days));
    let feature = found.feature.and(named);
    (found.feature.is_some() || found.severity.is_some()).then(|| EscalationPattern {
        feature: feature.map(|several| several.of.into()),
        feature_escalations: feature.map_or(0, |several| several.escalations),
        severity: found.severity.map(|several| several.of),
        severity_escalations: found.severity.map_or(0, |several| several.escalations),
    })
}

fn feedback(situation: &Situation<'_>) -> BTreeMap<CompactString, FeedbackFigures> {
    let (model, texts) = (&situation.model.texts, situation.account.texts());
    let start = window::since(situation.now, model.window_days);
    (model.categories.keys().zip(model.category_hashes()))
        .zip(&situation.assessment.texts.categories)
        .filter(|(_, figures)| figures.texts + figures.texts_before > 0)
        .map(|((name, hash), figures)| {
            let of_facets = texts.iter().filter_map(|texts| texts.category(*hash));
            let figures = FeedbackFigures {
                texts: figures.texts,
                texts_before: figures.texts_before,
                terms: latest(of_facets.map(|category| &category.terms), start),
            };
            (name.clone(), figures)
        })
        .collect()
}

fn mention(situation: &Situation<'_>, terms: impl Fn(&Texts) -> &Cited) -> Option<MentionFigures> {
    let texts = situation.account.texts();
    let last_at = texts.iter().filter_map(|texts| terms(texts).last_at()).max()?;
    let ever = Day::from_number(0);
    Some(MentionFigures { last_at, terms: latest(texts.iter().map(|it| terms(it)), ever) })
}

/// The terms that any of the facets cites, the one found last first, each once.
fn latest<'a>(cited: impl Iterator<Item = &'a Cited>, start: Day) -> Vec<CompactString> {
    let mut found: Vec<_> = cited.flat_map(|cited| cited.since(start)).collect();
    found.sort_by(|one, other| other.cmp(one));
    let mut terms: Vec<CompactString> = Vec::new();
    for (_, term) in found {
        if !terms.contains(term) {
            terms.push(term.clone());
        }
    }
    terms
}
