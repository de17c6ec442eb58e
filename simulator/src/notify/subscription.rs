//! One entry of a subscription: which topics it stands for, and whether it is permitted.

use std::fmt;

use protocol::{ChannelTopic, Topic, TopicSet, topic::BadTopic};

use crate::world::World;

/// The names of Genesys' public topics; `{id}` stands for any one part.
const TOPIC_NAMES: &str = include_str!("topic_names.txt");

/// Something that one can listen to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Heard {
    /// A topic that this project knows by type.
    Known(Topic),
    /// Any other of Genesys' topics, in lower case.
    Named(String),
}

impl Heard {
    /// A topic by its name.
    pub(crate) fn named(topic: &str) -> Self {
        Self::Named(topic.to_ascii_lowercase())
    }
}

impl fmt::Display for Heard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(topic) => topic.fmt(f),
            Self::Named(name) => f.write_str(name),
        }
    }
}

/// A permitted entry.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// As it was asked for.
    pub(crate) text: String,
    /// What it stands for and this simulator has something to say about.
    pub(crate) topics: Vec<Heard>,
    /// How many topics it names, known here or not.
    pub(crate) parts: usize,
}

/// What becomes of one asked entry.
pub(crate) struct Decision {
    /// What is subscribed of it.
    pub(crate) entry: Option<Entry>,
    /// What is answered: the entry itself, and a refused one for each bad part of a combined topic.
    pub(crate) answers: Vec<ChannelTopic>,
    /// Why something of it was refused.
    pub(crate) fault: Option<String>,
}

/// The names of all topics that exist.
pub(crate) fn topic_names() -> impl Iterator<Item = &'static str> {
    TOPIC_NAMES.lines().filter(|line| !line.is_empty())
}

/// Decides about one asked entry.
pub(crate) fn decide(text: &str) -> Decision {
    let set = match TopicSet::parse(text) {
        Ok(set) => set,
        Err(fault @ (BadTopic::Empty | BadTopic::TooLong(_) | BadTopic::Malformed)) => {
            return refused(text, &fault.to_string());
        }
    };
    let mut topics = Vec::new();
    let mut bad_parts = Vec::new();
    for part in set.parts() {
        if part.contains('*') {
            bad_parts.push(part);
            continue;
        }
        match Topic::parse(part).filter(Topic::is_genesys) {
            Some(topic) => topics.push(Heard::Known(topic)),
            None if topic_names().any(|name| is_named(part, name)) => topics.push(Heard::named(part)),
            None => bad_parts.push(part),
        }
    }
    if bad_parts.len() == set.parts().len() {
        return refused(text, fault_of(text));
    }
    let mut answers = vec![ChannelTopic::permitted(text)];
    answers.extend(bad_parts.iter().map(|part| ChannelTopic::rejected(part, fault_of(part), Vec::new())));
    let fault = bad_parts.first().map(|part| format!("{part}: {}", fault_of(part)));
    Decision {
        entry: Some(Entry { text: text.to_owned(), topics, parts: set.parts().len() }),
        answers,
        fault,
    }
}

fn fault_of(part: &str) -> &'static str {
    if part.contains('*') {
        "wildcards exist on EventBridge only; a channel names every id"
    } else {
        "there is no such topic"
    }
}

impl Decision {
    /// Where the subjects of topics are looked up: refused when there is none of this id.
    pub(crate) fn about(self, world: &World, subjects_are_looked_up: bool, text: &str) -> Self {
        let is_there = |topic: &Heard| match topic {
            Heard::Named(name) => has_subject(world, name),
            Heard::Known(
                Topic::UserPresence(id)
                | Topic::UserRoutingStatus(id)
                | Topic::UserConversationSummary(id)
                | Topic::UserActivity(id),
            ) => world.user(id.as_str()).is_some(),
            Heard::Known(Topic::QueueObservations(id) | Topic::QueueActivity(id)) => {
                world.queue(id.as_str()).is_some()
            }
            Heard::Known(
                Topic::RollcallUser(_)
                | Topic::RollcallQueue(_)
                | Topic::RollcallPresences
                | Topic::RollcallWall(_)
                | Topic::RollcallFigures(_)
                | Topic::RollcallSamples(_)
                | Topic::RollcallTally(_)
                | Topic::RollcallAlarms(_)
                | Topic::RollcallStates(_)
                | Topic::RollcallShard(_),
            ) => true,
        };
        match &self.entry {
            Some(entry) if subjects_are_looked_up && !entry.topics.iter().all(is_there) => {
                refused(text, "the topic's subject does not exist")
            }
            Some(_) | None => self,
        }
    }
}

/// Whether the user or queue of a topic exists; other subjects are not looked up.
fn has_subject(world: &World, name: &str) -> bool {
    match name.split('.').collect::<Vec<_>>()[..] {
        ["v2", "users", id, ..] => world.user(id).is_some(),
        ["v2", "routing", "queues", id, ..] => world.queue(id).is_some(),
        _ => true,
    }
}

fn refused(text: &str, reason: &str) -> Decision {
    // An overlong topic is not repeated whole.
    let shown: String = text.chars().take(protocol::topic::TOPIC_MAX_LENGTH).collect();
    Decision {
        entry: None,
        fault: Some(format!("{shown}: {reason}")),
        answers: vec![ChannelTopic::rejected(&shown, reason, Vec::new())],
    }
}

/// Whether the topic is one of those that the name stands for.
pub(super) fn is_named(topic: &str, name: &str) -> bool {
    let mut parts = topic.split('.');
    let all_match = name.split('.').all(|expected| {
        parts.next().is_some_and(|part| {
            !part.is_empty() && (expected == "{id}" || part.eq_ignore_ascii_case(expected))
        })
    });
    all_match && parts.next().is_none()
}

#[cfg(test)]
mod tests {
    use protocol::TopicState;

    use super::*;

    #[test]
    fn a_topic_is_permitted_when_it_exists() {
        let check = |text: &str, topics: usize, states: &[TopicState]| {
            let decision = decide(text);
            assert_eq!(decision.entry.map_or(0, |entry| entry.topics.len()), topics, "{text}");
            assert_eq!(
                decision.answers.iter().map(|answer| answer.state).collect::<Vec<_>>(),
                states,
                "{text}"
            );
        };
        use TopicState::{Permitted, Rejected};
        check("v2.users.u.presence", 1, &[Permitted]);
        check("v2.users.u?presence&routingstatus", 2, &[Permitted]);
        check("v2.users.u.workforcemanagement.adherence", 1, &[Permitted]);
        check("v2.users.u?presence&mood", 1, &[Permitted, Rejected]);
        check("v2.users.u.mood", 0, &[Rejected]);
        check("rollcall.users.u", 0, &[Rejected]);
        check("", 0, &[Rejected]);
        check(&"x".repeat(5_000), 0, &[Rejected]);
    }
}
