//! How each librdkafka client is set up, and what it logs.
//!
//! Values come from `architecture.md` §4.6 and the traps of §4.7; what the operator adds under
//! `kafka.*` goes on top, except for the properties that `config/check.rs` refuses. What the
//! clients are used for stands in `membership.rs`, `worker.rs`, `restore.rs` and `topics.rs`.

use rdkafka::client::ClientContext;
use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use rdkafka::consumer::{BaseConsumer, ConsumerContext};
use rdkafka::error::KafkaError;
use rdkafka::producer::BaseProducer;

use super::first_failure::FirstFailure;
use crate::config::Config;
use crate::config::value::Properties;

/// Largest record that a producer sends, in bytes with its headers. Topics other than the dead
/// letters take 1 MiB; a dead letter carries a whole record of another topic and ten headers.
pub const RECORD_BYTES_MAX: usize = 2_000_000;

/// Properties of every client.
const ALL: [(&str, &str); 9] = [
    ("allow.auto.create.topics", "false"),
    ("enable.metrics.push", "false"), // pushes usage figures of ours to the cluster's owner
    ("log.connection.close", "false"), // brokers close idle connections: no news
    ("message.max.bytes", "2000000"),
    ("reconnect.backoff.max.ms", "5000"),
    ("socket.connection.setup.timeout.ms", "10000"),
    ("socket.keepalive.enable", "true"),
    ("socket.timeout.ms", "10000"),
    ("topic.metadata.refresh.interval.ms", "60000"),
];

/// Properties of every consumer.
const CONSUMER: [(&str, &str); 7] = [
    ("auto.offset.reset", "error"),
    ("check.crcs", "true"),
    ("enable.auto.commit", "false"),
    ("enable.auto.offset.store", "false"),
    ("enable.partition.eof", "false"),
    ("group.protocol", "classic"),
    ("isolation.level", "read_committed"),
];

/// It fetches nothing, so its buffers are as small as they can be.
const MEMBERSHIP: [(&str, &str); 7] = [
    ("fetch.message.max.bytes", "1024"),
    ("heartbeat.interval.ms", "1000"),
    ("max.poll.interval.ms", "120000"),
    ("partition.assignment.strategy", "range"),
    ("queued.max.messages.kbytes", "64"),
    ("queued.min.messages", "1"),
    ("session.timeout.ms", "15000"),
];

/// Latency below a step's 200 ms, memory bounded: the queue is one of a worker, not of a partition.
const READER: [(&str, &str); 8] = [
    ("fetch.error.backoff.ms", "100"),
    ("fetch.max.bytes", "8388608"),
    ("fetch.message.max.bytes", "1048576"),
    ("fetch.queue.backoff.ms", "10"), // a full queue would otherwise stall fetching for 1 s
    ("fetch.wait.max.ms", "50"),
    ("queued.max.messages.kbytes", "16384"),
    ("queued.min.messages", "10000"),
    ("statistics.interval.ms", "1000"), // `next_offset` and `hi_offset` move the partition's clock
];

/// Reads whole topics fast; nobody waits for its single records.
const RESTORER: [(&str, &str); 7] = [
    ("fetch.max.bytes", "16777216"),
    ("fetch.message.max.bytes", "4194304"),
    ("fetch.queue.backoff.ms", "10"),
    ("fetch.wait.max.ms", "50"),
    ("queued.max.messages.kbytes", "65536"),
    ("queued.min.messages", "100000"),
    ("statistics.interval.ms", "500"), // where the end is
];

/// Properties of every producer.
const PRODUCER: [(&str, &str); 6] = [
    ("acks", "all"),
    ("batch.size", "1000000"), // below the 1 MiB that topics take
    ("compression.type", "lz4"),
    ("enable.idempotence", "true"),
    ("linger.ms", "5"),
    ("queue.buffering.max.kbytes", "131072"),
];

/// message ≤ transaction, or a late record could outlive its transaction; a request's answer is
/// awaited for less than either.
const TRANSACTIONAL: [(&str, &str); 4] = [
    ("message.timeout.ms", "8000"),
    ("request.timeout.ms", "5000"),
    ("socket.timeout.ms", "8000"),
    ("transaction.timeout.ms", "10000"),
];

/// Sends what librdkafka says to `tracing`; keeps nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Logged;

/// The group member of a worker, which fetches nothing.
pub fn membership(config: &Config, worker: u32) -> ClientConfig {
    let mut client = consumer(config, &format!("{worker}-membership"), &MEMBERSHIP);
    client.set("group.id", &config.kafka.group);
    client.set("group.instance.id", format!("{}-{worker}", config.instance));
    client
}

/// The assign-only consumer of a worker; it is given explicit offsets.
pub fn reader(config: &Config, worker: u32) -> ClientConfig {
    unjoined(config, consumer(config, &format!("{worker}-reader"), &READER))
}

