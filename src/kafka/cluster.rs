//! A look at the cluster: its brokers, its topics and those of their settings that matter here.
//!
//! What there should be, and what is wrong with what there is, is judged in `topics.rs`.

use std::collections::BTreeMap;
use std::time::Duration;

use rdkafka::admin::{
    AdminClient, AdminOptions, ConfigEntry, NewTopic, OwnedResourceSpecifier, ResourceSpecifier,
};
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaErrorCode;

use super::client;
use super::first_failure::FirstFailure;
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
    /// Whether each of them has a leader; right after it is made, a topic has not.
    pub led: bool,
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

/// A connection to the cluster.
pub(super) struct Connection {
    bootstrap: String,
    probe: BaseConsumer<FirstFailure>,
    admin: AdminClient<FirstFailure>,
}

/// Looks at the cluster, and at the settings of those of `topics` that exist.
///
/// Blocks for up to [`ANSWER_WAIT`]; must not be called on a thread of an async runtime.
pub fn look(config: &Config, topics: &[&str]) -> Result<Cluster, ClusterError> {
    Connection::open(config)?.look(topics)
}

impl Connection {
    pub(super) fn open(config: &Config) -> Result<Self, ClusterError> {
        let failed = |source| ClusterError::Kafka { what: "making the Kafka client", source };
        let probe = client::probe(config).create_with_context(FirstFailure::default());
        let admin = client::admin(config).create_with_context(FirstFailure::default());
        Ok(Self {
            bootstrap: config.kafka.bootstrap.clone(),
            probe: probe.map_err(failed)?,
            admin: admin.map_err(failed)?,
        })
    }

    pub(super) fn look(&self, topics: &[&str]) -> Result<Cluster, ClusterError> {
        let metadata = self.probe.fetch_metadata(None, ANSWER_WAIT).map_err(|_| {
            // The reason waits in the event queue; whatever else is there is of no use here.
            while self.probe.poll(Duration::ZERO).is_some() {}
            let reason = self.probe.context().reason();
            ClusterError::Unreachable { bootstrap: self.bootstrap.clone(), reason }
        })?;
        let mut cluster = Cluster {
            brokers: u32::try_from(metadata.brokers().len()).unwrap_or(u32::MAX),
            topics: BTreeMap::new(),
        };
        for topic in metadata.topics().iter().filter(|topic| topic.error().is_none()) {
            let partitions = u32::try_from(topic.partitions().len()).unwrap_or(u32::MAX);
            let led = topic.partitions().iter().all(|partition| partition.leader() >= 0);
            let found = Found { partitions, led, settings: BTreeMap::new() };
            cluster.topics.insert(topic.name().to_owned(), found);
        }
        let there = |name: &&&str| cluster.topics.contains_key(**name);
        let present: Vec<_> =
            topics.iter().filter(there).map(|name| ResourceSpecifier::Topic(name)).collect();
        if !present.is_empty() {
            self.read_settings(&present, &mut cluster)?;
        }
        Ok(cluster)
    }

    fn read_settings(
        &self,
        topics: &[ResourceSpecifier<'_>],
        cluster: &mut Cluster,
    ) -> Result<(), ClusterError> {
        let failed = |source| ClusterError::Kafka { what: "reading the topics' settings", source };
        let asked = block_on(self.admin.describe_configs(topics, &options()));
        for resource in asked.map_err(failed)? {
            // A client without DescribeConfigs gets an error per topic: it just does not know them.
            let Ok(resource) = resource else { continue };
            let OwnedResourceSpecifier::Topic(name) = resource.specifier else { continue };
            if let Some(found) = cluster.topics.get_mut(&name) {
                let known = |entry: ConfigEntry| Some((entry.name, entry.value?));
                found.settings = resource.entries.into_iter().filter_map(known).collect();
            }
        }
        Ok(())
    }

    /// Makes topics; answers with the name and the reason of each that could not be made.
    pub(super) fn create(
        &self,
        topics: &[NewTopic<'_>],
    ) -> Result<Vec<(String, RDKafkaErrorCode)>, ClusterError> {
        let failed = |source| ClusterError::Kafka { what: "making the topics", source };
        let answers = block_on(self.admin.create_topics(topics, &options())).map_err(failed)?;
        Ok(answers.into_iter().filter_map(Result::err).collect())
    }
}

fn options() -> AdminOptions {
    AdminOptions::new()
        .request_timeout(Some(Duration::from_secs(10)))
        .operation_timeout(Some(Duration::from_secs(10)))
}

/// Waits for an answer of the admin client, whose own thread brings it.
fn block_on<T>(answer: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime without drivers needs nothing of the system")
        .block_on(answer)
}
