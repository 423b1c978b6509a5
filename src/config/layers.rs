//! Defaults < files < environment < flags, put together into one [`Config`].
//!
//! Every layer is flattened to settings of one kind (a dotted key, a text, where it was written),
//! so each has the same errors and all errors are found in one go. What the values mean together
//! is judged in `check.rs`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;
use serde_json::Value;

use super::{Config, check, value, yaml};

/// What environment variables begin with; the rest is the key, `__` for each dot.
pub const ENV_PREFIX: &str = "PULSE_";

/// Variables of our prefix that are no settings: the file flag, the tests' own, and those that
/// Kubernetes sets in every pod beside a service named `pulse`.
const ENV_FOREIGN: [&str; 5] =
    ["PULSE_CONFIG", "PULSE_TEST_", "PULSE_SERVICE_", "PULSE_PORT_", "PULSE_PORT"];

/// Where settings are read from; later sources win.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// YAML files, in order.
    pub files: Vec<PathBuf>,
    /// The environment, or what is to count as such.
    pub env: Vec<(String, String)>,
    /// Flags: how the flag is called, the dotted key, the value.
    pub flags: Vec<(String, String, String)>,
}

/// All that is wrong with the configuration; the process ends with exit code 78.
#[derive(Debug, thiserror::Error)]
#[error("the configuration cannot be used:\n  - {}", .problems.join("\n  - "))]
pub struct ConfigError {
    /// One sentence each, naming the setting, where it was written, and the remedy.
    pub problems: Vec<String>,
}

/// One setting as it was written.
pub(super) struct Setting {
    key: String,
    text: String,
    origin: String,
}

/// The names that settings can have.
struct Keys {
    names: Vec<String>,
    /// Those whose own keys are librdkafka's.
    maps: Vec<String>,
}

/// Reads all sources, checks the whole, and loads the secret files.
pub fn load(sources: &Sources) -> Result<Config, ConfigError> {
    let keys = Keys::known();
    let mut problems = Vec::new();
    let mut settings = Vec::new();
    for file in &sources.files {
        yaml::read(file, &mut settings, &mut problems);
    }
    settings.extend(sources.env.iter().filter_map(|(name, text)| env_setting(&keys, name, text)));
    for (flag, key, text) in &sources.flags {
        let secret = value::is_secret(key);
        if secret {
            problems.push(format!(
                "{flag}: `{key}` is a secret and arguments are visible to others; \
                 use a file or the variable {}",
                env_name(key)
            ));
        } else {
            settings.push(Setting::new(key, text, flag));
        }
    }
    let mut root = Value::Object(serde_json::Map::new());
    let mut origins = BTreeMap::new();
    for setting in settings.into_iter().filter(|setting| !setting.text.is_empty()) {
        match keys.place(&setting.key).and_then(|path| insert(&mut root, &path, &setting)) {
            Ok(()) => drop(origins.insert(setting.key, setting.origin)),
            Err(reason) => problems.push(format!("{}: {reason}", setting.origin)),
        }
    }
    let mut config = Config::deserialize(&root).expect("every setting was tried when inserted");
    for (key, reason) in check::problems(&mut config) {
        let origin = origins.get(key).map(|at| format!("{at}: ")).unwrap_or_default();
        problems.push(format!("{origin}`{key}` {reason}"));
    }
    if problems.is_empty() { Ok(config) } else { Err(ConfigError { problems }) }
}

/// The environment variable of a key.
pub fn env_name(key: &str) -> String {
    let section = Keys::known().maps.into_iter().find_map(|map| {
        let name = key.strip_prefix(&map)?.strip_prefix('.')?;
        Some(format!("{}__{}", map.replace('.', "__"), name.replace('.', "_")))
    });
    let rest = section.unwrap_or_else(|| key.replace('.', "__"));
    format!("{ENV_PREFIX}{}", rest.to_uppercase())
}

impl Setting {
    /// A dotted key, its text, and how to name the place where it stands.
    pub(super) fn new(key: &str, text: &str, origin: impl Into<String>) -> Self {
        Self { key: key.trim().to_owned(), text: text.trim().to_owned(), origin: origin.into() }
    }
}

impl Keys {
    fn known() -> Self {
        let mut keys = Self { names: Vec::new(), maps: Vec::new() };
        let defaults = serde_json::to_value(Config::default()).expect("settings are plain data");
        keys.collect("", &defaults);
        keys
    }

    fn collect(&mut self, at: &str, value: &Value) {
        match value {
            Value::Object(map) if map.is_empty() => self.maps.push(at.to_owned()),
            Value::Object(map) => {
                for (name, value) in map {
                    let dot = if at.is_empty() { "" } else { "." };
                    self.collect(&format!("{at}{dot}{name}"), value);
                }
            }
            _ => self.names.push(at.to_owned()),
        }
    }

