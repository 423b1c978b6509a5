//! `pulse` watches every customer account of a software vendor as it happens.

pub mod engine;

pub mod generate;

pub mod view;

pub mod config;

pub mod telemetry;

pub mod kafka;

pub mod http;

pub mod cli;
