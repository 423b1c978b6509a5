//! The program: parse, dispatch, exit code. Commands live in `cli/`.

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;
use customer_pulse::cli::{self, Cli, Command, Exit};

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
    let config = cli.settings.load(cli.command.log_filter())?;
    match &cli.command {
        Command::Topics(command) => cli::topics::main(&config, *command),
        Command::Model(command) => cli::model::main(&config, command),
        Command::Check => cli::check::main(&config, &std::io::stdout()),
        Command::Run => cli::run::main(config),
        Command::Demo(args) => cli::demo::main(config, args, cli.settings.bootstrap.is_some()),
        Command::Generate(args) => cli::generate::main(&config, args),
        Command::Explain(args) => cli::explain::main(&config, args),
        Command::Replay(args) => cli::replay::main(&config, args),
    }
}
