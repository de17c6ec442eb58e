//! The one queue of the page: frames that arrived and were not applied yet.
//!
//! A painted frame applies all that came since the last one, so that an agent who changed three times is painted once.
//! The queue does not grow with a busy page: above [`CROWDED`] frames are applied as they arrive, which keeps the page
//! from taking more off the network than it can show, and then the proxy merges what waits.

use std::collections::VecDeque;

/// From here on frames are applied at once instead of with the next painted frame.
pub const CROWDED: usize = 1_000;

/// What would be above this is given up together with the socket, to come back by a snapshot. Reached only when the
/// browser hands over frames faster than they can be decoded; 20,000 is 40 s of a large organisation's events.
pub const FULL: usize = 20_000;

/// A slice of work ends after this time, so that with painting it stays below 30 ms.
pub const SLICE_MS: f64 = 12.0;

/// How often the time is looked at within a slice; a frame takes some 10 to 20 µs.
const LOOK_EVERY: usize = 16;

/// The queue.
#[derive(Debug)]
pub struct Inbox<T> {
    waiting: VecDeque<T>,
}

/// The queue is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

impl<T> Default for Inbox<T> {
    fn default() -> Self {
        Self { waiting: VecDeque::new() }
    }
}

impl<T> Inbox<T> {
    /// Puts a frame at the end.
    ///
    /// # Errors
    /// When there is no room; what waits is then of no use either.
    pub fn push(&mut self, frame: T) -> Result<(), Full> {
        if self.waiting.len() >= FULL {
            return Err(Full);
        }
        self.waiting.push_back(frame);
        Ok(())
    }

    /// Forgets what waits, and gives the room back.
    pub fn clear(&mut self) {
        self.waiting = VecDeque::new();
    }

    /// Whether nothing waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Whether so much waits that it should not wait longer.
    #[must_use]
    pub fn is_crowded(&self) -> bool {
        self.waiting.len() >= CROWDED
    }

    /// Hands out frames in the order in which they came, until none is left or the slice is over.
    pub fn drain_slice(&mut self, stopwatch: impl Fn() -> f64, mut take: impl FnMut(T)) {
        let end = stopwatch() + SLICE_MS;
        let mut taken = 0_usize;
        while let Some(frame) = self.waiting.pop_front() {
            take(frame);
            taken += 1;
            if taken.is_multiple_of(LOOK_EVERY) && stopwatch() >= end {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn a_slice_ends_in_time_and_the_next_goes_on_in_order() {
        let mut inbox = Inbox::default();
        for frame in 0..100 {
            inbox.push(frame).unwrap();
        }
        let clock = Cell::new(0.0);
        let mut taken = Vec::new();
        while !inbox.is_empty() {
            let before = taken.len();
            inbox.drain_slice(
                || clock.get(),
                |frame| {
                    clock.set(clock.get() + 1.0);
                    taken.push(frame);
                },
            );
            assert!(taken.len() - before <= LOOK_EVERY);
        }
        assert_eq!(taken, (0..100).collect::<Vec<_>>());
    }

    #[test]
    fn a_full_queue_refuses() {
        let mut inbox = Inbox::default();
        for _ in 0..FULL {
            inbox.push(()).unwrap();
        }
        assert!(inbox.is_crowded());
        assert_eq!(inbox.push(()), Err(Full));
        inbox.clear();
        assert!(inbox.is_empty());
    }
}