    /// Where a key stands in the tree of settings, or why it stands nowhere.
    fn place(&self, key: &str) -> Result<Vec<String>, String> {
        for map in &self.maps {
            if let Some(name) = key.strip_prefix(map).and_then(|rest| rest.strip_prefix('.')) {
                check::owned(name).map_or(Ok(()), Err)?;
                return Ok(map.split('.').chain([name]).map(str::to_owned).collect());
            }
        }
        if self.names.iter().any(|name| name == key) {
            return Ok(key.split('.').map(str::to_owned).collect());
        }
        let inside = |name: &&String| name.starts_with(&format!("{key}."));
        let within: Vec<_> = self.names.iter().chain(&self.maps).filter(inside).collect();
        if !within.is_empty() {
            let names = within.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>();
            return Err(format!("`{key}` is a section, its keys are {}", names.join(", ")));
        }
        let near = |name: &&String| strsim::jaro_winkler(name, key);
        let nearest = self.names.iter().max_by(|a, b| near(a).total_cmp(&near(b)));
        let hint = match nearest.filter(|name| near(name) > 0.8) {
            Some(name) => format!("; did you mean `{name}`?"),
            None => ", see config/pulse.yaml for those there are".to_owned(),
        };
        Err(format!("unknown key `{key}`{hint}"))
    }
}

/// Puts a setting into the tree if it can be read there as text or as a plain number or word.
fn insert(root: &mut Value, path: &[String], setting: &Setting) -> Result<(), String> {
    let text = Value::String(setting.text.clone());
    let before = root.clone();
    let mut first_error = None;
    for candidate in [Some(text), serde_json::from_str(&setting.text).ok()].into_iter().flatten() {
        let mut slot = &mut *root;
        for name in path {
            slot = &mut slot[name.as_str()];
        }
        *slot = candidate;
        match Config::deserialize(&*root) {
            Ok(_) => return Ok(()),
            Err(error) => _ = first_error.get_or_insert(error.to_string()),
        }
        root.clone_from(&before);
    }
    let reason = first_error.expect("the text itself is always tried");
    Err(format!("`{}`: {reason}", setting.key))
}

