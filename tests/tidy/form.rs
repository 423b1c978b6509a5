//! Rules about form: heads, lengths, and nothing left for later.
//!
//! Layout within a line is rustfmt's.

use crate::source::{Found, Line, Source, Tree, has_word, word_after};

const FILE_LINES_MAX: usize = 400;
const FUNCTION_LINES_MAX: usize = 70;
const COLUMNS_MAX: usize = 100;

/// What must not be in code that is finished. Tests that wait have a condition and a deadline.
const UNFINISHED: [&str; 5] = ["todo!", "unimplemented!", "dbg!", "#[ignore", "thread::sleep"];
const NOTES: [&str; 3] = ["TODO", "FIXME", "XXX"];
/// How a comment begins that once was code, and how it ends.
const STATEMENTS: [&str; 9] =
    ["let ", "use ", "fn ", "pub ", "if ", "for ", "match ", "self.", "}"];
const STATEMENT_ENDS: [char; 4] = [';', '{', '}', ')'];

/// Every file begins by saying what it is and what does not belong in it.
pub(crate) fn heads_its_file(source: &Source, _: &Tree) -> Found {
    let head = source.lines.iter().map_while(|line| line.text.strip_prefix("//!"));
    let text: String = head.flat_map(|line| [line, " "]).collect();
    let n_sentences: usize = [". ", "! ", "? "].iter().map(|end| text.matches(end).count()).sum();
    if n_sentences >= 2 {
        return Found::new();
    }
    let message = "begin with `//!`: a sentence what this is, and one what does not belong here";
    vec![(1, message.to_owned())]
}

/// Files and functions can be read in one go.
pub(crate) fn is_short(source: &Source, _: &Tree) -> Found {
    let mut found = Found::new();
    let n_lines = source.lines.len();
    if n_lines > FILE_LINES_MAX {
        let message = format!("{n_lines} lines, at most {FILE_LINES_MAX}: split it by meaning");
        found.push((n_lines, message));
    }
    for (start, line) in source.lines.iter().enumerate() {
        let Some(name) = word_after(&line.code, "fn") else { continue };
        let n_lines = function_length(&source.lines[start..]);
        if n_lines > FUNCTION_LINES_MAX {
            let most = format!("{n_lines} lines, at most {FUNCTION_LINES_MAX}");
            found.push((start + 1, format!("`{name}` has {most}: take a step out of it")));
        }
    }
    found
}

/// Lines up to the brace that closes the function; 1 for one without a body.
fn function_length(lines: &[Line]) -> usize {
    let (mut braces, mut brackets) = (0_i32, 0_i32);
    for (n, line) in lines.iter().enumerate() {
        for sign in line.code.chars() {
            match sign {
                '(' | '[' => brackets += 1,
                ')' | ']' => brackets -= 1,
                '{' => braces += 1,
                '}' if braces == 1 => return n + 1,
                '}' => braces -= 1,
                ';' if braces == 0 && brackets == 0 => return 1,
                _ => {}
            }
        }
    }
    lines.len()
}

/// No line is wider than the window that rustfmt fills.
pub(crate) fn fits_the_screen(source: &Source, _: &Tree) -> Found {
    source.each_line(|line| {
        let n = line.text.chars().count();
        let message = format!("{n} columns, at most {COLUMNS_MAX}: a long text breaks with `\\`");
        (n > COLUMNS_MAX).then_some(message)
    })
}

/// Nothing is left for later, switched off or commented out.
pub(crate) fn is_finished(source: &Source, _: &Tree) -> Found {
    source.each_line(|line| {
        if let Some(name) = UNFINISHED.iter().find(|name| line.code.contains(*name)) {
            return Some(format!("`{name}`: finish it; a test waits for a condition, not a time"));
        }
        if let Some(note) = NOTES.iter().find(|note| has_word(&line.comment, note)) {
            return Some(format!("{note}: do it, or file an issue"));
        }
        let comment = line.comment.strip_prefix("// ")?;
        let was_code = STATEMENTS.iter().any(|start| comment.starts_with(start))
            && comment.ends_with(STATEMENT_ENDS);
        was_code.then(|| "commented-out code: delete it, git remembers".to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    type Rule = fn(&Source, &Tree) -> Found;

    fn lines(rule: Rule, text: &str) -> Vec<usize> {
        let found = rule(&Source::new("src/x.rs", text), &Tree::default());
        found.into_iter().map(|(line, _)| line).collect()
    }

    #[test]
    fn a_head_has_two_sentences() {
        assert_eq!(lines(heads_its_file, "//! A map.\n//!\n//! Roads are in `roads.rs`."), []);
        for text in ["use std::fmt;", "//! A map.", "// A map. No roads.", ""] {
            assert_eq!(lines(heads_its_file, text), [1], "{text}");
        }
    }

    #[test]
    fn long_files_and_functions_are_found() {
        let function = |n: usize| format!("fn f(a: [u8; 2]) {{\n{}}}\n", "a(\"}\");\n".repeat(n));
        assert_eq!(lines(is_short, &function(68)), []);
        assert_eq!(lines(is_short, &format!("\n{}", function(69))), [2]);
        assert_eq!(lines(is_short, &format!("fn f();\n{}", "// long\n".repeat(99))), []);
        assert_eq!(lines(is_short, &"\n".repeat(400)), []);
        assert_eq!(lines(is_short, &"\n".repeat(401)), [401]);
    }

    #[test]
    fn wide_lines_are_found() {
        assert_eq!(lines(fits_the_screen, &"ä".repeat(100)), []);
        assert_eq!(lines(fits_the_screen, &"x".repeat(101)), [1]);
    }

    #[test]
    fn unfinished_code_is_found() {
        for code in UNFINISHED {
            assert_eq!(lines(is_finished, &format!("ok();\n{code}(1)")), [2], "{code}");
            assert_eq!(lines(is_finished, &format!("say(\"{code}\")")), [], "in a text: {code}");
        }
        assert_eq!(lines(is_finished, concat!("// TO", "DO: later")), [1]);
        assert_eq!(lines(is_finished, "// let a = old(1);\n// self.go()"), [1, 2]);
        assert_eq!(lines(is_finished, "// let us hope for the best (again).\n/// let a = 1;"), []);
    }
}
