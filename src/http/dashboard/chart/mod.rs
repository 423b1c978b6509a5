//! Charts, drawn on the server: pure functions from figures to SVG.
//!
//! Colours, fonts and line widths are classes of `templates/style.css`; which figures are drawn is
//! decided by the pages. Nothing of a chart is in a `style` attribute: the content policy forbids
//! it.

use std::fmt;

use askama::filters::HtmlSafe;

pub mod bullet;
pub mod contributions;
pub mod nps;
pub mod pipeline;
pub mod sparkline;
pub mod stack;
pub mod trend;
pub mod waterfall;

/// Markup that is put on a page as it is: every text in it was escaped when it was put in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Svg(String);

/// A chart with axes: twice, for a wide and a narrow place, and as a table.
#[derive(Clone, Debug, Default)]
pub struct Chart {
    /// Names its elements on the page.
    pub id: &'static str,
    /// What it shows, as its caption.
    pub title: String,
    /// For places of at least 30 rem.
    pub wide: Svg,
    /// For narrower ones.
    pub narrow: Svg,
    /// Heads of the columns of the table that says the same.
    pub head: Vec<&'static str>,
    /// Its rows.
    pub rows: Vec<Vec<String>>,
}

/// The place that a chart is drawn for, in its own units, which are pixels as a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Beside other things on a screen.
    Wide,
    /// On a phone.
    Narrow,
}

impl Place {
    /// How wide it is.
    const fn width(self) -> f64 {
        match self {
            Place::Wide => 960.0,
            Place::Narrow => 340.0,
        }
    }

    /// Tells the two apart in ids and classes.
    const fn name(self) -> &'static str {
        match self {
            Place::Wide => "wide",
            Place::Narrow => "narrow",
        }
    }
}

/// A position or length: one decimal, and nothing else than a number whatever it comes from.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Unit(f64);

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rounded = (finite(self.0) * 10.0).round() / 10.0;
        // No minus before a zero.
        write!(f, "{}", rounded + 0.0)
    }
}

impl Svg {
    /// An image with a name and a description, for those who do not see it.
    fn image(id: &str, size: (f64, f64), place: Place, said: (&str, &str), body: &str) -> Self {
        let (title, description) = (Escaped(said.0), Escaped(said.1));
        let (width, height, place) = (Unit(size.0), Unit(size.1), place.name());
        Self(format!(
            "<svg class=\"plot {place}\" viewBox=\"0 0 {width} {height}\" role=\"img\" \
             aria-labelledby=\"{id}-t {id}-d\"><title id=\"{id}-t\">{title}</title>\
             <desc id=\"{id}-d\">{description}</desc>{body}</svg>"
        ))
    }

    /// A small image that stretches to its place, and is described in one sentence.
    fn strip(size: (f64, f64), class: &str, label: &str, body: &str) -> Self {
        let (width, height, label) = (Unit(size.0), Unit(size.1), Escaped(label));
        Self(format!(
            "<svg class=\"{class}\" viewBox=\"0 0 {width} {height}\" \
             preserveAspectRatio=\"none\" role=\"img\" aria-label=\"{label}\">{body}</svg>"
        ))
    }

    /// A small image whose figures stand beside it as text.
    fn decoration(size: (f64, f64), class: &str, body: &str) -> Self {
        let (width, height) = (Unit(size.0), Unit(size.1));
        Self(format!(
            "<svg class=\"{class}\" viewBox=\"0 0 {width} {height}\" \
             preserveAspectRatio=\"none\" aria-hidden=\"true\" focusable=\"false\">{body}</svg>"
        ))
    }
}

impl fmt::Display for Svg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl HtmlSafe for Svg {}

/// A text as it stands in markup, within elements and quoted attributes.
struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for sign in self.0.chars() {
            match sign {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                _ => fmt::Write::write_char(f, sign)?,
            }
        }
        Ok(())
    }
}

/// The number itself, 0 for what is none.
fn finite(number: f64) -> f64 {
    if number.is_finite() { number } else { 0.0 }
}

/// A share: between 0 and 1 whatever it is of.
fn share(part: f64, whole: f64) -> f64 {
    finite(finite(part) / finite(whole)).clamp(0.0, 1.0)
}

