//! How long to wait after failures: twice as long each time up to a bound, and a random share of it, so that those
//! who failed together do not come back together. Pure: randomness comes in as a seed.

use protocol::chance::Chance;

/// Waits that grow.
#[derive(Clone, Debug)]
pub struct Backoff {
    base_ms: i64,
    cap_ms: i64,
    failures: u32,
    chance: Chance,
}

impl Backoff {
    /// Begins with at most `base_ms`, and ends at `cap_ms`.
    #[must_use]
    pub fn new(base_ms: i64, cap_ms: i64, seed: u64) -> Self {
        Self { base_ms, cap_ms, failures: 0, chance: Chance::new(seed) }
    }

    /// One more failure; answers the wait: full jitter, and never none at all.
    pub fn fail(&mut self) -> i64 {
        // Beyond 2^20 times the base every cap is reached.
        let doubled = self.base_ms.saturating_mul(1 << self.failures.min(20));
        self.failures = self.failures.saturating_add(1);
        let most = doubled.clamp(1, self.cap_ms.max(1));
        self.chance.within(1, most)
    }

    /// It went well: the next failure is the first again.
    pub fn succeed(&mut self) {
        self.failures = 0;
    }

    /// Failures in a row.
    #[must_use]
    pub fn failures(&self) -> u32 {
        self.failures
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_the_cap_and_use_all_of_it() {
        let most = |failures: u32| {
            let wait = |seed| {
                let mut backoff = Backoff::new(500, 4_000, seed);
                for _ in 1..failures {
                    backoff.fail();
                }
                backoff.fail()
            };
            let waits: Vec<i64> = (0..500).map(wait).collect();
            assert!(waits.iter().all(|wait| (1..=4_000).contains(wait)));
            assert!(waits.iter().min() < waits.iter().max().map(|most| most / 10).as_ref(), "full jitter");
            waits.into_iter().max().unwrap_or_default()
        };
        let most: Vec<i64> = [1, 2, 3, 4, 9, 200].map(most).to_vec();
        for (most, bound) in most.into_iter().zip([500, 1_000, 2_000, 4_000, 4_000, 4_000]) {
            assert!(most <= bound && most > bound * 9 / 10, "{most} of {bound}");
        }
    }

    #[test]
    fn after_a_success_waits_are_short_again() {
        let mut backoff = Backoff::new(100, 4_000, 7);
        for _ in 0..10 {
            backoff.fail();
        }
        assert_eq!(backoff.failures(), 10);
        backoff.succeed();
        assert!(backoff.fail() <= 100);
    }
}
