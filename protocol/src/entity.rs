//! What REST answers: the members that a wall uses. Every member but the id may be absent.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, Serializer};

use crate::{
    event::{
        conversation_summary::ConversationSummary,
        presence::{PresenceDefinitionRef, PresenceEvent},
        rollcall::ServiceLevelTarget,
        routing_status::UserRoutingStatus,
    },
    id::{PresenceDefinitionId, QueueId, SkillId, UserId},
    presence::SystemPresence,
    time::Timestamp,
};

/// A user with the expansions that a wall asks for.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// The user.
    pub id: UserId,
    /// The name shown.
    #[serde(default)]
    pub name: String,
    /// `active`, `inactive` or `deleted`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// With `expand=team`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<Named>,
    /// With `expand=presence`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub presence: Option<UserPresence>,
    /// With `expand=routingStatus`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub routing_status: Option<UserRoutingStatus>,
    /// With `expand=conversationSummary`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation_summary: Option<ConversationSummary>,
    /// The user's own address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub self_uri: Option<String>,
}

/// A reference with a name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Named {
    /// The id.
    pub id: String,
    /// The name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// A user's presence as REST writes it (`On Queue` with a space).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct UserPresence {
    /// `PURECLOUD` for Genesys' own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Which presence.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "user_spelling")]
    pub presence_definition: Option<PresenceDefinitionRef>,
    /// Which is to stand once the user is free.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "user_spelling")]
    pub future_presence_definition: Option<PresenceDefinitionRef>,
    /// The user's own words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// When the presence began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub modified_date: Option<Timestamp>,
    /// The presence's own address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub self_uri: Option<String>,
}

impl From<UserPresence> for PresenceEvent {
    fn from(presence: UserPresence) -> Self {
        Self {
            source: presence.source,
            presence_definition: presence.presence_definition,
            primary: None,
            message: presence.message,
            modified_date: presence.modified_date,
        }
    }
}

fn user_spelling<S: Serializer>(
    definition: &Option<PresenceDefinitionRef>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Spelled<'a> {
        id: &'a PresenceDefinitionId,
        #[serde(skip_serializing_if = "Option::is_none")]
        system_presence: Option<&'a str>,
        self_uri: String,
    }
    let Some(definition) = definition else { return serializer.serialize_none() };
    Spelled {
        id: &definition.id,
        system_presence: definition.system_presence.as_ref().map(SystemPresence::in_user),
        self_uri: format!("/api/v2/presencedefinitions/{}", definition.id),
    }
    .serialize(serializer)
}

/// A skill that a user has.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct UserSkill {
    /// Which.
    pub id: SkillId,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// How well the user has it, from 0 to 5.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proficiency: Option<f64>,
    /// `active`, `inactive` or `deleted`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// The skill's address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skill_uri: Option<String>,
    /// The address of what the user has of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub self_uri: Option<String>,
}

/// A routing queue.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Queue {
    /// The queue.
    pub id: QueueId,
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// How many members it has, joined or not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member_count: Option<u32>,
    /// Settings by medium.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub media_settings: BTreeMap<String, MediaSettings>,
    /// The queue's own address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub self_uri: Option<String>,
}

/// A queue's settings of one medium.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MediaSettings {
    /// The target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_level: Option<ServiceLevelTarget>,
}

/// An organisation's presence definition (`OnQueue` in one word).
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PresenceDefinition {
    /// The definition.
    pub id: PresenceDefinitionId,
    /// Its name, where the organisation gave one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `System` or `User`.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Labels by language.
    #[serde(default)]
    pub language_labels: BTreeMap<String, String>,
    /// The system presence it maps to.
    #[serde(default, serialize_with = "definition_spelling", skip_serializing_if = "Option::is_none")]
    pub system_presence: Option<SystemPresence>,
    /// No longer to be chosen.
    #[serde(default)]
    pub deactivated: bool,
    /// The definition's own address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub self_uri: Option<String>,
}

fn definition_spelling<S: Serializer>(
    presence: &Option<SystemPresence>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match presence {
        Some(presence) => serializer.serialize_str(presence.in_definition()),
        None => serializer.serialize_none(),
    }
}

/// A page of a listing, with totals where the listing has them.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Page<T> {
    /// The items.
    #[serde(default = "Vec::new")]
    pub entities: Vec<T>,
    /// Items a page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page_size: Option<u32>,
    /// This page, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page_number: Option<u32>,
    /// Items in all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<u32>,
    /// Pages in all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page_count: Option<u32>,
    /// The first page's address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_uri: Option<String>,
    /// The next page's address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_uri: Option<String>,
    /// The previous page's address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_uri: Option<String>,
    /// The last page's address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_uri: Option<String>,
    /// This page's address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub self_uri: Option<String>,
}

impl<T> Page<T> {
    /// Whether nothing follows on this page, which is the one of this number. Some listings say how many pages there are,
    /// others which one is next.
    #[must_use]
    pub fn is_last(&self, number: u32) -> bool {
        self.page_count.map_or(self.next_uri.is_none(), |count| number >= count)
    }
}

/// Upstream's clock.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServerDate {
    /// Its time.
    pub current_date: Timestamp,
}