fn env_setting(keys: &Keys, name: &str, text: &str) -> Option<Setting> {
    let rest = name.strip_prefix(ENV_PREFIX)?;
    let foreign = |other: &&str| name == *other || other.ends_with('_') && name.starts_with(*other);
    if ENV_FOREIGN.iter().any(foreign) {
        return None;
    }
    let mut key = rest.to_lowercase().replace("__", ".");
    for map in &keys.maps {
        let property = key.strip_prefix(map).and_then(|rest| rest.strip_prefix('.'));
        if let Some(property) = property {
            key = format!("{map}.{}", property.replace('_', "."));
            break;
        }
    }
    Some(Setting::new(&key, text, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load_all(
        yaml: &str,
        env: &[(&str, &str)],
        flags: &[(&str, &str)],
    ) -> Result<Config, String> {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("pulse.yaml");
        std::fs::write(&file, yaml).unwrap();
        let owned = |text: &&str| (*text).to_owned();
        let sources = Sources {
            files: vec![file],
            env: env.iter().map(|(name, text)| (owned(name), owned(text))).collect(),
            flags: flags.iter().map(|(k, v)| ("--set".into(), owned(k), owned(v))).collect(),
        };
        load(&sources)
            .map_err(|error| error.to_string().replace(&format!("{}/", dir.path().display()), ""))
    }

    fn refused(yaml: &str, env: &[(&str, &str)], flags: &[(&str, &str)], expected: &str) {
        let error = load_all(yaml, env, flags).unwrap_err();
        assert!(error.contains(expected), "expected: {expected}\nfound: {error}");
    }

    #[test]
    fn later_layers_win() {
        let yaml = "kafka:\n  bootstrap: file:1\n  group: from-file\ninstance: 7\nworkers: 3\n";
        let env = [("PULSE_KAFKA__BOOTSTRAP", "env:1"), ("PULSE_WORKERS", "4"), ("PATH", "/bin")];
        let config = load_all(yaml, &env, &[("workers", "5")]).unwrap();
        assert_eq!(config.kafka.bootstrap, "env:1");
        assert_eq!(config.kafka.group, "from-file");
        assert_eq!(config.instance, "7");
        assert_eq!(config.workers, 5);
    }

    #[test]
    fn librdkafka_properties_keep_their_names() {
        let yaml = "kafka:\n  consumer:\n    fetch.min.bytes: 1024\n";
        let env = [("PULSE_KAFKA__CONSUMER__MAX_POLL_INTERVAL_MS", "90000")];
        let set = [("kafka.properties.socket.nagle.disable", "true")];
        let config = load_all(yaml, &env, &set).unwrap();
        let consumer: Vec<_> = config.kafka.consumer.iter().collect();
        assert_eq!(consumer, [("fetch.min.bytes", "1024"), ("max.poll.interval.ms", "90000")]);
        let all: Vec<_> = config.kafka.properties.iter().collect();
        assert_eq!(all, [("socket.nagle.disable", "true")]);
    }

    #[test]
    fn durations_have_units_and_an_offset_may_be_negative() {
        let yaml = "step: {interval: 50ms}\nclock: {offset: -72h}\n";
        let config = load_all(yaml, &[], &[]).unwrap();
        assert_eq!(config.step.interval, std::time::Duration::from_millis(50));
        assert_eq!(config.clock.offset, jiff::SignedDuration::from_hours(-72));
        refused("step: {interval: 50}", &[], &[], "`step.interval`: expected a duration such as");
        refused("step: {interval: -1s}", &[], &[], "cannot be negative");
    }

    #[test]
    fn errors_name_the_place_and_the_remedy() {
        let place =
            "pulse.yaml:2:3: unknown key `kafka.bootstarp`; did you mean `kafka.bootstrap`?";
        refused("kafka:\n  bootstarp: x:1\n", &[], &[], place);
        refused("kafka: x", &[], &[], "pulse.yaml:1:1: `kafka` is a section, its keys are");
        refused("workers: [1]", &[], &[], "`workers` takes one value, not a list");
        refused("workers: many", &[], &[], "pulse.yaml:1:1: `workers`: invalid type");
        refused("a: b: c", &[], &[], "pulse.yaml:1:");
        refused("", &[("PULSE_STEPS__INTERVAL", "1s")], &[], "PULSE_STEPS__INTERVAL: unknown key");
        refused("", &[("PULSE_WORKERS", "0")], &[], "PULSE_WORKERS: `workers` is 0 and must lie");
        refused("", &[], &[("partitioner", "murmur")], "--set: `partitioner`: unknown variant");
        let owned = [("PULSE_KAFKA__CONSUMER__ISOLATION_LEVEL", "read_uncommitted")];
        refused(
            "",
            &owned,
            &[],
            "`isolation.level` is set by pulse and cannot be changed: aborted",
        );
    }

    #[test]
    fn all_problems_are_listed_at_once() {
        let yaml = "workers: 0\ntopics:\n  alerts: cs.accounts\n  plybooks: x\ninstance: a b\n";
        let error = load_all(yaml, &[("PULSE_LOG__FILTER", "=,=")], &[]).unwrap_err();
        for part in ["`workers` is 0", "as `topics.accounts` is", "`topics.playbooks`?", "`a b`"] {
            assert!(error.contains(part), "{part} in {error}");
        }
        assert!(error.contains("PULSE_LOG__FILTER: `log.filter` cannot be read"), "{error}");
    }

    #[test]
    fn variables_of_others_are_left_alone() {
        let env = [("PULSE_SERVICE_HOST", "10.0.0.1"), ("PULSE_PORT", "tcp://10.0.0.1:80")];
        load_all("", &env, &[]).unwrap();
        load_all("", &[("PULSE_TEST_KAFKA", "x:1"), ("PULSE_MODEL", "")], &[]).unwrap();
        refused("", &[("PULSE_PORTS", "1")], &[], "PULSE_PORTS: unknown key `ports`");
    }

    #[test]
    fn secrets_come_by_file_or_environment_and_never_leave() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("key");
        std::fs::write(&file, "hunter2\n").unwrap();
        let env = [
            ("PULSE_PRIVACY__HASH_KEY_FILE", file.to_str().unwrap()),
            ("PULSE_KAFKA__PROPERTIES__SASL_PASSWORD", "hunter3"),
        ];
        let config = load_all("", &env, &[]).unwrap();
        assert!(!config.privacy.is_default());
        assert_eq!(config.privacy.key(), value::Secret::new("hunter2").key());
        let shown = format!("{config} {config:?}");
        assert!(!shown.contains("hunter"), "{shown}");
        let hint = "use a file or the variable PULSE_KAFKA__PROPERTIES__SASL_PASSWORD";
        refused("", &[], &[("kafka.properties.sasl.password", "hunter4")], hint);
        refused("privacy: {hash_key_file: /nowhere/key}", &[], &[], "cannot be read");
    }

    #[test]
    fn the_reference_file_has_every_key_with_its_default() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/config/pulse.yaml");
        let sources = Sources { files: vec![path.into()], ..Sources::default() };
        let config = load(&sources).unwrap();
        let plain = |config: &Config| serde_json::to_value(config).unwrap();
        assert_eq!(plain(&config), plain(&Config::default()));
        let text = std::fs::read_to_string(path).unwrap();
        let named = |key: &str| {
            let last = key.rsplit('.').next().unwrap();
            text.lines()
                .any(|line| line.trim_start_matches(['#', ' ']).starts_with(&format!("{last}:")))
        };
        let Keys { names, maps } = Keys::known();
        let missing: Vec<_> = names.into_iter().chain(maps).filter(|key| !named(key)).collect();
        assert!(missing.is_empty(), "not in config/pulse.yaml: {missing:?}");
    }
}