/// A rectangle.
fn rect(class: &str, at: (f64, f64), size: (f64, f64)) -> String {
    let (x, y, width, height) = (Unit(at.0), Unit(at.1), Unit(size.0), Unit(size.1));
    format!("<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"/>")
}

/// A straight line.
fn line(class: &str, from: (f64, f64), to: (f64, f64)) -> String {
    let (x1, y1, x2, y2) = (Unit(from.0), Unit(from.1), Unit(to.0), Unit(to.1));
    format!("<line class=\"{class}\" x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\"/>")
}

/// A line through points.
fn polyline(points: impl Iterator<Item = (f64, f64)>) -> String {
    let points: Vec<_> = points.map(|(x, y)| format!("{},{}", Unit(x), Unit(y))).collect();
    format!("<polyline class=\"line\" points=\"{}\"/>", points.join(" "))
}

/// A point of a line.
fn dot(at: (f64, f64), radius: f64) -> String {
    let (x, y) = (Unit(at.0), Unit(at.1));
    format!("<circle class=\"dot\" cx=\"{x}\" cy=\"{y}\" r=\"{radius}\"/>")
}

/// Some of the words of an axis, at most `most`, with the first and the last; each at its place.
fn axis_words<'a>(
    most: usize,
    words: impl ExactSizeIterator<Item = (f64, &'a str)>,
    y: f64,
) -> String {
    let words: Vec<_> = words.collect();
    let last = words.len().saturating_sub(1);
    let mut shown: Vec<usize> = (0..most).map(|n| n * last / (most - 1).max(1)).collect();
    shown.dedup();
    let word = |index: usize| {
        let class = match index {
            0 => "tick",
            _ if index == last => "tick end",
            _ => "tick middle",
        };
        words.get(index).map(|(x, word)| text(class, (*x, y), word))
    };
    shown.into_iter().filter_map(word).collect()
}

/// A word at a place.
fn text(class: &str, at: (f64, f64), text: &str) -> String {
    let (x, y, text) = (Unit(at.0), Unit(at.1), Escaped(text));
    format!("<text class=\"{class}\" x=\"{x}\" y=\"{y}\">{text}</text>")
}

/// What the tests of all charts look for.
#[cfg(test)]
pub(super) mod checks {
    use super::Svg;

    /// Every number of these attributes, in order.
    pub(in crate::http::dashboard) fn numbers(svg: &Svg, attribute: &str) -> Vec<f64> {
        let start = format!(" {attribute}=\"");
        let parts = svg.0.split(&start).skip(1);
        let values = parts.filter_map(|part| part.split('"').next());
        values
            .flat_map(|value| value.split([' ', ',']).map(str::to_owned).collect::<Vec<_>>())
            .map(|number| number.parse().unwrap())
            .collect()
    }

    /// Panics unless everything drawn is a number and inside of the frame.
    pub(in crate::http::dashboard) fn is_inside(svg: &Svg) {
        assert!(!svg.0.contains("NaN") && !svg.0.contains("inf"), "{svg}");
        assert!(!svg.0.contains("style="), "{svg}");
        let frame = numbers(svg, "viewBox");
        let (width, height) = (frame[2] + 0.05, frame[3] + 0.05);
        let check = |values: Vec<f64>, most: f64| {
            for value in values {
                assert!((0.0..=most).contains(&value), "{value} of {most} in {svg}");
            }
        };
        for (attribute, most) in
            [("x", width), ("x1", width), ("x2", width), ("cx", width), ("width", width)]
        {
            check(numbers(svg, attribute), most);
        }
        for (attribute, most) in
            [("y", height), ("y1", height), ("y2", height), ("cy", height), ("height", height)]
        {
            check(numbers(svg, attribute), most);
        }
        let points = numbers(svg, "points");
        check(points.iter().copied().step_by(2).collect(), width);
        check(points.iter().copied().skip(1).step_by(2).collect(), height);
        for (start, length, most) in [("x", "width", width), ("y", "height", height)] {
            for part in svg.0.split("<rect").skip(1) {
                let part = Svg(part.split("/>").next().unwrap_or_default().to_owned());
                let end = numbers(&part, start)[0] + numbers(&part, length)[0];
                assert!(end <= most + 0.1, "{end} of {most} in {svg}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_number_is_drawn_at_zero() {
        for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.01] {
            assert_eq!(Unit(number).to_string(), "0");
        }
        assert_eq!(Unit(12.34).to_string(), "12.3");
        let shares = vec![share(1.0, 0.0), share(f64::NAN, 3.0), share(5.0, 3.0)];
        assert_eq!(shares, vec![0.0, 0.0, 1.0]);
    }

    #[test]
    fn hostile_text_stays_text() {
        let svg = Svg::strip((1.0, 1.0), "x", "\"><script>'&", &text("t", (0.0, 0.0), "</svg><b>"));
        assert_eq!(svg.to_string().matches('<').count(), 4, "{svg}");
        assert!(svg.to_string().contains("&quot;&gt;&lt;script&gt;&#39;&amp;"));
    }
}
