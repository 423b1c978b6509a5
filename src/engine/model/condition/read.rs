//! Reads a condition from what a model file says, and says everything that is wrong with it.
//!
//! What a condition means stands in `condition.rs`.

use std::borrow::Cow;

use compact_str::CompactString;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use super::{Comparison, Node, Test};
use crate::engine::figure::{FigureId, catalogue};
use crate::engine::id::name_hash;
use crate::engine::model::form::FREE;
use crate::engine::model::problems::Problems;
use crate::engine::model::wording;
use crate::engine::time::{DAY_MS, HOUR_MS};

/// Deepest nesting of a condition.
const DEPTH_MAX: usize = 8;
/// Longest time that a condition may have to hold, in days.
const FOR_DAYS_MAX: f64 = 366.0;

/// A condition of the model file.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// What it means.
    pub node: Node,
    problems: Vec<(Vec<String>, String)>,
}

/// The names that conditions may refer to.
#[derive(Clone, Copy, Debug)]
pub struct Names<'a> {
    /// The ids of all alert rules.
    pub rules: &'a [&'a str],
    /// The ids of all playbooks.
    pub playbooks: &'a [&'a str],
}

/// The comparisons, by key.
const COMPARISONS: [(&str, Comparison); 4] = [
    ("above", Comparison::Above),
    ("at_least", Comparison::AtLeast),
    ("below", Comparison::Below),
    ("at_most", Comparison::AtMost),
];
/// What a condition may begin with.
const HEADS: [&str; 12] = [
    "all",
    "any",
    "not",
    "metric",
    "displayed_band",
    "fallen_from",
    "churn_band",
    "segment",
    "phase",
    "alert",
    "alert_at_least",
    "run",
];

impl Condition {
    /// Says what is wrong with it, as of its place in the file.
    pub(in crate::engine::model) fn check(
        &self,
        path: &[&str],
        names: &Names<'_>,
        problems: &mut Problems,
    ) {
        for (place, problem) in &self.problems {
            let path: Vec<&str> =
                path.iter().copied().chain(place.iter().map(String::as_str)).collect();
            problems.say(&path, problem.clone());
        }
        check_names(&self.node, path, names, problems);
    }
}

fn check_names(node: &Node, path: &[&str], names: &Names<'_>, problems: &mut Problems) {
    match node {
        Node::All(nodes) | Node::Any(nodes) => {
            nodes.iter().for_each(|node| check_names(node, path, names, problems));
        }
        Node::Not(node) | Node::For { node, .. } => check_names(node, path, names, problems),
        Node::Alert(rule) if !names.rules.contains(&rule.as_str()) => {
            problems.say(path, wording::unknown("rule", rule, names.rules));
        }
        Node::Run(playbook) if !names.playbooks.contains(&playbook.as_str()) => {
            problems.say(path, wording::unknown("playbook", playbook, names.playbooks));
        }
        _ => {}
    }
}

impl<'de> Deserialize<'de> for Condition {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let mut reader = Reader { path: Vec::new(), problems: Vec::new() };
        let node = reader.node(&value, 0);
        Ok(Self { node, problems: reader.problems })
    }
}

/// What it means, for those who tell definitions apart by their text.
impl Serialize for Condition {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.node.serialize(serializer)
    }
}

impl JsonSchema for Condition {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Condition".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            FREE: true,
            "description": "What must hold: `metric` with `above`, `at_least`, `below`, `at_most`, \
                `absent: true`, or `changed_by` and `over_days`; or `all`, `any`, `not`; or \
                `displayed_band`, `fallen_from`, `churn_band`, `segment`, `phase`, `alert`, \
                `alert_at_least`, `run`. `for_days` or `for_hours` says for how long without a \
                break.",
        })
    }
}

struct Reader {
    path: Vec<String>,
    problems: Vec<(Vec<String>, String)>,
}

/// Stands where nothing could be read.
const NOTHING: Node = Node::Any(Vec::new());

impl Reader {
    fn say(&mut self, problem: String) -> Node {
        self.problems.push((self.path.clone(), problem));
        NOTHING
    }

    fn within<T>(&mut self, step: &str, read: impl FnOnce(&mut Self) -> T) -> T {
        self.path.push(step.to_owned());
        let read = read(self);
        self.path.pop();
        read
    }

    fn node(&mut self, value: &Value, depth: usize) -> Node {
        let Value::Object(map) = value else {
            return self.say("a condition must be a map".to_owned());
        };
        if depth > DEPTH_MAX {
            return self.say(format!("conditions nest at most {DEPTH_MAX} deep"));
        }
        let heads: Vec<&str> = HEADS.into_iter().filter(|head| map.contains_key(*head)).collect();
        let head = match heads[..] {
            [head] => head,
            [] => {
                let known = HEADS;
                let first = map.keys().next().map_or("", String::as_str);
                return self.say(wording::unknown("condition", first, &known));
            }
            [first, second, ..] => {
                return self.say(format!(
                    "`{first}` and `{second}` are two conditions: put both under `all` or `any`"
                ));
            }
        };
        let node = self.within(head, |reader| reader.head(head, &map[head], map, depth));
        self.leftovers(head, map);
        self.timed(node, map, value)
    }

