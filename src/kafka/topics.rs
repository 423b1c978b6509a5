//! Which topics there must be and how they are made; what is wrong with those there are.
//!
//! Nothing that exists is ever changed here: partition counts decide where accounts live
//! (copying records by key), and settings are the operator's.

use std::collections::BTreeMap;
use std::fmt;

use rdkafka::admin::{NewTopic, TopicReplication};
use rdkafka::types::RDKafkaErrorCode;

use super::clock::Deadline;
use super::cluster::{self, ANSWER_WAIT, Cluster, ClusterError, Connection};
use crate::config::{Config, Topics};
use crate::engine::event::Topic;

const DAY_MS: i64 = 86_400_000;

/// What a topic is to the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Others write it.
    Input,
    /// Others read it.
    Output,
    /// Only instances of this service write and read it.
    Private,
}

/// A topic as it should be.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Its name in this installation.
    pub name: String,
    /// What it is.
    pub role: Role,
    /// Partitions.
    pub partitions: u32,
    /// Replicas of each.
    pub replication: u32,
    /// Settings other than the brokers' defaults.
    pub settings: Vec<(&'static str, String)>,
}

/// A topic as it should be beside what is there.
#[derive(Clone, Debug)]
pub struct Planned {
    /// How it should be, and is made when it is missing.
    pub wanted: Wanted,
    /// The partitions it has; nothing when it is missing.
    pub found: Option<u32>,
    /// Settings that differ from those it would be made with. They are left alone.
    pub differences: Vec<String>,
}

/// What is there against what should be.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Each topic, inputs first.
    pub topics: Vec<Planned>,
    /// What forbids to run on these topics even once the missing ones are made.
    pub problems: Vec<String>,
}

/// The topics cannot be used or made; the text names each and the remedy.
#[derive(Debug, thiserror::Error)]
pub enum TopicsError {
    /// The cluster could not be asked.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// Something is wrong with topics that are there, or topics are missing.
    #[error("the topics cannot be used:\n  - {}", .0.join("\n  - "))]
    Problems(Vec<String>),
}

/// Checks before a start that every topic is there and fits. Answers with the number of partitions.
///
/// Blocks; must not be called on a thread of an async runtime.
pub fn check(config: &Config) -> Result<u32, TopicsError> {
    let plan = plan(config, &look(config)?);
    let mut problems = plan.problems.clone();
    let missing: Vec<_> = plan.missing().map(|topic| format!("`{}`", topic.name)).collect();
    if !missing.is_empty() {
        let (is, they) = if missing.len() == 1 { ("does", "it") } else { ("do", "them") };
        let names = missing.join(", ");
        problems.push(format!("{names} {is} not exist: `pulse topics apply` makes {they}"));
    }
    if problems.is_empty() { Ok(plan.partitions()) } else { Err(TopicsError::Problems(problems)) }
}

/// Looks at the cluster and at the settings of our topics.
pub fn look(config: &Config) -> Result<Cluster, ClusterError> {
    let names = wanted(config, 1, 1);
    let names: Vec<_> = names.iter().map(|topic| topic.name.as_str()).collect();
    cluster::look(config, &names)
}

/// Makes the topics that the plan finds missing, and waits until their partitions have leaders.
///
/// Blocks; must not be called on a thread of an async runtime.
pub fn apply(config: &Config, plan: &Plan) -> Result<(), TopicsError> {
    if !plan.problems.is_empty() {
        return Err(TopicsError::Problems(plan.problems.clone()));
    }
    let missing: Vec<_> = plan.missing().collect();
    if missing.is_empty() {
        return Ok(());
    }
    let connection = Connection::open(config)?;
    let made: Vec<_> = missing.iter().map(|topic| topic.request()).collect();
    let mut problems = Vec::new();
    for (name, code) in connection.create(&made)? {
        // Where it exists by now another instance was faster.
        if code != RDKafkaErrorCode::TopicAlreadyExists {
            problems.push(format!("`{name}` could not be made: {code}"));
        }
    }
    let deadline = Deadline::after(ANSWER_WAIT);
    while problems.is_empty() {
        let found = connection.look(&[])?;
        let led = |topic: &&Wanted| found.topics.get(&topic.name).is_some_and(|found| found.led);
        if missing.iter().all(led) {
            return Ok(());
        }
        if deadline.is_over() {
            problems.push("the new topics do not appear in the cluster's metadata".to_owned());
        }
    }
    Err(TopicsError::Problems(problems))
}

