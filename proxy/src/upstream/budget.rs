//! One scheduler for all calls upstream: so many at a time, and none while upstream asks to wait.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::{Instant, sleep_until},
};

use super::Purpose;

/// Calls under way at once. Reads for the board are few and large; more would only queue upstream.
const AT_ONCE: usize = 6;

/// A Retry-After above this is not believed; official clients do not wait longer either.
/// Source: platform-client-sdk-go, `apiclient.go`.
const WAIT_MAX: Duration = Duration::from_secs(180);

/// Waits without a Retry-After.
const WAIT_UNKNOWN: Duration = Duration::from_secs(5);

/// The budget of one OAuth client.
#[derive(Debug)]
pub struct Budget {
    at_once: Semaphore,
    not_before: Mutex<Option<Instant>>,
    left: AtomicI64,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            at_once: Semaphore::new(AT_ONCE),
            not_before: Mutex::new(None),
            left: AtomicI64::new(i64::MAX),
        }
    }
}

impl Budget {
    /// Waits for a place.
    pub async fn take(&self, _purpose: Purpose) -> SemaphorePermit<'_> {
        let permit = self.at_once.acquire().await.expect("the budget is never closed");
        loop {
            let until = *self.not_before.lock().expect("nobody panics while holding the budget");
            match until {
                Some(until) if until > Instant::now() => sleep_until(until).await,
                Some(_) | None => return permit,
            }
        }
    }

    /// Calls left, as upstream said last.
    pub fn left(&self) -> i64 {
        self.left.load(Ordering::Relaxed)
    }

    /// Upstream said how many calls are left.
    pub fn note(&self, left: i64) {
        self.left.store(left, Ordering::Relaxed);
    }

    /// Upstream said 429; returns the wait that all calls now keep.
    pub fn pause(&self, retry_after: Option<Duration>) -> Duration {
        let wait = retry_after.unwrap_or(WAIT_UNKNOWN).min(WAIT_MAX);
        let until = Instant::now() + wait;
        let mut not_before = self.not_before.lock().expect("nobody panics while holding the budget");
        *not_before = Some(not_before.map_or(until, |before| before.max(until)));
        wait
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn all_calls_wait_as_long_as_upstream_asks() {
        let budget = Budget::default();
        let began = Instant::now();
        assert_eq!(budget.pause(Some(Duration::from_secs(7))), Duration::from_secs(7));
        drop(budget.take(Purpose::Board).await);
        assert_eq!(began.elapsed().as_secs(), 7);
        assert_eq!(budget.pause(Some(Duration::from_secs(9_999))), WAIT_MAX);
    }
}
