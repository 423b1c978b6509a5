//! `pulse replay --as-of-file` over all rows of the vectors, field by field.
//!
//! The same figures straight from the engine are compared in `vectors.rs`.

use std::collections::BTreeMap;
use std::fs;

use serde_json::{Map, Value};
use tempfile::TempDir;

use crate::pulse::{example, pulse, vectors};

/// How far metrics, signals and log-odds may be from the expected ones.
const TOLERANCE: f64 = 1e-6;
/// Fields that are compared within [`TOLERANCE`]; all others must be equal.
const CLOSE: [&str; 5] = ["metrics", "signals", "logit", "evidence", "contributions"];

#[test]
fn every_row_of_the_vectors_is_answered() {
    compare("events.jsonl.gz", "expected.jsonl");
    compare("branches-events.jsonl.gz", "branches-expected.jsonl");
}

#[allow(clippy::print_stdout)] // how much was compared is half of the result
fn compare(events: &str, expected: &str) {
    let expected = fs::read_to_string(vectors().join(expected)).expect("readable");
    let expected: Vec<Value> =
        expected.lines().map(|line| serde_json::from_str(line).expect("a row")).collect();
    let mut csv = "account_id,as_of\n".to_owned();
    for row in &expected {
        let text = |name: &str| row[name].as_str().expect("a text");
        csv += &format!("{},{}\n", text("account_id"), text("as_of"));
    }
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("as-of.csv");
    fs::write(&path, csv).expect("writable");
    let events = vectors().join(events);
    let events = events.to_str().expect("UTF-8");
    let run = pulse(&["replay", events, "--as-of-file", path.to_str().expect("UTF-8")]);
    assert_eq!(run.code, 0, "{}", run.errors);
    let found: Vec<Value> =
        run.out.lines().map(|line| serde_json::from_str(line).expect("a row")).collect();
    assert_eq!(found.len(), expected.len());
    let (mut faults, mut compared) = (Vec::new(), BTreeMap::new());
    for (want, have) in expected.iter().zip(&found) {
        row(want, have, &mut compared, &mut faults);
    }
    println!("{events}: {} rows, compared: {compared:?}", expected.len());
    let shown = faults[..faults.len().min(20)].join("\n");
    assert!(faults.is_empty(), "{} faults:\n{shown}", faults.len());
}

/// Compares a row, which must have these fields and no others.
fn row(
    want: &Value,
    have: &Value,
    compared: &mut BTreeMap<String, usize>,
    faults: &mut Vec<String>,
) {
    let fields = |row: &Value| row.as_object().expect("an object").len();
    assert_eq!(fields(want), fields(have), "{have}");
    for (name, want) in want.as_object().expect("an object") {
        let have = &have[name];
        let is_equal =
            if CLOSE.contains(&name.as_str()) { is_close(want, have) } else { want == have };
        *compared.entry(name.clone()).or_default() += want.as_object().map_or(1, Map::len);
        if !is_equal {
            faults.push(format!("{name} {want}, found {have}"));
        }
    }
}

fn is_close(want: &Value, have: &Value) -> bool {
    match (want, have) {
        (Value::Number(want), Value::Number(have)) => {
            let (want, have) = (want.as_f64(), have.as_f64());
            (want.unwrap_or(f64::NAN) - have.unwrap_or(f64::NAN)).abs() <= TOLERANCE
        }
        (Value::Object(want), Value::Object(have)) => {
            let mut pairs = want.iter();
            want.len() == have.len()
                && pairs.all(|(name, it)| have.get(name).is_some_and(|found| is_close(it, found)))
        }
        (Value::Array(want), Value::Array(have)) => {
            want.len() == have.len() && want.iter().zip(have).all(|(it, found)| is_close(it, found))
        }
        (want, have) => want == have,
    }
}

#[test]
fn rows_keep_their_order_and_their_instants_and_unknown_accounts_have_no_data() {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("as-of.csv");
    let path = path.to_str().expect("UTF-8");
    fs::write(path, "as_of,account_id\n2026-02-01T01:00:00+01:00,nobody\n2026-01-01,nobody\n")
        .expect("writable");
    let run = pulse(&["replay", &example(), "--as-of-file", path]);
    let rows: Vec<Value> = run.out.lines().map(|it| serde_json::from_str(it).unwrap()).collect();
    let instants: Vec<_> = rows.iter().map(|row| row["as_of"].as_str().unwrap()).collect();
    assert_eq!(instants, ["2026-02-01T01:00:00+01:00", "2026-01-01"]);
    for row in &rows {
        assert_eq!((&row["health_score"], &row["confidence"]), (&75.0.into(), &0.0.into()));
        assert_eq!(row["metrics"], serde_json::json!({}));
    }

    fs::write(path, "account_id,as_of\nnobody,2026-13-01\n").expect("writable");
    let run = pulse(&["replay", &example(), "--as-of-file", path]);
    assert!(run.code == 1 && run.errors.contains("line 2"), "{}", run.errors);
    fs::write(path, "account_id,as_of\nnobody,2026-01-01\n").expect("writable");
    let run = pulse(&["replay", &example(), "--as-of-file", path, "--until", "2026-01-01"]);
    assert_eq!(run.code, 2, "{}", run.errors);
}