/// Compares what should be with what is there. Once an input topic exists its partition count is
/// the one for all, whatever `topics.partitions` says.
pub fn plan(config: &Config, cluster: &Cluster) -> Plan {
    let inputs = config.topics.inputs();
    let counts: Vec<_> =
        inputs.iter().filter_map(|name| Some(cluster.topics.get(*name)?.partitions)).collect();
    let most = |count: &&u32| (counts.iter().filter(|other| other == count).count(), **count);
    let partitions = counts.iter().max_by_key(most).copied().unwrap_or(config.topics.partitions);
    let replication = config.topics.replication.unwrap_or(cluster.brokers.clamp(1, 3));
    let mut plan = Plan { topics: Vec::new(), problems: Vec::new() };
    for wanted in wanted(config, partitions, replication) {
        let found = cluster.topics.get(&wanted.name);
        let settings = found.map(|found| &found.settings);
        if let Some(found) = found.filter(|found| found.partitions != wanted.partitions) {
            plan.problems.push(wanted.miscounted(found.partitions));
        }
        let policy = settings.and_then(|found| found.get("cleanup.policy"));
        let deletes = policy.filter(|policy| *policy != "compact");
        let topics = &config.topics;
        let kept = [
            (&topics.pulse_changelog, "the state of quiet accounts"),
            (&topics.pulse_model, "the model in force"),
        ];
        let kept = kept.into_iter().find(|(name, _)| **name == wanted.name);
        if let Some((policy, (_, what))) = deletes.zip(kept) {
            plan.problems.push(format!(
                "`{0}` has cleanup.policy={policy}, which would delete {what}: \
                 kafka-configs --alter --topic {0} --add-config cleanup.policy=compact",
                wanted.name
            ));
        }
        let differences = settings.map(|found| wanted.differences(found)).unwrap_or_default();
        let found = found.map(|found| found.partitions);
        plan.topics.push(Planned { wanted, found, differences });
    }
    plan
}

/// The name of an input topic in this installation.
pub fn name_of(topics: &Topics, topic: Topic) -> &str {
    topics.inputs()[topic.index()]
}

