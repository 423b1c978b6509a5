//! Source files as rules see them: lines taken apart into code and comment.
//!
//! What is wrong with them is said by the rules in the files beside this one.

use std::collections::BTreeSet;
use std::path::PathBuf;

/// Lines, counted from 1, and what to do about them.
pub(crate) type Found = Vec<(usize, String)>;

/// A source file, its path written from the root of the repository.
pub(crate) struct Source {
    pub(crate) path: String,
    pub(crate) lines: Vec<Line>,
}

/// A line as it is, and apart.
#[derive(Default)]
pub(crate) struct Line {
    pub(crate) text: String,
    /// Without comments and without what stands in literals.
    pub(crate) code: String,
    /// From its slashes on.
    pub(crate) comment: String,
}

/// What rules need to know of the other files.
#[derive(Default)]
pub(crate) struct Tree {
    pub(crate) root: PathBuf,
    /// Parent file and name of each `mod name;`.
    pub(crate) modules: BTreeSet<(String, String)>,
}

/// Where the reader of a source is.
#[derive(Clone, Copy)]
enum Place {
    Code,
    Literal,
    /// With how many `#` a raw literal ends.
    RawLiteral(usize),
}

impl Source {
    /// Takes a text apart. There are no block comments in this house: they count as code.
    pub(crate) fn new(path: &str, text: &str) -> Self {
        let mut place = Place::Code;
        let lines = text.lines().map(|text| Line::new(text, &mut place)).collect();
        Self { path: path.to_owned(), lines }
    }

    /// What `rule` finds, line by line.
    pub(crate) fn each_line(&self, rule: impl Fn(&Line) -> Option<String>) -> Found {
        let numbered = self.lines.iter().enumerate();
        numbered.filter_map(|(n, line)| Some((n + 1, rule(line)?))).collect()
    }

    /// The path without what Rust adds: `src/engine` of `src/engine/mod.rs`.
    pub(crate) fn module(&self) -> &str {
        self.path.trim_end_matches(".rs").trim_end_matches("/mod")
    }
}

impl Line {
    fn new(text: &str, place: &mut Place) -> Self {
        let mut line = Self { text: text.to_owned(), ..Self::default() };
        let mut rest = text;
        while let Some(sign) = rest.chars().next() {
            let mut taken = sign.len_utf8();
            match *place {
                Place::Code if rest.starts_with("//") => {
                    line.comment = rest.to_owned();
                    break;
                }
                Place::Code if sign == '"' => {
                    *place = opened(&line.code);
                    line.code.push(sign);
                }
                Place::Code if sign == '\'' => {
                    taken = char_length(rest);
                    line.code.push(sign);
                }
                Place::Code => line.code.push(sign),
                Place::Literal if sign == '\\' => taken = rest.len().min(2),
                Place::Literal if sign == '"' => {
                    *place = Place::Code;
                    line.code.push(sign);
                }
                Place::RawLiteral(n) if sign == '"' && rest[1..].starts_with(&"#".repeat(n)) => {
                    *place = Place::Code;
                    line.code.push(sign);
                }
                Place::Literal | Place::RawLiteral(_) => {}
            }
            rest = rest.get(taken..).unwrap_or_default();
        }
        line
    }
}

impl Tree {
    /// Looks through all sources for what they declare.
    pub(crate) fn of(root: PathBuf, sources: &[Source]) -> Self {
        let mut modules = BTreeSet::new();
        for source in sources {
            for line in source.lines.iter().filter(|line| line.code.trim_end().ends_with(';')) {
                if let Some(name) = word_after(&line.code, "mod") {
                    modules.insert((source.path.clone(), name.to_owned()));
                }
            }
        }
        Self { root, modules }
    }
}

/// The literal that a quote after `code` opens.
fn opened(code: &str) -> Place {
    let without = code.trim_end_matches('#');
    let prefix = without.trim_end_matches(['r', 'b', 'c']);
    let is_raw = without.ends_with('r') && !prefix.ends_with(is_word);
    if is_raw { Place::RawLiteral(code.len() - without.len()) } else { Place::Literal }
}

/// Bytes of the character literal that `rest` begins with; 1 when it is a lifetime.
fn char_length(rest: &str) -> usize {
    let mut signs = rest.char_indices().skip(1);
    let content = signs.next().map(|(_, sign)| sign);
    let skipped = usize::from(content == Some('\\'));
    let end = match content {
        Some('\\') => signs.skip(skipped).find(|(_, sign)| *sign == '\''),
        _ => signs.next().filter(|(_, sign)| *sign == '\''),
    };
    end.map_or(1, |(at, _)| at + 1)
}

/// Whether a sign can be part of a name.
pub(crate) fn is_word(sign: char) -> bool {
    sign.is_alphanumeric() || sign == '_'
}

/// Whether `name` stands in `code` as a whole name.
pub(crate) fn has_word(code: &str, name: &str) -> bool {
    code.match_indices(name).any(|(at, _)| {
        !code[..at].ends_with(is_word) && !code[at + name.len()..].starts_with(is_word)
    })
}

/// The name that follows the keyword, as in `fn name`.
pub(crate) fn word_after<'a>(code: &'a str, keyword: &str) -> Option<&'a str> {
    code.match_indices(keyword).find_map(|(at, _)| {
        let after = code[at + keyword.len()..].strip_prefix(' ')?;
        let name = &after[..after.find(|sign| !is_word(sign)).unwrap_or(after.len())];
        (!code[..at].ends_with(is_word) && !name.is_empty()).then_some(name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> String {
        let source = Source::new("src/x.rs", text);
        source.lines.iter().map(|line| line.code.as_str()).collect::<Vec<_>>().join("|")
    }

    #[test]
    fn literals_and_comments_are_not_code() {
        assert_eq!(code(r#"a("unsafe \" {", b"{") // {"#), r#"a("", b"") "#);
        assert_eq!(code("a(\"one\n two { \\\"\n\"); b"), "a(\"||\"); b");
        assert_eq!(code("r#\"a \"quoted\" {\"# + r\"\\\" + b"), "r#\"\"# + r\"\" + b");
        assert_eq!(code("['{', '\\'', '\\u{7d}', 'a'] &'a T"), "[', ', ', '] &'a T");
        let line = &Source::new("x", "let a = 1; // why").lines[0];
        assert_eq!(line.comment, "// why");
    }

    #[test]
    fn words_are_whole() {
        assert!(has_word("x.unsafe {", "unsafe") && !has_word("unsafe_code", "unsafe"));
        assert_eq!(word_after("pub(crate) fn go<T>(", "fn"), Some("go"));
        assert_eq!(word_after("type F = fn(u8);", "fn"), None);
        let tree = Tree::of(PathBuf::new(), &[Source::new("src/a.rs", "pub mod b;\nmod c {}")]);
        assert_eq!(tree.modules.into_iter().collect::<Vec<_>>(), [("src/a.rs".into(), "b".into())]);
    }
}
