//! The model file: what is wrong with it is said all at once, each thing with its own place.
//!
//! What the model means is tested where it is used; its schema, in `schema.rs`.

mod schema;

use std::sync::LazyLock;

use customer_pulse::engine::account::profile::Segment;
use customer_pulse::engine::metric::{Component, MetricId};
use customer_pulse::engine::model::{DEFAULT_TEXT, Model};
use proptest::prelude::*;
use proptest::sample::subsequence;

/// The model that ships, without what differs by segment.
static PLAIN: LazyLock<String> = LazyLock::new(|| {
    let (before, rest) = DEFAULT_TEXT.split_once("\nby_segment:\n").expect("differences");
    let (_, after) = rest.split_once("\n\n").expect("another section");
    format!("{before}\nby_segment: {{}}\n\n{after}")
});

/// The same with some texts put in place of others.
fn changed(changes: &[(&str, &str)]) -> String {
    changes.iter().fold(PLAIN.clone(), |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replacen(from, to, 1)
    })
}

/// What is wrong with a text, a line each.
fn errors(text: &str) -> Vec<String> {
    let errors = Model::parse(text).expect_err("the text is wrong").of_file("m.yaml").to_string();
    errors.lines().map(str::to_owned).collect()
}

/// The model that ships with changes for small customers, as YAML.
fn for_smb(changes: &str) -> String {
    changed(&[("by_segment: {}", &format!("by_segment:\n  smb:\n    {changes}"))])
}

#[test]
fn everything_is_named_at_once_with_its_place() {
    let text = changed(&[
        ("reporting: USD", "reporting: [USD]"),
        ("EUR: 1.08", "EUR: -1"),
        ("mid_market_from_arr: 25000", "mid_market_from_arr: 200000"),
        ("features: []", "features: [{ name: search, core: yes, color: red }]"),
        ("support: 0.20", "suport: 0.20"),
        ("P3: 1, ", ""),
        ("green: 90", "green: high"),
        ("[0.2, 40]", "[-1, 40]"),
        ("[0.8, 100]", "[0.8, 101]"),
        ("fallback_window_days: 90", "window_days: 90"),
        ("breadth_window_days: 365", "breadth_window_days: 381"),
        ("sla_hours: [8, 24, 72, 120]", "sla_hours: [8, 24]"),
        ("ratio_max: 5", "ratio_max: .nan"),
        ("interval_secs: 60", "interval_secs: 1.5"),
        ("severity: error", "severity: eror"),
        ("inhibits: [health_yellow]", "inhibits: [health_green]"),
        ("summary: Health is critical", "summary: 7"),
        ("    - id: health_yellow", "    - id: health_red"),
    ]);
    let wanted = "\
        currencies.rates.EUR: must lie between 0.000000001 and 1000000000, not -1\n\
        currencies.reporting: must be text, not a list\n\
        segments.enterprise_above_arr: must not be less than mid_market_from_arr\n\
        features[0].core: must be true or false, not `yes`\n\
        features[0].color: unknown name `color`: expected one of \
         core, launched_on, name, plans, related\n\
        health.component_weights.suport: unknown name `suport`: did you mean `support`?\n\
        health.metric_weights.P3: is missing\n\
        health.bands.green: must be a number, not `high`\n\
        health.metrics.P1.fallback_window_days: is missing\n\
        health.metrics.P1.window_days: stands twice: leave one of them\n\
        health.metrics.P1.anchors[1]: x must rise: -1 stands after 0\n\
        health.metrics.P1.anchors[3][1]: must lie between 0 and 100, not 101\n\
        health.metrics.P2.breadth_window_days: must lie between 1 and 380, not 381\n\
        health.metrics.S2.sla_hours: must have 4 items, not 2\n\
        health.metrics.S2.ratio_max: must be a number, not `.nan`\n\
        publication.interval_secs: must be a whole number, not 1.5\n\
        alerts.rules[3].severity: unknown word `eror`: did you mean `error`?\n\
        alerts.rules[3].inhibits[0]: unknown rule `health_green`: did you mean `health_red`?\n\
        alerts.rules[3].summary: must be text, not 7: put it in quotes\n\
        alerts.rules[15].id: the id health_red stands twice";
    let found = errors(&text);
    let without_place = |line: &str| line.split_once(": ").unwrap().1.to_owned();
    let mut said: Vec<_> = found.iter().map(|line| without_place(line)).collect();
    let mut wanted: Vec<_> = wanted.lines().collect();
    said.sort();
    wanted.sort();
    assert_eq!(said, wanted);
    let place = |path: &str| {
        let line = found.iter().find(|line| line.contains(path)).unwrap();
        let mut parts = line.split(':').skip(1).map(|part| part.parse::<usize>().ok());
        let (line, column) = (parts.next().flatten().unwrap(), parts.next().flatten().unwrap());
        text.lines().nth(line - 1).unwrap()[column - 1..].to_owned()
    };
    assert_eq!(place("rates.EUR")[..3], *"-1,");
    assert_eq!(place("suport")[..6], *"suport");
    assert_eq!(place("health.metric_weights.P3")[..4], *"{ P1");
    assert_eq!(place("anchors[1]")[..8], *"[-1, 40]");
    assert_eq!(place("anchors[3][1]")[..4], *"101]");
    assert_eq!(place("rules[3].inhibits[0]")[..12], *"health_green");
}

