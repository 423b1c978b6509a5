//! Whether the settings make sense together; finds all that is wrong, not the first.
//!
//! Whether the brokers agree with them is asked in `kafka/topics.rs`.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::http::HeaderName;
use tracing_subscriber::EnvFilter;

use super::http::Http;
use super::value::Secret;
use super::{Config, Privacy, Topics};

/// librdkafka properties that the exactly-once contract fixes, and what to do instead.
const OWNED: [(&str, &str); 25] = [
    ("bootstrap.servers", "set `kafka.bootstrap`"),
    ("metadata.broker.list", "set `kafka.bootstrap`"),
    ("client.id", "it is made from `instance`"),
    ("group.id", "set `kafka.group`"),
    ("group.instance.id", "it is made from `instance` and the worker's number"),
    ("group.protocol", "the classic protocol is the one that works in this librdkafka"),
    ("group.remote.assignor", "the classic protocol is the one that works in this librdkafka"),
    ("partition.assignment.strategy", "`range` keeps equal partition numbers together"),
    ("transactional.id", "it is made from `kafka.group`, `instance` and the worker's number"),
    ("enable.idempotence", "transactions need it"),
    ("acks", "transactions need all replicas"),
    ("request.required.acks", "transactions need all replicas"),
    ("enable.gapless.guarantee", "transactions give more than that"),
    ("partitioner", "every record is written to an explicit partition; see `partitioner`"),
    ("isolation.level", "aborted records must never be read"),
    ("enable.auto.commit", "offsets are committed in the transaction of their outputs"),
    ("auto.commit.enable", "offsets are committed in the transaction of their outputs"),
    ("auto.commit.interval.ms", "offsets are committed in the transaction of their outputs"),
    ("enable.auto.offset.store", "offsets are committed in the transaction of their outputs"),
    ("auto.offset.reset", "a lost position must stop the partition, not move it silently"),
    ("enable.partition.eof", "it is no reliable sign of the end and is not used"),
    ("statistics.interval.ms", "the partition's clock needs them each second"),
    ("allow.auto.create.topics", "`pulse topics apply` makes the topics as they must be"),
    ("message.max.bytes", "it must fit the topics that `pulse topics apply` makes"),
    ("opaque", "it is librdkafka's own"),
];

/// Why a librdkafka property cannot be set here; nothing if it can.
pub fn owned(property: &str) -> Option<String> {
    let topic_level = property.strip_prefix("topic.").unwrap_or(property);
    OWNED
        .iter()
        .find(|(name, _)| *name == topic_level)
        .map(|(name, reason)| format!("`{name}` is set by pulse and cannot be changed: {reason}"))
}

/// Finds all that is wrong, by key; reads the files that hold secrets.
pub fn problems(config: &mut Config) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    if !is_name(&config.instance, 64) {
        let rule = "must be 1 to 64 of the characters A-Z a-z 0-9 . _ -";
        found.push(("instance", format!("is `{}` and {rule}", config.instance)));
    }
    if !is_name(&config.kafka.group, 200) {
        found.push(("kafka.group", "must be 1 to 200 of the characters A-Z a-z 0-9 . _ -".into()));
    }
    if let Some(broker) = config.kafka.bootstrap.split(',').find(|broker| !is_broker(broker)) {
        let reason = format!("holds `{broker}`; expected host:port, separated by commas");
        found.push(("kafka.bootstrap", reason));
    }
    check_ranges(config, &mut found);
    check_topics(&config.topics, &mut found);
    if config.ops.listen == config.http.listen && config.ops.listen.port() != 0 {
        found.push(("ops.listen", "and `http.listen` are the same address".into()));
    }
    check_http(&config.http, &mut found);
    if let Err(error) = EnvFilter::builder().parse(&config.log.filter) {
        found.push(("log.filter", format!("cannot be read: {error}")));
    }
    found
        .extend(load_hash_key(&mut config.privacy).map(|reason| ("privacy.hash_key_file", reason)));
    if config.privacy.hash_key.as_ref().is_some_and(Secret::is_empty) {
        found.push(("privacy.hash_key", "is empty".into()));
    }
    found
}

