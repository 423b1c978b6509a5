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

pub mod setup;

pub mod failure;

mod membership;

mod reader;

pub mod held;

pub mod changelog;

pub mod codec;

mod producer;

mod partition;

mod restore;

mod census;

mod commit;

pub mod worker;

pub mod view_feed;

pub mod publisher;

pub mod ffi;
