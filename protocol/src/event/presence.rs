//! `v2.users.{id}.presence`: the user is named by the topic alone.

use serde::{Deserialize, Serialize};

use crate::{id::PresenceDefinitionId, presence::SystemPresence, time::Timestamp};

/// A user's presence changed. The same members serve REST's user presence.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PresenceEvent {
    /// `PURECLOUD` for Genesys' own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Which presence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub presence_definition: Option<PresenceDefinitionRef>,
    /// Whether this source is the user's primary one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub primary: Option<bool>,
    /// The user's own words; empty when none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// When the presence began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub modified_date: Option<Timestamp>,
}

/// A presence definition as events and users refer to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PresenceDefinitionRef {
    /// The organisation's definition.
    pub id: PresenceDefinitionId,
    /// The system presence it maps to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system_presence: Option<SystemPresence>,
}
