//! The engine: pure and synchronous, from bytes to alerts.
//!
//! No clock, no network, no disk, no thread and no chance: those belong to `kafka/` and `cli/`.

pub mod time;

pub mod id;

pub mod stamp;

pub mod window;

pub mod field;

pub mod event;

pub mod command;

pub mod decode;

pub mod account;

pub mod metric;

pub mod model;

pub mod assess;
