//! The CLI: parse, wire, supervise, exit code. Commands live in `cli/`.

fn main() {}
