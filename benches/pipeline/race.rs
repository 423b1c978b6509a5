//! One world in Kafka, and the two that read it to its end: a plain consumer and the service.
//!
//! The broker is found in `broker.rs`, what they used is measured in `process.rs`.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use customer_pulse::cli::generate;
use customer_pulse::config::Config;
use customer_pulse::config::layers::{Sources, load};
use customer_pulse::generate::world::{Settings, World};
use customer_pulse::kafka::clock::{Clock, Deadline};
use customer_pulse::kafka::{client, topics};
use jiff::SignedDuration;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::{Offset, TopicPartitionList};

use crate::Args;
use crate::broker::Broker;
use crate::process::{Usage, Watch, resident_bytes};

/// The keys of the topics that each turn of the service has for itself.
const OWN_TOPICS: [&str; 11] = [
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
const INPUT_TOPICS: [&str; 8] = [
    "accounts",
    "product_usage",
    "support_tickets",
    "nps_responses",
    "relationship",
    "outcomes",
    "commercial",
    "commands",
];
/// How often it is looked how far the service has come.
const LOOK: Duration = Duration::from_millis(20);
/// How long the broker may take to answer.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);
/// How long one turn may take.
const TURN_LIMIT: Duration = Duration::from_secs(900);

/// A world that lies in Kafka.
pub(crate) struct Race {
    name: String,
    base_env: Vec<(String, String)>,
    input_ends: TopicPartitionList,
    /// How many events lie in the input topics.
    pub(crate) events: u64,
    /// Bytes of their keys and values.
    pub(crate) bytes: u64,
}

/// One turn of the service.
pub(crate) struct Pulse {
    /// From the first commit to the last.
    pub(crate) usage: Usage,
    pub(crate) commits: f64,
    pub(crate) step_secs: f64,
    pub(crate) commit_secs: f64,
    pub(crate) outputs: f64,
    pub(crate) dead_letters: f64,
    pub(crate) usage_bytes: f64,
    pub(crate) rest_bytes: f64,
    pub(crate) said_bytes: f64,
    pub(crate) resident_bytes: f64,
}

/// A process that is killed when it goes out of scope.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to do.
        let _gone = self.0.kill().and_then(|()| self.0.wait());
    }
}

/// Makes a topic that keeps every record: what compaction removes, no turn could read again.
fn make_uncompacted(config: &Config, name: &str) -> anyhow::Result<()> {
    let admin: AdminClient<DefaultClientContext> = client::admin(config).create()?;
    let partitions = config.topics.partitions.cast_signed();
    let topic = NewTopic::new(name, partitions, TopicReplication::Fixed(1))
        .set("retention.ms", "-1")
        .set("cleanup.policy", "delete");
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    for made in runtime.block_on(admin.create_topics([&topic], &AdminOptions::new()))? {
        made.map_err(|(name, code)| anyhow::anyhow!("{name} was not made: {code}"))?;
    }
    Ok(())
}

impl Race {
    /// Makes the topics and writes the world.
    pub(crate) fn prepare(broker: &Broker, args: &Args) -> anyhow::Result<Self> {
        let until = Clock::moved(SignedDuration::ZERO).now();
        let name = format!("bench-{}", until.as_millis());
        let mut env = named(&name, &INPUT_TOPICS);
        for (key, value) in [
            ("KAFKA__BOOTSTRAP", broker.bootstrap.clone()),
            ("TOPICS__PARTITIONS", args.partitions.to_string()),
            ("TOPICS__REPLICATION", "1".to_owned()),
            ("WORKERS", args.workers.to_string()),
            ("HTTP__LISTEN", "127.0.0.1:0".to_owned()),
            ("LOG__FILTER", "warn".to_owned()),
        ] {
            env.push((format!("PULSE_{key}"), value));
        }
        let mut race = Self {
            name,
            base_env: env,
            input_ends: TopicPartitionList::new(),
            events: 0,
            bytes: 0,
        };
        let base = load(&Sources { env: race.base_env.clone(), ..Sources::default() })?;
        make_uncompacted(&base, &base.topics.accounts)?;
        let (config, _) = race.installation("world")?;
        let publisher = generate::publisher(&config)?;
        let from = until.plus_days(-i64::from(args.days));
        let settings =
            Settings { events_scale: args.scale, ..Settings::new(1, args.accounts, from, until) };
        for event in World::new(settings) {
            publisher.publish(event.topic, &event.account_id, event.broker_at, &event.value)?;
            race.bytes += (event.account_id.len() + event.value.len()) as u64;
            race.events += 1;
        }
        publisher.finish()?;
        let probe: BaseConsumer = client::probe(&config).create()?;
        for name in config.topics.inputs() {
            for number in 0..args.partitions.cast_signed() {
                let (_, end) = probe.fetch_watermarks(name, number, ANSWER_LIMIT)?;
                race.input_ends.add_partition_offset(name, number, Offset::Offset(end))?;
            }
        }
        Ok(race)
    }

    /// Settings with a group and output topics of their own, which are made.
    fn installation(&self, turn: &str) -> anyhow::Result<(Config, Vec<(String, String)>)> {
        let name = format!("{}-{turn}", self.name);
        let mut env = self.base_env.clone();
        env.extend(named(&name, &OWN_TOPICS));
        env.push(("PULSE_KAFKA__GROUP".to_owned(), name));
        let config = load(&Sources { env: env.clone(), ..Sources::default() })?;
        topics::apply(&config, &topics::plan(&config, &topics::look(&config)?))?;
        Ok((config, env))
    }