/// The assign-only consumer with which a worker restores partitions.
pub fn restorer(config: &Config, worker: u32) -> ClientConfig {
    unjoined(config, consumer(config, &format!("{worker}-restorer"), &RESTORER))
}

/// The assign-only consumer of topics that each process reads as a whole, for `what`.
pub fn whole_reader(config: &Config, what: &str) -> ClientConfig {
    unjoined(config, consumer(config, what, &RESTORER))
}

/// The transactional producer of a worker.
pub fn producer(config: &Config, worker: u32) -> ClientConfig {
    let id = transactional_id(config, &worker.to_string());
    transactional(config, &format!("{worker}-producer"), &id)
}

/// The transactional producer of models: one in the group, as each fences the one before.
pub fn model_producer(config: &Config) -> ClientConfig {
    transactional(config, "model-producer", &format!("{}-model", config.kafka.group))
}

fn transactional(config: &Config, name: &str, id: &str) -> ClientConfig {
    let mut client = publisher(config, name);
    for (name, value) in TRANSACTIONAL {
        client.set(name, value);
    }
    pass(&mut client, &config.kafka.properties);
    pass(&mut client, &config.kafka.producer);
    client.set("transactional.id", id);
    client
}

/// A producer without transactions, for events of our own: commands by HTTP, generated worlds.
pub fn publisher(config: &Config, name: &str) -> ClientConfig {
    let mut client = base(config, name);
    for (name, value) in PRODUCER {
        client.set(name, value);
    }
    pass(&mut client, &config.kafka.producer);
    client
}

/// A consumer that looks at the cluster: what there is, up to where, and what lies in it. It sees
/// records of open transactions too, so that the end it is told is the true one.
pub fn probe(config: &Config) -> ClientConfig {
    let mut client = consumer(config, "probe", &RESTORER);
    client.set("isolation.level", "read_uncommitted");
    unjoined(config, client)
}

/// The client that asks for and makes topics.
pub fn admin(config: &Config) -> ClientConfig {
    base(config, "admin")
}

/// The transactional id of a worker, or of another `part` of this process.
pub fn transactional_id(config: &Config, part: &str) -> String {
    format!("{}-{}-{part}", config.kafka.group, config.instance)
}

/// Makes a client of every kind without joining or sending anything: finds properties and values
/// that librdkafka refuses, by themselves or together.
pub fn problems(config: &Config) -> Vec<String> {
    let made = |client: ClientConfig| {
        let context = FirstFailure::default();
        client.create_with_context::<_, BaseConsumer<FirstFailure>>(context).err()
    };
    let kinds = [
        ("kafka.properties", admin(config).create_native_config().err()),
        ("kafka.consumer", made(membership(config, 0))),
        ("kafka.consumer", made(reader(config, 0))),
        ("kafka.producer", producer(config, 0).create::<BaseProducer>().err()),
    ];
    let mut found = Vec::<(&str, String)>::new();
    for (section, error) in kinds {
        let reason = match error {
            None => continue,
            Some(KafkaError::ClientConfig(_, reason, name, _)) => format!("`{name}`: {reason}"),
            Some(KafkaError::ClientCreation(reason)) => reason,
            Some(error) => error.to_string(),
        };
        // A property of all clients is refused by each of them; once is enough.
        if !found.iter().any(|(_, other)| *other == reason) {
            found.push((section, reason));
        }
    }
    found.into_iter().map(|(section, reason)| format!("{section}: {reason}")).collect()
}

/// One line of librdkafka's log, for contexts of one's own.
pub fn log(level: RDKafkaLogLevel, facility: &str, message: &str) {
    match level {
        RDKafkaLogLevel::Emerg
        | RDKafkaLogLevel::Alert
        | RDKafkaLogLevel::Critical
        | RDKafkaLogLevel::Error => tracing::error!(target: "librdkafka", facility, "{message}"),
        RDKafkaLogLevel::Warning => tracing::warn!(target: "librdkafka", facility, "{message}"),
        RDKafkaLogLevel::Notice | RDKafkaLogLevel::Info => {
            tracing::info!(target: "librdkafka", facility, "{message}");
        }
        RDKafkaLogLevel::Debug => tracing::debug!(target: "librdkafka", facility, "{message}"),
    }
}

fn consumer(config: &Config, name: &str, kind: &[(&str, &str)]) -> ClientConfig {
    let mut client = base(config, name);
    for (name, value) in CONSUMER.iter().chain(kind) {
        client.set(*name, *value);
    }
    pass(&mut client, &config.kafka.properties);
    pass(&mut client, &config.kafka.consumer);
    client
}

/// librdkafka wants a group id even of consumers that never join: one that nobody commits to.
fn unjoined(config: &Config, mut client: ClientConfig) -> ClientConfig {
    client.set("group.id", format!("{}-unjoined", config.kafka.group));
    client
}

