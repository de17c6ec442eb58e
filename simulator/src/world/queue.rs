//! A queue: its members, its conversations, and its counts, kept as things happen.

use std::collections::BTreeSet;

use protocol::{QueueId, Timestamp};

use super::{
    AgentIx, ConversationKey, DefinitionIx, Figure, Figures, MediaType, RoutingStatus, numbers::Published,
};

/// One queue.
#[derive(Clone, Debug)]
pub(crate) struct Queue {
    pub(crate) id: QueueId,
    pub(crate) name: String,
    pub(crate) division: usize,
    pub(crate) department: &'static str,
    pub(crate) created: Timestamp,
    pub(crate) members: Vec<AgentIx>,
    /// Its conversations, by media type.
    pub(crate) lines: [Line; MediaType::ALL.len()],
    /// What share of the conversations is of which media type.
    pub(crate) mix: [u32; MediaType::ALL.len()],
    /// How many of them have joined.
    pub(crate) joined: usize,
    /// Places of the groups whose people are members.
    pub(crate) member_groups: Vec<usize>,
    /// Rings of a bullseye queue; 1 for every other.
    pub(crate) rings: u8,
    /// Members who could take a conversation, the longest idle first.
    pub(crate) ready: BTreeSet<(Timestamp, AgentIx)>,
    pub(crate) tally: Tally,
    pub(crate) published: Published,
    /// Mean time between arrivals at the natural pace of the scenario `calm`, in ms.
    pub(crate) arrival_every_ms: f64,
    /// Mean talk of a call, in ms.
    pub(crate) talk_ms: f64,
    /// Mean after-call work of a call, in ms.
    pub(crate) wrap_up_ms: f64,
}

/// A queue's conversations of one media type.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) service_level: ServiceLevel,
    /// Waiting conversations, the longest first.
    pub(crate) waiting: BTreeSet<(Timestamp, ConversationKey)>,
    /// Alerting conversations.
    pub(crate) alerting: BTreeSet<ConversationKey>,
    /// Conversations being talked in, the longest first.
    pub(crate) interacting: BTreeSet<(Timestamp, ConversationKey)>,
    /// Number of the newest interval in which something was counted.
    interval: i64,
    /// What was counted in it, over all agents.
    figures: Figures,
}

impl Line {
    /// A line on which nobody waits.
    pub(crate) fn new(media: MediaType) -> Self {
        Self {
            service_level: media.service_level(),
            waiting: BTreeSet::new(),
            alerting: BTreeSet::new(),
            interacting: BTreeSet::new(),
            interval: i64::MIN,
            figures: Figures::default(),
        }
    }

    /// Counts a figure; those of earlier intervals are forgotten here.
    pub(crate) fn count(&mut self, interval: i64, figure: Figure, ms: i64) {
        if interval > self.interval {
            self.interval = interval;
            self.figures = Figures::default();
        }
        if interval == self.interval {
            self.figures.count(figure, ms);
        }
    }

    /// The figures of an interval, if something was counted in it and in none later.
    pub(crate) fn figures(&self, interval: i64) -> Option<&Figures> {
        (interval == self.interval).then_some(&self.figures)
    }
}

impl Queue {
    /// Its conversations of a media type.
    pub(crate) fn line(&self, media: MediaType) -> &Line {
        &self.lines[media as usize]
    }

    /// Its conversations of a media type, to be changed.
    pub(crate) fn line_mut(&mut self, media: MediaType) -> &mut Line {
        &mut self.lines[media as usize]
    }

    /// How long agents are busy with one conversation, on average over its media types.
    pub(crate) fn handling_ms(&self) -> f64 {
        let all: u32 = self.mix.iter().sum();
        let of = |(media, share): (MediaType, u32)| {
            let habit = media.habit();
            f64::from(share) * (self.talk_ms * habit.talk + self.wrap_up_ms * habit.wrap_up)
        };
        MediaType::ALL.into_iter().zip(self.mix).map(of).sum::<f64>() / f64::from(all.max(1))
    }

    /// What it promises its callers.
    pub(crate) fn service_level(&self) -> ServiceLevel {
        self.line(MediaType::Voice).service_level
    }
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
