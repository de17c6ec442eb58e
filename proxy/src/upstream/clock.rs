//! Upstream's time: the injected clock, corrected by `GET /api/v2/date`.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicI64, Ordering},
};

use protocol::{Clock, Timestamp};

/// A difference below this is the network's, not the clock's.
const NOISE_MS: i64 = 500;

/// A clock anchored to upstream's, for stamps; time-outs run on the injected clock itself. Never runs
/// backwards: after a later correction towards the past it stands until time has caught up.
pub struct UpstreamClock {
    base: Arc<dyn Clock>,
    offset_ms: AtomicI64,
    latest_ms: AtomicI64,
    anchored: AtomicBool,
}

impl UpstreamClock {
    /// Begins with the base clock's own time.
    #[must_use]
    pub fn new(base: Arc<dyn Clock>) -> Self {
        Self {
            base,
            offset_ms: AtomicI64::new(0),
            latest_ms: AtomicI64::new(i64::MIN),
            anchored: AtomicBool::new(false),
        }
    }

    /// The base clock, for measuring.
    #[must_use]
    pub fn base(&self) -> Timestamp {
        self.base.now()
    }

    /// Takes upstream's date, asked for at `sent` and answered at `received` by the base clock. Says by how many milliseconds
    /// what was stamped before is wrong.
    pub fn anchor(&self, date: Timestamp, sent: Timestamp, received: Timestamp) -> i64 {
        let round_trip = received.ms_since(sent);
        let offset = date.ms_since(sent.plus_ms(round_trip / 2));
        let change = offset - self.offset_ms.load(Ordering::Relaxed);
        // Before the first answer nothing was stamped: the clock may be put back once.
        let is_first = !self.anchored.swap(true, Ordering::Relaxed);
        if change.abs() <= NOISE_MS.max(round_trip) {
            return 0;
        }
        self.offset_ms.store(offset, Ordering::Relaxed);
        if is_first {
            self.latest_ms.store(i64::MIN, Ordering::Relaxed);
            return 0;
        }
        change
    }
}

impl Clock for UpstreamClock {
    fn now(&self) -> Timestamp {
        let now = self.base.now().plus_ms(self.offset_ms.load(Ordering::Relaxed)).as_ms();
        Timestamp::from_ms(self.latest_ms.fetch_max(now, Ordering::Relaxed).max(now))
    }

    fn advance_ms(&self, ms: i64) {
        self.base.advance_ms(ms);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed(AtomicI64);

    impl Clock for Fixed {
        fn now(&self) -> Timestamp {
            Timestamp::from_ms(self.0.load(Ordering::Relaxed))
        }
    }

    #[test]
    fn the_first_answer_may_put_the_clock_back() {
        let clock = UpstreamClock::new(Arc::new(Fixed(AtomicI64::new(400_000))));
        let at = Timestamp::from_ms;
        assert_eq!(clock.now(), at(400_000));
        assert_eq!(clock.anchor(at(100_000), at(400_000), at(400_000)), 0, "nothing was stamped");
        assert_eq!(clock.now(), at(100_000), "a fast clock must not stand for five minutes");
    }

    #[test]
    fn the_clock_follows_upstream_but_never_back() {
        let base = Arc::new(Fixed(AtomicI64::new(100_000)));
        let clock = UpstreamClock::new(base.clone());
        let at = Timestamp::from_ms;
        assert_eq!(clock.anchor(at(100_300), at(100_000), at(100_000)), 0);
        assert_eq!(clock.now(), at(100_000), "a small difference is noise");
        assert_eq!(clock.anchor(at(160_000), at(99_900), at(100_100)), 60_000);
        assert_eq!(clock.now(), at(160_000));
        // A later correction towards the past.
        assert_eq!(clock.anchor(at(90_000), at(100_000), at(100_000)), -70_000);
        assert_eq!(clock.now(), at(160_000), "it stands");
        base.0.store(180_000, Ordering::Relaxed);
        assert_eq!(clock.now(), at(170_000));
    }
}
