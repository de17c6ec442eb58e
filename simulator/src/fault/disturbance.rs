//! What a fault does to a stream of events: they come twice, later, or in another order. Each event
//! is struck for all who listen alike.

use protocol::Timestamp;

/// How long an event at most waits for the neighbour with which it changes places.
pub(super) const REORDER_WINDOW_MS: i64 = 1_000;

/// Something on its way out, told by the name of its topic.
pub(crate) trait Event: Clone {
    /// The name of its topic.
    fn topic(&self) -> String;
}

/// Events that a fault holds back, each until its time.
pub(super) struct HeldBack<E>(Vec<(Timestamp, E)>);

impl<E> Default for HeldBack<E> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<E: Event> HeldBack<E> {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn hold(&mut self, until: Timestamp, event: E) {
        self.0.push((until, event));
    }

    /// Takes those whose time has come, in the order in which they were held.
    pub(super) fn release(&mut self, now: Timestamp, out: &mut Vec<E>) {
        if self.0.iter().any(|(until, _)| *until <= now) {
            for (until, event) in std::mem::take(&mut self.0) {
                if until <= now { out.push(event) } else { self.0.push((until, event)) }
            }
        }
    }

    /// Takes all.
    pub(super) fn release_all(&mut self, out: &mut Vec<E>) {
        out.extend(std::mem::take(&mut self.0).into_iter().map(|(_, event)| event));
    }
}
