//! Rules about layers: who may use whom, and what has a single place in the house.
//!
//! The reasons stand in `docs/architecture.md`; how things are called is `words.rs`.

use std::path::Path;

use crate::source::{Found, Source, Tree, has_word, is_word};

/// What each layer may use besides itself, from left to right.
const MAY_USE: [(&str, &[&str]); 12] = [
    ("lib", &[]),
    ("engine", &[]),
    ("generate", &["engine"]),
    ("replay", &["engine"]),
    ("view", &["engine"]),
    ("report", &["engine", "view"]),
    ("config", &["engine"]),
    ("telemetry", &["engine", "config"]),
    ("kafka", &["engine", "view", "report", "config", "telemetry"]),
    ("http", &["engine", "view", "report", "config", "telemetry", "kafka"]),
    (
        "cli",
        &["engine", "generate", "replay", "view", "report", "config", "telemetry", "kafka", "http"],
    ),
    ("main", &["cli"]),
];

/// What would bring a clock, chance, IO or threads into the engine.
const IMPURE: [&str; 26] = [
    "tokio",
    "rdkafka",
    "axum",
    "tracing",
    "prometheus",
    "rand",
    "fastrand",
    "getrandom",
    "std::fs",
    "std::net",
    "std::env",
    "std::thread",
    "std::process",
    "stdin",
    "stdout",
    "stderr",
    "SystemTime",
    "Instant",
    "Timestamp::now",
    "Zoned::now",
    "RandomState",
    "DashMap",
    "HashMap::new",
    "HashMap::from",
    "HashSet::new",
    "HashSet::from",
];

/// `engine ◄ view ◄ report ◄ kafka ◄ http ◄ cli`: imports point left only.
pub(crate) fn points_left_only(source: &Source, _: &Tree) -> Found {
    let Some(module) = source.module().strip_prefix("src/") else { return Found::new() };
    let layer = module.split('/').next().unwrap_or_default();
    let Some((_, allowed)) = MAY_USE.iter().find(|(name, _)| *name == layer) else {
        return vec![(1, format!("`{layer}` is no layer yet: say in layers.rs what it may use"))];
    };
    // So many `super` are `crate`; one more inside of the tests at the end of a file.
    let mut n_supers = module.split('/').count();
    let mut found = Found::new();
    for (n, line) in source.lines.iter().enumerate() {
        n_supers += usize::from(line.code.starts_with("mod tests"));
        for used in layers_used(&line.code, &"super::".repeat(n_supers)) {
            let is_layer = MAY_USE.iter().any(|(name, _)| *name == used);
            if used.is_empty() {
                found.push((n + 1, "one `use` a layer: name it right after `crate::`".to_owned()));
            } else if is_layer && used != layer && !allowed.contains(&used) {
                let message = format!("`{layer}` must not use `{used}`: imports point left only");
                found.push((n + 1, message));
            }
        }
    }
    found
}

/// The names that follow the root of the crate; empty where a list does.
fn layers_used<'a>(code: &'a str, root_by_super: &str) -> Vec<&'a str> {
    let mut used = Vec::new();
    for root in ["crate::", "customer_pulse::", root_by_super] {
        for (at, _) in code.match_indices(root) {
            let (before, after) = (&code[..at], &code[at + root.len()..]);
            if before.ends_with(is_word) || before.ends_with("super::") || after.starts_with('*') {
                continue;
            }
            used.push(&after[..after.find(|sign| !is_word(sign)).unwrap_or(after.len())]);
        }
    }
    used
}

/// The engine is a function of its arguments and goes through them in the same order every time.
pub(crate) fn keeps_the_engine_pure(source: &Source, _: &Tree) -> Found {
    if !source.path.starts_with("src/engine/") {
        return Found::new();
    }
    source.each_line(|line| {
        let code = &line.code;
        if let Some(name) = IMPURE.iter().find(|name| has_word(code, name)) {
            return Some(format!("`{name}` has no place in the engine: be handed what it tells"));
        }
        let is_random = (code.contains("HashMap<") || code.contains("HashSet<"))
            && !code.contains("FixedState");
        (is_random || code.contains("std::{"))
            .then(|| "write out each `std::` path, and `FixedState` in each hash map".to_owned())
    })
}

/// A file that nobody declares is not compiled.
pub(crate) fn is_reachable(source: &Source, tree: &Tree) -> Found {
    let (folder, name) = source.module().rsplit_once('/').unwrap_or(("", source.module()));
    let is_top = !folder.contains('/');
    let is_file = !source.path.ends_with("/mod.rs");
    let is_root = match folder {
        "src" => matches!(name, "lib" | "main"),
        _ if folder.starts_with("src/") => false,
        _ => is_file && (is_top || name == "main"),
    };
    let declares = |parent: &str| {
        let beside = Path::new(parent).parent() == Some(Path::new(folder));
        let owner = ["mod", "main"].iter().any(|it| parent == format!("{folder}/{it}.rs"));
        parent == format!("{folder}.rs") || owner || (is_top && beside)
    };
    let is_declared = tree.modules.iter().any(|(parent, child)| child == name && declares(parent));
    if is_root || is_declared {
        return Found::new();
    }
    vec![(1, format!("no `mod {name};` leads here: declare it or delete the file"))]
}

/// A thing has one path.
pub(crate) fn exports_in_one_place(source: &Source, _: &Tree) -> Found {
    if source.path == "src/lib.rs" {
        return Found::new();
    }
    source.each_line(|line| {
        let is_export = line.code.trim_start().starts_with("pub use ");
        is_export.then(|| "no `pub use` outside src/lib.rs: import it from where it is".to_owned())
    })
}

