//! 200,000 events, two processes, one of them killed three times: the recount holds.
//!
//! What the recount compares is said in `recount.rs`.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use customer_pulse::engine::output::OutputTopic;
use customer_pulse::engine::time::Timestamp;
use customer_pulse::generate::world::Generated;
use customer_pulse::kafka::changelog::{Mark, Range};

use crate::broker::Broker;
use crate::follower::Follower;
use crate::history::{Record, read_topic};
use crate::installation::{Installation, now};
use crate::recount::recount;
use crate::tell;
use crate::worlds::{answers, world, write};

/// Events by default; `PULSE_TEST_EVENTS` sets another number.
const EVENTS: usize = 200_000;
/// Accounts of the generated world: with eight records each a day it fills about 130 days.
const ACCOUNTS: u32 = 200;
/// One event in so many lies before the end of the first day.
const FIRST_SHARE: usize = 8;
/// How long any one thing that is waited for may take.
const LIMIT: Duration = Duration::from_secs(240);
/// How long a process may take to end well.
const END_LIMIT: Duration = Duration::from_secs(25);

/// Kills one of two processes at 15, 35 and 55 % of the input; the third time it stays away until
/// the other one has taken a partition over.
pub(crate) fn kill_9(broker: &Broker) -> anyhow::Result<()> {
    let events = match std::env::var("PULSE_TEST_EVENTS") {
        Ok(text) => text.parse().context("PULSE_TEST_EVENTS is a number of events")?,
        Err(_) => EVENTS,
    };
    let mut installation = Installation::new(broker, "exactly-once", 6)?;
    // Short steps: the more transactions, the more there is to tear.
    installation.set("STEP__RECORDS_MAX", "500");
    installation.make_topics()?;
    let world = world(ACCOUNTS, events)?;
    let (history, rest) = world.split_at(events / FIRST_SHARE);
    write(&installation, history)?;
    let mut follower = Follower::new(&installation)?;
    let lived = live_the_first_day(&mut installation, &mut follower, history)?;
    // What follows is alerts and runs all along, and not the health of a first day.
    let answers = answers(&installation, rest[0].broker_at)?;
    write(&installation, &answers)?;
    write(&installation, rest)?;
    let events = events + answers.len();
    let total = i64::try_from(events)?;
    let watch = customer_pulse::kafka::clock::instant();
    let steady = installation.run("steady")?;
    let mut victim = installation.run("victim")?;
    let mut fences = 0;
    for (percent, is_taken_over) in [(15, false), (35, false), (55, true)] {
        follower.until("the victim works", LIMIT, |seen| {
            let is_live = seen.fences_by("victim") > fences && !seen.live_at("victim").is_empty();
            is_live && seen.taken() >= total * percent / 100
        })?;
        ensure!(follower.taken() < total, "all was read before the victim was killed");
        let orphaned = follower.live_at("victim");
        victim.kill_9()?;
        follower.look()?;
        fences = follower.fences_by("victim");
        if is_taken_over {
            follower.until("the other one takes over", LIMIT, |seen| {
                let live = seen.live_at("steady");
                orphaned.iter().any(|number| live.contains(number))
            })?;
        }
        victim = installation.run("victim")?;
    }
    follower.until("all is read", LIMIT, |seen| seen.taken() == total && seen.is_caught_up())?;
    tell(&format!("    {events} events in {:.1} s", watch.elapsed().as_secs_f64()));
    steady.terminate(END_LIMIT)?;
    victim.terminate(END_LIMIT)?;
    let counts = recount(broker, &installation)?;
    ensure!(counts.input == events, "{} of {events} events were counted", counts.input);
    ensure!(counts.duplicate > 0 && counts.assessed > 0, "{counts}");
    for topic in [OutputTopic::Alerts, OutputTopic::Playbooks, OutputTopic::Deliverables] {
        ensure!(counts.of(topic) > 0, "nothing was said on {}: {counts}", topic.name());
    }
    check_clock(&installation, &follower, &lived)
}

/// Lets one process catch up with a part of the history, at the end of that part; answers how
/// many marks each partition has then.
fn live_the_first_day(
    installation: &mut Installation,
    follower: &mut Follower,
    history: &[Generated],
) -> anyhow::Result<Vec<usize>> {
    let last = history.last().context("there is history")?;
    let behind_secs = now().millis_since(last.broker_at) / 1_000;
    installation.set("CLOCK__OFFSET", &format!("-{behind_secs}s"));
    let process = installation.run("first")?;
    let all = i64::try_from(history.len())?;
    follower.until("the first day ends", LIMIT, |seen| {
        let lasts = (0..seen.entries.len()).map(|number| seen.marks(number).next_back());
        let is_allotted = |(_, mark): (_, &Mark)| mark.baseline.day.is_some();
        seen.taken() == all && seen.is_caught_up() && lasts.flatten().any(is_allotted)
    })?;
    process.terminate(END_LIMIT)?;
    installation.set("CLOCK__OFFSET", "0s");
    follower.look()?;
    Ok((0..follower.entries.len()).map(|number| follower.marks(number).count()).collect())
}

/// No clock ran ahead of input that was there before the processes started.
///
/// Where more is held than may be, the order is best effort and the clock follows what was taken.
fn check_clock(
    installation: &Installation,
    follower: &Follower,
    lived: &[usize],
) -> anyhow::Result<()> {
    let read = |name: &str| read_topic(&installation.config, name);
    let inputs = installation.config.topics.inputs().into_iter().map(read);
    let inputs = inputs.collect::<Result<Vec<_>, _>>()?;
    for number in 0..follower.entries.len() {
        // On its first day the rest was not there, and the clock was that of the wall.
        let before = follower.marks(number).take(lived[number]).last();
        let mut taken_ms = before.map_or(0, |(_, mark)| mark.now.as_millis());
        for (_, mark) in follower.marks(number).skip(lived[number]) {
            let ranges = mark.ranges.iter().zip(&inputs);
            for (range, topic) in ranges.clone() {
                let taken =
                    &topic[number][usize::try_from(range.from)?..usize::try_from(range.to)?];
                taken_ms = taken.iter().map(|record| record.at_ms).fold(taken_ms, i64::max);
            }
            let next = |(range, topic): (&Range, &Vec<Vec<Record>>)| {
                Some(topic[number].get(usize::try_from(range.to).ok()?)?.at_ms)
            };
            let next_ms = ranges.filter_map(next).min().unwrap_or(i64::MAX);
            ensure!(
                mark.now.as_millis() <= taken_ms.max(next_ms),
                "partition {number}: step {} was at {}, before {} was read",
                mark.sequence,
                mark.now,
                Timestamp::from_millis(next_ms)
            );
        }
    }
    Ok(())
}