fn check_ranges(config: &Config, found: &mut Vec<(&'static str, String)>) {
    let mut number = |key, value: u64, min: u64, max: u64| {
        if !(min..=max).contains(&value) {
            found.push((key, format!("is {value} and must lie between {min} and {max}")));
        }
    };
    number("workers", config.workers.into(), 1, 256);
    number("topics.partitions", config.topics.partitions.into(), 1, 10_000);
    number("topics.replication", config.topics.replication.unwrap_or(1).into(), 1, 15);
    number("http.rate_per_sec", config.http.rate_per_sec.into(), 1, 100_000);
    number("http.body_bytes_max", config.http.body_bytes_max as u64, 1_024, 16_000_000);
    number("http.followers_max", config.http.followers_max as u64, 1, 100_000);
    number("step.records_max", config.step.records_max as u64, 1, 100_000);
    number("step.bytes_max", config.step.bytes_max as u64, 1_000, 64_000_000);
    number("hold.records_max", config.hold.records_max as u64, 1, 10_000_000);
    number("hold.bytes_max", config.hold.bytes_max as u64, 1_000, 1_000_000_000);
    let mut span = |key, value: Duration, min: Duration, max: Duration| {
        if !(min..=max).contains(&value) {
            found.push((key, format!("is {value:?} and must lie between {min:?} and {max:?}")));
        }
    };
    let secs = Duration::from_secs;
    span("step.interval", config.step.interval, Duration::from_millis(1), secs(5));
    span("fleet.interval", config.fleet.interval, Duration::from_millis(100), secs(3600));
    span("http.limit", config.http.limit, Duration::from_millis(100), secs(300));
    span("http.session.idle", config.http.session.idle, secs(60), secs(30 * 86_400));
    span("http.session.limit", config.http.session.limit, secs(60), secs(90 * 86_400));
    span("shutdown.limit", config.shutdown.limit, secs(1), secs(600));
    let offset = config.clock.offset.unsigned_abs();
    span("clock.offset", offset, Duration::ZERO, secs(20 * 365 * 86_400));
}

fn check_http(http: &Http, found: &mut Vec<(&'static str, String)>) {
    if let Err(part) = http.proxy.networks() {
        let reason = format!("holds `{part}`; expected networks such as 10.0.0.0/8, and not all");
        found.push(("http.proxy.networks", reason));
    }
    let user_header = http.proxy.user_header.as_ref();
    if user_header.is_some_and(|name| HeaderName::from_bytes(name.as_bytes()).is_err()) {
        found.push(("http.proxy.user_header", "is not the name of a header".into()));
    }
    if !http.listen.ip().is_loopback() && !http.has_access_rules() {
        let reason = "is not a loopback address and nobody would be asked who they are: \
                      set `http.keys_file` (`pulse key` makes keys), or `http.proxy.networks` and \
                      `http.proxy.user_header`";
        found.push(("http.listen", reason.into()));
    }
}

fn check_topics(topics: &Topics, found: &mut Vec<(&'static str, String)>) {
    let mut seen = BTreeMap::new();
    for (key, name) in named(topics) {
        if !is_name(name, 249) || name == "." || name == ".." {
            let rule = "must be 1 to 249 of the characters A-Z a-z 0-9 . _ -";
            found.push((key, format!("is `{name}` and {rule}")));
        }
        if let Some(other) = seen.insert(name, key) {
            found.push((key, format!("is `{name}`, as `{other}` is; each needs its own topic")));
        }
    }
}

/// Every topic name with its key.
fn named(topics: &Topics) -> [(&'static str, &str); 19] {
    [
        ("topics.accounts", &topics.accounts),
        ("topics.product_usage", &topics.product_usage),
        ("topics.support_tickets", &topics.support_tickets),
        ("topics.nps_responses", &topics.nps_responses),
        ("topics.relationship", &topics.relationship),
        ("topics.outcomes", &topics.outcomes),
        ("topics.commercial", &topics.commercial),
        ("topics.commands", &topics.commands),
        ("topics.account_health", &topics.account_health),
        ("topics.account_work", &topics.account_work),
        ("topics.alerts", &topics.alerts),
        ("topics.playbooks", &topics.playbooks),
        ("topics.opportunities", &topics.opportunities),
        ("topics.deliverables", &topics.deliverables),
        ("topics.insights", &topics.insights),
        ("topics.dead_letters", &topics.dead_letters),
        ("topics.pulse_changelog", &topics.pulse_changelog),
        ("topics.pulse_fleet", &topics.pulse_fleet),
        ("topics.pulse_model", &topics.pulse_model),
    ]
}

fn load_hash_key(privacy: &mut Privacy) -> Option<String> {
    let path = privacy.hash_key_file.as_ref()?;
    if privacy.hash_key.is_some() {
        return Some("and `privacy.hash_key` are both set; keep one".into());
    }
    match std::fs::read_to_string(path) {
        Ok(text) => {
            privacy.hash_key = Some(Secret::new(&text));
            None
        }
        Err(error) => Some(format!("names {}, which cannot be read: {error}", path.display())),
    }
}

fn is_name(text: &str, len_max: usize) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    (1..=len_max).contains(&text.len()) && text.bytes().all(allowed)
}

fn is_broker(text: &str) -> bool {
    let text = text.trim();
    let address = text.split_once("://").map_or(text, |(_, address)| address);
    let Some((host, port)) = address.rsplit_once(':') else { return false };
    !host.is_empty() && !host.contains(char::is_whitespace) && port.parse::<u16>().is_ok()
}
