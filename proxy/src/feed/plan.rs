//! Which upstream channel covers which subject. Pure. A subject stays where it is, so that a plan
//! that grows moves nothing; who goes leaves a hole that others fill.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use protocol::{QueueId, Topic, TopicSet, UserId, topic::TOPICS_PER_CHANNEL};

use super::interest::Priority;

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

    /// How many subjects that is.
    #[must_use]
    pub const fn room(self) -> usize {
        self.channels as usize * self.topics
    }
}

/// What one channel is to cover, each with how many had joined before them, ever. Who left and came back joined anew: this number
/// tells it to a shard that has not seen the plan between.
pub type Planned = BTreeMap<Subject, u64>;

/// Subjects by upstream channel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    shards: Vec<Planned>,
    places: HashMap<Subject, u16>,
    /// How many of them are users: every channel asks when it reads.
    users: usize,
    /// How many have joined, ever.
    joined: u64,
}

impl Plan {
    /// The subjects of one channel, in a stable order.
    pub fn subjects(&self, shard: u16) -> impl Iterator<Item = &Subject> {
        self.shards.get(usize::from(shard)).into_iter().flat_map(Planned::keys)
    }

    /// What one channel is to cover.
    #[must_use]
    pub fn planned(&self, shard: u16) -> Planned {
        self.shards.get(usize::from(shard)).cloned().unwrap_or_default()
    }

    /// All queues that are covered.
    #[must_use]
    pub fn queues(&self) -> Vec<QueueId> {
        let queue = |subject: &Subject| match subject {
            Subject::Queue(id) => Some(id.clone()),
            Subject::User(_) => None,
        };
        self.all().filter_map(queue).collect()
    }

    /// How many users are covered.
    #[must_use]
    pub fn users(&self) -> usize {
        self.users
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

    /// Every subject, channel by channel.
    pub fn all(&self) -> impl Iterator<Item = &Subject> {
        self.shards.iter().flat_map(Planned::keys)
    }

    /// The plan for exactly these subjects, named once each, and who is left out. While all fit, nobody moves and nobody is left out.
    /// When they do not, those of the highest priority are covered; among equals whoever is covered already stays,
    /// and then the order decides. Channels at the end that carry nothing are given up.
    #[must_use]
    pub fn settle(
        &self,
        mut wishes: Vec<(Priority, Subject)>,
        capacity: Capacity,
    ) -> (Self, BTreeSet<Subject>) {
        let mut left_out = BTreeSet::new();
        if wishes.len() > capacity.room() {
            // Stable, so that the order decides last.
            wishes.sort_by_key(|(priority, subject)| (*priority, self.place(subject).is_none()));
            left_out.extend(wishes.drain(capacity.room()..).map(|(_, subject)| subject));
        }
        let mut plan = self.clone();
        let stays: HashSet<&Subject> = wishes.iter().map(|(_, subject)| subject).collect();
        for subject in self.all().filter(|subject| !stays.contains(subject)) {
            plan.remove(subject);
        }
        plan.places.reserve(wishes.len().saturating_sub(plan.places.len()));
        for (_, subject) in wishes {
            // There is room for as many as are left.
            if plan.add(subject.clone(), capacity).is_none() {
                left_out.insert(subject);
            }
        }
        plan.give_up_empty();
        (plan, left_out)
    }

    /// Gives up the last channels while they carry nothing; one between others keeps its number and is filled first. The
    /// first stays, however empty it is: while it is heard, upstream is known to be there.
    fn give_up_empty(&mut self) {
        while self.shards.len() > 1 && self.shards.last().is_some_and(Planned::is_empty) {
            self.shards.pop();
        }
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
                self.shards.push(Planned::new());
                self.shards.len() - 1
            }
            None => return None,
        };
        self.users += usize::from(matches!(subject, Subject::User(_)));
        self.shards[at].insert(subject.clone(), self.joined);
        self.joined += 1;
        self.places.insert(subject, at as u16);
        Some(at as u16)
    }

    /// Lets a subject go.
    pub fn remove(&mut self, subject: &Subject) {
        if let Some(place) = self.places.remove(subject) {
            self.shards[usize::from(place)].remove(subject);
            self.users -= usize::from(matches!(subject, Subject::User(_)));
        }
    }
}

#[cfg(test)]
mod tests;
