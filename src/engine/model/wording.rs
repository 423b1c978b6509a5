//! How errors in a model file are worded.
//!
//! What an error is stands in `form.rs` and in the sections.

use serde_json::Value;

use super::tree::{Node, Tree};

/// How alike two names must be for one to be meant by the other, 0 to 1.
const LIKENESS_MIN: f64 = 0.75;
/// How much of a wrong text is said again, in characters.
const CITED_CHARS_MAX: usize = 40;

/// What a value of a kind is called.
pub(super) fn noun(kind: &str) -> &str {
    match kind {
        "object" => "a map",
        "array" => "a list",
        "number" => "a number",
        "integer" => "a whole number",
        "string" => "text",
        "boolean" => "true or false",
        other => other,
    }
}

/// What was found, as people call it.
pub(super) fn cited(tree: &Tree) -> String {
    match &tree.node {
        Node::Map(_) => "a map".to_owned(),
        Node::List(_) => "a list".to_owned(),
        Node::Scalar(Value::Null) => "nothing".to_owned(),
        Node::Scalar(Value::String(text)) if text.chars().count() > CITED_CHARS_MAX => {
            let start: String = text.chars().take(CITED_CHARS_MAX).collect();
            format!("`{start}…`")
        }
        Node::Scalar(Value::String(text)) => format!("`{text}`"),
        Node::Scalar(scalar) => scalar.to_string(),
    }
}

/// How many there may be.
pub(super) fn range(min: Option<u64>, max: Option<u64>, one: &str, many: &str) -> String {
    match (min, max) {
        (Some(min), Some(max)) if min == max => {
            format!("{min} {}", if min == 1 { one } else { many })
        }
        (Some(min), Some(max)) => format!("{min} to {max} {many}"),
        (Some(1), None) => format!("at least 1 {one}"),
        (Some(min), None) => format!("at least {min} {many}"),
        (None, max) => format!("at most {} {many}", max.unwrap_or(u64::MAX)),
    }
}

/// Says which name is not known, and which was probably meant.
pub(super) fn unknown(what: &str, name: &str, known: &[&str]) -> String {
    match nearest(name, known) {
        Some(near) => format!("unknown {what} `{name}`: did you mean `{near}`?"),
        None => format!("unknown {what} `{name}`: expected one of {}", known.join(", ")),
    }
}

/// The name that was probably meant.
pub(super) fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let likeness = |known: &str| strsim::jaro_winkler(name, known);
    let best = known.iter().copied().max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
    (likeness(best) > LIKENESS_MIN).then_some(best)
}
