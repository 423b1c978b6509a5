//! The query of a request, held against the parameters of its endpoint.
//!
//! What they mean is the business of the endpoint's file; how cursors are written is `paging.rs`.

use std::borrow::Cow;

use axum::extract::Query;
use axum::http::Uri;
use compact_str::CompactString;
use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::{Error as ValueError, StrDeserializer};

use super::endpoint::{Form, LIMIT_DEFAULT, Parameter};
use super::errors;
use crate::http::problem::Problem;
use crate::view::list::PAGE_MAX;

/// The longest text, in characters.
const TEXT_CHARS_MAX: usize = 1_024;
/// The longest cursor: the last name of a page is in it.
const CURSOR_CHARS_MAX: usize = 16_384;

/// Parameters that are known, each with a value that it may have.
#[derive(Clone, Debug, Default)]
pub(super) struct Given(Vec<(&'static str, String)>);

impl Given {
    /// Reads the query of an address.
    ///
    /// # Errors
    /// When a parameter is unknown, stands twice, or has a value that it may not have.
    pub(super) fn read(uri: &Uri, known: &'static [Parameter]) -> Result<Self, Problem> {
        let pairs: Query<Vec<(String, String)>> = Query::try_from_uri(uri)
            .map_err(|_| errors::bad_request("the query of the address is not readable"))?;
        let mut given = Self::default();
        for (name, value) in pairs.0 {
            let names = || known.iter().map(|it| it.name).collect::<Vec<_>>();
            let parameter = known.iter().find(|it| it.name == name).ok_or_else(|| {
                errors::parameter(&name, "this parameter is not known here", &names())
            })?;
            if let Some((what, allowed)) = parameter.form.objection(&value) {
                return Err(errors::parameter(parameter.name, &what, allowed));
            }
            if !matches!(parameter.form, Form::Words(_)) && given.text(parameter.name).is_some() {
                return Err(errors::parameter(parameter.name, "this parameter stands twice", &[]));
            }
            given.0.push((parameter.name, value));
        }
        Ok(given)
    }

    /// The value of a parameter.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(it, _)| *it == name).map(|(_, value)| value.as_str())
    }

    /// The same, to be compared with names.
    pub(super) fn name(&self, name: &str) -> Option<CompactString> {
        self.text(name).map(CompactString::from)
    }

    /// All values of a parameter, as the words of a type.
    pub(super) fn words<'a, T: Deserialize<'a>>(&'a self, name: &str) -> Vec<T> {
        let values = self.0.iter().filter(|(it, _)| *it == name);
        // The words of the parameter are those of the type: a test says so.
        values.filter_map(|(_, value)| word(value)).collect()
    }

    /// The number of a parameter.
    pub(super) fn number(&self, name: &str) -> Option<u16> {
        self.text(name)?.parse().ok()
    }

    /// Whether a parameter is `true` or `false`.
    pub(super) fn flag(&self, name: &str) -> Option<bool> {
        Some(self.text(name)? == "true")
    }

    /// How many rows a page is to have.
    pub(super) fn limit(&self) -> usize {
        self.number("limit").map_or(LIMIT_DEFAULT, usize::from)
    }
}

impl Form {
    /// The longest value, in characters, of one that any text can be.
    pub(super) const fn chars_max(self) -> usize {
        match self {
            Form::Cursor => CURSOR_CHARS_MAX,
            _ => TEXT_CHARS_MAX,
        }
    }

    /// What is wrong with a value, and which ones are allowed where they can be listed.
    fn objection(self, value: &str) -> Option<(Cow<'static, str>, &'static [&'static str])> {
        let whole = |least: u16, most: usize| {
            let is_one =
                value.parse::<u16>().is_ok_and(|it| it >= least && usize::from(it) <= most)
                    && value.bytes().all(|byte| byte.is_ascii_digit());
            let what = || format!("must be a whole number from {least} to {most}").into();
            (!is_one).then(|| (what(), &[][..]))
        };
        match self {
            Form::Words(words) | Form::Word(words) => {
                (!words.contains(&value)).then_some(("this word is not known here".into(), words))
            }
            Form::Flag => {
                let words = &["true", "false"][..];
                (!words.contains(&value)).then_some(("must be true or false".into(), words))
            }
            Form::Whole(most) => whole(0, most.into()),
            Form::Limit => whole(1, PAGE_MAX),
            Form::Text | Form::Cursor if value.chars().count() > self.chars_max() => {
                Some((format!("has at most {} characters", self.chars_max()).into(), &[]))
            }
            Form::Text | Form::Cursor if value.is_empty() => {
                Some(("must not be empty: leave the parameter out instead".into(), &[]))
            }
            Form::Text | Form::Cursor => None,
        }
    }
}

/// A word as a value of its type.
pub(super) fn word<'a, T: Deserialize<'a>>(text: &'a str) -> Option<T> {
    let deserializer: StrDeserializer<'a, ValueError> = text.into_deserializer();
    T::deserialize(deserializer).ok()
}
