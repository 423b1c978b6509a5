//! What is wrong with a model file: every error with its line, its column and its path.
//!
//! What counts as wrong is said by the schema (`form.rs`) and by the parts of the model themselves.

use std::fmt;

use super::tree::{Place, Tree};

/// Everything that is wrong with a model file; at least one thing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct ModelErrors {
    /// The name of the file, where there is one.
    pub file: Option<String>,
    /// What is wrong, in the order of the text.
    pub errors: Vec<ModelError>,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelError {
    /// Where in the text.
    pub at: Place,
    /// Where in the model, as `health.metrics.P1.anchors[2]`; empty for the whole.
    pub path: String,
    /// What, with the remedy.
    pub problem: String,
}

/// A wrong form: where in the text, where in the model, and what.
pub(super) type FormProblem = (Place, Vec<String>, String);

/// Collects problems while a file is read.
#[derive(Default)]
pub(super) struct Problems {
    /// Wrong form: found where it stands.
    form: Vec<FormProblem>,
    /// Good form without meaning: found in what was read.
    meaning: Vec<(Vec<String>, String)>,
}

impl Problems {
    /// Notes what reads well and means nothing, at a path of keys and of positions in lists.
    pub(super) fn say(&mut self, path: &[&str], problem: impl Into<String>) {
        self.meaning.push((owned(path), problem.into()));
    }

    /// Notes what has the wrong form.
    pub(super) fn say_form(&mut self, at: Place, path: &[String], problem: String) {
        self.form.push((at, path.to_vec(), problem));
    }

    /// Notes the problems of a part that stands at `place`, but not those that it has from
    /// outside of it.
    pub(super) fn within(&mut self, place: &[&str], check: impl FnOnce(&mut Self)) {
        let mut inner = Self::default();
        check(&mut inner);
        inner.meaning.retain(|problem| !self.meaning.contains(problem));
        for (path, problem) in inner.meaning {
            self.meaning.push(([owned(place), path].concat(), problem));
        }
    }

    /// Whether nothing was said.
    pub(super) fn is_empty(&self) -> bool {
        self.form.is_empty() && self.meaning.is_empty()
    }

    /// How many problems of form there are.
    pub(super) fn n_form(&self) -> usize {
        self.form.len()
    }

    /// Takes back the problems of form from the `from`th on.
    pub(super) fn take_form(&mut self, from: usize) -> Vec<FormProblem> {
        self.form.split_off(from)
    }

    /// Notes problems of form that were taken back.
    pub(super) fn put_form(&mut self, problems: Vec<FormProblem>) {
        self.form.extend(problems);
    }

    /// The errors with their places, unless there are none.
    pub(super) fn into_result(self, tree: &Tree) -> Result<(), ModelErrors> {
        let Self { form, mut meaning } = self;
        // What stands in for a wrong value must not be blamed on others.
        meaning.retain(|(path, _)| !form.iter().any(|(_, wrong, _)| is_near(wrong, path)));
        let located = meaning.into_iter().map(|(path, problem)| {
            let at = tree.locate(&path);
            (at, path, problem)
        });
        let mut all: Vec<_> = form.into_iter().chain(located).collect();
        all.sort();
        all.dedup();
        if all.is_empty() {
            return Ok(());
        }
        let errors = all
            .into_iter()
            .map(|(at, path, problem)| ModelError { at, path: shown(&path), problem })
            .collect();
        Err(ModelErrors { file: None, errors })
    }
}

/// Whether a wrong value is the other one, around it, in it, or beside it.
fn is_near(wrong: &[String], path: &[String]) -> bool {
    let is_beside = wrong.len() == path.len()
        && wrong.split_last().map(|(_, up)| up) == path.split_last().map(|(_, up)| up);
    is_beside || wrong.starts_with(path) || path.starts_with(wrong)
}

fn owned(path: &[&str]) -> Vec<String> {
    path.iter().map(|step| (*step).to_owned()).collect()
}

/// A path as people write it; what is a number is a position in a list.
pub(super) fn shown(path: &[String]) -> String {
    let mut shown = String::new();
    for step in path {
        if step.bytes().all(|byte| byte.is_ascii_digit()) {
            shown += &format!("[{step}]");
        } else {
            shown += if shown.is_empty() { "" } else { "." };
            shown += step;
        }
    }
    shown
}

impl ModelErrors {
    /// The file could not be read at all.
    pub fn unreadable(problem: String) -> Self {
        Self::one(ModelError { at: Place::default(), path: String::new(), problem })
    }

    /// A single error.
    pub(super) fn one(error: ModelError) -> Self {
        Self { file: None, errors: vec![error] }
    }

    /// The same, of a file: its name begins each line, as compilers write it.
    #[must_use]
    pub fn of_file(self, name: impl Into<String>) -> Self {
        Self { file: Some(name.into()), ..self }
    }
}

/// One line an error: `FILE:LINE:COLUMN: path: problem`, or `line L, column C: path: problem`.
impl fmt::Display for ModelErrors {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, ModelError { at, path, problem }) in self.errors.iter().enumerate() {
            let Place { line, column } = at;
            out.write_str(if index == 0 { "" } else { "\n" })?;
            match (&self.file, line) {
                (Some(file), 0) => write!(out, "{file}: ")?,
                (Some(file), _) => write!(out, "{file}:{line}:{column}: ")?,
                (None, 0) => {}
                (None, _) => write!(out, "line {line}, column {column}: ")?,
            }
            let separator = if path.is_empty() { "" } else { ": " };
            write!(out, "{path}{separator}{problem}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_names_its_place_as_well_as_it_is_known() {
        let at = Place { line: 3, column: 7 };
        let error = |at, path: &str| ModelError { at, path: path.into(), problem: "no".into() };
        let errors = vec![error(at, "a.b[2]"), error(Place::default(), "")];
        let errors = ModelErrors { file: None, errors };
        assert_eq!(errors.to_string(), "line 3, column 7: a.b[2]: no\nno");
        assert_eq!(errors.of_file("m.yaml").to_string(), "m.yaml:3:7: a.b[2]: no\nm.yaml: no");
    }

    #[test]
    fn what_lies_beside_a_wrong_value_is_not_judged() {
        let path = |text: &str| text.split('.').map(str::to_owned).collect::<Vec<_>>();
        let near = |wrong: &str, judged: &str| is_near(&path(wrong), &path(judged));
        assert!(near("bands.yellow", "bands.green") && near("bands", "bands.green"));
        assert!(near("rules.0.id", "rules") && !near("metrics.P1.share_max", "weights"));
        assert!(!near("metrics.P1.share_max", "bands.green"));
    }
}
