//! How far a replay is, shown on a terminal and nowhere else.
//!
//! What it came to is said at the end, by `gather.rs`.

use std::io::IsTerminal as _;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar on standard error; nothing where that is no terminal, or where outputs go to one.
#[derive(Clone)]
pub struct Progress(ProgressBar);

impl Progress {
    /// A bar that shows nothing yet. `out_is_stdout`: outputs are written to standard output.
    pub fn new(out_is_stdout: bool) -> Self {
        let is_disturbing = out_is_stdout && std::io::stdout().is_terminal();
        let is_shown = std::io::stderr().is_terminal() && !is_disturbing;
        let target =
            if is_shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        Self(ProgressBar::with_draw_target(Some(0), target))
    }

    /// Begins a part of the work.
    pub fn begin(&self, what: &'static str, total: u64) {
        let style = ProgressStyle::with_template("{prefix:<10} {wide_bar} {percent:>3}% {eta:>4}");
        self.0.set_style(style.expect("the template is well formed"));
        self.0.set_prefix(what);
        self.0.set_length(total);
        self.0.set_position(0);
        self.0.reset_eta();
    }

    /// Notes that so much of it is done.
    pub fn advance(&self, by: u64) {
        self.0.inc(by);
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.0.finish_and_clear();
    }
}
