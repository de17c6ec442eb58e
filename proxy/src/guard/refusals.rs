//! Refusals, and what was given up, on their way into the log. Nobody waits for the disk for their sake, so that they cannot hold up
//! writes: while it is behind they are collected and go together.

use std::sync::{Arc, Mutex, MutexGuard};

use tracing::warn;

use crate::{audit::Record, store::Store};

/// Refusals that wait for the disk. Beyond it whoever provokes them would fill the memory instead.
const WAITING_MAX: usize = 10_000;
/// While the disk is behind, it is asked again at every so many.
const ASKED_EVERY: usize = 64;

#[derive(Debug)]
pub(super) struct Refusals {
    store: Store,
    waiting: Arc<Mutex<Vec<Record>>>,
}

fn locked(waiting: &Mutex<Vec<Record>>) -> MutexGuard<'_, Vec<Record>> {
    waiting.lock().expect("nobody panics while holding the refusals that wait")
}

impl Refusals {
    pub(super) fn new(store: Store) -> Self {
        Self { store, waiting: Arc::default() }
    }

    /// Takes one. What cannot be kept is said.
    pub(super) fn take(&self, record: Record) {
        let mut waiting = locked(&self.waiting);
        if waiting.len() >= WAITING_MAX {
            warn!(user.id = %record.user_id, "the disk is behind; a refusal is not in the audit log");
            return;
        }
        waiting.push(record);
        if waiting.len() == 1 || waiting.len().is_multiple_of(ASKED_EVERY) {
            self.hand_over(&mut waiting);
        }
    }

    /// Hands over what waits, if the disk is there for it.
    pub(super) fn try_again(&self) {
        let mut waiting = locked(&self.waiting);
        if !waiting.is_empty() {
            self.hand_over(&mut waiting);
        }
    }

    /// What cannot be written after all waits again.
    fn hand_over(&self, waiting: &mut Vec<Record>) {
        let Some(written) = self.store.append_soon(waiting.clone()) else { return };
        let (records, behind) = (std::mem::take(waiting), self.waiting.clone());
        tokio::spawn(async move {
            if matches!(written.await, Ok(Ok(()))) {
                return;
            }
            let mut waiting = locked(&behind);
            let room = WAITING_MAX.saturating_sub(waiting.len()).min(records.len());
            if room < records.len() {
                warn!(
                    records = records.len() - room,
                    "the disk is behind; refusals are not in the audit log"
                );
            }
            waiting.splice(0..0, records.into_iter().take(room));
        });
    }

    /// Waits until all are on the disk: the last thing before the store is closed.
    pub(super) async fn finish(&self) {
        for _ in 0..LAST_TRIES {
            let waiting = std::mem::take(&mut *locked(&self.waiting));
            let records = waiting.len();
            // Behind all that was handed over before.
            if let Err(error) = self.store.append(waiting).await {
                warn!(%error, records, "the last refusals are not in the audit log");
                return;
            }
            // What was handed over before and failed is among those that wait now.
            tokio::task::yield_now().await;
            if locked(&self.waiting).is_empty() {
                return;
            }
        }
    }
}

/// Of what failed while the process ends.
const LAST_TRIES: usize = 3;
