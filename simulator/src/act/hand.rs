//! What people do from outside. It takes effect at once, also in the middle of a conversation and
//! while the world stands still.

use std::sync::Arc;

use crate::world::{AgentIx, DefinitionIx, RoutingStatus, World};

/// What a PATCH of a presence asks for; at least one of the two.
#[derive(Clone, Debug, Default)]
pub(crate) struct PresenceChange {
    pub(crate) definition: Option<DefinitionIx>,
    pub(crate) message: Option<Arc<str>>,
}

/// The routing status cannot be set to that from what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct IllegalTransition;

impl World {
    /// Changes a presence from outside. Another definition without a message clears the message.
    pub(crate) fn patch_presence(&mut self, agent: AgentIx, change: PresenceChange) {
        self.new_cause();
        match (change.definition, change.message) {
            (Some(definition), message) => {
                self.set_presence(agent, definition, message.unwrap_or_else(|| "".into()));
            }
            (None, Some(message)) => self.date_presence(agent, message),
            (None, None) => {}
        }
    }

    /// Sets a routing status from outside: an agent who did not respond responds again.
    pub(crate) fn put_routing_status(
        &mut self,
        agent: AgentIx,
        status: RoutingStatus,
    ) -> Result<(), IllegalTransition> {
        let is = self.agents[agent.0].routing.status;
        if is == status {
            return Ok(());
        }
        if is != RoutingStatus::NotResponding || status != RoutingStatus::Idle || !self.is_on_queue(agent) {
            return Err(IllegalTransition);
        }
        self.new_cause();
        self.set_routing(agent, status, self.now);
        self.refresh_ready(agent);
        Ok(())
    }
}
