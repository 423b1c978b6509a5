//! Holds a file against the schema: everything in it that has the wrong form, and the rest of it.
//!
//! Where the schema comes from is `schema.rs`; what a well-formed model may still get wrong is
//! said by the `check` of each section.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::problems::{FormProblem, Problems};
use super::tree::{Entry, Node, Place, Tree};
use super::wording::{cited, nearest, noun, range, unknown};

/// Our own keyword: the first numbers of the pairs in a list must rise.
pub(super) const RISING: &str = "x-rising";
/// Our own keyword: a map whose form its own reader judges.
pub(super) const FREE: &str = "x-free";

/// The value of a tree as the schema wants it: what is wrong is noted and replaced by the least
/// that would do, so that the rest can be judged.
pub(super) fn read(schema: &Value, tree: &Tree, problems: &mut Problems) -> Value {
    Reader { path: Vec::new(), problems }.value(schema, tree)
}

struct Reader<'a> {
    path: Vec<String>,
    problems: &'a mut Problems,
}

impl Reader<'_> {
    fn value(&mut self, schema: &Value, tree: &Tree) -> Value {
        if let Some(words) = words(schema) {
            return self.word(schema, &words, tree);
        }
        if let Some(forms) = forms(schema) {
            return self.one_of(forms, tree);
        }
        if schema[FREE] == true && matches!(tree.node, Node::Map(_)) {
            return tree.to_value();
        }
        match (kind(schema), &tree.node) {
            ("object", Node::Map(entries)) => self.map(schema, entries, tree.at),
            ("array", Node::List(items)) => self.list(schema, items, tree.at),
            ("number" | "integer", Node::Scalar(Value::Number(_))) => self.number(schema, tree),
            ("string", Node::Scalar(Value::String(text))) => self.text(schema, text, tree.at),
            ("boolean", Node::Scalar(truth @ Value::Bool(_))) => truth.clone(),
            (kind, _) => {
                let quotes = match (kind, &tree.node) {
                    ("string", Node::Scalar(Value::Number(_) | Value::Bool(_))) => {
                        ": put it in quotes"
                    }
                    _ => "",
                };
                let found = cited(tree);
                self.wrong(schema, tree.at, format!("must be {}, not {found}{quotes}", noun(kind)))
            }
        }
    }

    /// Notes that a value is wrong and stands in for it.
    fn wrong(&mut self, schema: &Value, at: Place, problem: String) -> Value {
        self.problems.say_form(at, &self.path, problem);
        least(schema)
    }

    fn within<T>(&mut self, step: &str, read: impl FnOnce(&mut Self) -> T) -> T {
        self.path.push(step.to_owned());
        let read = read(self);
        self.path.pop();
        read
    }

    fn map(&mut self, schema: &Value, entries: &[Entry], at: Place) -> Value {
        let known = schema["properties"].as_object();
        let names: Vec<&str> = match schema.pointer("/propertyNames/enum") {
            Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
            _ => known.into_iter().flat_map(Map::keys).map(String::as_str).collect(),
        };
        let is_free = |key: &&&str| !entries.iter().any(|entry| entry.key == **key);
        let free: Vec<&str> = names.iter().filter(is_free).copied().collect();
        let (mut values, mut seen) = (Map::new(), BTreeSet::new());
        let is_known = |key: &str| names.is_empty() || names.contains(&key);
        for Entry { key, key_at, value } in entries {
            let is_twice = !seen.insert(key.as_str());
            let near = if is_known(key) { None } else { nearest(key, &free) };
            self.within(key, |reader| {
                if is_twice {
                    let problem = "stands twice: leave one of them".to_owned();
                    reader.problems.say_form(*key_at, &reader.path, problem);
                } else if !is_known(key) {
                    let known = if near.is_some() { &free } else { &names };
                    let problem = unknown("name", key, known);
                    reader.problems.say_form(*key_at, &reader.path, problem);
                }
            });
            // What stands under a misspelled key is read as what it was meant to be.
            let meant = near.unwrap_or(key);
            let is_read = !is_twice && (is_known(key) || near.is_some());
            if let Some(form) = property_form(schema, meant).filter(|_| is_read) {
                let value = self.within(meant, |reader| reader.value(form, value));
                values.entry(meant).or_insert(value);
            }
        }
        for name in required(schema) {
            if !values.contains_key(name) {
                self.within(name, |reader| {
                    reader.problems.say_form(at, &reader.path, "is missing".to_owned());
                });
                values.insert(name.to_owned(), least(&schema["properties"][name]));
            }
        }
        Value::Object(values)
    }

    fn list(&mut self, schema: &Value, items: &[Tree], at: Place) -> Value {
        let (min, max) = (bound(schema, "minItems"), bound(schema, "maxItems"));
        let n_items = items.len() as u64;
        if n_items < min.unwrap_or(0) || n_items > max.unwrap_or(u64::MAX) {
            let problem = format!("must have {}, not {n_items}", range(min, max, "item", "items"));
            return self.wrong(schema, at, problem);
        }
        let mut values = Vec::new();
        let mut previous = f64::NEG_INFINITY;
        for (index, item) in items.iter().enumerate() {
            let form = item_form(schema, index);
            let value = self.within(&index.to_string(), |reader| {
                let n_form = reader.problems.n_form();
                let value = reader.value(form, item);
                let is_sound = reader.problems.n_form() == n_form;
                if let (true, Some(x)) = (is_sound && schema[RISING] == true, value[0].as_f64()) {
                    if x <= previous {
                        let problem = format!("x must rise: {x} stands after {previous}");
                        reader.problems.say_form(item.at, &reader.path, problem);
                    }
                    previous = x;
                }
                value
            });
            values.push(value);
        }
        Value::Array(values)
    }

    fn number(&mut self, schema: &Value, tree: &Tree) -> Value {
        let Node::Scalar(Value::Number(number)) = &tree.node else { return least(schema) };
        let float = number.as_f64().unwrap_or(f64::NAN);
        if kind(schema) == "integer" && float.fract().abs() > 0.0 {
            return self.wrong(schema, tree.at, format!("must be a whole number, not {number}"));
        }
        let (min, max) = (schema["minimum"].as_f64(), schema["maximum"].as_f64());
        let above = schema["exclusiveMinimum"].as_f64();
        let is_in = min.is_none_or(|min| float >= min) && max.is_none_or(|max| float <= max);
        if !is_in {
            let limits = match (min, max) {
                (Some(min), Some(max)) => format!("lie between {min} and {max}"),
                (Some(min), None) => format!("be at least {min}"),
                (_, max) => format!("be at most {}", max.unwrap_or(f64::INFINITY)),
            };
            return self.wrong(schema, tree.at, format!("must {limits}, not {number}"));
        }
        if let Some(above) = above.filter(|above| float <= *above) {
            return self.wrong(schema, tree.at, format!("must be more than {above}, not {number}"));
        }
        match kind(schema) {
            "integer" if !number.is_i64() && !number.is_u64() => Value::from(float as i64),
            _ => Value::Number(number.clone()),
        }
    }

    fn text(&mut self, schema: &Value, text: &str, at: Place) -> Value {
        let (min, max) = (bound(schema, "minLength"), bound(schema, "maxLength"));
        let n_chars = text.chars().count() as u64;
        if n_chars < min.unwrap_or(0) || n_chars > max.unwrap_or(u64::MAX) {
            let wanted = range(min, max, "character", "characters");
            return self.wrong(schema, at, format!("must have {wanted}, not {n_chars}"));
        }
        Value::from(text)
    }

    fn word(&mut self, schema: &Value, words: &[&str], tree: &Tree) -> Value {
        match &tree.node {
            Node::Scalar(Value::String(word)) if words.contains(&word.as_str()) => {
                Value::from(word.as_str())
            }
            Node::Scalar(Value::String(word)) => {
                let problem = unknown("word", word, words);
                self.wrong(schema, tree.at, problem)
            }
            _ => {
                let problem = format!("must be one of {}, not {}", words.join(", "), cited(tree));
                self.wrong(schema, tree.at, problem)
            }
        }
    }

    /// The first form that fits; of those that do not, the problems of the one that nearly does.
    fn one_of(&mut self, forms: &[Value], tree: &Tree) -> Value {
        let start = self.problems.n_form();
        let mut nearest: Option<(Value, Vec<FormProblem>)> = None;
        for form in forms {
            let value = self.value(form, tree);
            let problems = self.problems.take_form(start);
            if problems.is_empty() {
                return value;
            }
            if nearest.as_ref().is_none_or(|(_, least)| misfit(&problems) < misfit(least)) {
                nearest = Some((value, problems));
            }
        }
        let Some((value, problems)) = nearest else { return Value::Null };
        self.problems.put_form(problems);
        value
    }
}

