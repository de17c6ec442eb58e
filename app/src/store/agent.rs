//! All that is known of one agent, for who looks at one. A wall's cards show less, and are told by signals.

use board::{Agent, AgentState};
use protocol::{Timestamp, UserId, event::conversation_summary::SummaryMedia, presence::RoutingStatus};

use super::Store;
use crate::words;

/// An agent, looked at closely.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detail {
    /// The readable state.
    pub state: AgentState,
    /// Its label, as on the agent's card.
    pub label: String,
    /// Since when.
    pub since: Option<Timestamp>,
    /// The presence's definition, its label, and since when.
    pub presence: Option<(String, String, Timestamp)>,
    /// Whether the presence is On Queue.
    pub is_on_queue: bool,
    /// The routing status and since when.
    pub routing: Option<(RoutingStatus, Timestamp)>,
    /// Conversations by medium: active ones, and those in after-call work.
    pub conversations: Vec<(SummaryMedia, u32, u32)>,
}

impl Detail {
    /// Whether the agent is in a conversation or in after-call work.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        let states = [AgentState::Interacting, AgentState::Communicating, AgentState::AfterCallWork];
        states.contains(&self.state) || !self.conversations.is_empty()
    }
}

impl Store {
    /// One agent; `None` while nothing is known.
    #[must_use]
    pub fn detail(&self, id: &UserId) -> Option<Detail> {
        let agent = self.board.agent(id)?;
        let readable = agent.readable();
        let label = self.board.own_label(agent, &readable.state, words::language());
        let conversations = agent.conversations.iter().filter_map(|(media, counts)| {
            let active = counts.contact_center.active.saturating_add(counts.enterprise.active);
            let acw = counts.contact_center.acw.saturating_add(counts.enterprise.acw);
            (active + acw > 0).then_some((*media, active, acw))
        });
        Some(Detail {
            label: label.unwrap_or_else(|| words::of_state(&readable.state)).to_owned(),
            presence: self.presence_of(agent),
            is_on_queue: agent.presence.as_ref().is_some_and(|(presence, _)| {
                presence.system == Some(protocol::presence::SystemPresence::OnQueue)
            }),
            routing: agent.routing_status.clone(),
            conversations: conversations.collect(),
            state: readable.state,
            since: readable.since,
        })
    }

    /// The definition of an agent's presence and its date.
    #[must_use]
    pub fn presence_standing(&self, id: &UserId) -> Option<(String, Timestamp)> {
        let (presence, since) = self.board.agent(id)?.presence.as_ref()?;
        Some((presence.definition.to_string(), *since))
    }

    fn presence_of(&self, agent: &Agent) -> Option<(String, String, Timestamp)> {
        let (presence, since) = agent.presence.as_ref()?;
        let own =
            self.board.presence(&presence.definition).and_then(|own| own.in_language(words::language()));
        let label = own.or_else(|| presence.system.as_ref().map(words::of_presence)).unwrap_or_default();
        Some((presence.definition.to_string(), label.to_owned(), *since))
    }

    /// An agent's routing status and its date.
    #[must_use]
    pub fn routing_standing(&self, id: &UserId) -> Option<(String, Timestamp)> {
        let (status, since) = self.board.agent(id)?.routing_status.as_ref()?;
        Some((status.as_str().to_owned(), *since))
    }
}
