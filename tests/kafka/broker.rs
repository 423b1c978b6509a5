//! The broker that the tests share: the one that `PULSE_TEST_KAFKA` names, else one of their own.
//!
//! Topics and processes of a test are made in `installation.rs`.

use std::cell::RefCell;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, ensure};

use crate::counts::Counts;

/// The script that starts and stops Apache Kafka.
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/kafka/kafka");

/// A broker that answers.
pub(crate) struct Broker {
    /// Where it answers, as `host:port`.
    pub(crate) bootstrap: String,
    /// Which one it is, in words.
    pub(crate) description: String,
    /// What all recounts on it compared.
    pub(crate) compared: RefCell<Counts>,
    /// Stops the broker once its standard input ends: when this process ends, however it does.
    guard: Option<Child>,
}

impl Broker {
    /// The broker of the environment, else a fresh one on a free port.
    pub(crate) fn find_or_start() -> anyhow::Result<Self> {
        if let Ok(bootstrap) = std::env::var("PULSE_TEST_KAFKA") {
            let description = format!("the Kafka at {bootstrap} that PULSE_TEST_KAFKA names");
            return Ok(Self::at(bootstrap, description, None));
        }
        let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
        let dir = dir.join(format!("kafka-{}", std::process::id()));
        let guard = Command::new("sh")
            .args(["-c", r#"cat >/dev/null; exec "$0" stop --wipe --dir "$1""#, SCRIPT])
            .arg(&dir)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Ctrl-C in a terminal ends the tests, not the guard.
            .process_group(0)
            .spawn()
            .context("starting the guard of the broker")?;
        let mut broker = Self::at(String::new(), String::new(), Some(guard));
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
        Ok(broker)
    }

    fn at(bootstrap: String, description: String, guard: Option<Child>) -> Self {
        Self { bootstrap, description, compared: RefCell::default(), guard }
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        let Some(mut guard) = self.guard.take() else { return };
        drop(guard.stdin.take());
        let stopped = guard.wait().is_ok_and(|status| status.success());
        if !stopped {
            crate::tell("the broker of the tests could not be stopped");
        }
    }
}
