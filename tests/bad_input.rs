//! What the world should not send and sends: upstream, at the start, and from the browser's side. It is
//! counted or named, and harms nothing.
#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as tests may")]

mod harness;

#[path = "bad_input/clients.rs"]
mod clients;
#[path = "bad_input/connections.rs"]
mod connections;
#[path = "bad_input/frames.rs"]
mod frames;
#[path = "bad_input/outages.rs"]
mod outages;
#[path = "bad_input/requests.rs"]
mod requests;
#[path = "bad_input/starting.rs"]
mod starting;
#[path = "bad_input/stopping.rs"]
mod stopping;

use harness::{Socket, Speaker, page::Page};
use serde_json::json;

/// A wall and a plain client that keep receiving, whatever else goes on.
struct Watch {
    upstream: Speaker,
    user: String,
    wall: Socket,
    plain: Socket,
    changes: u32,
}

impl Watch {
    async fn begin(upstream: &Speaker, machine: &Speaker) -> Self {
        let users = machine.get("/api/v2/users?pageSize=1").await;
        let user = users["entities"][0]["id"].as_str().unwrap().to_owned();
        let plain = machine.listen(&[format!("v2.users.{user}.presence")]).await;
        let (_, wall) = Page::open(&machine.base).await.wall("floor").await;
        Self { upstream: upstream.clone(), user, wall, plain, changes: 0 }
    }

    /// Something changes at Genesys, and both hear of it on the sockets that they always had.
    async fn still_hears(&mut self, after: &str) {
        self.changes += 1;
        // A wall is not told messages; that the date is a new one is enough.
        let message = format!("change {} after {after}", self.changes);
        let patched = self.upstream.patch_presence(&self.user, &json!({ "message": message })).await;
        let date = &patched["modifiedDate"];
        self.plain.find(|frame| frame["eventBody"]["message"] == *message).await;
        self.wall.find(|frame| frame["eventBody"]["modifiedDate"] == *date).await;
    }
}
