//! Whether there is sense in asking upstream for anything: after several failures in a row writes are refused at once, and one of
//! them tries now and then. Pure.

use protocol::Timestamp;

/// Failures in a row, each of them after its own retries.
const FAILURES: u32 = 5;

/// The first wait; twice as long each time.
const WAIT_MS: i64 = 5_000;
const WAIT_MAX_MS: i64 = 60_000;

/// A try that has not ended after this is given up: calls upstream end sooner.
const TRY_MS: i64 = 120_000;

/// Failures so far, and until when nobody asks.
#[derive(Debug, Default)]
pub(super) struct Breaker {
    failures: u32,
    /// Nobody asks before this.
    until: Option<Timestamp>,
}

/// As what a write was let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Passed {
    /// As one of all.
    Freely,
    /// As the one that tries.
    ToTry,
}

impl Breaker {
    /// Lets a write through.
    ///
    /// # Errors
    /// The milliseconds until the next one may try.
    pub(super) fn pass(&mut self, now: Timestamp) -> Result<Passed, i64> {
        match self.until {
            None => Ok(Passed::Freely),
            Some(until) if now < until => Err(until.ms_since(now)),
            Some(_) => {
                // This one tries; the others wait for what becomes of it.
                self.until = Some(now.plus_ms(TRY_MS));
                Ok(Passed::ToTry)
            }
        }
    }

    /// Upstream answered, be it with a no.
    pub(super) fn answered(&mut self) {
        *self = Self::default();
    }

    /// Upstream did not answer, or could not.
    pub(super) fn failed(&mut self, now: Timestamp) {
        self.failures = self.failures.saturating_add(1);
        if self.failures >= FAILURES {
            let doubled = (self.failures - FAILURES).min(10);
            self.until = Some(now.plus_ms((WAIT_MS << doubled).min(WAIT_MAX_MS)));
        }
    }

    /// One that was let through ended before it asked upstream: where it was to try, the next one does.
    pub(super) fn not_tried(&mut self, passed: Passed, now: Timestamp) {
        if passed == Passed::ToTry {
            self.until = self.until.map(|until| until.min(now));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_ms(ms)
    }

    fn broken() -> Breaker {
        let mut breaker = Breaker::default();
        for _ in 0..FAILURES {
            assert_eq!(breaker.pass(at(0)), Ok(Passed::Freely));
            breaker.failed(at(0));
        }
        breaker
    }

    #[test]
    fn after_five_failures_one_tries_at_a_time_and_ever_later() {
        let mut breaker = broken();
        assert_eq!(breaker.pass(at(1_000)), Err(4_000));
        assert_eq!(breaker.pass(at(5_000)), Ok(Passed::ToTry));
        assert!(breaker.pass(at(5_001)).is_err(), "another waits for what becomes of the first");
        breaker.failed(at(5_500));
        assert_eq!(breaker.pass(at(6_000)), Err(9_500));
        for _ in 0..20 {
            breaker.failed(at(6_000));
        }
        assert_eq!(breaker.pass(at(6_000)), Err(WAIT_MAX_MS));
    }

    #[test]
    fn one_answer_is_enough() {
        let mut breaker = broken();
        assert_eq!(breaker.pass(at(5_000)), Ok(Passed::ToTry));
        breaker.answered();
        assert_eq!(breaker.pass(at(5_001)), Ok(Passed::Freely));
        assert_eq!(breaker.pass(at(5_001)), Ok(Passed::Freely));
        breaker.failed(at(5_002));
        assert_eq!(breaker.pass(at(5_003)), Ok(Passed::Freely), "one failure is none");
    }

    #[test]
    fn a_try_that_was_refused_before_upstream_was_asked_is_anothers() {
        let mut breaker = broken();
        assert_eq!(breaker.pass(at(5_000)), Ok(Passed::ToTry));
        breaker.not_tried(Passed::Freely, at(5_005));
        assert!(breaker.pass(at(5_005)).is_err(), "what was let through before decides nothing");
        breaker.not_tried(Passed::ToTry, at(5_010));
        assert_eq!(breaker.pass(at(5_010)), Ok(Passed::ToTry));
        assert!(breaker.pass(at(5_011)).is_err());
    }

    #[test]
    fn a_try_that_never_ends_is_given_up() {
        let mut breaker = broken();
        assert_eq!(breaker.pass(at(5_000)), Ok(Passed::ToTry));
        assert_eq!(breaker.pass(at(5_000 + TRY_MS)), Ok(Passed::ToTry));
    }
}
