//! `pulse topics plan|apply`.
//!
//! What topics there must be is known in `kafka/topics.rs`.

use std::io::Write as _;

use crate::cli::{Exit, TopicsCommand};
use crate::config::Config;
use crate::kafka::topics;

/// Shows the plan and, if told to, makes what is missing.
pub fn main(config: &Config, command: TopicsCommand) -> anyhow::Result<Exit> {
    let plan = topics::plan(config, &topics::look(config)?);
    let mut out = std::io::stdout().lock();
    write!(out, "{plan}")?;
    let missing = plan.missing().count();
    let there = plan.topics.len() - missing;
    if command == TopicsCommand::Plan || !plan.problems.is_empty() {
        writeln!(out, "{there} topics are there, {missing} missing; nothing was changed")?;
        return Ok(if plan.problems.is_empty() { Exit::Done } else { Exit::Failed });
    }
    topics::apply(config, &plan)?;
    writeln!(out, "{missing} topics made, {there} left as they were")?;
    Ok(Exit::Done)
}
