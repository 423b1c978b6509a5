//! A broker for `pulse demo`: the script of `deploy/kafka`, carried in the binary.
//!
//! What the script does is written in it; topics are made by `kafka::topics`.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, ensure};

/// The files of `deploy/kafka`, as they must lie beside one another.
const FILES: [(&str, &str); 4] = [
    ("kafka", include_str!("../../deploy/kafka/kafka")),
    ("pom.xml", include_str!("../../deploy/kafka/pom.xml")),
    ("server.properties", include_str!("../../deploy/kafka/server.properties")),
    ("log4j2.properties", include_str!("../../deploy/kafka/log4j2.properties")),
];

/// A broker that this process started and stops again.
pub struct Broker {
    script: PathBuf,
    data: PathBuf,
    /// Where it answers.
    pub bootstrap: String,
}

impl Broker {
    /// Fetches Apache Kafka if need be, and starts one node on a free port with an empty log.
    ///
    /// # Errors
    /// When Java or Maven is missing or the broker does not come up; the script says what to do.
    pub fn start() -> anyhow::Result<Self> {
        let home = std::env::var_os("HOME").context("HOME is not set")?;
        let cache = PathBuf::from(home).join(".cache/pulse/demo");
        fs::create_dir_all(&cache).with_context(|| format!("making {}", cache.display()))?;
        for (name, content) in FILES {
            let path = cache.join(name);
            let mut file =
                fs::File::create(&path).with_context(|| format!("writing {}", path.display()))?;
            file.write_all(content.as_bytes())?;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
        }
        let script = cache.join("kafka");
        let data = cache.join(format!("data-{}", std::process::id()));
        let output = Command::new(&script)
            .args(["start", "--port", "0", "--dir"])
            .arg(&data)
            .stderr(Stdio::inherit())
            .output()
            .context("running the Kafka script")?;
        ensure!(output.status.success(), "the Kafka script ended with {}", output.status);
        let said = String::from_utf8(output.stdout).context("the Kafka script's answer")?;
        let bootstrap = said.lines().last().unwrap_or_default().trim().to_owned();
        ensure!(!bootstrap.is_empty(), "the Kafka script named no address");
        Ok(Self { script, data, bootstrap })
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        let stopped = Command::new(&self.script)
            .args(["stop", "--wipe", "--dir"])
            .arg(&self.data)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        if !stopped.is_ok_and(|status| status.success()) {
            tracing::warn!(dir = %self.data.display(), "the demo's broker could not be stopped");
        }
    }
}
