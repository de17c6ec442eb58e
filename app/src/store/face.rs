//! What a card and a tile show, derived from the board. A face that equals the one before it repaints nothing.

use std::sync::Arc;

use board::{Agent, AgentState, Board, Queue};
use protocol::{
    Timestamp,
    event::{observations::Metric, rollcall::Level},
    presence::RoutingStatus,
};

use crate::words;

/// What an agent's card shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentFace {
    /// The name.
    pub name: Arc<str>,
    /// The team, if any.
    pub team: Option<Arc<str>>,
    /// The readable state.
    pub state: AgentState,
    /// The state in words.
    pub label: Arc<str>,
    /// Since when it is so.
    pub since: Option<Timestamp>,
    /// How bad it is, when there is an alarm: `data-level`.
    pub level: Option<Level>,
    /// Nobody vouches for it at present.
    pub stale: bool,
}

/// What a queue's tile shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueFace {
    /// The name.
    pub name: Arc<str>,
    /// Conversations that wait.
    pub waiting: u32,
    /// Conversations in progress.
    pub interacting: u32,
    /// Since when the longest one waits.
    pub longest_since: Option<Timestamp>,
    /// The service level target's seconds: who waits longer waits too long.
    pub target_s: Option<i64>,
    /// The members by what they do.
    pub staff: Staff,
    /// How bad it is, when there is an alarm: `data-level`.
    pub level: Option<Level>,
    /// Nobody vouches for it at present.
    pub stale: bool,
}

/// A queue's members: on queue by routing status, and off queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Staff {
    /// On queue, in a conversation from a queue.
    pub interacting: u32,
    /// On queue and free.
    pub idle: u32,
    /// On queue, in another conversation.
    pub communicating: u32,
    /// On queue, but did not take a conversation that was offered.
    pub not_responding: u32,
    /// Members that take no conversations at present.
    pub off_queue: u32,
}

impl AgentFace {
    /// The face of an agent; `None` while the name is not known. Texts that did not change are shared with `before`.
    #[must_use]
    pub fn of(
        board: &Board,
        agent: &Agent,
        level: Option<Level>,
        stale: bool,
        before: Option<&Self>,
    ) -> Option<Self> {
        let name = agent.name.as_deref()?;
        let readable = agent.readable();
        let own = board.own_label(agent, &readable.state, words::language());
        let label = own.unwrap_or_else(|| words::of_state(&readable.state));
        let label = share(before.map(|face| &face.label), label);
        Some(Self {
            name: share(before.map(|face| &face.name), name),
            team: agent.team.as_deref().map(|team| share(before.and_then(|face| face.team.as_ref()), team)),
            label,
            state: readable.state,
            since: readable.since,
            level,
            stale,
        })
    }
}

impl QueueFace {
    /// The face of a queue; `None` while the name is not known.
    #[must_use]
    pub fn of(queue: &Queue, level: Option<Level>, stale: bool, before: Option<&Self>) -> Option<Self> {
        let name = queue.name.as_deref()?;
        let waiting = queue.waiting();
        Some(Self {
            name: share(before.map(|face| &face.name), name),
            waiting,
            interacting: queue.interacting(),
            longest_since: (waiting > 0).then(|| queue.since(&Metric::LongestWaiting)).flatten(),
            target_s: queue.service_level.map(|target| target.duration_ms / 1_000).filter(|s| *s > 0),
            staff: Staff {
                interacting: queue.on_queue(&RoutingStatus::Interacting),
                idle: queue.on_queue(&RoutingStatus::Idle),
                communicating: queue.on_queue(&RoutingStatus::Communicating),
                not_responding: queue.on_queue(&RoutingStatus::NotResponding),
                off_queue: queue.count(&Metric::OffQueueUsers, None),
            },
            level,
            stale,
        })
    }
}

fn share(before: Option<&Arc<str>>, text: &str) -> Arc<str> {
    match before {
        Some(before) if **before == *text => before.clone(),
        _ => text.into(),
    }
}
