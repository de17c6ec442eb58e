//! Whether somebody else uses the same OAuth client: Genesys lets each have 20 channels, and the 21st takes another one's place.
//! Pure.

use std::collections::VecDeque;

use protocol::Timestamp;

/// So many channels taken away within [`WITHIN_MS`] are no accident: one alone may be a former run of this program.
const EVICTIONS: usize = 3;

/// Longer than a few rounds of the slowest back-off.
const WITHIN_MS: i64 = 600_000;

/// Evictions of the channels of one client.
#[derive(Debug, Default)]
pub struct Rivals {
    evicted: VecDeque<Timestamp>,
    said: Option<Timestamp>,
}

impl Rivals {
    /// A channel was taken away; true when it is time to say so.
    pub fn evicted(&mut self, now: Timestamp) -> bool {
        self.evicted.push_back(now);
        while self.evicted.len() > EVICTIONS {
            self.evicted.pop_front();
        }
        let many = self.evicted.len() == EVICTIONS
            && self.evicted.front().is_some_and(|first| now.ms_since(*first) <= WITHIN_MS);
        let lately = self.said.is_some_and(|said| now.ms_since(said) <= WITHIN_MS);
        if many && !lately {
            self.said = Some(now);
        }
        many && !lately
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const T0: Timestamp = Timestamp::from_ms(1_000_000);

    #[test]
    fn several_evictions_in_a_short_time_are_said_once_in_a_while() {
        let mut rivals = Rivals::default();
        let mut evicted = |at: i64| rivals.evicted(T0.plus_ms(at));
        assert!(!evicted(0));
        assert!(!evicted(1_000));
        assert!(evicted(30_000));
        assert!(!evicted(40_000), "just said");
        assert!(!evicted(60_000));
        assert!(evicted(30_001 + WITHIN_MS));
    }

    #[test]
    fn one_now_and_then_is_no_rival() {
        let mut rivals = Rivals::default();
        for n in 0..20 {
            assert!(!rivals.evicted(T0.plus_ms(n * WITHIN_MS)));
        }
    }
}
