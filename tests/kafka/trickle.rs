//! A steady trickle of input into every partition while a test waits for something.
//!
//! Whole worlds of events come from `customer_pulse::generate`.

use std::time::Duration;

use anyhow::bail;
use customer_pulse::config::Partitioner;
use customer_pulse::engine::event::Topic;
use customer_pulse::kafka::clock::Deadline;
use customer_pulse::kafka::partitioner::partition_of;
use customer_pulse::kafka::publisher::Publisher;

use crate::follower::Follower;
use crate::installation::{Installation, now};

/// An account of each partition and a producer that writes about it.
pub(crate) struct Trickle {
    publisher: Publisher,
    accounts: Vec<String>,
    /// Records written.
    pub(crate) written: i64,
}

impl Trickle {
    /// Nothing is written yet.
    pub(crate) fn new(installation: &Installation) -> anyhow::Result<Self> {
        let partitions = installation.config.topics.partitions;
        let accounts = (0..partitions).map(|number| account_in(number, partitions)).collect();
        Ok(Self { publisher: installation.publisher()?, accounts, written: 0 })
    }

    /// Writes `rounds` logins to every partition.
    pub(crate) fn write(&mut self, rounds: u32) -> anyhow::Result<()> {
        for _ in 0..rounds {
            for account in &self.accounts {
                let at = now();
                let value = login(account, self.written, &at.to_string());
                self.publisher.publish(Topic::Usage, account, at, value.as_bytes())?;
                self.written += 1;
            }
        }
        Ok(self.publisher.finish()?)
    }

    /// Goes on writing until something holds.
    pub(crate) fn until(
        &mut self,
        follower: &mut Follower,
        what: &str,
        limit: Duration,
        mut holds: impl FnMut(&Follower) -> bool,
    ) -> anyhow::Result<()> {
        let deadline = Deadline::after(limit);
        loop {
            self.write(1)?;
            follower.look()?;
            if holds(follower) {
                return Ok(());
            }
            if deadline.is_over() {
                bail!("waited {limit:?} for: {what} ({})", follower.state());
            }
        }
    }
}

/// An account whose records belong to partition `number` of `partitions`.
pub(crate) fn account_in(number: u32, partitions: u32) -> String {
    let lies_there = |account: &String| {
        let place = partition_of(Partitioner::Murmur2, account.as_bytes(), partitions);
        place.is_some_and(|place| place.cast_unsigned() == number)
    };
    (0..).map(|n| format!("account-{n}")).find(lies_there).expect("hashes reach every partition")
}

/// A login as JSON; `n` tells events and users apart.
pub(crate) fn login(account: &str, n: i64, ts: &str) -> String {
    let user = n % 7;
    format!(
        r#"{{"event_id":"e{n}","account_id":"{account}","type":"login","ts":"{ts}",
            "user_id":"u{user}"}}"#
    )
}
