//! Topics replayed, and an account explained from what the service published.
//!
//! What a replay says is compared in `tests/replay/`, where its inputs are files.

use std::process::Output;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use serde_json::Value;

use crate::broker::Broker;
use crate::follower::Follower;
use crate::history::read_topic;
use crate::installation::Installation;
use crate::worlds::write_world;

/// How long any one thing that is waited for may take.
const LIMIT: Duration = Duration::from_secs(90);
/// How long a process may take to end well.
const END_LIMIT: Duration = Duration::from_secs(25);
const EVENTS: i64 = 4_000;

/// All events of the topics are replayed, a stretch of them too; the newest record is explained.
pub(crate) fn topics_and_newest_records(broker: &Broker) -> anyhow::Result<()> {
    let installation = Installation::new(broker, "replay", 3)?;
    installation.make_topics()?;
    write_world(&installation, 40, usize::try_from(EVENTS)?)?;
    let mut follower = Follower::new(&installation)?;
    let process = installation.run("only")?;
    follower.until("all is read", LIMIT, |seen| seen.taken() == EVENTS)?;
    process.terminate(END_LIMIT)?;

    let pulse = |arguments: &[&str]| -> anyhow::Result<Output> {
        let done = installation.command(arguments).output()?;
        let errors = String::from_utf8_lossy(&done.stderr);
        ensure!(done.status.success(), "{arguments:?}: {errors}");
        Ok(done)
    };
    let all = pulse(&["replay", "kafka:"])?;
    let told = String::from_utf8(all.stderr)?;
    ensure!(told.contains(&format!("{EVENTS} events")), "{told}");
    let lines = String::from_utf8(all.stdout)?;
    let again = pulse(&["replay", "kafka:"])?;
    ensure!(lines.as_bytes() == again.stdout, "two replays differ");
    let middle = lines.lines().nth(lines.lines().count() / 2).context("few outputs")?;
    let middle: Value = serde_json::from_str(middle)?;
    let middle = middle["at"].as_str().context("an instant")?;
    let first = pulse(&["replay", "kafka:", "--to", middle])?;
    let second = pulse(&["replay", "kafka:", "--from", middle])?;
    let taken = |run: &Output| -> anyhow::Result<i64> {
        let told = String::from_utf8_lossy(&run.stderr);
        let line = told.lines().find_map(|line| line.strip_prefix("pulse: "));
        let word = line.and_then(|line| line.split(' ').next());
        word.and_then(|word| word.parse().ok()).with_context(|| format!("no count: {told}"))
    };
    let counts = (taken(&first)?, taken(&second)?);
    ensure!(counts.0 > 0 && counts.1 > 0 && counts.0 + counts.1 == EVENTS, "{counts:?}");

    let published = read_topic(&installation.config, &installation.config.topics.account_health)?;
    let last = published.iter().flatten().next_back().context("nothing was published")?;
    let key = last.key.as_deref().context("a key")?;
    let mut of_key = published.iter().flatten();
    let newest = of_key.rfind(|record| record.key.as_deref() == Some(key));
    let newest = newest.and_then(|record| record.value.as_deref()).context("a value")?;
    let account = std::str::from_utf8(key)?;
    let found = pulse(&["explain", account, "--json"])?;
    ensure!(found.stdout.trim_ascii_end() == newest, "another record was found");
    let words = String::from_utf8(pulse(&["explain", account])?.stdout)?;
    ensure!(words.starts_with(account) && words.contains("\nHealth "), "{words}");
    let nobody = installation.command(&["explain", "nobody"]).output()?;
    ensure!(nobody.status.code() == Some(1), "an unknown account is an error");
    Ok(())
}
