//! The service's settings and their defaults: brokers, topic names, limits, addresses.
//!
//! What the service believes about customers (weights, rules, playbooks) is the model file and
//! does not belong here: see `engine/model/`. Reading the layers is `layers.rs`, judging the whole
//! is `check.rs`; `config/pulse.yaml` is the commented reference of every key.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use crate::engine::output::OutputTopic;
use http::Http;
use value::{Properties, Secret, duration};

pub mod check;
pub mod http;
pub mod layers;
pub mod value;
mod yaml;

/// Every setting. Made by [`layers::load`]; `Debug` and `Display` never show a secret.
#[derive(Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Name of this process among its peers; a second process of this name ends the first.
    pub instance: String,
    /// Worker threads, each with its own partitions. Default: one per core.
    pub workers: u32,
    /// How the producers of the input topics place a key.
    pub partitioner: Partitioner,
    /// The model file; without one the model that is built in.
    pub model: Option<PathBuf>,
    /// The brokers and what librdkafka is told besides.
    pub kafka: Kafka,
    /// Names and shape of the topics.
    pub topics: Topics,
    /// What one worker takes in before it commits.
    pub step: Step,
    /// What one partition may hold back to take records in broker-time order.
    pub hold: Hold,
    /// What partitions say to each other.
    pub fleet: Fleet,
    /// The address of probes and Prometheus.
    pub ops: Ops,
    /// The address of pages and API.
    pub http: Http,
    /// The wall clock.
    pub clock: Clock,
    /// Keeping people unknown.
    pub privacy: Privacy,
    /// What is logged.
    pub log: Log,
    /// How the process ends.
    pub shutdown: Shutdown,
}

/// How producers derive a partition from a key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Partitioner {
    /// Java's default.
    #[default]
    Murmur2,
    /// The default of librdkafka and so of Python, Go and C#.
    Crc32,
    /// Keys may lie anywhere; an account whose records lie on two partitions is seen as two.
    Unchecked,
}

/// `kafka.*`
#[derive(Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Kafka {
    /// First brokers to ask, `host:port` separated by commas.
    pub bootstrap: String,
    /// The consumer group; also the prefix of the transactional ids.
    pub group: String,
    /// librdkafka properties of every client.
    pub properties: Properties,
    /// librdkafka properties of every consumer.
    pub consumer: Properties,
    /// librdkafka properties of every producer.
    pub producer: Properties,
}

/// `topics.*`: the eight inputs, the outputs, the private ones, and how `topics apply` makes them.
#[derive(Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs)] // each field is the topic that `contract.md` describes under this name
pub struct Topics {
    pub accounts: String,
    pub product_usage: String,
    pub support_tickets: String,
    pub nps_responses: String,
    pub relationship: String,
    pub outcomes: String,
    pub commercial: String,
    pub commands: String,
    pub account_health: String,
    pub account_work: String,
    pub alerts: String,
    pub playbooks: String,
    pub opportunities: String,
    pub deliverables: String,
    pub insights: String,
    pub dead_letters: String,
    pub pulse_changelog: String,
    pub pulse_fleet: String,
    pub pulse_model: String,
    /// Partitions of topics that are made when no input topic exists yet.
    pub partitions: u32,
    /// Replicas of topics that are made. Default: three, or as many as there are brokers.
    pub replication: Option<u32>,
}

/// `step.*`: a step ends at the first of these.
#[derive(Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Step {
    /// Records.
    pub records_max: usize,
    /// Bytes of record values.
    pub bytes_max: usize,
    /// Time since the step began.
    #[serde(with = "duration")]
    pub interval: Duration,
}

/// `hold.*`: beyond these, broker-time order is best effort.
#[derive(Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Hold {
    /// Records held back per partition number.
    pub records_max: usize,
    /// Bytes held back per partition number.
    pub bytes_max: usize,
}

/// `fleet.*`
#[derive(Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Fleet {
    /// How often a partition speaks of itself, and hears of the others, at most.
    #[serde(with = "duration")]
    pub interval: Duration,
}

/// `ops.*`
#[derive(Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Ops {
    /// Address and port; port 0 takes a free one.
    pub listen: SocketAddr,
}

/// `clock.*`
#[derive(Clone, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Clock {
    /// Added to the wall clock, may be negative. For tests only.
    #[serde(with = "duration")]
    pub offset: SignedDuration,
}

