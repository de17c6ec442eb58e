//! JSON into types, as small as a page can have it.
//!
//! A wall's download pays for every line of a decoder once a type. This one says where a text is wrong, never what was
//! expected there: so none of the words, numbers and formats of such a sentence are part of the page. It reads what this
//! protocol has: structures as objects, enumerations as words, raw values of `serde_json`. Values are those of
//! `serde_json`, held against it by a test.

mod decode;
mod number;

use std::fmt;

use serde::{Deserialize, de};

use decode::Decoder;

/// Values within values above this are refused: a text must not exhaust the stack.
const DEPTH_MAX: u8 = 64;

/// Where a text could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bad {
    /// Counted from one.
    pub line: usize,
    /// Counted from one, in bytes.
    pub column: usize,
}

impl fmt::Display for Bad {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unreadable at line {} column {}", self.line, self.column)
    }
}

impl std::error::Error for Bad {}

/// Something is wrong; the decoder knows where it stands.
#[derive(Clone, Copy, Debug)]
struct Wrong;

type Read<T> = Result<T, Wrong>;

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("unreadable")
    }
}

impl std::error::Error for Wrong {}

// All of them, or their defaults would format what they are given.
impl de::Error for Wrong {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }

    fn invalid_type(_: de::Unexpected<'_>, _: &dyn de::Expected) -> Self {
        Self
    }

    fn invalid_value(_: de::Unexpected<'_>, _: &dyn de::Expected) -> Self {
        Self
    }

    fn invalid_length(_: usize, _: &dyn de::Expected) -> Self {
        Self
    }

    fn unknown_variant(_: &str, _: &'static [&'static str]) -> Self {
        Self
    }

    fn unknown_field(_: &str, _: &'static [&'static str]) -> Self {
        Self
    }

    fn missing_field(_: &'static str) -> Self {
        Self
    }

    fn duplicate_field(_: &'static str) -> Self {
        Self
    }
}

/// Reads one value, and nothing behind it.
///
/// # Errors
/// When the text is no JSON or no such value; says where.
pub fn from_str<'de, T: Deserialize<'de>>(text: &'de str) -> Result<T, Bad> {
    let mut decoder = Decoder::new(text);
    match T::deserialize(&mut decoder) {
        Ok(value) if decoder.is_at_end() => Ok(value),
        Ok(_) | Err(Wrong) => Err(decoder.place()),
    }
}

#[cfg(test)]
mod tests;
