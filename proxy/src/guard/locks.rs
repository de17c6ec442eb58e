//! One write of an agent at a time.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, Weak},
    time::Duration,
};

use protocol::UserId;
use tokio::{sync::OwnedMutexGuard, time::timeout};

type Lock = tokio::sync::Mutex<()>;

/// A write waits so long for those of the same agent before it; then it is better asked again.
const PATIENCE: Duration = Duration::from_secs(5);

/// Locks are forgotten when there are so many and nobody holds them.
const KEPT: usize = 10_000;

/// The locks of all agents that are written.
#[derive(Debug, Default)]
pub(super) struct Locks(Mutex<HashMap<UserId, Weak<Lock>>>);

impl Locks {
    /// The agent's lock once it is free, in the order of asking; `None` when it is not in time.
    pub(super) async fn of(&self, user: &UserId) -> Option<OwnedMutexGuard<()>> {
        let lock = {
            let mut locks = self.0.lock().expect("nobody panics while holding the list of locks");
            if locks.len() >= KEPT {
                locks.retain(|_, lock| lock.strong_count() > 0);
            }
            locks.get(user).and_then(Weak::upgrade).unwrap_or_else(|| {
                let lock = Arc::new(Lock::default());
                locks.insert(user.clone(), Arc::downgrade(&lock));
                lock
            })
        };
        timeout(PATIENCE, lock.lock_owned()).await.ok()
    }
}
