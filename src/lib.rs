//! `pulse` watches every customer account of a software vendor as it happens.

pub mod engine;
pub mod generate;
