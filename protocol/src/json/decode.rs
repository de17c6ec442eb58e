//! One pass over the text. What depends on no type stands in functions of its own, so that it is there once.

use serde::{
    Deserializer,
    de::{DeserializeSeed, EnumAccess, IntoDeserializer as _, MapAccess, SeqAccess, VariantAccess, Visitor},
};

use super::{
    Bad, DEPTH_MAX, Read, Wrong,
    number::{self, Number},
};

/// By this name `serde_json` asks for a value as it was written.
const RAW: &str = "$serde_json::private::RawValue";

/// A text and how far it is read.
pub(super) struct Decoder<'de> {
    text: &'de str,
    at: usize,
    depth: u8,
    /// A string that has escapes, without them.
    plain: String,
}

/// A string of the text.
enum Words<'de> {
    /// As it stands there.
    Verbatim(&'de str),
    /// In the decoder's own memory.
    Plain,
}

impl<'de> Decoder<'de> {
    pub(super) const fn new(text: &'de str) -> Self {
        Self { text, at: 0, depth: 0, plain: String::new() }
    }

    pub(super) fn place(&self) -> Bad {
        let read = self.text.as_bytes().get(..self.at).unwrap_or_default();
        let line = read.iter().filter(|byte| **byte == b'\n').count() + 1;
        let column = read.iter().rev().take_while(|byte| **byte != b'\n').count() + 1;
        Bad { line, column }
    }

    pub(super) fn is_at_end(&mut self) -> bool {
        self.peek().is_none()
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// The first byte of what comes next.
    fn peek(&mut self) -> Option<u8> {
        while let Some(b' ' | b'\n' | b'\t' | b'\r') = self.byte() {
            self.at += 1;
        }
        self.byte()
    }

    fn skip(&mut self, sign: u8) -> Read<()> {
        if self.peek() == Some(sign) {
            self.at += 1;
            return Ok(());
        }
        Err(Wrong)
    }

    fn word(&mut self, word: &str) -> Read<()> {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        if rest.starts_with(word.as_bytes()) {
            self.at += word.len();
            return Ok(());
        }
        Err(Wrong)
    }

    fn truth(&mut self) -> Read<bool> {
        match self.peek() {
            Some(b't') => self.word("true").map(|()| true),
            Some(b'f') => self.word("false").map(|()| false),
            Some(_) | None => Err(Wrong),
        }
    }

    fn number(&mut self) -> Read<Number> {
        match self.any_number()? {
            Number::Real(real) if !real.is_finite() => Err(Wrong),
            number @ (Number::Whole(_) | Number::Negative(_) | Number::Real(_)) => Ok(number),
        }
    }

    fn any_number(&mut self) -> Read<Number> {
        self.peek();
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        let (number, length) = number::read(rest).ok_or(Wrong)?;
        self.at += length;
        Ok(number)
    }

    fn string(&mut self) -> Read<Words<'de>> {
        self.skip(b'"')?;
        let begin = self.at;
        loop {
            match self.byte().ok_or(Wrong)? {
                b'"' => {
                    let words = self.text.get(begin..self.at).ok_or(Wrong)?;
                    self.at += 1;
                    return Ok(Words::Verbatim(words));
                }
                b'\\' => break,
                0..0x20 => return Err(Wrong),
                _ => self.at += 1,
            }
        }
        self.plain.clear();
        self.plain.push_str(self.text.get(begin..self.at).ok_or(Wrong)?);
        loop {
            let from = self.at;
            while !matches!(self.byte().ok_or(Wrong)?, b'"' | b'\\' | 0..0x20) {
                self.at += 1;
            }
            self.plain.push_str(self.text.get(from..self.at).ok_or(Wrong)?);
            match self.byte() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(Words::Plain);
                }
                Some(b'\\') => {
                    self.at += 1;
                    let letter = self.escaped()?;
                    self.plain.push(letter);
                }
                Some(_) | None => return Err(Wrong),
            }
        }
    }

    fn escaped(&mut self) -> Read<char> {
        let sign = self.byte().ok_or(Wrong)?;
        self.at += 1;
        Ok(match sign {
            b'"' | b'\\' | b'/' => char::from(sign),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let first = self.hex()?;
                let code = match first {
                    0xd800..0xdc00 => {
                        self.word("\\u")?;
                        let second = self.hex()?;
                        if !(0xdc00..0xe000).contains(&second) {
                            return Err(Wrong);
                        }
                        0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00)
                    }
                    code => code,
                };
                // Half of a pair is no letter.
                char::from_u32(code).ok_or(Wrong)?
            }
            _ => return Err(Wrong),
        })
    }

    fn hex(&mut self) -> Read<u32> {
        let mut code = 0;
        for _ in 0..4 {
            let digit = char::from(self.byte().ok_or(Wrong)?).to_digit(16).ok_or(Wrong)?;
            code = code * 16 + digit;
            self.at += 1;
        }
        Ok(code)
    }

    /// Into an object or a list.
    fn enter(&mut self, sign: u8) -> Read<()> {
        self.skip(sign)?;
        self.depth += 1;
        if self.depth > DEPTH_MAX { Err(Wrong) } else { Ok(()) }
    }

    /// Whether another entry follows; leaves when none does.
    fn another(&mut self, first: &mut bool, end: u8) -> Read<bool> {
        let sign = self.peek();
        if sign == Some(end) {
            self.at += 1;
            self.depth -= 1;
            return Ok(false);
        }
        if !std::mem::take(first) {
            self.skip(b',')?;
            // A comma before the end is wrong.
            if self.peek() == Some(end) {
                return Err(Wrong);
            }
        }
        Ok(true)
    }

    /// Over a value that nobody wants.
    fn pass(&mut self) -> Read<()> {
        match self.peek().ok_or(Wrong)? {
            b'"' => self.string().map(drop),
            b'{' => {
                self.enter(b'{')?;
                let mut first = true;
                while self.another(&mut first, b'}')? {
                    self.peek();
                    self.string()?;
                    self.skip(b':')?;
                    self.pass()?;
                }
                Ok(())
            }
            b'[' => {
                self.enter(b'[')?;
                let mut first = true;
                while self.another(&mut first, b']')? {
                    self.pass()?;
                }
                Ok(())
            }
            b't' | b'f' => self.truth().map(drop),
            b'n' => self.word("null"),
            _ => self.any_number().map(drop),
        }
    }
}

