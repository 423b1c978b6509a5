//! A look at the cluster: its brokers, its topics and those of their settings that matter here.
//!
//! What there should be, and what is wrong with what there is, is judged in `topics.rs`.

use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::time::Duration;

use rdkafka::admin::{AdminClient, AdminOptions, ResourceSpecifier};
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::KafkaError;

use super::client;
use crate::config::Config;

/// How long a broker may take to answer before it counts as missing.
pub const ANSWER_WAIT: Duration = Duration::from_secs(5);

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Cluster {
    /// Brokers that are up.
    pub brokers: u32,
    /// The topics that this client may see, by name.
    pub topics: BTreeMap<String, Found>,
}

/// One topic that is there.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// Partitions.
    pub partitions: u32,
    /// Settings by name; none when this client may not read them.
    pub settings: BTreeMap<String, String>,
}

/// No answer, or a refusal; the text names the address, the reason and the remedy.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// No broker answered in time.
    #[error(
        "no broker answers at {bootstrap}{}; start one (deploy/kafka/kafka start), \
         or name it with --bootstrap, PULSE_KAFKA__BOOTSTRAP or kafka.bootstrap",
        reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default()
    )]
    Unreachable {
        /// The addresses that were tried.
        bootstrap: String,
        /// What the first of them said, if it did.
        reason: Option<String>,
    },
    /// The client could not be made, or the answer was an error.
    #[error("{what} failed: {source}")]
    Kafka {
        /// What was asked for.
        what: &'static str,
        /// What came back.
        source: KafkaError,
    },
}

/// Keeps the first reason why a broker could not be reached; silent otherwise, as the caller tells.
#[derive(Default)]
pub(super) struct FirstFailure(OnceLock<String>);

/// A client that asks for and makes topics.
pub(super) type Admin = AdminClient<FirstFailure>;

/// Looks at the cluster. With `topics`, reads the settings of those that exist among them.
///
/// Blocks for up to [`ANSWER_WAIT`]; must not be called on a thread of an async runtime.
pub fn look(config: &Config, topics: &[&str]) -> Result<Cluster, ClusterError> {
    let admin = connect(config)?;
    look_with(&admin, config, topics)
}

pub(super) fn connect(config: &Config) -> Result<Admin, ClusterError> {
    client::admin(config)
        .create_with_context(FirstFailure::default())
        .map_err(|source| ClusterError::Kafka { what: "making the Kafka client", source })
}

pub(super) fn look_with(
    admin: &Admin,
    config: &Config,
    topics: &[&str],
) -> Result<Cluster, ClusterError> {
    let client = admin.inner();
    let metadata = client.fetch_metadata(None, ANSWER_WAIT).map_err(|_| {
        let bootstrap = config.kafka.bootstrap.clone();
        ClusterError::Unreachable { bootstrap, reason: client.context().0.get().cloned() }
    })?;
    let mut cluster = Cluster {
        brokers: u32::try_from(metadata.brokers().len()).unwrap_or(u32::MAX),
        topics: BTreeMap::new(),
    };
    for topic in metadata.topics().iter().filter(|topic| topic.error().is_none()) {
        let partitions = u32::try_from(topic.partitions().len()).unwrap_or(u32::MAX);
        let found = Found { partitions, settings: BTreeMap::new() };
        cluster.topics.insert(topic.name().to_owned(), found);
    }
    let present: Vec<_> = topics
        .iter()
        .filter(|name| cluster.topics.contains_key(**name))
        .map(|name| ResourceSpecifier::Topic(name))
        .collect();
    if !present.is_empty() {
        read_settings(admin, &present, &mut cluster)?;
    }
    Ok(cluster)
}

fn read_settings(
    admin: &Admin,
    topics: &[ResourceSpecifier<'_>],
    cluster: &mut Cluster,
) -> Result<(), ClusterError> {
    let asked = block_on(admin.describe_configs(topics, &options()));
    let failed = |source| ClusterError::Kafka { what: "reading the topics' settings", source };
    for resource in asked.map_err(failed)? {
        // A client without DescribeConfigs gets an error per topic: it simply does not know them.
        let Ok(resource) = resource else { continue };
        let rdkafka::admin::OwnedResourceSpecifier::Topic(name) = resource.specifier else {
            continue;
        };
        if let Some(found) = cluster.topics.get_mut(&name) {
            let known = |entry: rdkafka::admin::ConfigEntry| Some((entry.name, entry.value?));
            found.settings = resource.entries.into_iter().filter_map(known).collect();
        }
    }
    Ok(())
}

pub(super) fn options() -> AdminOptions {
    AdminOptions::new()
        .request_timeout(Some(Duration::from_secs(10)))
        .operation_timeout(Some(Duration::from_secs(10)))
}

/// Waits for an answer of the admin client, whose own thread brings it.
pub(super) fn block_on<T>(answer: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime without drivers needs nothing of the system")
        .block_on(answer)
}

impl ClientContext for FirstFailure {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        if facility == "FAIL" {
            let reason = message.split_once("]: ").map_or(message, |(_thread, reason)| reason);
            self.0.get_or_init(|| reason.to_owned());
        } else {
            client::log(level, facility, message);
        }
    }

    fn error(&self, _error: KafkaError, _reason: &str) {}
}
