//! What the status panel says of this page's own connection, and what the console looks at.

use leptos::prelude::GetUntracked as _;
use protocol::{Timestamp, UserId};

use super::{Liveness, WallLink};
use crate::store::Detail;

/// How a page's connection is.
#[derive(Clone, Debug)]
pub struct Page {
    /// How live the wall is.
    pub live: Liveness,
    /// Since when the socket is open, or was open last.
    pub connected_at: Option<Timestamp>,
    /// How often it was opened again.
    pub reconnects: u32,
    /// From the proxy's stamp to the screen, smoothed; `None` until something happened.
    pub latency_ms: Option<u32>,
    /// How far the machine's date is ahead of the proxy's time.
    pub clock_ahead_ms: f64,
    /// The app's build.
    pub build: String,
}

impl WallLink {
    /// How it is at this moment.
    #[must_use]
    pub fn page(&self) -> Page {
        Page {
            live: self.live.get_untracked(),
            connected_at: self.connected_at.get(),
            reconnects: self.connections.get().saturating_sub(1),
            latency_ms: self.latency.borrow_mut().shown(self.clock.now().steady),
            clock_ahead_ms: self.clock.date_ahead_ms(),
            build: self.build.own(),
        }
    }

    /// One agent, looked at closely.
    #[must_use]
    pub fn detail(&self, id: &UserId) -> Option<Detail> {
        self.store.borrow().detail(id)
    }

    /// The definition of an agent's presence and its date.
    #[must_use]
    pub fn presence_standing(&self, id: &UserId) -> Option<(String, Timestamp)> {
        self.store.borrow().presence_standing(id)
    }

    /// An agent's routing status and its date.
    #[must_use]
    pub fn routing_standing(&self, id: &UserId) -> Option<(String, Timestamp)> {
        self.store.borrow().routing_standing(id)
    }
}
