//! What people do from outside. It takes effect at once, also in the middle of a conversation and
//! while the world stands still.

use std::sync::Arc;

use crate::world::{
    AgentIx, DefinitionIx, OutOfOffice, RoutingStatus, SystemPresence, What, World, definition,
};

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

    /// The same, but leaving On Queue in a conversation waits until its after-call work is done.
    pub(crate) fn patch_presence_when_free(&mut self, agent: AgentIx, change: PresenceChange) {
        let talks = self.agents[agent.0].engaged.is_some()
            && self.agents[agent.0].routing.status == RoutingStatus::Interacting;
        let leaves = change
            .definition
            .is_some_and(|definition| self.definitions[definition.0].system != SystemPresence::OnQueue);
        if !(talks && leaves && self.is_on_queue(agent)) {
            return self.patch_presence(agent, change);
        }
        self.new_cause();
        let presence = &mut self.agents[agent.0].presence;
        presence.future = change.definition;
        if let Some(message) = change.message {
            presence.message = message;
        }
        let told = presence.clone();
        self.tell(What::Presence(agent, told));
    }

    /// Asks for a presence that waits until the agent's conversation and its after-call work are over.
    /// Who has none is given it at once.
    pub(crate) fn request_future_presence(&mut self, agent: AgentIx, definition: DefinitionIx) {
        let who = &self.agents[agent.0];
        let is_busy = who.routing.status == RoutingStatus::Interacting || who.wrapping_since.is_some();
        if who.engaged.is_none() || !is_busy {
            let message = who.presence.message.clone();
            return self.set_presence(agent, definition, message);
        }
        self.agents[agent.0].presence.future = Some(definition);
        let told = self.agents[agent.0].presence.clone();
        self.tell(What::Presence(agent, told));
    }

    /// Says whether an agent is away for days.
    pub(crate) fn put_out_of_office(&mut self, agent: AgentIx, out_of_office: OutOfOffice) {
        self.new_cause();
        let modified = Some(self.now);
        self.agents[agent.0].out_of_office = OutOfOffice { modified, ..out_of_office };
        self.tell(What::OutOfOffice(agent));
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
        if is != RoutingStatus::NotResponding || !self.is_on_queue(agent) {
            return Err(IllegalTransition);
        }
        match status {
            RoutingStatus::Idle => {}
            // Nobody is off queue under the presence On Queue, or the counts of the two axes would not agree.
            RoutingStatus::OffQueue => {
                let change = PresenceChange { definition: Some(definition::AVAILABLE), message: None };
                self.patch_presence(agent, change);
                return Ok(());
            }
            RoutingStatus::Interacting | RoutingStatus::NotResponding | RoutingStatus::Communicating => {
                return Err(IllegalTransition);
            }
        }
        self.new_cause();
        self.set_routing(agent, status, self.now);
        self.refresh_ready(agent);
        Ok(())
    }
}