/// Every topic as it should be, inputs first in the order of [`Topic::ALL`].
fn wanted(config: &Config, partitions: u32, replication: u32) -> Vec<Wanted> {
    let topics = &config.topics;
    let mut all = Vec::new();
    let mut add = |name: &str, role, partitions, settings: &[(&'static str, i64)]| {
        let mut settings: Vec<_> = settings.iter().map(|(k, v)| (*k, v.to_string())).collect();
        let compacted = settings.iter().any(|(name, _)| *name == "max.compaction.lag.ms");
        let policy = if compacted { "compact" } else { "delete" };
        settings.insert(0, ("cleanup.policy", policy.to_owned()));
        if replication >= 3 && role != Role::Input {
            settings.push(("min.insync.replicas", "2".to_owned()));
        }
        all.push(Wanted { name: name.to_owned(), role, partitions, replication, settings });
    };
    // An erased record is gone within a week, and whoever reads within a week sees its tombstone.
    let latest = [
        ("max.compaction.lag.ms", 7 * DAY_MS),
        ("delete.retention.ms", 7 * DAY_MS),
        ("segment.bytes", 64 << 20),
    ];
    for (topic, name) in Topic::ALL.iter().zip(topics.inputs()) {
        let settings: &[_] =
            if *topic == Topic::Accounts { &latest } else { &[("retention.ms", -1)] };
        add(name, Role::Input, partitions, settings);
    }
    for name in [&topics.account_health, &topics.account_work] {
        add(name, Role::Output, partitions, &latest);
    }
    let kept = [("retention.ms", 90 * DAY_MS)];
    for name in [
        &topics.alerts,
        &topics.playbooks,
        &topics.opportunities,
        &topics.deliverables,
        &topics.insights,
    ] {
        add(name, Role::Output, partitions, &kept);
    }
    // The untouched record of a topic that takes 1 MiB, and ten headers.
    let dead_letters = [("retention.ms", 90 * DAY_MS), ("max.message.bytes", 2 << 20)];
    add(&topics.dead_letters, Role::Output, partitions, &dead_letters);
    // Marks can be read back for a day: a recount of the outputs starts from them.
    let mut changelog = latest.to_vec();
    changelog.push(("min.compaction.lag.ms", DAY_MS));
    add(&topics.pulse_changelog, Role::Private, partitions, &changelog);
    add(&topics.pulse_fleet, Role::Private, partitions, &latest);
    // One partition, as the newest model is the one in force.
    add(&topics.pulse_model, Role::Private, 1, &latest);
    all
}

impl Wanted {
    fn request(&self) -> NewTopic<'_> {
        let small = |n: u32| i32::try_from(n).expect("settings are checked to be small");
        let replication = TopicReplication::Fixed(small(self.replication));
        let topic = NewTopic::new(&self.name, small(self.partitions), replication);
        self.settings.iter().fold(topic, |topic, (name, value)| topic.set(name, value))
    }

    fn miscounted(&self, found: u32) -> String {
        let (name, wanted) = (&self.name, self.partitions);
        let parts = if found == 1 { "1 partition".into() } else { format!("{found} partitions") };
        match self.role {
            Role::Input => format!(
                "`{name}` has {parts} where the other input topics have {wanted}, so one account \
                 would be split in two: make a topic with {wanted}, copy the records there by \
                 key, and name it under `topics`"
            ),
            Role::Output | Role::Private => format!(
                "`{name}` has {parts} instead of {wanted}: delete it or choose another name under \
                 `topics`, then `pulse topics apply`"
            ),
        }
    }

    fn differences(&self, found: &BTreeMap<String, String>) -> Vec<String> {
        let differs = |(name, wanted): &(&'static str, String)| {
            let found = found.get(*name)?;
            (found != wanted).then(|| format!("{name} is {found} (made with {wanted})"))
        };
        self.settings.iter().filter_map(differs).collect()
    }
}

impl Plan {
    /// The topics that are missing.
    pub fn missing(&self) -> impl Iterator<Item = &Wanted> {
        self.topics.iter().filter(|topic| topic.found.is_none()).map(|topic| &topic.wanted)
    }

