//! The program: parse, dispatch, exit code. Commands live in `cli/`.

use std::io::{Write as _, stdout};
use std::process::ExitCode;

use clap::Parser as _;
use customer_pulse::cli::{self, Cli, Command, Exit, ModelCommand};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let exit = run(&cli).unwrap_or_else(|error| {
        // Whoever read the output has seen enough, as in `pulse topics plan | head`.
        let kind = error.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
        if kind == Some(std::io::ErrorKind::BrokenPipe) {
            return Exit::Done;
        }
        // Standard error is the last resort: where it is closed there is nobody to tell.
        let _unheard = writeln!(std::io::stderr(), "pulse: {error:#}");
        Exit::of(&error)
    });
    exit.into()
}

fn run(cli: &Cli) -> anyhow::Result<Exit> {
    let load = || cli.settings.load(cli.command.log_filter());
    match &cli.command {
        Command::Topics(command) => cli::topics::main(&load()?, *command),
        Command::Model(ModelCommand::Check { file }) => cli::model_file::check(file, &mut stdout()),
        Command::Model(ModelCommand::Schema) => cli::model_file::schema(&mut stdout()),
        Command::Model(ModelCommand::Publish { file }) => cli::model::publish(&load()?, file),
        Command::Check => cli::check::main(&load()?, &stdout()),
        Command::Key(args) => cli::key::main(args, &mut stdout()),
        Command::Run => cli::run::main(load()?),
        Command::Serve => cli::serve::main(load()?),
        Command::Demo(args) => cli::demo::main(load()?, args, cli.settings.bootstrap.is_some()),
        Command::Generate(args) => cli::generate::main(&load()?, args),
        Command::Explain(args) => cli::explain::main(&load()?, args),
        Command::Replay(args) => cli::replay::main(&load()?, args),
    }
}
