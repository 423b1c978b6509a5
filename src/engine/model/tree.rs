//! A YAML text as a tree of values and their places, within limits on what it may cost.
//!
//! Which trees are a model is said by the schema (`schema.rs`, `form.rs`).

use std::fmt;

use serde::de::{self, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Number, Value};
use serde_saphyr::options::{DuplicateKeyPolicy, NonFiniteFloatPolicy};
use serde_saphyr::{Location, Options, Spanned};

use super::problems::{ModelError, ModelErrors};

/// Longest model file; it must fit into a record of a broker with default settings.
pub const MODEL_BYTES_MAX: usize = 512 * 1024;
/// Deepest nesting; the file that ships needs 7 levels.
const DEPTH_MAX: usize = 32;
/// Most values of a file, those that aliases repeat included.
const VALUES_MAX: usize = 100_000;

/// Where something stands in a text, both from 1; 0 where it is not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The line.
    pub line: u64,
    /// The character in the line.
    pub column: u64,
}

/// A value with its place.
pub(super) struct Tree {
    pub(super) at: Place,
    pub(super) node: Node,
}

/// A value.
pub(super) enum Node {
    /// Null, truth, a finite number, or text.
    Scalar(Value),
    /// Values in order.
    List(Vec<Tree>),
    /// Values by key, as written: a key may stand twice.
    Map(Vec<Entry>),
}

/// A key and its value.
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) key_at: Place,
    pub(super) value: Tree,
}

impl Tree {
    /// The same without places; of keys that stand twice the last one counts.
    pub(super) fn to_value(&self) -> Value {
        match &self.node {
            Node::Map(entries) => {
                let entries = entries.iter();
                entries.map(|entry| (entry.key.clone(), entry.value.to_value())).collect()
            }
            Node::List(items) => items.iter().map(Tree::to_value).collect(),
            Node::Scalar(value) => value.clone(),
        }
    }

    /// Reads a text.
    ///
    /// # Errors
    /// The first thing that makes it no YAML, or more of it than is read.
    pub(super) fn read(text: &str) -> Result<Self, ModelErrors> {
        if text.len() > MODEL_BYTES_MAX {
            let problem = format!("has {} bytes, at most {MODEL_BYTES_MAX} are read", text.len());
            return Err(ModelErrors::unreadable(problem));
        }
        let root: Spanned<Node> =
            serde_saphyr::from_str_with_options(text, options()).map_err(|error| {
                let error = error.without_snippet();
                let at = error.location().unwrap_or(Location::UNKNOWN).into();
                let formatter = serde_saphyr::UserMessageFormatter;
                let problem = error.render_with_formatter(&formatter);
                ModelErrors::one(ModelError { at, path: String::new(), problem })
            })?;
        Ok(root.into())
    }

    /// The place of a path, or of as much of it as there is.
    pub(super) fn locate(&self, path: &[String]) -> Place {
        let mut tree = self;
        for step in path {
            let child = match &tree.node {
                Node::Map(entries) => {
                    entries.iter().find(|entry| entry.key == *step).map(|entry| &entry.value)
                }
                Node::List(items) => step.parse().ok().and_then(|index: usize| items.get(index)),
                Node::Scalar(_) => None,
            };
            let Some(child) = child else { break };
            tree = child;
        }
        tree.at
    }
}

fn options() -> Options {
    serde_saphyr::options! {
        with_snippet: false,
        budget: serde_saphyr::budget! {
            max_depth: DEPTH_MAX,
            flow_nesting_limit: DEPTH_MAX,
            max_nodes: VALUES_MAX,
            max_documents: 1,
        },
        alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: VALUES_MAX },
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        non_finite_float_policy: NonFiniteFloatPolicy::AsString,
        strict_booleans: true,
    }
}

impl From<Location> for Place {
    fn from(location: Location) -> Self {
        Self { line: location.line(), column: location.column() }
    }
}

impl From<Spanned<Node>> for Tree {
    fn from(spanned: Spanned<Node>) -> Self {
        Self { at: spanned.referenced.into(), node: spanned.value }
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("anything")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut entries = Vec::new();
        while let Some((key, value)) = map.next_entry::<Spanned<String>, Spanned<Node>>()? {
            let key_at = key.referenced.into();
            entries.push(Entry { key: key.value, key_at, value: value.into() });
        }
        Ok(Node::Map(entries))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Node, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element::<Spanned<Node>>()? {
            items.push(item.into());
        }
        Ok(Node::List(items))
    }

    fn visit_bool<E: de::Error>(self, truth: bool) -> Result<Node, E> {
        Ok(Node::Scalar(truth.into()))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Node, E> {
        Ok(Node::Scalar(number.into()))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Node, E> {
        Ok(Node::Scalar(number.into()))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Node, E> {
        let finite = Number::from_f64(number).ok_or_else(|| E::custom("no finite number"))?;
        Ok(Node::Scalar(finite.into()))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Node, E> {
        Ok(Node::Scalar(text.into()))
    }

    fn visit_unit<E: de::Error>(self) -> Result<Node, E> {
        Ok(Node::Scalar(Value::Null))
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        Tree::read(text).err().expect("the text is refused").to_string()
    }

    #[test]
    fn keys_and_values_have_their_places() {
        let tree = Tree::read("a:\n  - 1\n  - { b: x, b: .nan }\n").unwrap_or_else(|_| panic!());
        let place = |path: &[&str]| {
            let path: Vec<String> = path.iter().map(|step| (*step).to_owned()).collect();
            let Place { line, column } = tree.locate(&path);
            (line, column)
        };
        assert_eq!(place(&["a", "0"]), (2, 5));
        assert_eq!(place(&["a", "1", "b"]), (3, 10));
        assert_eq!(place(&["a", "1", "c", "d"]), (3, 5));
        let Node::Map(root) = &tree.node else { panic!("no map") };
        assert_eq!((root[0].key_at.line, root[0].key_at.column), (1, 1));
        let Node::List(items) = &root[0].value.node else { panic!("no list") };
        let Node::Map(twice) = &items[1].node else { panic!("no map") };
        assert_eq!((twice[1].key.as_str(), twice[1].key_at.column), ("b", 13));
    }

    #[test]
    fn what_is_no_yaml_is_named_with_its_place() {
        assert!(error("a: 1\nb: [").starts_with("line 2, "), "{}", error("a: 1\nb: ["));
        assert!(error("a: 1\n---\na: 2").contains("document"));
    }

    #[test]
    fn what_would_cost_much_is_refused() {
        assert!(error(&"#".repeat(MODEL_BYTES_MAX + 1)).contains("at most 524288"));
        for (open, close) in [("[", "]"), ("{a: ", "}")] {
            let deep = format!("{}1{}", open.repeat(40), close.repeat(40));
            assert!(!error(&deep).is_empty());
        }
        let deep: String = (0..40).map(|n| format!("{}a:\n", " ".repeat(n))).collect();
        assert!(!error(&deep).is_empty());
        let mut bomb = "a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n".to_owned();
        for n in 1..9 {
            let aliases = vec![format!("*a{}", n - 1); 10].join(", ");
            bomb += &format!("a{n}: &a{n} [{aliases}]\n");
        }
        assert!(!error(&bomb).is_empty());
        assert!(!error(&"- 1\n".repeat(VALUES_MAX)).is_empty());
    }
}
