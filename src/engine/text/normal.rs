//! The form in which texts and terms are compared: case, width and look-alikes do not count.
//!
//! Which terms there are is said by the model file; how they are looked for by `search.rs`.

use caseless::Caseless;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// A text in the form in which it is compared: NFKC, full case folding, no dots on or off the i
/// of Turkish, typewriter apostrophes, one space between words, nothing invisible.
pub fn normal_form(text: &str) -> String {
    let mut normal = String::with_capacity(text.len());
    if text.is_ascii() {
        text.chars().for_each(|sign| push(&mut normal, sign.to_ascii_lowercase()));
    } else {
        text.nfkc().default_case_fold().for_each(|sign| push(&mut normal, sign));
    }
    normal.truncate(normal.trim_end().len());
    normal
}

/// The beginning of a text, at most `bytes_max` long, that ends between two words.
pub fn beginning(text: &str, bytes_max: usize) -> &str {
    if text.len() <= bytes_max {
        return text;
    }
    let cut = &text[..text.floor_char_boundary(bytes_max)];
    cut.rfind(char::is_whitespace).map_or(cut, |end| &cut[..end])
}

/// Whether `before` and `after`, side by side, belong to one word. Scripts that are written
/// without spaces, or glue their particles on, begin and end words anywhere.
pub fn is_one_word(before: char, after: char) -> bool {
    let is_part = |sign: char| sign.is_alphanumeric() || is_combining_mark(sign);
    is_part(before) && is_part(after) && !is_unspaced(before) && !is_unspaced(after)
}

/// Thai to Khmer, Hangul, kana, Han and the like.
const fn is_unspaced(sign: char) -> bool {
    matches!(sign as u32,
        0x0E00..=0x0EFF | 0x1000..=0x109F | 0x1100..=0x11FF | 0x1780..=0x17FF
        | 0x2E80..=0x312F | 0x3130..=0x318F | 0x31A0..=0xA4CF | 0xA960..=0xA97F
        | 0xAC00..=0xD7FF | 0xF900..=0xFAFF | 0x1B000..=0x1B16F | 0x20000..=0x3FFFF)
}

fn push(normal: &mut String, sign: char) {
    match sign {
        'ı' => normal.push('i'),
        // What is left of a capital İ.
        '\u{307}' if normal.ends_with('i') => {}
        '\u{AD}' | '\u{200B}'..='\u{200D}' | '\u{2060}' | '\u{FEFF}' => {}
        '\u{2018}' | '\u{2019}' | '\u{02BC}' => normal.push('\''),
        sign if sign.is_whitespace() => {
            if !normal.is_empty() && !normal.ends_with(' ') {
                normal.push(' ');
            }
        }
        sign => normal.push(sign),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_reads_alike_is_alike() {
        for (one, other) in [
            ("Klarflow", "KLARFLOW"),
            ("Straße", "STRASSE"),
            ("OMNISIGHT", "omnısıght"),
            ("OMNİSİGHT", "omnisight"),
            ("Ｖａｎｔｏｒａ", "vantora"),
            ("e\u{301}te\u{301} ﬁn", "ÉTÉ FIN"),
            ("don’t\u{200B}", "don't"),
            ("  budget\r\n\tfreeze ", "budget freeze"),
            ("so\u{AD}cial", "social"),
            ("ΣΊΣΥΦΟΣ", "σίσυφος"),
        ] {
            assert_eq!(normal_form(one), normal_form(other), "{one}");
        }
        assert_ne!(normal_form("bogue"), normal_form("bogué"), "an accent is a letter");
    }

    #[test]
    fn words_end_where_readers_end_them() {
        assert!(is_one_word('t', 'a') && is_one_word('t', '2') && is_one_word('e', '\u{301}'));
        assert!(!is_one_word('t', '-') && !is_one_word('t', ' ') && !is_one_word('t', '_'));
        assert!(!is_one_word('a', 'に') && !is_one_word('价', '太') && !is_one_word('a', '로'));
    }

    #[test]
    fn a_long_text_is_cut_between_words() {
        assert_eq!(beginning("our budgetary plan", 10), "our");
        assert_eq!(beginning("üüü", 3), "ü");
        assert_eq!(beginning("short", 10), "short");
    }
}
