//! Read copies built from the output topics: what pages, programs and terminals are shown.
//!
//! Nothing is computed about an account here: its figures are those that were published. One
//! [`writer::Writer`] takes records in and publishes a [`snapshot::Snapshot`] now and then; readers
//! hold the one that they began with, and no lock.

use std::sync::Arc;

use tokio::sync::watch;

use snapshot::Snapshot;

pub mod account;
pub mod answers;
pub mod attention;
pub mod changes;
pub mod figures;
pub mod first;
mod ids;
pub mod list;
mod pack;
pub mod pressing;
#[cfg(test)]
mod samples;
mod slot;
pub mod snapshot;
#[cfg(test)]
mod tests;
pub mod timeline;
pub mod writer;

/// Where the newest snapshot is to be had.
#[derive(Clone, Debug)]
pub struct View {
    snapshots: watch::Receiver<Arc<Snapshot>>,
}

impl View {
    fn new(snapshots: watch::Receiver<Arc<Snapshot>>) -> Self {
        Self { snapshots }
    }

    /// The newest snapshot.
    pub fn latest(&self) -> Arc<Snapshot> {
        Arc::clone(&self.snapshots.borrow())
    }

    /// Waits for a snapshot that this copy of the view has not seen; nothing when none will come.
    pub async fn changed(&mut self) -> Option<Arc<Snapshot>> {
        self.snapshots.changed().await.ok()?;
        Some(Arc::clone(&self.snapshots.borrow_and_update()))
    }
}
