//! How the loop may fail, and what each way asks for.
//!
//! Records that cannot be used are no failures: they become dead letters (`codec.rs`).

use rdkafka::error::{KafkaError, RDKafkaErrorCode};

/// Why a worker cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Another process has this instance name: the process must end and not be restarted.
    #[error(
        "another process runs under this instance name ({0}); give each process its own `instance`"
    )]
    Fenced(String),
    /// The producer lost its epoch: to another process of this name, or to a time-out of its own.
    #[error("the producer was fenced ({0})")]
    ProducerFenced(String),
    /// Producer, reader and engines are dropped and the worker starts afresh.
    #[error("{0}")]
    Restart(String),
    /// Nothing a restart would mend.
    #[error("{0}")]
    Fatal(String),
}

impl Failure {
    /// A restart because `what` failed.
    pub(super) fn restart(what: &'static str) -> impl FnOnce(KafkaError) -> Failure {
        move |error| Failure::of(what, &error)
    }

    /// The class of an error of librdkafka.
    pub(super) fn of(what: &str, error: &KafkaError) -> Failure {
        match error {
            KafkaError::Transaction(inner) => {
                Failure::of_code(inner.code(), &format!("{what}: {}", inner.string()))
            }
            other => match other.rdkafka_error_code() {
                Some(code) => Failure::of_code(code, &format!("{what}: {other}")),
                None => Failure::Restart(format!("{what}: {other}")),
            },
        }
    }

    /// The class of an error code of librdkafka.
    pub(super) fn of_code(code: RDKafkaErrorCode, reason: &str) -> Failure {
        match code {
            RDKafkaErrorCode::FencedInstanceId => Failure::Fenced(reason.to_owned()),
            RDKafkaErrorCode::Fenced
            | RDKafkaErrorCode::InvalidProducerEpoch
            | RDKafkaErrorCode::ProducerFenced => Failure::ProducerFenced(reason.to_owned()),
            _ => Failure::Restart(format!("{reason} ({code:?})")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_taken_name_ends_the_process_for_sure() {
        let of = |code| Failure::of_code(code, "x");
        assert!(matches!(of(RDKafkaErrorCode::FencedInstanceId), Failure::Fenced(_)));
        assert!(matches!(of(RDKafkaErrorCode::Fenced), Failure::ProducerFenced(_)));
        assert!(matches!(of(RDKafkaErrorCode::IllegalGeneration), Failure::Restart(_)));
        let timed_out = KafkaError::Flush(RDKafkaErrorCode::OperationTimedOut);
        assert!(matches!(Failure::of("commit", &timed_out), Failure::Restart(_)));
    }
}
