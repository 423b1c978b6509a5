//! Why a broker cannot be reached, for those who ask once.
//!
//! How clients are set up, and what those that stay write to the log, is `client.rs`.

use std::sync::OnceLock;

use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::ConsumerContext;
use rdkafka::error::KafkaError;

use super::client;

/// Keeps the first reason why a broker cannot be reached and does not log it: for clients that ask
/// once, whose caller tells the reason.
#[derive(Debug, Default)]
pub(super) struct FirstFailure(OnceLock<String>);

impl FirstFailure {
    pub(super) fn reason(&self) -> Option<String> {
        self.0.get().cloned()
    }
}

impl ClientContext for FirstFailure {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        if facility == "FAIL" {
            // `[thrd:ADDRESS]: ADDRESS: REASON (after 0ms in state CONNECT)`
            let reason = message.splitn(3, ": ").last().unwrap_or(message);
            let reason = reason.split(" (after ").next().unwrap_or(reason);
            self.0.get_or_init(|| reason.to_owned());
        } else {
            client::log(level, facility, message);
        }
    }

    fn error(&self, _error: KafkaError, _reason: &str) {}
}

impl ConsumerContext for FirstFailure {}
