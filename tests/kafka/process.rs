//! A `pulse run` of a test: signals, how it ends, what it says.
//!
//! Its settings are made in `installation.rs`.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, UNIX_EPOCH};

use anyhow::{Context as _, bail, ensure};
use customer_pulse::engine::time::Timestamp;
use customer_pulse::kafka::clock::Deadline;

/// How often it is looked whether a process has ended: there is no wait with a deadline for that.
const LOOK: Duration = Duration::from_millis(20);

/// How many of a log's last lines are shown when a test failed.
const LOG_END_LINES: usize = 30;

/// A process that is killed when it goes out of scope.
pub(crate) struct Process {
    child: Child,
    log: PathBuf,
    instance: String,
}

impl Process {
    /// Starts `command`; both its outputs go to a file of their own in `logs`.
    pub(crate) fn start(mut command: Command, logs: &Path, instance: &str) -> anyhow::Result<Self> {
        let run = (1..).find(|run| !logs.join(format!("{instance}-{run}.log")).exists());
        let log = logs.join(format!("{instance}-{}.log", run.unwrap_or_default()));
        let file = File::create(&log).with_context(|| format!("creating {}", log.display()))?;
        command.stdout(Stdio::from(file.try_clone()?)).stderr(Stdio::from(file));
        let child = command.spawn().context("starting pulse")?;
        Ok(Self { child, log, instance: instance.to_owned() })
    }

    /// Sends a signal by its name, such as `TERM`.
    pub(crate) fn signal(&self, name: &str) -> anyhow::Result<()> {
        let pid = self.child.id().to_string();
        let status = Command::new("kill").args(["-s", name, &pid]).status().context("kill")?;
        ensure!(status.success(), "no SIG{name} could be sent to {}", self.instance);
        Ok(())
    }

    /// Ends it with SIGKILL, and answers once it is gone.
    pub(crate) fn kill_9(mut self) -> anyhow::Result<()> {
        let ended = self.child.try_wait()?;
        ensure!(ended.is_none(), "{} had ended before it was killed: {self}", self.instance);
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Waits for its end; answers the exit code.
    pub(crate) fn await_exit(&mut self, limit: Duration) -> anyhow::Result<i32> {
        let deadline = Deadline::after(limit);
        loop {
            if let Some(status) = self.child.try_wait()? {
                return status.code().with_context(|| format!("{self} was ended by a signal"));
            }
            if deadline.is_over() {
                bail!("{self} did not end within {limit:?}");
            }
            std::thread::park_timeout(LOOK);
        }
    }

    /// Asks it to end with SIGTERM, and expects that it does so well and in time.
    pub(crate) fn terminate(mut self, limit: Duration) -> anyhow::Result<()> {
        self.signal("TERM")?;
        let code = self.await_exit(limit)?;
        ensure!(code == 0, "{self} ended with {code} after SIGTERM");
        Ok(())
    }

    /// Its Prometheus series, in their text format.
    pub(crate) fn series(&self) -> anyhow::Result<String> {
        self.probe("/metrics")
    }

    /// Whether it says that it is ready; not before it listens.
    pub(crate) fn is_ready(&self) -> anyhow::Result<bool> {
        if self.address("ops.listen").is_err() {
            return Ok(false);
        }
        Ok(self.probe("/readyz")?.starts_with("HTTP/1.1 200"))
    }

    /// The address on which it listens for the setting of this name.
    pub(crate) fn address(&self, setting: &str) -> anyhow::Result<String> {
        let log = self.log()?;
        let line = log.lines().find(|line| line.contains(setting) && line.contains("address="));
        let address = line.and_then(|line| line.split("address=").nth(1)?.split(' ').next());
        Ok(address.with_context(|| format!("its log names no {setting}"))?.to_owned())
    }

    fn probe(&self, path: &str) -> anyhow::Result<String> {
        let mut stream = TcpStream::connect(self.address("ops.listen")?)?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        let request = format!("GET {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).with_context(|| format!("reading {path}"))?;
        Ok(answer)
    }

    /// What it wrote so far, to both outputs.
    pub(crate) fn log(&self) -> anyhow::Result<String> {
        std::fs::read_to_string(&self.log)
            .with_context(|| format!("reading {}", self.log.display()))
    }
}

/// The ends of all logs that were written to since then: what a test that failed has to show.
pub(crate) fn ends_of_logs(since: Timestamp) -> anyhow::Result<String> {
    let mut told = String::new();
    for folder in std::fs::read_dir(env!("CARGO_TARGET_TMPDIR"))? {
        let Ok(logs) = std::fs::read_dir(folder?.path()) else { continue };
        for log in logs {
            let log = log?;
            let written = log.metadata()?.modified()?.duration_since(UNIX_EPOCH)?;
            let is_of_now = written.as_millis() as i64 >= since.as_millis();
            if is_of_now && log.path().extension().is_some_and(|end| end == "log") {
                let text = std::fs::read(log.path())?;
                let text = String::from_utf8_lossy(&text);
                let lines: Vec<_> = text.lines().collect();
                let end = &lines[lines.len().saturating_sub(LOG_END_LINES)..];
                told.push_str(&format!("    {}:\n", log.path().display()));
                end.iter().for_each(|line| told.push_str(&format!("      {line}\n")));
            }
        }
    }
    Ok(told)
}

impl std::fmt::Display for Process {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} (log: {})", self.instance, self.log.display())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to do.
        let _gone = self.child.kill().and_then(|()| self.child.wait());
    }
}
