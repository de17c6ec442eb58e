//! What the status panel says of this page's own connection.

use leptos::prelude::GetUntracked as _;
use protocol::Timestamp;

use super::{Liveness, WallLink};

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
}
