//! Writes that take effect a while after they were accepted, as Genesys needs time for them. The time
//! is that of the clock, not the world's own: it passes although the world stands still.

use protocol::Timestamp;

use super::{AgentIx, QueueIx, World};

/// What will take effect.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Awaited {
    /// A member joins or leaves a queue.
    Join { agent: AgentIx, queue: QueueIx, joined: bool },
}

impl World {
    /// Lets something take effect at this time; what is for the same time goes in the order of asking.
    pub(crate) fn wait_for(&mut self, at: Timestamp, what: Awaited) {
        self.awaited_in_all += 1;
        let order = self.awaited_in_all;
        self.awaited.insert((at, order), what);
    }

    /// What the last of those that are awaited makes of a member.
    pub(crate) fn awaited_join(&self, agent: AgentIx, queue: QueueIx) -> Option<bool> {
        self.awaited.values().rev().find_map(|what| match what {
            Awaited::Join { agent: who, queue: of, joined } => {
                ((*who, *of) == (agent, queue)).then_some(*joined)
            }
        })
    }

    /// The first of them takes effect.
    pub(super) fn let_happen(&mut self) {
        match self.awaited.pop_first() {
            Some((_, Awaited::Join { agent, queue, joined })) => self.set_joined(agent, queue, joined),
            None => {}
        }
    }
}
