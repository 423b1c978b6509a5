//! Follows marks and fences of an installation while it works: what tests wait for.
//!
//! Whether they are right is judged afterwards, in `recount.rs`.

use std::time::Duration;

use anyhow::{Context as _, bail};
use customer_pulse::kafka::changelog::{self, Fence, Key, Mark};
use customer_pulse::kafka::clock::Deadline;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::Message;
use rdkafka::{Offset, TopicPartitionList};

use crate::history;
use crate::installation::Installation;

/// How long one look for news waits.
const POLL: Duration = Duration::from_millis(50);

/// What the changelog says about the progress of a partition.
pub(crate) enum News {
    /// A step was committed.
    Mark(Box<Mark>),
    /// Somebody began to restore.
    Fence(Fence),
}

/// One entry and the time of its record.
pub(crate) struct Entry {
    /// Wall clock of whoever wrote it.
    pub(crate) at_ms: i64,
    /// What it says.
    pub(crate) news: News,
}

/// A reader at the end of the changelog.
pub(crate) struct Follower {
    consumer: BaseConsumer,
    /// All entries so far, by partition number.
    pub(crate) entries: Vec<Vec<Entry>>,
}

impl Follower {
    /// Begins at the beginning.
    pub(crate) fn new(installation: &Installation) -> anyhow::Result<Self> {
        let config = &installation.config;
        let consumer: BaseConsumer = history::reader(config).create().context("a follower")?;
        let mut list = TopicPartitionList::new();
        for number in 0..config.topics.partitions.cast_signed() {
            let changelog = &config.topics.pulse_changelog;
            list.add_partition_offset(changelog, number, Offset::Beginning)?;
        }
        consumer.assign(&list)?;
        let entries = (0..config.topics.partitions).map(|_| Vec::new()).collect();
        Ok(Self { consumer, entries })
    }

    /// Takes what is new, waiting a moment for the first.
    pub(crate) fn look(&mut self) -> anyhow::Result<()> {
        let mut wait = POLL;
        while let Some(message) = self.consumer.poll(wait) {
            let message = message?;
            wait = Duration::ZERO;
            let Some(value) = message.payload() else { continue };
            let news = match Key::decode(message.key().unwrap_or_default())? {
                Key::Mark => News::Mark(Box::new(Mark::decode(value)?)),
                Key::Fence => News::Fence(changelog::decode(value)?),
                Key::State(..) | Key::Part | Key::Fleet => continue,
            };
            let at_ms = message.timestamp().to_millis().unwrap_or_default();
            let number = usize::try_from(message.partition())?;
            self.entries[number].push(Entry { at_ms, news });
        }
        Ok(())
    }

    /// Looks until something holds.
    pub(crate) fn until(
        &mut self,
        what: &str,
        limit: Duration,
        mut holds: impl FnMut(&Self) -> bool,
    ) -> anyhow::Result<()> {
        let deadline = Deadline::after(limit);
        loop {
            self.look()?;
            if holds(self) {
                return Ok(());
            }
            if deadline.is_over() {
                bail!("waited {limit:?} for: {what} ({})", self.state());
            }
        }
    }

    /// The marks of a partition.
    pub(crate) fn marks(&self, number: usize) -> impl DoubleEndedIterator<Item = (i64, &Mark)> {
        self.entries[number].iter().filter_map(|entry| match &entry.news {
            News::Mark(mark) => Some((entry.at_ms, &**mark)),
            News::Fence(_) => None,
        })
    }

    /// The fences of a partition: who began to restore.
    pub(crate) fn fences(&self, number: usize) -> impl DoubleEndedIterator<Item = &str> {
        self.entries[number].iter().filter_map(|entry| match &entry.news {
            News::Fence(fence) => Some(fence.instance.as_str()),
            News::Mark(_) => None,
        })
    }

    /// Fences by the first worker of `instance` on all partitions.
    pub(crate) fn fences_by(&self, instance: &str) -> usize {
        let task = format!("{instance}-0");
        (0..self.entries.len())
            .flat_map(|number| self.fences(number))
            .filter(|by| **by == *task)
            .count()
    }

    /// The partitions that `instance` restored last and has committed a step of since then.
    pub(crate) fn live_at(&self, instance: &str) -> Vec<usize> {
        let task = format!("{instance}-0");
        let is_live = |number: &usize| {
            self.fences(*number).next_back() == Some(&*task)
                && matches!(self.entries[*number].last(), Some(Entry { news: News::Mark(_), .. }))
        };
        (0..self.entries.len()).filter(is_live).collect()
    }

    /// Records that committed steps have taken, over all topics and partitions.
    pub(crate) fn taken(&self) -> i64 {
        let last = |number| self.marks(number).next_back();
        (0..self.entries.len())
            .filter_map(last)
            .flat_map(|(_, mark)| mark.ranges.iter().map(|range| range.to))
            .sum()
    }

    /// Whether every partition has read all of its input once.
    pub(crate) fn is_caught_up(&self) -> bool {
        let last = |number| self.marks(number).next_back();
        (0..self.entries.len()).all(|n| last(n).is_some_and(|(_, it)| it.caught_up_at.is_some()))
    }

    /// The longest time between consecutive marks of a partition from `since_ms` on, in ms.
    pub(crate) fn longest_pause_ms(&self, number: usize, since_ms: i64) -> i64 {
        let times: Vec<_> = self.marks(number).map(|(at_ms, _)| at_ms).collect();
        times
            .windows(2)
            .filter(|pair| pair[1] >= since_ms)
            .map(|pair| pair[1] - pair[0])
            .max()
            .unwrap_or(0)
    }

    /// How far it is, in words.
    pub(crate) fn state(&self) -> String {
        let of = |number: usize| {
            let sequence = self.marks(number).next_back().map_or(0, |(_, mark)| mark.sequence);
            let fences: Vec<_> = self.fences(number).collect();
            format!("{number}: step {sequence}, fences {}", fences.join(" "))
        };
        let all: Vec<_> = (0..self.entries.len()).map(of).collect();
        format!("{} records taken; {}", self.taken(), all.join("; "))
    }
}
