//! The command line: every command with its flags, and the settings that flags can give.
//!
//! What a command does is in the file of its name beside this one.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::config::Config;
use crate::config::layers::{self, ConfigError, Sources};
use crate::engine::model::problems::ModelErrors;
use crate::kafka::client;
use crate::telemetry;

pub mod broker;
pub mod check;
pub mod demo;
pub mod explain;
pub mod generate;
pub mod key;
pub mod model;
pub mod model_file;
pub mod replay;
pub mod run;
pub mod serve;
pub mod solo;
pub mod supervise;
mod team;
pub mod terminal;
pub mod topics;

/// Live customer health, churn risk and alerts from Kafka, exactly once.
#[derive(Debug, Parser)]
#[command(name = "pulse", version, max_term_width = 100)]
pub struct Cli {
    /// Settings of every command.
    #[command(flatten)]
    pub settings: Settings,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Flags that every command takes.
#[derive(Clone, Debug, Default, Args)]
pub struct Settings {
    /// Settings file (config/pulse.yaml lists all keys); may be repeated, later files win
    #[arg(short, long, global = true, value_name = "FILE", env = "PULSE_CONFIG")]
    pub config: Vec<PathBuf>,
    /// One setting, such as step.interval=100ms; may be repeated
    #[arg(long, global = true, value_name = "KEY=VALUE", value_parser = key_value)]
    pub set: Vec<(String, String)>,
    /// First brokers to ask, host:port separated by commas (kafka.bootstrap)
    #[arg(long, global = true, value_name = "BROKERS")]
    pub bootstrap: Option<String>,
    /// Model file (model)
    #[arg(long, global = true, value_name = "FILE")]
    pub model: Option<String>,
    /// Name of this process among its peers (instance)
    #[arg(long, global = true, value_name = "NAME")]
    pub instance: Option<String>,
    /// Worker threads (workers)
    #[arg(long, global = true, value_name = "N")]
    pub workers: Option<u32>,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Watch the input topics until told to stop
    Run,
    /// Serve pages and API from the output topics, without working on the input topics
    Serve,
    /// Show it all on this machine: a broker, a generated world, scores and alerts that move
    Demo(demo::Demo),
    /// Write a believable world of accounts to Kafka or to a file
    Generate(generate::Generate),
    /// Tell what a live service would have said of events in files or topics; needs no broker
    Replay(Box<replay::Replay>),
    /// Say in words why the score of an account is what it is
    Explain(explain::Explain),
    /// Show or make the topics
    #[command(subcommand)]
    Topics(TopicsCommand),
    /// Check a model file, show what one may hold, put one in force
    #[command(subcommand)]
    Model(ModelCommand),
    /// Check settings, model, brokers, topics, permissions and where keys lie
    Check,
    /// Make an access key for pages and API
    Key(key::Key),
}

/// `pulse topics …`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Subcommand)]
pub enum TopicsCommand {
    /// Show what is missing or differs
    Plan,
    /// Make what is missing; change nothing that is there
    Apply,
}

/// `pulse model …`
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum ModelCommand {
    /// Name everything that is wrong with a model file, or how it differs from the one that ships
    Check {
        /// The model file; - is standard input
        file: PathBuf,
    },
    /// Print the JSON Schema of model files, for editors
    Schema,
    /// Publish a model file: every process takes it between two of its transactions
    Publish {
        /// The model file
        file: PathBuf,
    },
}

/// How a process ends. Usage errors (2) are clap's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All is well.
    Done,
    /// Something failed; the message says what.
    Failed,
    /// Another process took this instance name: a supervisor must not restart this one.
    Replaced,
    /// The configuration or the model cannot be used.
    Configuration,
}

impl Settings {
    /// Reads and checks all settings and starts the log, with `log_filter` where none is set.
    pub fn load(&self, log_filter: &str) -> anyhow::Result<Config> {
        let direct = [
            ("--bootstrap", "kafka.bootstrap", self.bootstrap.clone()),
            ("--model", "model", self.model.clone()),
            ("--instance", "instance", self.instance.clone()),
            ("--workers", "workers", self.workers.map(|n| n.to_string())),
        ];
        let mut flags: Vec<(String, String, String)> =
            self.set.iter().map(|(k, v)| (format!("--set {k}"), k.clone(), v.clone())).collect();
        flags.extend(
            direct
                .into_iter()
                .filter_map(|(flag, key, value)| Some((flag.to_owned(), key.to_owned(), value?))),
        );
        let text = |(name, text): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, text.into_string().ok()?))
        };
        let env = std::env::vars_os().filter_map(text).collect();
        let mut config = layers::load(&Sources { files: self.config.clone(), env, flags })?;
        if config.log.filter == Config::default().log.filter {
            log_filter.clone_into(&mut config.log.filter);
        }
        telemetry::start_logs(&config.log)?;
        let problems = client::problems(&config);
        if !problems.is_empty() {
            return Err(ConfigError { problems }.into());
        }
        Ok(config)
    }
}

impl Command {
    /// What is logged unless it was set: the demo's terminal has better use for its lines.
    pub const fn log_filter(&self) -> &'static str {
        match self {
            Command::Demo(_) | Command::Replay(_) | Command::Explain(_) => "warn",
            Command::Run
            | Command::Serve
            | Command::Generate(_)
            | Command::Topics(_)
            | Command::Model(_)
            | Command::Key(_)
            | Command::Check => "info",
        }
    }
}

impl Exit {
    /// The status that the shell sees.
    pub const fn code(self) -> u8 {
        match self {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Replaced => 70,
            Exit::Configuration => 78,
        }
    }

    /// The status that an error ends with.
    pub fn of(error: &anyhow::Error) -> Self {
        if error.is::<ConfigError>() || error.is::<ModelErrors>() {
            Exit::Configuration
        } else {
            Exit::Failed
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit.code())
    }
}

fn key_value(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("expected key=value")?;
    Ok((key.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn flags_may_stand_on_either_side_of_the_command() {
        let line = ["pulse", "--bootstrap", "k:1", "topics", "plan", "--set", "workers=2"];
        let cli = Cli::parse_from(line);
        assert!(matches!(cli.command, Command::Topics(TopicsCommand::Plan)));
        assert_eq!(cli.settings.bootstrap.as_deref(), Some("k:1"));
        assert_eq!(cli.settings.set, [("workers".to_owned(), "2".to_owned())]);
    }

    #[test]
    fn wrong_settings_have_their_own_exit_code() {
        let settings = Settings { workers: Some(0), ..Settings::default() };
        let error = settings.load("info").unwrap_err();
        assert_eq!(Exit::of(&error).code(), 78);
        assert!(error.to_string().contains("--workers: `workers` is 0"), "{error}");
    }
}
