//! How a text sounds: VADER's compound, with the language of support put into VADER's words.
//!
//! Whether a text is one that VADER understands is decided in `language.rs`.

use std::cmp::Reverse;
use std::ops::Range;

use vader_sentimental::SentimentIntensityAnalyzer;

/// A word of VADER's lexicon, which is sealed, that stands for all words of its valence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Carrier(&'static str);

/// A place in a text that is read as if a carrier stood there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Substitution {
    /// Where, in bytes.
    pub range: Range<usize>,
    /// What is read.
    pub carrier: Carrier,
}

/// Least and greatest valence that a word can be given.
pub const VALENCE_MAX: f64 = 3.0;

/// Carriers by valence, from -3 on in steps of one half.
const CARRIERS: [&str; 13] = [
    "devastated",
    "horrible",
    "offensive",
    "careless",
    "cancelled",
    "ironic",
    "word",
    "joker",
    "favors",
    "privilege",
    "dedicated",
    "admirably",
    "outstanding",
];

/// VADER's idioms and what they are worth. It takes one of those within reach in an order that
/// differs from run to run, so none may be left for it to find.
pub(super) const IDIOMS: [(&str, f64); 7] = [
    ("the shit", 3.0),
    ("the bomb", 3.0),
    ("bad ass", 1.5),
    ("badass", 1.5),
    ("yeah right", -2.0),
    ("kiss of death", -1.5),
    ("to die for", 3.0),
];

impl Carrier {
    /// The carrier whose valence is nearest.
    pub fn nearest(valence: f64) -> Self {
        let steps = (valence.clamp(-VALENCE_MAX, VALENCE_MAX) + VALENCE_MAX) * 2.0;
        Self(CARRIERS[steps.round() as usize])
    }
}

/// The compound of an English text in its normal form, in thousandths: -1000 to 1000.
///
/// Of substitutions that overlap the leftmost counts, of those the longest. Thousandths hide that
/// VADER adds up in an order that differs from run to run. Capitals do not count as shouting: in
/// tickets they are product names, acronyms and pasted messages.
pub fn of(normal: &str, substitutions: &mut [Substitution]) -> i16 {
    substitutions.sort_by_key(|it| (it.range.start, Reverse(it.range.end)));
    let mut text = String::with_capacity(normal.len() + 16);
    let mut done = 0;
    for Substitution { range, carrier } in substitutions.iter() {
        if range.start >= done {
            text.push_str(&normal[done..range.start]);
            text.push_str(carrier.0);
            done = range.end;
        }
    }
    text.push_str(&normal[done..]);
    let found = SentimentIntensityAnalyzer::new().polarity_scores(&text);
    // Without a word that has a mood, marks alone have none: the crate takes them for a bad one.
    let has_mood = found.pos + found.neg > 0.0;
    if has_mood { (found.compound * 1000.0).round() as i16 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compound_of(text: &str) -> i16 {
        of(text, &mut [])
    }

    #[test]
    fn carriers_weigh_what_they_stand_for() {
        for step in -6..=6_i32 {
            let valence = f64::from(step) / 2.0;
            let compound = valence / (valence * valence + 15.0).sqrt();
            let Carrier(word) = Carrier::nearest(valence);
            assert_eq!(compound_of(word), (compound * 1000.0).round() as i16, "{word}");
        }
        assert_eq!(Carrier::nearest(-9.0), Carrier("devastated"));
        assert_eq!(Carrier::nearest(0.3), Carrier("joker"));
    }

    #[test]
    fn negation_and_degree_count() {
        for (better, worse) in [
            ("this is good", "this is not good"),
            ("this is very good", "this is good"),
            ("it does work well", "it doesn't work well"),
            ("good but slow and annoying", "good, but terrible"),
            ("not terrible", "terrible"),
            ("we never had a problem", "we had a problem"),
            ("great!", "great"),
        ] {
            assert!(compound_of(better) > compound_of(worse), "{better} / {worse}");
        }
        assert!(compound_of("not good") < 0 && compound_of("not bad") > 0);
        assert_eq!(compound_of("the table has four rows"), 0);
        assert_eq!((compound_of(""), compound_of("any news on this?!")), (0, 0));
    }

    #[test]
    fn the_leftmost_and_longest_substitution_is_read() {
        let at = |range: Range<usize>, valence| Substitution {
            range,
            carrier: Carrier::nearest(valence),
        };
        let text = "it no longer works well";
        let mut all = [at(13..18, 1.0), at(3..18, -2.0), at(13..23, 2.0)];
        assert_eq!(of(text, &mut all), compound_of("it offensive well"));
        let mut one = [at(9..13, -1.0)];
        assert_eq!(of("this not slow", &mut one), compound_of("this not cancelled"));
    }

    #[test]
    fn any_text_is_judged_without_a_fault() {
        let words =
            ["so", "never", "kind", "of", "least", "at", "bad", "BUT", "!", "😀", "n't", "a"];
        let mut state = 1_u32;
        for _ in 0..2000 {
            let mut text = String::new();
            for _ in 0..state % 9 {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                text.push_str(words[(state >> 16) as usize % words.len()]);
                text.push_str(if state & 1024 == 0 { " " } else { "" });
            }
            state = state.wrapping_add(7);
            assert!((-1000..=1000).contains(&compound_of(&text)), "{text}");
        }
    }
}
