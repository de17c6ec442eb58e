//! What is polled because no topic tells of it: who there is, which queues, which presences.

use std::{sync::Arc, time::Duration};

use protocol::{
    channel::Entities,
    entity::{Page, PresenceDefinition, Queue, User},
    wall::Directory,
};
use serde::de::DeserializeOwned;
use tokio::time::sleep;
use tracing::{info, warn};

use super::{
    Clients, Purpose, UpstreamError,
    clock::UpstreamClock,
    date,
    read::{PAGE_SIZE, PAGES_MAX},
};
use crate::feed::{FeedHandle, Input};

/// Names and deletions may be this old.
const POLL_EVERY_MS: i64 = 300_000;

/// How soon it is noticed that a poll is due: by the clock, which tests and demos move.
const LOOKED_AT: Duration = Duration::from_millis(500);

/// After a failed first poll; these calls create no channel.
const RETRY_MIN: Duration = Duration::from_millis(500);
const RETRY_MAX: Duration = Duration::from_secs(4);

/// Polls until the proxy stops.
pub async fn run(clients: Clients, feed: FeedHandle, clock: Arc<UpstreamClock>) {
    let (mut wait, mut trouble) = (RETRY_MIN, None);
    loop {
        match poll(&clients, &feed, &clock).await {
            Ok(()) => {
                wait = RETRY_MIN;
                if trouble.take().is_some() {
                    info!("users, queues and presence definitions are read again");
                }
                let due = clock.base().plus_ms(POLL_EVERY_MS);
                while clock.base() < due {
                    sleep(LOOKED_AT).await;
                }
            }
            Err(error) => {
                if !trouble.as_ref().is_some_and(|said| is_same(said, &error)) {
                    warn!(%error, "users, queues and presence definitions could not be read; trying again");
                }
                feed.tell(Input::Waits { reason: error.told() }).await;
                let asked = error
                    .retry_after_ms()
                    .map_or(Duration::ZERO, |ms| Duration::from_millis(ms.unsigned_abs()));
                trouble = Some(error);
                sleep(wait.max(asked)).await;
                wait = (wait * 2).min(RETRY_MAX);
            }
        }
    }
}

/// The same trouble is said once; how long upstream asks to wait is another each time.
fn is_same(said: &UpstreamError, error: &UpstreamError) -> bool {
    let is_limit = |error: &UpstreamError| matches!(error, UpstreamError::RateLimited { .. });
    said == error || is_limit(said) && is_limit(error)
}

/// What walls can name, read once.
///
/// # Errors
/// When it cannot be read.
pub async fn names(clients: &Clients) -> Result<Directory, UpstreamError> {
    let queues: Vec<Queue> = pages(clients, QUEUES).await?;
    let users: Vec<User> = pages(clients, USERS).await?;
    Ok(Directory::of(&users, &queues))
}

const QUEUES: &str = "/api/v2/routing/queues";
const USERS: &str = "/api/v2/users?expand=team&state=active";

async fn poll(clients: &Clients, feed: &FeedHandle, clock: &UpstreamClock) -> Result<(), UpstreamError> {
    date::anchor(clients, feed, clock, Purpose::Directory).await?;
    let definitions: Entities<PresenceDefinition> =
        clients.get(Purpose::Directory, "/api/v2/presence/definitions?localeCode=ALL").await?;
    let queues: Vec<Queue> = pages(clients, QUEUES).await?;
    let users: Vec<User> = pages(clients, USERS).await?;
    info!(
        users = users.len(),
        queues = queues.len(),
        definitions = definitions.entities.len(),
        "directory read"
    );
    feed.tell(Input::Directory { users, queues, definitions: definitions.entities }).await;
    Ok(())
}

/// A listing to its end. A page that is not full is the last, whether or not there is a total.
async fn pages<T: DeserializeOwned>(clients: &Clients, path: &str) -> Result<Vec<T>, UpstreamError> {
    let join = if path.contains('?') { '&' } else { '?' };
    let mut all = Vec::new();
    for page in 1..=PAGES_MAX {
        let answer: Page<T> = clients
            .get(Purpose::Directory, &format!("{path}{join}pageSize={PAGE_SIZE}&pageNumber={page}"))
            .await?;
        // The server may grant fewer than asked for: its own page size tells a full page.
        let full = answer.page_size.map_or(PAGE_SIZE, |size| size as usize).clamp(1, PAGE_SIZE);
        let (got, total) = (answer.entities.len(), answer.total);
        all.extend(answer.entities);
        let more = answer.page_count.map_or(got >= full, |pages| (page as u32) < pages);
        if !more || got == 0 {
            if total.is_some_and(|total| all.len() < total as usize) {
                let reason =
                    format!("{} items instead of the {} announced", all.len(), total.unwrap_or_default());
                return Err(UpstreamError::Unexpected { route: super::rest::route_of(path), reason });
            }
            break;
        }
    }
    Ok(all)
}
