//! The schema of the model file: it is up to date, and refuses what the reader refuses.
//!
//! What the reader says of a wrong file, and where, is tested in `main.rs`.

use customer_pulse::engine::model::{DEFAULT_TEXT, Model, schema};
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};

#[test]
fn the_schema_is_up_to_date() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/schemas/model.schema.json");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path, schema::text()).unwrap();
    }
    let found = std::fs::read_to_string(path).unwrap_or_default();
    assert!(found == schema::text(), "write it anew: UPDATE_DOCS=1 cargo test --test model");
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 64, failure_persistence: None, ..ProptestConfig::default()
    })]

    /// What our reading of the schema says is what a validator of JSON Schema says.
    #[test]
    fn the_schema_and_the_reader_agree(
        changes in prop::collection::vec((any::<Index>(), any::<Index>()), 1..4),
    ) {
        let mut model: Value = serde_saphyr::from_str(DEFAULT_TEXT).unwrap();
        for (place, value) in changes {
            let mut paths = Vec::new();
            paths_of(&model, String::new(), &mut paths);
            let odd = [
                json!(null), json!(-1), json!(0.5), json!(3), json!(1e9), json!("red"), json!(""),
                json!(true), json!([]), json!([[1, 2]]), json!({}), json!({ "P1": 1 }),
            ];
            let path: &String = place.get(&paths);
            *model.pointer_mut(path).unwrap() = value.get(&odd).clone();
        }
        let validator = jsonschema::validator_for(schema::of_model()).unwrap();
        // What the schema cannot say.
        let meaning = [
            "x must rise",
            "must be more than ",
            "must not be less than",
            "stands twice",
            "unknown rule",
            "must have no colon",
            "must weigh more",
            "leave it out",
            "must have a letter",
            "is not a time zone",
            "must not be empty",
            "as the window lies after it",
            // of alert rules
            "must have one of `when`",
            // of playbooks
            "nothing begins a run",
            " steps",
            "an id has 1 to 64",
            "unknown step",
            "waits for itself",
            "only dates and cadences",
            "needs ",
            "only steps from an anchor",
            "go together",
            "must not be below 0",
            // of a playbook that only a segment has
            "missing field",
            // of conditions, whose form their own reader judges
            "unknown metric",
            "must be compared",
            "condition",
            "invalid ",
            "unknown variant",
            "`for_days` must be",
            "unknown playbook",
            "unknown message",
        ];
        let found = Model::parse(&model.to_string()).err().map(|found| found.errors);
        let is_form = |problem: &str| !meaning.iter().any(|words| problem.contains(words));
        let wrong = found.iter().flatten().find(|error| is_form(&error.problem));
        prop_assert_eq!(validator.is_valid(&model), wrong.is_none(), "{:?}", wrong);
    }
}

/// The JSON pointers of all values below a value.
fn paths_of(value: &Value, path: String, paths: &mut Vec<String>) {
    let mut visit = |step: &str, inner: &Value| {
        let path = format!("{path}/{}", step.replace('~', "~0").replace('/', "~1"));
        paths.push(path.clone());
        paths_of(inner, path, paths);
    };
    match value {
        Value::Object(map) => map.iter().for_each(|(key, inner)| visit(key, inner)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(n, inner)| visit(&n.to_string(), inner));
        }
        _ => {}
    }
}
