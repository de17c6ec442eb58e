//! Which upstream channel covers which subject. Pure. A subject stays where it is, so that a plan
//! that grows moves nothing.

use std::collections::{BTreeSet, HashMap};

use protocol::{QueueId, Topic, TopicSet, UserId, topic::TOPICS_PER_CHANNEL};

/// What a subscription entry covers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// A queue's figures.
    Queue(QueueId),
    /// A user's presence, routing status and conversations.
    User(UserId),
}

impl Subject {
    /// The subject of a topic; `None` for what is of no single one.
    #[must_use]
    pub fn of(topic: &Topic) -> Option<Self> {
        match topic {
            Topic::UserPresence(id)
            | Topic::UserRoutingStatus(id)
            | Topic::UserConversationSummary(id)
            | Topic::UserActivity(id)
            | Topic::RollcallUser(id)
            | Topic::RollcallTally(id) => Some(Self::User(UserId::clone(id))),
            Topic::QueueObservations(id)
            | Topic::QueueActivity(id)
            | Topic::RollcallQueue(id)
            | Topic::RollcallFigures(id)
            | Topic::RollcallSamples(id) => Some(Self::Queue(id.clone())),
            Topic::RollcallPresences
            | Topic::RollcallWall(_)
            | Topic::RollcallAlarms(_)
            | Topic::RollcallStates(_)
            | Topic::RollcallShard(_) => None,
        }
    }

    /// The one entry that covers the subject.
    #[must_use]
    pub fn topics(&self) -> TopicSet {
        match self {
            Self::User(id) => TopicSet::of_user(id),
            Self::Queue(id) => TopicSet::of(&Topic::QueueObservations(id.clone())),
        }
    }

    /// The individual topics.
    #[must_use]
    pub fn facets(&self) -> Vec<Topic> {
        match self {
            Self::User(id) => vec![
                Topic::UserPresence(id.clone()),
                Topic::UserRoutingStatus(id.clone()),
                Topic::UserConversationSummary(id.clone()),
            ],
            Self::Queue(id) => vec![Topic::QueueObservations(id.clone())],
        }
    }

    /// The topics of what Rollcall counts of it.
    #[must_use]
    pub fn counted(&self) -> Vec<Topic> {
        match self {
            Self::User(id) => vec![Topic::RollcallTally(id.clone())],
            Self::Queue(id) => vec![Topic::RollcallFigures(id.clone()), Topic::RollcallSamples(id.clone())],
        }
    }
}

/// How much upstream's channels can carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capacity {
    /// Channels of all clients together.
    pub channels: u16,
    /// Topics of each.
    pub topics: usize,
}

impl Capacity {
    /// So many channels as Genesys has them.
    #[must_use]
    pub const fn of_channels(channels: u16) -> Self {
        Self { channels, topics: TOPICS_PER_CHANNEL }
    }
}

/// Subjects by upstream channel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    shards: Vec<BTreeSet<Subject>>,
    places: HashMap<Subject, u16>,
}

impl Plan {
    /// The subjects of one channel, in a stable order.
    pub fn subjects(&self, shard: u16) -> impl Iterator<Item = &Subject> {
        self.shards.get(usize::from(shard)).into_iter().flatten()
    }

    /// How many channels there are.
    #[must_use]
    pub fn shards(&self) -> u16 {
        self.shards.len() as u16
    }

    /// The channel that covers a subject.
    #[must_use]
    pub fn place(&self, subject: &Subject) -> Option<u16> {
        self.places.get(subject).copied()
    }

    /// Finds room for a subject, in a new channel when all are full; `None` when there is none.
    pub fn add(&mut self, subject: Subject, capacity: Capacity) -> Option<u16> {
        if let Some(place) = self.place(&subject) {
            return Some(place);
        }
        let room = self.shards.iter().position(|shard| shard.len() < capacity.topics);
        let at = match room {
            Some(at) => at,
            None if self.shards.len() < usize::from(capacity.channels) => {
                self.shards.push(BTreeSet::new());
                self.shards.len() - 1
            }
            None => return None,
        };
        self.shards[at].insert(subject.clone());
        self.places.insert(subject, at as u16);
        Some(at as u16)
    }

    /// Lets a subject go.
    pub fn remove(&mut self, subject: &Subject) {
        if let Some(place) = self.places.remove(subject) {
            self.shards[usize::from(place)].remove(subject);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_fill_up_one_after_the_other_and_keep_their_subjects() {
        let mut plan = Plan::default();
        let user = |n: usize| Subject::User(UserId::new(&format!("u{n}")));
        for n in 0..TOPICS_PER_CHANNEL {
            assert_eq!(plan.add(user(n), Capacity::of_channels(2)), Some(0));
        }
        assert_eq!(plan.add(user(5_000), Capacity::of_channels(2)), Some(1));
        assert_eq!(plan.shards(), 2);
        plan.remove(&user(3));
        assert_eq!(plan.add(user(5_001), Capacity::of_channels(2)), Some(0));
        assert_eq!(plan.place(&user(5_000)), Some(1));
        for n in 6_000..6_999 {
            assert!(plan.add(user(n), Capacity::of_channels(2)).is_some());
        }
        assert_eq!(plan.add(user(9_999), Capacity::of_channels(2)), None);
    }
}