/// How badly a form fits: the deeper in it something is wrong, and the less, the better it fits.
fn misfit(problems: &[FormProblem]) -> (Reverse<usize>, usize) {
    let depth = problems.iter().map(|(_, path, _)| path.len()).max();
    (Reverse(depth.unwrap_or(0)), problems.len())
}

fn kind(schema: &Value) -> &str {
    schema["type"].as_str().unwrap_or("anything")
}

/// The words of a schema that allows only some.
fn words(schema: &Value) -> Option<Vec<&str>> {
    if let Some(words) = schema["enum"].as_array() {
        return words.iter().map(Value::as_str).collect();
    }
    match forms(schema) {
        Some(forms) => Some(forms.iter().map(words).collect::<Option<Vec<_>>>()?.concat()),
        None => Some(vec![schema["const"].as_str()?]),
    }
}

/// The forms of a schema that allows several.
fn forms(schema: &Value) -> Option<&[Value]> {
    let forms = schema["oneOf"].as_array().or_else(|| schema["anyOf"].as_array())?;
    Some(forms)
}

/// The form of what stands under a key.
fn property_form<'a>(schema: &'a Value, key: &str) -> Option<&'a Value> {
    let named = schema["properties"].get(key);
    named.or_else(|| schema.get("additionalProperties").filter(|other| other.is_object()))
}

