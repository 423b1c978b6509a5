//! `pulse explain`: a record in words, and the same from the events of an account.
//!
//! The newest record of a topic is read in `kafka/`, as a replay reads topics.

use std::fs;

use customer_pulse::cli::explain::text::explain;
use serde_json::Value;

use crate::example_lines;
use crate::pulse::{example, pulse, repository};

#[test]
fn a_record_is_told_as_written() {
    for name in ["explain-whole", "explain-little"] {
        let golden = repository().join("tests/golden");
        let record = fs::read_to_string(golden.join(format!("{name}.json"))).unwrap();
        let found = explain(&serde_json::from_str(&record).unwrap());
        for line in found.lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
        let path = golden.join(format!("{name}.txt"));
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(&path, &found).unwrap();
        }
        assert_eq!(found, fs::read_to_string(path).unwrap());
    }
}

#[test]
fn an_account_is_explained_from_its_events() {
    let line: Value = serde_json::from_str(&example_lines()[0]).unwrap();
    let account = line["account_id"].as_str().unwrap();
    let told = pulse(&["explain", account, "--events", &example()]);
    assert_eq!(told.code, 0, "{}", told.errors);
    for words in [account, "\nHealth ", "\nWhat costs most points\n", "\nWhat changed last\n"] {
        assert!(told.out.contains(words), "{words}: {}", told.out);
    }
    assert!(told.out.lines().all(|line| line.chars().count() <= 80), "{}", told.out);

    let record = pulse(&["explain", account, "--events", &example(), "--json"]);
    let replayed = pulse(&["replay", "--alone", &example(), "--topics", "cs.account-health"]);
    let published = replayed
        .out
        .lines()
        .any(|line| line.ends_with(&format!("\"value\":{}}}", record.out.trim_end())));
    assert!(published, "what is explained was published");

    let earlier =
        pulse(&["explain", account, "--json", "--at", "2025-12-01", "--events", &example()]);
    let earlier: Value = serde_json::from_str(&earlier.out).unwrap();
    let at = earlier["at"].as_str().unwrap();
    assert!(("2025-11-29".."2025-12-01T00:00:00.001Z").contains(&at), "{at}");

    let nobody = pulse(&["explain", "nobody", "--events", &example()]);
    assert!(nobody.code == 1 && nobody.errors.contains("nobody"), "{}", nobody.errors);
}
