//! What a client may say on a socket, and what it is answered.

use protocol::topic::CHANNEL_METADATA;
use serde::Deserialize;
use serde_json::json;

use super::{
    denial::deny,
    permit::permit,
    subscription::{Entry, decide},
    system,
};
use crate::shared::{Shared, State};

const GONE: &str = "the channel does not exist any more";

/// What a client says: a ping, or a wish about topics.
#[derive(Deserialize)]
struct Said {
    message: String,
    topics: Option<Vec<String>>,
}

/// The answer to what was said on the socket of a channel.
pub(super) fn answer(shared: &Shared, channel: u64, text: &str) -> String {
    let Ok(said) = serde_json::from_str::<Said>(text) else {
        return failure("400", "expected {\"message\": \"ping\" | \"subscribe\" | \"unsubscribe\", ...}");
    };
    match said.message.to_ascii_lowercase().as_str() {
        "ping" => pong(),
        wish @ ("subscribe" | "unsubscribe") => {
            let Some(topics) = said.topics else {
                return failure("400", "topics: expected a list of topics");
            };
            let state = &mut shared.enter();
            if wish == "subscribe" {
                subscribe(shared, state, channel, &topics)
            } else {
                unsubscribe(state, channel, &topics)
            }
        }
        _ => failure("400", "message: expected ping, subscribe or unsubscribe"),
    }
}

fn pong() -> String {
    json!({ "topicName": CHANNEL_METADATA, "eventBody": { "message": "pong" } }).to_string()
}

/// Adds to what the channel listens to; one bad topic fails the whole wish.
fn subscribe(shared: &Shared, state: &mut State, channel: u64, topics: &[String]) -> String {
    let answers = &shared.config.answers;
    let Some(held) = state.hub.get(channel) else { return system::gone(GONE) };
    let mut entries: Vec<Entry> = if answers.in_band_replaces { Vec::new() } else { held.entries.clone() };
    let now = state.world.now;
    let caller = state.tokens.caller(&held.token, now);
    for topic in topics {
        let Some(caller) = &caller else {
            return failure("404", "the token that opened the channel is not valid any more");
        };
        let decision = decide(topic).about(&state.world, answers.unknown_subject_is_refused, topic);
        if let Some(fault) = &decision.fault {
            return failure("400", fault);
        }
        let (decision, forbidden) = permit(answers, caller, topic, decision);
        if let Some(forbidden) = forbidden {
            return failure("400", forbidden.message());
        }
        let (decision, denied) = deny(topic, decision, &mut state.faults, now);
        if let Some(denied) = denied {
            return failure("400", &denied);
        }
        entries.retain(|entry| entry.text != *topic);
        entries.extend(decision.entry);
    }
    match state.hub.subscribe(channel, entries, now) {
        Ok(()) => json!({ "result": "200", "status": "subscribed" }).to_string(),
        Err(super::hub::TooManyTopics) => failure("400", "a channel holds at most 1000 topics"),
    }
}

fn unsubscribe(state: &mut State, channel: u64, topics: &[String]) -> String {
    let Some(held) = state.hub.get(channel) else { return system::gone(GONE) };
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