#[test]
fn what_stands_in_for_a_wrong_value_is_not_blamed() {
    assert_eq!(errors(&changed(&[("yellow: 70", "yelow: 95")])).len(), 1);
    assert_eq!(errors(&changed(&[("green: 90", "green: [1]")])).len(), 1);
    let no_segments = changed(&[("segments:\n", "segment:\n")]);
    assert_eq!(
        errors(&no_segments),
        ["m.yaml:12:1: segment: unknown name `segment`: did you mean `segments`?"]
    );
}

#[test]
fn what_is_no_map_or_no_yaml_is_refused() {
    assert_eq!(errors("- 1"), ["m.yaml:1:1: must be a map, not a list"]);
    assert_eq!(errors("health: 1\nalerts: [1").len(), 1);
    assert!(errors("")[0].contains("must be a map, not nothing"), "{:?}", errors(""));
}

#[test]
fn a_model_without_any_weight_is_refused() {
    let text = changed(&[
        ("product: 0.35", "product: 0"),
        ("support: 0.20", "support: 0"),
        ("relationship: 0.20", "relationship: 0"),
        ("outcomes: 0.15", "outcomes: 0"),
        ("commercial: 0.10", "commercial: 0"),
    ]);
    let problem = "at least one component with a metric must weigh more than 0";
    assert!(errors(&text)[0].ends_with(&format!("health.component_weights: {problem}")));
}

#[test]
fn a_segment_may_replace_any_part() {
    let text = for_smb(
        "health: { component_weights: { product: 0.45 }, metric_weights: { R1: 0 },\n\
         \x20     metrics: { P1: { window_days: 14 }, S2: { sla_hours: [1, 2, 3, 4] } } }",
    );
    let model = Model::parse(&text).unwrap();
    let (smb, common) = (&model.of(Segment::Smb).health, &model.of(Segment::Enterprise).health);
    assert_eq!(common, &Model::default().of(Segment::MidMarket).health);
    assert_eq!((smb.metrics.p1.window_days, common.metrics.p1.window_days), (14, 7));
    assert_eq!(smb.metrics.s2.sla_hours[3].to_bits(), 4.0_f64.to_bits());
    assert_eq!(smb.metrics.p2, common.metrics.p2);
    assert_eq!(smb.metric_weight(MetricId::R1).to_bits(), 0.0_f64.to_bits());
    assert_eq!(common.metric_weight(MetricId::R1).to_bits(), 1.0_f64.to_bits());
}

#[test]
fn what_is_wrong_for_a_segment_is_named_where_it_stands() {
    let problems = |changes: &str| errors(&for_smb(changes)).join("\n");
    let line = 1 + PLAIN.lines().position(|line| line == "by_segment: {}").unwrap();
    let found = problems("health: { metrics: { P1: { window_days: 999 } }, bands: { gren: 1 } }");
    let (at, path) = (line + 2, "by_segment.smb.health");
    let wanted = format!(
        "m.yaml:{at}:45: {path}.metrics.P1.window_days: must lie between 1 and 380, not 999\n\
         m.yaml:{at}:63: {path}.bands.gren: unknown name `gren`: did you mean `green`?"
    );
    assert_eq!(found, wanted);
    let found = problems("health: { bands: { yellow: 95 } }");
    assert_eq!(found, format!("m.yaml:{at}:22: {path}.bands.green: must be more than yellow"));
    let found = problems("healt: {}\n  mid_size: {}");
    assert!(found.contains("by_segment.smb.healt: unknown name `healt`: did you mean `health`?"));
    assert!(
        found.contains("by_segment.mid_size: unknown name `mid_size`: did you mean `mid_market`?")
    );
    let found = errors(&for_smb("health: {}").replacen("green: 90", "green: 60", 1));
    assert_eq!(found.len(), 1, "said once, where it is wrong: {found:?}");
}

#[test]
fn the_set_for_small_customers_in_the_comment_can_be_taken() {
    let commented: Vec<_> = DEFAULT_TEXT
        .lines()
        .skip_while(|line| *line != "#   smb:")
        .skip(1)
        .map_while(|line| line.strip_prefix("#     "))
        .collect();
    let model = Model::parse(&for_smb(&commented.join("\n    "))).unwrap();
    let smb = &model.of(Segment::Smb).health;
    let weights = Component::ALL.map(|component| smb.component_weight(component));
    assert_eq!(format!("{weights:?}"), "[0.45, 0.2, 0.1, 0.1, 0.15]");
    let off = MetricId::ALL.into_iter().filter(|metric| smb.metric_weight(*metric) <= 0.0);
    assert_eq!(off.collect::<Vec<_>>(), [MetricId::R1, MetricId::R2]);
}

