//! Records that cannot be used: each becomes a dead letter with its reason, and the loop goes on.
//!
//! Every reason by itself is tested without a broker in `tests/events/`.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use customer_pulse::engine::event::Topic;
use customer_pulse::kafka::clock::Deadline;
use rdkafka::ClientConfig;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};

use crate::broker::Broker;
use crate::counts::Counts;
use crate::follower::Follower;
use crate::history::{Record, read_topic};
use crate::installation::{Installation, now};
use crate::recount::recount;
use crate::trickle::{Trickle, account_in, login};

/// How long any one thing that is waited for may take.
const LIMIT: Duration = Duration::from_secs(60);
/// How long a process may take to end well.
const END_LIMIT: Duration = Duration::from_secs(25);
/// Partitions of the installation, and the one that all these records lie in.
const PARTITIONS: u32 = 2;
const PLACE: i32 = 0;

/// Kafka Connect's headers.
const HEADERS: [&str; 10] = [
    "topic",
    "partition",
    "offset",
    "connector.name",
    "task.id",
    "stage",
    "class.name",
    "exception.class.name",
    "exception.message",
    "exception.stacktrace",
];

/// A record that cannot be used.
struct Bad {
    reason: &'static str,
    key: Option<String>,
    value: Option<Vec<u8>>,
}

/// Writes each kind between good records and looks at what becomes of them.
pub(crate) fn each_with_its_reason(broker: &Broker) -> anyhow::Result<()> {
    let installation = Installation::new(broker, "dead-letters", PARTITIONS)?;
    installation.make_topics()?;
    let topic = installation.config.topics.product_usage.clone();
    let mut follower = Follower::new(&installation)?;
    let mut trickle = Trickle::new(&installation)?;
    let process = installation.run("only")?;
    trickle.write(1)?;
    let bad = bad_records();
    write(&installation, &topic, &bad)?;
    write(&installation, &topic, &usable_records())?;
    trickle.write(1)?;
    let total = trickle.written + i64::try_from(bad.len() + usable_records().len())?;
    follower.until("all is read", LIMIT, |seen| seen.taken() == total)?;
    // What was committed is counted a moment later.
    let deadline = Deadline::after(LIMIT);
    let mut series = process.series()?;
    while i64::try_from(figure(&series, "pulse_events_total"))? < total && !deadline.is_over() {
        series = process.series()?;
    }
    process.terminate(END_LIMIT)?;

    let counts = recount(broker, &installation)?;
    ensure!(counts.dead_letters == bad.len(), "{counts}");
    ensure!(counts.duplicate == 1 && counts.late == 1, "{counts}");
    ensure!(counts.applied == usize::try_from(trickle.written)? + 1, "{counts}");
    check_series(&series, &counts)?;
    let dead = read_topic(&installation.config, &installation.config.topics.dead_letters)?;
    let place = usize::try_from(PLACE)?;
    ensure!(dead[place].len() == bad.len(), "{} dead letters", dead[place].len());
    for (record, bad) in dead[place].iter().zip(&bad) {
        check(record, bad, &topic).with_context(|| bad.reason)?;
    }
    Ok(())
}

