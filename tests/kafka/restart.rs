//! An orderly stop in the middle of the input, a restart, and an account that is erased.
//!
//! Stops without order are in `exactly_once.rs`.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use customer_pulse::engine::event::Topic;
use rdkafka::ClientConfig;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};

use crate::broker::Broker;
use crate::follower::Follower;
use crate::history::read_topic;
use crate::installation::{Installation, now};
use crate::recount::recount;
use crate::trickle::{Trickle, account_in, login};
use crate::worlds::write_world;

/// How long any one thing that is waited for may take.
const LIMIT: Duration = Duration::from_secs(90);
/// `shutdown.limit`.
const END_LIMIT: Duration = Duration::from_secs(25);

/// SIGTERM ends with code 0 in time, a restart goes on, a tombstone erases.
pub(crate) fn sigterm_loses_nothing(broker: &Broker) -> anyhow::Result<()> {
    const EVENTS: i64 = 30_000;
    let mut installation = Installation::new(broker, "restart", 3)?;
    // Small steps, so that the stop falls between two of many.
    installation.set("STEP__RECORDS_MAX", "50");
    installation.make_topics()?;
    write_world(&installation, 40, usize::try_from(EVENTS)?)?;
    let mut follower = Follower::new(&installation)?;
    let process = installation.run("only")?;
    follower.until("a third is read", LIMIT, |seen| seen.taken() > EVENTS / 3)?;
    process.terminate(END_LIMIT)?;
    ensure!(follower.taken() < EVENTS, "all was read before the stop");

    let process = installation.run("only")?;
    let mut trickle = Trickle::new(&installation)?;
    trickle.write(3)?;
    let total = EVENTS + trickle.written;
    follower.until("all is read", LIMIT, |seen| seen.taken() == total && seen.is_caught_up())?;
    let erased = account_in(1, 3);
    erase(&installation, &erased)?;
    follower.until("the tombstone is read", LIMIT, |seen| seen.taken() == total + 1)?;
    // One event from before the tombstone, and one that begins the account anew.
    let publisher = installation.publisher()?;
    let before = now().plus_days(-1);
    let older = login(&erased, -1, &before.to_string());
    publisher.publish(Topic::Usage, &erased, before, older.as_bytes())?;
    publisher.finish()?;
    follower.until("the older event is read", LIMIT, |seen| seen.taken() == total + 2)?;
    process.terminate(END_LIMIT)?;

    let process = installation.run("only")?;
    let newer = login(&erased, -2, &now().to_string());
    publisher.publish(Topic::Usage, &erased, now(), newer.as_bytes())?;
    publisher.finish()?;
    follower.until("the newer event is read", LIMIT, |seen| seen.taken() == total + 3)?;
    process.terminate(END_LIMIT)?;

    let counts = recount(broker, &installation)?;
    ensure!(counts.erased == 1 && counts.dead_letters == 0, "{counts}");
    let health = read_topic(&installation.config, &installation.config.topics.account_health)?;
    let said: Vec<_> = health[1]
        .iter()
        .filter(|record| record.key.as_deref() == Some(erased.as_bytes()))
        .map(|record| record.value.is_some())
        .collect();
    let tombstone = said.iter().position(|is_there| !is_there);
    let tombstone = tombstone.context("account health was not erased")?;
    ensure!(tombstone > 0 && said[tombstone + 1..] == [true], "of the erased account: {said:?}");
    Ok(())
}

fn erase(installation: &Installation, account: &str) -> anyhow::Result<()> {
    let producer: BaseProducer = ClientConfig::new()
        .set("bootstrap.servers", &installation.config.kafka.bootstrap)
        .create()?;
    let record: BaseRecord<'_, str, [u8]> =
        BaseRecord::to(&installation.config.topics.accounts).partition(1).key(account);
    producer.send(record).map_err(|(error, _)| error)?;
    Ok(producer.flush(LIMIT)?)
}
