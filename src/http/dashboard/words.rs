//! Figures as people read them: money, shares, days, instants, names.
//!
//! What a figure means is in `view/figures/definitions.rs`; nothing is computed here.

use compact_str::CompactString;

use crate::engine::model::health::HealthBand;
use crate::engine::time::Timestamp;

/// What stands where a figure is not known.
pub(super) const NONE: &str = "–";
/// The class of an account of which nothing is known, in place of its band.
pub(super) const NO_DATA: &str = "no_data";

/// Money in short: `$1.24M`, `€ 86k`.
pub(super) fn money_short(cents: i64, currency: &str) -> String {
    let units = cents as f64 / 100.0;
    let (number, suffix) = match units.abs() {
        size if size >= 1e9 => (units / 1e9, "B"),
        size if size >= 1e6 => (units / 1e6, "M"),
        size if size >= 1e3 => (units / 1e3, "k"),
        _ => (units, ""),
    };
    let digits = if suffix.is_empty() || number.abs() >= 100.0 { 0 } else { 1 };
    let digits = if suffix == "M" && number.abs() < 10.0 { 2 } else { digits };
    format!("{}{number:.digits$}{suffix}", sign(currency))
}

/// Money in whole units: `$124,500`.
pub(super) fn money(cents: i64, currency: &str) -> String {
    format!("{}{}", sign(currency), grouped((cents as f64 / 100.0).round() as i64))
}

/// Money that may be unknown.
pub(super) fn money_or_none(cents: Option<i64>, currency: &str) -> String {
    cents.map_or_else(|| NONE.to_owned(), |cents| money(cents, currency))
}

fn sign(currency: &str) -> String {
    match currency {
        "USD" => "$".to_owned(),
        "EUR" => "€".to_owned(),
        "GBP" => "£".to_owned(),
        "" => String::new(),
        code => format!("{code} "),
    }
}

/// A whole number with commas between thousands.
pub(super) fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut out = String::from(if number < 0 { "−" } else { "" });
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A count.
pub(super) fn count(number: usize) -> String {
    grouped(i64::try_from(number).unwrap_or(i64::MAX))
}

/// One thing or several.
pub(super) fn plural(number: usize, one: &str, several: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { several })
}

/// A share as percent.
pub(super) fn percent(share: f64, digits: usize) -> String {
    format!("{:.digits$} %", share * 100.0)
}

/// A difference with its sign.
pub(super) fn signed(number: f64, digits: usize) -> String {
    let text = format!("{:.digits$}", number.abs());
    let is_zero = text.chars().all(|digit| matches!(digit, '0' | '.'));
    match (is_zero, number < 0.0) {
        (true, _) => format!("±{text}"),
        (false, true) => format!("−{text}"),
        (false, false) => format!("+{text}"),
    }
}

/// The sign of a number as it is printed.
pub(super) fn minus(number: &str) -> String {
    number.replace('-', "−")
}

/// An instant: `31 Jan 08:00` with the year where it is another.
pub(super) fn instant(at: Timestamp, now: Timestamp) -> String {
    format!("{} {}", day(at, now), at.to_string().get(11..16).unwrap_or_default())
}

/// A day: `31 Jan`, or `31 Jan 2027`.
pub(super) fn day(at: Timestamp, now: Timestamp) -> String {
    let (text, today) = (at.to_string(), now.to_string());
    match (text.get(..4), today.get(..4)) {
        (Some(year), this) if Some(year) != this => format!("{} {year}", day_of_year(at)),
        _ => day_of_year(at),
    }
}

/// A day without its year: `31 Jan`.
pub(super) fn day_of_year(at: Timestamp) -> String {
    day_of_date(&at.to_string())
}

/// The day of a date: `31 Jan` of `2026-01-31`.
pub(super) fn day_of_date(date: &str) -> String {
    let day = date.get(8..10).unwrap_or_default().trim_start_matches('0');
    format!("{day} {}", month_name(date))
}

/// The month of a date: `Jan 2026` of `2026-01-31`.
pub(super) fn month(date: &str) -> String {
    format!("{} {}", month_name(date), date.get(..4).unwrap_or_default())
}

fn month_name(date: &str) -> &'static str {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let month = date.get(5..7).and_then(|month| month.parse::<usize>().ok()).unwrap_or(1);
    MONTHS[month.clamp(1, 12) - 1]
}