fn bad_records() -> Vec<Bad> {
    let account = account_in(PLACE.cast_unsigned(), PARTITIONS);
    let elsewhere = account_in(PLACE.cast_unsigned() + 1, PARTITIONS);
    let ts = now().to_string();
    let good = login(&account, 1_000, &ts);
    let of =
        |reason, value: Vec<u8>| Bad { reason, key: Some(account.clone()), value: Some(value) };
    let text = |reason, value: &str| of(reason, value.as_bytes().to_vec());
    let padding = format!(r#","padding":"{}"}}"#, "x".repeat(300 * 1_024));
    let deep = format!(r#","deep":{}1{}}}"#, "[".repeat(200), "]".repeat(200));
    let open = good.trim_end_matches('}');
    vec![
        text("malformed", &good[..good.len() - 9]),
        text("too_large", &format!("{open}{padding}")),
        text("too_deep", &format!("{open}{deep}")),
        Bad { key: None, ..text("key_missing", &good) },
        Bad { key: Some(elsewhere.clone()), ..text("key_mismatch", &good) },
        Bad {
            key: Some(elsewhere.clone()),
            ..text("wrong_partition", &login(&elsewhere, 1_001, &ts))
        },
        text("unknown_type", &good.replace("login", "logout")),
        text("future_dated", &login(&account, 1_002, &now().plus_days(2).to_string())),
        of("not_utf8", [&good.as_bytes()[..20], b"\xff\xfe", &good.as_bytes()[20..]].concat()),
        text("missing_field", &good.replace("user_id", "user")),
        text("invalid_field", &login(&account, 1_003, "yesterday")),
        Bad { value: None, ..text("null_value", "") },
    ]
}

/// One that is applied, its copy, and one from before every window.
fn usable_records() -> Vec<Bad> {
    let account = account_in(PLACE.cast_unsigned(), PARTITIONS);
    let days_ago = |days: i64| now().plus_days(-days).to_string();
    let first = login(&account, 2_000, &days_ago(1));
    let late = login(&account, 2_001, &days_ago(500));
    let of = |value: String| Bad {
        reason: "none",
        key: Some(account.clone()),
        value: Some(value.into_bytes()),
    };
    vec![of(first.clone()), of(first), of(late)]
}

/// The process counted what the recount counts: it did all of it in one life.
fn check_series(series: &str, counts: &Counts) -> anyhow::Result<()> {
    for (name, expected) in [
        ("pulse_events_total", counts.input),
        ("pulse_events_applied_total", counts.applied),
        ("pulse_events_duplicate_total", counts.duplicate),
        ("pulse_events_late_total", counts.late),
        ("pulse_events_erased_total", counts.erased),
        ("pulse_dead_letters_total", counts.dead_letters),
    ] {
        let sum = figure(series, name);
        ensure!(sum == expected, "{name} is {sum}, not {expected}");
    }
    Ok(())
}

/// The sum of a series over its labels.
fn figure(series: &str, name: &str) -> usize {
    let of_name = |line: &&str| line.split(['{', ' ']).next() == Some(name);
    let values = series.lines().filter(of_name).filter_map(|line| line.rsplit(' ').next());
    values.map(|value| value.parse().unwrap_or(0)).sum()
}

fn write(installation: &Installation, topic: &str, bad: &[Bad]) -> anyhow::Result<()> {
    let producer: BaseProducer = ClientConfig::new()
        .set("bootstrap.servers", &installation.config.kafka.bootstrap)
        .set("message.max.bytes", "2000000")
        .create()?;
    for bad in bad {
        let own = Header { key: "own", value: Some(bad.reason) };
        let null = Header { key: "null", value: None::<&str> };
        let mut record = BaseRecord::<str, [u8]>::to(topic)
            .partition(PLACE)
            .timestamp(now().as_millis())
            .headers(OwnedHeaders::new().insert(own).insert(null));
        record.key = bad.key.as_deref();
        record.payload = bad.value.as_deref();
        producer.send(record).map_err(|(error, _)| error)?;
    }
    Ok(producer.flush(LIMIT)?)
}

fn check(record: &Record, bad: &Bad, topic: &str) -> anyhow::Result<()> {
    ensure!(record.key.as_deref() == bad.key.as_deref().map(str::as_bytes), "another key");
    ensure!(record.value == bad.value, "another value");
    let own = ("own".to_owned(), Some(bad.reason.as_bytes().to_vec()));
    ensure!(record.headers[..2] == [own, ("null".to_owned(), None)], "{:?}", record.headers);
    ensure!(record.headers.len() == 2 + HEADERS.len(), "{:?}", record.headers);
    let header = |name: &str| {
        record
            .header(&format!("__connect.errors.{name}"))
            .filter(|text| !text.is_empty())
            .with_context(|| format!("the header {name} is missing"))
    };
    for name in HEADERS {
        header(name)?;
    }
    let reason = format!("pulse.{}", bad.reason);
    for (name, expected) in [
        ("topic", topic),
        ("partition", &PLACE.to_string()),
        ("task.id", "only-0"),
        ("class.name", Topic::Usage.name()),
        ("exception.class.name", &reason),
    ] {
        let found = header(name)?;
        ensure!(found == expected, "{name} is {found}, not {expected}");
    }
    Ok(())
}
