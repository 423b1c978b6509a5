//! The transactional producer of a worker: begin, send, wait for every delivery, commit.
//!
//! What is sent is made in `codec.rs` and `changelog.rs`; when, is said in `worker.rs`.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use rdkafka::TopicPartitionList;
use rdkafka::client::ClientContext;
use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use rdkafka::consumer::ConsumerGroupMetadata;
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::message::{DeliveryResult, Message, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer, ProducerContext};

use super::client;
use super::clock;
use super::failure::Failure;

/// How long one call of the transaction protocol may take, retries included.
const CALL_LIMIT: Duration = Duration::from_secs(10);
/// How long the deliveries of one transaction may take: the message time-out is 8 s.
const DELIVERY_LIMIT: Duration = Duration::from_secs(9);
/// How long the producer may take to fence its predecessor.
const INIT_LIMIT: Duration = Duration::from_secs(30);
/// How long one look at the delivery reports waits.
const POLL: Duration = Duration::from_millis(1);

/// A record to be sent, with an explicit partition.
pub(super) struct Outgoing<'a> {
    /// The topic's name.
    pub topic: &'a str,
    /// The partition number: that of the input.
    pub partition: i32,
    /// The key.
    pub key: Option<&'a [u8]>,
    /// The value; nothing deletes the key from a compacted topic.
    pub value: Option<&'a [u8]>,
    /// The headers.
    pub headers: Option<OwnedHeaders>,
    /// The record's own time, in milliseconds.
    pub timestamp_ms: i64,
}

/// Counts deliveries that failed.
#[derive(Default)]
struct Deliveries {
    /// The code of the last failure; 0 while there is none.
    failure: AtomicI64,
}

/// A producer inside or between transactions.
pub(super) struct Outbox {
    producer: BaseProducer<Deliveries>,
}

impl ClientContext for Deliveries {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        client::log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::warn!(client = "producer", %error, reason, "kafka client error");
    }
}

impl ProducerContext for Deliveries {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        if let Err((error, message)) = result {
            let code = error.rdkafka_error_code().unwrap_or(RDKafkaErrorCode::Unknown);
            if self.failure.swap(code as i64, Ordering::Relaxed) == 0 {
                tracing::warn!(topic = message.topic(), %error, "a record was not delivered");
            }
        }
    }
}

impl Outbox {
    /// Makes the producer and fences whoever had its `transactional.id` before.
    ///
    /// # Errors
    /// When the coordinator cannot be reached or refuses.
    pub(super) fn open(config: &ClientConfig) -> Result<Self, Failure> {
        let producer: BaseProducer<Deliveries> = config
            .create_with_context(Deliveries::default())
            .map_err(Failure::restart("creating the producer"))?;
        let outbox = Self { producer };
        outbox.call("init_transactions", INIT_LIMIT, |producer, limit| {
            producer.init_transactions(limit)
        })?;
        Ok(outbox)
    }

    /// Begins a transaction.
    ///
    /// # Errors
    /// When the producer is not between transactions.
    pub(super) fn begin(&self) -> Result<(), Failure> {
        self.producer.context().failure.store(0, Ordering::Relaxed);
        self.producer.begin_transaction().map_err(|error| Failure::of("begin_transaction", &error))
    }

    /// Hands a record to librdkafka, waiting while its queue is full.
    ///
    /// # Errors
    /// When it is refused, or the queue stays full.
    pub(super) fn send(&self, outgoing: Outgoing<'_>) -> Result<(), Failure> {
        let watch = clock::instant();
        let mut record = BaseRecord::<[u8], [u8]>::to(outgoing.topic)
            .partition(outgoing.partition)
            .timestamp(outgoing.timestamp_ms);
        if let Some(key) = outgoing.key {
            record = record.key(key);
        }
        if let Some(value) = outgoing.value {
            record = record.payload(value);
        }
        if let Some(headers) = outgoing.headers {
            record = record.headers(headers);
        }
        loop {
            match self.producer.send(record) {
                Ok(()) => return Ok(()),
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), back))
                    if watch.elapsed() < DELIVERY_LIMIT =>
                {
                    record = back;
                    self.producer.poll(POLL);
                }
                Err((error, _)) => {
                    let failure = Failure::of(&format!("sending to {}", outgoing.topic), &error);
                    return Err(self.fatal_or(failure));
                }
            }
        }
    }

    /// Ends the transaction: every record acknowledged, then the offsets, then the commit.
    ///
    /// A commit that is called with records in flight would wait in slices of 100 ms.
    ///
    /// # Errors
    /// When a record was not delivered or the coordinator refused; the transaction is then open
    /// or its outcome unknown, and the producer must be replaced.
    pub(super) fn commit(
        &self,
        offsets: Option<(&TopicPartitionList, &ConsumerGroupMetadata)>,
    ) -> Result<(), Failure> {
        self.await_deliveries()?;
        if let Some((offsets, generation)) = offsets {
            self.call("send_offsets_to_transaction", CALL_LIMIT, |producer, limit| {
                producer.send_offsets_to_transaction(offsets, generation, limit)
            })?;
        }
        self.call("commit_transaction", CALL_LIMIT, |producer, limit| {
            producer.commit_transaction(limit)
        })
    }

    fn await_deliveries(&self) -> Result<(), Failure> {
        let watch = clock::instant();
        while self.producer.in_flight_count() > 0 {
            if watch.elapsed() > DELIVERY_LIMIT {
                return Err(Failure::Restart("records were not acknowledged in time".to_owned()));
            }
            self.producer.poll(POLL);
        }
        match self.producer.context().failure.load(Ordering::Relaxed) {
            0 => Ok(()),
            code => Err(self
                .fatal_or(Failure::Restart(format!("a record was not delivered (code {code})")))),
        }
    }

    /// The producer's fatal error, of which `failure` is but a consequence; else `failure`.
    ///
    /// A fenced producer purges its queue, so a record that was not delivered may be all that is
    /// seen of the fence.
    fn fatal_or(&self, failure: Failure) -> Failure {
        match self.producer.client().fatal_error() {
            Some((code, reason)) => Failure::of_code(code, &reason),
            None => failure,
        }
    }

    /// Repeats a call as long as librdkafka calls its error retriable.
    fn call(
        &self,
        name: &str,
        limit: Duration,
        call: impl Fn(&BaseProducer<Deliveries>, Duration) -> KafkaResult<()>,
    ) -> Result<(), Failure> {
        let watch = clock::instant();
        loop {
            let left = limit.saturating_sub(watch.elapsed());
            match call(&self.producer, left) {
                Ok(()) => return Ok(()),
                Err(KafkaError::Transaction(error)) if error.is_retriable() && !left.is_zero() => {
                    tracing::debug!(call = name, error = %error, "retrying");
                }
                Err(error) => return Err(self.fatal_or(Failure::of(name, &error))),
            }
        }
    }
}
