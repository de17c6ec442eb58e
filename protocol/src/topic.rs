//! Topics: everything the project can listen to, read from text and written as text here only.
//!
//! Genesys' names are exact, including case, but samples compare without case, and so do we. A
//! *combined* topic `v2.users.{id}?presence&routingStatus` stands for the topics that share its prefix.

use std::fmt;

use crate::id::{QueueId, UserId, WallId};

/// A topic is refused by the official client from this length on.
/// Source: genesys-cloud-streaming-client, `mapCombineTopics`.
pub const TOPIC_MAX_LENGTH: usize = 200;

/// A channel holds at most this many topics, a combined one counting as one.
/// Source: developer-center blog, 2021-12-02, "Event streaming in action".
pub const TOPICS_PER_CHANNEL: usize = 1_000;

/// The topic of heartbeats and pongs.
pub const CHANNEL_METADATA: &str = "channel.metadata";

/// One thing that can be listened to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    /// `v2.users.{id}.presence`
    UserPresence(UserId),
    /// `v2.users.{id}.routingStatus`
    UserRoutingStatus(UserId),
    /// `v2.users.{id}.conversationsummary`
    UserConversationSummary(UserId),
    /// `v2.users.{id}.activity`
    UserActivity(UserId),
    /// `v2.analytics.queues.{id}.observations`
    QueueObservations(QueueId),
    /// `v2.analytics.queues.{id}.activity`
    QueueActivity(QueueId),
    /// `rollcall.users.{id}`: a user's name, or that the user is gone; wall channels only.
    RollcallUser(UserId),
    /// `rollcall.queues.{id}`: a queue's name and target, or that it is gone; wall channels only.
    RollcallQueue(QueueId),
    /// `rollcall.presences`: the organisation's presence definitions; wall channels only.
    RollcallPresences,
    /// `rollcall.walls.{id}`: the wall's definition; wall channels only.
    RollcallWall(WallId),
    /// `rollcall.figures.{id}`: a queue's figures of the current interval and of today; wall channels only.
    RollcallFigures(QueueId),
    /// `rollcall.samples.{id}`: how many waited in a queue over the last hour; wall channels only.
    RollcallSamples(QueueId),
    /// `rollcall.tallies.{id}`: what a user handled today; wall channels only.
    RollcallTally(UserId),
    /// `rollcall.alarms.{wall}`: what is wrong on a wall; wall channels only.
    RollcallAlarms(WallId),
    /// `rollcall.states.{wall}`: how many of a wall's agents are in which state, where agents are only counted; wall
    /// channels only.
    RollcallStates(WallId),
    /// `rollcall.shards.{n}`: whether an upstream channel is live; wall channels only.
    RollcallShard(u16),
}

