//! What `pulse run` refuses to start with: one clear message that says what to do.
//!
//! What `pulse check` finds besides is tested where it is found.

use std::time::Duration;

use anyhow::{Context as _, ensure};

use crate::broker::Broker;
use crate::installation::Installation;

/// How long a refusal may take: a broker that is not there is waited for a little.
const LIMIT: Duration = Duration::from_secs(30);

/// A port that nobody listens on.
pub(crate) fn a_missing_broker(broker: &Broker) -> anyhow::Result<()> {
    let mut installation = Installation::new(broker, "no-broker", 2)?;
    // Taken and given back: free, as nobody was told of it.
    let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let address = format!("127.0.0.1:{port}");
    installation.set("KAFKA__BOOTSTRAP", &address);
    check(&installation, 1, &[&address, "kafka.bootstrap"])
}

/// A misspelt setting.
pub(crate) fn an_unknown_key(broker: &Broker) -> anyhow::Result<()> {
    let mut installation = Installation::new(broker, "unknown-key", 2)?;
    installation.set("KAFKA__BOOTSTRAPP", "127.0.0.1:9092");
    let words = ["PULSE_KAFKA__BOOTSTRAPP", "unknown key", "did you mean `kafka.bootstrap`?"];
    check(&installation, 78, &words)
}

/// A model file whose weights are no numbers.
pub(crate) fn a_bad_model(broker: &Broker) -> anyhow::Result<()> {
    let mut installation = Installation::new(broker, "bad-model", 2)?;
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("model.yaml");
    let text = include_str!("../../config/model.yaml");
    let broken = text.replacen("product: ", "prodct: ", 1);
    ensure!(text != broken, "the model file has no `product: ` to misspell");
    std::fs::write(&path, &broken)?;
    let line = broken.lines().position(|line| line.contains("prodct")).unwrap_or_default() + 1;
    let path = path.to_string_lossy().into_owned();
    installation.set("MODEL", &path);
    check(&installation, 78, &["prodct", &format!("{path}:{line}:")])
}

/// One input topic has another number of partitions.
pub(crate) fn unequal_partitions(broker: &Broker) -> anyhow::Result<()> {
    let installation = Installation::new(broker, "unequal", 2)?;
    let odd = &installation.config.topics.support_tickets;
    for topic in installation.config.topics.inputs() {
        installation.make_topic(topic, if topic == odd { 3 } else { 2 })?;
    }
    check(&installation, 1, &[odd, "3", "make a topic with 2"])
}

/// Expects that `pulse run` ends with this code and a message that holds these words.
fn check(installation: &Installation, code: i32, words: &[&str]) -> anyhow::Result<()> {
    let mut process = installation.run("refused")?;
    let ended = process.await_exit(LIMIT)?;
    let log = process.log()?;
    ensure!(ended == code, "ended with {ended}, not {code}:\n{log}");
    let message = log.find("pulse: ").context("no message")?;
    ensure!(log.matches("pulse: ").count() == 1, "more than one message:\n{log}");
    for word in words {
        ensure!(log[message..].contains(word), "the message does not say {word:?}:\n{log}");
    }
    ensure!(!log.contains("panicked"), "{log}");
    Ok(())
}
