//! Starts the workers and the HTTP servers, waits for a signal, ends the process in time.
//!
//! What a worker does is `kafka/worker.rs`; how a command maps to a worker is the command's file.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, watch};

use crate::cli::Exit;
use crate::config::Config;
use crate::http;
use crate::http::access::Access;
use crate::kafka::ffi;
use crate::kafka::status::Status;
use crate::telemetry::Telemetry;

/// How long requests that are under way may take once the workers have ended.
const HTTP_LIMIT: Duration = Duration::from_secs(2);

/// How a worker ended.
#[derive(Debug)]
pub enum End {
    /// It was asked to, and committed what it had.
    Drained,
    /// Another process took its place in the group or its transactional id.
    Replaced,
    /// It could not go on.
    Failed(anyhow::Error),
}

/// How the whole process is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// All workers have ended.
    Ended(Exit),
    /// Something hangs, or a person is in a hurry: no destructor may run.
    Now(u8),
}

/// Runs `config.workers` threads that each call `worker` with its number, and serves probes and
/// `pages`, until all workers have ended. What `pages` are given closes when servers are to stop.
///
/// A worker returns when `status.is_draining()`. SIGTERM and SIGINT drain; a second one, or
/// `shutdown.limit` after the first, ends the process on the spot. One worker that ends for another
/// reason drains the others: a supervisor outside starts the process afresh.
pub fn supervise<W>(
    config: &Config,
    status: &Arc<Status>,
    telemetry: &Arc<Telemetry>,
    access: &Arc<Access>,
    pages: impl FnOnce(watch::Receiver<bool>) -> anyhow::Result<Router>,
    worker: W,
) -> anyhow::Result<Exit>
where
    W: Fn(u32) -> End + Send + Sync + 'static,
{
    tracing::info!(version = env!("CARGO_PKG_VERSION"), %config, "starting");
    if config.privacy.is_default() {
        tracing::warn!("privacy.hash_key is not set: anyone can try ids against the stored hashes");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("http")
        .enable_all()
        .build()
        .context("the HTTP runtime cannot start")?;
    let verdict = runtime.block_on(async {
        let (stop_http, stopped) = watch::channel(false);
        let ops = http::ops::router(status.clone(), telemetry.clone());
        let pages = pages(stopped.clone())?;
        let mut servers = tokio::task::JoinSet::new();
        for (setting, address, router) in
            [("ops.listen", config.ops.listen, ops), ("http.listen", config.http.listen, pages)]
        {
            let listener = http::bind(setting, address).await?;
            tracing::info!(address = %listener.local_addr()?, setting, "listening");
            let mut stopped = stopped.clone();
            servers.spawn(http::connections::serve(listener, router, async move {
                // An error means that the sender is gone: stop as well.
                let _gone = stopped.changed().await;
            }));
        }
        let signals = signals(status, access)?;
        let ends = start_workers(config.workers, worker)?;
        let limit = config.shutdown.limit;
        let verdict = watch_over(config.workers, signals, ends, status, limit).await;
        drop(stop_http);
        let rest = async { while servers.join_next().await.is_some() {} };
        if tokio::time::timeout(HTTP_LIMIT, rest).await.is_err() {
            tracing::warn!("requests under way were cut off");
        }
        anyhow::Ok(verdict)
    })?;
    runtime.shutdown_background();
    match verdict {
        Verdict::Ended(exit) => Ok(exit),
        Verdict::Now(code) => ffi::exit_now(code),
    }
}

fn start_workers<W>(count: u32, worker: W) -> anyhow::Result<mpsc::UnboundedReceiver<(u32, End)>>
where
    W: Fn(u32) -> End + Send + Sync + 'static,
{
    let (ended, ends) = mpsc::unbounded_channel();
    let worker = Arc::new(worker);
    for number in 0..count {
        let (ended, worker) = (ended.clone(), worker.clone());
        std::thread::Builder::new()
            .name(format!("worker-{number}"))
            .spawn(move || {
                let end = catch_unwind(AssertUnwindSafe(|| worker(number)));
                let panicked = |_| End::Failed(anyhow::anyhow!("worker {number} panicked"));
                // The receiver is gone only when the process is ending already.
                let _gone = ended.send((number, end.unwrap_or_else(panicked)));
            })
            .context("a worker thread cannot start")?;
    }
    Ok(ends)
}

/// SIGTERM and SIGINT by their numbers. SIGHUP, which a closed terminal sends too, ends nothing:
/// the model file and the access keys are read again.
fn signals(
    status: &Arc<Status>,
    access: &Arc<Access>,
) -> anyhow::Result<mpsc::UnboundedReceiver<u8>> {
    let (seen, signals) = mpsc::unbounded_channel();
    for (kind, number) in [
        (SignalKind::terminate(), Some(15)),
        (SignalKind::interrupt(), Some(2)),
        (SignalKind::hangup(), None),
    ] {
        let mut stream = signal(kind).context("signals cannot be received")?;
        let (seen, status, access) = (seen.clone(), Arc::clone(status), Arc::clone(access));
        tokio::spawn(async move {
            while stream.recv().await.is_some() {
                match number {
                    Some(number) if seen.send(number).is_err() => break,
                    Some(_) => {}
                    None => {
                        status.ask_to_reload();
                        access.read_again();
                    }
                }
            }
        });
    }
    Ok(signals)
}

async fn watch_over(
    workers: u32,
    mut signals: mpsc::UnboundedReceiver<u8>,
    mut ends: mpsc::UnboundedReceiver<(u32, End)>,
    status: &Status,
    limit: Duration,
) -> Verdict {
    let mut exit = Exit::Done;
    let mut running = workers;
    let mut signalled = false;
    let deadline = tokio::time::sleep(limit);
    tokio::pin!(deadline);
    while running > 0 {
        let draining = status.is_draining();
        let ending = tokio::select! {
            Some(number) = signals.recv() => {
                if signalled {
                    tracing::warn!("second signal: ending at once");
                    return Verdict::Now(128 + number);
                }
                signalled = true;
                tracing::info!(limit = ?limit, "signal: finishing the steps under way");
                true
            }
            Some((number, end)) = ends.recv() => {
                running -= 1;
                match end {
                    End::Drained => tracing::info!(worker = number, "worker ended"),
                    End::Replaced => {
                        tracing::error!(worker = number, "another process has this instance name");
                        exit = Exit::Replaced;
                    }
                    End::Failed(error) => {
                        let error = format!("{error:#}");
                        tracing::error!(worker = number, error, "worker failed");
                        // Being replaced says more than what broke on the way out.
                        exit = if exit == Exit::Replaced { exit } else { Exit::Failed };
                    }
                }
                exit != Exit::Done
            }
            () = &mut deadline, if draining => {
                tracing::error!(running, "shutdown.limit is over: ending without the workers");
                let code = if exit == Exit::Done { Exit::Failed } else { exit };
                return Verdict::Now(code.code());
            }
        };
        if ending && !draining {
            status.start_draining();
            deadline.as_mut().reset(tokio::time::Instant::now() + limit);
        }
    }
    Verdict::Ended(exit)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    /// Two workers and what happens to them; the channels stay open as in a process.
    struct Process {
        status: Status,
        signal: mpsc::UnboundedSender<u8>,
        signals: mpsc::UnboundedReceiver<u8>,
        end: mpsc::UnboundedSender<(u32, End)>,
        ends: mpsc::UnboundedReceiver<(u32, End)>,
    }

    fn process() -> Process {
        let (signal, signals) = mpsc::unbounded_channel();
        let (end, ends) = mpsc::unbounded_channel();
        Process { status: Status::new(2), signal, signals, end, ends }
    }

    impl Process {
        async fn verdict(self, limit: Duration) -> (Verdict, bool) {
            let verdict = watch_over(2, self.signals, self.ends, &self.status, limit).await;
            (verdict, self.status.is_draining())
        }
    }

    #[tokio::test]
    async fn a_signal_drains_and_the_deadline_ends_what_hangs() {
        let hung = process();
        hung.signal.send(15).unwrap();
        hung.end.send((0, End::Drained)).unwrap();
        let (verdict, draining) = hung.verdict(Duration::from_millis(10)).await;
        assert_eq!((verdict, draining), (Verdict::Now(1), true));
    }

    #[tokio::test]
    async fn a_second_signal_ends_at_once() {
        let hung = process();
        hung.signal.send(15).unwrap();
        hung.signal.send(2).unwrap();
        assert_eq!(hung.verdict(LONG).await.0, Verdict::Now(130));
    }

    #[tokio::test]
    async fn a_replaced_worker_takes_the_process_with_it() {
        let replaced = process();
        replaced.end.send((1, End::Replaced)).unwrap();
        replaced.end.send((0, End::Failed(anyhow::anyhow!("its group is gone")))).unwrap();
        let (verdict, draining) = replaced.verdict(LONG).await;
        assert_eq!((verdict, draining), (Verdict::Ended(Exit::Replaced), true));
    }

    #[tokio::test]
    async fn a_panic_is_a_failure_and_draining_is_success() {
        let ends =
            start_workers(2, |n| if n == 0 { panic!("test") } else { End::Drained }).unwrap();
        let broken = Process { ends, ..process() };
        assert_eq!(broken.verdict(LONG).await.0, Verdict::Ended(Exit::Failed));
        let ends = start_workers(2, |_| End::Drained).unwrap();
        let well = Process { ends, ..process() };
        assert_eq!(well.verdict(LONG).await.0, Verdict::Ended(Exit::Done));
    }
}
