//! One bar of several parts: accounts by band, answers by kind.
//!
//! The parts' figures stand below the bar as a legend, which is on the page as a list or table.

use super::{Svg, finite, rect, share};

const WIDTH: f64 = 1_000.0;
const HEIGHT: f64 = 12.0;
/// Between two parts, so that they are told apart without their colours.
const GAP: f64 = 3.0;

/// A part of a bar.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    /// Its class: a band or a kind of answer.
    pub class: &'a str,
    /// Its name.
    pub name: &'a str,
    /// How much it is; what is less than nothing counts as nothing.
    pub amount: f64,
}

/// The parts beside each other, as long as their shares.
pub fn stack(title: &str, parts: &[Part<'_>]) -> Svg {
    let amount = |part: &Part<'_>| finite(part.amount).max(0.0);
    let total = finite(parts.iter().map(amount).sum());
    let n_shown = parts.iter().filter(|part| amount(part) > 0.0).count();
    let room = WIDTH - GAP * n_shown.saturating_sub(1) as f64;
    let (mut x, mut body, mut said) = (0.0, String::new(), Vec::new());
    for part in parts {
        let of_all = share(amount(part), total);
        said.push(format!("{} {:.0} %", part.name, of_all * 100.0));
        if amount(part) > 0.0 {
            body += &rect(part.class, (x, 0.0), (of_all * room, HEIGHT));
            x += of_all * room + GAP;
        }
    }
    if body.is_empty() {
        body = rect("track", (0.0, 0.0), (WIDTH, HEIGHT));
        said = vec!["nothing yet".to_owned()];
    }
    let label = format!("{title}: {}", said.join(", "));
    Svg::strip((WIDTH, HEIGHT), "stack", &label, &body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::dashboard::chart::checks::{is_inside, numbers};
    use proptest::prelude::*;

    fn part(class: &'static str, amount: f64) -> Part<'static> {
        Part { class, name: class, amount }
    }

    proptest! {
        #[test]
        fn it_stays_inside(amounts in proptest::collection::vec(proptest::num::f64::ANY, 0..5)) {
            let parts: Vec<_> = amounts.into_iter().map(|it| part("red", it)).collect();
            is_inside(&stack("bands", &parts));
        }
    }

    #[test]
    fn parts_are_as_long_as_their_shares() {
        let svg = stack("Bands", &[part("red", 1.0), part("yellow", 0.0), part("green", 3.0)]);
        assert_eq!(numbers(&svg, "width"), [249.3, 747.8]);
        assert!(svg.to_string().contains("Bands: red 25 %, yellow 0 %, green 75 %"), "{svg}");
        assert!(stack("Bands", &[]).to_string().contains("nothing yet"));
    }
}
