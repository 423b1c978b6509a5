//! The validated kinds of field that events are made of: ids, texts, finite numbers, lists.
//!
//! Which event has which field is said by the facets (`account/*.rs`), not here.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use serde::de::{self, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use smallvec::SmallVec;

/// Longest id that is accepted, in characters.
pub const ID_CHARS_MAX: usize = 128;
/// Most entries of a list in one event (features of a session, core features of a profile).
pub const LIST_ITEMS_MAX: usize = 256;

/// Text of an event, borrowed from the record wherever it holds no escapes.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Str<'a>(Cow<'a, str>);

/// An id or name of 1 to [`ID_CHARS_MAX`] characters, none of them a control character.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id<'a>(Str<'a>);

/// A number that is neither NaN nor infinite.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Finite(f64);

/// A finite number greater than 0 (`scoring.md` §1: a target of 0 or less is an invalid event).
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Positive(f64);

/// A number from 0 to 100.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Score(f64);

/// A whole number of `MIN..=MAX` (a severity, a score).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Grade<const MIN: u8, const MAX: u8>(u8);

/// At most [`LIST_ITEMS_MAX`] ids; up to eight lie inline, without an allocation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ids<'a>(SmallVec<[Id<'a>; 8]>);

impl<'a> Str<'a> {
    /// A text that borrows.
    pub const fn borrowed(text: &'a str) -> Self {
        Self(Cow::Borrowed(text))
    }
}

impl<'a> Id<'a> {
    /// Checks length and characters.
    ///
    /// # Errors
    /// A sentence that names the limit, without the text.
    pub fn new(text: Str<'a>) -> Result<Self, &'static str> {
        if text.is_empty() {
            return Err("an id must not be empty");
        }
        if text.len() > ID_CHARS_MAX && text.chars().count() > ID_CHARS_MAX {
            return Err("an id must not be longer than 128 characters");
        }
        if text.chars().any(char::is_control) {
            return Err("an id must not hold control characters");
        }
        Ok(Self(text))
    }
}

impl Finite {
    /// The number.
    pub const fn get(self) -> f64 {
        self.0
    }
}

impl Positive {
    /// The number.
    pub const fn get(self) -> f64 {
        self.0
    }
}

impl Score {
    /// The number.
    pub const fn get(self) -> f64 {
        self.0
    }
}

impl<const MIN: u8, const MAX: u8> Grade<MIN, MAX> {
    /// The number.
    pub const fn get(self) -> u8 {
        self.0
    }
}

impl Deref for Str<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl Deref for Id<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0.0
    }
}

impl<'a> Deref for Ids<'a> {
    type Target = [Id<'a>];

    fn deref(&self) -> &[Id<'a>] {
        &self.0
    }
}

struct StrVisitor;

impl<'de> Visitor<'de> for StrVisitor {
    type Value = Str<'de>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a string")
    }

    fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Str<'de>, E> {
        Ok(Str(Cow::Borrowed(text)))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Str<'de>, E> {
        Ok(Str(Cow::Owned(text.to_owned())))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Str<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(StrVisitor)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Id<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Id::new(Str::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

impl<'de> Deserialize<'de> for Finite {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = f64::deserialize(deserializer)?;
        if number.is_finite() {
            Ok(Self(number))
        } else {
            Err(de::Error::custom("a number must be finite"))
        }
    }
}

impl<'de> Deserialize<'de> for Positive {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = Finite::deserialize(deserializer)?.0;
        if number > 0.0 {
            Ok(Self(number))
        } else {
            Err(de::Error::custom("a target must be greater than 0"))
        }
    }
}

impl<'de> Deserialize<'de> for Score {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match f64::deserialize(deserializer)? {
            score if (0.0..=100.0).contains(&score) => Ok(Self(score)),
            _ => Err(de::Error::custom("expected a number from 0 to 100")),
        }
    }
}

impl<'de, const MIN: u8, const MAX: u8> Deserialize<'de> for Grade<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match i64::deserialize(deserializer)? {
            grade if (i64::from(MIN)..=i64::from(MAX)).contains(&grade) => Ok(Self(grade as u8)),
            _ => {
                Err(de::Error::custom(format_args!("expected a whole number from {MIN} to {MAX}")))
            }
        }
    }
}

struct IdsVisitor<'a>(PhantomData<&'a ()>);

impl<'de: 'a, 'a> Visitor<'de> for IdsVisitor<'a> {
    type Value = Ids<'a>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "a list of at most {LIST_ITEMS_MAX} ids")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Ids<'a>, A::Error> {
        let mut ids = SmallVec::new();
        while let Some(id) = items.next_element()? {
            if ids.len() == LIST_ITEMS_MAX {
                return Err(de::Error::custom("a list must not hold more than 256 ids"));
            }
            ids.push(id);
        }
        Ok(Ids(ids))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Ids<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(IdsVisitor(PhantomData))
    }
}
