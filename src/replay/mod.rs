//! Events of a file, a story or a topic, taken again: what a live service would have said.
//!
//! It needs no broker, no clock and no disk: files are opened and lines written in `cli/replay`,
//! topics are read in `kafka/range.rs`, and what is believed and said is the engine's.
//!
//! Reading order: [`mod@line`] and [`story`] make records, [`history`] holds and orders them,
//! [`live`] lets an engine hear them one by one, [`as_of`] folds them up to given instants.

pub mod history;

pub mod line;

pub mod story;

pub mod live;

pub mod as_of;