/// Reads a number into whatever takes one.
macro_rules! numbers {
    ($($name:ident)*) => {
        $(fn $name<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
            match self.number()? {
                Number::Whole(number) => visitor.visit_u64(number),
                Number::Negative(number) => visitor.visit_i64(number),
                Number::Real(number) => visitor.visit_f64(number),
            }
        })*
    };
}

impl<'de> Deserializer<'de> for &mut Decoder<'de> {
    type Error = Wrong;

    numbers! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
        deserialize_f32 deserialize_f64
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
        match self.peek().ok_or(Wrong)? {
            b'"' => self.deserialize_str(visitor),
            b'{' => self.deserialize_map(visitor),
            b'[' => self.deserialize_seq(visitor),
            b't' | b'f' => self.deserialize_bool(visitor),
            b'n' => self.deserialize_unit(visitor),
            _ => self.deserialize_f64(visitor),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
        visitor.visit_bool(self.truth()?)
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
        self.deserialize_str(visitor)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
        self.peek();
        match self.string()? {
            Words::Verbatim(words) => visitor.visit_borrowed_str(words),
            Words::Plain => visitor.visit_str(&self.plain),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
        self.deserialize_str(visitor)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
        self.deserialize_str(visitor)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
        if self.peek() == Some(b'n') {
            self.word("null")?;
            return visitor.visit_none();
        }
        visitor.visit_some(self)
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
        self.peek();
        self.word("null")?;
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Read<V::Value> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Read<V::Value> {
        if name == RAW {
            self.peek();
            let begin = self.at;
            self.pass()?;
            let raw = self.text.get(begin..self.at).ok_or(Wrong)?;
            return visitor.visit_map(Raw(Some(raw)));
        }
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
        self.enter(b'[')?;
        let mut entries = Entries { of: self, first: true, end: b']' };
        let value = visitor.visit_seq(&mut entries)?;
        // A tuple stops before it has seen the end.
        if entries.end == 0 || !self.another(&mut false, b']')? { Ok(value) } else { Err(Wrong) }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Read<V::Value> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Read<V::Value> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
        self.enter(b'{')?;
        visitor.visit_map(Entries { of: self, first: true, end: b'}' })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Read<V::Value> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Read<V::Value> {
        visitor.visit_enum(Variant(self))
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
        self.deserialize_str(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
        self.pass()?;
        visitor.visit_unit()
    }
}

/// What a list or an object holds.
struct Entries<'a, 'de> {
    of: &'a mut Decoder<'de>,
    first: bool,
    /// The sign that closes it; 0 when it came.
    end: u8,
}

impl Entries<'_, '_> {
    fn more(&mut self) -> Read<bool> {
        if self.end == 0 {
            return Ok(false);
        }
        let more = self.of.another(&mut self.first, self.end)?;
        if !more {
            self.end = 0;
        }
        Ok(more)
    }
}

impl<'de> SeqAccess<'de> for &mut Entries<'_, 'de> {
    type Error = Wrong;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Read<Option<T::Value>> {
        if self.more()? { seed.deserialize(&mut *self.of).map(Some) } else { Ok(None) }
    }
}

impl<'de> MapAccess<'de> for Entries<'_, 'de> {
    type Error = Wrong;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Read<Option<K::Value>> {
        if self.more()? { seed.deserialize(&mut *self.of).map(Some) } else { Ok(None) }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Read<V::Value> {
        self.of.skip(b':')?;
        seed.deserialize(&mut *self.of)
    }
}

/// A word of an enumeration.
struct Variant<'a, 'de>(&'a mut Decoder<'de>);

impl<'de> EnumAccess<'de> for Variant<'_, 'de> {
    type Error = Wrong;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Read<(V::Value, Self)> {
        seed.deserialize(&mut *self.0).map(|value| (value, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_, 'de> {
    type Error = Wrong;

    fn unit_variant(self) -> Read<()> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, _: T) -> Read<T::Value> {
        Err(Wrong)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Read<V::Value> {
        Err(Wrong)
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], _: V) -> Read<V::Value> {
        Err(Wrong)
    }
}

/// A value as it was written, in the shape in which `serde_json` takes one.
struct Raw<'de>(Option<&'de str>);

impl<'de> MapAccess<'de> for Raw<'de> {
    type Error = Wrong;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Read<Option<K::Value>> {
        let key: serde::de::value::StrDeserializer<'_, Wrong> = RAW.into_deserializer();
        seed.deserialize(key).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Read<V::Value> {
        let raw = self.0.take().unwrap_or_default();
        seed.deserialize(serde::de::value::BorrowedStrDeserializer::new(raw))
    }
}
