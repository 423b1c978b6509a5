//! Revenue that comes up for renewal, week by week, by band.
//!
//! The accounts behind it are a table of the page of renewals.

use super::{Chart, Place, Svg, finite, line, rect, share, text};

const HEIGHT: f64 = 210.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 178.0;
const LABELS: f64 = 196.0;
const LEFT: f64 = 52.0;
/// The bands, from the ground up: the worst stands where columns are compared best.
const BANDS: [(&str, &str); 4] =
    [("red", "Critical"), ("yellow", "At risk"), ("green", "Healthy"), ("no_data", "No data")];

/// A week of renewals.
#[derive(Clone, Debug)]
pub struct Week {
    /// Its first day (`2 Feb`).
    pub from: String,
    /// How many contracts end in it.
    pub n_accounts: usize,
    /// Their revenue by band: critical, at risk, healthy; and of those of which nothing is known.
    pub amounts: [f64; 4],
}

/// More than cents in 64 bits are, so that no sum of weeks is beyond all numbers.
const AMOUNT_MAX: f64 = 1e18;

/// The weeks in their order. `money` writes an amount in short.
pub fn pipeline(weeks: &[Week], money: &dyn Fn(f64) -> String) -> Chart {
    let row = |week: &Week| {
        let mut cells = vec![week.from.clone(), week.n_accounts.to_string()];
        cells.extend(week.amounts.iter().map(|amount| money(amount_of(*amount))));
        cells.push(money(total(week)));
        cells
    };
    Chart {
        id: "pipeline",
        title: "ARR up for renewal by week, next 90 days".to_owned(),
        wide: drawn(weeks, money, Place::Wide),
        narrow: drawn(weeks, money, Place::Narrow),
        head: vec!["Week from", "Accounts", "Critical", "At risk", "Healthy", "No data", "All"],
        rows: weeks.iter().map(row).collect(),
    }
}

fn amount_of(amount: f64) -> f64 {
    finite(amount).clamp(0.0, AMOUNT_MAX)
}

fn total(week: &Week) -> f64 {
    finite(week.amounts.iter().map(|amount| amount_of(*amount)).sum())
}

/// The least of 1, 2, 2.5 and 5 × 10ⁿ of which three are at least `most`.
fn tick(most: f64) -> f64 {
    let third = (most / 3.0).max(1.0);
    let power = 10_f64.powf(third.log10().floor());
    let wanted = [1.0, 2.0, 2.5, 5.0, 10.0].into_iter().find(|it| it * power >= third);
    finite(wanted.unwrap_or(10.0) * power).max(1.0)
}

fn drawn(weeks: &[Week], money: &dyn Fn(f64) -> String, place: Place) -> Svg {
    let most = weeks.iter().map(total).fold(0.0, f64::max);
    let tick = tick(most);
    let top = finite(tick * 3.0);
    let y = |amount: f64| BOTTOM - share(amount, top) * (BOTTOM - TOP);
    let width = place.width();
    let mut body = String::new();
    for n in 0..=3 {
        let amount = tick * f64::from(n);
        let class = if n == 0 { "axis" } else { "grid" };
        body += &line(class, (LEFT, y(amount)), (width, y(amount)));
        body += &text("tick end", (LEFT - 8.0, y(amount) + 3.5), &money(amount));
    }
    let step = (width - LEFT) / weeks.len().max(1) as f64;
    let bar = (step * 0.62).min(36.0);
    let every = if place == Place::Wide { 2 } else { 4 };
    for (n, week) in weeks.iter().enumerate() {
        let middle = LEFT + (n as f64 + 0.5) * step;
        let mut below = 0.0;
        for ((class, _), amount) in BANDS.iter().zip(week.amounts) {
            let (from, to) = (y(below), y(below + amount_of(amount)));
            if from - to >= 0.1 {
                // A hair between two parts tells them apart without their colours.
                let height = (from - to - 1.0).max(0.5);
                body += &rect(class, (middle - bar / 2.0, to), (bar, height));
            }
            below += amount_of(amount);
        }
        if n % every == 0 {
            body += &text("tick middle", (middle, LABELS), &week.from);
        }
    }
    let id = format!("pipeline-{}", place.name());
    let said = said(weeks, money);
    Svg::image(&id, (width, HEIGHT), place, ("ARR up for renewal by week", &said), &body)
}

fn said(weeks: &[Week], money: &dyn Fn(f64) -> String) -> String {
    let n_accounts: usize = weeks.iter().map(|week| week.n_accounts).sum();
    let all = finite(weeks.iter().map(total).sum());
    let of_band = |n: usize| finite(weeks.iter().map(|week| amount_of(week.amounts[n])).sum());
    let bands: Vec<_> = BANDS
        .iter()
        .enumerate()
        .map(|(n, (_, name))| format!("{} {}", money(of_band(n)), name.to_lowercase()))
        .collect();
    format!("{n_accounts} renewals over {}: {}.", money(all), bands.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::dashboard::chart::checks::{is_inside, numbers};
    use proptest::prelude::*;

    fn week(amounts: [f64; 4]) -> Week {
        Week { from: "<2 Feb>".to_owned(), n_accounts: 1, amounts }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn it_stays_inside(
            amounts in proptest::collection::vec([proptest::num::f64::ANY; 4], 0..14),
        ) {
            let weeks: Vec<_> = amounts.into_iter().map(week).collect();
            let chart = pipeline(&weeks, &|amount| format!("{amount:.0}"));
            is_inside(&chart.wide);
            is_inside(&chart.narrow);
            prop_assert!(!chart.wide.to_string().contains("inf"));
            prop_assert!(!chart.wide.to_string().contains("<2 Feb"));
        }
    }

    #[test]
    fn columns_are_as_high_as_their_amounts() {
        let weeks = [week([100.0, 0.0, 200.0, 0.0]), week([0.0; 4])];
        let chart = pipeline(&weeks, &|amount| format!("{amount:.0}"));
        assert_eq!(numbers(&chart.wide, "height"), [54.3, 109.7]);
        assert!(chart.wide.to_string().contains("2 renewals over 300: 100 critical, 0 at risk"));
        assert_eq!(chart.rows[0], ["<2 Feb>", "1", "100", "0", "200", "0", "300"]);
    }

    #[test]
    fn more_money_than_there_is_has_ticks() {
        // Found by chance: three of its ticks were more than all numbers.
        let chart = pipeline(&[week([1.77e308, 0.0, 0.0, 0.0])], &|amount| format!("{amount:.0}"));
        is_inside(&chart.wide);
    }

    #[test]
    fn ticks_are_round() {
        for (most, wanted) in [(300.0, 100.0), (301.0, 200.0), (7.0, 2.5), (0.0, 1.0)] {
            assert_eq!(Some(tick(most)), Some(wanted), "{most}");
        }
    }
}
