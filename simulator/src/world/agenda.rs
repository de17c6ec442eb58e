//! What is due next: a heap ordered by time, ties by the order of planning.

use std::{
    cmp::{Ordering, Reverse},
    collections::BinaryHeap,
};

use super::{AgentIx, ConversationKey, QueueIx};

/// Something that will happen unless the world has moved on by then: each names the turn or stage
/// that it belongs to and does nothing when that has passed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Due {
    /// The next conversation reaches a queue.
    Arrive { queue: QueueIx, epoch: u32 },
    /// A waiting conversation may be given to an agent from now on.
    Route(ConversationKey),
    /// An agent who became free looks for a waiting conversation.
    Match(AgentIx),
    /// The customer gives up waiting.
    Abandon(ConversationKey),
    /// An alert ends: answered, or not.
    AlertEnds { conversation: ConversationKey, stage: u32, answered: bool },
    /// The customer is put on hold.
    HoldBegins { conversation: ConversationKey, stage: u32 },
    /// The customer is taken off hold.
    HoldEnds { conversation: ConversationKey, stage: u32 },
    /// The talk ends and after-call work begins.
    TalkEnds { conversation: ConversationKey, stage: u32 },
    /// After-call work is done.
    WrapUpEnds { conversation: ConversationKey, stage: u32 },
    /// An agent goes on with the day: break, meal, meeting, home, back.
    Routine { agent: AgentIx, turn: u32 },
    /// A supervisor changes somebody's shift of today.
    Supervise,
    /// Somebody comes to work here.
    Join { epoch: u32 },
    /// Somebody leaves.
    Depart { epoch: u32 },
    /// An agent who did not respond notices.
    Recover { agent: AgentIx, turn: u32 },
    /// Somebody starts a call outside the contact centre.
    Chatter { epoch: u32 },
    /// A scenario does something to many at once.
    Wave { epoch: u32 },
    /// An agent's connection is lost.
    LoseConnection { agent: AgentIx, epoch: u32 },
    /// An agent whose connection was lost is back.
    Return { agent: AgentIx, turn: u32 },
    /// An agent comes to work or goes home because shifts change.
    ChangeShift { agent: AgentIx, epoch: u32, comes: bool },
    /// A call outside the contact centre ends.
    CallEnds(AgentIx),
}

/// The heap. Times are the world's own milliseconds, not the clock's (see [`super::pace`]).
#[derive(Debug, Default)]
pub(crate) struct Agenda {
    heap: BinaryHeap<Reverse<Entry>>,
    planned: u64,
}

impl Agenda {
    /// Plans `what` for the world's own time `at`.
    pub(crate) fn plan(&mut self, at: i64, what: Due) {
        self.planned += 1;
        self.heap.push(Reverse(Entry { at, order: self.planned, what }));
    }

    /// When the next thing is due.
    pub(crate) fn next_at(&self) -> Option<i64> {
        self.heap.peek().map(|Reverse(entry)| entry.at)
    }

    /// Takes the next thing that is due.
    pub(crate) fn pop(&mut self) -> Option<(i64, Due)> {
        self.heap.pop().map(|Reverse(entry)| (entry.at, entry.what))
    }
}

#[derive(Debug)]
struct Entry {
    at: i64,
    order: u64,
    what: Due,
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.order == other.order
    }
}

impl Eq for Entry {}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.at, self.order).cmp(&(other.at, other.order))
    }
}
