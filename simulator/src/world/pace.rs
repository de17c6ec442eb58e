//! How fast the world's own time runs against the clock.
//!
//! The agenda counts in the world's own milliseconds. At the natural pace they are the clock's; at
//! speed 0 the world stands still while the clock, and so every wait, goes on. Changing the pace
//! re-plans nothing.

use protocol::Timestamp;

/// Slower than this nothing would ever be due; faster, everything at once.
const SPEED_RANGE: (f64, f64) = (0.001, 5_000.0);
/// How much of the error in the measured rate is taken back each second: slow enough not to swing.
const CORRECTION: f64 = 0.25;
/// Weight of the newest second in the measured rate.
const NEWEST: f64 = 0.2;

/// The relation of the world's own time to the clock, and the control that keeps a wished rate.
#[derive(Debug)]
pub(crate) struct Pace {
    clock_anchor: Timestamp,
    own_anchor: f64,
    speed: f64,
    wished: Option<f64>,
    measured: f64,
}

impl Pace {
    /// Starts at the world's own time 0.
    pub(crate) fn new(now: Timestamp) -> Self {
        Self { clock_anchor: now, own_anchor: 0.0, speed: 1.0, wished: None, measured: 0.0 }
    }

    /// The rate that was wished for.
    pub(crate) fn wished(&self) -> Option<f64> {
        self.wished
    }

    /// The world's own time at a moment of the clock.
    pub(crate) fn own_time(&self, now: Timestamp) -> i64 {
        #[expect(clippy::cast_possible_truncation, reason = "milliseconds fit, and i64::MAX would do")]
        let own = self.own_exact(now).floor() as i64;
        own
    }

    /// When the clock will show the world's own time `own`; never, when the world stands still.
    pub(crate) fn when(&self, own: i64) -> Option<Timestamp> {
        if self.speed <= 0.0 {
            return None;
        }
        #[expect(clippy::cast_precision_loss, reason = "milliseconds stay far below 2^52")]
        let ahead = (own as f64 - self.own_anchor) / self.speed;
        #[expect(clippy::cast_possible_truncation, reason = "saturates, which means never")]
        let ahead = ahead.ceil() as i64;
        Some(self.clock_anchor.plus_ms(ahead))
    }

    /// Takes a new wish; `natural` estimates how many events a second come at speed 1: those that
    /// grow with speed, and the most that the throttled ones can grow to.
    pub(crate) fn wish(&mut self, now: Timestamp, wished: Option<f64>, natural: Natural) {
        self.wished = wished;
        let speed = match wished {
            None => 1.0,
            Some(rate) if rate <= 0.0 => 0.0,
            Some(rate) => {
                self.measured = rate;
                let throttled =
                    (rate / (1.0 + natural.scaling / natural.throttled.max(0.01))).min(natural.throttled_max);
                ((rate - throttled) / natural.scaling.max(0.001)).clamp(SPEED_RANGE.0, SPEED_RANGE.1)
            }
        };
        self.turn_to(now, speed);
    }

    /// One second has passed with this many events: corrects the speed when a rate was wished for.
    pub(crate) fn second_passed(&mut self, now: Timestamp, events: u32) {
        let Some(wished) = self.wished.filter(|rate| *rate > 0.0) else { return };
        self.measured += NEWEST * (f64::from(events) - self.measured);
        let error = ((wished + 0.5) / (self.measured + 0.5)).clamp(0.2, 5.0);
        let speed = self.speed * error.powf(CORRECTION);
        self.turn_to(now, speed.clamp(SPEED_RANGE.0, SPEED_RANGE.1));
    }

    fn turn_to(&mut self, now: Timestamp, speed: f64) {
        self.own_anchor = self.own_exact(now);
        self.clock_anchor = now;
        self.speed = speed;
    }

    #[expect(clippy::cast_precision_loss, reason = "milliseconds stay far below 2^52")]
    fn own_exact(&self, now: Timestamp) -> f64 {
        self.own_anchor + now.ms_since(self.clock_anchor) as f64 * self.speed
    }
}

/// Estimated events a second at the natural pace.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Natural {
    /// Those that come faster as the world runs faster.
    pub(crate) scaling: f64,
    /// Those that are held to one a second and subject.
    pub(crate) throttled: f64,
    /// The most that the throttled ones can become.
    pub(crate) throttled_max: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    const NATURAL: Natural = Natural { scaling: 5.0, throttled: 5.0, throttled_max: 40.0 };

    #[test]
    fn a_world_that_stands_still_never_gets_there() {
        let start = Timestamp::from_ms(1_000_000);
        let mut pace = Pace::new(start);
        assert_eq!(pace.when(500), Some(start.plus_ms(500)));
        pace.wish(start.plus_ms(100), Some(0.0), NATURAL);
        assert_eq!(pace.when(500), None);
        assert_eq!(pace.own_time(start.plus_ms(60_000)), 100);
        pace.wish(start.plus_ms(60_000), None, NATURAL);
        assert_eq!(pace.when(500), Some(start.plus_ms(60_400)));
    }

    #[test]
    fn there_and_back_is_the_same_time() {
        let start = Timestamp::from_ms(1_000_000);
        let mut pace = Pace::new(start);
        pace.wish(start.plus_ms(1_234), Some(450.0), NATURAL);
        for own in [1_234, 1_300, 99_999] {
            let when = pace.when(own).unwrap();
            assert!(pace.own_time(when) >= own, "{own}");
            assert!(when <= start.plus_ms(1_234) || pace.own_time(when.plus_ms(-1)) < own, "{own}");
        }
    }
}
