//! What a client may say on a socket, and what it is answered.

use protocol::topic::CHANNEL_METADATA;
use serde::Deserialize;
use serde_json::json;

use super::subscription::{Entry, decide};
use crate::shared::{Shared, State};

/// What a client says: a ping, or a wish about topics.
#[derive(Deserialize)]
struct Said {
    message: String,
    #[serde(default)]
    topics: Vec<String>,
}

/// The answer to what was said on the socket of a channel.
pub(super) fn answer(shared: &Shared, channel: u64, text: &str) -> String {
    let Ok(said) = serde_json::from_str::<Said>(text) else {
        return failure("400", "expected {\"message\": \"ping\" | \"subscribe\" | \"unsubscribe\", ...}");
    };
    match said.message.to_ascii_lowercase().as_str() {
        "ping" => pong(),
        "subscribe" => subscribe(&mut shared.enter(), channel, &said.topics),
        "unsubscribe" => unsubscribe(&mut shared.enter(), channel, &said.topics),
        _ => failure("400", "message: expected ping, subscribe or unsubscribe"),
    }
}

/// The heartbeat.
pub(super) fn heartbeat() -> String {
    json!({ "topicName": CHANNEL_METADATA, "eventBody": { "message": "WebSocket Heartbeat" } }).to_string()
}

fn pong() -> String {
    json!({ "topicName": CHANNEL_METADATA, "eventBody": { "message": "pong" } }).to_string()
}

/// Adds to what the channel listens to; one bad topic fails the whole wish.
fn subscribe(state: &mut State, channel: u64, topics: &[String]) -> String {
    let Some(held) = state.hub.get(channel) else { return gone() };
    let mut entries: Vec<Entry> = held.entries.clone();
    for topic in topics {
        let decision = decide(topic);
        if let Some(fault) = decision.fault {
            return failure("400", &fault);
        }
        entries.retain(|entry| entry.text != *topic);
        entries.extend(decision.entry);
    }
    let now = state.world.now;
    match state.hub.subscribe(channel, entries, now) {
        Ok(()) => json!({ "result": "200", "status": "subscribed" }).to_string(),
        Err(super::hub::TooManyTopics) => failure("400", "a channel holds at most 1000 topics"),
    }
}

fn unsubscribe(state: &mut State, channel: u64, topics: &[String]) -> String {
    let Some(held) = state.hub.get(channel) else { return gone() };
    let entries: Vec<Entry> =
        held.entries.iter().filter(|entry| !topics.contains(&entry.text)).cloned().collect();
    let now = state.world.now;
    match state.hub.subscribe(channel, entries, now) {
        Ok(()) => json!({ "result": "200", "status": "unsubscribed" }).to_string(),
        Err(super::hub::TooManyTopics) => failure("400", "a channel holds at most 1000 topics"),
    }
}

fn failure(result: &str, message: &str) -> String {
    json!({ "result": result, "status": "failure", "message": message }).to_string()
}

fn gone() -> String {
    json!({ "result": "404", "status": "failure", "message": "the channel does not exist any more" })
        .to_string()
}
