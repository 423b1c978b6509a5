//! A process that stands still for longer than its session and then goes on as if nothing was.
//!
//! Processes that end are in `exactly_once.rs` and `restart.rs`.

use std::time::Duration;

use anyhow::ensure;

use crate::broker::Broker;
use crate::follower::Follower;
use crate::installation::Installation;
use crate::recount::recount;
use crate::trickle::Trickle;
use crate::worlds::write_world;

/// How long any one thing that is waited for may take.
const LIMIT: Duration = Duration::from_secs(90);
/// How long a process may take to end well.
const END_LIMIT: Duration = Duration::from_secs(25);

/// What it had begun is refused; it joins anew, and nothing is said twice.
pub(crate) fn a_stopped_process(broker: &Broker) -> anyhow::Result<()> {
    let installation = Installation::new(broker, "zombie", 4)?;
    installation.make_topics()?;
    write_world(&installation, 40, 8_000)?;
    let mut follower = Follower::new(&installation)?;
    let mut trickle = Trickle::new(&installation)?;
    let (zombie, other) = (installation.run("a")?, installation.run("b")?);
    let both_work = |seen: &Follower| seen.live_at("a").len() == 2 && seen.live_at("b").len() == 2;
    trickle.until(&mut follower, "both work", LIMIT, both_work)?;
    zombie.signal("STOP")?;
    trickle.until(&mut follower, "the other one takes over", LIMIT, |seen| {
        seen.live_at("b").len() == 4
    })?;
    zombie.signal("CONT")?;
    trickle.until(&mut follower, "both work again", LIMIT, both_work)?;
    let total = 8_000 + trickle.written;
    follower.until("all is read", LIMIT, |seen| seen.taken() == total && seen.is_caught_up())?;
    zombie.terminate(END_LIMIT)?;
    other.terminate(END_LIMIT)?;
    let counts = recount(broker, &installation)?;
    ensure!(counts.dead_letters == 0, "{counts}");
    Ok(())
}
