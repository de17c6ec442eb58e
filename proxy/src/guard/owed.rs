//! Records that the log is owed: something took effect, or is known not to have, and the log cannot be written just now.

use std::time::Duration;

use tracing::info;

use crate::{
    audit::Record,
    store::{Store, StoreError},
};

/// How often it is tried. Those that are owed are few: while they cannot be written nothing is opened.
const AGAIN: Duration = Duration::from_secs(1);

/// Writes down how a write ended, however long that takes. A store that is closed has no more to say: the next start settles it.
pub(super) async fn record(store: &Store, closing: Record) {
    let mut was_owed = false;
    loop {
        match store.append_once(closing.clone()).await {
            Ok(()) if was_owed => {
                info!(user.id = %closing.user_id, "how a write ended is recorded at last");
                return;
            }
            Ok(()) | Err(StoreError::Closed) => return,
            // The store says why, once.
            Err(_) => was_owed = true,
        }
        tokio::time::sleep(AGAIN).await;
    }
}
