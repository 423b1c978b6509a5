//! Kafka: the shell that feeds the engine and keeps what it says, exactly once.
//!
//! What an event means is the engine's business; pages and probes are `http/`.

pub mod clock;

pub mod partitioner;

pub mod client;

pub mod cluster;

pub mod topics;

pub mod probe;

pub mod status;

pub mod ffi;
