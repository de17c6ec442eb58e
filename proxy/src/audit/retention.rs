//! How long records are kept: `[audit] keep_days`.

use std::{sync::Arc, time::Duration};

use protocol::Clock;
use tracing::{info, warn};

use crate::store::Store;

/// How often it is looked for records whose time is over.
const EVERY: Duration = Duration::from_secs(60 * 60);

/// Records that go in one transaction: writes do not wait long for it.
const AT_ONCE: u32 = 1_000;

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// Takes records away once they are older than so many days; of 0 days none. Never ends.
pub async fn run(store: Store, clock: Arc<dyn Clock>, keep_days: u32) {
    if keep_days == 0 {
        return;
    }
    loop {
        // Not in the first moment of a start, when upstream's time is not known yet.
        tokio::time::sleep(EVERY).await;
        let before = clock.now().plus_ms(-i64::from(keep_days) * DAY_MS);
        let mut records = 0;
        loop {
            match store.forget_records(before, AT_ONCE).await {
                Ok(0) => break,
                Ok(gone) => records += gone,
                Err(error) => {
                    warn!(%error, "records of the audit log whose time is over could not be taken away");
                    break;
                }
            }
        }
        if records > 0 {
            info!(
                records,
                "records of the audit log whose time is over were taken away; its checkpoint stands for them"
            );
        }
    }
}