fn base(config: &Config, name: &str) -> ClientConfig {
    let mut client = ClientConfig::new();
    for (name, value) in ALL {
        client.set(name, value);
    }
    pass(&mut client, &config.kafka.properties);
    client.set("bootstrap.servers", &config.kafka.bootstrap);
    client.set("client.id", format!("{}-{name}", config.instance));
    client.set_log_level(RDKafkaLogLevel::Info);
    client
}

fn pass(client: &mut ClientConfig, properties: &Properties) {
    for (name, value) in properties.iter() {
        client.set(name, value);
    }
}

impl ClientContext for Logged {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::warn!(target: "librdkafka", %error, "{reason}");
    }
}

impl ConsumerContext for Logged {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::layers::{Sources, load};

    fn config(env: &[(&str, &str)]) -> Config {
        let owned = |text: &str| text.to_owned();
        let env = env.iter().map(|(name, text)| (owned(name), owned(text))).collect();
        let flags = vec![("--instance".into(), "instance".into(), "host-1".into())];
        load(&Sources { env, flags, ..Sources::default() }).unwrap()
    }

    fn check(client: &ClientConfig, expected: &[(&str, &str)]) {
        for (name, value) in expected {
            assert_eq!(client.get(name), Some(*value), "{name}");
        }
    }

    #[test]
    fn members_are_static_and_fetch_nothing() {
        let client = membership(&config(&[]), 3);
        check(
            &client,
            &[
                ("group.id", "pulse"),
                ("group.instance.id", "host-1-3"),
                ("client.id", "host-1-3-membership"),
                ("partition.assignment.strategy", "range"),
                ("group.protocol", "classic"),
                ("isolation.level", "read_committed"),
                ("session.timeout.ms", "15000"),
                ("heartbeat.interval.ms", "1000"),
                ("max.poll.interval.ms", "120000"),
                ("queued.min.messages", "1"),
            ],
        );
    }

    #[test]
    fn readers_neither_join_nor_commit_nor_jump() {
        for client in [reader(&config(&[]), 0), restorer(&config(&[]), 0)] {
            check(
                &client,
                &[
                    ("group.id", "pulse-unjoined"),
                    ("auto.offset.reset", "error"),
                    ("enable.auto.commit", "false"),
                    ("enable.auto.offset.store", "false"),
                    ("isolation.level", "read_committed"),
                ],
            );
            assert_eq!(client.get("group.instance.id"), None);
        }
        check(&reader(&config(&[]), 0), &[("statistics.interval.ms", "1000")]);
        check(&probe(&config(&[])), &[("isolation.level", "read_uncommitted")]);
    }

    #[test]
    fn producers_are_named_so_that_a_restart_fences_its_predecessor() {
        let client = producer(&config(&[]), 1);
        check(
            &client,
            &[
                ("transactional.id", "pulse-host-1-1"),
                ("transaction.timeout.ms", "10000"),
                ("message.timeout.ms", "8000"),
                ("acks", "all"),
            ],
        );
        assert_eq!(publisher(&config(&[]), "http").get("transactional.id"), None);
    }

    #[test]
    fn what_the_operator_says_goes_on_top_of_its_own_kind() {
        let config = config(&[
            ("PULSE_KAFKA__PROPERTIES__SOCKET_TIMEOUT_MS", "7000"),
            ("PULSE_KAFKA__CONSUMER__MAX_POLL_INTERVAL_MS", "90000"),
            ("PULSE_KAFKA__PRODUCER__COMPRESSION_TYPE", "zstd"),
            ("PULSE_KAFKA__PRODUCER__MESSAGE_TIMEOUT_MS", "6000"),
        ]);
        let expected = [("max.poll.interval.ms", "90000"), ("socket.timeout.ms", "7000")];
        check(&membership(&config, 0), &expected);
        let producer = producer(&config, 0);
        let expected = [("compression.type", "zstd"), ("message.timeout.ms", "6000")];
        check(&producer, &expected);
        check(&producer, &[("socket.timeout.ms", "7000")]);
        assert_eq!(producer.get("max.poll.interval.ms"), None);
    }

    #[test]
    fn librdkafka_takes_each_kind_and_names_what_it_refuses() {
        assert_eq!(problems(&config(&[])), [""; 0]);
        for (name, value, expected) in [
            ("PULSE_KAFKA__CONSUMER__FETCH_MIN_BITES", "1", "kafka.consumer: `fetch.min.bites`"),
            ("PULSE_KAFKA__PROPERTIES__SOCKET_TIMEOUT_MS", "x", "kafka.properties: `socket.tim"),
            ("PULSE_KAFKA__PRODUCER__TRANSACTION_TIMEOUT_MS", "5000", "kafka.producer: "),
            ("PULSE_KAFKA__CONSUMER__SESSION_TIMEOUT_MS", "200000", "kafka.consumer: "),
        ] {
            let problems = problems(&config(&[(name, value)]));
            assert_eq!(problems.len(), 1, "{name}: {problems:?}");
            assert!(problems[0].starts_with(expected), "{problems:?}");
        }
    }
}
