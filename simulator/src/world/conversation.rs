//! A conversation, from its arrival in a queue until it is wrapped up or given up.
//!
//! A conversation that is transferred waits in its next queue while the agent who sent it away has
//! after-call work: then it is here twice, as two legs with one id.

use protocol::Timestamp;

use super::{AgentIx, ConversationKey, MediaType, QueueIx};

/// One leg of a conversation that is not yet over.
#[derive(Clone, Debug)]
pub(crate) struct Conversation {
    pub(crate) id: String,
    /// Its first leg: where the ledger keeps it.
    pub(crate) record: ConversationKey,
    /// Which leg this is, counted from 0.
    pub(crate) leg: u8,
    pub(crate) queue: QueueIx,
    pub(crate) media: MediaType,
    /// When it arrived in the queue; kept when an agent did not respond.
    pub(crate) arrived: Timestamp,
    /// When the present stage began.
    pub(crate) since: Timestamp,
    pub(crate) stage: Stage,
    /// Counts the stages, so that what was planned for an earlier one does nothing.
    pub(crate) stages: u32,
    pub(crate) talk: Talk,
}

/// How a talk has gone so far.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Talk {
    /// When customer and agent last began to speak to each other, or the customer was put on hold.
    pub(crate) turned: Timestamp,
    /// Whether the customer is on hold.
    pub(crate) on_hold: bool,
    /// How often the customer was put on hold.
    pub(crate) holds: u32,
    /// Time on hold, without a hold that has not ended.
    pub(crate) held_ms: i64,
    /// Time spoken, without the present stretch.
    pub(crate) talked_ms: i64,
    /// Whether it ended by sending the customer to another queue.
    pub(crate) transferred: bool,
}

/// Where a conversation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// In the queue; `routable` once it may be given to an agent.
    Waiting { routable: bool },
    /// An agent's telephone rings.
    Alerting(AgentIx),
    /// Customer and agent talk, or the customer is on hold.
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
