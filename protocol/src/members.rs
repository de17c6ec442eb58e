//! How bodies are read: member by member into a value that has everything absent.
//!
//! What the derived readers of serde do, in a third of the code: a wall's download pays for each of some forty types. The last of
//! two members of one name counts; what nobody knows is passed over.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};

/// Reads which of these names a member has; none when it has another.
pub struct Names(pub &'static [&'static str]);

impl<'de> DeserializeSeed<'de> for Names {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for Names {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a member")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        Ok(self.0.iter().position(|known| *known == name))
    }
}

/// Passes over a member that nobody knows.
///
/// # Errors
/// When its value is no value.
pub fn pass<'de, A: MapAccess<'de>>(map: &mut A) -> Result<(), A::Error> {
    map.next_value::<IgnoredAny>().map(drop)
}

/// Says which member is missing, when one is.
///
/// # Errors
/// When not all that is required was seen; bits count as the names do.
pub fn complete<E: Error>(names: &'static [&'static str], required: u32, seen: u32) -> Result<(), E> {
    let missing = required & !seen;
    match names.get(missing.trailing_zeros() as usize) {
        Some(name) => Err(E::missing_field(name)),
        None => Ok(()),
    }
}

/// Reads a structure. `from` is the value with everything absent; what stands behind `needs` must be there.
macro_rules! members {
    ($name:ident from $blank:expr, { $($field:ident: $key:literal),+ $(,)? } $(needs $($needed:ident),+)?) => {
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                const NAMES: &[&str] = &[$($key),+];
                #[expect(non_camel_case_types, reason = "named as the members, to count them")]
                #[derive(Clone, Copy)]
                enum At { $($field),+ }
                const REQUIRED: u32 = 0 $($(| 1 << At::$needed as u32)+)?;
                struct Reader;

                impl<'de> serde::de::Visitor<'de> for Reader {
                    type Value = $name;

                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str(stringify!($name))
                    }

                    fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<$name, A::Error> {
                        let mut value: $name = $blank;
                        let mut seen = 0_u32;
                        while let Some(at) = map.next_key_seed($crate::members::Names(NAMES))? {
                            let Some(at) = at else {
                                $crate::members::pass(&mut map)?;
                                continue;
                            };
                            seen |= 1 << at;
                            $(if at == At::$field as usize { value.$field = map.next_value()?; })+
                        }
                        $crate::members::complete(NAMES, REQUIRED, seen)?;
                        Ok(value)
                    }
                }

                deserializer.deserialize_map(Reader)
            }
        }
    };
}

pub(crate) use members;
