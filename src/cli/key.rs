//! `pulse key`: makes an access key, and the line of `http.keys_file` that knows it.
//!
//! The key itself is shown once and kept nowhere; what keys may do is `http/access/`.

use std::io::Write;

use clap::Args;

use crate::cli::Exit;
use crate::http::access::keys;

/// `pulse key …`
#[derive(Clone, Debug, Args)]
pub struct Key {
    /// Whose it is: the actor of their commands
    pub name: String,
    /// What they may do: viewer, operator or admin
    #[arg(long, default_value = "viewer", value_parser = ["viewer", "operator", "admin"])]
    pub role: String,
    /// See the accounts of this manager only; may be repeated
    #[arg(long = "csm", value_name = "CSM")]
    pub csms: Vec<String>,
}

/// Prints the key and its line.
pub fn main(args: &Key, out: &mut impl Write) -> anyhow::Result<Exit> {
    let key = keys::generate()?;
    // JSON texts are YAML texts, whatever stands in a name.
    let name = serde_json::to_string(&args.name)?;
    let csms = match args.csms.is_empty() {
        true => String::new(),
        false => format!(", csms: {}", serde_json::to_string(&args.csms)?),
    };
    let (hash, role) = (keys::listed_hash(&key), &args.role);
    let line = format!("- {{ name: {name}, sha256: '{hash}', role: {role}{csms} }}");
    keys::Keys::parse(&line)?;
    writeln!(
        out,
        "{key}\n\n# The key is shown this once. In the file of `http.keys_file`:\n{line}"
    )?;
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_knows_the_key() {
        let csms = vec!["zoe: x".to_owned()];
        let args = Key { name: "mara \"m\"".to_owned(), role: "operator".to_owned(), csms };
        let mut out = Vec::new();
        main(&args, &mut out).unwrap();
        let out = String::from_utf8(out).unwrap();
        let (key, line) = (out.lines().next().unwrap(), out.lines().last().unwrap());
        let found = keys::Keys::parse(line).unwrap().find(key).unwrap();
        assert_eq!((found.name.as_str(), found.role.name()), ("mara \"m\"", "operator"));
        assert_eq!(found.csms.unwrap()[0], "zoe: x");
    }
}
