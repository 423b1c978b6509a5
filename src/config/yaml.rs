//! A settings file: YAML flattened to settings, each with its line and column.
//!
//! What a setting may be called and what it means is not known here: see `layers.rs`.

use std::fmt;
use std::path::Path;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;

use super::layers::Setting;

/// A file's content: what stands at which dotted key.
enum Node {
    Text(String),
    Map(Vec<(Spanned<String>, Node)>),
    Empty,
    List,
}

/// Reads one file; what is wrong with it is added to `problems`.
pub(super) fn read(path: &Path, settings: &mut Vec<Setting>, problems: &mut Vec<String>) {
    let name = path.display();
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => return problems.push(format!("{name}: cannot be read: {error}")),
    };
    match serde_saphyr::from_str::<Node>(&text) {
        Ok(Node::Map(entries)) => flatten("", entries, path, settings, problems),
        Ok(Node::Empty) => {}
        Ok(_) => problems.push(format!("{name}: expected `key: value` lines")),
        Err(error) => {
            let at = error.location().map(|at| format!(":{}:{}", at.line(), at.column()));
            let reason = error.without_snippet().to_string();
            problems.push(format!("{name}{}: {reason}", at.unwrap_or_default()));
        }
    }
}

fn flatten(
    section: &str,
    entries: Vec<(Spanned<String>, Node)>,
    path: &Path,
    settings: &mut Vec<Setting>,
    problems: &mut Vec<String>,
) {
    for (name, node) in entries {
        let dot = if section.is_empty() { "" } else { "." };
        let key = format!("{section}{dot}{}", name.value);
        let at = name.referenced;
        let origin = format!("{}:{}:{}", path.display(), at.line(), at.column());
        match node {
            Node::Empty => {}
            Node::Text(text) => settings.push(Setting::new(&key, &text, origin)),
            Node::Map(entries) => flatten(&key, entries, path, settings, problems),
            Node::List => problems.push(format!("{origin}: `{key}` takes one value, not a list")),
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value or a section")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Text(value.to_string()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Text(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Text(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        Ok(Node::Text(value.to_string()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Node, E> {
        Ok(Node::Text(value.to_owned()))
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Empty)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Node, A::Error> {
        while seq.next_element::<Node>()?.is_some() {}
        Ok(Node::List)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Node::Map(entries))
    }
}
