//! One limit of one figure: passed, passed for long enough, and not passed any more.

use protocol::Timestamp;

/// A limit, with what was seen of it. All numbers are turned so that more is worse.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Limit {
    /// Since when the figure is at it or beyond.
    begun: Option<Timestamp>,
    /// Whether that lasts long enough to count.
    counts: bool,
}

/// What a limit is compared with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measure {
    /// From here on it is passed.
    pub limit: f64,
    /// How far the figure has to come back before one that counts is over.
    pub back: f64,
    /// How long it has to last.
    pub after_ms: i64,
}

impl Limit {
    /// Looks at the figure's value.
    pub fn look(&mut self, value: f64, measure: Measure, now: Timestamp) {
        let still = self.counts && value > measure.limit - measure.back;
        if value >= measure.limit || still {
            let begun = *self.begun.get_or_insert(now);
            self.counts |= now.ms_since(begun) >= measure.after_ms;
        } else {
            *self = Self::default();
        }
    }

    /// The figure is not known: what does not count yet begins anew, for nobody can say that it lasted.
    pub fn look_away(&mut self) {
        if !self.counts {
            *self = Self::default();
        }
    }

    /// Since when it is passed, once that counts.
    pub fn counts_since(self) -> Option<Timestamp> {
        self.begun.filter(|_| self.counts)
    }

    /// Whether there is anything to remember.
    pub fn is_idle(self) -> bool {
        self.begun.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(back: f64, after_s: i64, steps: &[(i64, f64, bool)]) {
        let mut limit = Limit::default();
        for (second, value, counts) in steps {
            let measure = Measure { limit: 10.0, back, after_ms: after_s * 1_000 };
            limit.look(*value, measure, Timestamp::from_ms(second * 1_000));
            assert_eq!(limit.counts_since().is_some(), *counts, "{value} at {second} s");
        }
    }

    #[test]
    fn it_counts_at_the_limit_and_is_over_below_it() {
        check(0.0, 0, &[(0, 9.9, false), (1, 10.0, true), (2, 11.0, true), (3, 9.9, false)]);
    }

    #[test]
    fn it_has_to_come_back_the_whole_way() {
        check(2.0, 0, &[(0, 9.9, false), (1, 10.0, true), (2, 8.1, true), (3, 8.0, false), (4, 9.0, false)]);
    }

    #[test]
    fn it_has_to_last_and_a_moment_below_begins_it_anew() {
        check(2.0, 60, &[(0, 10.0, false), (59, 12.0, false), (60, 10.0, true), (70, 9.0, true)]);
        check(2.0, 60, &[(0, 10.0, false), (59, 9.9, false), (60, 10.0, false), (120, 10.0, true)]);
    }
}
