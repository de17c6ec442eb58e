//! What upstream lets a token do within a window of time, as its answers tell it. Pure.
//!
//! Nothing here knows a published number: how many calls are allowed, how many were counted and when counting begins
//! anew is what the headers say. Times are told in whole seconds and arrive late, so that an end is known as a span;
//! what is kept is its latest moment, so that nothing is started too early.

use protocol::Timestamp;

/// The three headers `inin-ratelimit-count`, `-allowed` and `-reset` of one answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Calls counted in the window, this one among them.
    pub count: i64,
    /// Calls that are allowed in the window.
    pub allowed: i64,
    /// Seconds until counting begins anew.
    pub reset_s: i64,
}

/// Seconds are whole, and nobody says whether they are rounded up or down.
const ROUNDED_MS: i64 = 1_000;

/// A window of which no answer told the end (none came through) is given up after this; it only keeps a line from
/// waiting for ever.
const UNTOLD_MS: i64 = 60_000;

/// The present window.
#[derive(Clone, Debug, Default)]
pub struct Window {
    allowed: Option<i64>,
    /// Calls that ended and count, at least.
    ended: i64,
    /// When those of them ended that ended so late that they may have been counted in the next window.
    late: Vec<Timestamp>,
    /// When those ended of which nothing was heard: an answer to a call of the same time may not have counted them.
    untold: Vec<Timestamp>,
    /// The earliest moment at which it ends.
    ends_earliest: Option<Timestamp>,
    /// The latest moment at which it ends.
    ends: Option<Timestamp>,
    /// Whether upstream told the end.
    told: bool,
    /// The longest time until an end that was ever told.
    longest_ms: i64,
    /// The latest moment at which it began: an answer that ends before it belongs to the one before.
    since: Option<Timestamp>,
}

impl Window {
    /// Begins anew when the time has come; answers whether it did.
    pub fn roll(&mut self, now: Timestamp) -> bool {
        match self.ends {
            Some(ends) if now >= ends => {
                self.follow(ends);
                true
            }
            Some(_) | None => false,
        }
    }

    fn follow(&mut self, ends: Timestamp) {
        if self.ends_earliest.take().is_none() {
            // Upstream's window may have begun with any of them.
            let longest_ms = self.longest_ms;
            self.late.retain(|ended| ends.ms_since(*ended) < longest_ms);
        }
        self.ended = i64::try_from(self.late.len()).unwrap_or(i64::MAX);
        self.ends = (self.ended > 0).then(|| ends.plus_ms(UNTOLD_MS));
        self.untold.retain(|ended| ends.ms_since(*ended) < UNTOLD_MS);
        (self.told, self.since) = (false, Some(ends));
    }

    /// A call starts.
    pub fn start(&mut self, now: Timestamp) {
        self.ends.get_or_insert_with(|| now.plus_ms(UNTOLD_MS));
    }

    /// A call ended of which upstream said nothing; it may have been counted.
    pub fn end_untold(&mut self, now: Timestamp) {
        self.ended += 1;
        self.untold.push(now);
        self.late.push(now);
        // What counts must end to count some time, though nobody may start meanwhile.
        self.start(now);
    }

    /// An answer told the limits; the call started at `started`.
    pub fn hear(&mut self, limits: Limits, started: Timestamp, now: Timestamp) {
        if limits.allowed < 1 || limits.count < 0 || limits.reset_s < 0 {
            self.end_untold(now);
            return;
        }
        self.allowed = Some(limits.allowed);
        let rest_ms = limits.reset_s.saturating_mul(1_000);
        self.longest_ms = self.longest_ms.max(rest_ms.saturating_add(ROUNDED_MS));
        let earliest = started.plus_ms(rest_ms.saturating_sub(ROUNDED_MS));
        let latest = now.plus_ms(rest_ms.saturating_add(ROUNDED_MS));
        if self.since.is_some_and(|since| earliest < since)
            || self.ends_earliest.is_some_and(|present| latest < present)
        {
            // It speaks of the window before, or crossed its end on a slow way.
            self.end_untold(now);
            return;
        }
        if let Some(ends) = self.ends.filter(|ends| self.told && earliest >= *ends) {
            self.follow(ends);
        }
        let uncounted = self.untold.iter().filter(|ended| **ended >= started).count();
        let uncounted = i64::try_from(uncounted).unwrap_or(i64::MAX);
        self.ended = self.ended.max(limits.count.saturating_add(uncounted));
        self.late.push(now);
        self.ends_earliest = self.ends_earliest.max(Some(earliest));
        self.late.retain(|ended| Some(*ended) >= self.ends_earliest);
        self.ends = Some(self.ends.filter(|_| self.told).map_or(latest, |ends| ends.min(latest)));
        self.told = true;
    }

