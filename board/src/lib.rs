//! What a wallboard knows, how a fact changes it, and what is derived from it.
//!
//! Pure: depends on `protocol` only; no I/O, no clock. The proxy's feed and the app run the same code,
//! so that both mean the same by "waiting" or "after-call work". [`apply`] is the only way a board
//! changes; whatever can be computed is computed in [`mod@derive`] and never stored.

pub mod agent;
pub mod alarm;
pub mod apply;
pub mod derive;
pub mod metrics;
pub mod queue;

use std::collections::HashMap;

pub use agent::Agent;
pub use apply::Change;
pub use derive::AgentState;
use protocol::{
    PresenceDefinitionId, QueueId, UserId,
    event::rollcall::{Alarm, PresenceLabel, StateCount},
};
pub use queue::Queue;

/// Everything a wallboard knows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Board {
    agents: HashMap<UserId, Agent>,
    queues: HashMap<QueueId, Queue>,
    presences: HashMap<PresenceDefinitionId, PresenceLabel>,
    alarms: Vec<Alarm>,
    states: Vec<StateCount>,
}

impl Board {
    /// One agent.
    #[must_use]
    pub fn agent(&self, id: &UserId) -> Option<&Agent> {
        self.agents.get(id)
    }

    /// All agents, in no order.
    pub fn agents(&self) -> impl Iterator<Item = &Agent> {
        self.agents.values()
    }

    /// One queue.
    #[must_use]
    pub fn queue(&self, id: &QueueId) -> Option<&Queue> {
        self.queues.get(id)
    }

    /// All queues, in no order.
    pub fn queues(&self) -> impl Iterator<Item = &Queue> + Clone {
        self.queues.values()
    }

    /// What is wrong on the wall that the board is of, worst first.
    #[must_use]
    pub fn alarms(&self) -> &[Alarm] {
        &self.alarms
    }

    /// How many agents are in which state, where agents are only counted.
    #[must_use]
    pub fn states(&self) -> &[StateCount] {
        &self.states
    }

    /// The label of a presence definition.
    #[must_use]
    pub fn presence(&self, id: &PresenceDefinitionId) -> Option<&PresenceLabel> {
        self.presences.get(id)
    }
}
