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

#[cfg(test)]
mod tests {
    use serde::Serialize;

    #[derive(Debug, Default, PartialEq, Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Sample {
        first_name: String,
        age: Option<u32>,
        inner: Option<Box<Sample>>,
    }

    members! {
        Sample from Sample::default(), { first_name: "firstName", age: "age", inner: "inner" } needs first_name
    }

    fn read(text: &str) -> Result<Sample, String> {
        let read = serde_json::from_str::<Sample>(text).map_err(|error| error.to_string());
        assert_eq!(crate::json::from_str::<Sample>(text).ok(), read.as_ref().ok().map(again), "{text}");
        read
    }

    fn again(sample: &Sample) -> Sample {
        Sample {
            first_name: sample.first_name.clone(),
            age: sample.age,
            inner: sample.inner.as_deref().map(again).map(Box::new),
        }
    }

    #[test]
    fn what_was_written_is_read() {
        let inner = Sample { first_name: "b".to_owned(), ..Sample::default() };
        let sample = Sample { first_name: "a".to_owned(), age: Some(7), inner: Some(Box::new(inner)) };
        assert_eq!(read(&serde_json::to_string(&sample).unwrap()), Ok(sample));
    }

    #[test]
    fn unknown_members_are_passed_over_and_the_last_of_two_counts() {
        let read =
            read(r#"{"x":{"firstName":[1]},"firstName":"a","firstname":1,"firstName":"b","age":null}"#);
        assert_eq!(read, Ok(Sample { first_name: "b".to_owned(), ..Sample::default() }));
    }

    #[test]
    fn what_is_missing_or_of_another_kind_is_named() {
        assert!(read(r#"{"age":1}"#).unwrap_err().starts_with("missing field `firstName`"));
        assert!(
            read(r#"{"firstName":"a","inner":{}}"#).unwrap_err().starts_with("missing field `firstName`")
        );
        assert!(read(r#"{"firstName":1}"#).unwrap_err().contains("expected a string"));
        assert!(read(r#"["a"]"#).unwrap_err().contains("expected Sample"));
    }
}
