//! Tells the feed what screens look at, while that matters: as long as the channels of Genesys Cloud carry everybody
//! nobody is asked.

use std::{
    sync::{Arc, RwLock},
    time::Duration,
};

use tokio::time::sleep;

use crate::{
    feed::{FeedHandle, Input, book::Book},
    relay::{Command, HubHandle},
};

/// Whoever listens for a topic that is not watched waits for it this long. A wall that opens does not: the feed opens it.
const ASKED_EVERY: Duration = Duration::from_secs(5);

/// Runs until the proxy stops.
pub async fn run(book: Arc<RwLock<Book>>, hub: HubHandle, feed: FeedHandle) {
    loop {
        sleep(ASKED_EVERY).await;
        let is_short = book.read().expect("nobody panics while holding the book").left_out > 0;
        if !is_short {
            continue;
        }
        let Some(watched) = hub.ask(|reply| Command::Watched { reply }).await else { return };
        feed.tell(Input::Watched { walls: watched.walls, topics: watched.topics }).await;
    }
}
