//! `v2.users.{id}.presence`: the user is named by the topic alone.

use serde::Serialize;

use crate::{id::PresenceDefinitionId, members::members, presence::SystemPresence, time::Timestamp};

/// A user's presence changed. The same members serve REST's user presence.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
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

members! {
    PresenceEvent from PresenceEvent::default(), { source: "source", presence_definition: "presenceDefinition", primary: "primary", message: "message", modified_date: "modifiedDate" }
}

/// A presence definition as events and users refer to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PresenceDefinitionRef {
    /// The organisation's definition.
    pub id: PresenceDefinitionId,
    /// The system presence it maps to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system_presence: Option<SystemPresence>,
}

members! {
    PresenceDefinitionRef from PresenceDefinitionRef { id: PresenceDefinitionId::default(), system_presence: None }, { id: "id", system_presence: "systemPresence" } needs id
}
