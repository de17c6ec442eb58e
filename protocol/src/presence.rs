//! Presence and routing status: the two axes of an agent, in all their spellings.
//!
//! Genesys spells a system presence in four ways (`OnQueue`, `On Queue`, `ON_QUEUE`, and lower
//! case in some answers). Reading drops everything but letters; writing names the place.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// One of the ten system presences, or a later addition kept by its raw name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the vendor's words")]
pub enum SystemPresence {
    Available,
    Away,
    Break,
    Busy,
    Idle,
    Meal,
    Meeting,
    Offline,
    OnQueue,
    Training,
    /// A presence this version does not know.
    Other(Arc<str>),
}

impl SystemPresence {
    /// Every presence that is known by name.
    pub const ALL: [Self; 10] = [
        Self::Available,
        Self::Away,
        Self::Break,
        Self::Busy,
        Self::Idle,
        Self::Meal,
        Self::Meeting,
        Self::Offline,
        Self::OnQueue,
        Self::Training,
    ];

    /// Reads any of the four spellings.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let same = |name: &str| {
            text.bytes()
                .filter(u8::is_ascii_alphabetic)
                .map(|b| b.to_ascii_lowercase())
                .eq(name.bytes().filter(u8::is_ascii_alphabetic).map(|b| b.to_ascii_lowercase()))
        };
        Self::ALL
            .into_iter()
            .find(|presence| same(presence.in_definition()))
            .unwrap_or_else(|| Self::Other(text.into()))
    }

    /// As presence definitions spell it: `OnQueue`.
    #[must_use]
    pub fn in_definition(&self) -> &str {
        match self {
            Self::Available => "Available",
            Self::Away => "Away",
            Self::Break => "Break",
            Self::Busy => "Busy",
            Self::Idle => "Idle",
            Self::Meal => "Meal",
            Self::Meeting => "Meeting",
            Self::Offline => "Offline",
            Self::OnQueue => "OnQueue",
            Self::Training => "Training",
            Self::Other(raw) => raw,
        }
    }

    /// As a user's presence spells it: `On Queue`.
    #[must_use]
    pub fn in_user(&self) -> &str {
        if *self == Self::OnQueue { "On Queue" } else { self.in_definition() }
    }

    /// As events and analytics spell it: `ON_QUEUE`.
    #[must_use]
    pub fn in_event(&self) -> &str {
        match self {
            Self::Available => "AVAILABLE",
            Self::Away => "AWAY",
            Self::Break => "BREAK",
            Self::Busy => "BUSY",
            Self::Idle => "IDLE",
            Self::Meal => "MEAL",
            Self::Meeting => "MEETING",
            Self::Offline => "OFFLINE",
            Self::OnQueue => "ON_QUEUE",
            Self::Training => "TRAINING",
            Self::Other(raw) => raw,
        }
    }
}

/// Serialises as events spell it, the form that travels most.
impl Serialize for SystemPresence {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.in_event())
    }
}

impl<'de> Deserialize<'de> for SystemPresence {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::parse(&std::borrow::Cow::<str>::deserialize(deserializer)?))
    }
}

/// The ACD axis of an agent.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the vendor's words")]
pub enum RoutingStatus {
    OffQueue,
    Idle,
    Interacting,
    NotResponding,
    Communicating,
    /// A status this version does not know.
    Other(Arc<str>),
}

impl RoutingStatus {
    /// Reads the vendor's word, in any case.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        [Self::OffQueue, Self::Idle, Self::Interacting, Self::NotResponding, Self::Communicating]
            .into_iter()
            .find(|status| status.as_str().eq_ignore_ascii_case(text))
            .unwrap_or_else(|| Self::Other(text.into()))
    }

    /// The vendor's word.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::OffQueue => "OFF_QUEUE",
            Self::Idle => "IDLE",
            Self::Interacting => "INTERACTING",
            Self::NotResponding => "NOT_RESPONDING",
            Self::Communicating => "COMMUNICATING",
            Self::Other(raw) => raw,
        }
    }
}

impl fmt::Display for RoutingStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for RoutingStatus {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for RoutingStatus {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::parse(&std::borrow::Cow::<str>::deserialize(deserializer)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_spellings_are_one_presence() {
        for text in ["OnQueue", "On Queue", "ON_QUEUE", "on queue", "onqueue"] {
            assert_eq!(SystemPresence::parse(text), SystemPresence::OnQueue, "{text}");
        }
        for presence in SystemPresence::ALL {
            assert_eq!(SystemPresence::parse(presence.in_event()), presence);
            assert_eq!(SystemPresence::parse(presence.in_user()), presence);
        }
    }

    #[test]
    fn unknown_words_are_kept_raw() {
        assert_eq!(SystemPresence::parse("Gone Fishing").in_event(), "Gone Fishing");
        assert_eq!(RoutingStatus::parse("LEVITATING").as_str(), "LEVITATING");
        assert_eq!(RoutingStatus::parse("idle"), RoutingStatus::Idle);
    }
}