/// How far away an instant is: `in 3 days`, `2 h ago`.
pub(super) fn from_now(at: Timestamp, now: Timestamp) -> String {
    let hours = at.millis_since(now) as f64 / 3_600_000.0;
    let size = hours.abs();
    let span = match size {
        _ if size < 1.0 => "less than an hour".to_owned(),
        _ if size < 48.0 => format!("{size:.0} h"),
        _ => format!("{:.0} days", size / 24.0),
    };
    if hours < 0.0 { format!("{span} ago") } else { format!("in {span}") }
}

/// A span of seconds: `3.5 h`.
pub(super) fn span(secs: f64) -> String {
    match secs {
        _ if secs < 90.0 => format!("{secs:.0} s"),
        _ if secs < 5_400.0 => format!("{:.0} min", secs / 60.0),
        _ if secs < 172_800.0 => format!("{:.1} h", secs / 3_600.0),
        _ => format!("{:.1} days", secs / 86_400.0),
    }
}

/// A name of the model as words: `at_risk_intervention` is "At risk intervention".
pub(super) fn title(name: &str) -> String {
    let words: Vec<_> = name.split(['_', ' ']).map(spelled).collect();
    let words = words.join(" ");
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().collect::<String>() + letters.as_str()
    })
}

/// A word of a name; abbreviations as they are written.
fn spelled(word: &str) -> &str {
    match word {
        "nps" => "NPS",
        "smb" => "SMB",
        "roi" => "ROI",
        "csm" => "CSM",
        "csat" => "CSAT",
        "api" => "API",
        "gb" => "GB",
        other => other,
    }
}

/// The same within a sentence; abbreviations stay as they are.
pub(super) fn lower(text: &str) -> String {
    let word = text.split(' ').next().unwrap_or_default();
    if word.chars().skip(1).any(char::is_uppercase) {
        return text.to_owned();
    }
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_lowercase().collect::<String>() + letters.as_str()
    })
}

/// Class and word of a displayed band, of which an account without data has none.
pub(super) fn band_of(displayed: HealthBand, is_known: bool) -> (&'static str, &'static str) {
    if is_known { (displayed.name(), band(displayed)) } else { (NO_DATA, "No data") }
}

/// What a band is called.
pub(super) const fn band(band: HealthBand) -> &'static str {
    match band {
        HealthBand::Red => "Critical",
        HealthBand::Yellow => "At risk",
        HealthBand::Green => "Healthy",
    }
}

/// A number with at most two decimals.
pub(super) fn rounded(number: f64) -> String {
    let text = format!("{number:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// An amount of anything: whole from 100 on, with commas.
pub(super) fn amount(number: f64) -> String {
    if number.abs() < 100.0 { rounded(number) } else { grouped(number.round() as i64) }
}

/// A text as part of an address.
pub(super) fn encoded(text: &str) -> String {
    const PLAIN: &percent_encoding::AsciiSet =
        &percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
    percent_encoding::utf8_percent_encode(text, PLAIN).to_string()
}

/// Where an account's page is.
pub(super) fn account_href(id: &CompactString) -> String {
    format!("/accounts/{}", encoded(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_read_as_people_write_them() {
        assert_eq!(money_short(124_000_000, "USD"), "$1.24M");
        assert_eq!(money_short(1_250_000, "EUR"), "€12.5k");
        assert_eq!(money_short(99_900, "CHF"), "CHF 999");
        assert_eq!(money(12_345_678_900, "USD"), "$123,456,789");
        assert_eq!(grouped(-1_000), "−1,000");
        assert_eq!([signed(1.26, 1), signed(-0.04, 1), signed(-2.0, 0)], ["+1.3", "±0.0", "−2"]);
        assert_eq!(title("at_risk"), "At risk");
        assert_eq!(title("nps_closed_loop"), "NPS closed loop");
        assert_eq!(account_href(&"a/b?<".into()), "/accounts/a%2Fb%3F%3C");
    }

    #[test]
    fn instants_read_from_now() {
        let now = Timestamp::from_millis(1_769_904_000_000);
        assert_eq!(instant(now.plus_days(-1), now), "31 Jan 00:00");
        assert_eq!(day(now.plus_days(-40), now), "23 Dec 2025");
        assert_eq!(from_now(now.plus_days(3), now), "in 3 days");
        assert_eq!(from_now(now.plus_millis(-7_200_000), now), "2 h ago");
        assert_eq!(span(5_400.0), "1.5 h");
    }
}
