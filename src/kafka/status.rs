//! How the workers are doing, for probes and for those who wait for them: atomics, no lock.
//!
//! Figures over time are series (`telemetry.rs`); who acts on a stop is `cli/supervise.rs`.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::clock;

/// A worker that has not turned its loop for this long hangs: by then (`max.poll.interval.ms`) the
/// group has given its partitions to others.
pub const TURN_LIMIT: Duration = Duration::from_secs(120);

/// All workers of the process.
#[derive(Debug)]
pub struct Status {
    started_at: Instant,
    draining: AtomicBool,
    reloading: AtomicBool,
    /// Whether this process has a view that is not caught up.
    view_behind: AtomicBool,
    workers: Box<[WorkerStatus]>,
}

/// One worker.
#[derive(Debug, Default)]
pub struct WorkerStatus {
    /// Milliseconds from `started_at` to the last turn of the loop.
    turned_ms: AtomicU64,
    settled: AtomicBool,
    live: AtomicU32,
    restoring: AtomicU32,
    halted: AtomicU32,
}

/// How many partitions are in which state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Partitions {
    /// Up to date and answering.
    pub live: u32,
    /// Being read back.
    pub restoring: u32,
    /// Stopped for an operator to look at.
    pub halted: u32,
}

impl Status {
    /// The status of `workers` workers that are about to start.
    pub fn new(workers: u32) -> Self {
        let workers = (0..workers).map(|_| WorkerStatus::default()).collect();
        Self {
            started_at: clock::instant(),
            draining: AtomicBool::new(false),
            reloading: AtomicBool::new(false),
            view_behind: AtomicBool::new(false),
            workers,
        }
    }

    /// Asks every worker to finish its step, commit, and end.
    pub fn start_draining(&self) {
        self.draining.store(true, Ordering::Release);
    }

    /// Whether the workers are asked to end. Each looks at it once a turn.
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Acquire)
    }

    /// Asks for the model file to be read again and published.
    pub fn ask_to_reload(&self) {
        self.reloading.store(true, Ordering::Release);
    }

    /// Whether that was asked for since the last call.
    pub fn take_reload(&self) -> bool {
        self.reloading.swap(false, Ordering::AcqRel)
    }

    /// Notes a turn of a worker's loop.
    pub fn turned(&self, worker: u32) {
        let since = self.started_at.elapsed().as_millis();
        let ms = u64::try_from(since).unwrap_or(u64::MAX);
        self.of(worker).turned_ms.store(ms, Ordering::Relaxed);
    }

    /// Notes what a worker holds, once it has settled its first assignment and whenever it changes.
    pub fn settled(&self, worker: u32, partitions: Partitions) {
        let status = self.of(worker);
        status.live.store(partitions.live, Ordering::Relaxed);
        status.restoring.store(partitions.restoring, Ordering::Relaxed);
        status.halted.store(partitions.halted, Ordering::Relaxed);
        status.settled.store(true, Ordering::Release);
    }

    /// Notes whether the view was read to the end of the output topics.
    ///
    /// It may fall behind again and stay as it is: pages say how far they are behind.
    pub fn note_view(&self, is_ready: bool) {
        self.view_behind.store(!is_ready, Ordering::Relaxed);
    }

    /// What all workers hold together.
    pub fn partitions(&self) -> Partitions {
        self.workers.iter().map(WorkerStatus::partitions).fold(Partitions::default(), |sum, one| {
            Partitions {
                live: sum.live + one.live,
                restoring: sum.restoring + one.restoring,
                halted: sum.halted + one.halted,
            }
        })
    }

    /// Why the process should be killed; empty when it should not.
    pub fn hanging(&self) -> Vec<String> {
        let now = self.started_at.elapsed();
        let stuck = |(n, worker): (usize, &WorkerStatus)| {
            let turned = Duration::from_millis(worker.turned_ms.load(Ordering::Relaxed));
            let still = now.saturating_sub(turned);
            (still > TURN_LIMIT)
                .then(|| format!("worker {n} has not turned for {} s", still.as_secs()))
        };
        self.workers.iter().enumerate().filter_map(stuck).collect()
    }

    /// Why the process is not ready; empty when it is.
    pub fn unready(&self) -> Vec<String> {
        let mut reasons = Vec::new();
        if self.is_draining() {
            reasons.push("the process is ending".to_owned());
        }
        if self.view_behind.load(Ordering::Relaxed) {
            reasons.push("the view is not caught up".to_owned());
        }
        let joining = |worker: &&WorkerStatus| !worker.settled.load(Ordering::Acquire);
        let Partitions { restoring, halted, .. } = self.partitions();
        for (count, what) in [
            (self.workers.iter().filter(joining).count(), "workers have no assignment yet"),
            (restoring as usize, "partitions are being restored"),
            (halted as usize, "partitions are halted, the log says why and what to do"),
        ] {
            if count > 0 {
                reasons.push(format!("{count} {what}"));
            }
        }
        reasons
    }

    fn of(&self, worker: u32) -> &WorkerStatus {
        &self.workers[worker as usize]
    }
}

impl WorkerStatus {
    fn partitions(&self) -> Partitions {
        Partitions {
            live: self.live.load(Ordering::Relaxed),
            restoring: self.restoring.load(Ordering::Relaxed),
            halted: self.halted.load(Ordering::Relaxed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ready_is_settled_restored_and_not_ending() {
        let status = Status::new(2);
        assert_eq!(status.unready(), ["2 workers have no assignment yet"]);
        status.settled(0, Partitions { live: 1, restoring: 2, halted: 0 });
        // More workers than partitions: one without any is as ready as it will be.
        status.settled(1, Partitions::default());
        assert_eq!(status.unready(), ["2 partitions are being restored"]);
        status.settled(0, Partitions { live: 2, restoring: 0, halted: 1 });
        assert!(status.unready()[0].starts_with("1 partitions are halted"));
        status.settled(0, Partitions { live: 3, ..Partitions::default() });
        assert_eq!(status.unready(), [""; 0]);
        assert_eq!(status.partitions().live, 3);
        status.start_draining();
        assert_eq!(status.unready(), ["the process is ending"]);
    }

    #[test]
    fn a_worker_that_stands_still_hangs() {
        let mut status = Status::new(2);
        assert_eq!(status.hanging(), [""; 0]);
        status.started_at -= TURN_LIMIT * 2;
        status.turned(1);
        assert_eq!(status.hanging(), ["worker 0 has not turned for 240 s"]);
    }
}
