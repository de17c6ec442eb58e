//! Bodies of our own topics, `rollcall.…`: what Genesys has no topic for. Wall channels only.

use serde::{Deserialize, Serialize};

use crate::{
    id::{PresenceDefinitionId, QueueId, UserId},
    presence::SystemPresence,
    time::Timestamp,
};

/// `rollcall.users.{id}`: who an agent is, or that the agent is gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RollcallUser {
    /// The user.
    pub id: UserId,
    /// The name as this class of screen may see it.
    #[serde(default)]
    pub name: String,
    /// The user's team, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
    /// True for a tombstone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deleted: bool,
}

/// `rollcall.queues.{id}`: what a queue is called and promises, or that it is gone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RollcallQueue {
    /// The queue.
    pub id: QueueId,
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// The target of the medium shown, if the queue has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_level: Option<ServiceLevelTarget>,
    /// True for a tombstone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deleted: bool,
}

/// A share of conversations to be answered within a time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ServiceLevelTarget {
    /// Share, 0 to 1.
    pub percentage: f64,
    /// Milliseconds.
    pub duration_ms: i64,
}

/// `rollcall.presences`: the organisation's presence definitions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RollcallPresences {
    /// All definitions that are not deactivated.
    pub definitions: Vec<PresenceLabel>,
}

/// A presence definition with the label to show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PresenceLabel {
    /// The definition.
    pub id: PresenceDefinitionId,
    /// What to show.
    pub label: String,
    /// The system presence it maps to.
    pub system_presence: SystemPresence,
}

/// `rollcall.shards.{n}`: whether an upstream channel is live.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RollcallShard {
    /// Whether what it covers is live.
    pub live: bool,
    /// Until when what it covers is known to be true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub live_as_of: Option<Timestamp>,
    /// In words, when it is not live.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}
