//! `pulse` watches every customer account of a software vendor as it happens.

pub mod config;
pub mod telemetry;

pub mod engine;
pub mod kafka;

pub mod cli;
pub mod http;