/// A key of the model that ships, as it stands in a line: `    green: 90`, or `P1: 1` among others.
#[derive(Clone, Debug)]
struct Site {
    /// From 0.
    line: usize,
    /// Bytes of the key in the line.
    key: std::ops::Range<usize>,
    /// Bytes of the number after it, where there is one.
    number: Option<std::ops::Range<usize>>,
    /// Whether it is all there is in its line, and must be there.
    may_be_deleted: bool,
}

#[derive(Clone, Copy, Debug)]
enum Mutation {
    Misspell,
    TextForNumber,
    TooLow,
    Delete,
}

/// All keys that are not free, each with its place.
fn sites() -> Vec<Site> {
    let optional = "inhibits by_segment hold_minutes clear_hours cool_down_hours \
        reopen_after_days ends_after_days parallel_max";
    let optional: Vec<&str> = optional.split_whitespace().collect();
    let is_word = |sign: char| sign.is_ascii_alphanumeric() || sign == '_';
    let mut sites = Vec::new();
    let mut section = "";
    for (n, line) in PLAIN.lines().enumerate() {
        let is_comment = line.trim_start().starts_with('#');
        if !is_comment && line.starts_with(is_word) {
            section = line;
        }
        // The keys of rates, categories and words are free, and so is prose.
        let is_prose = ["rates", "summary", "- Find"].iter().any(|word| line.contains(word));
        let sections = ["texts", "playbooks", "by_segment"];
        let condition = ["when:", "until:", "any:", "all:", "- {"];
        let is_free = sections.iter().any(|free| section.starts_with(free))
            || section.starts_with("alerts") && condition.iter().any(|word| line.contains(word));
        if is_comment || is_prose || is_free {
            continue;
        }
        for (colon, _) in line.match_indices(':') {
            let rest = &line[colon + 1..];
            let start = line[..colon].rfind(|sign| !is_word(sign)).map_or(0, |at| at + 1);
            if start == colon || !(rest.is_empty() || rest.starts_with(' ')) {
                continue;
            }
            let end = rest.find([',', '}']).map_or(line.len(), |at| colon + 1 + at);
            let is_number = line[colon + 1..end].trim().parse::<f64>().is_ok();
            let is_alone = line[..start].trim().is_empty() && end == line.len();
            let may_be_deleted = is_alone && is_number && !optional.contains(&&line[start..colon]);
            let number = is_number.then_some(colon + 2..end);
            sites.push(Site { line: n, key: start..colon, number, may_be_deleted });
        }
    }
    sites
}

/// Mutates some keys of the model that ships; says of each which line and which words tell of it.
fn mutate(chosen: &[(Site, Mutation)]) -> (String, Vec<(Option<usize>, String)>) {
    let mut lines: Vec<String> = PLAIN.lines().map(str::to_owned).collect();
    let mut deleted = Vec::new();
    let mut told = Vec::new();
    // From the end of a line to its start, so that places before stay where they are.
    for (site, mutation) in chosen.iter().rev() {
        let text = PLAIN.lines().nth(site.line).expect("a line of the model");
        let key = text[site.key.clone()].to_owned();
        let line = &mut lines[site.line];
        match (mutation, &site.number) {
            (Mutation::Delete, _) if site.may_be_deleted => {
                deleted.push(site.line);
                told.push((None, format!(".{key}: is missing")));
            }
            (Mutation::TextForNumber, Some(number)) => {
                line.replace_range(number.clone(), "many");
                told.push((Some(site.line), format!("{key}: must be a")));
            }
            (Mutation::TooLow, Some(number)) => {
                line.replace_range(number.clone(), "-1e18");
                told.push((Some(site.line), format!("{key}: must ")));
            }
            _ => {
                line.replace_range(site.key.clone(), &format!("{key}q"));
                told.push((Some(site.line), format!("{key}q: unknown name `{key}q`")));
            }
        }
    }
    let n_deleted_before = |line: usize| deleted.iter().filter(|gone| **gone < line).count();
    for (line, _) in &mut told {
        *line = line.map(|line| line + 1 - n_deleted_before(line));
    }
    let kept = lines.iter().enumerate().filter(|(n, _)| !deleted.contains(n));
    (kept.map(|(_, line)| format!("{line}\n")).collect(), told)
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 64, failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn each_mutation_is_named_and_nothing_else(
        chosen in subsequence(sites(), 1..=6),
        kinds in prop::collection::vec(0..4, 6),
    ) {
        let kind = |n: usize| match kinds[n] {
            0 => Mutation::Misspell,
            1 => Mutation::TextForNumber,
            2 => Mutation::TooLow,
            _ => Mutation::Delete,
        };
        let chosen: Vec<_> =
            chosen.into_iter().enumerate().map(|(n, site)| (site, kind(n))).collect();
        let (text, told) = mutate(&chosen);
        let found = errors(&text);
        for (line, words) in &told {
            let place = line.map_or("m.yaml:".to_owned(), |line| format!("m.yaml:{line}:"));
            let is_told = |said: &String| said.starts_with(&place) && said.contains(words);
            prop_assert!(found.iter().any(is_told), "{place} {words}: {found:#?}");
        }
        prop_assert_eq!(found.len(), told.len(), "{:#?}", found);
    }
}
