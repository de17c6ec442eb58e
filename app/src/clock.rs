//! What time it is for the proxy: the page's own clock may be wrong by hours, and dates on a wall are the proxy's.
//!
//! Three layers. The browser's `performance.now()` is steady but may stand still while the machine sleeps; compared
//! with the date it shows how long that was, unless the date was put forward: then the proxy's next word tells. On this
//! steady time stands an offset learned from the proxy. Time zones and their changes have no part in it.

use std::cell::RefCell;

use protocol::Timestamp;
use web_sys::Performance;

/// A reading of the browser's two clocks, in milliseconds.
#[derive(Clone, Copy, Debug)]
pub struct Reading {
    /// Since the page was opened; steady.
    pub steady: f64,
    /// Since 1970, by the machine's own date.
    pub date: f64,
}

/// A moment, on both scales.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// Steady time: for timeouts and silence.
    pub steady: Timestamp,
    /// The proxy's time: for everything that has a date.
    pub at: Timestamp,
}

/// When the date runs ahead of the steady clock by more than this between two readings, the machine slept.
/// Readings come four times a second; adjustments of a clock by its time service stay far below.
const SLEPT_MS: f64 = 5_000.0;

/// So long the proxy has time to say whether the machine slept or its date was put forward: a wall that heard nothing for so
/// long asks it at once. Without its word it was sleep, which is far more common.
const DOUBT_MS: f64 = 3_000.0;

/// A correction up to this size is spread out; a larger one is made at once.
const SPREAD_MS: f64 = 5_000.0;

/// While a correction is spread out the clock runs at most this much faster or slower.
const SPREAD_RATE: f64 = 0.1;

/// How far the clock may stand still because the proxy's clock was put back. Beyond that the proxy's clock was wrong
/// and has been put right, and a wall that stands still until then would be of no use.
const STAND_STILL_MS: f64 = 60_000.0;

/// Sleep that only the machine's date tells of.
#[derive(Debug)]
struct Doubt {
    slept: f64,
    /// When it was noticed, on the steady clock with the times of sleep.
    since: f64,
    /// The proxy said something since, with a date that knows of no sleep.
    denied: bool,
}

/// The proxy's time, as far as it can be known from here.
#[derive(Debug)]
pub struct ServerClock {
    last: Reading,
    slept: f64,
    doubt: Option<Doubt>,
    offset: f64,
    target: Option<f64>,
    told: f64,
}

impl ServerClock {
    /// A clock that believes the machine's date until it hears from the proxy.
    #[must_use]
    pub fn new(reading: Reading) -> Self {
        Self {
            last: reading,
            slept: 0.0,
            doubt: None,
            offset: reading.date - reading.steady,
            target: None,
            told: f64::MIN,
        }
    }

    /// The time at this reading, which is to be taken a few times a second: sleep is noticed by it. Never earlier than
    /// told before, but for the exception of [`STAND_STILL_MS`].
    pub fn now(&mut self, reading: Reading) -> Now {
        let passed = (reading.steady - self.last.steady).max(0.0);
        let slept = (reading.date - self.last.date) - passed;
        if slept > SLEPT_MS {
            // For silence it counts at once, for dates when it is certain: a date that was put forward must not make times
            // run ahead and back.
            self.slept += slept;
            self.shift(-slept);
            let before = self.doubt.take().map_or(0.0, |doubt| doubt.slept);
            let since = self.awake(reading.steady);
            self.doubt = Some(Doubt { slept: before + slept, since, denied: false });
        }
        let now = self.awake(reading.steady);
        if let Some(doubt) = self.doubt.take_if(|doubt| now - doubt.since >= DOUBT_MS)
            && !doubt.denied
        {
            self.shift(doubt.slept);
        }
        if let Some(target) = self.target {
            let room = passed * SPREAD_RATE;
            let step = (target - self.offset).abs().min(room);
            self.offset += step.copysign(target - self.offset);
        }
        self.last = reading;
        let told = (self.awake(reading.steady) + self.offset).max(self.told);
        self.told = told;
        Now {
            steady: Timestamp::from_ms(self.awake(reading.steady) as i64),
            at: Timestamp::from_ms(told as i64),
        }
    }

