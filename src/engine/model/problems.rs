//! What is wrong with a model file: every error with its line and column.
//!
//! What counts as wrong is said by the parts of the model themselves (`health.rs`…).

use std::fmt;

use serde::de::{self, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_saphyr::{Error, Location, Spanned};

/// Everything that is wrong with a model file; at least one thing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct ModelErrors(pub Vec<ModelError>);

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelError {
    /// Where, from 1; 0 when it is not known.
    pub line: u64,
    /// Where in the line, from 1; 0 when it is not known.
    pub column: u64,
    /// What, with the remedy.
    pub problem: String,
}

/// Collects what reads well and means nothing.
#[derive(Default)]
pub(super) struct Problems(Vec<(Vec<String>, String)>);

impl Problems {
    /// Notes a problem at a path of keys.
    pub(super) fn say(&mut self, path: &[&str], problem: impl Into<String>) {
        self.0.push((path.iter().map(|key| (*key).to_owned()).collect(), problem.into()));
    }

    /// Notes the problems of a part that stands at `place` instead of under the key `root`, but
    /// not those that it has from there.
    pub(super) fn within(&mut self, root: &str, place: &[&str], check: impl FnOnce(&mut Self)) {
        let mut inner = Self::default();
        check(&mut inner);
        inner.0.retain(|problem| !self.0.contains(problem));
        for (path, problem) in inner.0 {
            let rest = path.strip_prefix(&[root.to_owned()]).unwrap_or(&path);
            let place = place.iter().map(|key| (*key).to_owned());
            self.0.push((place.chain(rest.iter().cloned()).collect(), problem));
        }
    }

    /// A weight must be there (else it is NaN), finite and not negative.
    pub(super) fn weight(&mut self, path: &[&str], weight: f64) {
        if weight.is_nan() {
            self.say(path, "is missing or not a number");
        } else {
            self.range(path, weight, 0.0, 1e6);
        }
    }

    /// A number must lie between bounds; NaN lies nowhere.
    pub(super) fn range(&mut self, path: &[&str], number: f64, min: f64, max: f64) {
        if !(min..=max).contains(&number) {
            self.say(path, format!("must lie between {min} and {max}: {number}"));
        }
    }

    /// A window must hold a day and not reach further back than is remembered.
    pub(super) fn window(&mut self, path: &[&str], days: u16, max: u16) {
        if !(1..=max).contains(&days) {
            self.say(path, format!("must lie between 1 and {max} days: {days}"));
        }
    }

    /// The errors with their places in the text, unless there are none.
    pub(super) fn into_result(self, text: &str) -> Result<(), ModelErrors> {
        if self.0.is_empty() {
            return Ok(());
        }
        let root: Option<Spanned<Node>> = serde_saphyr::from_str(text).ok();
        let mut errors: Vec<ModelError> = (self.0.iter())
            .map(|(path, problem)| {
                let at = root.as_ref().map_or(Location::UNKNOWN, |root| locate(root, path));
                ModelError::at(at, format!("{}: {problem}", path.join(".")))
            })
            .collect();
        errors.sort_by_key(|error| (error.line, error.column));
        Err(ModelErrors(errors))
    }
}

impl ModelErrors {
    /// The file could not be read at all.
    pub fn unreadable(problem: String) -> Self {
        Self(vec![ModelError { line: 0, column: 0, problem }])
    }
}

impl ModelError {
    fn at(location: Location, problem: String) -> Self {
        Self { line: location.line(), column: location.column(), problem }
    }
}

impl From<Error> for ModelErrors {
    fn from(error: Error) -> Self {
        let error = error.without_snippet();
        let problem = match error {
            Error::SerdeUnknownField { field, expected, .. }
            | Error::SerdeUnknownVariant { variant: field, expected, .. } => {
                unknown(field, expected)
            }
            Error::SerdeMissingField { field, .. } => format!("`{field}` is missing"),
            other => other.render_with_formatter(&serde_saphyr::UserMessageFormatter),
        };
        let at = error.location().unwrap_or(Location::UNKNOWN);
        Self(vec![ModelError::at(at, problem)])
    }
}

/// Says which name is not known, and which was probably meant.
fn unknown(name: &str, known: &[&str]) -> String {
    let similarity = |known: &&&str| (strsim::jaro_winkler(name, known) * 1e6) as u64;
    match known.iter().max_by_key(similarity) {
        Some(nearest) if similarity(&nearest) > 750_000 => {
            format!("unknown name `{name}`: did you mean `{nearest}`?")
        }
        _ => format!("unknown name `{name}`: expected one of {}", known.join(", ")),
    }
}

impl fmt::Display for ModelErrors {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(
                out,
                "{separator}line {}, column {}: {}",
                error.line, error.column, error.problem
            )?;
        }
        Ok(())
    }
}

/// The file as a tree of places; read only once something is wrong.
enum Node {
    Map(Vec<(String, Spanned<Node>)>),
    Leaf,
}

/// The place of a path, or of as much of it as there is.
fn locate(root: &Spanned<Node>, path: &[String]) -> Location {
    let mut node = root;
    for key in path {
        let Node::Map(entries) = &node.value else { break };
        let Some((_, child)) = entries.iter().find(|(name, _)| name == key) else { break };
        node = child;
    }
    node.referenced
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("anything")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Node::Map(entries))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        while items.next_element::<Node>()?.is_some() {}
        Ok(Node::Leaf)
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<Node, E> {
        Ok(Node::Leaf)
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<Node, E> {
        Ok(Node::Leaf)
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<Node, E> {
        Ok(Node::Leaf)
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<Node, E> {
        Ok(Node::Leaf)
    }

    fn visit_str<E: de::Error>(self, _: &str) -> Result<Node, E> {
        Ok(Node::Leaf)
    }

    fn visit_unit<E: de::Error>(self) -> Result<Node, E> {
        Ok(Node::Leaf)
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}
