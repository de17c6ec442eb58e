//! What Genesys says about the channel itself.

use serde::{Deserialize, Serialize};

/// Body of `v2.system.…` topics and `v2.subscription.updated`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SystemMessage {
    /// The channel it is about.
    pub channel_id: Option<String>,
    /// `no_longer_subscribed`, `subscription_changed`, `token_revoked`.
    pub system_topic_type: Option<String>,
    /// Such as `another_channel_subscribed`.
    pub reason: Option<String>,
    /// In words.
    pub message: Option<String>,
}

/// What a system message means for a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SystemKind {
    /// The socket closes within about a minute; the channel lives on at the same address.
    SocketClosing,
    /// Another channel took over: this one will hear nothing more.
    NoLongerSubscribed,
    /// The token that made the channel is gone.
    TokenRevoked,
    /// The subscription changed; nothing to do.
    SubscriptionUpdated,
}

impl SystemKind {
    /// Reads it from a topic name.
    #[must_use]
    pub fn of_topic(topic: &str) -> Option<Self> {
        let topic = topic.to_ascii_lowercase();
        if topic.starts_with("v2.system.socket_closing") {
            Some(Self::SocketClosing)
        } else if topic.starts_with("v2.system.no_longer_subscribed") {
            Some(Self::NoLongerSubscribed)
        } else if topic.starts_with("v2.system.token_revoked") {
            Some(Self::TokenRevoked)
        } else if topic.starts_with("v2.subscription.updated") {
            Some(Self::SubscriptionUpdated)
        } else {
            None
        }
    }
}