    /// Takes the time that the proxy wrote into a message which arrived at `steady` of the steady clock.
    ///
    /// A message is older than it looks by the time it travelled, so the message that makes the proxy's clock look
    /// fastest is the one to believe; slower ones pull only a little, so that a drift is followed in the end.
    pub fn learn(&mut self, server: Timestamp, steady: f64) {
        self.doubt = None;
        let sample = server.as_ms() as f64 - self.awake(steady);
        let target = match self.target {
            Some(target) if (sample - target).abs() <= SPREAD_MS && sample < target => {
                target + (sample - target) * 0.1
            }
            Some(_) | None => sample,
        };
        let first = self.target.is_none();
        self.target = Some(target);
        if first || (target - self.offset).abs() > SPREAD_MS {
            if self.offset - target > STAND_STILL_MS || first {
                self.told = f64::MIN;
            }
            self.offset = target;
        }
    }

    /// Takes the date of something that the proxy has just told: its clock is at least as far.
    pub fn learn_at_least(&mut self, server: Timestamp, steady: f64) {
        let sample = server.as_ms() as f64 - self.awake(steady);
        let Some(target) = self.target else { return };
        if let Some(doubt) = &mut self.doubt {
            doubt.denied = true;
            if sample > target + SPREAD_MS {
                // So late it is only after a sleep.
                self.learn(server, steady);
                return;
            }
        }
        self.target = Some(target.max(sample.min(target + SPREAD_MS)));
    }

    fn shift(&mut self, by: f64) {
        self.offset += by;
        self.target = self.target.map(|target| target + by);
    }

    /// The steady clock with the times of sleep.
    fn awake(&self, steady: f64) -> f64 {
        steady + self.slept
    }
}

/// [`ServerClock`] on the browser's clocks.
pub struct BrowserClock {
    clock: RefCell<ServerClock>,
    performance: Performance,
}

impl BrowserClock {
    /// A clock for this page.
    #[must_use]
    pub fn new(performance: Performance) -> Self {
        Self { clock: RefCell::new(ServerClock::new(read(&performance))), performance }
    }

    /// The time now.
    pub fn now(&self) -> Now {
        self.clock.borrow_mut().now(read(&self.performance))
    }

    /// How many milliseconds the machine's date is ahead of the proxy's time.
    pub fn date_ahead_ms(&self) -> f64 {
        let at = self.now().at.as_ms() as f64;
        js_sys::Date::now() - at
    }

    /// The steady clock alone: to note when a message arrived, and to measure work.
    pub fn steady(&self) -> f64 {
        self.performance.now()
    }

    /// See [`ServerClock::learn`].
    pub fn learn(&self, server: Timestamp, arrived: f64) {
        self.clock.borrow_mut().learn(server, arrived);
    }

    /// See [`ServerClock::learn_at_least`].
    pub fn learn_at_least(&self, server: Timestamp, arrived: f64) {
        self.clock.borrow_mut().learn_at_least(server, arrived);
    }
}

