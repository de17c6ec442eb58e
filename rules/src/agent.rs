//! What is known of an agent before a change.

use protocol::{
    PresenceDefinitionId, Timestamp,
    presence::{RoutingStatus, SystemPresence},
};

/// An agent as a fresh read says, under the agent's lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agent {
    /// Whether it may sign in at all.
    pub is_active: bool,
    /// The presence that stands, if any was read.
    pub presence: Option<Standing>,
    /// What is to stand once the agent is free.
    pub future: Option<PresenceDefinitionId>,
    /// The other axis.
    pub routing: Option<RoutingStatus>,
    /// Conversations in progress, over all media.
    pub conversations: u32,
    /// Conversations in after-call work.
    pub after_call_work: u32,
    /// How many queues it has joined; `None` when nobody knows.
    pub queues: Option<u32>,
}

/// A presence with what belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Which.
    pub definition: PresenceDefinitionId,
    /// What it maps to.
    pub system: Option<SystemPresence>,
    /// What the agent wrote; empty for nothing.
    pub message: String,
    /// Since when.
    pub modified: Timestamp,
}

impl Agent {
    /// Whether it is where conversations come.
    #[must_use]
    pub fn is_on_queue(&self) -> bool {
        let system = self.presence.as_ref().and_then(|standing| standing.system.as_ref());
        system == Some(&SystemPresence::OnQueue)
    }

    /// In which way the agent is not free, in words; `None` when it is.
    #[must_use]
    pub fn busy(&self) -> Option<&'static str> {
        if self.after_call_work > 0 {
            return Some("in after-call work");
        }
        match self.routing {
            Some(RoutingStatus::Interacting) => Some("in a conversation"),
            Some(RoutingStatus::Communicating) => Some("in a conversation that is not from a queue"),
            _ if self.conversations > 0 => Some("in a conversation"),
            Some(
                RoutingStatus::OffQueue
                | RoutingStatus::Idle
                | RoutingStatus::NotResponding
                | RoutingStatus::Other(_),
            )
            | None => None,
        }
    }
}
