//! `pulse` watches every customer account of a software vendor as it happens.
//!
//! This is the map; nothing lives here. An account is a fold over its events, and everything said
//! about it is a function of the account, the model and the time. Five verbs, each in one place:
//!
//! ```text
//!  input topics ─► kafka::worker ─► engine: decode ─► apply ─► assess ─► decide
//!                       │                                                  │
//!                       └── commit: outputs, state, mark, offsets ◄────────┘
//!  output topics ─► kafka::view_feed ─► view ─► http
//! ```
//!
//! Layers, below in reading order: `engine ◄ view ◄ kafka ◄ http ◄ cli`, imports point left only;
//! `config` and `telemetry` stand beside the shell, `generate` and `replay` use the engine alone.
//! `tests/tidy` holds them to it; `docs/architecture.md` says why.

pub mod engine;

pub mod generate;

pub mod replay;

pub mod view;

pub mod config;

pub mod telemetry;

pub mod kafka;

pub mod http;

pub mod cli;
