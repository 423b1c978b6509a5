//! Commands that come by HTTP become events of `cs.commands`: one thread sends them, and whoever
//! asked waits until the broker has theirs.
//!
//! What a command may say is checked where it comes in (`http/api/commands.rs`); what it sets in
//! motion is decided by the engine once it is read back.

use std::time::Duration;

use anyhow::Context as _;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::KafkaError;
use rdkafka::message::DeliveryResult;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _, ProducerContext};
use tokio::sync::{mpsc, oneshot};

use super::client;
use crate::config::Config;
use crate::engine::time::Timestamp;

/// How long the broker may take.
const LIMIT: Duration = Duration::from_secs(5);
/// The same for librdkafka, which must have given up before whoever waits does.
const LIMIT_MS: &str = "4500";
/// How many commands may wait; more are refused at once.
const WAITING_MAX: usize = 256;
/// How long one look at the delivery reports waits while a record is under way.
const POLL: Duration = Duration::from_millis(5);

/// Where commands are handed in.
#[derive(Clone, Debug)]
pub struct Commands {
    sender: mpsc::Sender<Command>,
}

/// Where they come out.
#[derive(Debug)]
pub struct CommandQueue {
    receiver: mpsc::Receiver<Command>,
}

/// A command as an event, and who waits for it.
#[derive(Debug)]
pub struct Command {
    /// The partition number of its account.
    pub partition: i32,
    /// The account.
    pub account_id: String,
    /// When it was given.
    pub at: Timestamp,
    /// The event, as JSON.
    pub value: Vec<u8>,
    receipt: Receipt,
}

/// Why a producer sends no more.
#[derive(PartialEq, Eq)]
enum Ended {
    /// Nobody can hand in a command any more.
    Asked,
    /// It failed for good; another one may not.
    Fatal,
}

/// Tells whoever waits how it ended.
type Receipt = oneshot::Sender<Result<(), NotTaken>>;

/// The broker does not have a command, as far as is known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotTaken {
    /// Too many wait.
    #[error("too many commands wait for the broker")]
    Busy,
    /// The broker did not answer in time: it may have the command or not.
    #[error("the broker did not answer in time")]
    Silent,
    /// It was refused.
    #[error("the command could not be written: {0}")]
    Refused(String),
}

/// Both ends of the way that commands take.
pub fn channel() -> (Commands, CommandQueue) {
    let (sender, receiver) = mpsc::channel(WAITING_MAX);
    (Commands { sender }, CommandQueue { receiver })
}

impl Commands {
    /// Waits until the broker has a command.
    ///
    /// # Errors
    /// When it has not, or nobody knows.
    pub async fn publish(
        &self,
        partition: i32,
        account_id: &str,
        at: Timestamp,
        value: Vec<u8>,
    ) -> Result<(), NotTaken> {
        let (receipt, answer) = oneshot::channel();
        let account_id = account_id.to_owned();
        let command = Command { partition, account_id, at, value, receipt };
        self.sender.try_send(command).map_err(|_| NotTaken::Busy)?;
        match tokio::time::timeout(LIMIT, answer).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) | Err(_) => Err(NotTaken::Silent),
        }
    }
}

impl CommandQueue {
    /// The next command; nothing once nobody can hand one in.
    pub async fn next(&mut self) -> Option<Command> {
        self.receiver.recv().await
    }

    /// A command that waits, if one does.
    pub fn next_waiting(&mut self) -> Option<Command> {
        self.receiver.try_recv().ok()
    }

    /// Sends commands until nobody can hand one in any more; a thread of its own does it.
    ///
    /// # Errors
    /// When librdkafka refuses the configuration.
    pub fn run(mut self, config: &Config) -> anyhow::Result<()> {
        let mut properties = client::publisher(config, "commands");
        properties.set("message.timeout.ms", LIMIT_MS);
        properties.set("linger.ms", "0");
        loop {
            let producer: BaseProducer<Receipts> = properties
                .create_with_context(Receipts)
                .context("the producer of commands cannot be made")?;
            if self.send_with(&producer, &config.topics.commands) == Ended::Asked {
                return Ok(());
            }
            tracing::warn!("the producer of commands is made anew");
        }
    }

    fn send_with(&mut self, producer: &BaseProducer<Receipts>, topic: &str) -> Ended {
        loop {
            if producer.in_flight_count() == 0 {
                if producer.client().fatal_error().is_some() {
                    return Ended::Fatal;
                }
                let Some(command) = self.receiver.blocking_recv() else { return Ended::Asked };
                command.send(producer, topic);
            }
            while let Ok(command) = self.receiver.try_recv() {
                command.send(producer, topic);
            }
            producer.poll(POLL);
        }
    }
}

impl Command {
    /// Tells whoever waits how it ended.
    pub fn done(self, result: Result<(), NotTaken>) {
        tell(self.receipt, result);
    }

    fn send(self, producer: &BaseProducer<Receipts>, topic: &str) {
        let record = BaseRecord::with_opaque_to(topic, Box::new(self.receipt))
            .partition(self.partition)
            .key(self.account_id.as_bytes())
            .payload(&self.value)
            .timestamp(self.at.as_millis());
        if let Err((error, record)) = producer.send(record) {
            tell(*record.delivery_opaque, Err(NotTaken::Refused(error.to_string())));
        }
    }
}

/// Hands each delivery report to whoever waits for it.
struct Receipts;

impl ClientContext for Receipts {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        client::log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::warn!(client = "commands", %error, reason, "kafka client error");
    }
}

impl ProducerContext for Receipts {
    type DeliveryOpaque = Box<Receipt>;

    fn delivery(&self, result: &DeliveryResult<'_>, receipt: Box<Receipt>) {
        let result = match result {
            Ok(_) => Ok(()),
            Err((error, _)) => {
                tracing::warn!(%error, "a command was not delivered");
                Err(NotTaken::Silent)
            }
        };
        tell(*receipt, result);
    }
}

fn tell(receipt: Receipt, result: Result<(), NotTaken>) {
    if receipt.send(result).is_err() {
        tracing::debug!("whoever gave the command does not wait any more");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Timestamp = Timestamp::from_millis(1_700_000_000_000);

    #[tokio::test]
    async fn who_asks_hears_how_it_ended() {
        let (commands, mut queue) = channel();
        for ending in [Ok(()), Err(NotTaken::Silent)] {
            let asked = async { commands.publish(3, "acme", AT, b"{}".to_vec()).await };
            let told = ending.clone();
            let answered = async {
                let command = queue.next().await.unwrap();
                assert_eq!((command.partition, &*command.account_id), (3, "acme"));
                command.done(told);
            };
            assert_eq!(tokio::join!(asked, answered).0, ending);
        }
    }

    #[tokio::test]
    async fn nobody_waits_in_a_queue_that_is_full_or_gone() {
        let (commands, queue) = channel();
        drop(queue);
        assert_eq!(commands.publish(0, "acme", AT, Vec::new()).await, Err(NotTaken::Busy));
    }
}
