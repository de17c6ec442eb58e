//! The system's clock, which nothing else in the workspace reads.

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use protocol::{Clock, Timestamp};

/// The time since the start, measured by a clock that never runs backwards and goes on while the machine sleeps, on top of
/// the time of day at the start. Simulator and proxy share one, so that what moves the one moves the other.
pub struct SystemClock {
    started: Steady,
    started_at: Timestamp,
    advanced_ms: AtomicI64,
    /// Whether it moves by being advanced alone.
    stands: bool,
}

impl SystemClock {
    /// Starts at the system's time of day.
    pub fn start() -> Self {
        Self::start_as(None, false)
    }

    /// Starts at a date of its own, if one is given; a clock that stands moves by being advanced alone.
    #[expect(clippy::disallowed_methods, reason = "this is the clock that everything else is given")]
    pub fn start_as(date: Option<Timestamp>, stands: bool) -> Self {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now = Timestamp::from_ms(i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX));
        Self {
            started: Steady::now(),
            started_at: date.unwrap_or(now),
            advanced_ms: AtomicI64::new(0),
            stands,
        }
    }
}

/// A moment on a clock that goes on while the machine sleeps. The standard library's stands still then on Linux and macOS, and
/// every time on every wall would be short by the sleep until upstream's date is asked for again.
#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
struct Steady(Duration);

#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
impl Steady {
    fn now() -> Self {
        use rustix::time::{ClockId, clock_gettime};
        #[cfg(target_vendor = "apple")]
        let now = clock_gettime(ClockId::Monotonic);
        #[cfg(not(target_vendor = "apple"))]
        let now = clock_gettime(ClockId::Boottime);
        // Neither comes before the machine's start.
        Self(Duration::try_from(now).unwrap_or_default())
    }

    fn elapsed(&self) -> Duration {
        Self::now().0.saturating_sub(self.0)
    }
}

/// Windows' goes on by itself.
#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
struct Steady(std::time::Instant);

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
impl Steady {
    #[expect(clippy::disallowed_methods, reason = "this is the clock that everything else is given")]
    fn now() -> Self {
        Self(std::time::Instant::now())
    }

    fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let elapsed_ms = match self.stands {
            true => 0,
            false => i64::try_from(self.started.elapsed().as_millis()).unwrap_or(i64::MAX),
        };
        self.started_at.plus_ms(elapsed_ms).plus_ms(self.advanced_ms.load(Ordering::Relaxed))
    }

    fn advance_ms(&self, ms: i64) {
        // Saturating, and never backwards.
        let forward = |advanced: i64| Some(advanced.saturating_add(ms.max(0)));
        let _ = self.advanced_ms.fetch_update(Ordering::Relaxed, Ordering::Relaxed, forward);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_standing_clock_moves_when_it_is_advanced() {
        let date = Timestamp::from_ms(1_000_000);
        let clock = SystemClock::start_as(Some(date), true);
        assert_eq!(clock.now(), date);
        clock.advance_ms(5);
        assert_eq!(clock.now(), date.plus_ms(5));
    }

    /// `/proc/uptime` counts from the machine's start, with its sleep.
    #[cfg(target_os = "linux")]
    #[test]
    fn sleep_of_the_machine_is_counted() {
        let uptime = || -> f64 {
            let text = std::fs::read_to_string("/proc/uptime").unwrap();
            text.split_whitespace().next().unwrap().parse().unwrap()
        };
        // It is given in hundredths.
        let (before, ours, after) = (uptime(), Steady::now().0.as_secs_f64(), uptime());
        assert!(before <= ours + 0.02 && ours <= after + 0.02, "{before} {ours} {after}");
    }

    #[test]
    fn the_clock_moves_forward_only() {
        let clock = SystemClock::start();
        let start = clock.now();
        clock.advance_ms(60_000);
        assert!(clock.now().ms_since(start) >= 60_000);
        let later = clock.now();
        clock.advance_ms(-60_000);
        assert!(clock.now() >= later);
        clock.advance_ms(i64::MAX);
        assert!(clock.now() >= later);
    }
}
