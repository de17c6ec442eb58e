//! The answers of activity queries: groups, their numbers, and the users behind them.

use protocol::{PresenceDefinitionId, QueueId, Timestamp, UserId};
use serde::Serialize;

use crate::world::{AgentIx, Membership, World};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Answer<'a> {
    pub(super) results: Vec<Data<'a>>,
    pub(super) entity_id_dimension: &'static str,
}

#[derive(Serialize)]
pub(super) struct Data<'a> {
    pub(super) group: Group<'a>,
    pub(super) data: Vec<MetricValue<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) truncated: Option<bool>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) entities: Vec<Entity<'a>>,
}

#[derive(Clone, Copy, Serialize)]
#[serde(rename_all_fields = "camelCase", untagged)]
pub(super) enum Group<'a> {
    Queue { queue_id: &'a QueueId },
    Team { team_id: &'a str },
    User { user_id: &'a UserId },
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MetricValue<'a> {
    pub(super) metric: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) qualifier: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) secondary_qualifier: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) entity_ids: Vec<&'a str>,
    pub(super) count: usize,
}

/// A user as these answers show one.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Entity<'a> {
    activity_date: Timestamp,
    user_id: &'a UserId,
    #[serde(skip_serializing_if = "Option::is_none")]
    team_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    queue_id: Option<&'a QueueId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    queue_membership_status: Option<&'static str>,
    system_presence: &'static str,
    organization_presence_id: &'a PresenceDefinitionId,
    presence_date: Timestamp,
    routing_status: &'static str,
    routing_status_date: Timestamp,
}

impl<'a> Entity<'a> {
    /// A user, as a member of a queue if it is about one.
    pub(super) fn of(world: &'a World, agent: AgentIx, membership: Option<Membership>) -> Self {
        let who = &world.agents[agent.0];
        let definition = world.definition_of(agent);
        Self {
            activity_date: who.presence.modified.max(who.routing.start),
            user_id: &who.id,
            team_id: world.team_of(agent).map(|team| team.id.as_str()),
            queue_id: membership.map(|membership| &world.queues[membership.queue.0].id),
            queue_membership_status: membership.map(membership_status),
            system_presence: definition.system.shouted(),
            organization_presence_id: &definition.id,
            presence_date: who.presence.modified,
            routing_status: who.routing.status.as_str(),
            routing_status_date: who.routing.start,
        }
    }

    pub(super) fn date(&self) -> Timestamp {
        self.activity_date
    }
}

/// Whether a member has joined the queue.
pub(super) fn membership_status(membership: Membership) -> &'static str {
    if membership.joined { "active" } else { "inactive" }
}