    /// Another token is counted anew; what is allowed is likely the same.
    pub fn forget(&mut self) {
        *self = Self { allowed: self.allowed, ..Self::default() };
    }

    /// Calls that are allowed, once upstream said so.
    pub fn allowed(&self) -> Option<i64> {
        self.allowed
    }

    /// Calls that count, when so many are under way.
    pub fn used(&self, under_way: usize) -> i64 {
        self.ended.saturating_add(i64::try_from(under_way).unwrap_or(i64::MAX))
    }

    /// The latest moment at which counting begins anew.
    pub fn ends(&self) -> Option<Timestamp> {
        self.ends
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_ms(ms)
    }

    fn limits(count: i64, reset_s: i64) -> Limits {
        Limits { count, allowed: 300, reset_s }
    }

    #[test]
    fn answers_that_overtake_one_another_do_not_lower_the_count() {
        let mut window = Window::default();
        window.hear(limits(6, 60), at(0), at(100));
        window.hear(limits(5, 60), at(0), at(3_000));
        assert_eq!((window.allowed(), window.used(1)), (Some(300), 7));
        assert_eq!(window.ends(), Some(at(61_100)), "the earlier answer knows the end better");
    }

    #[test]
    fn a_late_answer_of_the_last_window_says_nothing_of_this_one() {
        let mut window = Window::default();
        window.hear(limits(299, 10), at(0), at(100));
        assert!(!window.roll(at(11_099)) && window.roll(at(11_100)));
        window.hear(limits(300, 1), at(9_000), at(20_000));
        assert_eq!(window.used(0), 1, "its count is not believed, that it was made is");
        window.hear(limits(5, 60), at(20_050), at(20_100));
        assert_eq!(window.used(0), 5);
    }

    #[test]
    fn an_answer_that_can_only_be_of_the_next_window_begins_it() {
        let mut window = Window::default();
        window.hear(limits(299, 1), at(0), at(10));
        window.hear(limits(1, 60), at(1_900), at(1_910));
        assert_eq!((window.used(0), window.ends()), (1, Some(at(62_910))));
    }

    #[test]
    fn what_ended_near_the_end_may_have_been_counted_after_it() {
        let mut window = Window::default();
        window.hear(limits(7, 60), at(0), at(100));
        window.end_untold(at(58_900));
        window.end_untold(at(59_000));
        window.hear(limits(9, 1), at(60_000), at(60_100));
        assert_eq!(window.used(0), 9);
        assert!(window.roll(at(61_100)));
        assert_eq!(window.used(0), 1, "the last of them; the others ended before it can have ended");
    }

    #[test]
    fn an_answer_of_the_last_window_that_is_overtaken_by_one_of_this_does_not_end_it() {
        let mut window = Window::default();
        window.hear(limits(1, 10), at(0), at(0));
        assert!(window.roll(at(11_000)));
        window.end_untold(at(12_000));
        assert!(window.roll(at(72_000)), "nothing was told of it");
        window.hear(limits(2, 60), at(76_000), at(77_000));
        window.hear(limits(299, 1), at(75_500), at(78_000));
        assert_eq!(window.ends(), Some(at(138_000)), "the end of the window that began last");
        assert_eq!(window.used(0), 3, "and it may have been counted there");
    }

    #[test]
    fn silence_counts_and_passes() {
        let mut window = Window::default();
        window.hear(limits(1, 5), at(0), at(0));
        assert!(window.roll(at(6_000)));
        window.start(at(6_000));
        window.end_untold(at(6_000));
        assert_eq!((window.used(2), window.ends()), (3, Some(at(66_000))));
        assert!(window.roll(at(66_000)) && window.used(0) == 0);
        window.hear(Limits { count: 1, allowed: 0, reset_s: 9 }, at(66_000), at(66_000));
        assert_eq!(window.allowed(), Some(300), "nothing allowed at all is not believed");
    }
}