impl Topic {
    /// Reads a single topic; `None` for anything this project does not know.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let head = parts.next()?;
        if head.eq_ignore_ascii_case("rollcall") {
            return Self::parse_rollcall(parts);
        }
        if !head.eq_ignore_ascii_case("v2") {
            return None;
        }
        let family = parts.next()?;
        let topic = if family.eq_ignore_ascii_case("users") {
            let id = non_empty(parts.next()?)?;
            Self::of_user(UserId::new(id), parts.next()?)?
        } else if family.eq_ignore_ascii_case("analytics") {
            if !parts.next()?.eq_ignore_ascii_case("queues") {
                return None;
            }
            let id = QueueId::new(non_empty(parts.next()?)?);
            match parts.next()?.to_ascii_lowercase().as_str() {
                "observations" => Self::QueueObservations(id),
                "activity" => Self::QueueActivity(id),
                _ => return None,
            }
        } else {
            return None;
        };
        parts.next().is_none().then_some(topic)
    }

    fn parse_rollcall<'a>(mut parts: impl Iterator<Item = &'a str>) -> Option<Self> {
        let topic = match parts.next()? {
            "users" => Self::RollcallUser(UserId::new(non_empty(parts.next()?)?)),
            "queues" => Self::RollcallQueue(QueueId::new(non_empty(parts.next()?)?)),
            "presences" => Self::RollcallPresences,
            "walls" => Self::RollcallWall(WallId::new(non_empty(parts.next()?)?)),
            "figures" => Self::RollcallFigures(QueueId::new(non_empty(parts.next()?)?)),
            "samples" => Self::RollcallSamples(QueueId::new(non_empty(parts.next()?)?)),
            "tallies" => Self::RollcallTally(UserId::new(non_empty(parts.next()?)?)),
            "alarms" => Self::RollcallAlarms(WallId::new(non_empty(parts.next()?)?)),
            "states" => Self::RollcallStates(WallId::new(non_empty(parts.next()?)?)),
            "shards" => Self::RollcallShard(parts.next()?.parse().ok()?),
            _ => return None,
        };
        parts.next().is_none().then_some(topic)
    }

    fn of_user(id: UserId, facet: &str) -> Option<Self> {
        Some(match facet.to_ascii_lowercase().as_str() {
            "presence" => Self::UserPresence(id),
            "routingstatus" => Self::UserRoutingStatus(id),
            "conversationsummary" => Self::UserConversationSummary(id),
            "activity" => Self::UserActivity(id),
            _ => return None,
        })
    }

    /// Whether Genesys has this topic; the others are ours and go to wall channels only.
    #[must_use]
    pub fn is_genesys(&self) -> bool {
        match self {
            Self::UserPresence(_)
            | Self::UserRoutingStatus(_)
            | Self::UserConversationSummary(_)
            | Self::UserActivity(_)
            | Self::QueueObservations(_)
            | Self::QueueActivity(_) => true,
            Self::RollcallUser(_)
            | Self::RollcallQueue(_)
            | Self::RollcallPresences
            | Self::RollcallWall(_)
            | Self::RollcallFigures(_)
            | Self::RollcallSamples(_)
            | Self::RollcallTally(_)
            | Self::RollcallAlarms(_)
            | Self::RollcallStates(_)
            | Self::RollcallShard(_) => false,
        }
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UserPresence(id) => write!(f, "v2.users.{id}.presence"),
            Self::UserRoutingStatus(id) => write!(f, "v2.users.{id}.routingStatus"),
            Self::UserConversationSummary(id) => write!(f, "v2.users.{id}.conversationsummary"),
            Self::UserActivity(id) => write!(f, "v2.users.{id}.activity"),
            Self::QueueObservations(id) => write!(f, "v2.analytics.queues.{id}.observations"),
            Self::QueueActivity(id) => write!(f, "v2.analytics.queues.{id}.activity"),
            Self::RollcallUser(id) => write!(f, "rollcall.users.{id}"),
            Self::RollcallQueue(id) => write!(f, "rollcall.queues.{id}"),
            Self::RollcallPresences => f.write_str("rollcall.presences"),
            Self::RollcallWall(id) => write!(f, "rollcall.walls.{id}"),
            Self::RollcallFigures(id) => write!(f, "rollcall.figures.{id}"),
            Self::RollcallSamples(id) => write!(f, "rollcall.samples.{id}"),
            Self::RollcallTally(id) => write!(f, "rollcall.tallies.{id}"),
            Self::RollcallAlarms(id) => write!(f, "rollcall.alarms.{id}"),
            Self::RollcallStates(id) => write!(f, "rollcall.states.{id}"),
            Self::RollcallShard(n) => write!(f, "rollcall.shards.{n}"),
        }
    }
}

/// One entry of a subscription: a plain topic or a combined one, with its text as it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicSet {
    text: String,
    parts: Vec<String>,
}

/// Why a subscription entry cannot be taken.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum BadTopic {
    /// No text at all.
    #[error("the topic is empty")]
    Empty,
    /// At or over [`TOPIC_MAX_LENGTH`].
    #[error("the topic is {0} characters long; the limit is {max}", max = TOPIC_MAX_LENGTH - 1)]
    TooLong(usize),
    /// A combined topic without a prefix or without parts.
    #[error("a combined topic is written prefix?part&part")]
    Malformed,
}