    /// Reads all input with a plain consumer, looking at nothing but sizes.
    pub(crate) fn consume(&self, broker: &Broker) -> anyhow::Result<Usage> {
        let config = load(&Sources { env: self.base_env.clone(), ..Sources::default() })?;
        let watch = Watch::start(std::process::id(), broker)?;
        let consumer: BaseConsumer = client::restorer(&config, 0).create()?;
        let mut list = TopicPartitionList::new();
        for end in self.input_ends.elements() {
            list.add_partition_offset(end.topic(), end.partition(), Offset::Beginning)?;
        }
        consumer.assign(&list)?;
        let (mut events, mut bytes) = (0, 0);
        let deadline = Deadline::after(TURN_LIMIT);
        while events < self.events {
            ensure!(!deadline.is_over(), "the plain consumer saw only {events} events");
            let Some(message) = consumer.poll(LOOK) else { continue };
            let message = message?;
            bytes += message.payload_len() as u64 + message.key_len() as u64;
            events += 1;
        }
        ensure!(bytes == self.bytes, "read {bytes} bytes of {}", self.bytes);
        watch.usage()
    }

    /// Lets the service, which nothing is known to, read all input and commit what it says.
    pub(crate) fn pulse(&self, broker: &Broker, turn: usize) -> anyhow::Result<Pulse> {
        let (config, mut env) = self.installation(&turn.to_string())?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        env.push(("PULSE_OPS__LISTEN".to_owned(), format!("127.0.0.1:{port}")));
        let mut member = client::probe(&config);
        member.set("group.id", &config.kafka.group);
        let member: BaseConsumer = member.create()?;
        let mut command = Command::new(env!("CARGO_BIN_EXE_pulse"));
        command.args(["run", "--instance", "bench"]).envs(env).stdin(Stdio::null());
        let child = Killed(command.stdout(Stdio::null()).spawn().context("starting pulse")?);
        let pid = child.0.id();
        self.await_offsets(&member, |events| events > 0)?;
        let before = scrape(port)?;
        let watch = Watch::start(pid, broker)?;
        self.await_offsets(&member, |events| events == self.events)?;
        let mut usage = watch.usage()?;
        let after = scrape(port)?;
        let resident_bytes = resident_bytes(pid)? as f64;
        drop(child);
        // What was committed before the watch started is no part of what it measured.
        let total = |name: &str| sum(&after, name);
        let read = total("pulse_events_total");
        let share = read / (read - sum(&before, "pulse_events_total"));
        usage.wall_secs *= share;
        usage.cpu_secs *= share;
        usage.broker_cpu_secs *= share;
        Ok(Pulse {
            usage,
            commits: total("pulse_step_duration_seconds_count"),
            step_secs: total("pulse_step_duration_seconds_sum"),
            commit_secs: total("pulse_commit_duration_seconds_sum"),
            outputs: total("pulse_outputs_total"),
            dead_letters: total("pulse_dead_letters_total"),
            usage_bytes: total("pulse_state_bytes_total{kind=\"usage\"}"),
            rest_bytes: total("pulse_state_bytes_total{kind=\"rest\"}"),
            said_bytes: total("pulse_state_bytes_total{kind=\"said\"}"),
            resident_bytes,
        })
    }

    /// Waits until as many events are committed as `is_enough` asks for.
    fn await_offsets(
        &self,
        member: &BaseConsumer,
        is_enough: impl Fn(u64) -> bool,
    ) -> anyhow::Result<()> {
        let deadline = Deadline::after(TURN_LIMIT);
        while !deadline.is_over() {
            let committed = member.committed_offsets(self.input_ends.clone(), ANSWER_LIMIT)?;
            let offsets = committed.elements().into_iter().filter_map(|it| it.offset().to_raw());
            if is_enough(offsets.map(|offset| offset.max(0).unsigned_abs()).sum()) {
                return Ok(());
            }
            std::thread::park_timeout(LOOK);
        }
        bail!("the service did not commit all input within {TURN_LIMIT:?}")
    }
}

fn named(prefix: &str, keys: &[&str]) -> Vec<(String, String)> {
    let topic = |key: &&str| {
        let name = format!("{prefix}.{}", key.replace('_', "-"));
        (format!("PULSE_TOPICS__{}", key.to_uppercase()), name)
    };
    keys.iter().map(topic).collect()
}

/// Every series of a process, with its labels.
fn scrape(port: u16) -> anyhow::Result<BTreeMap<String, f64>> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).context("asking for the series")?;
    stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n")?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    let series = text.lines().filter_map(|line| {
        let (name, value) = line.rsplit_once(' ')?;
        Some((name.to_owned(), value.parse().ok()?))
    });
    Ok(series.collect())
}

/// The sum of a series over its labels.
fn sum(series: &BTreeMap<String, f64>, name: &str) -> f64 {
    let named = |key: &str| key == name || key.split('{').next() == Some(name);
    series.iter().filter(|(key, _)| named(key)).map(|(_, value)| value).sum()
}
