//! What an agent's status looks like.

use protocol::{PresenceDefinitionId, QueueId, Timestamp, UserId};
use serde::{Serialize, Serializer};

use crate::{
    rest::analytics::session_id,
    world::{AgentIx, Stage, World},
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AgentStatus<'a> {
    user_id: &'a UserId,
    user_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    division_id: Option<&'a str>,
    session_count: usize,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    sessions: Vec<Session<'a>>,
    system_presence: &'static str,
    organization_presence_id: &'a PresenceDefinitionId,
    presence_date: Timestamp,
    routing_status: &'static str,
    routing_status_date: Timestamp,
    is_out_of_office: bool,
}

/// An agent's part of a conversation, as far as it has come.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Session<'a> {
    pub(super) conversation_id: &'a str,
    session_id: SessionId<'a>,
    pub(super) session_start: Timestamp,
    pub(super) segment_start: Timestamp,
    pub(super) segment_type: &'static str,
    pub(super) routed_queue_id: &'a QueueId,
    pub(super) originating_direction: &'static str,
    pub(super) media_type: &'static str,
}

/// Made only when it is written: most sessions are looked at and not shown.
#[derive(Clone, Copy)]
struct SessionId<'a> {
    conversation: &'a str,
    user: &'a UserId,
}

impl Serialize for SessionId<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&session_id(self.conversation, self.user.as_str()))
    }
}

impl<'a> AgentStatus<'a> {
    pub(super) fn of(world: &'a World, agent: AgentIx, sessions: Vec<Session<'a>>) -> Self {
        let who = &world.agents[agent.0];
        let definition = world.definition_of(agent);
        Self {
            user_id: &who.id,
            user_name: &who.name,
            division_id: world.divisions.get(who.division).map(|named| named.id.as_str()),
            session_count: sessions.len(),
            sessions,
            system_presence: definition.system.shouted(),
            organization_presence_id: &definition.id,
            presence_date: who.presence.modified,
            routing_status: who.routing.status.as_str(),
            routing_status_date: who.routing.start,
            is_out_of_office: false,
        }
    }
}

/// The sessions that an agent has at this moment.
pub(super) fn sessions_of(world: &World, agent: AgentIx) -> Vec<Session<'_>> {
    let who = &world.agents[agent.0];
    let engaged = who.engaged.and_then(|key| world.conversations.get(&key));
    let session = engaged.and_then(|conversation| {
        let segment_type = match conversation.stage {
            Stage::Waiting { .. } => return None,
            Stage::Alerting(_) => "alert",
            Stage::Interacting(_) => "interact",
            Stage::AfterCallWork(_) => "wrapup",
        };
        Some(Session {
            conversation_id: &conversation.id,
            session_id: SessionId { conversation: &conversation.id, user: &who.id },
            // The world keeps the start of the present segment only; it stands for the session's.
            session_start: conversation.since,
            segment_start: conversation.since,
            segment_type,
            routed_queue_id: &world.queues[conversation.queue.0].id,
            originating_direction: "inbound",
            media_type: conversation.media.as_str(),
        })
    });
    session.into_iter().collect()
}
