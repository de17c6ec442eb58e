//! What was scheduled and what was done, side by side, as far back as the world remembers.

use protocol::Timestamp;

use super::{AdherenceState, AgentIx, Category, CodeIx, Done, Impact, World, category_of, state_of};

/// A time in which neither the schedule nor what was done changed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stretch {
    pub(crate) start: Timestamp,
    pub(crate) end: Timestamp,
    pub(crate) scheduled: Option<CodeIx>,
    pub(crate) actual: Category,
    pub(crate) done: Done,
}

impl Stretch {
    /// What was scheduled.
    pub(crate) fn category(&self) -> Category {
        category_of(self.scheduled)
    }

    /// Whether something else was done than scheduled.
    pub(crate) fn is_exception(&self) -> bool {
        state_of(self.category(), self.actual) == AdherenceState::OutOfAdherence
    }

    /// What that meant for the queues.
    pub(crate) fn impact(&self) -> Impact {
        Impact::of(self.category(), self.actual)
    }
}

impl World {
    /// What was scheduled and done from `start` to `end`, of which only the part is known that is past
    /// and not longer ago than the world remembers.
    pub(crate) fn adherence_history(&self, agent: AgentIx, start: Timestamp, end: Timestamp) -> Vec<Stretch> {
        let end = end.min(self.now);
        let mut stretches = Vec::new();
        let mut done = self.done(agent).peekable();
        while let Some(is) = done.next() {
            let until = done.peek().map_or(end, |next| next.since).min(end);
            let mut at = is.since.max(start);
            while at < until {
                let scheduled = self.scheduled(agent, at);
                let stretch_end = scheduled.until.min(until);
                let actual = self.actual_category(self.definitions[is.definition.0].system);
                let scheduled = scheduled.code;
                stretches.push(Stretch { start: at, end: stretch_end, scheduled, actual, done: is });
                at = stretch_end;
            }
        }
        stretches
    }
}
