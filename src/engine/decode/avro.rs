//! Avro to fields: the schemas of `schemas/`, parsed once, and their values as serde sees them.
//!
//! What the fields mean is said by the event types; which schema applies is found in `decode.rs`.

use std::fmt::{self, Display};
use std::io::{self, Read};
use std::sync::LazyLock;

use apache_avro::Schema;
use apache_avro::reader::datum::GenericDatumReader;
use apache_avro::types::Value;
use serde::de::value::SeqDeserializer;
use serde::de::{
    self, DeserializeSeed, Expected, IntoDeserializer, MapAccess, Unexpected, Visitor,
};
use serde::{Deserialize, Deserializer, forward_to_deserialize_any};

use super::error::DecodeError;
use crate::engine::event::{Topic, VALUE_BYTES_MAX};

/// A reader a type, by topic and by the order of its types.
pub(super) type Readers = Vec<Vec<GenericDatumReader<'static>>>;

static SCHEMAS: LazyLock<Vec<Vec<Schema>>> = LazyLock::new(|| {
    let parse = |text: &&str| Schema::parse_str(text).expect("tests parse each embedded schema");
    Topic::ALL.iter().map(|topic| topic.schemas().iter().map(parse).collect()).collect()
});

static READERS: LazyLock<Readers> = LazyLock::new(|| {
    // A length in a hostile value must not reserve more than a value of full size can need.
    apache_avro::util::max_allocation_bytes(4 * VALUE_BYTES_MAX);
    let reader = |schema| {
        let reader = GenericDatumReader::builder(schema).build();
        reader.expect("tests read with each embedded schema")
    };
    SCHEMAS.iter().map(|schemas| schemas.iter().map(reader).collect()).collect()
});

/// The readers of all types; parses the schemas when first asked.
pub(super) fn readers() -> &'static Readers {
    &READERS
}

/// Reads one value, all of it and no more.
pub(super) fn read(
    reader: &GenericDatumReader<'static>,
    bytes: &[u8],
) -> Result<Value, &'static str> {
    let mut rest = Rest { bytes, is_starved: false };
    let value = reader.read_value(&mut rest);
    if rest.is_starved {
        return Err("it ends too early");
    }
    // The library's own text may quote the value.
    let value = value.map_err(|_| "its bytes do not follow the schema")?;
    if rest.bytes.is_empty() { Ok(value) } else { Err("bytes are left over after its end") }
}

/// Bytes that remember whether more was asked for than there is: the library takes the end of
/// its input for a null where the schema lets it.
struct Rest<'a> {
    bytes: &'a [u8],
    is_starved: bool,
}

impl Read for Rest<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.is_starved |= buffer.len() > self.bytes.len();
        self.bytes.read(buffer)
    }
}

/// Reads the fields of `value` as `T`; strings are copied, as they may not outlive the value.
pub(super) fn fields<'de, T: Deserialize<'de>>(value: &Value) -> Result<T, DecodeError> {
    T::deserialize(Fields(value)).map_err(|fault| match fault {
        Fault::Missing(field) => DecodeError::MissingField { field: field.to_owned() },
        Fault::Invalid { field, what } => DecodeError::InvalidField { field, what },
    })
}

/// Why fields do not fit their type, without any value.
#[derive(Debug)]
enum Fault {
    Missing(&'static str),
    Invalid { field: String, what: String },
}

impl Fault {
    fn within(self, name: &str) -> Self {
        match self {
            Self::Invalid { what, .. } => Self::Invalid { field: name.to_owned(), what },
            Self::Missing(_) => self,
        }
    }
}

impl Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(field) => write!(out, "missing field `{field}`"),
            Self::Invalid { field, what } => write!(out, "`{field}`: {what}"),
        }
    }
}

impl std::error::Error for Fault {}

impl de::Error for Fault {
    fn custom<T: Display>(what: T) -> Self {
        Self::Invalid { field: String::new(), what: what.to_string() }
    }

    fn invalid_type(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::custom(format_args!("expected {expected}"))
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::custom(format_args!("expected {expected}"))
    }

    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        Self::custom(format_args!("unknown word, expected one of `{}`", expected.join("`, `")))
    }

    fn missing_field(field: &'static str) -> Self {
        Self::Missing(field)
    }
}

/// An Avro value as serde sees it.
#[derive(Clone, Copy)]
struct Fields<'v>(&'v Value);

impl<'de> IntoDeserializer<'de, Fault> for Fields<'_> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Fields<'_> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.0 {
            Value::Union(_, inner) => Fields(inner).deserialize_any(visitor),
            Value::Null => visitor.visit_unit(),
            Value::Boolean(flag) => visitor.visit_bool(*flag),
            Value::Int(number) => visitor.visit_i32(*number),
            Value::Long(number) | Value::TimestampMillis(number) => visitor.visit_i64(*number),
            Value::Float(number) => visitor.visit_f32(*number),
            Value::Double(number) => visitor.visit_f64(*number),
            Value::String(text) => visitor.visit_str(text),
            Value::Array(items) => {
                visitor.visit_seq(SeqDeserializer::new(items.iter().map(Fields)))
            }
            Value::Record(fields) => visitor.visit_map(Record { rest: fields.iter(), last: None }),
            _ => Err(de::Error::invalid_type(Unexpected::Other("a kind"), &visitor)),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.0 {
            Value::Null => visitor.visit_none(),
            Value::Union(_, inner) => Fields(inner).deserialize_option(visitor),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        words: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        match self.0 {
            Value::String(word) => visitor.visit_enum(word.as_str().into_deserializer()),
            Value::Union(_, inner) => Fields(inner).deserialize_enum(name, words, visitor),
            _ => Err(de::Error::invalid_type(Unexpected::Other("a kind"), &visitor)),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf unit unit_struct
        newtype_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

/// The fields of a record one after the other.
struct Record<'v> {
    rest: std::slice::Iter<'v, (String, Value)>,
    last: Option<&'v (String, Value)>,
}

impl<'de> MapAccess<'de> for Record<'_> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Fault> {
        self.last = self.rest.next();
        let Some((name, _)) = self.last else { return Ok(None) };
        seed.deserialize(name.as_str().into_deserializer()).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        let (name, value) = self.last.expect("serde asks for a key before its value");
        seed.deserialize(Fields(value)).map_err(|fault| fault.within(name))
    }
}
