//! Attempts that outlive the process: a proxy that is started again and again makes no channel sooner than one that runs.

use std::time::Duration;

use protocol::{
    Timestamp,
    link::{Policy, STABLE_MS},
};

use crate::{
    store::{Attempts, Store},
    upstream::backoff::Backoff,
};

/// What is older says nothing about now.
const REMEMBERED_MS: i64 = 10 * 60_000;

/// Attempts that failed within one process count as no more starts than this: an outage may be over when it is started anew.
const FAILURES_MAX: u32 = 3;

/// A shard's attempts, kept in the store.
#[derive(Debug)]
pub(super) struct Kept {
    store: Store,
    shard: u16,
    /// Attempts of the processes before, until this one is live for a while.
    before: u32,
    live_since: Option<Timestamp>,
    told: u32,
}

impl Kept {
    pub(super) fn new(store: Store, shard: u16, all: &[Attempts], now: Timestamp) -> Self {
        let mine = all.iter().find(|attempts| attempts.shard == shard);
        let before = mine.filter(|attempts| now.ms_since(attempts.at) < REMEMBERED_MS).map_or(0, |a| a.count);
        Self { store, shard, before, live_since: None, told: 0 }
    }

    /// How long to wait before the first attempt. One start soon after another is an upgrade, more of them are a loop.
    pub(super) fn wait(&self, seed: u64) -> Duration {
        let mut backoff =
            Backoff::new(Policy::UPSTREAM.backoff_base_ms, Policy::UPSTREAM.channel_backoff_cap_ms, seed);
        let waits = (1..self.before).map(|_| backoff.fail());
        Duration::from_millis(waits.last().unwrap_or(0).unsigned_abs())
    }

    /// Notes how it goes: whether the shard is live, and its attempts that failed.
    pub(super) fn note(&mut self, is_live: bool, failures: u32, now: Timestamp) {
        self.live_since = is_live.then(|| self.live_since.unwrap_or(now));
        let is_stable = self.live_since.is_some_and(|since| now.ms_since(since) >= STABLE_MS);
        if is_stable {
            self.before = 0;
        }
        // The attempt that is under way counts until it has proved itself.
        let count = if is_stable { 0 } else { failures.min(FAILURES_MAX).max(self.before).saturating_add(1) };
        if count != self.told {
            self.told = count;
            self.store.keep_attempts(Attempts { shard: self.shard, count, at: now });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const T0: Timestamp = Timestamp::from_ms(1_000_000);

    async fn kept(store: &Store, now: Timestamp) -> Kept {
        Kept::new(store.clone(), 3, &store.attempts().await.expect("a store in memory"), now)
    }

    #[tokio::test]
    async fn starts_that_do_not_last_add_up_until_one_does() {
        let store = Store::open(None).expect("memory");
        for start in 0..4 {
            let mut kept = kept(&store, T0).await;
            assert_eq!(kept.before, start);
            kept.note(false, start, T0);
            kept.note(true, start, T0.plus_ms(1_000));
        }
        let mut lasting = kept(&store, T0).await;
        lasting.note(true, 4, T0);
        lasting.note(true, 4, T0.plus_ms(STABLE_MS - 1));
        assert_eq!(kept(&store, T0).await.before, 5, "it did not last yet");
        lasting.note(true, 4, T0.plus_ms(STABLE_MS));
        assert_eq!(kept(&store, T0).await.before, 0);
        lasting.note(false, 1, T0.plus_ms(STABLE_MS + 1));
        assert_eq!(kept(&store, T0).await.before, 2, "failures of this process count, too");
    }

    #[tokio::test]
    async fn the_more_starts_did_not_last_the_longer_the_next_waits() {
        let longest = |before: u32| {
            let kept = Kept { before, ..Kept::new(Store::open(None).expect("memory"), 0, &[], T0) };
            (0..200).map(|seed| kept.wait(seed).as_millis()).max()
        };
        assert_eq!([0, 1].map(longest), [Some(0), Some(0)], "an upgrade does not wait");
        assert!((200..=250).contains(&longest(2).unwrap_or(0)));
        assert!((800..=1_000).contains(&longest(4).unwrap_or(0)));
        assert!((25_000..=30_000).contains(&longest(40).unwrap_or(0)));
    }

    #[tokio::test]
    async fn what_is_long_ago_says_nothing() {
        let store = Store::open(None).expect("memory");
        kept(&store, T0).await.note(false, 7, T0);
        assert_eq!(kept(&store, T0.plus_ms(REMEMBERED_MS - 1)).await.before, FAILURES_MAX + 1);
        assert_eq!(kept(&store, T0.plus_ms(REMEMBERED_MS)).await.before, 0);
    }
}
