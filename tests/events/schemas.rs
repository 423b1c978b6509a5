//! Walks `schemas/` in both directions: every type has its two files, every file its type, and
//! both files say the same as the typed fields.
//!
//! What is refused whatever the type is tested in `decode.rs`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use apache_avro::Schema;
use apache_avro::schema::{RecordField, RecordSchema};
use apache_avro::types::Value as Avro;
use apache_avro::writer::datum::GenericDatumWriter;
use customer_pulse::engine::decode::Header;
use customer_pulse::engine::decode::error::DecodeError;
use customer_pulse::engine::event::Topic;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Map, Value};

use crate::{at, read};

/// A type with its two files.
struct Example {
    topic: Topic,
    type_name: &'static str,
    schema: Schema,
    event: Map<String, Value>,
}

impl Example {
    fn all() -> Vec<Self> {
        let load = |topic: Topic, index: usize| {
            let type_name = topic.types()[index];
            let text = std::fs::read_to_string(file(topic, type_name, "json")).unwrap();
            let schema = Schema::parse_str(topic.schemas()[index]).unwrap();
            Self { topic, type_name, schema, event: serde_json::from_str(&text).unwrap() }
        };
        let types = |topic: Topic| (0..topic.types().len()).map(move |index| load(topic, index));
        Topic::ALL.into_iter().flat_map(types).collect()
    }

    fn record(&self) -> &RecordSchema {
        let Schema::Record(record) = &self.schema else { panic!("{} is no record", self.name()) };
        record
    }

    fn name(&self) -> String {
        format!("{}/{}", self.topic.name(), self.type_name)
    }

    fn json(&self) -> Vec<u8> {
        serde_json::to_vec(&self.event).unwrap()
    }

    /// The example in the Confluent wire format.
    fn avro(&self) -> Vec<u8> {
        let fields = self.record().fields.iter();
        let fields = fields.map(|field| {
            let value = self.event.get(&field.name).unwrap_or(&Value::Null);
            (field.name.clone(), to_avro(&field.schema, value))
        });
        let writer = GenericDatumWriter::builder(&self.schema).build().unwrap();
        let bytes = writer.write_value_to_vec(Avro::Record(fields.collect())).unwrap();
        [&[0, 0, 0, 0, 7][..], &bytes].concat()
    }

    fn header(&self) -> [Header<'static>; 1] {
        [("ce_type", Some(self.type_name.as_bytes()))]
    }

    /// The same event with one field set, or removed.
    fn with(&self, field: &str, value: Option<Value>) -> Vec<u8> {
        let mut event = self.event.clone();
        match value {
            Some(value) => event.insert(field.to_owned(), value),
            None => event.remove(field),
        };
        serde_json::to_vec(&event).unwrap()
    }
}

fn file(topic: Topic, type_name: &str, ending: &str) -> PathBuf {
    schemas_dir().join(topic.name()).join(format!("{type_name}.{ending}"))
}

fn schemas_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas")
}

fn to_avro(schema: &Schema, value: &Value) -> Avro {
    match (schema, value) {
        (Schema::Union(union), Value::Null) => {
            assert_eq!(union.variants()[0], Schema::Null);
            Avro::Union(0, Box::new(Avro::Null))
        }
        (Schema::Union(union), value) => {
            Avro::Union(1, Box::new(to_avro(&union.variants()[1], value)))
        }
        (Schema::TimestampMillis, Value::String(text)) => {
            Avro::TimestampMillis(at(text).as_millis())
        }
        (Schema::String, Value::String(text)) => Avro::String(text.clone()),
        (Schema::String, value) => Avro::String(value.to_string()),
        (Schema::Array(array), Value::Array(items)) => {
            Avro::Array(items.iter().map(|item| to_avro(&array.items, item)).collect())
        }
        (Schema::Boolean, Value::Bool(flag)) => Avro::Boolean(*flag),
        (Schema::Int, Value::Number(number)) => {
            Avro::Int(number.as_i64().unwrap().try_into().unwrap())
        }
        (Schema::Long, Value::Number(number)) => Avro::Long(number.as_i64().unwrap()),
        (Schema::Double, Value::Number(number)) => Avro::Double(number.as_f64().unwrap()),
        (schema, value) => panic!("{value} does not fit {schema:?}"),
    }
}

