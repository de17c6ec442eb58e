//! So many in so long: a sliding window, on a clock that only goes forward.

use std::collections::VecDeque;

/// Counts what happened of late.
#[derive(Clone, Debug)]
pub struct Window {
    most: usize,
    length_ms: i64,
    /// When each that still counts happened, the oldest first.
    at_ms: VecDeque<i64>,
}

impl Window {
    /// At most so many in so many milliseconds.
    #[must_use]
    pub fn new(most: usize, length_ms: i64) -> Self {
        Self { most, length_ms, at_ms: VecDeque::new() }
    }

    /// Counts one more at `now_ms`.
    ///
    /// # Errors
    /// When there are as many as may be: after how many milliseconds there is room again.
    pub fn take(&mut self, now_ms: i64) -> Result<(), i64> {
        self.forget(now_ms);
        if self.at_ms.len() < self.most {
            self.at_ms.push_back(now_ms);
            return Ok(());
        }
        let oldest = self.at_ms.front().copied().unwrap_or(now_ms);
        Err((oldest + self.length_ms - now_ms).max(1))
    }

    /// Whether nothing counts any more, so that the window can be dropped.
    #[must_use]
    pub fn is_idle(&mut self, now_ms: i64) -> bool {
        self.forget(now_ms);
        self.at_ms.is_empty()
    }

    fn forget(&mut self, now_ms: i64) {
        while self.at_ms.front().is_some_and(|at| at + self.length_ms <= now_ms) {
            self.at_ms.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_eleventh_in_a_second_waits_until_the_first_is_a_second_old() {
        let mut window = Window::new(10, 1_000);
        for at in 0..10 {
            assert_eq!(window.take(at * 50), Ok(()));
        }
        assert_eq!(window.take(500), Err(500));
        assert_eq!(window.take(999), Err(1));
        assert_eq!(window.take(1_000), Ok(()));
        assert_eq!(window.take(1_000), Err(50));
        assert!(!window.is_idle(1_999));
        assert!(window.is_idle(2_000));
    }

    proptest! {
        /// Whatever is asked when: no stretch of the length holds more, and who waits as told is let in.
        #[test]
        fn no_stretch_holds_more_and_the_wait_is_exact(
            steps in prop::collection::vec(0_i64..400, 1..200), most in 1_usize..6,
        ) {
            let mut window = Window::new(most, 1_000);
            let mut let_in: Vec<i64> = Vec::new();
            let mut now = 0;
            for step in steps {
                now += step;
                match window.take(now) {
                    Ok(()) => let_in.push(now),
                    Err(wait) => {
                        prop_assert!(wait > 0 && wait <= 1_000);
                        prop_assert!(window.clone().take(now + wait - 1).is_err());
                        prop_assert!(window.clone().take(now + wait).is_ok());
                    }
                }
            }
            for (at, began) in let_in.iter().enumerate() {
                let within = let_in[at..].iter().take_while(|other| **other < began + 1_000).count();
                prop_assert!(within <= most);
            }
        }
    }
}
