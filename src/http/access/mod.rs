//! Who asks, and what they may see.
//!
//! Stands in until the branch `access` brings its own.

use std::sync::Arc;

use compact_str::CompactString;

/// Someone who asks.
#[derive(Clone, Debug)]
pub struct Viewer {
    /// Their name.
    pub name: CompactString,
    /// What they may do.
    pub role: Role,
    /// The managers whose accounts they may see; nothing for all.
    pub csms: Option<Arc<[CompactString]>>,
}

/// What someone may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Look.
    Viewer,
    /// Work on accounts.
    Csm,
    /// Everything.
    Admin,
}
