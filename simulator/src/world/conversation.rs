//! A conversation, from its arrival in a queue until it is wrapped up or given up.

use protocol::Timestamp;

use super::{AgentIx, MediaType, QueueIx};

/// One conversation that is not yet over.
#[derive(Clone, Debug)]
pub(crate) struct Conversation {
    pub(crate) id: String,
    pub(crate) queue: QueueIx,
    pub(crate) media: MediaType,
    /// When it arrived in the queue; kept when an agent did not respond.
    pub(crate) arrived: Timestamp,
    /// When the present stage began.
    pub(crate) since: Timestamp,
    pub(crate) stage: Stage,
    /// Counts the stages, so that what was planned for an earlier one does nothing.
    pub(crate) stages: u32,
}

/// Where a conversation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// In the queue; `routable` once it may be given to an agent.
    Waiting { routable: bool },
    /// An agent's telephone rings.
    Alerting(AgentIx),
    /// Customer and agent talk.
    Interacting(AgentIx),
    /// The customer has gone, the agent finishes.
    AfterCallWork(AgentIx),
}

impl Stage {
    /// As the truth names it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Waiting { .. } => "waiting",
            Self::Alerting(_) => "alerting",
            Self::Interacting(_) => "interacting",
            Self::AfterCallWork(_) => "after-call-work",
        }
    }

    /// The agent who has it.
    pub(crate) fn agent(self) -> Option<AgentIx> {
        match self {
            Self::Waiting { .. } => None,
            Self::Alerting(agent) | Self::Interacting(agent) | Self::AfterCallWork(agent) => Some(agent),
        }
    }
}
