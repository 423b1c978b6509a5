//! Rules about words: one word for one thing, and no pointers to documents that are not there.
//!
//! What the words mean is the vocabulary of `docs/architecture.md`.

use std::path::Path;

use crate::source::{Found, Source, Tree, is_word};

/// Words that name nothing, or are a second word for a thing that has one, and what to write.
const GLOSSARY: [(&str, &str); 24] = [
    ("manager", "what it does"),
    ("handler", "what it does"),
    ("service", "what it does"),
    ("processor", "what it does"),
    ("factory", "a function"),
    ("wrapper", "what it adds"),
    ("helper", "what it does"),
    ("helpers", "the module of the thing itself"),
    ("customer", "account"),
    ("tenant", "account"),
    ("acct", "account"),
    ("alarm", "alert"),
    ("incident", "alert, or the episode of one"),
    ("notification", "alert, or output"),
    ("indicator", "metric"),
    ("scorer", "assess"),
    ("evaluate", "assess or decide"),
    ("evaluation", "assessment"),
    ("scheduler", "timer"),
    ("projection", "view"),
    ("dlq", "dead letter"),
    ("msg", "message, record or event"),
    ("evt", "event"),
    ("ctx", "what is handed in"),
];

/// What no module is called: it would gather what belongs nowhere.
const NO_MODULES: [&str; 5] = ["util", "utils", "common", "misc", "shared"];

/// Words of the field, names of others and of the published contract: not for the glossary.
const NAMES_OF_OTHERS: [&str; 10] = [
    "service_fn",
    "customer_pulse",
    "customer_id",
    "incident_impact",
    "self_service",
    "SelfService",
    "service_levels",
    "SERVICE_UNAVAILABLE",
    "ServiceExt",
    "CommandFactory",
];

/// A module of others whose name is a word of the glossary.
const PATH_OF_OTHERS: &str = "hyper::service";

/// One word, one thing: in names, not in prose.
pub(crate) fn uses_the_glossary(source: &Source, _: &Tree) -> Found {
    let mut found = source.each_line(|line| unclear_name(&line.code));
    found.extend(unclear_name(source.module()).map(|message| (1, message)));
    let gathers = source.module().split('/').any(|name| NO_MODULES.contains(&name));
    let message = "this name gathers what belongs nowhere: name the module after its thing";
    found.extend(gathers.then(|| (1, message.to_owned())));
    found
}

fn unclear_name(code: &str) -> Option<String> {
    let code = code.replace(PATH_OF_OTHERS, "");
    let names = code.split(|sign| !is_word(sign)).filter(|name| !NAMES_OF_OTHERS.contains(name));
    names.into_iter().find_map(|name| {
        let words = words_of(name);
        let (word, instead) =
            GLOSSARY.iter().find(|(it, _)| words.iter().any(|word| word == it))?;
        Some(format!("`{name}`: \"{word}\" is not a word of this house, name {instead}"))
    })
}

/// The words of a name, however it is written: `AlertRule` and `alert_rule` are alert, rule.
fn words_of(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut after_lower = false;
    for sign in name.chars() {
        if sign == '_' || (sign.is_uppercase() && after_lower) {
            words.push(String::new());
        }
        after_lower = sign.is_lowercase();
        if let Some(word) = words.last_mut().filter(|_| sign != '_') {
            word.extend(sign.to_lowercase());
        }
    }
    words
}

/// A comment that sends the reader to a document names one of this repository.
pub(crate) fn cites_what_is_there(source: &Source, tree: &Tree) -> Found {
    let beside = Path::new(&source.path).parent().unwrap_or(Path::new(""));
    let places = [Path::new(""), Path::new("docs"), beside].map(|place| tree.root.join(place));
    source.each_line(|line| {
        let is_end = |sign: char| sign.is_whitespace() || "`()[],:;".contains(sign);
        let named = line.comment.split(is_end).filter(|word| word.ends_with(".md"));
        let missing = named.into_iter().find(|it| !places.iter().any(|at| at.join(it).exists()))?;
        Some(format!("there is no {missing}, neither here nor in docs/"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Vec<usize> {
        let found = uses_the_glossary(&Source::new(path, text), &Tree::default());
        found.into_iter().map(|(line, _)| line).collect()
    }

    #[test]
    fn banned_words_are_found_in_names() {
        for name in ["EventHandler", "alert_manager", "customer_health", "AlarmRule", "CTX_MAX"] {
            assert_eq!(found("src/x.rs", &format!("\nlet a = {name};")), [2], "{name}");
        }
        assert_eq!(found("src/engine/utils.rs", ""), [1]);
        assert_eq!(found("src/common/handler.rs", ""), [1, 1]);
        assert_eq!(found("src/x.rs", "let managed = commonly(\"a manager\"); // a manager"), []);
        assert_eq!(found("src/x.rs", "self_service: apache_avro::util::max(),"), []);
        assert_eq!(found("src/x.rs", "use customer_pulse::engine;"), []);
    }

    #[test]
    fn documents_that_are_missing_are_found() {
        let tree = Tree { root: env!("CARGO_MANIFEST_DIR").into(), ..Tree::default() };
        let text = "// see `docs/architecture.md`, `architecture.md` §4\n/// or (nowhere.md).";
        let found = cites_what_is_there(&Source::new("src/x.rs", text), &tree);
        assert_eq!(found.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [2]);
    }
}
