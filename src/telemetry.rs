//! Every Prometheus series, declared once as a field with its help text; and how logs are written.
//!
//! Business figures are *metrics* and live in `engine/metric.rs`; here are *series*. What is served
//! where stands in `http/ops.rs`. No account, user or alert id is ever a label.

use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context as _;
use prometheus::core::Collector;
use prometheus::process_collector::ProcessCollector;
use prometheus::{
    GaugeVec, Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts,
    Registry, TextEncoder,
};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::layer;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::config::{Log, LogFormat};
use crate::engine::Outcome;
use crate::engine::event::Topic;

/// Upper bounds of all duration histograms, in seconds: a step is 0.2 s, a restore up to minutes.
const DURATION_BUCKETS: [f64; 15] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0];

/// One declared series, for `docs/series.md`.
pub struct Declared {
    /// Its name on `/metrics`.
    pub name: &'static str,
    /// Counter, gauge or histogram.
    pub kind: &'static str,
    /// Its labels.
    pub labels: &'static [&'static str],
    /// What it says.
    pub help: &'static str,
}

/// A kind of series: how it is made from its declaration.
trait Series: Collector + Clone + Sized + 'static {
    fn declare(name: &str, help: &str, labels: &[&str]) -> prometheus::Result<Self>;
}

macro_rules! series {
    ($(
        $(#[doc = $help:literal])+
        $field:ident: $kind:ident = $name:literal $(, $label:literal)*;
    )+) => {
        /// All series of the process. Shared by its threads; each series is safe to update at once.
        pub struct Telemetry {
            registry: Registry,
            $($(#[doc = $help])+ pub $field: $kind,)+
        }

        /// All series as they are declared.
        pub const DECLARED: &[Declared] = &[$(Declared {
            name: $name,
            kind: stringify!($kind),
            labels: &[$($label),*],
            help: concat!($($help),+),
        }),+];

        impl Telemetry {
            fn declare(registry: Registry) -> prometheus::Result<Self> {
                $(
                    let $field = <$kind as Series>::declare(
                        $name, concat!($($help),+).trim(), &[$($label),*],
                    )?;
                    registry.register(Box::new($field.clone()))?;
                )+
                Ok(Self { registry, $($field),+ })
            }
        }
    };
}

series! {
    /// Always 1; its label is the version of the program.
    build_info: IntGaugeVec = "pulse_build_info", "version";
    /// Input records read in committed steps.
    events: IntCounterVec = "pulse_events_total", "topic";
    /// Input records whose event was folded into its account.
    events_applied: IntCounter = "pulse_events_applied_total";
    /// Input records whose event id had been applied before.
    events_duplicate: IntCounter = "pulse_events_duplicate_total";
    /// Input records older than the longest window, kept out of the windows.
    events_late: IntCounter = "pulse_events_late_total";
    /// Input records of accounts that were erased after them.
    events_erased: IntCounter = "pulse_events_erased_total";
    /// Input records that could not be used, by the reason in their dead letter.
    dead_letters: IntCounterVec = "pulse_dead_letters_total", "topic", "reason";
    /// Records written to output topics.
    outputs: IntCounterVec = "pulse_outputs_total", "topic";
    /// Records between what was fetched and the end of the topic.
    consumer_lag: IntGaugeVec = "pulse_consumer_lag", "topic", "partition";
    /// Wall clock less the partition's clock, in seconds: how far its timers are behind.
    clock_lag: GaugeVec = "pulse_clock_lag_seconds", "partition";
    /// From a record's broker time to the commit of what it caused, in seconds.
    end_to_end_latency: Histogram = "pulse_end_to_end_latency_seconds";
    /// From the first record applied in a step to its commit, in seconds.
    step_duration: Histogram = "pulse_step_duration_seconds";
    /// From the last record sent to the end of the transaction, in seconds.
    commit_duration: Histogram = "pulse_commit_duration_seconds";
    /// Workers that dropped everything and began afresh after an error.
    worker_restarts: IntCounter = "pulse_worker_restarts_total";
    /// Changes of the assignment that a worker settled.
    rebalances: IntCounter = "pulse_rebalances_total";
    /// Changelog and usage records read to restore partitions.
    restore_records: IntCounter = "pulse_restore_records_total";
    /// Records that restores in progress have still to read.
    restore_remaining_records: IntGaugeVec = "pulse_restore_remaining_records", "partition";
    /// Partitions of this process: live, restoring or halted.
    partitions: IntGaugeVec = "pulse_partitions", "state";
    /// 1 while nothing comes of a feed on any partition, for longer than its rhythm allows.
    feed_silent: IntGaugeVec = "pulse_feed_silent", "topic";
    /// Accounts by segment and displayed band.
    accounts: IntGaugeVec = "pulse_accounts", "segment", "band";
    /// Accounts of which nothing is said as a look at them panicked: until there is another model.
    accounts_quarantined: IntGauge = "pulse_accounts_quarantined";
    /// Always 1; its label is the version of the newest valid model that this process has read.
    model_info: IntGaugeVec = "pulse_model_info", "version";
    /// Where the model of a live partition stands in `cs.pulse-model`; equal once all took it.
    model_offset: IntGaugeVec = "pulse_model_offset", "partition";
    /// Models that were refused, by where they came from: `topic`, or the `file` of a SIGHUP.
    model_refused: IntCounterVec = "pulse_model_refused_total", "from";
    /// Alert transitions published.
    alerts: IntCounterVec = "pulse_alerts_total", "rule", "transition";
    /// Alerts that are open, acknowledged or snoozed.
    alerts_open: IntGaugeVec = "pulse_alerts_open", "severity";
    /// Alerts that were not raised although their condition held, by reason.
    alerts_suppressed: IntCounterVec = "pulse_alerts_suppressed_total", "reason";
    /// Transitions of playbook runs and their steps published.
    runs: IntCounterVec = "pulse_playbook_transitions_total", "playbook", "transition";
    /// Answers to commands published.
    command_results: IntCounterVec = "pulse_command_results_total", "status";
    /// Outputs too large for the broker, cut to a dead letter.
    outputs_cut: IntCounterVec = "pulse_outputs_cut_total", "topic";
    /// Bytes of state written to the changelog, by kind of record.
    state_bytes: IntCounterVec = "pulse_state_bytes_total", "kind";
}

impl Telemetry {
    /// Declares every series, with those of the process, in a registry of its own.
    pub fn new() -> Self {
        let registry = Registry::new();
        let process = registry.register(Box::new(ProcessCollector::for_self()));
        process.expect("the registry is empty");
        let telemetry = Self::declare(registry).expect("each series is declared once, validly");
        telemetry.build_info.with_label_values(&[env!("CARGO_PKG_VERSION")]).set(1);
        // A series that drains or never began says 0; one that is absent cannot be alerted on.
        for state in ["live", "restoring", "halted"] {
            telemetry.partitions.with_label_values(&[state]);
        }
        for severity in ["critical", "error", "warning", "info"] {
            telemetry.alerts_open.with_label_values(&[severity]);
        }
        for from in ["topic", "file"] {
            telemetry.model_refused.with_label_values(&[from]);
        }
        telemetry
    }

    /// Counts an input record of a committed step by what became of it.
    pub fn note_outcome(&self, topic: Topic, outcome: Outcome) {
        self.events.with_label_values(&[topic.name()]).inc();
        match outcome {
            Outcome::Applied => self.events_applied.inc(),
            Outcome::Duplicate => self.events_duplicate.inc(),
            Outcome::Late => self.events_late.inc(),
            Outcome::Erased => self.events_erased.inc(),
        }
    }

    /// Counts an input record of a committed step that became a dead letter.
    pub fn note_dead_letter(&self, topic: Topic, reason: &str) {
        self.events.with_label_values(&[topic.name()]).inc();
        self.dead_letters.with_label_values(&[topic.name(), reason]).inc();
    }

    /// Input records read in committed steps, over all topics.
    pub fn n_events(&self) -> u64 {
        Topic::ALL.iter().map(|topic| self.events.with_label_values(&[topic.name()]).get()).sum()
    }

    /// Records that are not fetched yet, over all topics; nothing before it was first known.
    pub fn lag(&self) -> Option<u64> {
        let families = self.consumer_lag.collect();
        let values: Vec<_> = families
            .iter()
            .flat_map(|family| family.get_metric())
            .map(|series| series.get_gauge().get_value())
            .collect();
        (!values.is_empty()).then(|| values.iter().sum::<f64>() as u64)
    }

    /// All series in Prometheus' text format.
    pub fn text(&self) -> anyhow::Result<String> {
        TextEncoder::new()
            .encode_to_string(&self.registry.gather())
            .context("the series cannot be written as text")
    }
}

impl Default for Telemetry {
    fn default() -> Self {
        Self::new()
    }
}

/// Sends logs to standard error as the settings say. The first call of a process counts.
pub fn start_logs(log: &Log) -> anyhow::Result<()> {
    static STARTED: AtomicBool = AtomicBool::new(false);
    if STARTED.swap(true, Ordering::Relaxed) {
        return Ok(());
    }
    let filter = EnvFilter::builder().parse(&log.filter).context("log.filter cannot be read")?;
    let lines = layer().with_writer(std::io::stderr);
    let lines = match log.format {
        LogFormat::Text => {
            lines.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).boxed()
        }
        LogFormat::Json => lines.json().flatten_event(true).with_current_span(false).boxed(),
    };
    tracing_subscriber::registry().with(lines).with(filter).init();
    Ok(())
}

/// The table of `docs/series.md`.
pub fn series_table() -> String {
    let mut table = String::from("| series | kind | labels | meaning |\n|---|---|---|---|\n");
    for Declared { name, kind, labels, help } in DECLARED {
        let kind = match *kind {
            "IntCounter" | "IntCounterVec" => "counter",
            "Histogram" => "histogram",
            _ => "gauge",
        };
        table += &format!("| `{name}` | {kind} | {} | {} |\n", labels.join(", "), help.trim());
    }
    table
}

macro_rules! made_from_options {
    ($($plain:ident, $labelled:ident;)+) => {$(
        impl Series for $plain {
            fn declare(name: &str, help: &str, _labels: &[&str]) -> prometheus::Result<Self> {
                $plain::new(name, help)
            }
        }

        impl Series for $labelled {
            fn declare(name: &str, help: &str, labels: &[&str]) -> prometheus::Result<Self> {
                $labelled::new(Opts::new(name, help), labels)
            }
        }
    )+};
}

made_from_options! {
    IntCounter, IntCounterVec;
    IntGauge, IntGaugeVec;
}

impl Series for GaugeVec {
    fn declare(name: &str, help: &str, labels: &[&str]) -> prometheus::Result<Self> {
        GaugeVec::new(Opts::new(name, help), labels)
    }
}

impl Series for Histogram {
    fn declare(name: &str, help: &str, _labels: &[&str]) -> prometheus::Result<Self> {
        let options = HistogramOpts::new(name, help).buckets(DURATION_BUCKETS.to_vec());
        Histogram::with_opts(options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn series_are_served_from_the_start() {
        let telemetry = Telemetry::new();
        telemetry.events.with_label_values(&["cs.commands"]).inc_by(3);
        let text = telemetry.text().unwrap();
        for line in [
            "pulse_events_total{topic=\"cs.commands\"} 3",
            "pulse_partitions{state=\"halted\"} 0",
            "# HELP pulse_rebalances_total Changes of the assignment that a worker settled.",
            "process_resident_memory_bytes",
        ] {
            assert!(text.contains(line), "{line} in\n{text}");
        }
    }

    #[test]
    fn names_and_labels_follow_the_rules() {
        for Declared { name, kind, labels, help } in DECLARED {
            let counter = kind.contains("Counter");
            assert!(name.starts_with("pulse_"), "{name}");
            assert_eq!(counter, name.ends_with("_total"), "{name}");
            assert_eq!(
                *kind == "Histogram",
                name.ends_with("_duration_seconds") || name.ends_with("_latency_seconds"),
                "{name}"
            );
            assert!(help.trim().ends_with('.'), "{name}");
            assert!(!labels.iter().any(|label| label.contains("account")), "{name}");
        }
    }

    #[test]
    fn the_documented_series_are_those_declared() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/series.md");
        let head = "# Prometheus series\n\nServed on `ops.listen` as `/metrics`, with `process_*` \
                    of the process itself.\nMade from `src/telemetry.rs`: \
                    `UPDATE_DOCS=1 cargo test documented`.\n\n";
        let expected = format!("{head}{}", series_table());
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(path, &expected).unwrap();
        }
        assert_eq!(std::fs::read_to_string(path).unwrap_or_default(), expected);
    }
}