impl TopicSet {
    /// Splits one subscription entry into the individual topics that it stands for.
    ///
    /// # Errors
    /// When the entry is empty, too long, or a combined topic without prefix or parts.
    pub fn parse(text: &str) -> Result<Self, BadTopic> {
        if text.is_empty() {
            return Err(BadTopic::Empty);
        }
        if text.len() >= TOPIC_MAX_LENGTH {
            return Err(BadTopic::TooLong(text.len()));
        }
        let parts = match text.split_once('?') {
            None => vec![text.to_owned()],
            Some((prefix, postfixes)) => {
                if prefix.is_empty() || postfixes.is_empty() || postfixes.split('&').any(str::is_empty) {
                    return Err(BadTopic::Malformed);
                }
                postfixes.split('&').map(|postfix| format!("{prefix}.{postfix}")).collect()
            }
        };
        Ok(Self { text: text.to_owned(), parts })
    }

    /// The entry for everything a wall shows of one user, combined into one topic.
    #[must_use]
    pub fn of_user(id: &UserId) -> Self {
        let prefix = format!("v2.users.{id}");
        let facets = ["presence", "routingStatus", "conversationsummary"];
        Self {
            text: format!("{prefix}?{}", facets.join("&")),
            parts: facets.iter().map(|facet| format!("{prefix}.{facet}")).collect(),
        }
    }

    /// The entry of one plain topic.
    #[must_use]
    pub fn of(topic: &Topic) -> Self {
        let text = topic.to_string();
        Self { parts: vec![text.clone()], text }
    }

    /// As it was sent, and as it is echoed in answers.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The individual topics by name.
    #[must_use]
    pub fn parts(&self) -> &[String] {
        &self.parts
    }
}

fn non_empty(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<&Topic>) {
        let topic = Topic::parse(text);
        assert_eq!(topic.as_ref(), expected, "{text}");
        if let Some(topic) = topic {
            assert_eq!(Topic::parse(&topic.to_string()), Some(topic), "{text} does not round-trip");
        }
    }

    #[test]
    fn topics_are_read_in_any_case_and_written_exactly() {
        check("v2.users.u1.presence", Some(&Topic::UserPresence("u1".into())));
        check("V2.USERS.U1.ROUTINGSTATUS", Some(&Topic::UserRoutingStatus("u1".into())));
        assert_eq!(Topic::UserRoutingStatus("u1".into()).to_string(), "v2.users.u1.routingStatus");
        check("v2.users.u1.conversationSummary", Some(&Topic::UserConversationSummary("u1".into())));
        check("v2.analytics.queues.q.observations", Some(&Topic::QueueObservations("q".into())));
        check("rollcall.figures.q", Some(&Topic::RollcallFigures("q".into())));
        check("rollcall.samples.q", Some(&Topic::RollcallSamples("q".into())));
        check("rollcall.tallies.u", Some(&Topic::RollcallTally("u".into())));
        check("rollcall.alarms.w", Some(&Topic::RollcallAlarms("w".into())));
        check("rollcall.states.w", Some(&Topic::RollcallStates("w".into())));
        check("rollcall.shards.3", Some(&Topic::RollcallShard(3)));
        check("rollcall.presences", Some(&Topic::RollcallPresences));
    }

    #[test]
    fn what_is_not_a_known_topic_is_none() {
        for text in [
            "",
            "v2",
            "v2.users",
            "v2.users..presence",
            "v2.users.u.presence.x",
            "v2.users.u.tokens",
            "v3.users.u.presence",
            ".",
        ] {
            check(text, None);
        }
    }

    #[test]
    fn a_combined_topic_stands_for_its_parts() {
        let set = TopicSet::parse("v2.users.u?presence&routingStatus").unwrap();
        assert_eq!(set.parts(), ["v2.users.u.presence", "v2.users.u.routingStatus"]);
        assert_eq!(
            TopicSet::parse(TopicSet::of_user(&"u".into()).text()),
            Ok(TopicSet::of_user(&"u".into()))
        );
        assert_eq!(TopicSet::parse(""), Err(BadTopic::Empty));
        assert_eq!(TopicSet::parse("v2.users.u?"), Err(BadTopic::Malformed));
        assert_eq!(TopicSet::parse("a?b&&c"), Err(BadTopic::Malformed));
        assert_eq!(TopicSet::parse(&"x".repeat(200)), Err(BadTopic::TooLong(200)));
    }
}
