//! What the service says on a socket about the channel itself.

use protocol::topic::CHANNEL_METADATA;
use serde_json::{Value, json};

use super::hub::Held;
use crate::world::guid;

/// Makes these frames: it knows the organisation, and counts the frames that carry a correlation id.
pub(super) struct System {
    organisation: String,
    heartbeat_has_envelope: bool,
    told: u64,
}

impl System {
    pub(super) fn new(organisation: &str, heartbeat_has_envelope: bool) -> Self {
        Self { organisation: organisation.to_owned(), heartbeat_has_envelope, told: 0 }
    }

    /// The heartbeat.
    pub(super) fn heartbeat(&mut self) -> String {
        let mut frame =
            json!({ "topicName": CHANNEL_METADATA, "eventBody": { "message": "WebSocket Heartbeat" } });
        if self.heartbeat_has_envelope {
            frame["version"] = json!("2");
            frame["metadata"] = self.metadata();
        }
        frame.to_string()
    }

    /// The channel had to make room for another.
    pub(super) fn no_longer_subscribed(&mut self, held: &Held) -> String {
        let topic = format!("v2.system.no_longer_subscribed.{}", held.id);
        let mut body = self.body(held, "the client opened another channel and has reached its limit");
        body["systemTopicType"] = json!("no_longer_subscribed");
        body["reason"] = json!("another_channel_subscribed");
        self.frame(&topic, &body)
    }

    /// The socket will be closed for maintenance; the channel stays.
    pub(super) fn socket_closing(&mut self, held: &Held) -> String {
        // None of the types that Genesys' models name fits, so the body has none.
        let body = self.body(held, "the socket closes soon; connect again to the same connectUri");
        self.frame("v2.system.socket_closing", &body)
    }

    /// The token that opened the channel was taken back.
    pub(super) fn token_revoked(&mut self, held: &Held) -> String {
        let topic = format!("v2.system.token_revoked.{}", held.id);
        let mut body = self.body(held, "the token of this channel was revoked");
        body["systemTopicType"] = json!("token_revoked");
        body["reason"] = json!("user_tokens_revoked");
        self.frame(&topic, &body)
    }

    /// What the channel listens to has changed.
    pub(super) fn subscription_updated(&mut self, held: &Held) -> String {
        let mut body = self.body(held, "the subscription has changed");
        body["systemTopicType"] = json!("subscription_changed");
        self.frame("v2.subscription.updated", &body)
    }

    fn body(&self, held: &Held, message: &str) -> Value {
        let mut body = json!({
            "channelId": held.id,
            "organizationId": self.organisation,
            "oauthClientId": held.client,
            "message": message,
        });
        if let Some(user) = &held.user {
            body["userId"] = json!(user);
        }
        body
    }

    fn frame(&mut self, topic: &str, body: &Value) -> String {
        json!({ "topicName": topic, "version": "2", "eventBody": body, "metadata": self.metadata() })
            .to_string()
    }

    fn metadata(&mut self) -> Value {
        self.told += 1;
        // Another stream of ids than that of events.
        json!({ "CorrelationId": guid::of(u128::from(self.told).wrapping_mul(0xd6e8_feb8_6659_fd93_0000_0001)) })
    }
}

/// What is said to whoever speaks on a channel that is gone, or whose channel dies with its token.
pub(super) fn gone(message: &str) -> String {
    json!({ "result": "404", "status": "failure", "message": message }).to_string()
}
