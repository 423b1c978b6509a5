//! In what one model file differs from another.
//!
//! What is wrong with one is said by `problems.rs`.

use serde_json::Value;

use super::problems::{ModelErrors, Problems, shown};
use super::tree::Tree;
use super::{form, schema};

/// How much of a value is shown, in characters.
const SHOWN_CHARS_MAX: usize = 60;

/// In what a file differs from another one, as `path: 91 instead of 90`, in the order of paths.
///
/// # Errors
/// One of them is no model.
pub fn between(text: &str, other: &str) -> Result<Vec<String>, ModelErrors> {
    let mut found = Vec::new();
    compare(&value(text)?, &value(other)?, &mut Vec::new(), &mut found);
    Ok(found)
}

fn value(text: &str) -> Result<Value, ModelErrors> {
    let tree = Tree::read(text)?;
    let mut problems = Problems::default();
    let value = form::read(schema::of_model(), &tree, &mut problems);
    problems.into_result(&tree)?;
    Ok(value)
}

fn compare(here: &Value, there: &Value, path: &mut Vec<String>, found: &mut Vec<String>) {
    if let (Value::Object(ours), Value::Object(theirs)) = (here, there) {
        let only_theirs = theirs.keys().filter(|key| !ours.contains_key(*key));
        let mut keys: Vec<&String> = ours.keys().chain(only_theirs).collect();
        keys.sort();
        for key in keys {
            path.push(key.clone());
            let value = |map: &serde_json::Map<String, Value>| map.get(key).cloned();
            let (ours, theirs) = (value(ours), value(theirs));
            compare(&ours.unwrap_or_default(), &theirs.unwrap_or_default(), path, found);
            path.pop();
        }
    } else if !is_equal(here, there) {
        let path = shown(path);
        found.push(match (brief(here), brief(there)) {
            (here, there) if here == "null" => format!("{path}: {there} is left out"),
            (here, there) if there == "null" => format!("{path}: {here} is added"),
            (here, there) => format!("{path}: {here} instead of {there}"),
        });
    }
}

/// Whether two values mean the same: 1 and 1.0 do.
fn is_equal(here: &Value, there: &Value) -> bool {
    match (here, there) {
        (Value::Number(_), Value::Number(_)) => here.as_f64() == there.as_f64(),
        (Value::Array(ours), Value::Array(theirs)) => {
            let pairs = ours.iter().zip(theirs);
            ours.len() == theirs.len()
                && pairs.fold(true, |so_far, (a, b)| so_far && is_equal(a, b))
        }
        _ => here == there,
    }
}

fn brief(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= SHOWN_CHARS_MAX {
        return text;
    }
    let start: String = text.chars().take(SHOWN_CHARS_MAX).collect();
    format!("{start}…")
}
