//! Kafka: the shell that feeds the engine and keeps what it says, exactly once.
//!
//! What an event means is the engine's business; pages and probes are `http/`. The contract, in
//! the order in which a record meets it:
//!
//! **One partition number is one unit** across the eight input topics. A worker ([`worker`]) is a
//! thread with a group member that fetches nothing, a reader with explicit offsets, a
//! transactional producer, and one engine a partition number. Workers share nothing: a second one
//! here and one in another process are the same thing.
//!
//! **A step** takes held records in broker-time order ([`held`]), folds them, decides, and ends in
//! one transaction: outputs, dead letters, state records, the mark ([`changelog`]) and the offsets
//! of all eight topics with the mark's sequence as their metadata. Every record is acknowledged
//! before the offsets are sent, and the offsets carry the generation in which the partitions were
//! settled. So a worker that lost its partitions can neither commit nor leave half of a step.
//!
//! **Outputs are a function of input and marks.** The mark says what was applied and as of when;
//! a recount from both, and from the snapshots of the fleet beside the marks, gives every record
//! again.
//!
//! **The fleet** is what all partitions say of themselves: each writes its part in its transaction,
//! and each says in its changelog which snapshot of the whole it uses from which step on.
//!
//! **The model** in force is the newest valid record of a topic of its own ([`model_topic`]). One
//! thread reads it ([`model_feed`]); a partition takes a model between two transactions and says so
//! in its mark, and is restored only where that model, or a newer one, was read.
//!
//! **A restore** writes a fence in a transaction of its own and reads the changelog up to it: all
//! older transactions are resolved then. Mark and committed offsets must agree, else the
//! partition is halted. Nothing restarts silently from zero.
//!
//! **Recovery is start-up.** A retriable error repeats the same call; a taken name ends the
//! process; after anything else the worker drops what it has and starts afresh ([`failure`]).

pub mod clock;

pub mod partitioner;

pub mod client;

mod first_failure;

pub mod cluster;

pub mod topics;

pub mod probe;

pub mod status;

pub mod setup;

pub mod failure;

mod membership;

mod reader;

pub mod model_record;

pub mod model_topic;

pub mod model_feed;

pub mod held;

pub mod changelog;

pub mod codec;

mod producer;

mod partition;

mod offsets;

mod restore;

mod fleet;

mod assignment;

mod census;

mod commit;

pub mod worker;

mod catch_up;

pub mod view_feed;

pub mod publisher;

pub mod commands;

pub mod range;

pub mod ffi;