fn read(performance: &Performance) -> Reading {
    Reading { steady: performance.now(), date: js_sys::Date::now() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATE: f64 = 1_800_000_000_000.0;

    fn reading(ms: f64) -> Reading {
        Reading { steady: ms, date: DATE + ms }
    }

    /// The same with a date that is ahead by so much.
    fn ahead(ms: f64, by: f64) -> Reading {
        Reading { steady: ms, date: DATE + ms + by }
    }

    fn server(ms: f64) -> Timestamp {
        Timestamp::from_ms((DATE + ms) as i64)
    }

    fn at(clock: &mut ServerClock, ms: f64) -> f64 {
        clock.now(reading(ms)).at.as_ms() as f64 - DATE
    }

    #[test]
    fn the_first_word_of_the_proxy_counts_at_once_in_both_directions() {
        for error in [-7_200_000.0, 7_200_000.0] {
            let mut clock = ServerClock::new(reading(0.0));
            assert_eq!(at(&mut clock, 1_000.0), 1_000.0);
            clock.learn(server(2_000.0 + error), 2_000.0);
            assert_eq!(at(&mut clock, 2_000.0), 2_000.0 + error);
        }
    }

    #[test]
    fn a_small_correction_is_spread_and_time_never_runs_back() {
        let mut clock = ServerClock::new(reading(0.0));
        clock.learn(server(0.0), 0.0);
        assert_eq!(at(&mut clock, 10_000.0), 10_000.0);
        // 400 ms ahead of what was believed, then a slow message.
        clock.learn(server(10_400.0), 10_000.0);
        assert_eq!(at(&mut clock, 10_000.0), 10_000.0);
        assert_eq!(at(&mut clock, 11_000.0), 11_100.0);
        assert_eq!(at(&mut clock, 20_000.0), 20_400.0);
        clock.learn(server(19_000.0), 20_000.0);
        let mut last = at(&mut clock, 20_000.0);
        for ms in 20_000..25_000 {
            let now = at(&mut clock, f64::from(ms));
            assert!(now >= last, "{now} after {last}");
            last = now;
        }
    }

    #[test]
    fn a_slow_message_pulls_little() {
        let mut clock = ServerClock::new(reading(0.0));
        clock.learn(server(0.0), 0.0);
        clock.learn(server(1_000.0), 2_000.0);
        assert_eq!(at(&mut clock, 60_000.0), 59_900.0);
    }

    #[test]
    fn a_date_of_the_proxy_is_a_lower_bound_and_may_be_read_late() {
        let mut clock = ServerClock::new(reading(0.0));
        clock.learn(server(-100.0), 0.0);
        assert_eq!(at(&mut clock, 1_000.0), 900.0);
        clock.learn_at_least(server(850.0), 900.0);
        clock.learn_at_least(server(0.0), 990.0);
        assert_eq!(at(&mut clock, 11_000.0), 10_950.0);
    }

    #[test]
    fn when_the_proxy_puts_its_clock_back_a_little_ours_stands_still() {
        let mut clock = ServerClock::new(reading(0.0));
        clock.learn(server(0.0), 0.0);
        assert_eq!(at(&mut clock, 20_000.0), 20_000.0);
        clock.learn(server(10_000.0), 20_000.0);
        assert_eq!(at(&mut clock, 21_000.0), 20_000.0);
        assert_eq!(at(&mut clock, 31_000.0), 21_000.0);
        // An hour: the old time was nonsense.
        clock.learn(server(-3_600_000.0), 31_000.0);
        assert_eq!(at(&mut clock, 31_000.0), -3_600_000.0);
    }

    #[test]
    fn sleep_counts_as_time_although_the_steady_clock_stood_still() {
        let mut clock = ServerClock::new(reading(0.0));
        clock.learn(server(0.0), 0.0);
        clock.now(reading(1_000.0));
        let now = clock.now(ahead(1_250.0, 600_000.0));
        assert_eq!(now.steady.as_ms(), 601_250, "at once for silence");
        assert_eq!(now.at.as_ms() as f64 - DATE, 1_250.0, "nobody else said so yet");
        let now = clock.now(ahead(4_250.0, 600_000.0));
        assert_eq!(now.at.as_ms() as f64 - DATE, 604_250.0, "nobody said anything");
    }

    #[test]
    fn after_sleep_the_proxys_word_counts_at_once() {
        let mut clock = ServerClock::new(reading(0.0));
        clock.learn(server(0.0), 0.0);
        clock.now(reading(1_000.0));
        clock.now(ahead(1_250.0, 600_000.0));
        clock.learn(server(601_300.0), 1_300.0);
        assert_eq!(clock.now(ahead(1_300.0, 600_000.0)).at.as_ms() as f64 - DATE, 601_300.0);
        assert_eq!(clock.now(ahead(9_300.0, 600_000.0)).at.as_ms() as f64 - DATE, 609_300.0, "and once");
    }

    #[test]
    fn what_happens_meanwhile_tells_sleep_from_a_date_that_was_put_forward() {
        for slept in [true, false] {
            let mut clock = ServerClock::new(reading(0.0));
            clock.learn(server(0.0), 0.0);
            clock.now(reading(1_000.0));
            clock.now(ahead(1_250.0, 600_000.0));
            // What was on its way before is old, what comes then is new.
            clock.learn_at_least(server(990.0), 1_300.0);
            let is = if slept { 600_000.0 } else { 0.0 };
            clock.learn_at_least(server(1_400.0 + is), 1_400.0);
            for ms in [1_500.0, 5_000.0] {
                let at = clock.now(ahead(ms, 600_000.0)).at.as_ms() as f64 - DATE;
                assert_eq!(at, ms + is, "slept: {slept}");
            }
        }
    }

    #[test]
    fn a_date_that_was_put_forward_or_back_moves_no_time() {
        for step in [3_600_000.0, -3_600_000.0] {
            let mut clock = ServerClock::new(reading(0.0));
            clock.learn(server(0.0), 0.0);
            clock.now(reading(1_000.0));
            let mut last = 1_000.0;
            for ms in (1_250..20_000).step_by(250).map(f64::from) {
                let at = clock.now(ahead(ms, step)).at.as_ms() as f64 - DATE;
                assert!(at >= last && at <= ms + 250.0, "{at} at {ms} after a step of {step}");
                last = at;
                if ms == 2_250.0 {
                    // The wall asked, as it had heard nothing for an hour by its own count.
                    clock.learn(server(ms), ms);
                }
            }
            assert_eq!(last, 19_750.0);
        }
    }
}