    fn head(&mut self, head: &str, value: &Value, map: &Map<String, Value>, depth: usize) -> Node {
        match head {
            "all" => Node::All(self.nodes(value, depth)),
            "any" => Node::Any(self.nodes(value, depth)),
            "not" => Node::Not(Box::new(self.node(value, depth + 1))),
            "metric" => self.test(value, map),
            "displayed_band" => self.word(value, Node::DisplayedBand),
            "fallen_from" => self.word(value, Node::FallenFrom),
            "churn_band" => self.word(value, Node::Churn),
            "segment" => self.words(value, Node::Segment),
            "phase" => self.words(value, Node::Phase),
            "alert" => self.word(value, |rule: CompactString| Node::Alert(rule)),
            "alert_at_least" => self.word(value, Node::AlertAtLeast),
            _ => self.word(value, |playbook: CompactString| Node::Run(playbook)),
        }
    }

    fn nodes(&mut self, value: &Value, depth: usize) -> Vec<Node> {
        let Some(items) = value.as_array().filter(|items| !items.is_empty()) else {
            self.say("must be a list of conditions".to_owned());
            return Vec::new();
        };
        let items = items.iter().enumerate();
        items
            .map(|(index, item)| {
                self.within(&index.to_string(), |reader| reader.node(item, depth + 1))
            })
            .collect()
    }

    fn word<T: DeserializeOwned>(&mut self, value: &Value, node: impl FnOnce(T) -> Node) -> Node {
        match serde_json::from_value(value.clone()) {
            Ok(word) => node(word),
            Err(error) => self.say(error.to_string()),
        }
    }

    fn words<T: DeserializeOwned>(
        &mut self,
        value: &Value,
        node: impl FnOnce(Vec<T>) -> Node,
    ) -> Node {
        let list = if value.is_array() { value.clone() } else { Value::Array(vec![value.clone()]) };
        self.word(&list, node)
    }

    fn test(&mut self, name: &Value, map: &Map<String, Value>) -> Node {
        let name = name.as_str().unwrap_or_default();
        let Some(figure) = FigureId::named(name) else {
            let known: Vec<&str> = catalogue().iter().map(|figure| figure.name).collect();
            return self.say(wording::unknown("metric", name, &known));
        };
        let number = |key: &str| map.get(key).and_then(Value::as_f64);
        let mut tests: Vec<Test> = COMPARISONS
            .into_iter()
            .filter_map(|(key, comparison)| Some(Test { figure, comparison, bound: number(key)? }))
            .collect();
        if let Some(absent) = map.get("absent").and_then(Value::as_bool) {
            let comparison = if absent { Comparison::Absent } else { Comparison::Present };
            tests.push(Test { figure, comparison, bound: 0.0 });
        }
        if let Some(bound) = number("changed_by") {
            let days = map.get("over_days").and_then(Value::as_u64);
            match days.and_then(|days| u16::try_from(days).ok()).filter(|it| (1..=89).contains(it))
            {
                Some(over_days) if figure.has_history() => {
                    let comparison = Comparison::ChangedBy { over_days };
                    tests.push(Test { figure, comparison, bound });
                }
                Some(_) => {
                    return self.say(format!(
                        "`{name}` has no history: `changed_by` goes with health_score and \
                         churn_probability"
                    ));
                }
                None => return self.say("`changed_by` needs `over_days`, 1 to 89".to_owned()),
            }
        }
        match tests[..] {
            [] => self.say(
                "must be compared: `above`, `at_least`, `below`, `at_most`, `absent` or \
                 `changed_by`"
                    .to_owned(),
            ),
            [test] => Node::Test(test),
            _ => Node::All(tests.into_iter().map(Node::Test).collect()),
        }
    }

    fn leftovers(&mut self, head: &str, map: &Map<String, Value>) {
        const OF_METRIC: [&str; 7] =
            ["above", "at_least", "below", "at_most", "absent", "changed_by", "over_days"];
        let mut known = vec![head, "for_days", "for_hours"];
        if head == "metric" {
            known.extend(OF_METRIC);
        }
        for key in map.keys().filter(|key| !known.contains(&key.as_str())) {
            let problem = wording::unknown("name", key, &known[1..]);
            self.within(key, |reader| reader.say(problem));
        }
    }

    fn timed(&mut self, node: Node, map: &Map<String, Value>, value: &Value) -> Node {
        let of = |key: &str, ms: i64| map.get(key).map(|it| it.as_f64().map(|n| n * ms as f64));
        let Some(ms) = of("for_days", DAY_MS).or_else(|| of("for_hours", HOUR_MS)) else {
            return node;
        };
        match ms.filter(|ms| (0.0..=FOR_DAYS_MAX * DAY_MS as f64).contains(ms)) {
            Some(ms) => {
                let key = name_hash(&value.to_string());
                Node::For { node: Box::new(node), ms: ms as i64, key }
            }
            None => self.say(format!("`for_days` must be a number up to {FOR_DAYS_MAX}")),
        }
    }
}
