//! Records that are read, and records that are rejected with the right reason and no value told.
//!
//! That each type is read as its schema says is tested in `schemas.rs`.

use customer_pulse::engine::account::usage;
use customer_pulse::engine::decode::error::DecodeError;
use customer_pulse::engine::decode::{Decoded, Decoder, Header, Record};
use customer_pulse::engine::event::{EventBody, Topic, VALUE_BYTES_MAX};
use customer_pulse::engine::time::Timestamp;
use proptest::prelude::*;

use crate::{BROKER_AT, at, read, record};

const LOGIN: &str = r#"{"event_id":"e1","account_id":"acme","type":"login",
    "ts":"2026-03-02T09:00:00Z","source":"app","user_id":"u1"}"#;

/// `LOGIN` with one piece replaced.
fn login(from: &str, to: &str) -> String {
    assert!(LOGIN.contains(from), "{from}");
    LOGIN.replacen(from, to, 1)
}

fn refused(topic: Topic, value: &str) -> DecodeError {
    read(topic, value.as_bytes(), &[]).unwrap_err()
}

#[test]
fn a_plain_event_borrows_all_of_its_texts() {
    let event = read(Topic::Usage, LOGIN.as_bytes(), &[]).unwrap();
    assert_eq!(event.at, at("2026-03-02T09:00:00Z"));
    let EventBody::Usage(usage::Event::Login(fields)) = &event.body else { panic!("{event:?}") };
    let source = event.source.as_deref().unwrap();
    for text in [&*event.event_id, &*event.account_id, source, &*fields.user_id] {
        assert!(LOGIN.as_bytes().as_ptr_range().contains(&text.as_ptr()), "{text} was copied");
    }
}