fn is_optional(field: &RecordField) -> bool {
    matches!(field.schema, Schema::Union(_))
}

#[test]
fn every_file_has_a_type() {
    // The schema of the model is compared in tests/model/schema.rs.
    let others = ["README.md", "model.schema.json"];
    let mut expected: BTreeSet<_> = others.map(|name| schemas_dir().join(name)).into();
    for topic in Topic::ALL {
        for type_name in topic.types() {
            expected.extend(["avsc", "json"].map(|ending| file(topic, type_name, ending)));
        }
    }
    let list = |dir: &Path| -> Vec<PathBuf> {
        std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect()
    };
    // The outputs' are compared in tests/outputs.rs.
    let is_input = |path: &PathBuf| !path.ends_with("outputs");
    let found = list(&schemas_dir()).into_iter().filter(is_input);
    let found = found.flat_map(|path| if path.is_dir() { list(&path) } else { vec![path] });
    let found: BTreeSet<_> = found.collect();
    assert_eq!(found, expected);
}

#[test]
fn schemas_name_and_explain_what_they_describe() {
    for example in Example::all() {
        let (name, record) = (example.name(), example.record());
        let spelled: String = example
            .type_name
            .split('_')
            .flat_map(|word| {
                let (first, rest) = word.split_at(1);
                [first.to_uppercase(), rest.to_owned()]
            })
            .collect();
        assert_eq!(record.name.name(), spelled, "{name}");
        assert!(record.name.namespace().is_some_and(|name| name.starts_with("pulse.events.")));
        assert!(record.doc.is_some(), "{name} has no doc");
        for field in &record.fields {
            assert!(field.doc.is_some(), "{name}: {} has no doc", field.name);
            let default = is_optional(field).then_some(Value::Null);
            let default =
                if field.name == "type" { Some(example.type_name.into()) } else { default };
            assert_eq!(field.default, default, "{name}: default of {}", field.name);
        }
        let described: BTreeSet<_> = record.fields.iter().map(|field| &field.name).collect();
        assert_eq!(described, example.event.keys().collect(), "{name}: schema and example differ");
    }
}

#[test]
fn each_example_is_read_in_full_and_its_avro_says_the_same() {
    for example in Example::all() {
        let name = example.name();
        let (json, avro, header) = (example.json(), example.avro(), example.header());
        let event =
            read(example.topic, &json, &[]).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(
            (event.body.topic(), event.body.type_name()),
            (example.topic, example.type_name)
        );
        assert!(!format!("{event:?}").contains("None"), "{name} leaves out a field: {event:?}");

        assert_eq!(read(example.topic, &avro, &header).as_ref(), Ok(&event), "{name}");
        if example.topic.types().len() > 1 {
            let error = read(example.topic, &avro, &[]).unwrap_err();
            assert_eq!(error, DecodeError::AvroTypeMissing { topic: example.topic });
        } else {
            assert_eq!(read(example.topic, &avro, &[]).as_ref(), Ok(&event), "{name}");
        }
    }
}

#[test]
fn a_cut_or_prolonged_avro_value_is_refused() {
    for example in Example::all() {
        let (avro, header) = (example.avro(), example.header());
        for end in 1..avro.len() {
            let error = read(example.topic, &avro[..end], &header).unwrap_err();
            assert_eq!(error.reason(), "avro_malformed", "{}: {end}", example.name());
        }
        let error = read(example.topic, &[&avro[..], &[0]].concat(), &header).unwrap_err();
        assert!(error.to_string().ends_with("bytes are left over after its end"), "{error}");
    }
}

