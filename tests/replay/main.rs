//! `pulse replay` and `pulse explain` as a person runs them: the binary, files in, lines out.
//!
//! What a replay says of stories is compared in `scenarios.rs`; reading topics is tested against a
//! real broker in `kafka/`.

mod as_of;
mod explain;
mod pulse;

use std::fs;
use std::io::{Read as _, Write as _};

use flate2::read::GzDecoder;
use pulse::{example, pulse, pulse_with_input, repository};
use serde_json::Value;
use tempfile::TempDir;

/// The lines of the example.
pub(crate) fn example_lines() -> Vec<String> {
    let mut text = String::new();
    let file = fs::File::open(example()).expect("the example is there");
    GzDecoder::new(file).read_to_string(&mut text).expect("readable");
    text.lines().map(str::to_owned).collect()
}

#[test]
fn neither_order_nor_packing_of_the_lines_shows() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let expected = pulse(&["replay", &example()]);
    assert_eq!(expected.code, 0, "{}", expected.errors);
    assert!(expected.out.lines().count() > 500, "few outputs: {}", expected.out.lines().count());

    let lines = example_lines();
    let reversed: Vec<&str> = lines.iter().rev().map(String::as_str).collect();
    let (first, second) = reversed.split_at(reversed.len() / 3);
    fs::write(path("first"), first.join("\n")).unwrap();
    // Packed by its content, whatever its name says.
    fs::write(path("second.txt"), zstd::encode_all(second.join("\r\n").as_bytes(), 1).unwrap())
        .unwrap();
    let parts = pulse(&["replay", &path("second.txt"), &path("first")]);
    assert_eq!((parts.code, parts.out == expected.out), (0, true), "{}", parts.errors);

    let stdin = pulse_with_input(&["replay", "-"], reversed.join("\n\n").as_bytes());
    assert_eq!((stdin.code, stdin.out == expected.out), (0, true), "{}", stdin.errors);

    let twice = pulse(&["replay", &example(), &example(), "--out", &path("out")]);
    assert_eq!((twice.code, twice.out.as_str()), (0, ""), "{}", twice.errors);
    assert!(fs::read_to_string(path("out")).unwrap() == expected.out, "copies of events change it");
}

#[test]
fn lines_have_the_fields_of_the_contract() {
    let replayed = pulse(&["replay", &example()]);
    let mut before = String::new();
    for line in replayed.out.lines() {
        let said: Value = serde_json::from_str(line).unwrap();
        let order = ["topic", "key", "at", "value"].map(|name| line.find(&format!("\"{name}\":")));
        assert!(order.is_sorted() && order[0] == Some(1), "{line}");
        assert_eq!(
            (&said["value"]["account_id"], &said["value"]["at"]),
            (&said["key"], &said["at"])
        );
        let at = said["at"].as_str().unwrap();
        assert!(*before <= *at, "{at} was said after {before}");
        at.clone_into(&mut before);
    }
}

#[test]
fn an_erased_account_has_the_value_null() {
    let lines = concat!(
        r#"{"event_id":"1","account_id":"a","type":"nps","ts":"2025-03-01","score":9}"#,
        "\n",
        r#"{"topic":"cs.accounts","key":"a","ts":"2025-03-02","value":null}"#,
    );
    let said = pulse_with_input(&["replay", "-"], lines.as_bytes());
    let lines: Vec<&str> = said.out.lines().collect();
    let erased = ["account-health", "account-work"].map(|topic| {
        let rest = r#""key":"a","at":"2025-03-02T00:00:00.000Z","value":null}"#;
        format!(r#"{{"topic":"cs.{topic}",{rest}"#)
    });
    assert_eq!(
        (said.code, &lines[lines.len() - 2..]),
        (0, &erased.each_ref().map(|it| it.as_str())[..]),
        "{}",
        said.errors
    );
}

#[test]
fn bad_lines_are_kept_with_their_reason_and_change_nothing() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let good = example_lines();
    let bad = [
        r#"{"event_id":"1","account_id":"secret","type":"nps","ts":"2025-03-01","score":11}"#,
        r#"{"event_id":"1","account_id":"secret","type":"secret","ts":"2025-03-01"}"#,
        "secret",
        r#"{"key":"b","value":{"event_id":"1","account_id":"secret","type":"nps","ts":0}}"#,
    ];
    let mut mixed = Vec::new();
    for (n, line) in good.iter().enumerate() {
        mixed.extend(bad.get(n).copied());
        mixed.push(line);
    }
    fs::write(path("mixed"), mixed.join("\n")).unwrap();
    let expected = pulse(&["replay", &example()]);
    let found = pulse(&["replay", &path("mixed"), "--rejects", &path("rejects")]);
    assert_eq!((found.code, found.out == expected.out), (1, true), "{}", found.errors);
    assert!(found.errors.contains("4 rejected: 2 invalid_field"), "{}", found.errors);
    let rejects = fs::read_to_string(path("rejects")).unwrap();
    let rejects: Vec<Value> =
        rejects.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told: Vec<_> =
        rejects.iter().map(|it| (it["line"].as_u64(), it["text"].as_str())).collect();
    let kept: Vec<_> =
        bad.iter().enumerate().map(|(n, it)| (Some(2 * n as u64 + 1), Some(*it))).collect();
    assert_eq!(told, kept);
    let reasons: Vec<_> = rejects.iter().map(|it| it["reason"].as_str().unwrap()).collect();
    assert_eq!(reasons, ["invalid_field", "unknown_type", "malformed", "invalid_field"]);
    assert!(rejects.iter().all(|it| it["input"] == path("mixed").as_str()));

    let told = pulse(&["replay", &path("mixed")]);
    assert_eq!(told.code, 1);
    assert!(told.errors.contains("line 1: "));
    assert!(!told.errors.contains("secret"), "{}", told.errors);
}

