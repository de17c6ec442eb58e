//! Ids: distinct types, so that a queue's id cannot be taken for a user's.
//!
//! Genesys ids are lower-case GUIDs; they are kept as text, shared and cheap to clone, because an
//! id that is not a GUID must still round-trip.

use std::{borrow::Borrow, fmt, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Takes the id as it is written; GUIDs are compared in lower case.
            #[must_use]
            pub fn new(text: &str) -> Self {
                if text.bytes().any(|b| b.is_ascii_uppercase()) {
                    Self(text.to_ascii_lowercase().into())
                } else {
                    Self(text.into())
                }
            }

            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self("".into())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self::new(text)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Ok(Self::new(&std::borrow::Cow::<str>::deserialize(deserializer)?))
            }
        }
    };
}

id!(
    /// A user; an agent is a user who takes conversations.
    UserId
);
id!(
    /// A routing queue.
    QueueId
);
id!(
    /// An organisation presence definition.
    PresenceDefinitionId
);
id!(
    /// A skill of the organisation.
    SkillId
);
id!(
    /// A notification channel. Whoever knows it can listen, so it is treated as a secret.
    ChannelId
);
id!(
    /// A wall of this Rollcall: the name in its address.
    WallId
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_compare_in_lower_case() {
        assert_eq!(UserId::new("AB-1"), UserId::new("ab-1"));
        assert_eq!(serde_json::from_str::<QueueId>("\"AB\"").unwrap().as_str(), "ab");
    }
}
