//! What a publication says of an account's texts and escalations.
//!
//! The figures are computed in `assess/texts.rs`; this file words them and cites terms.

use std::collections::BTreeMap;

use compact_str::CompactString;

use super::Situation;
use crate::engine::account::texts::{Cited, Texts};
use crate::engine::assess::texts::CategoryFigures;
use crate::engine::assess::{self, round_half_up};
use crate::engine::id::name_hash;
use crate::engine::output::texts::{
    EscalationPattern, FeedbackFigures, MentionFigures, SentimentFigures, TextFigures,
};
use crate::engine::time::Day;
use crate::engine::window;

/// What the texts say, and what the escalations have in common, if that is a pattern.
pub(super) fn said(situation: &Situation<'_>) -> (TextFigures, Option<EscalationPattern>) {
    let Situation { account, model, now, .. } = *situation;
    let figures = assess::texts::TextFigures::of(account, &model.texts, now);
    let sentiment = figures.sentiment;
    let texts = TextFigures {
        sentiment: SentimentFigures {
            texts: sentiment.texts,
            mean: sentiment.mean.map(|mean| round_half_up(mean, 3)),
            trend: sentiment.trend.map(|trend| round_half_up(trend, 3)),
        },
        feedback: feedback(situation, &figures.categories),
        mentions: [
            ("competitor", mention(situation, Texts::competitor_terms)),
            ("budget_concern", mention(situation, Texts::budget_terms)),
        ]
        .into_iter()
        .filter_map(|(name, mention)| Some((CompactString::const_new(name), mention?)))
        .collect(),
    };
    let assess::texts::EscalationPattern { feature, severity } = figures.escalations;
    let pattern = (feature.is_some() || severity.is_some()).then(|| EscalationPattern {
        feature: feature.map(|several| several.of.into()),
        feature_escalations: feature.map_or(0, |several| several.escalations),
        severity: severity.map(|several| several.of),
        severity_escalations: severity.map_or(0, |several| several.escalations),
    });
    (texts, pattern)
}

fn feedback(
    situation: &Situation<'_>,
    figures: &BTreeMap<u64, CategoryFigures>,
) -> BTreeMap<CompactString, FeedbackFigures> {
    let (model, texts) = (&situation.model.texts, situation.account.texts());
    let start = window::since(situation.now, model.window_days);
    let named = model.categories.keys().filter_map(|name| {
        let hash = name_hash(name);
        Some((name, hash, figures.get(&hash)?))
    });
    named
        .map(|(name, hash, figures)| {
            let of_facets = texts.iter().filter_map(|texts| texts.category(hash));
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
