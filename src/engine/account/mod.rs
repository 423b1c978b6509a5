//! An account: the facets that its events are folded into.
//!
//! What is believed about it is computed in `assess.rs`.

pub mod commercial;
pub mod feedback;
pub mod outcomes;
pub mod profile;
pub mod relationship;
pub mod support;
pub mod usage;
