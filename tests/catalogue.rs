//! The documented metrics and signals are those of the catalogues.
//!
//! What they give for known histories is tested in `vectors.rs`.

use customer_pulse::engine::signal::{SignalId, Tier};
use customer_pulse::engine::{figure, metric};

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/metrics.md");
const HEAD: &str = "# Metrics and signals\n\nMade from the catalogues (`account/*/metrics.rs`, \
    `account/*/signals.rs`): `UPDATE_DOCS=1 cargo test --test catalogue`.\nNumbers are those of \
    the model that ships; the exact rules stand in [scoring.md](scoring.md).\n";
const METRICS: &str = "\n## Metrics\n\nEach becomes a score of 0 to 100. One whose topic told \
    nothing yet does not exist.\n\n| id | metric | what it tells | topic | window | formula | unit \
    |\n|---|---|---|---|---|---|---|\n";
const SIGNALS: &str = "\n## Churn signals\n\nEach is given from 0 (not at all) to 1 (fully). A \
    strong one that is fully given triples the odds that the account leaves; two moderate or four \
    early ones say as much.\n\n| signal | tier | what it tells | topic | window | formula |\n\
    |---|---|---|---|---|---|\n";
const FIGURES: &str = "\n## Figures\n\nConditions of the model file may name these besides \
    the metrics, signals and components above; one that is not known holds nothing.\n\n| figure \
    | unit | what it tells |\n|---|---|---|\n";

#[test]
fn the_documented_metrics_and_signals_are_those_of_the_catalogues() {
    let text = text();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(PATH, &text).expect("docs can be written");
    }
    let found = std::fs::read_to_string(PATH).unwrap_or_default();
    assert_eq!(found, text, "write it anew: UPDATE_DOCS=1 cargo test --test catalogue");
}

fn text() -> String {
    let mut text = HEAD.to_owned() + METRICS;
    for row in metric::CATALOGUE.iter().copied().flatten() {
        let topic = row.topic.map_or("any", |topic| topic.name());
        let cells = [row.id.name(), row.name, row.help, topic, row.window, row.formula, row.unit];
        text += &line(&cells);
    }
    text += SIGNALS;
    for tier in Tier::ALL {
        for row in SignalId::ALL.map(SignalId::row).iter().filter(|row| row.tier == tier) {
            let topic = row.topic.map_or("any", |topic| topic.name());
            let name = format!("`{}`", row.id.name());
            text += &line(&[&name, tier.name(), row.help, topic, row.window, row.formula]);
        }
    }
    text += FIGURES;
    let metrics = metric::CATALOGUE.iter().copied().flatten().map(|row| row.id.name());
    let known: Vec<&str> = metrics.chain(SignalId::ALL.map(SignalId::name)).collect();
    for row in figure::catalogue().iter().filter(|row| !known.contains(&row.name)) {
        text += &line(&[&format!("`{}`", row.name), row.unit, row.help]);
    }
    text
}

fn line(cells: &[&str]) -> String {
    format!("| {} |\n", cells.join(" | "))
}
