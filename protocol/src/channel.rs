//! A notification channel and its subscription, as REST answers them.

use serde::{Deserialize, Serialize};

use crate::{id::ChannelId, time::Timestamp};

/// A channel: where to connect, and until when.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Channel {
    /// Whoever knows it can listen.
    pub id: ChannelId,
    /// The socket's address; its last part is the id.
    pub connect_uri: String,
    /// When the channel ends unless it is subscribed again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Timestamp>,
}

/// What a subscription asks for: `[{"id": topic}]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopicRequest {
    /// A plain or a combined topic.
    pub id: String,
}

/// One topic of a subscription, and whether it was granted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChannelTopic {
    /// As it was asked for, or one part of a combined topic that was refused.
    pub id: String,
    /// Granted or refused; older answers leave it out, which means granted.
    #[serde(default)]
    pub state: TopicState,
    /// Why it was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejection_reason: Option<String>,
    /// The permissions that the client lacks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing_permissions: Vec<String>,
    /// Address of the topic's own resource.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub self_uri: Option<String>,
}

impl ChannelTopic {
    /// A granted topic.
    #[must_use]
    pub fn permitted(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            state: TopicState::Permitted,
            rejection_reason: None,
            missing_permissions: Vec::new(),
            self_uri: Some(format!("/api/v2/notifications/availabletopics/{id}")),
        }
    }

    /// A refused topic with the reason.
    #[must_use]
    pub fn rejected(id: &str, reason: &str, missing_permissions: Vec<String>) -> Self {
        Self {
            state: TopicState::Rejected,
            rejection_reason: Some(reason.to_owned()),
            missing_permissions,
            ..Self::permitted(id)
        }
    }
}

/// Whether a topic was granted. A value from the future counts as refused: better a gap that is
/// named than a subscription that is only believed in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum TopicState {
    /// Granted.
    #[default]
    Permitted,
    /// Refused.
    #[serde(other)]
    Rejected,
}

/// A list as Genesys wraps it, without paging.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Entities<T> {
    /// The items.
    pub entities: Vec<T>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_of_unknown_state_is_refused_and_of_none_is_granted() {
        let topic: ChannelTopic = serde_json::from_str(r#"{"id":"t","state":"Limbo"}"#).unwrap();
        assert_eq!(topic.state, TopicState::Rejected);
        let topic: ChannelTopic = serde_json::from_str(r#"{"id":"t"}"#).unwrap();
        assert_eq!(topic.state, TopicState::Permitted);
    }
}
