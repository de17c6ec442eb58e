//! A queue: its members, its conversations, and its counts, kept as things happen.

use std::collections::BTreeSet;

use protocol::{QueueId, Timestamp};

use super::{AgentIx, ConversationKey, DefinitionIx, RoutingStatus, numbers::Published};

/// One queue.
#[derive(Clone, Debug)]
pub(crate) struct Queue {
    pub(crate) id: QueueId,
    pub(crate) name: String,
    pub(crate) division: usize,
    pub(crate) department: &'static str,
    pub(crate) created: Timestamp,
    pub(crate) service_level: ServiceLevel,
    pub(crate) members: Vec<AgentIx>,
    /// Waiting conversations, the longest first.
    pub(crate) waiting: BTreeSet<(Timestamp, ConversationKey)>,
    /// Alerting conversations.
    pub(crate) alerting: BTreeSet<ConversationKey>,
    /// Conversations being talked in, the longest first.
    pub(crate) interacting: BTreeSet<(Timestamp, ConversationKey)>,
    /// Members who could take a conversation, the longest idle first.
    pub(crate) ready: BTreeSet<(Timestamp, AgentIx)>,
    pub(crate) tally: Tally,
    pub(crate) published: Published,
    /// Mean time between arrivals at the natural pace of the scenario `calm`, in ms.
    pub(crate) arrival_every_ms: f64,
    /// Mean talk, in ms.
    pub(crate) talk_ms: f64,
    /// Mean after-call work, in ms.
    pub(crate) wrap_up_ms: f64,
}

/// The target of a queue: this share answered within this time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ServiceLevel {
    pub(crate) percentage: f64,
    pub(crate) duration_ms: u32,
}

/// How many members have which presence and which routing status.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    presences: Vec<u32>,
    routing: [u32; RoutingStatus::ALL.len()],
    on_queue: [u32; RoutingStatus::ALL.len()],
}

impl Tally {
    /// Nobody yet, of so many definitions.
    pub(crate) fn new(definitions: usize) -> Self {
        Self { presences: vec![0; definitions], ..Self::default() }
    }

    /// Counts a member in.
    pub(crate) fn add(&mut self, definition: DefinitionIx, on_queue: bool, routing: RoutingStatus) {
        self.presences[definition.0] += 1;
        self.routing[routing as usize] += 1;
        if on_queue {
            self.on_queue[routing as usize] += 1;
        }
    }

    /// Counts a member out.
    pub(crate) fn remove(&mut self, definition: DefinitionIx, on_queue: bool, routing: RoutingStatus) {
        self.presences[definition.0] -= 1;
        self.routing[routing as usize] -= 1;
        if on_queue {
            self.on_queue[routing as usize] -= 1;
        }
    }

    /// Members by presence definition.
    pub(crate) fn presences(&self) -> impl Iterator<Item = (DefinitionIx, u32)> + '_ {
        self.presences.iter().enumerate().map(|(ix, count)| (DefinitionIx(ix), *count))
    }

    /// Members with a routing status.
    pub(crate) fn routing(&self, status: RoutingStatus) -> u32 {
        self.routing[status as usize]
    }

    /// Members whose presence is On Queue, with a routing status.
    pub(crate) fn on_queue(&self, status: RoutingStatus) -> u32 {
        self.on_queue[status as usize]
    }

    /// Members whose presence is On Queue.
    pub(crate) fn on_queue_all(&self) -> u32 {
        self.on_queue.iter().sum()
    }
}
