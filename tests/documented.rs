//! `docs/metrics.md` says what the catalogues of metrics and signals say.
//!
//! The series of Prometheus are documented in `docs/series.md`, which `src/telemetry.rs` compares.

use std::fmt::Write;
use std::path::Path;

use customer_pulse::engine::event::Topic;
use customer_pulse::engine::metric::{Component, Metric, MetricId};
use customer_pulse::engine::signal::{Signal, SignalId};

const HEAD: &str = "# Metrics and signals

What health and the churn probability are computed from, as the model that ships says it; every number
is one of `config/model.yaml`. Made from the catalogues: `UPDATE_DOCS=1 cargo test documented`.

A metric scores 0 to 100 and exists once its topic is live for the account; health is the weighted mean
of the components, a component that of its metrics. A signal is 0 to 1.
";

const METRIC_HEAD: &str = "| metric | unit | window | formula | topic | meaning |
|---|---|---|---|---|---|
";
const SIGNAL_HEAD: &str = "
## Signals of churn

| signal | tier | window | formula | topic | meaning |
|---|---|---|---|---|---|
";

fn documented() -> Result<String, std::fmt::Error> {
    let mut text = HEAD.to_owned();
    let name_of = |topic: Option<Topic>| topic.map_or("whichever told it", Topic::name);
    for component in Component::ALL {
        write!(text, "\n## Component `{}`\n\n{METRIC_HEAD}", component.name())?;
        for id in component.metrics() {
            let Metric { name, unit, window, formula, help, .. } = id.row();
            let (id, topic) = (id.name(), name_of(id.row().topic));
            writeln!(text, "| `{id}` {name} | {unit} | {window} | {formula} | {topic} | {help} |")?;
        }
    }
    text.push_str(SIGNAL_HEAD);
    for id in SignalId::ALL {
        let Signal { tier, window, formula, topic, help, .. } = id.row();
        let (id, tier, topic) = (id.name(), tier.name(), name_of(*topic));
        writeln!(text, "| `{id}` | {tier} | {window} | {formula} | {topic} | {help} |")?;
    }
    Ok(text)
}

#[test]
fn metrics_and_signals_are_documented() {
    assert_eq!(MetricId::ALL.len(), 25);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/metrics.md");
    let text = documented().expect("a text takes all");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &text).expect("the repository can be written");
    }
    let found = std::fs::read_to_string(&path).expect("docs/metrics.md");
    assert_eq!(found, text, "UPDATE_DOCS=1 cargo test documented");
}