#[test]
fn avro_values_are_held_to_the_same_bounds() {
    let find = |name: &str| Example::all().into_iter().find(|example| example.name() == name);
    for (name, field, value, what) in [
        (
            "cs.nps-responses/nps",
            "score",
            Value::from(4711),
            "expected a whole number from 0 to 10",
        ),
        (
            "cs.nps-responses/nps",
            "survey",
            "4711".into(),
            "unknown word, expected one of `relationship`, `transactional`, `touchpoint`",
        ),
        ("cs.product-usage/session", "duration_s", Value::from(-4711), "expected u32"),
        ("cs.product-usage/login", "user_id", "".into(), "an id must not be empty"),
        (
            "cs.product-usage/login",
            "type",
            "session".into(),
            "it is not the type of the schema that the value was read with",
        ),
    ] {
        let mut example = find(name).unwrap();
        example.event.insert(field.to_owned(), value);
        let error = read(example.topic, &example.avro(), &example.header()).unwrap_err();
        let (field, what) = (field.to_owned(), what.to_owned());
        assert_eq!(error, DecodeError::InvalidField { field, what });
    }
    let usage = find("cs.product-usage/plan_usage").unwrap();
    let mut avro = usage.avro();
    let place = avro.windows(8).position(|eight| eight == 81.5_f64.to_le_bytes()).unwrap();
    avro[place..place + 8].copy_from_slice(&f64::NAN.to_le_bytes());
    let error = read(usage.topic, &avro, &usage.header()).unwrap_err();
    assert!(error.to_string().contains("`used` is not valid: a number must be finite"), "{error}");
}

#[test]
fn a_missing_required_field_is_named_and_an_optional_one_is_not_missed() {
    for example in Example::all() {
        for field in &example.record().fields {
            let json = example.with(&field.name, None);
            let outcome = read(example.topic, &json, &[]);
            if is_optional(field) {
                assert!(outcome.is_ok(), "{}: {outcome:?}", example.name());
            } else {
                let missing = DecodeError::MissingField { field: field.name.clone() };
                assert_eq!(outcome, Err(missing), "{}", example.name());
            }
        }
    }
}

#[test]
fn a_field_of_another_kind_is_refused_by_name() {
    // Not read, so not checked: `contract.md` names them, no facet needs them.
    let unread = ["step", "participants"];
    for example in Example::all() {
        let is_operation = example.event.contains_key("request_id");
        for field in &example.record().fields {
            if unread.contains(&field.name.as_str()) && example.topic != Topic::Commands
                || is_operation && is_optional(field) && field.name != "source"
            {
                continue;
            }
            let json = example.with(&field.name, Some(serde_json::json!({"secret": "4711"})));
            let error = read(example.topic, &json, &[]).unwrap_err();
            let named =
                matches!(&error, DecodeError::InvalidField { field: at, .. } if *at == field.name);
            assert!(named, "{}: {error}", example.name());
            assert!(!error.to_string().contains("4711"), "{error}");
        }
    }
}

#[test]
fn words_and_bounds_are_those_of_the_types() {
    for example in Example::all() {
        for field in &example.record().fields {
            let is_read = |value: Value| {
                read(example.topic, &example.with(&field.name, Some(value)), &[]).is_ok()
            };
            let name = format!("{}: {}", example.name(), field.name);
            if let Some(words) = field.custom_attributes.get("words") {
                for word in words.as_array().unwrap() {
                    assert!(is_read(word.clone()), "{name}: {word}");
                }
                assert!(!is_read("unheard_of".into()), "{name}");
            }
            for (bound, beyond) in [("minimum", -1), ("maximum", 1)] {
                if let Some(bound) = field.custom_attributes.get(bound) {
                    let bound = bound.as_i64().unwrap();
                    assert!(is_read(bound.into()) && !is_read((bound + beyond).into()), "{name}");
                }
            }
        }
    }
}

#[test]
fn mutated_examples_never_panic() {
    let examples: Vec<_> = Example::all()
        .into_iter()
        .flat_map(|example| {
            let header = example.header();
            [(example.topic, example.json(), header), (example.topic, example.avro(), header)]
        })
        .collect();
    let edits = proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..6);
    let strategy = (any::<proptest::sample::Index>(), edits, any::<proptest::sample::Index>());
    let mut runner = TestRunner::new(Config::with_cases(2_000));
    let outcome = runner.run(&strategy, |(pick, edits, cut)| {
        let (topic, value, header) = pick.get(&examples);
        let mut value = value.clone();
        for (place, byte) in edits {
            *place.get_mut(&mut value) = byte;
        }
        let _ = read(*topic, &value, header);
        let _ = read(*topic, &value[..cut.index(value.len())], header);
        Ok(())
    });
    outcome.unwrap();
}
