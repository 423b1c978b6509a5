//! Models that come into force while events flow, and those that do not.
//!
//! What a model says is tested without a broker; that every record is as recomputed, `recount.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use customer_pulse::engine::model::DEFAULT_TEXT;
use customer_pulse::kafka::model_feed::ModelFeed;
use customer_pulse::kafka::model_record::ModelText;
use rdkafka::ClientConfig;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use serde::Deserialize;

use crate::broker::Broker;
use crate::follower::Follower;
use crate::history::read_topic;
use crate::installation::{Installation, now};
use crate::models::Models;
use crate::process::Process;
use crate::recount::recount;
use crate::trickle::Trickle;
use crate::worlds::write_world;

/// How long any one thing that is waited for may take.
const LIMIT: Duration = Duration::from_secs(120);
/// How long a process may take to end well.
const END_LIMIT: Duration = Duration::from_secs(25);
/// How often processes start on an empty topic, and how many at once.
const FIRST_ROUNDS: usize = 8;
const FIRST_STARTS: usize = 4;
/// `publication.relook_minutes` of the models here.
const RELOOK_MS: i64 = 60_000;

/// What of account health is looked at here.
#[derive(Deserialize)]
struct Health {
    model_version: String,
    cause: Cause,
}

#[derive(Deserialize)]
struct Cause {
    kind: String,
}

/// Two first starts at once with different files, then a new model and a kill -9 while its looks
/// go on: one model at a time is in force, every account hears of it, nothing falls back.
pub(crate) fn two_while_events_flow(broker: &Broker) -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    let mut installation = Installation::new(broker, "model", 4)?;
    installation.make_topics()?;
    write_world(&installation, 40, 8_000)?;
    let mut follower = Follower::new(&installation)?;
    let mut trickle = Trickle::new(&installation)?;
    installation.set("MODEL", &write(dir.path(), "older")?);
    let steady = installation.run("steady")?;
    installation.set("MODEL", &write(dir.path(), "other")?);
    let victim = installation.run("victim")?;
    trickle.until(&mut follower, "two processes have caught up", LIMIT, |seen| {
        seen.is_caught_up()
            && seen.live_at("steady").len() == 2
            && seen.live_at("victim").len() == 2
    })?;
    let first = Models::read(&installation.config)?.len();
    ensure!(first == 1, "{first} models were published by two first starts");

    publish(&installation, &write(dir.path(), "newer")?, 0, &["version newer is published"])?;
    trickle
        .until(&mut follower, "all partitions take it", LIMIT, |seen| all_have(seen, "newer"))?;
    victim.kill_9()?;
    let fences = follower.fences_by("victim");
    let victim = installation.run("victim")?;
    trickle.until(&mut follower, "the killed one is back", LIMIT, |seen| {
        seen.fences_by("victim") > fences && !seen.live_at("victim").is_empty()
    })?;
    let log = victim.log()?;
    ensure!(log.contains("stays unused"), "it does not say that its file is another: {victim}");
    trickle.until(&mut follower, "all accounts were looked at again", LIMIT, |seen| {
        (0..4).all(|number| {
            let mark = seen.marks(number).next_back().map(|(_, mark)| mark);
            mark.is_some_and(|it| it.now.millis_since(it.model_since) > RELOOK_MS)
        })
    })?;
    let total = 8_000 + trickle.written;
    follower.until("all is read", LIMIT, |seen| seen.taken() == total)?;
    steady.terminate(END_LIMIT)?;
    victim.terminate(END_LIMIT)?;
    recount(broker, &installation)?;
    check_switch(&installation)
}

/// However many processes start at once on an empty topic, each goes on with the one model that one
/// of them published, round after round.
pub(crate) fn first_starts_at_once(broker: &Broker) -> anyhow::Result<()> {
    for round in 0..FIRST_ROUNDS {
        let installation = Installation::new(broker, &format!("first-{round}"), 1)?;
        let config = &installation.config;
        installation.make_topic(&config.topics.pulse_model, 1)?;
        let start = |number: usize| -> anyhow::Result<i64> {
            let mut config = config.clone();
            config.instance = format!("first-{number}");
            let feed = ModelFeed::start(&config, &Arc::default(), &ModelText::shipped(), now())?;
            let offset = feed.watch().borrow().offset;
            Ok(offset)
        };
        let ends: Vec<_> = std::thread::scope(|scope| {
            let started: Vec<_> =
                (0..FIRST_STARTS).map(|number| scope.spawn(move || start(number))).collect();
            started.into_iter().map(|thread| thread.join()).collect()
        });
        let mut taken = BTreeSet::new();
        for (number, end) in ends.into_iter().enumerate() {
            let end = end.map_err(|_| anyhow::anyhow!("start {number} panicked"))?;
            taken.insert(end.with_context(|| format!("start {number} of round {round}"))?);
        }
        // Not always the first offset: a publication that was cut short lies before it.
        ensure!(taken.len() == 1, "models at {taken:?} were taken in round {round}");
        let models = Models::read(config)?.len();
        ensure!(models == 1, "{models} models were published in round {round}");
    }
    Ok(())
}

