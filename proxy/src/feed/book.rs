//! What the proxy knows, readable by its routes; written by the feed alone.

use std::collections::{BTreeMap, BTreeSet};

use board::Board;
use protocol::{
    QueueId, Timestamp, UserId,
    entity::{PresenceDefinition, Queue},
    frame::ShardAge,
    wall::WallDefinition,
};

/// The proxy's own board and what surrounds it.
#[derive(Debug, Default)]
pub struct Book {
    /// The walls with what there is to be said about each, in their order.
    pub walls: Vec<WallDefinition>,
    /// The board.
    pub board: Board,
    /// All users by name.
    pub users: Vec<UserId>,
    /// All queues by name.
    pub queues: Vec<Queue>,
    /// All presence definitions that are not deactivated.
    pub definitions: Vec<PresenceDefinition>,
    /// The upstream channels.
    pub shards: Vec<ShardState>,
    /// Whether everything was read once.
    pub complete: bool,
    /// In words, what the first complete read is waiting for.
    pub waits_for: String,
    /// Subjects beyond what the upstream channels hold.
    pub left_out: usize,
    /// Subjects of which upstream refused a topic: nobody vouches for them.
    pub refused: usize,
    /// Which kinds of topics those are, with the permissions that are missing.
    pub refused_topics: BTreeSet<String>,
    /// What the truth audit found.
    pub truth: TruthState,
    /// Milliseconds from the vendor's date of an event until it was here, smoothed.
    pub upstream_delay_ms: Option<f64>,
}

/// What the truth audit found so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TruthState {
    /// Rounds that compared everything.
    pub rounds: u64,
    /// When the last of them was over.
    pub compared: Option<Timestamp>,
    /// Facts that differed from the truth and were put right, by facet.
    pub drift: BTreeMap<&'static str, u64>,
}

/// An upstream channel as walls see it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ShardState {
    /// Whether what it covers is live.
    pub live: bool,
    /// Until when what it covers is known to be true.
    pub as_of: Option<Timestamp>,
    /// Whether it was ever live.
    pub was_live: bool,
    /// In words, when it is not live.
    pub reason: Option<String>,
    /// Whether its channel is closed because the plan has no use for it.
    pub is_over: bool,
}

impl Book {
    /// How far each upstream channel is known to be true.
    #[must_use]
    pub fn ages(&self) -> Vec<ShardAge> {
        let age = |(n, s): (usize, &ShardState)| ShardAge { shard: n as u16, live: s.live, as_of: s.as_of };
        self.shards.iter().enumerate().filter(|(_, state)| !state.is_over).map(age).collect()
    }

    /// There are to be so many channels. One beyond them is known until its task has ended, [`Book::close_shard`].
    pub fn plan_shards(&mut self, planned: u16) {
        let planned = usize::from(planned);
        self.shards.resize_with(planned.max(self.shards.len()), ShardState::default);
        self.shards[..planned].iter_mut().for_each(|state| state.is_over = false);
    }

    /// A channel is closed of which the plan had no use; of those at the end nobody knows any more then.
    pub fn close_shard(&mut self, shard: u16, planned: u16) {
        if let Some(state) = self.shards.get_mut(usize::from(shard)) {
            *state = ShardState { is_over: shard >= planned, ..ShardState::default() };
        }
        while self.shards.len() > usize::from(planned) && self.shards.last().is_some_and(|last| last.is_over)
        {
            self.shards.pop();
        }
    }

    /// Whether every channel was live once.
    #[must_use]
    pub fn all_were_live(&self) -> bool {
        !self.shards.is_empty() && self.shards.iter().all(|state| state.was_live || state.is_over)
    }

    /// Takes the age of an event that was just heard.
    pub fn note_delay(&mut self, age_ms: i64) {
        /// One event in ten: calm enough to read, quick enough to follow.
        const WEIGHT: f64 = 0.1;
        // Clocks are known to within some milliseconds, so a fresh event may seem to come from the future.
        let age = age_ms.max(0) as f64;
        self.upstream_delay_ms = Some(self.upstream_delay_ms.map_or(age, |old| old + (age - old) * WEIGHT));
    }

    /// One wall.
    #[must_use]
    pub fn wall(&self, id: &str) -> Option<&WallDefinition> {
        self.walls.iter().find(|wall| wall.id.as_str() == id)
    }

    /// One queue.
    #[must_use]
    pub fn queue(&self, id: &QueueId) -> Option<&Queue> {
        self.queues.iter().find(|queue| queue.id == *id)
    }
}