/// Threads share nothing but atomics, channels and the view.
pub(crate) fn shares_nothing(source: &Source, _: &Tree) -> Found {
    if source.path.starts_with("src/view/") {
        return Found::new();
    }
    let shared = ["Arc<Mutex", "Arc<RwLock", "static mut "];
    source.each_line(|line| {
        let name = shared.iter().find(|name| line.code.contains(*name))?;
        Some(format!("`{name}` belongs in src/view: use a channel or atomics elsewhere"))
    })
}

/// What the compiler cannot check is in one file, each call with its reason.
pub(crate) fn is_safe(source: &Source, _: &Tree) -> Found {
    // Outside of `src` only the allocator that counts is left, in a test binary of its own.
    let is_free = ["src/kafka/ffi.rs", "tests/allocations.rs"].contains(&source.path.as_str());
    if is_free {
        return Found::new();
    }
    source.each_line(|line| {
        has_word(&line.code, "unsafe").then(|| "`unsafe` belongs in src/kafka/ffi.rs".to_owned())
    })
}

/// Every series is declared once, with its help.
pub(crate) fn measures_in_one_place(source: &Source, _: &Tree) -> Found {
    if source.module().starts_with("src/telemetry") {
        return Found::new();
    }
    source.each_line(|line| {
        let is_series = has_word(&line.code, "prometheus");
        is_series.then(|| "a series is a field of `Telemetry`: declare it there".to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    type Rule = fn(&Source, &Tree) -> Found;

    fn lines(rule: Rule, path: &str, text: &str) -> Vec<usize> {
        let found = rule(&Source::new(path, text), &Tree::default());
        found.into_iter().map(|(line, _)| line).collect()
    }

    #[test]
    fn imports_to_the_right_are_found() {
        let left = |path: &str, text: &str| lines(points_left_only, path, text);
        assert_eq!(left("src/kafka/worker.rs", "use crate::engine::Engine;"), []);
        assert_eq!(left("src/engine/mod.rs", "use crate::kafka::clock;"), [1]);
        assert_eq!(left("src/http/ops.rs", "\nfn f() { crate::cli::go() }"), [2]);
        assert_eq!(left("src/generate/world.rs", "use crate::kafka::publisher;"), [1]);
        assert_eq!(left("src/config/mod.rs", "use crate::{engine, kafka};"), [1]);
        assert_eq!(left("src/engine/assess.rs", "use super::super::http;"), [1]);
        assert_eq!(left("src/view/mod.rs", "use super::kafka;\nmod tests {\nuse super::*;"), [1]);
        assert_eq!(left("src/engine/account/usage.rs", "use super::super::window;"), []);
        assert_eq!(left("src/main.rs", "use customer_pulse::kafka;"), [1]);
        assert_eq!(left("src/billing.rs", ""), [1]);
        assert_eq!(left("tests/vectors.rs", "use customer_pulse::engine;"), []);
    }

    #[test]
    fn impurity_in_the_engine_is_found() {
        let pure = |text: &str| lines(keeps_the_engine_pure, "src/engine/x.rs", text);
        for name in IMPURE {
            assert_eq!(pure(&format!("let a = {name}(b);")), [1], "{name}");
        }
        assert_eq!(pure("a: HashMap<Id, u8>,"), [1]);
        assert_eq!(pure("a: HashMap<Id, u8, FixedState>, // not Instant::now"), []);
        assert_eq!(pure("use std::{fs, fmt};"), [1]);
        assert_eq!(pure("use super::window::instants::Instants;"), []);
        assert_eq!(lines(keeps_the_engine_pure, "src/kafka/x.rs", "use std::fs;"), []);
    }

    #[test]
    fn files_that_nobody_declares_are_found() {
        let parents = [
            Source::new("src/lib.rs", "pub mod engine;"),
            Source::new("src/engine/mod.rs", "mod window;"),
            Source::new("src/engine/window.rs", "mod ring;"),
            Source::new("tests/a/main.rs", "mod b;"),
        ];
        let tree = Tree::of(Path::new("").into(), &parents);
        let reached = |path: &str| is_reachable(&Source::new(path, ""), &tree).is_empty();
        for path in ["src/lib.rs", "src/engine/mod.rs", "src/engine/window/ring.rs", "tests/a.rs"] {
            assert!(reached(path), "{path}");
        }
        assert!(reached("tests/a/b.rs") && reached("tests/a/main.rs"));
        for path in ["src/kafka/main.rs", "src/ring.rs", "src/engine/ring.rs", "tests/a/c.rs"] {
            assert!(!reached(path), "{path}");
        }
    }

    #[test]
    fn what_has_one_place_is_found_elsewhere() {
        let one_line: [(Rule, &str, &str); 4] = [
            (exports_in_one_place, "src/lib.rs", "pub use engine::Engine;"),
            (shares_nothing, "src/view/mod.rs", "a: Arc<Mutex<u8>>,"),
            (is_safe, "src/kafka/ffi.rs", "unsafe { call() }"),
            (measures_in_one_place, "src/telemetry.rs", "use prometheus::IntCounter;"),
        ];
        for (rule, place, text) in one_line {
            assert_eq!(lines(rule, place, text), [], "{text}");
            assert_eq!(lines(rule, "src/kafka/worker.rs", text), [1], "{text}");
        }
    }
}
