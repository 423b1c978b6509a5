//! The broker of the bench: the one that `PULSE_TEST_KAFKA` names, else one of its own.
//!
//! Topics and processes are made in `race.rs`.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, ensure};

/// The script that starts and stops Apache Kafka.
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/kafka/kafka");

/// A broker that answers.
pub(crate) struct Broker {
    /// Where it answers, as `host:port`.
    pub(crate) bootstrap: String,
    /// Which one it is, in words.
    pub(crate) description: String,
    /// Its process, when it is our own.
    pub(crate) pid: Option<u32>,
    /// Stops the broker once its standard input ends: when this process ends, however it does.
    guard: Option<Child>,
}

impl Broker {
    /// The broker of the environment, else a fresh one on a free port.
    pub(crate) fn find_or_start() -> anyhow::Result<Self> {
        if let Ok(bootstrap) = std::env::var("PULSE_TEST_KAFKA") {
            let description = format!("the Kafka at {bootstrap} that PULSE_TEST_KAFKA names");
            return Ok(Self { bootstrap, description, pid: None, guard: None });
        }
        let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
        let dir = dir.join(format!("bench-kafka-{}", std::process::id()));
        let guard = Command::new("sh")
            .args(["-c", r#"cat >/dev/null; exec "$0" stop --wipe --dir "$1""#, SCRIPT])
            .arg(&dir)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("starting the guard of the broker")?;
        let mut broker = Self {
            bootstrap: String::new(),
            description: String::new(),
            pid: None,
            guard: Some(guard),
        };
        let started = Command::new(SCRIPT)
            .args(["start", "--port", "0", "--dir"])
            .arg(&dir)
            .output()
            .with_context(|| format!("running {SCRIPT}"))?;
        let said = String::from_utf8_lossy(&started.stderr).into_owned();
        ensure!(started.status.success(), "the broker did not start:\n{said}");
        let answer = String::from_utf8(started.stdout).context("the script's answer")?;
        answer.trim().clone_into(&mut broker.bootstrap);
        said.lines().last().unwrap_or_default().clone_into(&mut broker.description);
        let pid = std::fs::read_to_string(dir.join("node-1.pid")).context("the broker's pid")?;
        broker.pid = Some(pid.trim().parse().context("the broker's pid")?);
        Ok(broker)
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        let Some(mut guard) = self.guard.take() else { return };
        drop(guard.stdin.take());
        if !guard.wait().is_ok_and(|status| status.success()) {
            println!("the broker of the bench could not be stopped");
        }
    }
}
