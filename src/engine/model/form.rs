//! Holds a file against the schema: everything in it that has the wrong form, and the rest of it.
//!
//! Where the schema comes from is `schema.rs`; what a well-formed model may still get wrong is
//! said by the `check` of each section.

use serde_json::{Map, Value};

use super::problems::{FormProblem, Problems};
use super::tree::{Entry, Node, Place, Tree};

/// The keywords of JSON Schema that are understood here; the others only describe.
#[cfg(test)]
pub(super) const KEYWORDS: [&str; 18] = [
    "additionalProperties",
    "anyOf",
    "const",
    "enum",
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
    "exclusiveMinimum",
];

/// Our own keyword: the first numbers of the pairs in a list must rise.
pub(super) const RISING: &str = "x-rising";

/// How alike two names must be for one to be meant by the other, 0 to 1.
const SIMILARITY_MIN: f64 = 0.75;
/// How much of a wrong text is said again, in characters.
const CITED_CHARS_MAX: usize = 40;

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
        let mut values = Map::new();
        let mut meant = Vec::new();
        for (index, Entry { key, key_at, value }) in entries.iter().enumerate() {
            let property = known.and_then(|known| known.get(key));
            let other = schema.get("additionalProperties").filter(|other| other.is_object());
            let is_other = names.is_empty() || names.contains(&key.as_str());
            let form = property.or(other.filter(|_| is_other));
            self.within(key, |reader| match form {
                Some(_) if entries[..index].iter().any(|earlier| earlier.key == *key) => {
                    let problem = "stands twice: leave one of them".to_owned();
                    reader.problems.say_form(*key_at, &reader.path, problem);
                }
                Some(form) => {
                    let value = reader.value(form, value);
                    values.insert(key.clone(), value);
                }
                None => {
                    let near = nearest(key, &free);
                    meant.extend(near);
                    let known = if near.is_some() { &free } else { &names };
                    let problem = unknown("name", key, known);
                    reader.problems.say_form(*key_at, &reader.path, problem);
                }
            });
        }
        for name in required(schema).filter(|name| free.contains(name)) {
            if !meant.contains(&name) {
                self.within(name, |reader| {
                    reader.problems.say_form(at, &reader.path, "is missing".to_owned());
                });
            }
            values.insert(name.to_owned(), least(&schema["properties"][name]));
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
        let mut nearest: Option<(Option<usize>, Value, Vec<FormProblem>)> = None;
        for form in forms {
            let value = self.value(form, tree);
            let problems = self.problems.take_form(start);
            if problems.is_empty() {
                return value;
            }
            let depth = problems.iter().map(|(_, path, _)| path.len()).max();
            let is_nearer = nearest.as_ref().is_none_or(|(best, ..)| depth > *best);
            if is_nearer {
                nearest = Some((depth, value, problems));
            }
        }
        let Some((_, value, problems)) = nearest else { return Value::Null };
        self.problems.put_form(problems);
        value
    }
}

fn kind(schema: &Value) -> &str {
    schema["type"].as_str().unwrap_or("anything")
}

fn noun(kind: &str) -> &str {
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

/// What was found, as people call it.
fn cited(tree: &Tree) -> String {
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
fn range(min: Option<u64>, max: Option<u64>, one: &str, many: &str) -> String {
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
fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let likeness = |known: &str| strsim::jaro_winkler(name, known);
    let best = known.iter().copied().max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
    (likeness(best) > SIMILARITY_MIN).then_some(best)
}
