//! `v2.users.{id}.activity`: presence, routing status and joined queues in one topic. Decoded for
//! organisations that permit it; the plain topics serve the board.

use serde::Serialize;

use super::{presence::PresenceDefinitionRef, routing_status::UserRoutingStatus};
use crate::{
    id::{QueueId, UserId},
    members::members,
    time::Timestamp,
};

/// An agent's activity changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UserActivityEvent {
    /// The user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<UserId>,
    /// As in the routing status event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub routing_status: Option<UserRoutingStatus>,
    /// As in the presence event, but `presenceMessage` instead of `message`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub presence: Option<ActivityPresence>,
    /// The queues the agent has joined.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub active_queue_ids: Option<Vec<QueueId>>,
    /// When they changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_active_queues_changed: Option<Timestamp>,
}

members! {
    UserActivityEvent from UserActivityEvent::default(), { id: "id", routing_status: "routingStatus", presence: "presence", active_queue_ids: "activeQueueIds", date_active_queues_changed: "dateActiveQueuesChanged" }
}

/// The presence inside an activity event.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ActivityPresence {
    /// Which presence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub presence_definition: Option<PresenceDefinitionRef>,
    /// The user's own words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub presence_message: Option<String>,
    /// When the presence began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub modified_date: Option<Timestamp>,
}

members! {
    ActivityPresence from ActivityPresence::default(), { presence_definition: "presenceDefinition", presence_message: "presenceMessage", modified_date: "modifiedDate" }
}
