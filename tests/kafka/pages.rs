//! Pages and API on a real Kafka: a browser and schemathesis look at a running service.
//!
//! What they do stands in `tests/browser`; who gets in where is walked in `tests/access`.

use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use customer_pulse::engine::event::Topic;
use customer_pulse::http::access::keys;
use customer_pulse::kafka::clock::Deadline;
use serde_json::json;

use crate::broker::Broker;
use crate::installation::{Installation, now};
use crate::worlds::write_world;

/// How long the view may take to have the world.
const LIMIT: Duration = Duration::from_secs(120);
/// How often it is looked whether it has.
const LOOK: Duration = Duration::from_millis(100);

/// A world, an account with a hostile name, a key, and everything that people and programs do.
pub(crate) fn as_people_and_programs_see_them(broker: &Broker) -> anyhow::Result<()> {
    let mut installation = Installation::new(broker, "pages", 2)?;
    installation.make_topics()?;
    let key = keys::generate()?;
    let file = tempfile::NamedTempFile::new()?;
    let hash = keys::listed_hash(&key);
    std::fs::write(file.path(), format!("- {{ name: mara, sha256: '{hash}', role: admin }}"))?;
    installation.set("HTTP__KEYS_FILE", &file.path().display().to_string());
    installation.set("HTTP__RATE_PER_SEC", "5000");
    write_world(&installation, 40, 12_000)?;
    hostile(&installation)?;
    let process = installation.run("pages")?;
    let deadline = Deadline::after(LIMIT);
    while !process.is_ready()? {
        ensure!(!deadline.is_over(), "{process} was not ready within {LIMIT:?}");
        std::thread::park_timeout(LOOK);
    }
    let base = format!("http://{}", process.address("http.listen")?);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/browser/check");
    let seen = Command::new(script)
        .arg(&base)
        .env("PULSE_KEY", &key)
        .stdin(Stdio::null())
        .status()
        .context("running tests/browser/check")?;
    ensure!(seen.success(), "tests/browser/check ended with {seen}; the service: {process}");
    let log = process.log()?;
    ensure!(!log.contains(&key), "an access key is in the log of {process}");
    ensure!(!log.contains("panicked"), "something panicked: see {process}");
    process.terminate(Duration::from_secs(25))
}

/// An account whose name would run, were it not escaped.
fn hostile(installation: &Installation) -> anyhow::Result<()> {
    let at = now();
    let event = json!({
        "event_id": "hostile-1", "account_id": "hostile", "type": "account_updated",
        "ts": at.as_millis(), "name": "<script>alert(1)</script><img src=x onerror=alert(2)>",
        "plan": "\"><b>plan", "csm": "mara <i>", "arr_cents": 12_000_000, "currency": "USD",
        "seats": 10, "created_at": at.plus_days(-400).to_string(),
        "contract_start": at.plus_days(-345).to_string(),
        "contract_end": at.plus_days(20).to_string(),
    });
    let publisher = installation.publisher()?;
    publisher.publish(Topic::Accounts, "hostile", at, event.to_string().as_bytes())?;
    Ok(publisher.finish()?)
}