    /// The partitions that all inputs, and the outputs with them, have or will have.
    pub fn partitions(&self) -> u32 {
        self.topics.first().map_or(0, |topic| topic.wanted.partitions)
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.topics.iter().map(|topic| topic.wanted.name.len()).max().unwrap_or(0);
        for Planned { wanted, found, differences } in &self.topics {
            let role = format!("{:?}", wanted.role).to_lowercase();
            let (word, shape, detail) = match found {
                Some(partitions) => ("keep", partitions.to_string(), differences.join(", ")),
                None => {
                    let settings = wanted.settings.iter().map(|(k, v)| format!("{k}={v}"));
                    let shape = format!("{} × {}", wanted.partitions, wanted.replication);
                    ("create", shape, settings.collect::<Vec<_>>().join(" "))
                }
            };
            let line = format!("{word:<7} {role:<8} {:<width$}  {shape:<6} {detail}", wanted.name);
            writeln!(f, "{}", line.trim_end())?;
        }
        self.problems.iter().try_for_each(|problem| writeln!(f, "problem: {problem}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kafka::cluster::Found;

    /// Name, partitions, settings.
    type There<'a> = (&'a str, u32, &'a [(&'a str, &'a str)]);

    /// A cluster with these topics, every other topic of ours missing.
    fn cluster(topics: &[There<'_>]) -> Cluster {
        let settings = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
        };
        let found = |(name, partitions, pairs): &There<'_>| {
            let found = Found { partitions: *partitions, led: true, settings: settings(pairs) };
            ((*name).to_owned(), found)
        };
        Cluster { brokers: 1, topics: topics.iter().map(found).collect() }
    }

    fn problems(topics: &[There<'_>]) -> Vec<String> {
        plan(&Config::default(), &cluster(topics)).problems
    }

    #[test]
    fn default_names_are_those_of_the_contract() {
        let topics = Topics::default();
        for topic in Topic::ALL {
            assert_eq!(name_of(&topics, topic), topic.name());
        }
    }

    #[test]
    fn an_empty_cluster_gets_every_topic() {
        let plan = plan(&Config::default(), &cluster(&[]));
        assert_eq!(plan.missing().count(), 19);
        assert_eq!(plan.partitions(), 6);
        let line = |name: &str| {
            let shown = plan.to_string();
            shown.lines().find(|line| line.contains(&format!("{name} "))).unwrap().to_owned()
        };
        assert!(line("cs.product-usage").contains("cleanup.policy=delete retention.ms=-1"));
        assert!(line("cs.accounts").contains("cleanup.policy=compact"));
        assert!(line("cs.pulse-changelog").contains("min.compaction.lag.ms=86400000"));
        assert!(line("cs.pulse-model").contains("  1 × 1"));
        assert!(line("cs.alerts").contains("  6 × 1"));
    }

    #[test]
    fn replicas_follow_the_brokers_unless_they_are_set() {
        let mut config = Config::default();
        let mut three = cluster(&[]);
        three.brokers = 5;
        let changelog = |config: &Config| {
            let plan = plan(config, &three);
            plan.missing().find(|topic| topic.name == "cs.pulse-changelog").unwrap().clone()
        };
        let safe = changelog(&config);
        assert_eq!(safe.replication, 3);
        assert!(safe.settings.contains(&("min.insync.replicas", "2".to_owned())));
        config.topics.replication = Some(1);
        assert_eq!(changelog(&config).replication, 1);
    }

    #[test]
    fn the_partition_count_of_existing_inputs_counts() {
        let plan = plan(&Config::default(), &cluster(&[("cs.outcomes", 4, &[])]));
        assert_eq!(plan.partitions(), 4);
        assert_eq!(plan.problems, [""; 0]);
    }

    #[test]
    fn unequal_counts_name_the_topic_and_the_remedy() {
        let one_short =
            [("cs.accounts", 6, &[][..]), ("cs.outcomes", 4, &[]), ("cs.commands", 6, &[])];
        let found = problems(&one_short);
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("`cs.outcomes` has 4 partitions"), "{found:?}");
        assert!(found[0].contains("make a topic with 6, copy the records"), "{found:?}");
        let found = problems(&[("cs.accounts", 6, &[]), ("cs.alerts", 1, &[])]);
        assert!(found[0].starts_with("`cs.alerts` has 1 partition instead of 6: delete it"));
    }

    #[test]
    fn a_changelog_that_deletes_is_refused_and_other_differences_are_told() {
        let found = problems(&[("cs.pulse-changelog", 6, &[("cleanup.policy", "delete")])]);
        assert!(found[0].contains("cleanup.policy=delete, which would delete the state"));
        let found = problems(&[("cs.pulse-model", 1, &[("cleanup.policy", "delete")])]);
        assert!(found[0].contains("which would delete the model in force: kafka-configs"));
        let short =
            [("cs.outcomes", 6, &[("retention.ms", "1000"), ("cleanup.policy", "delete")][..])];
        let plan = plan(&Config::default(), &cluster(&short));
        assert_eq!(plan.problems, [""; 0]);
        assert!(plan.to_string().contains("retention.ms is 1000 (made with -1)"), "{plan}");
    }
}
