//! The JSON Schema of the model file, made from the types and their documentation.
//!
//! How a file is held against it is `form.rs`; the copy for editors is `schemas/model.schema.json`.

use std::sync::LazyLock;

use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, Transform as _};
use schemars::{Schema, json_schema};
use serde_json::{Map, Value, json};

use super::Model;

/// The schema.
pub fn of_model() -> &'static Value {
    static SCHEMA: LazyLock<Value> = LazyLock::new(|| {
        let settings = SchemaSettings::draft07().with(|settings| settings.inline_subschemas = true);
        let mut schema = settings.into_generator().into_root_schema_for::<Model>();
        RecursiveTransform(tidy).transform(&mut schema);
        schema.insert("title".to_owned(), "The model of pulse".into());
        schema.to_value()
    });
    &SCHEMA
}

/// The schema as it is committed and printed.
pub fn text() -> String {
    format!("{:#}\n", of_model())
}

/// A number between bounds.
pub(super) fn number(min: f64, max: f64) -> Value {
    json!({ "type": "number", "minimum": min, "maximum": max })
}

/// A map that says one thing about each of some names.
pub(super) fn each_of(names: impl IntoIterator<Item = &'static str>, form: &Value) -> Schema {
    let names: Vec<&str> = names.into_iter().collect();
    let properties: Map<String, Value> =
        names.iter().map(|name| ((*name).to_owned(), form.clone())).collect();
    json_schema!({ "type": "object", "properties": properties, "required": names })
}

/// What may be said of a part in order to change it: nothing must be there. Lists are replaced as
/// a whole.
pub(super) fn changes(schema: &Value) -> Value {
    let mut changes = schema.clone();
    if let Some(map) = changes.as_object_mut() {
        map.remove("required");
        if let Some(Value::Object(properties)) = map.get_mut("properties") {
            for property in properties.values_mut() {
                *property = self::changes(property);
            }
        }
        if let Some(form) = map.get_mut("additionalProperties").filter(|it| it.is_object()) {
            *form = self::changes(form);
        }
    }
    changes
}

/// Brings what `schemars` makes of Rust types into the form of files: maps have no other keys,
/// an option is a key that may be left out, and whole numbers end where their type does.
fn tidy(schema: &mut Schema) {
    let Some(map) = schema.as_object_mut() else { return };
    if map.contains_key("properties") {
        map.entry("additionalProperties").or_insert(false.into());
    }
    match map.remove("format").as_ref().and_then(Value::as_str) {
        Some("uint32") => _ = map.entry("maximum").or_insert(u32::MAX.into()),
        Some("int32") => {
            map.entry("minimum").or_insert(i32::MIN.into());
            map.entry("maximum").or_insert(i32::MAX.into());
        }
        _ => {}
    }
    if let Some(Value::Array(kinds)) = map.get_mut("type") {
        kinds.retain(|kind| kind != "null");
        if let [kind] = &kinds[..] {
            let kind = kind.clone();
            map.insert("type".to_owned(), kind);
        }
    }
    if let Some(Value::Array(forms)) = map.get_mut("anyOf") {
        forms.retain(|form| *form != json!({ "type": "null" }));
        if let [Value::Object(form)] = &forms[..] {
            let form = form.clone();
            map.remove("anyOf");
            for (key, value) in form {
                map.entry(key).or_insert(value);
            }
        }
    }
}