/// From the first record of the new model on there is none of another one in its partition, and
/// each account of before has one of which the model is the cause.
fn check_switch(installation: &Installation) -> anyhow::Result<()> {
    let (mut accounts, mut told) = (BTreeSet::new(), BTreeMap::<_, u32>::new());
    let health = read_topic(&installation.config, &installation.config.topics.account_health)?;
    for (number, partition) in health.iter().enumerate() {
        let mut is_newer = false;
        for record in partition {
            let key = record.key.as_deref().context("no key")?;
            let value = record.value.as_deref().context("nothing is erased")?;
            let health: Health = serde_json::from_slice(value)?;
            ensure!(
                health.model_version == "newer" || !is_newer,
                "partition {number} fell back at {}",
                record.offset
            );
            is_newer |= health.model_version == "newer";
            if !is_newer {
                accounts.insert(key);
            } else if health.cause.kind == "model" {
                *told.entry(key).or_default() += 1;
            }
        }
        ensure!(is_newer, "partition {number} never said anything with the new model");
    }
    ensure!(accounts.len() >= 30, "only {} accounts", accounts.len());
    let told_once: BTreeSet<_> =
        told.iter().filter(|(_, n)| **n == 1).map(|(account, _)| *account).collect();
    ensure!(
        told_once == accounts,
        "{} of {} accounts were told once of the new model, {} in all",
        told_once.len(),
        accounts.len(),
        told.len()
    );
    Ok(())
}

/// A damaged record, a file with an error and a name that is taken change nothing and are told; a
/// good file then comes into force by SIGHUP.
pub(crate) fn a_bad_one_changes_nothing(broker: &Broker) -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    let mut installation = Installation::new(broker, "bad-one", 2)?;
    installation.make_topics()?;
    let file = write(dir.path(), "first")?;
    installation.set("MODEL", &file);
    let mut follower = Follower::new(&installation)?;
    let mut trickle = Trickle::new(&installation)?;
    let process = installation.run("only")?;
    trickle.until(&mut follower, "it works", LIMIT, |seen| seen.live_at("only").len() == 2)?;

    damage(&installation)?;
    let refused = |from| format!("pulse_model_refused_total{{from=\"{from}\"}} 1");
    let says = |line: String| {
        move |process: &Process| process.series().is_ok_and(|series| series.contains(&line))
    };
    let is_told = says(refused("topic"));
    trickle.until(&mut follower, "the record is refused", LIMIT, |_| is_told(&process))?;
    std::fs::write(&file, DEFAULT_TEXT.replacen("product: ", "prodct: ", 1))?;
    publish(&installation, &file, 78, &["prodct", "did you mean `product`?"])?;
    process.signal("HUP")?;
    let is_told = says(refused("file"));
    trickle.until(&mut follower, "the file is refused", LIMIT, |_| is_told(&process))?;
    let same_name = DEFAULT_TEXT.replacen("health_points: 0.5", "health_points: 0.6", 1);
    std::fs::write(&file, format!("version: first\n{same_name}"))?;
    publish(&installation, &file, 78, &["version `first` was published with another text"])?;
    trickle.write(1)?;
    let written = trickle.written;
    follower.until("all is read", LIMIT, |seen| seen.taken() == written)?;
    ensure!(all_have(&follower, "first"), "something came into force: {}", follower.state());

    write(dir.path(), "first")?;
    publish(&installation, &file, 0, &["version first is in force already, at offset 0"])?;
    std::fs::write(&file, format!("version: second\n{same_name}"))?;
    process.signal("HUP")?;
    trickle
        .until(&mut follower, "SIGHUP puts it in force", LIMIT, |seen| all_have(seen, "second"))?;
    let is_told = says("pulse_model_info{version=\"second\"} 1".to_owned());
    ensure!(is_told(&process), "the series do not name the model in force");
    let written = trickle.written;
    follower.until("all is read", LIMIT, |seen| seen.taken() == written)?;
    process.terminate(END_LIMIT)?;
    recount(broker, &installation)?;
    Ok(())
}

/// Writes a model file in which only the name and the spread are not the shipped.
fn write(dir: &Path, version: &str) -> anyhow::Result<String> {
    let spread = "relook_minutes: ";
    let (before, after) = DEFAULT_TEXT.split_once(spread).context("the model has no spread")?;
    let (_, after) = after.split_once('\n').context("the model ends there")?;
    let minutes = RELOOK_MS / 60_000;
    let path = dir.join(format!("{version}.yaml"));
    std::fs::write(&path, format!("version: {version}\n{before}{spread}{minutes}\n{after}"))?;
    Ok(path.to_string_lossy().into_owned())
}

/// Runs `pulse model publish` and expects this exit code and these words.
fn publish(
    installation: &Installation,
    file: &str,
    code: i32,
    words: &[&str],
) -> anyhow::Result<()> {
    let ended = installation.command(&["model", "publish", file]).output()?;
    let said = [ended.stdout, ended.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    ensure!(ended.status.code() == Some(code), "ended with {}:\n{said}", ended.status);
    for word in words {
        ensure!(said.contains(word), "does not say {word:?}:\n{said}");
    }
    Ok(())
}

fn all_have(seen: &Follower, version: &str) -> bool {
    let last = |number| seen.marks(number).next_back();
    (0..seen.entries.len())
        .all(|number| last(number).is_some_and(|(_, mark)| mark.model_version == version))
}

/// Puts a record on the topic of models that is none.
fn damage(installation: &Installation) -> anyhow::Result<()> {
    let config = &installation.config;
    let producer: BaseProducer =
        ClientConfig::new().set("bootstrap.servers", &config.kafka.bootstrap).create()?;
    let record: BaseRecord<'_, str, str> =
        BaseRecord::to(&config.topics.pulse_model).key("model").payload("{\"format\": 1, ");
    producer.send(record).map_err(|(error, _)| error)?;
    Ok(producer.flush(LIMIT)?)
}