fn item_form(schema: &Value, index: usize) -> &Value {
    match &schema["items"] {
        Value::Array(forms) => forms.get(index).unwrap_or(&Value::Null),
        form => form,
    }
}

fn required(schema: &Value) -> impl Iterator<Item = &str> {
    schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str)
}

fn bound(schema: &Value, keyword: &str) -> Option<u64> {
    schema[keyword].as_u64()
}

/// The least value of a form.
fn least(schema: &Value) -> Value {
    if let Some(words) = words(schema) {
        return words.first().copied().into();
    }
    if let Some(forms) = forms(schema) {
        return forms.first().map_or(Value::Null, least);
    }
    match kind(schema) {
        "object" => required(schema)
            .map(|name| (name.to_owned(), least(&schema["properties"][name])))
            .collect(),
        "array" => (0..bound(schema, "minItems").unwrap_or(0))
            .map(|index| least(item_form(schema, index as usize)))
            .collect(),
        "number" | "integer" => schema.get("minimum").cloned().unwrap_or_else(|| 0.into()),
        "string" => "".into(),
        "boolean" => false.into(),
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::engine::model::schema;

    /// Keywords that only describe.
    const DESCRIBE: [&str; 4] = ["$schema", "default", "description", "title"];
    /// Keywords that are heeded here.
    const HEEDED: [&str; 19] = [
        FREE,
        "additionalProperties",
        "anyOf",
        "const",
        "enum",
        "exclusiveMinimum",
        "items",
        "maxItems",
        "maxLength",
        "maximum",
        "minItems",
        "minLength",
        "minimum",
        "oneOf",
        "properties",
        "propertyNames",
        "required",
        "type",
        RISING,
    ];

    /// Goes through a schema and all schemas in it.
    fn walk(schema: &Value, see: &mut impl FnMut(&str)) {
        for (keyword, value) in schema.as_object().into_iter().flatten() {
            see(keyword);
            match (keyword.as_str(), value) {
                ("properties", Value::Object(inner)) => inner.values().for_each(|it| walk(it, see)),
                ("items" | "oneOf" | "anyOf", Value::Array(inner)) => {
                    inner.iter().for_each(|it| walk(it, see));
                }
                ("items" | "additionalProperties" | "propertyNames", inner) => walk(inner, see),
                _ => {}
            }
        }
    }

    #[test]
    fn the_schema_says_nothing_that_is_not_heeded() {
        let mut seen = BTreeSet::new();
        walk(schema::of_model(), &mut |keyword| _ = seen.insert(keyword.to_owned()));
        let ignored =
            |it: &&String| !DESCRIBE.contains(&it.as_str()) && !HEEDED.contains(&it.as_str());
        let ignored: Vec<_> = seen.iter().filter(ignored).collect();
        assert!(ignored.is_empty(), "{ignored:?}: heed them in form.rs");
    }

    /// What is wrong with a text by a schema.
    fn wrong(schema: &Value, text: &str) -> Vec<String> {
        let tree = Tree::read(text).unwrap_or_else(|errors| panic!("{errors}"));
        let mut problems = Problems::default();
        read(schema, &tree, &mut problems);
        let found = problems.into_result(&tree).map_err(|errors| errors.errors);
        let said = |error: crate::engine::model::problems::ModelError| error.problem;
        found.err().into_iter().flatten().map(said).collect()
    }

    #[test]
    fn bounds_are_said_as_people_say_them() {
        for (schema, text, problem) in [
            (json!({ "type": "number", "minimum": 1 }), "0", "must be at least 1, not 0"),
            (json!({ "type": "number", "maximum": 1 }), "2.5", "must be at most 1, not 2.5"),
            (json!({ "type": "integer" }), "2.5", "must be a whole number, not 2.5"),
            (
                json!({ "type": "number", "exclusiveMinimum": 0, "minimum": 0.5 }),
                "0",
                "must be at least 0.5, not 0",
            ),
            (json!({ "type": "string", "minLength": 1 }), "''", "must have at least 1 character"),
            (json!({ "type": "array", "maxItems": 1 }), "[1, 2]", "must have at most 1 item"),
            (json!({ "type": "boolean" }), "", "must be true or false, not nothing"),
            (json!({ "type": "string" }), "1", "must be text, not 1: put it in quotes"),
            (json!({ "enum": ["a", "b"] }), "[]", "must be one of a, b, not a list"),
        ] {
            let found = wrong(&schema, text);
            assert!(found.len() == 1 && found[0].starts_with(problem), "{text}: {found:?}");
        }
        assert!(wrong(&json!({ "type": "integer" }), "7.0").is_empty());
    }

    #[test]
    fn of_several_forms_the_nearest_is_explained() {
        let map = |key: &str| {
            json!({ "type": "object", "properties": { key: { "type": "boolean" } },
                "required": [key], "additionalProperties": false })
        };
        let schema = json!({ "anyOf": [{ "type": "string" }, map("a"), map("b")] });
        for text in ["x", "{ a: true }", "{ b: false }"] {
            assert!(wrong(&schema, text).is_empty(), "{text}");
        }
        assert_eq!(wrong(&schema, "{ b: 7 }"), ["must be true or false, not 7"]);
    }
}
