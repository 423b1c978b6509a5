//! `pulse` watches every customer account of a software vendor as it happens.

pub mod config;
pub mod engine;
pub mod kafka;