#[test]
fn escapes_null_options_and_unknown_fields_are_read() {
    let text = login(r#""u1""#, r#""u\u0031\t\"""#);
    let error = refused(Topic::Usage, &text);
    assert_eq!(error.reason(), "invalid_field", "an id holds no tab: {error}");
    let text = login(r#""u1""#, r#""u\u0031","features":null,"twice":1,"twice":[{"a":"}"}]"#);
    let event = read(Topic::Usage, text.as_bytes(), &[]).unwrap();
    let EventBody::Usage(usage::Event::Login(fields)) = event.body else { panic!() };
    assert_eq!(&*fields.user_id, "u1");
}

#[test]
fn a_record_has_a_time_of_its_own() {
    for ms in [-1, 0, i64::MAX] {
        let broker_at = Timestamp::from_millis(ms);
        let record = Record { broker_at, ..record(Topic::Usage, LOGIN.as_bytes(), &[]) };
        let error = Decoder::new().decode(&record).unwrap_err();
        assert_eq!(error, DecodeError::RecordTime, "{ms}");
    }
}

#[test]
fn the_events_time_is_never_later_than_the_records() {
    for (ts, expected) in [
        (r#""2026-03-03T10:00:00Z""#, BROKER_AT),
        ("1772442000000", "2026-03-02T09:00:00Z"),
        (r#""2026-03-02T10:00:00.500+02:00""#, "2026-03-02T08:00:00.500Z"),
    ] {
        let text = login(r#""2026-03-02T09:00:00Z""#, ts);
        assert_eq!(read(Topic::Usage, text.as_bytes(), &[]).unwrap().at, at(expected), "{ts}");
    }
    let text = login(r#""2026-03-02T09:00:00Z""#, r#""2026-03-03T10:00:00.001Z""#);
    assert_eq!(refused(Topic::Usage, &text), DecodeError::FutureDated);
}

#[test]
fn a_tombstone_erases_on_the_topic_of_profiles_only() {
    let tombstone = |topic, key| {
        let broker_at = at(BROKER_AT);
        Decoder::new().decode(&Record { topic, key, value: None, headers: &[], broker_at })
    };
    match tombstone(Topic::Accounts, Some(b"acme")).unwrap() {
        Decoded::Erase { account_id } => assert_eq!(&*account_id, "acme"),
        Decoded::Event(event) => panic!("{event:?}"),
    }
    let reason = |topic, key| tombstone(topic, key).unwrap_err().reason();
    assert_eq!(reason(Topic::Usage, Some(b"acme")), "null_value");
    assert_eq!(reason(Topic::Accounts, Some(b"\xff")), "key_invalid");
    assert_eq!(reason(Topic::Accounts, Some(b"")), "key_invalid");
    assert_eq!(reason(Topic::Accounts, None), "key_missing");
}

#[test]
fn the_key_is_the_account_id() {
    let with_key = |key| {
        let record = Record { key, ..record(Topic::Usage, LOGIN.as_bytes(), &[]) };
        Decoder::new().decode(&record).unwrap_err()
    };
    assert_eq!(with_key(None), DecodeError::KeyMissing);
    for key in ["acm", "acme ", "\"acme\"", ""] {
        assert_eq!(with_key(Some(key.as_bytes())), DecodeError::KeyMismatch, "{key}");
    }
}

#[test]
fn each_fault_has_its_reason() {
    let long = "x".repeat(129);
    for (value, reason) in [
        (String::new(), "malformed"),
        ("null".into(), "malformed"),
        (r#"["e1","acme","login",1772442000000,"app",1]"#.into(), "malformed"),
        (LOGIN[..LOGIN.len() - 1].into(), "malformed"),
        (format!("{LOGIN}{LOGIN}"), "malformed"),
        (login("\"user_id\"", "\"user_id\":\"u1\",\"user_id\""), "malformed"),
        (login("\"type\"", "\"type\":\"login\",\"type\""), "malformed"),
        (login("login", "logout"), "unknown_type"),
        (login("login", "nps"), "unknown_type"),
        (login("\"event_id\"", "\"id\""), "missing_field"),
        (login("\"user_id\"", "\"user\""), "missing_field"),
        (login("\"e1\"", "\"\""), "invalid_field"),
        (login("\"e1\"", "17"), "invalid_field"),
        (login("\"e1\"", &format!("\"{long}\"")), "invalid_field"),
        (login("\"u1\"", "null"), "invalid_field"),
        (login("2026-03-02T09:00:00Z", "yesterday"), "invalid_field"),
        (login("2026-03-02T09:00:00Z", "1999-12-31T23:59:59Z"), "invalid_field"),
        (login("\"2026-03-02T09:00:00Z\"", "4102444800000"), "invalid_field"),
        (login("\"app\"", "{}"), "invalid_field"),
        (login("\"u1\"", &format!("\"u1\",\"x\":{}", "[".repeat(33))), "too_deep"),
        (
            login("\"u1\"", &format!("\"u1\",\"x\":\"{}\"", " ".repeat(VALUE_BYTES_MAX))),
            "too_large",
        ),
    ] {
        let error = refused(Topic::Usage, &value);
        assert_eq!(error.reason(), reason, "{error}: {value}");
        assert!(DecodeError::REASONS.contains(&reason));
    }
    let error = read(Topic::Usage, b"{\"event_id\":\"\xff\"}", &[]).unwrap_err();
    assert_eq!((error.reason(), error.stage()), ("not_utf8", "VALUE_CONVERTER"));
}

#[test]
fn brackets_in_texts_are_no_depth() {
    let text = login("\"u1\"", &format!(r#""u1","x":"\"{}","y":[[],[]]"#, "[{".repeat(40)));
    read(Topic::Usage, text.as_bytes(), &[]).unwrap();
    let nested = format!("{}{}", "[".repeat(31), "]".repeat(31));
    let text = login("\"u1\"", &format!(r#""u1","x":{nested},"y":{nested}"#));
    read(Topic::Usage, text.as_bytes(), &[]).unwrap();
}

#[test]
fn errors_name_field_and_place_but_no_value() {
    for (topic, fields, told) in [
        (
            Topic::Support,
            r#""type":"csat","score":4711"#,
            "`score` is not valid: expected a whole number from 1 to 5",
        ),
        (
            Topic::Feedback,
            r#""type":"nps","score":"4711, expected x""#,
            "`score` is not valid: invalid type: string, expected i64",
        ),
        (
            Topic::Accounts,
            r#""type":"account_updated","segment":"4711""#,
            "`segment` is not valid: unknown word, expected one of `enterprise`, `mid_market`, \
             `smb`, `strategic`",
        ),
        (
            Topic::Outcomes,
            r#""type":"roi_reported","realized":1,"target":-4711"#,
            "`target` is not valid: a target must be greater than 0",
        ),
    ] {
        let head = r#"{"event_id":"e1","account_id":"acme","ts":"2026-03-02T09:00:00Z","#;
        let column = head.len() + fields.len();
        let error = refused(topic, &format!("\n{head}{fields},\"z\":1}}"));
        assert_eq!(error.to_string(), format!("the field {told} at line 2 column {column}"));
        assert_eq!(error.stage(), "TRANSFORMATION");
    }
}

#[test]
fn a_person_to_be_erased_is_named_in_one_way_at_least() {
    let head = r#"{"event_id":"e1","account_id":"acme","ts":"2026-03-02T09:00:00Z""#;
    let text = format!(r#"{head},"type":"erase_person","actor":"a","user_id":"u1"}}"#);
    read(Topic::Commands, text.as_bytes(), &[]).unwrap();
    let error = refused(Topic::Commands, &text.replace("user_id", "user"));
    assert_eq!(error.to_string(), "the required field `respondent_id or user_id` is missing");
}

#[test]
fn cloud_events_carry_the_envelope_in_either_mode() {
    let structured = r#" {"specversion":"1.0","id":"e1","subject":"acme","type":"login",
        "time":"2026-03-02T09:00:00Z","source":"app","data":{"user_id":"u1"}}"#;
    let headers: [Header<'_>; 6] = [
        ("ce_specversion", Some(b"1.0")),
        ("ce_id", Some(b"e1")),
        ("ce_subject", Some(b"acme")),
        ("ce_type", Some(b"login")),
        ("ce_time", Some(b"2026-03-02T09:00:00Z")),
        ("ce_source", Some(b"app")),
    ];
    let body = br#"{"user_id":"u1"}"#;
    let plain = read(Topic::Usage, LOGIN.as_bytes(), &[]).unwrap();
    assert_eq!(read(Topic::Usage, structured.as_bytes(), &[]).unwrap(), plain);
    assert_eq!(read(Topic::Usage, body, &headers).unwrap(), plain);

    for (from, to, told) in [
        ("\"id\"", "\"ident\"", "the required field `id` is missing"),
        (
            "{\"user_id\":\"u1\"}",
            "[\"u1\"]",
            "not a readable JSON object: it does not begin with `{`",
        ),
        (",\"data\":{\"user_id\":\"u1\"}", "", "the required field `user_id` is missing"),
    ] {
        let text = structured.replacen(from, to, 1);
        assert_eq!(refused(Topic::Usage, &text).to_string(), told);
    }
    for missing in ["ce_id", "ce_subject", "ce_type", "ce_time"] {
        let headers: Vec<_> = headers.into_iter().filter(|(name, _)| *name != missing).collect();
        let error = read(Topic::Usage, body, &headers).unwrap_err();
        assert_eq!(error, DecodeError::MissingField { field: missing.to_owned() });
    }
    for (name, value, reason) in [
        ("ce_id", &b"\xff"[..], "not_utf8"),
        ("ce_id", b"", "invalid_field"),
        ("ce_time", b"now", "invalid_field"),
        ("ce_subject", b"other", "key_mismatch"),
    ] {
        let mut headers = headers.to_vec();
        headers.push((name, Some(value)));
        assert_eq!(read(Topic::Usage, body, &headers).unwrap_err().reason(), reason, "{name}");
    }
}

#[test]
fn a_cloud_event_of_a_type_without_fields_needs_no_data() {
    let text = r#"{"specversion":"1.0","id":"e1","subject":"acme","type":"first_value",
        "time":"2026-03-02T09:00:00Z","source":"app"}"#;
    read(Topic::Outcomes, text.as_bytes(), &[]).unwrap();
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(
        bytes in proptest::collection::vec(any::<u8>(), 0..300),
        frame in any::<bool>(),
    ) {
        let value = if frame { [&[0, 0, 0, 0, 1][..], &bytes].concat() } else { bytes };
        for topic in Topic::ALL {
            for name in topic.types() {
                let headers: [Header<'_>; 1] = [("ce_type", Some(name.as_bytes()))];
                let _ = read(topic, &value, &headers);
            }
        }
    }
}
