//! Runs the built binary on files, without any setting of the machine it runs on.
//!
//! What it says is compared in the files beside this one.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What a run came to.
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) errors: String,
}

pub(crate) fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The events that the README names.
pub(crate) fn example() -> String {
    repository().join("examples/events.jsonl.gz").to_str().expect("UTF-8").to_owned()
}

/// `PULSE_VECTORS`, else the copy in this repository.
pub(crate) fn vectors() -> PathBuf {
    std::env::var_os("PULSE_VECTORS")
        .map_or_else(|| repository().join("tests/vectors"), PathBuf::from)
}

pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pulse"));
    let settings = std::env::vars_os().map(|(name, _)| name);
    settings.filter(|name| name.to_string_lossy().starts_with("PULSE_")).for_each(|name| {
        command.env_remove(name);
    });
    command.args(arguments);
    command
}

pub(crate) fn pulse(arguments: &[&str]) -> Run {
    pulse_with_input(arguments, b"")
}

pub(crate) fn pulse_with_input(arguments: &[&str], input: &[u8]) -> Run {
    let mut child = command(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary is built");
    let mut stdin = child.stdin.take().expect("piped");
    let input = input.to_vec();
    let writer = std::thread::spawn(move || {
        // Who does not read its input closes it.
        drop(stdin.write_all(&input));
    });
    let done = child.wait_with_output().expect("it ends");
    writer.join().expect("the input was written");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    Run {
        code: done.status.code().expect("no signal ended it"),
        out: text(done.stdout),
        errors: text(done.stderr),
    }
}
