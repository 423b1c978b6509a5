//! Processes that come and go under load: what stays goes on, what moves is restored.
//!
//! A process that stands still and comes back is in `zombie.rs`.

use std::time::Duration;

use anyhow::ensure;

use crate::broker::Broker;
use crate::follower::Follower;
use crate::installation::{Installation, now};
use crate::recount::recount;
use crate::trickle::Trickle;
use crate::worlds::write_world;

/// How long any one thing that is waited for may take.
const LIMIT: Duration = Duration::from_secs(60);
/// How long a process may take to end well.
const END_LIMIT: Duration = Duration::from_secs(25);
/// How long a partition that stays may stand still.
const PAUSE_MAX_MS: i64 = 5_000;

/// The older of two processes of one name ends with exit code 70, the newer one goes on.
pub(crate) fn a_taken_name(broker: &Broker) -> anyhow::Result<()> {
    let installation = Installation::new(broker, "taken-name", 2)?;
    installation.make_topics()?;
    let mut follower = Follower::new(&installation)?;
    let mut trickle = Trickle::new(&installation)?;
    let mut older = installation.run("twin")?;
    trickle.until(&mut follower, "the older one works", LIMIT, |seen| {
        seen.live_at("twin").len() == 2
    })?;
    let fences = follower.fences_by("twin");
    let newer = installation.run("twin")?;
    trickle.until(&mut follower, "the newer one works", LIMIT, |seen| {
        seen.fences_by("twin") >= fences + 2 && seen.live_at("twin").len() == 2
    })?;
    let code = older.await_exit(LIMIT)?;
    ensure!(code == 70, "the older one ended with {code}: {older}");
    let log = older.log()?;
    ensure!(log.contains("another process"), "its log does not say why: {older}");
    let written = trickle.written;
    follower.until("all is read", LIMIT, |seen| seen.taken() == written)?;
    newer.terminate(END_LIMIT)?;
    recount(broker, &installation)?;
    Ok(())
}

/// Partitions that stay are not restored and stand still for at most 5 s.
pub(crate) fn a_third_joins_and_leaves(broker: &Broker) -> anyhow::Result<()> {
    let installation = Installation::new(broker, "third", 6)?;
    installation.make_topics()?;
    write_world(&installation, 60, 10_000)?;
    let mut follower = Follower::new(&installation)?;
    let mut trickle = Trickle::new(&installation)?;
    let pair = [installation.run("a")?, installation.run("b")?];
    trickle.until(&mut follower, "two processes have caught up", LIMIT, |seen| {
        seen.is_caught_up() && seen.live_at("a").len() == 3 && seen.live_at("b").len() == 3
    })?;
    let third = installation.run("c")?;
    check_move(&mut follower, &mut trickle, "the third works", |seen| {
        ["a", "b", "c"].iter().all(|instance| seen.live_at(instance).len() == 2)
    })?;
    third.terminate(END_LIMIT)?;
    check_move(&mut follower, &mut trickle, "two take over from the third", |seen| {
        seen.live_at("a").len() == 3 && seen.live_at("b").len() == 3
    })?;
    let total = 10_000 + trickle.written;
    follower.until("all is read", LIMIT, |seen| seen.taken() == total)?;
    for process in pair {
        process.terminate(END_LIMIT)?;
    }
    recount(broker, &installation)?;
    Ok(())
}

/// Waits until partitions have moved and go on where they are now, then looks at all of them.
fn check_move(
    follower: &mut Follower,
    trickle: &mut Trickle,
    what: &str,
    has_moved: impl Fn(&Follower) -> bool,
) -> anyhow::Result<()> {
    let since_ms = now().as_millis();
    let partitions = 0..follower.entries.len();
    let fences = |seen: &Follower, number| seen.fences(number).count();
    let before: Vec<_> = partitions.clone().map(|number| fences(follower, number)).collect();
    trickle.until(follower, what, LIMIT, has_moved)?;
    let moved_ms = now().as_millis();
    trickle.until(follower, "every partition goes on", LIMIT, |seen| {
        let last_ms = |number| seen.marks(number).next_back().map_or(0, |(at_ms, _)| at_ms);
        partitions.clone().all(|number| last_ms(number) > moved_ms)
    })?;
    let (stayed, moved): (Vec<_>, Vec<_>) =
        partitions.partition(|number| fences(follower, *number) == before[*number]);
    let pauses = |numbers: &[usize]| -> Vec<_> {
        numbers.iter().map(|number| follower.longest_pause_ms(*number, since_ms)).collect()
    };
    let (still, away) = (pauses(&stayed), pauses(&moved));
    crate::tell(&format!(
        "    {what}: partitions {stayed:?} stayed (longest pauses {still:?} ms), {moved:?} moved \
         ({away:?} ms)"
    ));
    ensure!(!stayed.is_empty() && !moved.is_empty(), "{stayed:?} stayed, {moved:?} moved");
    ensure!(still.iter().all(|ms| *ms <= PAUSE_MAX_MS), "stood still for {still:?} ms: {stayed:?}");
    Ok(())
}
