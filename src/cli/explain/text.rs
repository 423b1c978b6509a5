//! The record of an account's health in plain words, for a terminal of 80 columns.
//!
//! Nothing is computed of an account here: the figures are those that were published.

use std::fmt::Write as _;

use serde_json::Value;

use super::record::{Cause, Delta, Facts, Freshness, Record};
use crate::engine::metric::{Component, MetricId};
use crate::engine::model::health::HealthBand;
use crate::engine::signal;
use crate::engine::time::{DAY_MS, HOUR_MS, Timestamp};

/// Widest line.
const COLUMNS: usize = 80;
/// Cells of the bar of a component; each is five points.
const BAR_CELLS: usize = 20;
/// Most metrics that are named for what they cost.
const COSTS_MAX: usize = 5;
/// Most metrics that are named for what they changed.
const DELTAS_MAX: usize = 5;
/// Fewer points than this are not worth a line.
const POINTS_MIN: f64 = 0.05;

/// Tells why the score is what it is.
pub fn explain(record: &Record) -> String {
    let mut text = Text(String::new());
    text.head(record);
    text.health(record);
    text.costs(record);
    text.churn(record);
    text.cause(&record.cause);
    text.next_band(record);
    text.feeds(record);
    text.0
}

struct Text(String);

impl Text {
    /// A line, or several where it is too long; those after the first stand `indent` further in.
    fn line(&mut self, indent: usize, text: &str) {
        let mut line = String::new();
        let mut room = COLUMNS - indent;
        for word in text.split(' ') {
            let n_signs = word.chars().count();
            if line.chars().count() + 1 + n_signs > room && !line.trim().is_empty() {
                self.push(indent, &line);
                line = "  ".to_owned();
                room = COLUMNS - indent;
            } else if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        self.push(indent, &line);
    }

    fn push(&mut self, indent: usize, line: &str) {
        writeln!(self.0, "{:indent$}{}", "", line.trim_end()).expect("memory takes any text");
    }

    fn title(&mut self, text: &str) {
        self.0.push('\n');
        self.push(0, text);
    }

    fn head(&mut self, record: &Record) {
        let name = record.profile.name.as_ref();
        let name = name.map_or_else(String::new, |name| format!(" ({name})"));
        let mut about = vec![words(&record.segment)];
        about.extend(record.phase.as_deref().map(words));
        about.extend(record.profile.csm.as_ref().map(|csm| format!("looked after by {csm}")));
        self.line(0, &format!("{}{name}: {}", record.account_id, about.join(", ")));
        let model = &record.model_version;
        self.line(0, &format!("as of {}, with model {model}", instant(record.at)));
    }

    fn health(&mut self, record: &Record) {
        let band = record.health_band.name();
        self.title(&format!("Health {:.1} of 100: {band}", record.health_score));
        if let Some(said) = &record.health_override {
            let until = instant(said.expires_at);
            let shown = format!("Shown as {:.1}, until {until}", said.value);
            self.line(2, &format!("{shown}: {} says \"{}\".", said.by, said.note));
        } else if record.displayed_health_band != record.health_band {
            let shown = record.displayed_health_band.name();
            let score = record.displayed_health_score;
            self.line(2, &format!(
                "Shown as {shown} {score:.1}: a band changes when the score is clearly beyond its \
                 bound and the band was shown for a while."
            ));
        }
        if record.no_data {
            self.line(2, "Nothing is known that feeds a metric: this is the neutral score.");
        }
        let missing = missing(record);
        let share = percent(record.confidence);
        self.line(2, &format!("{share} of the picture is known (confidence).{missing}"));
        for component in Component::ALL {
            let name = capital(component.name());
            match record.components.get(&component) {
                Some(score) => {
                    let cells = (score / 100.0 * BAR_CELLS as f64).round() as usize;
                    let bar = "█".repeat(cells) + &"░".repeat(BAR_CELLS.saturating_sub(cells));
                    self.push(2, &format!("{name:<13}{score:>6.1}  {bar}"));
                }
                None => self.push(2, &format!("{name:<13}     –  nothing is known")),
            }
        }
    }

    fn costs(&mut self, record: &Record) {
        let mut costs = record.costs();
        costs.retain(|(_, points)| *points >= POINTS_MIN);
        if costs.is_empty() {
            return;
        }
        self.title("What costs most points");
        for (metric, points) in costs.iter().take(COSTS_MAX) {
            let score = record.metrics.get(metric).copied().unwrap_or_default();
            let name = named(*metric);
            self.push(2, &format!("{points:>5.1}  {name}: {score:.1} of 100"));
            let row = metric.row();
            self.line(9, &format!("{} From: {} ({}).", row.help, row.formula, row.window));
        }
        let rest: f64 = costs.iter().skip(COSTS_MAX).map(|(_, points)| points).sum();
        if rest >= POINTS_MIN {
            self.push(2, &format!("{rest:>5.1}  all others together"));
        }
    }

    fn churn(&mut self, record: &Record) {
        let Some(probability) = record.churn_probability else { return };
        let band = record.churn_band.as_deref().map_or_else(String::new, |it| format!(": {it}"));
        self.title(&format!("Churn {} within 90 days{band}", chance(probability)));
        let position = record.contract_position.as_deref().map(position);
        let position = position.map_or_else(String::new, |it| format!(" {it}"));
        let risk = record.renewal_risk.map_or_else(String::new, |risk| {
            format!(" At the next renewal, whenever it is: {}.", chance(risk))
        });
        self.line(2, &format!("{:.1} %.{position}{risk}", probability * 100.0));
        let evidence: f64 = record.contributions.iter().map(|(_, said)| said).sum();
        if record.contributions.is_empty() {
            return;
        }
        let base = evidence.exp();
        self.line(
            2,
            &format!(
                "What is known of it makes that {} what its segment and contract alone would say:",
                odds(base)
            ),
        );
        for (term, said) in &record.contributions {
            let words = term_words(term);
            let name = term.replace('_', " ");
            self.push(2, &format!("{:>6.2} times the odds  {name}", said.exp()));
            let facts = record.contribution_facts.get(term).map(facts).unwrap_or_default();
            self.line(25, &format!("{words}{facts}"));
        }
    }

    fn cause(&mut self, cause: &Cause) {
        self.title("What changed last");
        let by = why(cause);
        match cause.health_before {
            None => self.line(2, &format!("This is the first that was said of it, by {by}.")),
            Some(before) => {
                let change = cause.health_after - before;
                let after = cause.health_after;
                self.line(2, &format!("{before:.1} → {after:.1} ({change:+.1}), by {by}."));
            }
        }
        let is_told = |delta: &&Delta| delta.points.abs() >= POINTS_MIN;
        let told: Vec<_> = cause.deltas.iter().filter(is_told).take(DELTAS_MAX).collect();
        for delta in &told {
            let score =
                |score: Option<f64>| score.map_or("–".to_owned(), |it| format!("{it:.1}"));
            let metric = MetricId::ALL.into_iter().find(|it| it.name() == delta.metric);
            let name = metric.map_or_else(|| words(&delta.metric), named);
            let (before, after) = (score(delta.before), score(delta.after));
            self.push(2, &format!("{:>+6.1}  {name}: {before} → {after}", delta.points));
        }
        let all: f64 = cause.deltas.iter().map(|delta| delta.points).sum();
        let rest = all - told.iter().map(|delta| delta.points).sum::<f64>();
        if rest.abs() >= POINTS_MIN {
            self.push(2, &format!("{rest:>+6.1}  all others together"));
        }
    }

    fn next_band(&mut self, record: &Record) {
        let next = match record.health_band {
            HealthBand::Red => "yellow",
            HealthBand::Yellow => "green",
            HealthBand::Green => return,
        };
        self.title(&format!("What would make it {next}"));
        if record.to_next_band.is_empty() {
            self.line(2, "No metric that somebody can move reaches it by itself.");
        }
        for step in &record.to_next_band {
            let name = named(step.metric);
            let (from, to, points) = (step.from, step.to, step.points);
            self.push(2, &format!("{points:>+6.1}  {name}: from {from:.1} to {to:.1}"));
        }
    }

    fn feeds(&mut self, record: &Record) {
        self.title("What it was learnt from");
        for (topic, Freshness { last_event_at, stale }) in &record.freshness {
            let ago = age(*last_event_at, record.at);
            let stale = if *stale { "; the feed stopped for all accounts" } else { "" };
            self.line(2, &format!("{topic:<20} last event {ago}{stale}"));
        }
        if record.freshness.is_empty() {
            self.push(2, "Nothing has happened yet.");
        }
    }
}

/// The metrics of known components that are not known, in a sentence.
fn missing(record: &Record) -> String {
    let known = |it: &MetricId| record.metrics.contains_key(it);
    let component_is_known = |it: &MetricId| record.components.contains_key(&it.component());
    let missing = MetricId::ALL.into_iter().filter(|it| component_is_known(it) && !known(it));
    let missing: Vec<String> = missing.map(named).collect();
    if missing.is_empty() { String::new() } else { format!(" Not known: {}.", missing.join(", ")) }
}

fn named(metric: MetricId) -> String {
    format!("{} {}", metric.name(), metric.row().name)
}

fn term_words(term: &str) -> String {
    if term == "health" {
        return "The health score, as far as it is known.".to_owned();
    }
    let rows = signal::CATALOGUE.iter().copied().flatten();
    let row = rows.into_iter().find(|row| row.id.name() == term);
    row.map_or_else(String::new, |row| row.help.to_owned())
}

fn facts(fed_by: &Facts) -> String {
    let fact = |(name, value): (&String, &Value)| {
        let value = match value {
            Value::Number(number) => match number.as_f64() {
                Some(real) if !number.is_u64() && !number.is_i64() => format!("{real:.2}"),
                _ => number.to_string(),
            },
            Value::String(text) => text.get(..10).unwrap_or(text).to_owned(),
            other => other.to_string(),
        };
        format!("{} {value}", words(name))
    };
    let facts: Vec<String> = fed_by.facts.iter().map(fact).collect();
    if facts.is_empty() { String::new() } else { format!(" {}.", capital(&facts.join(", "))) }
}

fn why(cause: &Cause) -> String {
    let event = match (&cause.event_type, &cause.event_id) {
        (Some(event_type), Some(id)) => format!("{} ({id})", words(event_type)),
        (Some(event_type), None) => words(event_type),
        (None, _) => "an event".to_owned(),
    };
    match cause.kind.as_str() {
        "event" => event,
        "late_event" => format!("{event}, which arrived late"),
        "time" => "the passing of time".to_owned(),
        "model" => "another model".to_owned(),
        "override" => "somebody's override".to_owned(),
        "source_outage" => "a feed that stopped or came back".to_owned(),
        other => words(other),
    }
}

fn position(position: &str) -> String {
    match position {
        "monthly" => "It may leave every month.",
        "renewal" => "Its contract is up for renewal about now.",
        "off_cycle" => "Its contract is not up for renewal.",
        _ => "When its contract ends is not known.",
    }
    .to_owned()
}

/// A probability in words: 1 in 8, 7 in 10.
fn chance(probability: f64) -> String {
    match probability {
        p if p < 0.001 => "less than 1 in 1000".to_owned(),
        p if p < 0.4 => format!("1 in {:.0}", 1.0 / p),
        p if p > 0.95 => "more than 19 in 20".to_owned(),
        p => format!("{:.0} in 10", p * 10.0),
    }
}

fn odds(times: f64) -> String {
    match times {
        it if it > 1.005 => format!("{it:.2} times as likely (in odds) as"),
        it if it < 0.995 => format!("{:.2} times less likely (in odds) than", 1.0 / it),
        _ => "as likely as".to_owned(),
    }
}

fn age(at: Timestamp, now: Timestamp) -> String {
    let past_ms = now.millis_since(at);
    match past_ms {
        it if it < HOUR_MS => "less than an hour earlier".to_owned(),
        it if it < 2 * DAY_MS => format!("{} h earlier", it / HOUR_MS),
        it => format!("{} days earlier", it / DAY_MS),
    }
}

fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

fn instant(at: Timestamp) -> String {
    let text = at.to_string();
    match (text.get(..10), text.get(11..16)) {
        (Some(day), Some(time)) => format!("{day} {time} UTC"),
        _ => text,
    }
}

fn words(name: &str) -> String {
    name.replace('_', " ")
}

fn capital(text: &str) -> String {
    let mut signs = text.chars();
    signs.next().map_or_else(String::new, |first| first.to_uppercase().chain(signs).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chances_are_worded() {
        let worded = [0.0001, 0.01, 0.125, 0.3, 0.5, 0.72, 0.99].map(chance);
        let words = ["less than 1 in 1000", "1 in 100", "1 in 8", "1 in 3", "5 in 10"];
        assert_eq!(worded[..5], words);
        assert_eq!(worded[5..], ["7 in 10", "more than 19 in 20"]);
    }
}
