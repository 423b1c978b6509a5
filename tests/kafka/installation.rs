//! One installation of the service on the shared broker: names of its own, topics, processes.
//!
//! The broker is found in `broker.rs`; what a process says and how it ends is `process.rs`.

use std::future::Future;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context as _, ensure};
use customer_pulse::cli::generate;
use customer_pulse::config::Config;
use customer_pulse::config::layers::{Sources, load};
use customer_pulse::engine::output::OutputTopic;
use customer_pulse::engine::time::Timestamp;
use customer_pulse::kafka::client;
use customer_pulse::kafka::clock::Clock;
use customer_pulse::kafka::publisher::Publisher;
use jiff::SignedDuration;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;

use crate::broker::Broker;
use crate::process::Process;

/// The topics' keys in the settings and their names behind the prefix.
const TOPICS: [&str; 19] = [
    "accounts",
    "product_usage",
    "support_tickets",
    "nps_responses",
    "relationship",
    "outcomes",
    "commercial",
    "commands",
    "account_health",
    "account_work",
    "alerts",
    "playbooks",
    "opportunities",
    "deliverables",
    "insights",
    "dead_letters",
    "pulse_changelog",
    "pulse_fleet",
    "pulse_model",
];

/// How long nothing of the changelog is compacted: ten years.
const KEPT_MS: u64 = 3_650 * 86_400_000;

/// Settings and names that no other test uses.
pub(crate) struct Installation {
    /// Prefix of its topics, and its group.
    pub(crate) name: String,
    /// Its settings, as its processes read them.
    pub(crate) config: Config,
    env: Vec<(String, String)>,
    logs: PathBuf,
}

impl Installation {
    /// An installation without topics, `partitions` of which are to be made each.
    pub(crate) fn new(broker: &Broker, test: &str, partitions: u32) -> anyhow::Result<Self> {
        let name = format!("{test}-{}", now().as_millis());
        let mut env: Vec<_> = TOPICS
            .iter()
            .map(|key| {
                let topic = format!("{name}.{}", key.replace('_', "-"));
                (format!("PULSE_TOPICS__{}", key.to_uppercase()), topic)
            })
            .collect();
        for (key, value) in [
            ("KAFKA__BOOTSTRAP", broker.bootstrap.as_str()),
            ("KAFKA__GROUP", &name),
            // A lost process is noticed early; 6 s is the least that brokers take by default.
            ("KAFKA__CONSUMER__SESSION_TIMEOUT_MS", "6000"),
            ("TOPICS__PARTITIONS", &partitions.to_string()),
            ("TOPICS__REPLICATION", "1"),
            ("WORKERS", "1"),
            // Snapshots of the fleet come and go, as over hours.
            ("FLEET__INTERVAL", "200ms"),
            ("OPS__LISTEN", "127.0.0.1:0"),
            ("HTTP__LISTEN", "127.0.0.1:0"),
        ] {
            env.push((format!("PULSE_{key}"), value.to_owned()));
        }
        let config = load(&Sources { env: env.clone(), ..Sources::default() })?;
        let logs = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(&name);
        std::fs::create_dir_all(&logs).with_context(|| format!("making {}", logs.display()))?;
        Ok(Self { name, config, env, logs })
    }

    /// Sets one more setting for the processes that are started from now on.
    pub(crate) fn set(&mut self, key: &str, value: &str) {
        self.env.push((format!("PULSE_{key}"), value.to_owned()));
    }

    /// Makes all topics as `pulse topics apply` does.
    ///
    /// What a recount reads is made first and neither compacted nor deleted: the accounts' topic
    /// and all that is written, even by a process whose clock is months behind.
    pub(crate) fn make_topics(&self) -> anyhow::Result<()> {
        let topics = &self.config.topics;
        let outputs = OutputTopic::ALL.into_iter().map(|topic| topics.output(topic));
        for name in outputs.chain([topics.accounts.as_str(), topics.pulse_fleet.as_str()]) {
            self.make_topic(name, topics.partitions)?;
        }
        let lag = KEPT_MS.to_string();
        let kept = [("cleanup.policy", "compact"), ("min.compaction.lag.ms", lag.as_str())];
        self.make_topic_with(&topics.pulse_changelog, topics.partitions, &kept)?;
        let made = self.command(&["topics", "apply"]).output().context("pulse topics apply")?;
        let said = String::from_utf8_lossy(&made.stderr).into_owned();
        ensure!(made.status.success(), "pulse topics apply failed:\n{said}");
        Ok(())
    }

    /// Makes one topic that keeps everything.
    pub(crate) fn make_topic(&self, name: &str, partitions: u32) -> anyhow::Result<()> {
        self.make_topic_with(name, partitions, &[("cleanup.policy", "delete")])
    }

    fn make_topic_with(
        &self,
        name: &str,
        partitions: u32,
        settings: &[(&str, &str)],
    ) -> anyhow::Result<()> {
        let admin: AdminClient<DefaultClientContext> = client::admin(&self.config).create()?;
        let topic = NewTopic::new(name, partitions.cast_signed(), TopicReplication::Fixed(1))
            .set("retention.ms", "-1");
        let topic = settings.iter().fold(topic, |topic, (key, value)| topic.set(key, value));
        let made = block_on(admin.create_topics([&topic], &AdminOptions::new()))??;
        for topic in made {
            topic.map_err(|(name, code)| anyhow::anyhow!("{name} was not made: {code}"))?;
        }
        Ok(())
    }

    /// A producer to the input topics.
    pub(crate) fn publisher(&self) -> anyhow::Result<Publisher> {
        generate::publisher(&self.config)
    }

    /// `pulse` with these arguments and the installation's settings, and no others.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pulse"));
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("PULSE_") {
                command.env_remove(name);
            }
        }
        command.args(arguments).envs(self.env.iter().cloned()).stdin(Stdio::null());
        command
    }

    /// Starts `pulse run` under this instance name.
    pub(crate) fn run(&self, instance: &str) -> anyhow::Result<Process> {
        Process::start(self.command(&["run", "--instance", instance]), &self.logs, instance)
    }
}

/// The machine's wall clock.
pub(crate) fn now() -> Timestamp {
    Clock::moved(SignedDuration::ZERO).now()
}

fn block_on<T>(answer: impl Future<Output = T>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    Ok(runtime.block_on(answer))
}
