//! Upstream's date: asked for with the directory, and again whenever there is reason to doubt the clock that stands on it.
//!
//! Our clock may have stood still while the machine slept, or upstream's was put right. Until the next poll of the directory
//! every time on every wall would be wrong by as much, and nothing would look wrong.

use std::{sync::Arc, time::Duration};

use protocol::entity::ServerDate;
use tokio::{sync::Notify, time::sleep};
use tracing::{debug, info, warn};

use super::{Clients, Purpose, UpstreamError, clock::UpstreamClock};
use crate::feed::{FeedHandle, Input};

/// After a doubt the next is looked into no sooner: four calls a minute of 300, should upstream date its events wrongly for
/// ever.
const DOUBTED_EVERY_MS: i64 = 15_000;

/// How soon it is noticed that a doubt is due: by the clock, which tests and demos move.
const LOOKED_AT: Duration = Duration::from_millis(500);

/// Stamps that are wrong by more than this are seen on a wall, which shows seconds.
const SEEN_MS: i64 = 2_000;

/// Where to say that upstream's time may not be what we take it for. Clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Doubts(Arc<Notify>);

impl Doubts {
    /// There is reason to doubt. Several before anybody looked are one.
    pub fn raise(&self) {
        self.0.notify_one();
    }
}

/// Asks for the date whenever it is doubted, until the proxy stops.
pub async fn run(clients: Clients, feed: FeedHandle, clock: Arc<UpstreamClock>, doubts: Doubts) {
    loop {
        doubts.0.notified().await;
        match anchor(&clients, &feed, &clock, Purpose::Board).await {
            Ok(()) => debug!("upstream's date was doubted and asked for"),
            Err(error) => {
                warn!(%error, "upstream's date could not be read; times may be wrong until it can");
                doubts.raise();
            }
        }
        let due = clock.base().plus_ms(DOUBTED_EVERY_MS);
        while clock.base() < due {
            sleep(LOOKED_AT).await;
        }
    }
}

/// Asks for the date once.
///
/// # Errors
/// When it cannot be read.
pub async fn anchor(
    clients: &Clients,
    feed: &FeedHandle,
    clock: &UpstreamClock,
    purpose: Purpose,
) -> Result<(), UpstreamError> {
    let sent = clock.base();
    let date: ServerDate = clients.get(purpose, "/api/v2/date").await?;
    let moved_ms = clock.anchor(date.current_date, sent, clock.base());
    if moved_ms.abs() > SEEN_MS {
        info!(moved_ms, "our clock was wrong against upstream's date and is put right");
        feed.tell(Input::ClockMoved).await;
    }
    Ok(())
}
