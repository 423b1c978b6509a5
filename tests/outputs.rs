//! The records that are published are those of the committed schemas (`schemas/outputs/`).
//!
//! When something is said is compared in `scenarios.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use customer_pulse::engine::Engine;
use customer_pulse::engine::account::feed::Memory;
use customer_pulse::engine::decode::Decoder;
use customer_pulse::engine::id::IdKey;
use customer_pulse::engine::model::Model;
use customer_pulse::engine::output::{OutputTopic, schema};
use customer_pulse::kafka::codec::published;
use customer_pulse::replay::history::History;
use customer_pulse::replay::live::{Course, Heard, replay};
use customer_pulse::replay::story::Story;
use serde_json::Value;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

#[test]
fn the_committed_schemas_are_those_of_the_types() {
    let folder = Path::new(ROOT).join("schemas/outputs");
    let mut wanted = BTreeSet::new();
    for topic in OutputTopic::ALL {
        let Some(schema) = schema::of(topic) else { continue };
        let (path, text) = (folder.join(format!("{}.schema.json", topic.name())), schema);
        let text = format!("{text:#}\n");
        if std::env::var_os("UPDATE_DOCS").is_some() {
            fs::create_dir_all(&folder).expect("a folder");
            fs::write(&path, &text).expect("writable");
        }
        let found = fs::read_to_string(&path).unwrap_or_default();
        assert!(found == text, "{topic:?}: write it anew: UPDATE_DOCS=1 cargo test --test outputs");
        wanted.insert(path);
    }
    let found: BTreeSet<PathBuf> = files_in(&folder).into_iter().collect();
    assert_eq!(found, wanted, "a schema of no topic");
}

#[test]
fn what_stories_say_fits_its_schema() {
    let schemas =
        OutputTopic::ALL.into_iter().filter_map(|topic| Some((topic, schema::of(topic)?)));
    let schemas: BTreeMap<_, _> = schemas
        .map(|(topic, it)| (topic, jsonschema::validator_for(&it).expect("a schema")))
        .collect();
    let (decoder, mut seen) = (Decoder::new(), BTreeSet::new());
    for path in files_in(&Path::new(ROOT).join("tests/scenarios")) {
        let story = fs::read_to_string(&path).expect("readable");
        let story = Story::parse(&story).expect("a story");
        let mut history = History::new(u64::MAX);
        story.lay(&decoder, &mut history).expect("a story");
        history.sort();
        let model = Arc::new(Model::default());
        let mut engine = Engine::new(model, IdKey::from_secret("outputs"), Memory::Bounded);
        let course = Course { until: story.until, with_fleet: story.fleet };
        let taken = replay(&history, &mut engine, course, |heard| {
            let Heard::Said(output) = heard else { return Ok::<_, Infallible>(()) };
            let (topic, _, Some(value)) = published(&output) else { return Ok(()) };
            let value: Value = serde_json::from_slice(&value).expect("JSON");
            if let Err(error) = schemas[&topic].validate(&value) {
                panic!("{}: {topic:?}: {error} in {value:#}", path.display());
            }
            seen.insert(topic);
            Ok(())
        });
        assert_eq!(taken, Ok(()));
    }
    assert!(seen.iter().eq(schemas.keys()), "only {seen:?} are said");
}

/// The files of a folder and of those in it.
fn files_in(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).expect("a folder");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths.flat_map(|path| if path.is_dir() { files_in(&path) } else { vec![path] }).collect()
}
