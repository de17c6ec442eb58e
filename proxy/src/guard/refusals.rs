//! Refusals, and what was given up, on their way into the log. Nobody waits for the disk for their sake, so that they cannot hold up
//! writes: while it is behind they are collected and go together.

use std::sync::{Mutex, MutexGuard};

use tracing::warn;

use crate::{audit::Record, store::Store};

/// Refusals that wait for the disk. Beyond it whoever provokes them would fill the memory instead.
const WAITING_MAX: usize = 10_000;
/// While the disk is behind, it is asked again at every so many.
const ASKED_EVERY: usize = 64;

#[derive(Debug)]
pub(super) struct Refusals {
    store: Store,
    waiting: Mutex<Vec<Record>>,
}

impl Refusals {
    pub(super) fn new(store: Store) -> Self {
        Self { store, waiting: Mutex::default() }
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<Record>> {
        self.waiting.lock().expect("nobody panics while holding the refusals that wait")
    }

    /// Takes one. What cannot be kept is said.
    pub(super) fn take(&self, record: Record) {
        let mut waiting = self.waiting();
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
        let mut waiting = self.waiting();
        if !waiting.is_empty() {
            self.hand_over(&mut waiting);
        }
    }

    fn hand_over(&self, waiting: &mut Vec<Record>) {
        if self.store.append_later(waiting.clone()) {
            waiting.clear();
        }
    }

    /// Waits until all are on the disk: the last thing before the store is closed.
    pub(super) async fn finish(&self) {
        let waiting = std::mem::take(&mut *self.waiting());
        if waiting.is_empty() {
            return;
        }
        let records = waiting.len();
        if let Err(error) = self.store.append(waiting).await {
            warn!(%error, records, "the last refusals are not in the audit log");
        }
    }
}