#[test]
fn wrong_usage_and_wrong_models_have_their_exit_codes() {
    let folder = TempDir::new().unwrap();
    let model = folder.path().join("model.yaml");
    fs::write(&model, "health: { bands: { green: eighty } }").unwrap();
    let nearest = pulse(&["replay", &example(), "--topics", "cs.alert"]);
    assert!(nearest.errors.contains("cs.alerts"), "{}", nearest.errors);
    for (code, arguments) in [
        (2, vec!["replay"]),
        (2, vec!["replay", "-", "--until", "never"]),
        (2, vec!["replay", "-", "--topics", "cs.alert"]),
        (78, vec!["replay", "-", "--model", model.to_str().unwrap()]),
        (1, vec!["replay", "not-there.jsonl"]),
        (1, vec!["replay", "-", "--from", "2025-01-01"]),
    ] {
        let found = pulse(&arguments);
        assert_eq!(found.code, code, "{arguments:?}: {}", found.errors);
        assert_eq!(found.out, "");
    }
    let nothing = pulse_with_input(&["replay", "-"], b"");
    assert_eq!((nothing.code, nothing.out.as_str()), (0, ""));
    let full = pulse(&["replay", &example(), "--memory", "10KB"]);
    assert!(full.code == 1 && full.errors.contains("--memory"), "{}", full.errors);
}

#[test]
fn time_passes_until_an_instant_and_topics_are_chosen() {
    let all = pulse(&["replay", &example()]);
    let longer = pulse(&["replay", &example(), "--until", "2026-04-01"]);
    assert!(longer.out.len() > all.out.len() && longer.out.starts_with(&all.out));
    let last: Value = serde_json::from_str(longer.out.lines().last().unwrap()).unwrap();
    assert!(last["at"].as_str().unwrap().starts_with("2026-03-31"), "{}", last["at"]);
    let earlier = pulse(&["replay", &example(), "--until", "2025-12-01"]);
    assert!(earlier.out == all.out, "an instant before the last event ends nothing");

    let of = |topic: &str| {
        let begins = topic.split(',').map(|topic| format!("{{\"topic\":\"{topic}\""));
        let begins: Vec<String> = begins.collect();
        let is_of = |line: &&str| begins.iter().any(|begin| line.starts_with(begin));
        let lines = longer.out.lines().filter(is_of);
        lines.fold(String::new(), |text, line| text + line + "\n")
    };
    let arguments = ["replay", &example(), "--until", "2026-04-01", "--topics"];
    for (topics, expected) in [
        ("cs.alerts", of("cs.alerts")),
        ("cs.playbooks,cs.account-health", of("cs.playbooks,cs.account-health")),
    ] {
        let found = pulse(&[arguments.as_slice(), &[topics]].concat());
        assert!(!found.out.is_empty() && found.out == expected, "{topics}");
    }
}

#[test]
fn a_story_gives_what_it_expects() {
    for name in ["an_event_at_the_daily_look", "a_burst_is_published_once_a_minute"] {
        let path = repository().join(format!("tests/scenarios/{name}.yaml"));
        let text = fs::read_to_string(&path).unwrap();
        let expected = text.split("\nexpect: |\n").nth(1).unwrap();
        let expected: Vec<String> = expected
            .lines()
            .filter(|line| !line.trim().is_empty())
            .map(|line| line.split_whitespace().take(4).collect::<Vec<_>>().join(" "))
            .collect();
        let said = pulse(&["replay", path.to_str().unwrap(), "--topics", "cs.account-health"]);
        let found: Vec<String> = said
            .out
            .lines()
            .map(|line| {
                let said: Value = serde_json::from_str(line).unwrap();
                let (key, at) = (said["key"].as_str().unwrap(), said["at"].as_str().unwrap());
                let band = said["value"]["displayed_health_band"].as_str().unwrap();
                let score = said["value"]["health_score"].as_f64().unwrap();
                format!("{key} {} {band} {score:.1}", at.replace(".000Z", "Z"))
            })
            .collect();
        assert_eq!((said.code, found), (0, expected), "{name}: {}", said.errors);
    }
}

#[test]
fn who_has_read_enough_is_not_told_of_it() {
    let mut child = pulse::command(&["replay", &example()])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let done = child.wait_with_output().unwrap();
    let errors = String::from_utf8(done.stderr).unwrap();
    assert_eq!((done.status.code(), errors.as_str()), (Some(0), ""));
    std::io::stdout().flush().unwrap();
}
