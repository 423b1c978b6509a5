//! Style is a test: reads the sources as text and names every place that leaves the house rules.
//!
//! What rustc, rustfmt and clippy can say is left to them. A rule is one function: those about
//! layers are in `layers.rs`, about words in `words.rs`, about length and form in `form.rs`; each
//! is seen to fail in the tests beside it.

mod form;
mod layers;
mod source;
mod words;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use source::{Found, Source, Tree};

/// A rule looks at one file at a time; it answers lines and what to do about them.
type Rule = fn(&Source, &Tree) -> Found;

const RULES: [Rule; 13] = [
    form::heads_its_file,
    form::is_short,
    form::fits_the_screen,
    form::is_finished,
    layers::points_left_only,
    layers::keeps_the_engine_pure,
    layers::is_reachable,
    layers::exports_in_one_place,
    layers::shares_nothing,
    layers::is_safe,
    layers::measures_in_one_place,
    words::uses_the_glossary,
    words::cites_what_is_there,
];

#[test]
fn the_sources_are_tidy() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let mut sources = Vec::new();
    for folder in ["src", "tests", "benches", "examples"] {
        read_all(&root, Path::new(folder), &mut sources);
    }
    assert!(sources.len() > 50, "only {} sources were found", sources.len());
    let tree = Tree::of(root, &sources);
    let mut report = String::new();
    let mut n_found = 0;
    for source in &sources {
        let mut found: Found = RULES.iter().flat_map(|rule| rule(source, &tree)).collect();
        found.sort();
        n_found += found.len();
        for (line, message) in found {
            writeln!(report, "{}:{line}: {message}", source.path).unwrap();
        }
    }
    assert!(n_found == 0, "{n_found} places are untidy:\n{report}");
}

#[test]
fn readme_and_ci_run_the_same_tests() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let commands = |name: &str| {
        let text = fs::read_to_string(root.join(name)).unwrap();
        let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default());
        let commands = lines.filter_map(|line| Some(line[line.find("cargo test")?..].trim()));
        commands.map(str::to_owned).collect::<Vec<_>>()
    };
    let in_ci = commands(".ci/run");
    assert_eq!(in_ci.len(), 1, "one command runs all tests: {in_ci:?}");
    assert_eq!(commands("README.md").first(), in_ci.first());
}

/// Reads every Rust file below `folder`, in the order of their paths.
fn read_all(root: &Path, folder: &Path, sources: &mut Vec<Source>) {
    let Ok(entries) = fs::read_dir(root.join(folder)) else { return };
    let mut names: Vec<_> = entries.flatten().map(|entry| entry.file_name()).collect();
    names.sort();
    for name in names {
        let path = folder.join(name);
        if root.join(&path).is_dir() {
            read_all(root, &path, sources);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(root.join(&path)).expect("sources are readable UTF-8");
            sources.push(Source::new(&path.to_string_lossy(), &text));
        }
    }
}
