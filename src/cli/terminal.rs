//! The compact live table of `pulse demo`: accounts, alerts, throughput, lag.
//!
//! A pure function of what it is given; when it is drawn is said in `demo.rs`.

use std::fmt::Write as _;

use crate::engine::model::health::HealthBand;
use crate::engine::output::alert::{Alert, Transition};
use crate::view::account::Account;
use crate::view::snapshot::Snapshot;

/// Most accounts in the table.
const ACCOUNTS: usize = 11;
/// Most alert transitions under it.
const ALERTS: usize = 4;

/// Figures of the running service that are not in the view.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pace {
    /// What is going on, in a few words.
    pub doing: String,
    /// Events applied since the start.
    pub n_events: u64,
    /// Events applied in the last second.
    pub events_per_sec: f64,
    /// Records not fetched yet; nothing while unknown.
    pub lag: Option<u64>,
    /// Where the page is.
    pub page: String,
}

/// The screen as text with ANSI colours if `colour`.
pub fn screen(view: &Snapshot, pace: &Pace, colour: bool) -> String {
    let paint = Paint { colour };
    let mut out = String::with_capacity(4096);
    let [red, yellow, green] = view.bands();
    let (published, alerts) = (view.n_published, view.n_alerts);
    let as_of = view.as_of.map_or_else(|| "–".to_owned(), |at| at.to_string());
    let lag = pace.lag.map_or_else(|| "–".to_owned(), |lag| lag.to_string());
    let _ = writeln!(out, "{} {}   as of {as_of}", paint.bold("pulse"), pace.doing);
    let _ = writeln!(
        out,
        "{} events · {:.0}/s · lag {lag} · {published} assessments and {alerts} alert \
         transitions published",
        pace.n_events, pace.events_per_sec
    );
    let _ = writeln!(
        out,
        "{} accounts: {} {} {}   page {}\n",
        red + yellow + green,
        paint.band(HealthBand::Red, &format!("{red} red")),
        paint.band(HealthBand::Yellow, &format!("{yellow} yellow")),
        paint.band(HealthBand::Green, &format!("{green} green")),
        pace.page
    );
    let _ = writeln!(
        out,
        "{}",
        paint.quiet(&format!(
            "{:<27} {:>6}  {:<6} {:>6}  {:<26} {}",
            "account, last changed first", "health", "band", "change", "why", "as of"
        ))
    );
    for health in view.newest_accounts(ACCOUNTS) {
        let _ = writeln!(out, "{}", account_line(health, &paint));
    }
    let _ = writeln!(out, "\n{}", paint.quiet("alerts (newest first)"));
    for alert in view.newest_alerts().take(ALERTS) {
        let _ = writeln!(out, "{}", alert_line(alert, &paint));
    }
    out
}

fn account_line(account: &Account, paint: &Paint) -> String {
    let row = &account.health;
    let band = row.band;
    let change = row.change.map_or_else(String::new, |points| format!("{points:+.1}"));
    let at = row.at.to_string();
    format!(
        "{:<27.27} {:>6.1}  {} {change:>6}  {:<26.26} {}",
        row.account_id,
        row.health,
        paint.band(band, &format!("{:<6}", band.name())),
        row.cause,
        at.get(5..16).unwrap_or(&at)
    )
}

fn alert_line(alert: &Alert, paint: &Paint) -> String {
    let at = alert.at.to_string();
    let transition = format!("{:<12}", alert.transition.name());
    let transition = match alert.transition {
        Transition::Raised | Transition::Escalated => paint.band(HealthBand::Red, &transition),
        Transition::Updated | Transition::Acknowledged | Transition::Snoozed => {
            paint.band(HealthBand::Yellow, &transition)
        }
        Transition::Resolved => paint.band(HealthBand::Green, &transition),
    };
    format!(
        "{} {transition} {:<24} {:<24.24} {}",
        at.get(5..16).unwrap_or(&at),
        alert.rule,
        alert.account_id,
        alert.reason
    )
}

/// Colours, or none.
struct Paint {
    colour: bool,
}

impl Paint {
    fn with(&self, code: &str, text: &str) -> String {
        if self.colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    fn bold(&self, text: &str) -> String {
        self.with("1", text)
    }

    fn quiet(&self, text: &str) -> String {
        self.with("2", text)
    }

    fn band(&self, band: HealthBand, text: &str) -> String {
        self.with(
            match band {
                HealthBand::Red => "31",
                HealthBand::Yellow => "33",
                HealthBand::Green => "32",
            },
            text,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::output::OutputTopic;
    use crate::engine::time::Timestamp;
    use crate::view::writer::{Record, Writer};

    #[test]
    fn a_line_has_account_health_band_change_and_why() {
        let (mut writer, view) = Writer::new(1);
        let value = Some(&include_bytes!("../../tests/golden/account-health.json")[..]);
        let topic = OutputTopic::AccountHealth;
        writer.take(&Record { topic, partition: 0, key: "acme", value }).unwrap();
        writer.publish(Timestamp::from_millis(0));
        let screen = screen(&view.latest(), &Pace::default(), false);
        let line = screen.lines().find(|line| line.starts_with("acme ")).unwrap();
        let words: Vec<_> = line.split_whitespace().collect();
        assert_eq!(words[1..6], ["81.5", "yellow", "-3.5", "P1", "-3.5"]);
        assert!(line.contains("(session)"), "{line}");
        assert!(!screen.contains('\x1b'));
    }
}
