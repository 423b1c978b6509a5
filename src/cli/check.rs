//! `pulse check`: everything that can be known to be wrong before a start, in one look.
//!
//! Each question is answered by the module that would stumble over it; here they are put in a row.

use std::io::{Stdout, StdoutLock, Write as _};

use crate::cli::{Exit, model};
use crate::config::Config;
use crate::kafka::model_topic::ModelTopic;
use crate::kafka::topics::Plan;
use crate::kafka::{probe, topics};

/// Newest records of each input topic whose keys are looked at.
const SAMPLE_RECORDS: usize = 1_000;

/// The report as it is written: one line a question.
struct Report {
    out: StdoutLock<'static>,
    failed: bool,
}

/// Asks all questions, the later ones only where the earlier answers allow. The settings were
/// checked when `config` was loaded.
pub fn main(config: &Config, stdout: &Stdout) -> anyhow::Result<Exit> {
    let mut report = Report { out: stdout.lock(), failed: false };
    report
        .good("settings", &format!("instance {}, {} workers", config.instance, config.workers))?;
    if config.privacy.is_default() {
        report
            .note("privacy", "no privacy.hash_key: people's ids are hashed with a published key")?;
    }
    match model::own(config) {
        Ok(own) => report.good("model", &format!("version {}", own.version()))?,
        Err(error) => report.bad("model", &format!("{error:#}"))?,
    }
    match topics::look(config) {
        Err(error) => report.bad("brokers", &error.to_string())?,
        Ok(cluster) => {
            let brokers = format!("{} at {}", cluster.brokers, config.kafka.bootstrap);
            report.good("brokers", &brokers)?;
            let plan = topics::plan(config, &cluster);
            check_topics(&mut report, &plan)?;
            check_model(&mut report, config, &plan)?;
            check_permissions(&mut report, config)?;
            check_keys(&mut report, config, &plan)?;
        }
    }
    Ok(if report.failed { Exit::Failed } else { Exit::Done })
}

fn check_topics(report: &mut Report, plan: &Plan) -> anyhow::Result<()> {
    for problem in &plan.problems {
        report.bad("topics", problem)?;
    }
    for topic in &plan.topics {
        for difference in &topic.differences {
            report.note("topics", &format!("`{}`: {difference}", topic.wanted.name))?;
        }
    }
    let missing: Vec<_> = plan.missing().map(|topic| format!("`{}`", topic.name)).collect();
    if !missing.is_empty() {
        let names = missing.join(", ");
        report.bad("topics", &format!("missing: {names}; `pulse topics apply` makes them"))?;
    } else if plan.problems.is_empty() {
        let (count, partitions) = (plan.topics.len(), plan.partitions());
        report.good("topics", &format!("all {count} are there, {partitions} partitions"))?;
    }
    Ok(())
}

/// Says which model is in force, and whether the one of the settings is another.
fn check_model(report: &mut Report, config: &Config, plan: &Plan) -> anyhow::Result<()> {
    let name = &config.topics.pulse_model;
    if plan.missing().any(|topic| topic.name == *name) {
        return Ok(());
    }
    let mut topic = match ModelTopic::open(config) {
        Ok(topic) => topic,
        Err(failure) => return report.bad("model", &failure.to_string()),
    };
    if let Err(failure) = topic.read_to_end() {
        return report.bad("model", &failure.to_string());
    }
    for refused in topic.take_refused() {
        report.note("model", &format!("`{name}`, offset {}: {}", refused.offset, refused.why))?;
    }
    let own = model::own(config).ok();
    match (topic.in_force(), topic.text()) {
        (Some(in_force), text) => {
            let (version, offset) = (in_force.model.version(), in_force.offset);
            report.good("model", &format!("in force: version {version}, offset {offset}"))?;
            if config.model.is_some() && own.is_some_and(|own| Some(&*own.text) != text) {
                report.note("model", "the file of the settings is another and stays unused")?;
            }
            Ok(())
        }
        (None, _) if topic.is_unusable() => {
            report.bad("model", &format!("`{name}` holds none: `pulse model publish FILE`"))
        }
        (None, _) => {
            report.note("model", "none is in force yet: the first start publishes its own")
        }
    }
}

fn check_permissions(report: &mut Report, config: &Config) -> anyhow::Result<()> {
    let problems = probe::permissions(config);
    for problem in &problems {
        report.bad("permissions", problem)?;
    }
    if problems.is_empty() {
        report.good("permissions", "group and transactional ids can be used")?;
    }
    Ok(())
}

fn check_keys(report: &mut Report, config: &Config, plan: &Plan) -> anyhow::Result<()> {
    let there = |name| {
        let planned = plan.topics.iter().find(|topic| topic.wanted.name == name)?;
        Some((name, planned.found?))
    };
    let inputs: Vec<_> = config.topics.inputs().into_iter().filter_map(there).collect();
    let samples = match probe::sample(config, &inputs, SAMPLE_RECORDS) {
        Ok(samples) => samples,
        Err(error) => return report.bad("keys", &format!("{error:#}")),
    };
    let expected = format!("{:?}", config.partitioner).to_lowercase();
    for (topic, sample) in samples {
        let keys = sample.keys;
        let misplaced = sample.misplaced(config.partitioner);
        if misplaced > 0 {
            report.bad("keys", &format!(
                "`{topic}`: {misplaced} of {keys} sampled keys lie elsewhere than {expected} puts \
                 them; {} fits all. Set `partitioner`, or have the producers use {expected}",
                sample.verdict()
            ))?;
        } else if keys > 0 {
            report
                .good("keys", &format!("`{topic}`: {keys} sampled, {} fits", sample.verdict()))?;
        }
    }
    Ok(())
}

impl Report {
    fn good(&mut self, what: &str, text: &str) -> anyhow::Result<()> {
        Ok(writeln!(self.out, "ok    {what:<12} {text}")?)
    }

    fn note(&mut self, what: &str, text: &str) -> anyhow::Result<()> {
        Ok(writeln!(self.out, "note  {what:<12} {text}")?)
    }

    fn bad(&mut self, what: &str, text: &str) -> anyhow::Result<()> {
        self.failed = true;
        Ok(writeln!(self.out, "FAIL  {what:<12} {text}")?)
    }
}
