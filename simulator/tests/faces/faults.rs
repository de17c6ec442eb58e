//! Every kind of fault: that it does what docs/simulator.md says, and nothing else.

mod calls;
mod events;
mod orders;
mod sockets;
mod topics;

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{House, Socket, text};

pub const FAULTS: &str = "/simulator/faults";

/// Orders a fault.
pub async fn order(house: &House, order: Value) -> Value {
    house.post(FAULTS, order).await
}

pub async fn pass(house: &House, seconds: i64) {
    house.post("/simulator/clock", json!({ "advanceSeconds": seconds })).await;
}

/// The ids of the first two agents.
pub async fn two_users(house: &House) -> [String; 2] {
    let truth = house.truth().await;
    [0, 1].map(|n| text(&truth["agents"][n]["id"]).to_owned())
}

/// Causes one event of the user's presence, which carries this message.
pub async fn note(house: &House, user: &str, message: &str) {
    let path = format!("/api/v2/users/{user}/presences/PURECLOUD");
    house.ok(Method::PATCH, &path, Some(json!({ "message": message }))).await;
}

/// Pings are answered before what waits in a socket's outbox; by the last of so many it is empty.
const PINGS: usize = 4;

/// The messages of presences that were sent on a socket until now, in order.
pub async fn heard(socket: &mut Socket) -> Vec<String> {
    socket.say(json!({ "message": "ping" })).await;
    let mut messages = Vec::new();
    let mut pongs = 0;
    loop {
        let frame = socket.frame().await;
        let body = &frame["eventBody"];
        if text(&frame["topicName"]).ends_with(".presence") {
            messages.push(text(&body["message"]).to_owned());
        } else if body["message"] == "pong" {
            pongs += 1;
            if pongs == PINGS {
                return messages;
            }
            socket.say(json!({ "message": "ping" })).await;
        }
    }
}
