//! What an agent's status looks like.

use protocol::{PresenceDefinitionId, QueueId, Timestamp, UserId};
use serde::{Serialize, Serializer};

use crate::world::{AgentIx, Record, Stage, World, adherence::category_of};

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
    #[serde(skip_serializing_if = "Option::is_none")]
    management_unit_id: Option<&'a str>,
    business_unit_id: &'a str,
    adherence_state: &'static str,
    adherence_impact: &'static str,
    adherence_date: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    scheduled_activity_code_id: Option<&'static str>,
    scheduled_activity_category: &'static str,
    actual_activity_category: &'static str,
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
    record: &'a Record,
    participant: usize,
}

impl Serialize for SessionId<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.record.session_id(self.participant))
    }
}

impl<'a> AgentStatus<'a> {
    pub(super) fn of(world: &'a World, agent: AgentIx, sessions: Vec<Session<'a>>) -> Self {
        let who = &world.agents[agent.0];
        let definition = world.definition_of(agent);
        let adherence = world.adherence(agent);
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
            is_out_of_office: who.out_of_office.active,
            management_unit_id: world.management_unit_of(agent).map(|unit| unit.id.as_str()),
            business_unit_id: &world.business_unit_of(agent).id,
            adherence_state: adherence.state.as_str(),
            adherence_impact: adherence.impact.as_str(),
            adherence_date: adherence.since,
            scheduled_activity_code_id: adherence.scheduled.map(|code| code.code().id),
            scheduled_activity_category: category_of(adherence.scheduled).as_str(),
            actual_activity_category: adherence.actual.as_str(),
        }
    }
}

/// The sessions that an agent has at this moment.
pub(super) fn sessions_of(world: &World, agent: AgentIx) -> Vec<Session<'_>> {
    let who = &world.agents[agent.0];
    let engaged = who.engaged.and_then(|key| world.conversations.get(&key));
    let session = engaged.and_then(|conversation| {
        let (segment_type, segment_start) = match conversation.stage {
            Stage::Waiting { .. } => return None,
            Stage::Alerting(_) => ("alert", conversation.since),
            Stage::Interacting(_) if conversation.talk.on_hold => ("hold", conversation.talk.turned),
            Stage::Interacting(_) => ("interact", conversation.talk.turned),
            Stage::AfterCallWork(_) => ("wrapup", conversation.since),
        };
        let (record, participant, session_start) = world.present_session(conversation)?;
        Some(Session {
            conversation_id: &conversation.id,
            session_id: SessionId { record, participant },
            session_start,
            segment_start,
            segment_type,
            routed_queue_id: &world.queues[conversation.queue.0].id,
            originating_direction: "inbound",
            media_type: conversation.media.as_str(),
        })
    });
    session.into_iter().collect()
}
