//! Model files from disk or standard input, `pulse model check` and `pulse model schema`.
//!
//! What a model may say is `engine::model`; how one comes into force, `model.rs` beside this file.

use std::fs::File;
use std::io::{Read as _, Write};
use std::path::Path;

use crate::cli::Exit;
use crate::engine::account::profile::Segment;
use crate::engine::model::problems::ModelErrors;
use crate::engine::model::tree::MODEL_BYTES_MAX;
use crate::engine::model::{DEFAULT_TEXT, differences, schema};
use crate::kafka::model_record::ModelText;

/// Most differences from the model that ships that are shown.
const DIFFERENCES_MAX: usize = 50;

/// Reads a model file; `-` is standard input.
///
/// # Errors
/// That it cannot be read, or everything that is wrong with it, a line each with the file's name.
pub fn read(path: &Path) -> Result<ModelText, ModelErrors> {
    let name = if is_stdin(path) { "<stdin>".into() } else { path.to_string_lossy() };
    let unreadable = |error| ModelErrors::unreadable(format!("cannot be read: {error}"));
    let text = read_text(path).map_err(unreadable);
    text.and_then(ModelText::parse).map_err(|errors| errors.of_file(name))
}

fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// The text, or as much of it as tells that it is too long.
fn read_text(path: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    let bytes_max = MODEL_BYTES_MAX as u64 + 1;
    if is_stdin(path) {
        std::io::stdin().lock().take(bytes_max).read_to_string(&mut text)?;
    } else {
        File::open(path)?.take(bytes_max).read_to_string(&mut text)?;
    }
    Ok(text)
}

/// Writes everything that is wrong with a file, or what it holds and how it differs from the model
/// that ships.
pub fn check(path: &Path, out: &mut impl Write) -> anyhow::Result<Exit> {
    let ModelText { model, text } = match read(path) {
        Ok(read) => read,
        Err(errors) => {
            writeln!(out, "{errors}")?;
            return Ok(Exit::Configuration);
        }
    };
    let rules = model.alerts.rules.len();
    write!(out, "{}: version {}, {rules} alert rules", path.display(), model.version())?;
    let changed: Vec<_> = model.changed_segments().map(Segment::name).collect();
    if !changed.is_empty() {
        write!(out, ", changes for {}", changed.join(", "))?;
    }
    let differences = differences::between(&text, DEFAULT_TEXT)?;
    match differences.len() {
        0 => writeln!(out, "; as the model that ships")?,
        1 => writeln!(out, "; one difference from the model that ships:")?,
        n => writeln!(out, "; {n} differences from the model that ships:")?,
    }
    for difference in differences.iter().take(DIFFERENCES_MAX) {
        writeln!(out, "  {difference}")?;
    }
    if differences.len() > DIFFERENCES_MAX {
        writeln!(out, "  … and {} more", differences.len() - DIFFERENCES_MAX)?;
    }
    Ok(Exit::Done)
}

/// Writes the JSON Schema of model files.
pub fn schema(out: &mut impl Write) -> anyhow::Result<Exit> {
    out.write_all(schema::text().as_bytes())?;
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(text: &str) -> (Exit, String) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("m.yaml");
        std::fs::write(&path, text).unwrap();
        let mut out = Vec::new();
        let exit = check(&path, &mut out).unwrap();
        let said = String::from_utf8(out).unwrap();
        (exit, said.replace(&path.display().to_string(), "m.yaml"))
    }

    #[test]
    fn a_wrong_file_is_told_line_by_line() {
        let text = DEFAULT_TEXT.replacen("green: 90", "green: high", 1);
        let (exit, said) = checked(&text.replacen("dwell_hours: 6", "dwel_hours: 6", 1));
        let line = |key: &str| 1 + text.lines().position(|line| line.contains(key)).unwrap();
        let (green, dwell) = (line("green: high"), line("dwell_hours"));
        let wanted = format!(
            "m.yaml:{green}:12: health.bands.green: must be a number, not `high`\n\
             m.yaml:{dwell}:5: health.bands.dwel_hours: unknown name `dwel_hours`: \
             did you mean `dwell_hours`?\n"
        );
        assert_eq!((exit.code(), said), (78, wanted));
        let mut out = Vec::new();
        assert_eq!(check(Path::new("/nowhere.yaml"), &mut out).unwrap().code(), 78);
        assert!(String::from_utf8(out).unwrap().starts_with("/nowhere.yaml: cannot be read: "));
    }

    #[test]
    fn a_sound_file_is_told_by_what_it_changes() {
        let (exit, said) = checked(DEFAULT_TEXT);
        assert_eq!(exit.code(), 0);
        assert!(said.contains("m.yaml: version ") && said.ends_with("as the model that ships\n"));
        let text = DEFAULT_TEXT.replacen("green: 90", "green: 91", 1).replacen(
            "by_segment:\n",
            "by_segment:\n  enterprise: { health: {} }\n",
            1,
        );
        let (exit, said) = checked(&format!("version: spring\n{text}"));
        assert_eq!(exit.code(), 0);
        let wanted = "m.yaml: version spring, 24 alert rules, \
             changes for enterprise, smb, strategic; \
             3 differences from the model that ships:\n  \
             by_segment.enterprise: {\"health\":{}} is added\n  \
             health.bands.green: 91 instead of 90\n  version: \"spring\" is added\n";
        assert_eq!(said, wanted);
    }
}