/// `privacy.*`
#[derive(Clone, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Privacy {
    /// What user and respondent ids are hashed with: see [`Privacy::key`].
    pub hash_key: Option<Secret>,
    /// A file that holds `hash_key`.
    pub hash_key_file: Option<PathBuf>,
}

/// `log.*`
#[derive(Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// Lines for people or for machines.
    pub format: LogFormat,
    /// Directives of `tracing`, such as `info,customer_pulse::kafka=debug`.
    pub filter: String,
}

/// How a log line looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One readable line.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// `shutdown.*`
#[derive(Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Shutdown {
    /// From the first signal to the end of the process, whatever hangs.
    #[serde(with = "duration")]
    pub limit: Duration,
}

impl Topics {
    /// The names of the input topics, in the order of `engine::event::Topic::ALL`.
    pub fn inputs(&self) -> [&str; 8] {
        [
            &self.accounts,
            &self.product_usage,
            &self.support_tickets,
            &self.nps_responses,
            &self.relationship,
            &self.outcomes,
            &self.commercial,
            &self.commands,
        ]
    }
}

impl Topics {
    /// The name of an output topic.
    pub fn output(&self, topic: OutputTopic) -> &str {
        match topic {
            OutputTopic::AccountHealth => &self.account_health,
            OutputTopic::AccountWork => &self.account_work,
            OutputTopic::Alerts => &self.alerts,
            OutputTopic::Playbooks => &self.playbooks,
            OutputTopic::Opportunities => &self.opportunities,
            OutputTopic::Deliverables => &self.deliverables,
            OutputTopic::Insights => &self.insights,
            OutputTopic::DeadLetters => &self.dead_letters,
        }
    }
}

impl Privacy {
    /// The key of the id hashes: 32 hex digits as they are, any other text hashed to 16 bytes,
    /// and a fixed, published key where none is set ([`Privacy::is_default`]).
    pub fn key(&self) -> [u8; 16] {
        self.hash_key.as_ref().map_or(*b"pulse: no secret", Secret::key)
    }

    /// Whether ids are hashed with the published key, so that anyone could try ids against them.
    pub fn is_default(&self) -> bool {
        self.hash_key.is_none()
    }
}

impl fmt::Display for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            instance: value::hostname(),
            workers: value::cores(),
            partitioner: Partitioner::default(),
            model: None,
            kafka: Kafka::default(),
            topics: Topics::default(),
            step: Step::default(),
            hold: Hold::default(),
            fleet: Fleet::default(),
            ops: Ops::default(),
            http: Http::default(),
            clock: Clock::default(),
            privacy: Privacy::default(),
            log: Log::default(),
            shutdown: Shutdown::default(),
        }
    }
}

impl Default for Kafka {
    fn default() -> Self {
        Self {
            bootstrap: "127.0.0.1:9092".into(),
            group: "pulse".into(),
            properties: Properties::default(),
            consumer: Properties::default(),
            producer: Properties::default(),
        }
    }
}

impl Default for Topics {
    fn default() -> Self {
        let name = |name: &str| format!("cs.{name}");
        Self {
            accounts: name("accounts"),
            product_usage: name("product-usage"),
            support_tickets: name("support-tickets"),
            nps_responses: name("nps-responses"),
            relationship: name("relationship"),
            outcomes: name("outcomes"),
            commercial: name("commercial"),
            commands: name("commands"),
            account_health: name("account-health"),
            account_work: name("account-work"),
            alerts: name("alerts"),
            playbooks: name("playbooks"),
            opportunities: name("opportunities"),
            deliverables: name("deliverables"),
            insights: name("insights"),
            dead_letters: name("dead-letters"),
            pulse_changelog: name("pulse-changelog"),
            pulse_fleet: name("pulse-fleet"),
            pulse_model: name("pulse-model"),
            partitions: 6,
            replication: None,
        }
    }
}

impl Default for Step {
    fn default() -> Self {
        Self { records_max: 2_000, bytes_max: 4_000_000, interval: Duration::from_millis(200) }
    }
}

impl Default for Hold {
    fn default() -> Self {
        Self { records_max: 10_000, bytes_max: 8_000_000 }
    }
}

impl Default for Fleet {
    fn default() -> Self {
        Self { interval: Duration::from_secs(60) }
    }
}

impl Default for Ops {
    fn default() -> Self {
        Self { listen: SocketAddr::from(([127, 0, 0, 1], 9404)) }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self { format: LogFormat::default(), filter: "info".into() }
    }
}

impl Default for Shutdown {
    fn default() -> Self {
        Self { limit: Duration::from_secs(25) }
    }
}
